// npsx: used instead of node.
#include "cli/cli.h"

enum { MEMORY_CEILING = 1 << 30 };

int main(int argc, char **argv)
{
    psx_op op;
    psx_op_init(&op, MEMORY_CEILING);
    psx_cli cli = {.op = &op, .argv0 = psx_str_from(argc > 0 ? argv[0] : "npsx")};
    const psx_cli_command *command = &psx_cmd_run;
    if (argc > 1) {
        command = psx_cli_command_find(psx_str_from(argv[1]));
        int own = command == &psx_cmd_run ? 1 : 2;
        cli.n = (size_t)(argc - own);
        cli.args = argv + own;
    }
    int status = 0;
    psx_rc rc = command->run(&cli, &status);
    if (!psx_failed(rc) && fflush(stdout) != 0) {
        rc = psx_fail(&op, PSX_E_IO, "cannot write to standard output");
    }
    if (psx_failed(rc)) {
        psx_cli_complain(&op);
        status = psx_cli_exit_status(rc.code);
    }
    psx_op_fini(&op);
    return status;
}

// npsx.exe: used instead of node.exe.
#include "cli/cli.h"
#include "os/win/self.h"

enum { MEMORY_CEILING = 1 << 30 };

static psx_rc run(psx_op *op, int argc, wchar_t **wide, int *status)
{
    char **argv;
    TRY(psx_win_self_argv(op, argc, wide, &argv));
    psx_cli cli = {.op = op, .argv0 = psx_str_from(argc > 0 ? argv[0] : "npsx")};
    const psx_cli_command *command = &psx_cmd_run;
    if (argc > 1) {
        command = psx_cli_command_find(psx_str_from(argv[1]));
        int own = command == &psx_cmd_run ? 1 : 2;
        cli.n = (size_t)(argc - own);
        cli.args = argv + own;
    }
    TRY(command->run(&cli, status));
    if (fflush(stdout) == 0) return PSX_OK;
    return psx_fail(op, PSX_E_IO, "cannot write to standard output");
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    psx_win_self_harden();
    psx_win_self_binary_output();
    psx_op op;
    psx_op_init(&op, MEMORY_CEILING);
    int status = 0;
    psx_rc rc = run(&op, argc, argv, &status);
    if (psx_failed(rc)) {
        psx_cli_complain(&op);
        status = psx_cli_exit_status(rc.code);
    }
    psx_op_fini(&op);
    return status;
}

// Which commands there are on Windows. What needs the engine, or edits files, comes with the
// engine; until then its name is no script's either.
#include "cli/cli.h"

static psx_rc run_absent(psx_cli *cli, int *status)
{
    (void)status;
    return psx_fail(cli->op, PSX_E_UNSUPPORTED, "npsx %s is not offered on Windows yet",
                    cli->args[-1]); // behind the command's name, which is there
}

#define ABSENT(word)                                                                               \
    (&(const psx_cli_command){.name = word, .summary = "not on Windows yet", .run = run_absent})

const psx_cli_command *const psx_cli_commands[] = {
    &psx_cmd_check_policy, ABSENT("init"), ABSENT("grant"),  ABSENT("revoke"),
    ABSENT("learn"),       ABSENT("why"),  ABSENT("policy"), NULL,
};

#include "cli/cli.h"
static psx_rc cmd_learn(psx_cli *cli, int *status)
{
    *status = 0;
    return psx_fail(cli->op, PSX_E_UNSUPPORTED, "learn: not there yet");
}
const psx_cli_command psx_cmd_learn = {.name = "learn",
                                       .summary = "run a script and learn what it needs",
                                       .help = "",
                                       .run = cmd_learn};

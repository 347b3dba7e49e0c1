// Which commands there are.
#include "cli/cli.h"

const psx_cli_command *const psx_cli_commands[] = {
    &psx_cmd_init,         &psx_cmd_grant,  &psx_cmd_revoke, &psx_cmd_learn, &psx_cmd_why,
    &psx_cmd_check_policy, &psx_cmd_policy, &psx_cmd_doctor, NULL,
};

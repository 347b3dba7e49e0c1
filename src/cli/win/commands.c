// Which commands there are on Windows. What needs the engine or edits files comes with the engine.
#include "cli/cli.h"

const psx_cli_command *const psx_cli_commands[] = {&psx_cmd_check_policy, NULL};

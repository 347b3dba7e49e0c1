// A program that a confined package starts, in npsx's place: the supervisor of the package's box
// says which (box/child.c), and it is held to what the package itself was granted.
#ifndef PSX_CLI_COMMAND_H
#define PSX_CLI_COMMAND_H

#include "cli/launch.h"

// run->script is the program, run->args its argv. Returns only to say why it could not.
psx_rc psx_cli_command_exec(psx_op *op, const psx_cli_run *run, const psx_cli_place *place);

#endif

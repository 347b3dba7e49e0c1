// Finding script, project and policy on Windows. The policy stays held until the engine has its
// bytes.
#ifndef PSX_CLI_WIN_PLACE_H
#define PSX_CLI_WIN_PLACE_H

#include "cli/launch.h"

// The script's real path: the file itself, or with .js, .json, .node.
psx_rc psx_win_script_find(psx_op *op, psx_str cwd, psx_str typed, psx_str *out);
// As psx_cli_project_find on Linux.
psx_rc psx_win_project_find(psx_op *op, psx_str from, psx_str *root);
// Fills place: cwd, project, main, policy_file, program, protect, state. Reads nothing yet.
psx_rc psx_win_place_find(psx_op *op, const psx_cli_run *run, psx_cli_place *place);
// Reads the policy, passes it through the gate and parses it.
psx_rc psx_win_place_policy(psx_op *op, const psx_cli_run *run, psx_cli_place *place);

#endif

// The policy's list of pins: read once, verified by the digest in the policy, handed to the engine.
#ifndef PSX_CLI_PINS_H
#define PSX_CLI_PINS_H

#include "cli/launch.h"
#include "trust/pinned.h"

// The file that the policy names, as an absolute path: relative to the policy's own directory.
psx_rc psx_cli_pins_path(psx_op *op, psx_str policy_file, psx_str named, psx_str *out);
// *has false: the policy has no pins. A list that is missing, or is not the one that the policy
// binds, is PSX_E_DIGEST.
psx_rc psx_cli_pins_load(psx_op *op, const psx_cli_place *place, bool *has, psx_pinned *out);
// Loads it, looks at what npsx itself has read by now (lockfile, the way to the script), and seals
// it for the engine. *fd is -1 when there are no pins.
psx_rc psx_cli_pins_hand_over(psx_op *op, const psx_cli_place *place, int *fd);

#endif

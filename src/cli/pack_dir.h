// Where a boxed engine keeps what it compiled.
//
// V8 runs what such a pack holds without looking, so what a broken engine wrote into it is its code
// in the next run that reads it. Each directory is therefore named after all that the box is made
// of: policy, whose grants, project, lockfile, npsx. Whoever reads what a broken engine left could
// have been broken in the same way and holds no more; another policy, or a lockfile without the
// package that did it, is another directory. Runs without a box share none of them.
#ifndef PSX_CLI_PACK_DIR_H
#define PSX_CLI_PACK_DIR_H

#include "cli/launch.h"

// Makes it where it is missing, and removes the ones used longest ago (PSX_CLI_PACK_DIRS stay).
// *out is absent when there is to be none: no cache, or no lockfile that says what is installed.
enum { PSX_CLI_PACK_DIRS = 64 };
psx_rc psx_cli_pack_dir(psx_op *op, const psx_cli_place *place, psx_str *out);

#endif

// The programs and libraries that PackSec itself consists of. They lie beside npsx or in
// ../libexec/packsec, belong to root or the user, and nobody else may write them.
#ifndef PSX_CLI_PARTS_H
#define PSX_CLI_PARTS_H

#include "cli/options.h"

// The real path of the running program.
psx_rc psx_cli_part_self(psx_op *op, psx_str *self);
// Every place where a part may lie: what nobody but an ambient holder may write.
psx_rc psx_cli_part_list(psx_op *op, psx_str self, psx_cli_list *list);
// Where it lies, or would: for what is not opened by npsx itself. Nothing is checked.
psx_rc psx_cli_part_path(psx_op *op, psx_str self, const char *name, psx_str *path);
// Whether it is where psx_cli_part_path said.
psx_rc psx_cli_part_there(psx_op *op, psx_str self, const char *name, psx_str path);
// "npsx-verify" for the program whose real path is self: opened once, checked by that descriptor,
// close-on-exec. A part that cannot be used is PackSec's own trouble (PSX_E_OS), and no refusal of
// what it was asked to run.
psx_rc psx_cli_part_open(psx_op *op, psx_str self, const char *name, int *fd);

#endif

// Reading what the user pointed at: whole files with one clear line when that does not work.
#ifndef PSX_CLI_FILES_H
#define PSX_CLI_FILES_H

#include "base/op.h"

// The whole file, read once from one descriptor. What is no regular file is refused without waiting
// for it (a FIFO, a device). `what` names it in messages: "the policy". PSX_E_NOT_FOUND when there
// is none; PSX_E_VALUE when it may not be read or is no file; PSX_E_SIZE beyond max.
psx_rc psx_cli_read(psx_op *op, const char *what, psx_str path, size_t max, psx_str *bytes);

// The same for what may only be used when the process's rules for code let it (cli/admit.h).
struct psx_cli_admit;
psx_rc psx_cli_read_admitted(psx_op *op, const struct psx_cli_admit *admit, const char *what,
                             psx_str path, size_t max, psx_str *bytes);

// The same for a descriptor that may be a pipe: everything up to its end.
psx_rc psx_cli_read_stream(psx_op *op, const char *what, int fd, size_t max, psx_str *bytes);

// Replaces the file: a temporary one beside it, same mode (or `mode` when new), then rename. A
// symbolic link is followed: the file it names is replaced.
psx_rc psx_cli_replace(psx_op *op, const char *what, psx_str path, unsigned mode, psx_str bytes);

// base/path, normalised by its text alone ("." and ".." and double slashes go), or path alone when
// it is absolute. No trailing slash; a NUL follows.
psx_rc psx_cli_join(psx_op *op, psx_str base, psx_str path, psx_str *out);
psx_str psx_cli_dirname(psx_str path);
psx_str psx_cli_basename(psx_str path);
// Was a path typed, and no package's name? "./x", "../x", "/x".
bool psx_cli_is_path(psx_str typed);

#endif

// Files by which the system speaks to PackSec. The file and every directory above it belong to
// root, nobody else may write them, and no part of the path is a symbolic link: whoever is not root
// can have laid, changed or hidden none of it.
//
// Paths are absolute and normalised. NOT_FOUND: it, or a directory above it, is not there. ANCHOR:
// somebody else could have had a hand in it. Everything else that is not as it should be is an
// error of another kind (TYPE, SIZE, OS, IO), never an empty answer.
#ifndef PSX_OS_SYSTEM_FILE_H
#define PSX_OS_SYSTEM_FILE_H

#include "base/op.h"

// The whole file. When it is not there this costs one system call.
psx_rc psx_os_system_read(psx_op *op, psx_str path, size_t max, psx_str *bytes);

// The names in a directory, sorted by bytes, without those that begin with a dot; *is_dir is false,
// and nothing is listed, when path is a file.
psx_rc psx_os_system_list(psx_op *op, psx_str path, bool *is_dir, psx_str **names, size_t *n);

#endif

// Paths as text: no file system is asked. POSIX syntax.
#ifndef PSX_POLICY_PATH_H
#define PSX_POLICY_PATH_H

#include "base/op.h"

// base (absolute, normalised) joined with path, ".", ".." and doubled slashes taken out, without
// trailing slash. An absolute path ignores base. ".." at the root stays at the root.
psx_rc psx_path_join(psx_op *op, psx_str base, psx_str path, psx_str *out);
// Absolute, no empty, "." or ".." component, no NUL; one trailing slash is forgiven.
bool psx_path_is_normal(psx_str path);
// path is root or beneath it. Both normalised.
bool psx_path_under(psx_str root, psx_str path);
psx_str psx_path_base(psx_str path); // the last component

#endif

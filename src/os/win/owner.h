// Who could have changed this file or directory? What the whole machine trusts must be the system's
// own.
#ifndef PSX_OS_WIN_OWNER_H
#define PSX_OS_WIN_OWNER_H

#include "base/op.h"

// Owned by the system, Administrators or TrustedInstaller, and writable (contents, permissions,
// owner, entries, removal) by nobody else. The handle needs READ_CONTROL. PSX_E_ANCHOR when that is
// not so.
psx_rc psx_win_owner_check(psx_op *op, void *handle, psx_str path);
// The same about a security descriptor in memory; for tests as well.
bool psx_win_owner_is_system(void *descriptor);

#endif

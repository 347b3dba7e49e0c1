// Sealed memory: bytes handed to another process, which can then never change, for either side.
#ifndef PSX_OS_MEMFD_H
#define PSX_OS_MEMFD_H

#include "base/op.h"

// A descriptor that holds `bytes`, sealed against every change, inherited by exec.
psx_rc psx_os_memfd_seal(psx_op *op, const char *name, psx_str bytes, int *fd);
// Maps it for reading, until the process ends. PSX_E_VALUE when it is not fully sealed.
psx_rc psx_os_memfd_map(psx_op *op, int fd, psx_str *bytes);

// Memory that several processes append whole lines to, inherited by exec; and the same by its place
// in another process ("/proc/7/fd/3"). PSX_E_VALUE: what is there is no such memory.
psx_rc psx_os_memfd_shared(psx_op *op, const char *name, int *fd);
psx_rc psx_os_memfd_join(psx_op *op, const char *name, psx_str place, int *fd);

// Empty memory that can never be executed as a program (-EINVAL before Linux 6.3); close-on-exec.
// sealing: its owner may seal it. -errno.
int psx_os_memfd_plain(const char *name, bool sealing);

#endif

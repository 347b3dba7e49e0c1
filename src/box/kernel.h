// What does this kernel offer to a box?
#ifndef PSX_BOX_KERNEL_H
#define PSX_BOX_KERNEL_H

#include "base/op.h"

typedef struct {
    int landlock;       // ABI; 0: none
    bool landlock_off;  // built into the kernel, and not started with it (lsm=)
    bool filter;        // seccomp filters
    bool notify;        // user notification, with everything that it needs (pidfd_getfd)
    bool wait_killable; // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (5.19)
    bool memory;        // a parent may read the memory of what it supervises (Yama)
    bool memfd_noexec;  // MFD_NOEXEC_SEAL (6.3)
    bool own_directory; // a thread may have a working directory of its own: how psx.node finds real
                        // paths where readlink is sealed away
    bool filtered;      // a seccomp filter from outside (a container's) holds this process already
} psx_box_kernel;

// pretend: absent, or "landlock=3,notify=no,filter=no,...": parts taken away, for tests and for
// looking at what another kernel would say. Never adds one. PSX_E_VALUE for what it does not know.
psx_rc psx_box_kernel_probe(psx_op *op, psx_str pretend, psx_box_kernel *out);

#endif

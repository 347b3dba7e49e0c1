// Landlock: what this process, and whatever it starts, may do to files, TCP ports, abstract unix
// sockets and other processes. Irrevocable; a second fence only narrows the first.
//
// Graded by the ABI of the kernel: what an ABI does not know cannot be asked of it here, and the
// caller must know what it goes without (box/box.h).
#ifndef PSX_OS_LANDLOCK_H
#define PSX_OS_LANDLOCK_H

#include "base/op.h"

enum {
    PSX_OS_LANDLOCK_REFER = 2, // a file may be renamed or linked into another directory
    PSX_OS_LANDLOCK_TRUNCATE = 3,
    PSX_OS_LANDLOCK_PORTS = 4,   // TCP bind and connect
    PSX_OS_LANDLOCK_DEVICES = 5, // ioctl on devices
    PSX_OS_LANDLOCK_SCOPES = 6,  // abstract unix sockets, signals
    PSX_OS_LANDLOCK_LOG = 7,
};

// The ABI of this kernel, or -ENOSYS (not built in), -EOPNOTSUPP (built in, and not started:
// lsm=).
int psx_os_landlock_abi(void);

// Rights of a path and of all beneath it.
enum {
    PSX_OS_LANDLOCK_READ = 1 << 0,  // files
    PSX_OS_LANDLOCK_LIST = 1 << 1,  // directories
    PSX_OS_LANDLOCK_WRITE = 1 << 2, // open for writing, truncate
    PSX_OS_LANDLOCK_MAKE = 1 << 3,  // create, remove, link, rename: files, directories, links,
                                    // sockets, pipes. Never devices
    PSX_OS_LANDLOCK_EXEC = 1 << 4,
    PSX_OS_LANDLOCK_DEVICE = 1 << 5, // ioctl of devices
};

typedef struct {
    int abi;       // at most the kernel's
    bool ports;    // TCP connect and bind are refused
    bool abstract; // no abstract unix sockets of others
    bool signals;  // no signals to others
    bool log;      // what is refused after the next exec goes to the kernel's audit log
} psx_os_landlock;

// A fence that allows nothing yet, or -errno. All rights above are refused where no path allows
// them. Close-on-exec.
int psx_os_landlock_open(const psx_os_landlock *how);
// Allows `rights` beneath what fd (O_PATH will do) leads to. A file takes those that files have.
// 0 or -errno.
int psx_os_landlock_allow(int fence, const psx_os_landlock *how, int fd, bool is_dir,
                          unsigned rights);
// For this thread from now on; needs no_new_privs. 0 or -errno.
int psx_os_landlock_enter(int fence, const psx_os_landlock *how);

#endif

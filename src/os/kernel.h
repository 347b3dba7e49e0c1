// What bookworm's kernel headers (6.1) lack. The one place in the project that defines them.
#ifndef PSX_OS_KERNEL_H
#define PSX_OS_KERNEL_H

#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/securebits.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif
#ifndef SECBIT_EXEC_RESTRICT_FILE
#define SECBIT_EXEC_RESTRICT_FILE           (1 << 8)
#define SECBIT_EXEC_RESTRICT_FILE_LOCKED    (1 << 9)
#define SECBIT_EXEC_DENY_INTERACTIVE        (1 << 10)
#define SECBIT_EXEC_DENY_INTERACTIVE_LOCKED (1 << 11)
#endif

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
// Landlock: ABI 3 (truncate), 4 (net), 5 (ioctl), 6 (scopes), 7 (what is logged).
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP    (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL               (1ULL << 1)
#endif
#ifndef LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON
#define LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON (1U << 1)
#endif
// Whole: the structures of the headers end with the ABI that they were made for.
struct psx_landlock_ruleset {
    __u64 fs, net, scoped;
};

#endif

// What has this kernel? Asked in ways that change nothing.
#ifndef PSX_OS_PROBE_H
#define PSX_OS_PROBE_H

#include <stdbool.h>

bool psx_os_has_seccomp(void);          // filters, and their answers ERRNO and KILL_PROCESS
bool psx_os_has_seccomp_notify(void);   // user notification, and pidfd_getfd, which it needs
bool psx_os_has_seccomp_killable(void); // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
bool psx_os_has_memfd_noexec(void);     // MFD_NOEXEC_SEAL
bool psx_os_is_filtered(void);          // by somebody outside: a container's profile
// unshare(CLONE_FS). Only for a process with one thread, where it changes nothing.
bool psx_os_has_own_directory(void);

// May a process read memory and descriptors of one that is not its child, names it (PR_SET_PTRACER)
// and runs with the same identity? Yama may reserve that for CAP_SYS_PTRACE (2), or for nobody (3).
bool psx_os_may_inspect(void);

#endif

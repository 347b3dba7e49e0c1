#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/kernel.h"
#include "os/probe.h"

static bool has_action(unsigned action)
{
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool psx_os_has_seccomp(void)
{
    return has_action(SECCOMP_RET_ERRNO) && has_action(SECCOMP_RET_KILL_PROCESS);
}

// Without a program the kernel gets as far as looking for one, if it knows the flags.
static bool has_filter_flags(unsigned long flags)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

static bool has_call(long number)
{
    return syscall(number, -1, -1, 0) == 0 || errno == EBADF;
}

bool psx_os_has_seccomp_notify(void)
{
    return has_action(SECCOMP_RET_USER_NOTIF) &&
           has_filter_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER) && has_call(SYS_pidfd_getfd);
}

bool psx_os_has_seccomp_killable(void)
{
    return has_filter_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER |
                            SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

bool psx_os_has_memfd_noexec(void)
{
    int fd = memfd_create("packsec-probe", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

bool psx_os_is_filtered(void)
{
    return prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
}

bool psx_os_has_own_directory(void)
{
    return unshare(CLONE_FS) == 0;
}

static bool holds_ptrace(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[0].effective & (1u << CAP_SYS_PTRACE)) != 0;
}

bool psx_os_may_inspect(void)
{
    char scope = '0';
    int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT; // no Yama
    ssize_t n = read(fd, &scope, 1);
    close(fd);
    return n == 1 && (scope <= '1' || (scope == '2' && holds_ptrace()));
}

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/privileges.h"

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int close_between(unsigned first, unsigned last)
{
    if (first > last) return 0;
    return syscall(SYS_close_range, first, last, 0) == 0 ? 0 : -errno;
}

int psx_os_close_others(int *keep, size_t n)
{
    unsigned from = STDERR_FILENO + 1;
    qsort(keep, n, sizeof *keep, by_number);
    for (size_t i = 0; i < n; i++) {
        if (keep[i] < (int)from) continue;
        int e = close_between(from, (unsigned)keep[i] - 1);
        if (e < 0) return e;
        from = (unsigned)keep[i] + 1;
    }
    return close_between(from, ~0u);
}

// CLOSE_RANGE_CLOEXEC is of Linux 5.11.
int psx_os_keep_descriptors(void)
{
    struct rlimit most;
    if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 4) == 0) return 0;
    if (getrlimit(RLIMIT_NOFILE, &most) != 0) return -errno;
    for (unsigned fd = STDERR_FILENO + 1; fd < most.rlim_cur && fd <= INT_MAX; fd++) {
        if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0 && errno != EBADF) return -errno;
    }
    return 0;
}

static int limit(int what)
{
    struct rlimit none = {0, 0};
    return setrlimit((__rlimit_resource_t)what, &none) == 0 ? 0 : -errno;
}

int psx_os_limit(void)
{
    static const int what[] = {RLIMIT_CORE, RLIMIT_MSGQUEUE, RLIMIT_RTPRIO};
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        int e = limit(what[i]);
        if (e < 0) return e;
    }
    return 0;
}

// Without CAP_SETPCAP the bounding set stays; with no_new_privs nothing comes out of it.
static int drop_bounding(uint64_t keep)
{
    for (unsigned long cap = 0; cap < 64; cap++) {
        if (keep & PSX_OS_CAP(cap) || prctl(PR_CAPBSET_READ, cap) != 1) continue;
        if (prctl(PR_CAPBSET_DROP, cap) != 0 && errno != EPERM) return -errno;
    }
    return 0;
}

int psx_os_keep_capabilities(uint64_t keep)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    bool changes = false;
    int e = drop_bounding(keep);
    if (e < 0) return e;
    // The ambient set goes with the permitted one.
    if (syscall(SYS_capget, &header, data) != 0) return -errno;
    for (size_t i = 0; i < 2; i++) {
        uint32_t less = data[i].permitted & (uint32_t)(keep >> (32 * i));
        changes |= less != data[i].permitted || data[i].inheritable != 0;
        data[i].permitted = less;
        data[i].effective &= less;
        data[i].inheritable = 0;
    }
    if (!changes) return 0; // whoever has none may live under a filter that knows no capset
    return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

int psx_os_no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

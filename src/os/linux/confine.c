#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/confine.h"

enum { CPU_SECONDS = 5, STACK_BYTES = 1 << 20 };

// Never more than it was: that would be refused.
static bool limit(int what, rlim_t most)
{
    struct rlimit old;
    if (getrlimit((__rlimit_resource_t)what, &old) != 0) return false;
    if (old.rlim_max < most) most = old.rlim_max;
    struct rlimit r = {most, most};
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

// What seccomp leaves open: time, the growth of the stack, a core file with what was asked.
static bool set_limits(void)
{
    return limit(RLIMIT_CPU, CPU_SECONDS) && limit(RLIMIT_STACK, STACK_BYTES) &&
           limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_NPROC, 0);
}

bool psx_os_confine_to_pipes(void)
{
    return syscall(SYS_close_range, 2, ~0u, 0) == 0 && set_limits() &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0;
}

long psx_os_confined_read(char *dst, size_t size)
{
    size_t n = 0;
    while (n < size) {
        long got = read(STDIN_FILENO, dst + n, size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) break;
        n += (size_t)got;
    }
    return (long)n;
}

bool psx_os_confined_write(const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        long put = write(STDOUT_FILENO, bytes + done, n - done);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        done += (size_t)put;
    }
    return true;
}

// Strict mode knows exit, not exit_group: this thread is the only one.
void psx_os_confined_exit(int status)
{
    for (;;)
        syscall(SYS_exit, status);
}

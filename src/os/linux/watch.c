#include "os/watch.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { ARCH = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCH = (int)AUDIT_ARCH_AARCH64 };
#else
#error "which architecture do system calls come from?"
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { CALLS_MAX = 120, PAGE = 4096 }; // a jump reaches 255 instructions

static int load(const struct sock_fprog *program)
{
    unsigned long listener = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
    // Without this a signal interrupts the call, and it is seen twice.
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      listener | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);
    if (fd < 0 && errno == EINVAL) {
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, listener, program);
    }
    return fd < 0 ? -errno : (int)fd;
}

int psx_os_watch_start(const int *calls, size_t n)
{
    struct sock_filter code[CALLS_MAX + 5];
    unsigned short at = 0;
    if (n > CALLS_MAX) return -E2BIG;
    code[at++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ARCH, 0,
                                              (unsigned char)(n + 1));
    code[at++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < n; i++) {
        code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i],
                                                  (unsigned char)(n - i), 0);
    }
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = {at, code};
    return load(&program);
}

int psx_os_watch_next(int listener, psx_os_watched *out)
{
    struct seccomp_notif n = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0) {
        return errno == ENOENT || errno == EINTR ? 0 : -errno;
    }
    *out = (psx_os_watched){.id = n.id, .tid = (pid_t)n.pid, .call = n.data.nr};
    for (size_t i = 0; i < 6; i++) {
        out->args[i] = n.data.args[i];
    }
    return 1;
}

bool psx_os_watch_waits(int listener, uint64_t id)
{
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void psx_os_watch_go_on(int listener, uint64_t id)
{
    struct seccomp_notif_resp answer = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 && errno == EINTR) {
    }
}

long psx_os_peek(pid_t tid, uint64_t address, void *dst, size_t n)
{
    struct iovec to = {dst, n}, from = {(void *)(uintptr_t)address, n};
    ssize_t got = process_vm_readv(tid, &to, 1, &from, 1, 0);
    return got < 0 ? -errno : got;
}

// Page by page: the string may end right before memory that is not there.
long psx_os_peek_text(pid_t tid, uint64_t address, char *dst, size_t size)
{
    size_t n = 0;
    while (n < size) {
        size_t step = PAGE - (address + n) % PAGE;
        if (step > size - n) step = size - n;
        long got = psx_os_peek(tid, address + n, dst + n, step);
        if (got <= 0) return got < 0 ? got : -EFAULT;
        const char *end = memchr(dst + n, '\0', (size_t)got);
        if (end) return (long)(end - dst);
        n += (size_t)got;
    }
    return -ENAMETOOLONG;
}

static bool pass(int socket, int *number, bool out)
{
    ssize_t n;
    while ((n = out ? write(socket, number, sizeof *number)
                    : read(socket, number, sizeof *number)) < 0 &&
           errno == EINTR) {
    }
    return n == (ssize_t)sizeof *number;
}

int psx_os_fd_offer(int socket, int fd)
{
    int taken;
    return pass(socket, &fd, true) && pass(socket, &taken, false) && taken == fd ? 0 : -EPIPE;
}

int psx_os_fd_take(int socket, int pidfd)
{
    int number;
    if (!pass(socket, &number, false)) return -EPIPE;
    long fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);
    int e = -errno;
    if (fd < 0) number = -1;
    if (!pass(socket, &number, true) && fd >= 0) {
        close((int)fd);
        return -EPIPE;
    }
    return fd < 0 ? e : (int)fd;
}

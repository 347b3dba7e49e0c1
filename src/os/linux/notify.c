#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/kernel.h"
#include "os/notify.h"

// More than a newer kernel will ever write behind what we know of.
typedef union {
    struct seccomp_notif known;
    unsigned char room[512];
} question;

static int errno_of(long rc)
{
    return rc < 0 ? -errno : (int)rc;
}

int psx_os_notify_receive(int listener, psx_os_notice *out)
{
    question q;
    memset(&q, 0, sizeof q); // the kernel insists
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &q) != 0) return -errno;
    *out = (psx_os_notice){
        .id = q.known.id,
        .tid = (pid_t)q.known.pid,
        .nr = q.known.data.nr,
    };
    for (int i = 0; i < 6; i++) {
        out->args[i] = q.known.data.args[i];
    }
    return 0;
}

bool psx_os_notify_is_valid(int listener, uint64_t id)
{
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static int answer(int listener, struct seccomp_notif_resp *resp)
{
    union {
        struct seccomp_notif_resp known;
        unsigned char room[512];
    } r = {.known = *resp};
    return errno_of(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r));
}

int psx_os_notify_answer(int listener, uint64_t id, long result)
{
    struct seccomp_notif_resp resp = {.id = id};
    if (result < 0)
        resp.error = (int)result;
    else
        resp.val = result;
    return answer(listener, &resp);
}

int psx_os_notify_continue(int listener, uint64_t id)
{
    struct seccomp_notif_resp resp = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return answer(listener, &resp);
}

int psx_os_notify_answer_fd(int listener, uint64_t id, int fd, bool close_on_exec)
{
    struct seccomp_notif_addfd add = {
        .id = id,
        .flags = SECCOMP_ADDFD_FLAG_SEND,
        .srcfd = (unsigned)fd,
        .newfd_flags = close_on_exec ? O_CLOEXEC : 0,
    };
    return errno_of(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add));
}

int psx_os_pidfd_open(pid_t pid)
{
    return errno_of(syscall(SYS_pidfd_open, pid, 0));
}

int psx_os_pidfd_open_thread(pid_t tid)
{
    return errno_of(syscall(SYS_pidfd_open, tid, PIDFD_THREAD));
}

int psx_os_pidfd_take(int pidfd, int fd)
{
    return errno_of(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

int psx_os_pidfd_signal(int pidfd, int signal)
{
    return errno_of(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int psx_os_memory_read(pid_t tid, uint64_t at, void *dst, size_t n)
{
    struct iovec to = {dst, n}, from = {(void *)(uintptr_t)at, n};
    if (n == 0) return 0;
    ssize_t got = process_vm_readv(tid, &to, 1, &from, 1, 0);
    if (got < 0) return -errno;
    return (size_t)got == n ? 0 : -EFAULT;
}

int psx_os_memory_write(pid_t tid, uint64_t at, const void *src, size_t n)
{
    struct iovec from = {(void *)(uintptr_t)src, n}, to = {(void *)(uintptr_t)at, n};
    if (n == 0) return 0;
    ssize_t put = process_vm_writev(tid, &from, 1, &to, 1, 0);
    if (put < 0) return -errno;
    return (size_t)put == n ? 0 : -EFAULT;
}

// Page by page: what lies behind the string need not be mapped.
int psx_os_memory_string(pid_t tid, uint64_t at, char *dst, size_t size)
{
    enum { PAGE = 4096 };
    size_t n = 0;
    while (n < size) {
        size_t part = PAGE - (size_t)((at + n) % PAGE);
        if (part > size - n) part = size - n;
        int rc = psx_os_memory_read(tid, at + n, dst + n, part);
        if (rc < 0) return rc;
        char *end = memchr(dst + n, 0, part);
        if (end) return (int)(end - dst);
        n += part;
    }
    return -ENAMETOOLONG;
}

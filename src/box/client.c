#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "box/client.h"
#include "box/wire.h"

enum { WAIT_MS = 30000, PATHS_MAX = 2 * 4096 + 64 };

// An answer that came too late would be taken for that of the next question.
static atomic_bool broken;

static int give_up(int e)
{
    broken = true;
    return e;
}

static int send_packet(int control, const void *q, size_t n)
{
    for (;;) {
        ssize_t done = write(control, q, n);
        if (done == (ssize_t)n) return 0;
        if (done < 0 && errno == EINTR) continue;
        return give_up(-EPIPE);
    }
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_for_answer(int control)
{
    struct pollfd p = {.fd = control, .events = POLLIN};
    long end = now_ms() + WAIT_MS;
    for (;;) {
        long left = end - now_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n > 0) return 0;
        if (n < 0 && errno == EINTR) continue;
        return give_up(-EPIPE);
    }
}

// The first one; alignment leaves room for a second, which nobody asked for.
static int descriptor_of(struct msghdr *m)
{
    int fds[2] = {-1, -1};
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) return -1;
    size_t n = c->cmsg_len - CMSG_LEN(0);
    memcpy(fds, CMSG_DATA(c), n < sizeof fds ? n : sizeof fds);
    if (fds[1] < 0) return fds[0];
    close(fds[0]);
    close(fds[1]);
    return -1;
}

static int receive(int control, int32_t *status, void *a, size_t size, int *fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } room;
    struct iovec parts[] = {{status, sizeof *status}, {a, size}};
    struct msghdr m = {
        .msg_iov = parts,
        .msg_iovlen = 2,
        .msg_control = room.bytes,
        .msg_controllen = sizeof room.bytes,
    };
    ssize_t n;
    do {
        n = recvmsg(control, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) return give_up(-EPIPE);
    *fd = descriptor_of(&m);
    bool whole = n >= (ssize_t)sizeof *status && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    return whole ? (int)(n - (ssize_t)sizeof *status) : -EPROTO;
}

int psx_box_client_ask(int control, const void *q, size_t n, void *a, size_t size, int *fd)
{
    int32_t status = 0;
    int got = -1, e;
    if (fd) *fd = -1;
    if (control < 0 || broken) return -EPIPE;
    if ((e = send_packet(control, q, n)) < 0 || (e = wait_for_answer(control)) < 0) return e;
    int length = receive(control, &status, a, size, &got);
    if (length >= 0 && status < 0) length = status >= -4095 ? status : -EPROTO;
    if (length >= 0 && fd) {
        *fd = got;
    } else if (got >= 0) {
        close(got);
    }
    return length;
}

// ---- questions ----------------------------------------------------------------------------------

typedef struct {
    size_t n;
    bool full;
    char bytes[PATHS_MAX];
} question;

static void put(question *q, const void *p, size_t n)
{
    if (n > sizeof q->bytes - q->n) {
        q->full = true;
        return;
    }
    memcpy(q->bytes + q->n, p, n);
    q->n += n;
}

static void begin(question *q, uint8_t what)
{
    q->n = 0;
    q->full = false;
    put(q, &what, 1);
}

static void put_str(question *q, psx_str s)
{
    uint32_t n = s.n < PATHS_MAX ? (uint32_t)s.n : PATHS_MAX;
    put(q, &n, sizeof n);
    put(q, s.p, n);
}

// Exactly nothing, or exactly one descriptor, comes back.
static int put_to(int control, const question *q, bool wants_fd)
{
    int fd = -1;
    if (q->full) return -ENAMETOOLONG;
    int n = psx_box_client_ask(control, q->bytes, q->n, NULL, 0, wants_fd ? &fd : NULL);
    if (n < 0 || !wants_fd) return n;
    return fd >= 0 ? fd : -EPROTO;
}

int psx_box_client_channel(int control)
{
    question q;
    begin(&q, PSX_BOX_ASK_CHANNEL);
    return put_to(control, &q, true);
}

int psx_box_client_open(int control, psx_str path, int flags, mode_t mode)
{
    question q;
    int32_t f = flags;
    uint32_t m = mode;
    begin(&q, PSX_BOX_ASK_OPEN);
    put(&q, &f, sizeof f);
    put(&q, &m, sizeof m);
    put_str(&q, path);
    return put_to(control, &q, true);
}

int psx_box_client_unlink(int control, psx_str path)
{
    question q;
    begin(&q, PSX_BOX_ASK_UNLINK);
    put_str(&q, path);
    return put_to(control, &q, false);
}

int psx_box_client_rename(int control, psx_str from, psx_str to)
{
    question q;
    begin(&q, PSX_BOX_ASK_RENAME);
    put_str(&q, from);
    put_str(&q, to);
    return put_to(control, &q, false);
}

int psx_box_client_mkdir(int control, psx_str path, mode_t mode)
{
    question q;
    uint32_t m = mode;
    begin(&q, PSX_BOX_ASK_MKDIR);
    put(&q, &m, sizeof m);
    put_str(&q, path);
    return put_to(control, &q, false);
}

int psx_box_client_rmdir(int control, psx_str path)
{
    question q;
    begin(&q, PSX_BOX_ASK_RMDIR);
    put_str(&q, path);
    return put_to(control, &q, false);
}

int psx_box_client_refused(int control, char *dst, size_t size)
{
    question q;
    begin(&q, PSX_BOX_ASK_REFUSED);
    return psx_box_client_ask(control, q.bytes, q.n, dst, size, NULL);
}

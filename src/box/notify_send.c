// sendto, sendmsg and sendmmsg of supervised processes: address, data and control messages are
// copied once, and what was copied is what is sent.
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "box/message.h"
#include "box/net.h"
#include "os/notify.h"

enum {
    DATA = 256 << 10, // more than any datagram (sysctl net.core.wmem_default is less)
    PIECE = 64 << 10, // of a stream at once: the rest is sent when there is room
    PARTS = 1024,     // UIO_MAXIOV
    MANY = 64,        // messages at once
    FLAGS = MSG_OOB | MSG_DONTROUTE | MSG_EOR | MSG_CONFIRM | MSG_MORE,
};

// struct msghdr as it lies in the caller's memory.
typedef struct {
    uint64_t name;
    int32_t name_n;
    uint64_t parts, n_parts, control, control_n;
    int32_t flags;
    bool direct; // sendto: one part, told in registers
} message;

static uint8_t data[DATA], control_bytes[PSX_MESSAGE_CONTROL];
static struct iovec parts[PARTS];
static psx_box_control control;
static int fds[PSX_MESSAGE_FDS];
static _Alignas(
    struct cmsghdr) uint8_t room[PSX_MESSAGE_CONTROL + CMSG_SPACE(PSX_MESSAGE_FDS * sizeof(int))];

// ---- the caller's memory ------------------------------------------------------------------------

static long read_message(const psx_net_call *c, uint64_t at, message *m)
{
    enum { SIZE = 56 };
    int rc = psx_notice_read(c->s, c->n, at, m, SIZE);
    m->direct = false;
    if (rc < 0) return rc;
    if (m->name_n < 0) return -EINVAL;
    if (m->name_n > (int32_t)sizeof(struct sockaddr_storage))
        m->name_n = sizeof(struct sockaddr_storage);
    if (!m->name) m->name_n = 0;
    if (m->n_parts > PARTS) return -EMSGSIZE;
    if (m->control_n > PSX_MESSAGE_CONTROL) return -ENOBUFS;
    return 0;
}

// Into parts.
static long read_parts(const psx_net_call *c, const message *m, size_t *total)
{
    size_t n = m->direct ? 1 : (size_t)m->n_parts;
    parts[0] = (struct iovec){(void *)(uintptr_t)c->n->args[1], (size_t)c->n->args[2]};
    int rc = m->direct ? 0 : psx_notice_read(c->s, c->n, m->parts, parts, n * sizeof *parts);
    if (rc < 0) return rc;
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].iov_len > SSIZE_MAX - *total) return -EINVAL;
        *total += parts[i].iov_len;
    }
    return 0;
}

// Bytes from..from+size of what the parts are together.
static long gather(const psx_net_call *c, size_t n, size_t from, size_t size)
{
    size_t done = 0;
    for (size_t i = 0; i < n && done < size; i++) {
        size_t length = parts[i].iov_len;
        if (from >= length) {
            from -= length;
            continue;
        }
        size_t part = length - from < size - done ? length - from : size - done;
        uint64_t at = (uint64_t)(uintptr_t)parts[i].iov_base + from;
        int rc = psx_notice_read(c->s, c->n, at, data + done, part);
        if (rc < 0) return rc;
        done += part;
        from = 0;
    }
    return 0;
}

static long read_control(const psx_net_call *c, const message *m)
{
    control.control_n = control.n_fds = 0;
    if (!m->control || !m->control_n) return 0;
    int rc = psx_notice_read(c->s, c->n, m->control, control_bytes, (size_t)m->control_n);
    if (rc < 0) return rc;
    return psx_box_control_parse(c->what.domain, control_bytes, (size_t)m->control_n, &control);
}

// ---- descriptors that go along ------------------------------------------------------------------

static void close_fds(size_t n)
{
    while (n)
        close(fds[--n]);
}

static long take_fds(const psx_net_call *c)
{
    for (size_t i = 0; i < control.n_fds; i++) {
        fds[i] = psx_notice_fd(c->s, c->n, control.fds[i]);
        if (fds[i] < 0) {
            close_fds(i);
            return fds[i] == -ESRCH ? -ESRCH : -EBADF;
        }
    }
    return 0;
}

static void put_control(struct msghdr *m)
{
    size_t n = control.control_n, length = control.n_fds * sizeof *fds;
    memcpy(room, control.control, n);
    if (control.n_fds) {
        struct cmsghdr head = {CMSG_LEN(length), SOL_SOCKET, SCM_RIGHTS};
        memset(room + n, 0, CMSG_SPACE(length));
        memcpy(room + n, &head, sizeof head);
        memcpy(room + n + sizeof head, fds, length);
        n += CMSG_SPACE(length);
    }
    m->msg_control = n ? room : NULL;
    m->msg_controllen = n;
}

// ---- one message --------------------------------------------------------------------------------

static bool is_stream(const psx_net_call *c)
{
    return c->what.type == SOCK_STREAM;
}

static bool is_ip(const psx_net_call *c)
{
    return c->what.domain == AF_INET || c->what.domain == AF_INET6;
}

static long send_now(psx_net_call *c, const psx_box_address *a, size_t size, int flags)
{
    struct iovec part = {data, size};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (a && a->kind != PSX_ADDRESS_NONE) {
        m.msg_name = (void *)&a->to;
        m.msg_namelen = a->to_n;
    }
    long rc = take_fds(c);
    if (rc < 0) return rc;
    put_control(&m);
    rc = sendmsg(c->sock, &m, (flags & FLAGS) | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (rc < 0) rc = -errno;
    close_fds(control.n_fds);
    if (rc == -EPIPE && is_stream(c) && !(flags & MSG_NOSIGNAL))
        (void)psx_os_pidfd_signal(c->n->pidfd, SIGPIPE);
    return rc;
}

// A name that is told to a stream is not looked at by the kernel, or an error.
static long drop_name(const psx_net_call *c, const message *m)
{
    if (c->what.domain == AF_UNIX && is_stream(c) && m->name_n) {
        struct sockaddr_storage peer;
        socklen_t n = sizeof peer;
        return getpeername(c->sock, (struct sockaddr *)&peer, &n) == 0 ? -EISCONN : -EOPNOTSUPP;
    }
    return 0;
}

static bool has_address(const psx_net_call *c, const message *m)
{
    return m->name_n > 0 && c->what.type != SOCK_STREAM && c->what.type != SOCK_SEQPACKET;
}

static bool may_send_on(const psx_net_call *c)
{
    bool datagrams = c->what.type == SOCK_DGRAM || c->what.type == SOCK_SEQPACKET;
    switch (c->what.domain) {
    case AF_INET:
    case AF_INET6: {
        psx_box_address a; // the address parser knows which kinds there are
        return psx_box_address_parse(&c->what, PSX_ADDRESS_SEND, (const uint8_t *)"", 0, &a) !=
               -EACCES;
    }
    case AF_UNIX: return datagrams || is_stream(c);
    case AF_NETLINK: return psx_net_may_route(c);
    default: return false;
    }
}

// The kernel asks a stream's state before it looks at the data.
static long state_of(psx_net_call *c)
{
    control.n_fds = control.control_n = 0;
    long rc = is_stream(c) ? send_now(c, NULL, 0, MSG_NOSIGNAL) : 0;
    return rc < 0 ? rc : -EFAULT;
}

// Everything of the message but its address is in data, control; *size bytes of it, from *done on.
static long read_all(psx_net_call *c, const message *m, uint64_t done, size_t *size)
{
    size_t total;
    long rc = read_parts(c, m, &total);
    if (rc < 0) return rc;
    if (done > total) return -EFAULT; // it changed
    *size = total - (size_t)done;
    if (is_stream(c) && *size > PIECE)
        *size = PIECE;
    else if (*size > DATA)
        return -EMSGSIZE;
    rc = gather(c, m->direct ? 1 : (size_t)m->n_parts, (size_t)done, *size);
    if (rc == -EFAULT) return state_of(c);
    if (rc == 0) rc = read_control(c, m);
    if (done) control.n_fds = control.control_n = 0; // went with the first piece
    if (rc == 0 && !psx_notice_is_valid(c->s, c->n)) rc = -ESRCH;
    return rc;
}

// Where it goes to was said, or the socket knows. Data, address and control messages are ours now.
static long send_message(psx_net_call *c, const message *m, int flags, uint64_t done)
{
    psx_box_address a = {0};
    size_t size = 0;
    int at = -1;
    long rc = drop_name(c, m);
    if (rc == 0) rc = read_all(c, m, done, &size);
    if (rc < 0) return rc;
    if (c->what.domain == AF_NETLINK && !psx_box_netlink_only_asks(data, size)) return -EPERM;
    if (has_address(c, m)) {
        rc = psx_net_address(c, PSX_ADDRESS_SEND, m->name, (uint64_t)m->name_n, &a);
        if (rc == 0) rc = psx_net_may_reach(c, &a, &at);
        if (rc < 0) return rc;
    }
    rc = send_now(c, &a, size, flags);
    if (at >= 0) close(at);
    return rc;
}

// MSG_FASTOPEN is a connect, and then data: -EAGAIN while it connects.
static long open_fast(psx_net_call *c, const message *m, bool waits)
{
    psx_box_address a;
    int at;
    long rc = psx_net_address(c, PSX_ADDRESS_CONNECT, m->name, (uint64_t)m->name_n, &a);
    if (rc == 0 && a.kind == PSX_ADDRESS_NONE) rc = -EOPNOTSUPP;
    if (rc == 0) rc = psx_net_may_reach(c, &a, &at);
    if (rc == 0) rc = psx_net_connect_now(c->sock, &a);
    if (rc == -EISCONN) return 0;
    return waits && (rc == -EINPROGRESS || rc == -EALREADY) ? -EAGAIN : rc;
}

// ---- one call -----------------------------------------------------------------------------------

static int flags_of(const psx_notice *n)
{
    return (int)n->args[n->nr == SYS_sendmsg ? 2 : 3];
}

static bool waits(const psx_net_call *c)
{
    return !(flags_of(c->n) & MSG_DONTWAIT) && !psx_net_is_nonblocking(c->sock);
}

static long send_whole(psx_net_call *c, const message *m, uint64_t *done)
{
    int flags = flags_of(c->n);
    bool fast = (flags & MSG_FASTOPEN) && is_stream(c) && is_ip(c) && m->name_n && *done == 0;
    long rc = fast ? open_fast(c, m, waits(c)) : 0;
    if (rc == 0) rc = send_message(c, m, flags, *done);
    if (rc < 0) return *done && rc != -EAGAIN ? (long)*done : rc;
    *done += (uint64_t)rc;
    return (long)*done;
}

// All of it, where the caller waits for that: a stream takes it in pieces.
static long send_pieces(psx_net_call *c, const message *m, uint64_t *done)
{
    enum { PIECES = 4 };
    size_t total;
    for (int i = 0; i < PIECES; i++) {
        uint64_t before = *done;
        long rc = send_whole(c, m, done);
        if (rc < 0 || !is_stream(c) || !waits(c) || *done == before) return rc;
        rc = read_parts(c, m, &total);
        if (rc < 0 || *done >= total) return (long)*done;
    }
    return -EAGAIN;
}

static long try_sendto(psx_net_call *c, uint64_t *done)
{
    const uint64_t *args = c->n->args;
    message m = {.name = args[4], .name_n = (int32_t)args[5], .direct = true};
    if (m.name_n < 0 || m.name_n > (int32_t)sizeof(struct sockaddr_storage)) return -EINVAL;
    if (!m.name) m.name_n = 0;
    return send_pieces(c, &m, done);
}

static long try_sendmsg(psx_net_call *c, uint64_t *done)
{
    message m;
    long rc = read_message(c, c->n->args[1], &m);
    return rc < 0 ? rc : send_pieces(c, &m, done);
}

// The error of a later one is told when it is sent again, as the kernel does it.
static long try_sendmmsg(psx_net_call *c)
{
    enum { EACH = 64, LENGTH = 56 }; // struct mmsghdr
    size_t n = (uint32_t)c->n->args[2] < MANY ? (uint32_t)c->n->args[2] : MANY, sent = 0;
    for (long rc = 0; sent < n; sent++) {
        uint64_t at = c->n->args[1] + sent * EACH, done = 0;
        message m;
        rc = read_message(c, at, &m);
        if (rc == 0) rc = send_whole(c, &m, &done);
        uint32_t length = (uint32_t)rc;
        if (rc >= 0 && psx_notice_write(c->s, c->n, at + LENGTH, &length, sizeof length) < 0)
            rc = -EFAULT;
        if (rc < 0) return sent ? (long)sent : rc;
    }
    return (long)sent;
}

static long attempt(psx_net_call *c, uint64_t *done)
{
    switch (c->n->nr) {
    case SYS_sendto: return try_sendto(c, done);
    case SYS_sendmsg: return try_sendmsg(c, done);
    default: return try_sendmmsg(c);
    }
}

static long again(psx_super *s, psx_later *l)
{
    psx_net_call c = {.s = s, .n = &l->n, .sock = l->sock, .what = l->what, .kept = true};
    long rc = attempt(&c, &l->done);
    if (c.became) psx_super_unbecome(s);
    return rc == -EAGAIN ? PSX_NOTICE_LATER : rc;
}

static long do_send(psx_net_call *c)
{
    uint64_t done = 0;
    if (!may_send_on(c)) return psx_net_refuse_socket(c);
    long rc = attempt(c, &done);
    if (rc != -EAGAIN) return rc;
    if (!waits(c)) return done ? (long)done : rc;
    psx_later l = {
        .step = again,
        .when_over = -EAGAIN,
        .deadline = psx_net_deadline(c->sock),
        .done = done,
        .what = c->what,
        .at = -1,
    };
    // Whether another's queue has room is told by no poll.
    return psx_net_wait(c, &l, c->what.domain != AF_UNIX || is_stream(c));
}

long psx_net_on_send(psx_super *s, psx_notice *n)
{
    return psx_net_with_socket(s, n, do_send);
}

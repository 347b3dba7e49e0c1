#include "box/message.h"

#include <errno.h>
#include <netinet/in.h>

enum { UDP_SEGMENT_ = 103, SOL_UDP_ = 17 }; // <linux/udp.h>

static bool passes(int level, int type)
{
    switch (level) {
    case IPPROTO_IP: return type == IP_TOS || type == IP_TTL || type == IP_PKTINFO;
    case IPPROTO_IPV6:
        return type == IPV6_PKTINFO || type == IPV6_HOPLIMIT || type == IPV6_TCLASS ||
               type == IPV6_DONTFRAG;
    case SOL_UDP_: return type == UDP_SEGMENT_;
    default: return false;
    }
}

static int take_fds(const uint8_t *data, size_t n, psx_box_control *out)
{
    size_t count = n / sizeof(int);
    if (count > PSX_MESSAGE_FDS - out->n_fds) return -EINVAL;
    memcpy(out->fds + out->n_fds, data, count * sizeof(int));
    out->n_fds += count;
    return 0;
}

// One of the program's credentials is left out: the kernel would not believe it of somebody else.
// The receiver is told who really sent, the supervisor, which has the same user.
static int take_unix(const struct cmsghdr *c, const uint8_t *data, psx_box_control *out)
{
    if (c->cmsg_level != SOL_SOCKET) return 0; // the kernel passes over these, too
    if (c->cmsg_type == SCM_RIGHTS) return take_fds(data, c->cmsg_len - sizeof *c, out);
    return c->cmsg_type == SCM_CREDENTIALS ? 0 : -EINVAL;
}

static int take_ip(const struct cmsghdr *c, const uint8_t *data, psx_box_control *out)
{
    size_t n = c->cmsg_len - sizeof *c;
    bool ignored = c->cmsg_level == SOL_SOCKET &&
                   (c->cmsg_type == SCM_RIGHTS || c->cmsg_type == SCM_CREDENTIALS);
    if (ignored) return 0;
    if (!passes(c->cmsg_level, c->cmsg_type)) return -EPERM;
    if (CMSG_SPACE(n) > sizeof out->control - out->control_n) return -ENOBUFS;
    memcpy(out->control + out->control_n, c, sizeof *c);
    memcpy(out->control + out->control_n + sizeof *c, data, n);
    out->control_n += CMSG_SPACE(n);
    return 0;
}

int psx_box_control_parse(int domain, const uint8_t *bytes, size_t n, psx_box_control *out)
{
    struct cmsghdr c;
    out->control_n = out->n_fds = 0;
    if (n > PSX_MESSAGE_CONTROL) return -ENOBUFS;
    memset(out->control, 0, sizeof out->control);
    for (size_t at = 0; n - at >= sizeof c;) {
        memcpy(&c, bytes + at, sizeof c);
        if (c.cmsg_len < sizeof c || c.cmsg_len > n - at) return -EINVAL;
        int rc = domain == AF_UNIX ? take_unix(&c, bytes + at + sizeof c, out)
                                   : take_ip(&c, bytes + at + sizeof c, out);
        if (rc < 0) return rc;
        size_t step = CMSG_ALIGN(c.cmsg_len);
        if (step > n - at) break;
        at += step;
    }
    return 0;
}

bool psx_box_netlink_only_asks(const uint8_t *bytes, size_t n)
{
    enum { GETLINK = 18, GETADDR = 22, GETROUTE = 26, HEAD = 16 };
    size_t at = 0;
    while (n - at >= HEAD) {
        uint32_t length;
        uint16_t type;
        memcpy(&length, bytes + at, sizeof length);
        memcpy(&type, bytes + at + 4, sizeof type);
        if (length < HEAD || length > n - at) return false;
        if (type != GETLINK && type != GETADDR && type != GETROUTE) return false;
        size_t step = ((size_t)length + 3) & ~(size_t)3;
        if (step > n - at) return at + length == n;
        at += step;
    }
    return at == n && n > 0;
}

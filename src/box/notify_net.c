// connect, bind and listen of supervised processes, performed on a duplicate of the socket with
// addresses that are made anew from what was understood.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "box/net.h"
#include "os/beneath.h"

enum { PATH_ROOM = 4096 + 128 };

// ---- sockets ------------------------------------------------------------------------------------

static bool option(int sock, int name, int *out)
{
    socklen_t n = sizeof *out;
    return getsockopt(sock, SOL_SOCKET, name, out, &n) == 0;
}

static int describe(int sock, psx_box_socket *out)
{
    bool known = option(sock, SO_DOMAIN, &out->domain) && option(sock, SO_TYPE, &out->type) &&
                 option(sock, SO_PROTOCOL, &out->protocol);
    return known ? 0 : -errno;
}

bool psx_net_is_nonblocking(int sock)
{
    return fcntl(sock, F_GETFL) & O_NONBLOCK;
}

long psx_net_with_socket(psx_super *s, const psx_notice *n, psx_net_fn *fn)
{
    psx_net_call c = {.s = s, .n = n, .sock = psx_notice_fd(s, n, (int)n->args[0])};
    if (c.sock < 0) return c.sock;
    long result = describe(c.sock, &c.what);
    if (result == 0) result = fn(&c);
    if (c.became) psx_super_unbecome(s);
    if (!c.kept) close(c.sock);
    return result;
}

int psx_net_refuse_socket(const psx_net_call *c)
{
    char text[64];
    snprintf(text, sizeof text, "socket of family %d, type %d, protocol %d", c->what.domain,
             c->what.type, c->what.protocol);
    psx_super_refuse(c->s, c->n->pid, psx_super_call_name(c->n->nr), PSX_CAP_COUNT,
                     psx_str_from(text), -1);
    return -EACCES;
}

int psx_net_address(const psx_net_call *c, psx_box_address_use use, uint64_t at, uint64_t size,
                    psx_box_address *out)
{
    uint8_t bytes[sizeof(struct sockaddr_storage)];
    int length = (int)size; // as the kernel does
    if (length < 0 || (size_t)length > sizeof bytes) return -EINVAL;
    int rc = psx_notice_read(c->s, c->n, at, bytes, (size_t)length);
    if (rc < 0) return rc;
    if (!psx_notice_is_valid(c->s, c->n)) return -ESRCH; // it was somebody else's memory
    rc = psx_box_address_parse(&c->what, use, bytes, (size_t)length, out);
    return rc == -EACCES ? psx_net_refuse_socket(c) : rc;
}

// ---- what is allowed ----------------------------------------------------------------------------

// By the policy itself, or by a name. What is allowed for the record only is the last resort.
static bool may_use(psx_super *s, psx_cap cap, const psx_box_address *a, int port)
{
    psx_policy_verdict v = {0};
    psx_str text = psx_str_from(a->text);
    if (psx_super_allows(s, cap, text, port, &v) && !v.recorded_only) return true;
    if (a->kind == PSX_ADDRESS_IP && psx_names_allows(s, cap, a->ip, port)) return true;
    return false;
}

// 0.0.0.0 as a destination is this machine's loopback: whoever may go there may say it this way.
static bool may_go(psx_super *s, const psx_box_address *a)
{
    psx_box_address here = {0};
    if (may_use(s, PSX_CAP_NET_CONNECT, a, a->port)) return true;
    if (!a->is_any) return false;
    struct in6_addr ip = IN6ADDR_LOOPBACK_INIT;
    if (!strchr(psx_box_address_loopback(a), ':')) inet_pton(AF_INET6, "::ffff:127.0.0.1", &ip);
    psx_box_address_ip(ip.s6_addr, a->port, &here);
    return may_use(s, PSX_CAP_NET_CONNECT, &here, a->port);
}

// Records the refusal; with onerror "log" it is nothing but a record.
static int refuse(const psx_net_call *c, psx_cap cap, psx_str value, int port)
{
    psx_super_refuse(c->s, c->n->pid, psx_super_call_name(c->n->nr), cap, value, port);
    return psx_super_allows(c->s, cap, value, port, NULL) ? 0 : -EACCES;
}

// The resolver's own address, in the form that this socket takes.
static void redirect(const psx_box_socket *sock, const struct sockaddr_storage *instead,
                     psx_box_address *a)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)instead;
    if (instead->ss_family == AF_INET && sock->domain == AF_INET6 && a->to_n == sizeof a->to.v6) {
        a->to.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = in->sin_port};
        a->to.v6.sin6_addr.s6_addr[10] = a->to.v6.sin6_addr.s6_addr[11] = 0xff;
        memcpy(a->to.v6.sin6_addr.s6_addr + 12, &in->sin_addr, 4);
        return;
    }
    a->to.room = *instead;
    a->to_n = instead->ss_family == AF_INET ? sizeof a->to.v4 : sizeof a->to.v6;
}

static int may_reach_ip(const psx_net_call *c, psx_box_address *a)
{
    if (may_go(c->s, a)) return 0;
    return refuse(c, PSX_CAP_NET_CONNECT, psx_str_from(a->text), a->port);
}

static psx_str unix_value(char *text, size_t size, const char *before, psx_str name)
{
    int n = snprintf(text, size, "unix:%s", before);
    if (n < 0 || (size_t)n + name.n >= size) return PSX_STR("");
    memcpy(text + n, name.p, name.n);
    return (psx_str){text, (size_t)n + name.n};
}

static int may_name(const psx_net_call *c, psx_cap cap, const char *before, psx_str name)
{
    char text[PATH_ROOM];
    psx_str value = unix_value(text, sizeof text, before, name);
    psx_policy_verdict v = {0};
    if (psx_super_allows(c->s, cap, value, -1, &v) && !v.recorded_only) return 0;
    return refuse(c, cap, value, -1);
}

static int become(psx_net_call *c)
{
    int rc = psx_super_become(c->s, c->n);
    c->became = rc == 0;
    return rc;
}

// The C library asks there for every name first, and does without. It would be a way to names past
// the resolver, so it is not there, whether it is or not.
static bool is_name_cache(const psx_net_call *c, const psx_box_address *a)
{
    psx_str value = PSX_STR("unix:/run/nscd/socket");
    return strcmp(a->name, "/var/run/nscd/socket") == 0 &&
           !psx_super_allows(c->s, PSX_CAP_NET_CONNECT, value, -1, NULL);
}

// The socket is opened once; what was opened is what is decided about and connected to. Whether
// there is anything at a path is told to nobody who may not go there.
static int may_reach_path(psx_net_call *c, psx_box_address *a, int *at)
{
    char real[PATH_ROOM];
    if (is_name_cache(c, a)) return -ENOENT;
    int rc = become(c);
    if (rc < 0) return rc;
    int fd = psx_super_open(c->s, c->n, a->name, O_PATH);
    int length = fd < 0 ? fd : psx_os_fd_path(fd, real, sizeof real);
    psx_str path = length >= 0 ? (psx_str){real, (size_t)length} : (psx_str){a->name, a->name_n};
    rc = may_name(c, PSX_CAP_NET_CONNECT, "", path);
    if (rc == 0 && length < 0) rc = length;
    if (rc < 0) {
        if (fd >= 0) close(fd);
        return rc;
    }
    a->to.unix_.sun_family = AF_UNIX;
    snprintf(a->to.unix_.sun_path, sizeof a->to.unix_.sun_path, "/proc/self/fd/%d", fd);
    a->to_n = sizeof a->to.unix_;
    *at = fd;
    return 0;
}

static bool holds_any(const psx_super *s)
{
    return psx_policy_holds(s->spec->held, PSX_CAP_NET_CONNECT) ||
           psx_policy_holds(s->spec->held, PSX_CAP_NET_LISTEN);
}

// Which addresses this machine has is asked by every resolver.
bool psx_net_may_route(const psx_net_call *c)
{
    return c->what.protocol == 0 && (c->s->spec->interfaces || holds_any(c->s));
}

// To the kernel only, and only where the interfaces may be asked for.
static int may_reach_route(const psx_net_call *c, const psx_box_address *a)
{
    if (psx_net_may_route(c) && a->number == 0 && a->groups == 0) return 0;
    psx_super_refuse(c->s, c->n->pid, psx_super_call_name(c->n->nr), PSX_CAP_SYSTEM,
                     PSX_STR("network"), -1);
    return -EACCES;
}

int psx_net_may_reach(psx_net_call *c, psx_box_address *a, int *at)
{
    *at = -1;
    switch (a->kind) {
    case PSX_ADDRESS_NONE: return 0;
    case PSX_ADDRESS_IP: return may_reach_ip(c, a);
    case PSX_ADDRESS_PATH: return may_reach_path(c, a, at);
    case PSX_ADDRESS_ABSTRACT:
        return may_name(c, PSX_CAP_NET_CONNECT, "@", (psx_str){a->name, a->name_n});
    case PSX_ADDRESS_ROUTE: return may_reach_route(c, a);
    default: return -EINVAL;
    }
}

// ---- connect ------------------------------------------------------------------------------------

// Without waiting, also on a stream whose owner would wait: the flag belongs to the socket, so for
// a moment others see it, too.
long psx_net_connect_now(int sock, const psx_box_address *a)
{
    int flags = fcntl(sock, F_GETFL), type;
    bool waits = !(flags & O_NONBLOCK) && option(sock, SO_TYPE, &type) && type != SOCK_DGRAM;
    if (waits) fcntl(sock, F_SETFL, flags | O_NONBLOCK);
    long rc = connect(sock, &a->to.any, a->to_n) == 0 ? 0 : -errno;
    if (waits) fcntl(sock, F_SETFL, flags);
    return rc == -EINTR ? -EINPROGRESS : rc; // our own alarm: it goes on by itself
}

static long connect_again(psx_super *s, psx_later *l)
{
    (void)s;
    long rc = psx_net_connect_now(l->sock, &l->to);
    return rc == -EALREADY || rc == -EINPROGRESS ? PSX_NOTICE_LATER : rc;
}

// A unix socket whose peer accepts too slowly; nothing tells when there is room.
static long knock_again(psx_super *s, psx_later *l)
{
    int rc = l->at >= 0 ? psx_super_become(s, &l->n) : 0;
    if (rc < 0) return rc;
    long result = psx_net_connect_now(l->sock, &l->to);
    if (l->at >= 0) psx_super_unbecome(s);
    return result == -EAGAIN ? PSX_NOTICE_LATER : result;
}

long psx_net_connect(psx_net_call *c, const psx_box_address *a, int at)
{
    bool waits = !psx_net_is_nonblocking(c->sock);
    long rc = psx_net_connect_now(c->sock, a);
    bool under_way = rc == -EINPROGRESS || rc == -EALREADY;
    bool full = rc == -EAGAIN && c->what.domain == AF_UNIX;
    if (!waits || !(under_way || full)) {
        if (at >= 0) close(at);
        return rc;
    }
    psx_later l = {
        .step = full ? knock_again : connect_again,
        .when_over = rc,
        .deadline = psx_net_deadline(c->sock),
        .to = *a,
        .at = at,
    };
    return psx_net_wait(c, &l, under_way);
}

// Before anything else: also where this machine's loopback is granted, the resolver must know who
// asks it.
static bool is_for_resolver(psx_net_call *c, psx_box_address *a)
{
    struct sockaddr_storage instead;
    if (a->kind != PSX_ADDRESS_IP) return false;
    if (!psx_super_dns_redirects(c->s, &a->to.any, c->what.type, &instead)) return false;
    redirect(&c->what, &instead, a);
    return true;
}

static long do_connect(psx_net_call *c)
{
    psx_box_address a;
    int at;
    int rc = psx_net_address(c, PSX_ADDRESS_CONNECT, c->n->args[1], c->n->args[2], &a);
    if (rc == 0 && is_for_resolver(c, &a)) {
        long result = psx_net_connect(c, &a, -1);
        psx_super_dns_joined(c->s, c->sock, c->what.type);
        return result;
    }
    if (rc == 0) rc = psx_net_may_reach(c, &a, &at);
    return rc < 0 ? rc : psx_net_connect(c, &a, at);
}

static long on_connect(psx_super *s, psx_notice *n)
{
    return psx_net_with_socket(s, n, do_connect);
}

// ---- bind ---------------------------------------------------------------------------------------

// A port that the kernel chooses is what each client has; who listens there is asked by listen.
static long bind_ip(psx_net_call *c, const psx_box_address *a)
{
    enum { PRIVILEGED = 1024 };
    bool free_port = a->port == 0 && holds_any(c->s);
    if (!free_port && !may_use(c->s, PSX_CAP_NET_LISTEN, a, a->port)) {
        int rc = refuse(c, PSX_CAP_NET_LISTEN, psx_str_from(a->text), a->port);
        if (rc < 0) return rc;
    }
    if (a->port && a->port < PRIVILEGED) {
        int rc = become(c);
        if (rc < 0) return rc;
    }
    return bind(c->sock, &a->to.any, a->to_n) == 0 ? 0 : -errno;
}

// What is before the last slash of the caller's path, and what is behind it.
static bool split(psx_box_address *a, const char **dir, const char **leaf)
{
    char *slash = strrchr(a->name, '/');
    *leaf = slash ? slash + 1 : a->name;
    *dir = !slash ? "." : slash == a->name ? "/" : a->name;
    if (slash && slash != a->name) *slash = '\0';
    return **leaf && strcmp(*leaf, ".") != 0 && strcmp(*leaf, "..") != 0;
}

// Its name becomes the leaf alone: the directory is where we are for a moment.
static long bind_in(psx_net_call *c, int dir, const char *leaf)
{
    char real[PATH_ROOM];
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int n = psx_os_fd_path(dir, real, sizeof real);
    if (n < 0) return n;
    size_t size = sizeof real - (size_t)n;
    n += snprintf(real + n, size, "%s%s", n == 1 ? "" : "/", leaf);
    if ((size_t)n >= sizeof real) return -ENAMETOOLONG;
    int rc = may_name(c, PSX_CAP_NET_LISTEN, "", (psx_str){real, (size_t)n});
    if (rc < 0) return rc;
    memcpy(to.sun_path, leaf, strlen(leaf));
    if (fchdir(dir) != 0) return -errno;
    long result = bind(c->sock, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : -errno;
    (void)!chdir("/");
    return result;
}

static long bind_path(psx_net_call *c, psx_box_address *a)
{
    const char *dir, *leaf;
    char whole[sizeof a->name];
    memcpy(whole, a->name, sizeof whole);
    if (!split(a, &dir, &leaf)) return -EADDRINUSE;
    int rc = become(c);
    if (rc < 0) return rc;
    int fd = psx_super_open(c->s, c->n, dir, O_PATH | O_DIRECTORY);
    if (fd < 0) {
        rc = may_name(c, PSX_CAP_NET_LISTEN, "", psx_str_from(whole));
        return rc < 0 ? rc : fd;
    }
    long result = bind_in(c, fd, leaf);
    close(fd);
    return result;
}

static long bind_own(psx_net_call *c, const psx_box_address *a, bool allowed, psx_cap cap,
                     const char *value)
{
    if (!allowed) {
        int rc = refuse(c, cap, psx_str_from(value), -1);
        if (rc < 0) return rc;
    }
    return bind(c->sock, &a->to.any, a->to_n) == 0 ? 0 : -errno;
}

static long do_bind(psx_net_call *c)
{
    psx_box_address a;
    int rc = psx_net_address(c, PSX_ADDRESS_BIND, c->n->args[1], c->n->args[2], &a);
    if (rc < 0) return rc;
    switch (a.kind) {
    case PSX_ADDRESS_IP: return bind_ip(c, &a);
    case PSX_ADDRESS_PATH: return bind_path(c, &a);
    case PSX_ADDRESS_ABSTRACT:
        rc = may_name(c, PSX_CAP_NET_LISTEN, "@", (psx_str){a.name, a.name_n});
        return rc < 0 ? rc : bind_own(c, &a, true, PSX_CAP_NET_LISTEN, "");
    case PSX_ADDRESS_AUTO: return bind_own(c, &a, holds_any(c->s), PSX_CAP_NET_LISTEN, "unix:@");
    case PSX_ADDRESS_ROUTE:
        return bind_own(c, &a, psx_net_may_route(c) && a.groups == 0, PSX_CAP_SYSTEM, "network");
    default: return -EINVAL;
    }
}

static long on_bind(psx_super *s, psx_notice *n)
{
    return psx_net_with_socket(s, n, do_bind);
}

// ---- listen -------------------------------------------------------------------------------------

// A port that was never chosen, or that the kernel chose, stands for port 0.
static int may_listen_ip(const psx_net_call *c, const psx_box_address *a)
{
    if (may_use(c->s, PSX_CAP_NET_LISTEN, a, a->port)) return 0;
    if (may_use(c->s, PSX_CAP_NET_LISTEN, a, 0)) return 0;
    return refuse(c, PSX_CAP_NET_LISTEN, psx_str_from(a->text), a->port);
}

// A name with a file was decided about when it was bound.
static int may_listen(const psx_net_call *c)
{
    uint8_t bytes[sizeof(struct sockaddr_storage)] = {0};
    socklen_t n = sizeof bytes;
    psx_box_address a;
    if (getsockname(c->sock, (struct sockaddr *)bytes, &n) != 0) return -errno;
    int rc = psx_box_address_parse(&c->what, PSX_ADDRESS_BIND, bytes, n, &a);
    if (rc == -EACCES) return psx_net_refuse_socket(c);
    if (rc < 0) return rc;
    switch (a.kind) {
    case PSX_ADDRESS_IP: return may_listen_ip(c, &a);
    case PSX_ADDRESS_ABSTRACT:
        return may_name(c, PSX_CAP_NET_LISTEN, "@", (psx_str){a.name, a.name_n});
    case PSX_ADDRESS_PATH:
    case PSX_ADDRESS_AUTO: return 0; // AUTO: it has no name, and the kernel says so
    default: return -EOPNOTSUPP;
    }
}

static long do_listen(psx_net_call *c)
{
    int rc = may_listen(c);
    if (rc < 0) return rc;
    return listen(c->sock, (int)c->n->args[1]) == 0 ? 0 : -errno;
}

static long on_listen(psx_super *s, psx_notice *n)
{
    return psx_net_with_socket(s, n, do_listen);
}

const psx_notice_handler psx_super_net_calls[] = {
    {SYS_connect, on_connect},
    {SYS_bind, on_bind},
    {SYS_listen, on_listen},
    {SYS_sendto, psx_net_on_send},
    {SYS_sendmsg, psx_net_on_send},
    {SYS_sendmmsg, psx_net_on_send},
    {0},
};

#include "box/address.h"

#include <arpa/inet.h>
#include <errno.h>

enum {
    FAMILY = sizeof(sa_family_t),
    V4 = sizeof(struct sockaddr_in),
    V6 = sizeof(struct sockaddr_in6),
    V6_OLD = 24, // without the scope
    UNIX = sizeof(struct sockaddr_un),
};

// Of <linux/netlink.h>.
typedef struct {
    sa_family_t family;
    uint16_t pad;
    uint32_t number, groups;
} netlink_address;

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const uint8_t ip[16])
{
    return memcmp(ip, mapped, sizeof mapped) == 0;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    while (n && !*p) {
        p++, n--;
    }
    return n == 0;
}

void psx_box_address_ip(const uint8_t ip[16], int port, psx_box_address *a)
{
    a->kind = PSX_ADDRESS_IP;
    a->port = port;
    memcpy(a->ip, ip, sizeof a->ip);
    if (is_mapped(ip)) {
        a->is_any = all_zero(ip + 12, 4);
        inet_ntop(AF_INET, ip + 12, a->text, sizeof a->text);
    } else {
        a->is_any = all_zero(ip, 16);
        inet_ntop(AF_INET6, ip, a->text, sizeof a->text);
    }
}

const char *psx_box_address_loopback(const psx_box_address *any)
{
    return is_mapped(any->ip) ? "127.0.0.1" : "::1";
}

static int nobody(psx_box_address *a)
{
    a->kind = PSX_ADDRESS_NONE;
    a->to.any.sa_family = AF_UNSPEC;
    a->to_n = V4;
    return 0;
}

static int take_v4(const uint8_t *bytes, size_t n, psx_box_address *a)
{
    struct sockaddr_in in;
    uint8_t ip[16];
    if (n < V4) return -EINVAL;
    memcpy(&in, bytes, sizeof in);
    memcpy(ip, mapped, sizeof mapped);
    memcpy(ip + 12, &in.sin_addr, 4);
    a->to.v4 = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = in.sin_port, .sin_addr = in.sin_addr};
    a->to_n = V4;
    psx_box_address_ip(ip, ntohs(in.sin_port), a);
    return 0;
}

// Without the flow label: it can stand for options that the packet would carry.
static int take_v6(const uint8_t *bytes, size_t n, psx_box_address *a)
{
    struct sockaddr_in6 in = {0};
    if (n < V6_OLD) return -EINVAL;
    memcpy(&in, bytes, n < V6 ? V6_OLD : V6);
    a->to.v6 = (struct sockaddr_in6){
        .sin6_family = AF_INET6,
        .sin6_port = in.sin6_port,
        .sin6_addr = in.sin6_addr,
        .sin6_scope_id = n < V6 ? 0 : in.sin6_scope_id,
    };
    a->to_n = V6;
    psx_box_address_ip(in.sin6_addr.s6_addr, ntohs(in.sin6_port), a);
    return 0;
}

static int parse_v4(const psx_box_socket *s, psx_box_address_use use, int family,
                    const uint8_t *bytes, size_t n, psx_box_address *a)
{
    if (family == AF_UNSPEC && use == PSX_ADDRESS_CONNECT) return nobody(a);
    if (n < V4) return -EINVAL;
    if (family == AF_INET) return take_v4(bytes, n, a);
    if (family != AF_UNSPEC) return -EAFNOSUPPORT;
    // For a datagram's destination, and to bind to no address, the kernel forgives this.
    int rc = take_v4(bytes, n, a);
    bool forgiven = use == PSX_ADDRESS_BIND ? a->is_any : s->type == SOCK_DGRAM;
    return rc < 0 || forgiven ? rc : -EAFNOSUPPORT;
}

static int parse_v6(const psx_box_socket *s, psx_box_address_use use, int family,
                    const uint8_t *bytes, size_t n, psx_box_address *a)
{
    if (family == AF_UNSPEC && use == PSX_ADDRESS_CONNECT) return nobody(a);
    if (family == AF_UNSPEC && use == PSX_ADDRESS_SEND && s->type == SOCK_DGRAM) return nobody(a);
    if (family == AF_INET6) return take_v6(bytes, n, a);
    bool v4 = family == AF_INET && use != PSX_ADDRESS_BIND && s->type == SOCK_DGRAM;
    if (v4) return take_v4(bytes, n, a);
    if (n < V6_OLD) return -EINVAL;
    return use == PSX_ADDRESS_SEND ? -EINVAL : -EAFNOSUPPORT;
}

static int parse_unix(const psx_box_socket *s, psx_box_address_use use, int family,
                      const uint8_t *bytes, size_t n, psx_box_address *a)
{
    if (family == AF_UNSPEC && use == PSX_ADDRESS_CONNECT && s->type == SOCK_DGRAM) {
        return nobody(a);
    }
    if (family != AF_UNIX || n > UNIX) return -EINVAL;
    a->to.unix_.sun_family = AF_UNIX;
    a->to_n = FAMILY;
    if (n == FAMILY) {
        a->kind = PSX_ADDRESS_AUTO;
        return use == PSX_ADDRESS_BIND ? 0 : -EINVAL;
    }
    const char *path = (const char *)bytes + FAMILY;
    size_t most = n - FAMILY;
    bool is_path = path[0] != '\0';
    a->kind = is_path ? PSX_ADDRESS_PATH : PSX_ADDRESS_ABSTRACT;
    a->name_n = is_path ? strnlen(path, most) : most - 1;
    memcpy(a->name, is_path ? path : path + 1, a->name_n);
    if (!is_path) {
        memcpy(a->to.unix_.sun_path + 1, a->name, a->name_n);
        a->to_n = (socklen_t)(FAMILY + 1 + a->name_n);
    }
    return 0;
}

static int parse_netlink(psx_box_address_use use, int family, const uint8_t *bytes, size_t n,
                         psx_box_address *a)
{
    netlink_address in, *out = (netlink_address *)&a->to;
    if (family == AF_UNSPEC && use == PSX_ADDRESS_CONNECT) return nobody(a);
    if (n < sizeof in || family != AF_NETLINK) return -EINVAL;
    memcpy(&in, bytes, sizeof in);
    a->kind = PSX_ADDRESS_ROUTE;
    a->number = in.number;
    a->groups = in.groups;
    *out = (netlink_address){AF_NETLINK, 0, in.number, in.groups};
    a->to_n = sizeof in;
    return 0;
}

// Others have ways of their own to name a peer.
static bool is_plain(const psx_box_socket *s)
{
    enum { MPTCP = 262 };
    switch (s->type) {
    case SOCK_STREAM: return s->protocol == IPPROTO_TCP || s->protocol == MPTCP;
    case SOCK_DGRAM: return s->protocol == IPPROTO_UDP;
    default: return false;
    }
}

int psx_box_address_parse(const psx_box_socket *s, psx_box_address_use use, const uint8_t *bytes,
                          size_t n, psx_box_address *a)
{
    sa_family_t family;
    *a = (psx_box_address){0};
    bool is_ip = s->domain == AF_INET || s->domain == AF_INET6;
    if (is_ip && !is_plain(s)) return -EACCES;
    if (n < FAMILY) return -EINVAL;
    memcpy(&family, bytes, sizeof family);
    switch (s->domain) {
    case AF_INET: return parse_v4(s, use, family, bytes, n, a);
    case AF_INET6: return parse_v6(s, use, family, bytes, n, a);
    case AF_UNIX: return parse_unix(s, use, family, bytes, n, a);
    case AF_NETLINK: return parse_netlink(use, family, bytes, n, a);
    default: return -EACCES;
    }
}

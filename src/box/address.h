// What a socket address of a supervised process means. Pure: from bytes (copied once, nobody can
// change them any more) to what is asked of the policy, and to the address that is used in its
// place, made anew from what was understood.
#ifndef PSX_BOX_ADDRESS_H
#define PSX_BOX_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/str.h"

typedef enum { PSX_ADDRESS_CONNECT, PSX_ADDRESS_BIND, PSX_ADDRESS_SEND } psx_box_address_use;

typedef enum {
    PSX_ADDRESS_NONE,     // a disconnect; a datagram to the peer
    PSX_ADDRESS_IP,       // ip, port
    PSX_ADDRESS_PATH,     // name: a unix socket with a file, as the caller wrote it
    PSX_ADDRESS_ABSTRACT, // name: without the NUL in front
    PSX_ADDRESS_AUTO,     // bind: an abstract name that the kernel chooses
    PSX_ADDRESS_ROUTE,    // netlink: number, groups
} psx_box_address_kind;

typedef struct {
    psx_box_address_kind kind;
    uint8_t ip[16]; // IPv4 as ::ffff:a.b.c.d
    int port;
    bool is_any; // 0.0.0.0 or ::
    char text[INET6_ADDRSTRLEN];
    uint32_t number, groups;
    char name[sizeof(struct sockaddr_un) + 1]; // with a NUL behind
    size_t name_n;
    // What the kernel is given: never what the caller wrote. Not for PATH.
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un unix_;
        struct sockaddr_storage room;
    } to;
    socklen_t to_n;
} psx_box_address;

typedef struct {
    int domain, type, protocol; // of the socket
} psx_box_socket;

// 0, or -errno as the kernel would answer. -EACCES: a socket of a kind that nobody may use here.
int psx_box_address_parse(const psx_box_socket *sock, psx_box_address_use use, const uint8_t *bytes,
                          size_t n, psx_box_address *out);
// From an address of the kernel's own (getsockname).
void psx_box_address_ip(const uint8_t ip[16], int port, psx_box_address *out);
// "127.0.0.1", "::1": where 0.0.0.0 and :: lead as a destination.
const char *psx_box_address_loopback(const psx_box_address *any);

#endif

// resolv.conf(5): whom does this system ask for names, and how?
#ifndef PSX_BOX_RESOLV_CONF_H
#define PSX_BOX_RESOLV_CONF_H

#include <sys/socket.h>

#include "formats/dns.h"

enum { PSX_RESOLV_SERVERS = 3, PSX_RESOLV_DOMAINS = 16, PSX_RESOLV_BYTES = 64 << 10 };

typedef struct {
    uint8_t address[16]; // IPv4 as ::ffff:a.b.c.d
    uint32_t scope;      // of a link-local one
} psx_resolv_server;

typedef struct {
    psx_resolv_server servers[PSX_RESOLV_SERVERS];
    size_t n_servers;
    psx_dns_name domains[PSX_RESOLV_DOMAINS]; // search
    size_t n_domains;
    unsigned timeout, attempts; // seconds; rounds
    bool rotate, use_tcp;
} psx_resolv_conf;

// What cannot be understood is passed over, as the C library does. No server at all is 127.0.0.1;
// without search and domain, the domain of this host counts.
void psx_resolv_conf_parse(psx_str text, psx_str host, psx_resolv_conf *out);
// Of /etc/resolv.conf, when it is another one than when last asked. True: *out was set anew.
bool psx_resolv_conf_load(psx_resolv_conf *out);
// 16 bytes and a port to what the kernel takes.
socklen_t psx_resolv_sockaddr(const psx_resolv_server *server, struct sockaddr_storage *out);

#endif

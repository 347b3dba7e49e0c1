// IP addresses as text, into 16 bytes. IPv4 is kept as ::ffff:a.b.c.d, so that the mapped form and
// the plain one are the same address.
#ifndef PSX_POLICY_ADDR_H
#define PSX_POLICY_ADDR_H

#include "base/str.h"

typedef struct {
    uint8_t b[16];
    bool is_ipv4;
} psx_addr;

// "1.2.3.4" strictly: four decimal numbers without leading zeros.
bool psx_addr_parse_ipv4(psx_str s, psx_addr *out);
// Whatever inet_aton(3) takes: 2130706433, 0x7f.1, 0177.0.0.1.
bool psx_addr_parse_aton(psx_str s, psx_addr *out);
// RFC 4291 text, with "::" and a dotted tail; without brackets and zone.
bool psx_addr_parse_ipv6(psx_str s, psx_addr *out);
// A request's host: any of the above, brackets and a zone ("%eth0") are taken off.
bool psx_addr_parse_host(psx_str s, psx_addr *out);
bool psx_addr_in(const psx_addr *a, const uint8_t net[16], unsigned bits, bool net_is_ipv4);
// Loopback; and what must not be reached through a mere name: loopback, link-local, unspecified,
// also inside NAT64 and IPv4-compatible addresses.
bool psx_addr_is_loopback(const psx_addr *a);
bool psx_addr_is_inside(const psx_addr *a);

#endif

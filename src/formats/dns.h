// DNS messages (RFC 1035, 6891), read strictly: one question, and of an answer the addresses that
// belong to it. Pure; nothing is allocated.
//
// A name as text is lower case, without the dot at its end, of letters, digits, "-" and "_": what a
// grant can name. Other labels are compared as bytes and never become text.
#ifndef PSX_FORMATS_DNS_H
#define PSX_FORMATS_DNS_H

#include "base/str.h"

enum {
    PSX_DNS_HEADER = 12,
    PSX_DNS_NAME_MAX = 253, // as text
    PSX_DNS_WIRE_MAX = 255,
    PSX_DNS_MESSAGE_MAX = 65535,
    PSX_DNS_UDP_MIN = 512,       // what everybody takes
    PSX_DNS_QUERY_MAX = 512,     // no question that is one is longer
    PSX_DNS_ADDRESSES_MAX = 128, // of one answer; the others are not looked at

    PSX_DNS_A = 1,
    PSX_DNS_CNAME = 5,
    PSX_DNS_SOA = 6,
    PSX_DNS_PTR = 12,
    PSX_DNS_AAAA = 28,
    PSX_DNS_OPT = 41,
    PSX_DNS_IN = 1,

    PSX_DNS_OK = 0,
    PSX_DNS_FORMERR = 1,
    PSX_DNS_SERVFAIL = 2,
    PSX_DNS_NXDOMAIN = 3,
    PSX_DNS_NOTIMP = 4,
    PSX_DNS_REFUSED = 5,
};

typedef struct {
    char text[PSX_DNS_NAME_MAX + 1];
    size_t n;
} psx_dns_name;

typedef struct {
    uint16_t id, type;
    psx_dns_name name;
    bool recurse, checking_disabled, wants_ad; // RD, CD, AD
    bool has_opt, wants_dnssec;                // OPT, its DO
    size_t room;                               // bytes that the asker takes in one datagram
    size_t end;                                // of the question in the message
} psx_dns_question;

// A query with exactly one question of class IN. Otherwise false and *rcode is what to answer, or
// -1 when it is nothing that may be answered (too short, or an answer itself).
bool psx_dns_parse_question(psx_str message, psx_dns_question *out, int *rcode);

typedef struct {
    uint8_t bytes[16]; // IPv4 as ::ffff:a.b.c.d
    uint32_t ttl;      // the least on the way from the question to it
} psx_dns_address;

typedef struct {
    unsigned rcode;
    bool truncated;
    uint32_t ttl; // how long the whole may be kept; 0: not at all
    size_t end;   // of the question
    size_t n;
    psx_dns_address v[PSX_DNS_ADDRESSES_MAX];
} psx_dns_answer;

// The answer to a message that psx_dns_write_query wrote with this id: the same question, every
// record within its bounds. Addresses count that belong to the question's name, or to a name that
// CNAME records lead to from there; whatever else it holds, nobody asked for.
// A truncated one has no addresses.
bool psx_dns_parse_answer(psx_str message, const psx_dns_question *asked, uint16_t id,
                          psx_dns_answer *out);

// Of an answer that psx_dns_parse_answer took: all records are good for so much shorter.
void psx_dns_age(uint8_t *message, size_t n, uint32_t seconds);

// Our own question for what was asked: nothing of the asker's message but name, type and the flags
// above. Returns its length, at most PSX_DNS_QUERY_MAX.
size_t psx_dns_write_query(const psx_dns_question *asked, uint16_t id, uint8_t *dst);
// The answer without records to a message whose question was read, or could not be read (end 0).
// Returns its length, at most PSX_DNS_QUERY_MAX.
size_t psx_dns_write_answer(psx_str query, const psx_dns_question *asked, unsigned rcode,
                            bool truncated, uint8_t *dst);

// Text to the form above; false: no such name. A dot at the end is taken off.
bool psx_dns_name_of(psx_str text, psx_dns_name *out);
// "4.3.2.1.in-addr.arpa", "...ip6.arpa": the address that is asked about.
bool psx_dns_reverse(const psx_dns_name *name, uint8_t address[16]);

#endif

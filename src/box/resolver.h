// The two halves of the resolver: resolver.c hears what the box asks, decides and answers;
// resolver_ask.c asks the system's name servers. Nobody else includes it.
#ifndef PSX_BOX_RESOLVER_H
#define PSX_BOX_RESOLVER_H

#include <netinet/in.h>

#include "box/resolv_conf.h"
#include "box/super.h"

enum {
    PSX_RESOLVER_QUERIES = 64, // under way at once
    PSX_RESOLVER_CLIENTS = 16, // connections of the box
    PSX_RESOLVER_STREAMS = 8,  // answers over TCP under way
};

// Who asked.
typedef struct {
    int client;    // connection, or -1: a datagram
    uint32_t turn; // of the connection: it may be another one by now
    struct sockaddr_in from;
    uint8_t question[PSX_DNS_QUERY_MAX]; // the message, as far as it was understood
    size_t n;
} psx_resolver_asker;

struct psx_resolver_query;

typedef struct {
    struct psx_resolver_query *query;
    int fd;      // -1: not asked
    bool failed; // is not asked again
    psx_resolv_server server;
} psx_resolver_try;

typedef struct psx_resolver_query {
    bool used;
    psx_resolver_asker asker;
    psx_dns_question asked;
    // resolver_ask.c
    uint16_t id;
    bool over_tcp, is_connected;
    unsigned rcode; // the last that a server gave up with
    psx_resolver_try tries[PSX_RESOLV_SERVERS];
    size_t n_servers, first; // in which order
    unsigned tried, rounds;
    uint64_t step, next, end; // milliseconds
    uint8_t *stream;          // what came over TCP, with its length in front
    size_t got;
} psx_resolver_query;

// A free one, all but empty; NULL: too many are under way.
psx_resolver_query *psx_resolver_new(void);
// Is the same asked already, by the same?
bool psx_resolver_is_asking(const psx_resolver_asker *asker, uint16_t id);
psx_rc psx_resolver_ask_start(psx_super *s);
// From here on it ends with one of the next two, perhaps before this returns.
void psx_resolver_ask(psx_super *s, psx_resolver_query *q, const psx_resolv_conf *conf);

void psx_resolver_answered(psx_super *s, const psx_resolver_query *q, uint8_t *message, size_t n,
                           const psx_dns_answer *answer);
void psx_resolver_failed(psx_super *s, const psx_resolver_query *q, unsigned rcode);

uint64_t psx_resolver_now(void); // milliseconds

#endif

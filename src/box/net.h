// What the supervised network calls have in common.
#ifndef PSX_BOX_NET_H
#define PSX_BOX_NET_H

#include "box/address.h"
#include "box/super.h"

// A call under way, with a duplicate of its socket.
typedef struct {
    psx_super *s;
    const psx_notice *n;
    int sock;
    psx_box_socket what;
    bool kept;   // the socket belongs to somebody else now: do not close it
    bool became; // acts with the caller's rights
} psx_net_call;

typedef long psx_net_fn(psx_net_call *c);
long psx_net_with_socket(psx_super *s, const psx_notice *n, psx_net_fn *fn);
bool psx_net_is_nonblocking(int sock);

// The caller's address, copied once: nothing reads it again. 0 or -errno.
int psx_net_address(const psx_net_call *c, psx_box_address_use use, uint64_t at, uint64_t size,
                    psx_box_address *out);
// May the caller send to it? 0, or -errno; what is refused is recorded. *at is what a->to leads
// through (a descriptor to be closed) or -1.
int psx_net_may_reach(psx_net_call *c, psx_box_address *a, int *at);
bool psx_net_may_route(const psx_net_call *c); // netlink
// connect(2) to what may be reached. Closes at, now or when it is done.
long psx_net_connect_now(int sock, const psx_box_address *a); // without waiting
long psx_net_connect(psx_net_call *c, const psx_box_address *a, int at);

psx_notice_fn psx_net_on_send; // notify_send.c
// Refuses a socket of a kind that says by other means where it leads.
int psx_net_refuse_socket(const psx_net_call *c);

// ---- calls that are answered later --------------------------------------------------------------

typedef struct psx_later psx_later;
// Tries again; PSX_NOTICE_LATER: goes on waiting. At the end the socket is closed by who waits.
typedef long psx_later_fn(psx_super *s, psx_later *l);
struct psx_later {
    psx_notice n;
    int sock; // -1: free. A duplicate that belongs to the entry
    bool watched;
    psx_later_fn *step;
    long when_over;    // the answer when the socket's time limit is over
    uint64_t deadline; // ms; 0: none
    uint64_t done;     // of a stream: bytes sent
    psx_box_socket what;
    psx_box_address to;
    int at; // what `to` leads through, or -1; belongs to the entry
};

// Waits until the socket can be written to (watch), or a little while, then calls step, again and
// again. Takes the socket and `at`. -EAGAIN when too many wait.
long psx_net_wait(psx_net_call *c, const psx_later *what, bool watch);
// The limit that the socket itself has (SO_SNDTIMEO), as a moment.
uint64_t psx_net_deadline(int sock);

#endif

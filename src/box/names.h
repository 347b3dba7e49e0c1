// Which names is an address known under? A fixed table that answers of the name servers fill, and
// /etc/hosts at the start.
//
// Times are seconds of a clock that only goes forward; the caller says what time it is.
#ifndef PSX_BOX_NAMES_H
#define PSX_BOX_NAMES_H

#include "formats/dns.h"
#include "policy/policy.h"

enum {
    PSX_NAMES_TEXTS = 2048,
    PSX_NAMES_PAIRS = 8192,
    PSX_NAMES_HEADS = 1024,
    // Beside its TTL an address is good for so long: others keep what they were told for as long as
    // they were told, and connect a little later.
    PSX_NAMES_GRACE = 60,
    PSX_NAMES_TTL_MAX = 86400,
};

typedef struct {
    uint64_t until; // of the last of its addresses; at or before now: free
    psx_dns_name name;
} psx_names_text;

typedef struct {
    uint64_t until;
    uint8_t address[16]; // IPv4 as ::ffff:a.b.c.d
    uint16_t text, next; // number + 1; 0: none
} psx_names_pair;

// All zero bytes is an empty one.
typedef struct {
    psx_names_text texts[PSX_NAMES_TEXTS];
    psx_names_pair pairs[PSX_NAMES_PAIRS];
    uint16_t heads[PSX_NAMES_HEADS];
    size_t n_texts, n_pairs; // as far as the tables were ever used
} psx_names;

// False: full, so the address stays unknown. UINT32_MAX as TTL: for ever.
bool psx_names_add(psx_names *names, const psx_dns_name *name, const uint8_t address[16],
                   uint32_t ttl, uint64_t now);

// The names that `holder` may use for this at all: on some port. What would be allowed for the
// record only counts with `lax`.
typedef struct {
    const psx_policy *policy;
    const psx_policy_holder *holder;
    int *ports; // that rules name
    size_t n_ports;
} psx_names_rules;

psx_rc psx_names_rules_make(psx_op *op, const psx_policy *policy, const psx_policy_holder *holder,
                            psx_names_rules *out);
bool psx_names_is_granted(const psx_names_rules *rules, psx_cap cap, psx_str value, bool lax);

// The granted names of a hosts(5) file, for ever; and localhost.
void psx_names_read_hosts(psx_names *names, const psx_names_rules *rules, psx_str text);

// Is it an address of a name that is granted with this port? Loopback and the like only as
// psx_policy_address_ok says.
bool psx_names_allow(const psx_names *names, const psx_names_rules *rules, psx_cap cap,
                     const uint8_t address[16], int port, uint64_t now);
// Is it known under a name that is granted with any port?
bool psx_names_knows(const psx_names *names, const psx_names_rules *rules,
                     const uint8_t address[16], uint64_t now);

// As text, for deciding and for people. IPv4 addresses without their prefix.
bool psx_names_address_text(const uint8_t address[16], char *dst, size_t size);

#endif

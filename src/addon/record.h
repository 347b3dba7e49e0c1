// What was asked and how it was answered: every distinct (package, capability, value, port) once,
// with a count. It is also the cache of decisions, which never change during a run.
//
// Bounded: a package that asks for a million different files fills its own half of the table at
// most. What does not fit is still decided, and counted in `lost`.
#ifndef PSX_ADDON_RECORD_H
#define PSX_ADDON_RECORD_H

#include "base/op.h"
#include "policy/policy.h"

typedef struct {
    uint32_t id; // of the package
    psx_cap cap;
    psx_str value, asked;
    int port;
} psx_record_key;

typedef struct {
    psx_record_key key;
    uint64_t hash;
    uint32_t count;
    bool allowed;   // what the package was told
    bool by_policy; // what the policy says
    const psx_policy_rule *rule;
} psx_record_entry;

enum { PSX_RECORD_MAX = 64 << 10, PSX_RECORD_BYTES = 48 << 20 };

typedef struct {
    psx_op op;
    psx_record_entry *entries; // in order of first appearance
    uint32_t *index;           // open addressing: entry number + 1
    uint32_t n, cap, mask;
    uint32_t *per_package; // how many entries each id has
    uint32_t n_packages;
    uint64_t denials; // answers, not entries
    uint64_t lost;
} psx_record;

void psx_record_init(psx_record *r);
void psx_record_fini(psx_record *r);
psx_record_entry *psx_record_find(const psx_record *r, const psx_record_key *key);
// Adds an entry that psx_record_find did not find. NULL when it is full (then `lost` counts).
psx_record_entry *psx_record_add(psx_record *r, const psx_record_key *key,
                                 const psx_policy_verdict *verdict);

#endif

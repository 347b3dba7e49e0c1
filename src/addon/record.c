#include "addon/record.h"
#include "base/map.h"

void psx_record_init(psx_record *r)
{
    *r = (psx_record){0};
    psx_op_init(&r->op, PSX_RECORD_BYTES);
}

void psx_record_fini(psx_record *r)
{
    psx_op_fini(&r->op);
    *r = (psx_record){0};
}

static uint64_t hash_of(const psx_record_key *k)
{
    uint64_t h = psx_hash(k->value);
    if (k->asked.n) h ^= psx_hash(k->asked) << 1 | 1;
    h ^= (uint64_t)k->id << 40 ^ (uint64_t)k->cap << 32 ^ (uint32_t)k->port;
    return h * 0x9E3779B97F4A7C15u >> 7;
}

static bool same(const psx_record_key *a, const psx_record_key *b)
{
    return a->id == b->id && a->cap == b->cap && a->port == b->port &&
           psx_str_eq(a->value, b->value) && psx_str_eq(a->asked, b->asked);
}

psx_record_entry *psx_record_find(const psx_record *r, const psx_record_key *key)
{
    if (!r->index) return NULL;
    uint64_t hash = hash_of(key);
    for (uint64_t i = hash & r->mask; r->index[i]; i = (i + 1) & r->mask) {
        psx_record_entry *e = &r->entries[r->index[i] - 1];
        if (e->hash == hash && same(&e->key, key)) return e;
    }
    return NULL;
}

static void put_index(uint32_t *index, uint32_t mask, uint64_t hash, uint32_t number)
{
    uint64_t i = hash & mask;
    while (index[i]) {
        i = (i + 1) & mask;
    }
    index[i] = number + 1;
}

static bool grow(psx_record *r)
{
    uint32_t cap = r->cap ? r->cap * 2 : 256, mask = cap * 2 - 1;
    psx_record_entry *entries = PSX_ARRAY(&r->op, psx_record_entry, cap);
    uint32_t *index = PSX_ARRAY(&r->op, uint32_t, (size_t)mask + 1);
    if (!entries || !index) return false;
    if (r->n) memcpy(entries, r->entries, r->n * sizeof *entries);
    for (uint32_t k = 0; k < r->n; k++) {
        put_index(index, mask, entries[k].hash, k);
    }
    r->entries = entries;
    r->index = index;
    r->cap = cap;
    r->mask = mask;
    return true;
}

// Room for one more entry of this package?
static bool has_room(psx_record *r, uint32_t id)
{
    if (r->n >= PSX_RECORD_MAX) return false;
    if (r->n == r->cap && !grow(r)) return false;
    if (id >= r->n_packages) {
        uint32_t n = (id + 1) * 2;
        uint32_t *counts = PSX_ARRAY(&r->op, uint32_t, n);
        if (!counts) return false;
        if (r->n_packages) memcpy(counts, r->per_package, r->n_packages * sizeof *counts);
        r->per_package = counts;
        r->n_packages = n;
    }
    return r->per_package[id] < PSX_RECORD_MAX / 2;
}

static bool copy_key(psx_record *r, psx_record_key *key)
{
    return !psx_failed(psx_op_copy(&r->op, key->value, &key->value)) &&
           (!key->asked.n || !psx_failed(psx_op_copy(&r->op, key->asked, &key->asked)));
}

psx_record_entry *psx_record_add(psx_record *r, const psx_record_key *key,
                                 const psx_policy_verdict *verdict)
{
    psx_record_entry e = {.key = *key, .hash = hash_of(key), .rule = verdict->rule};
    e.allowed = verdict->allowed;
    e.by_policy = verdict->allowed && !verdict->recorded_only;
    if (!has_room(r, key->id) || !copy_key(r, &e.key)) {
        psx_fail_clear(&r->op);
        r->lost++;
        return NULL;
    }
    put_index(r->index, r->mask, e.hash, r->n);
    r->per_package[key->id]++;
    r->entries[r->n] = e;
    return &r->entries[r->n++];
}

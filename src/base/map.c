#include "base/map.h"

__extension__ typedef unsigned __int128 u128;

// Folded multiplication (the idea of wyhash): fast, and good enough with a seed that an attacker
// who writes lockfile keys cannot know: the load address of this library, which ASLR chooses.
static uint64_t mix(uint64_t a, uint64_t b)
{
    u128 m = (u128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t psx_hash(psx_str s)
{
    static const char anchor = 0;
    uint64_t h = (uint64_t)(uintptr_t)&anchor ^ 0xa0761d6478bd642fu, w;
    size_t i = 0;
    for (; s.n - i >= 8; i += 8) {
        memcpy(&w, s.p + i, 8);
        h = mix(h ^ w, 0xe7037ed1a0b428dbu);
    }
    w = 0;
    if (s.n - i) memcpy(&w, s.p + i, s.n - i);
    return mix(h ^ w, 0x8ebc6af09c88c6e3u ^ s.n);
}

void psx_map_init(psx_map *m, psx_op *op)
{
    *m = (psx_map){.op = op};
}

// The slot of key, or NULL; *at is where in the index it is or would go.
static psx_map_slot *find(const psx_map *m, psx_str key, uint64_t hash, size_t *at)
{
    if (!m->index) return NULL;
    size_t i = hash & m->mask;
    for (; m->index[i]; i = (i + 1) & m->mask) {
        psx_map_slot *slot = &m->slots[m->index[i] - 1];
        if (slot->hash == hash && psx_str_eq(slot->key, key)) return slot;
    }
    *at = i;
    return NULL;
}

static psx_rc grow(psx_map *m)
{
    size_t cap = m->cap ? m->cap * 2 : 8, size = cap * 2;
    if (cap > UINT32_MAX / 2) return psx_fail(m->op, PSX_E_CEILING, "too many keys");
    psx_map_slot *slots = PSX_ARRAY(m->op, psx_map_slot, cap);
    uint32_t *index = PSX_ARRAY(m->op, uint32_t, size);
    if (!slots || !index) return psx_fail_nomem(m->op);
    if (m->n) memcpy(slots, m->slots, m->n * sizeof *slots);
    for (size_t k = 0; k < m->n; k++) {
        size_t i = slots[k].hash & (size - 1);
        while (index[i]) {
            i = (i + 1) & (size - 1);
        }
        index[i] = (uint32_t)k + 1;
    }
    m->slots = slots;
    m->index = index;
    m->cap = cap;
    m->mask = size - 1;
    return PSX_OK;
}

psx_rc psx_map_put(psx_map *m, psx_str key, void *value)
{
    uint64_t hash = psx_hash(key);
    size_t at = 0;
    psx_map_slot *slot = find(m, key, hash, &at);
    if (slot) {
        slot->value = value;
        return PSX_OK;
    }
    if (m->n == m->cap) {
        TRY(grow(m));
        (void)find(m, key, hash, &at);
    }
    m->slots[m->n] = (psx_map_slot){key, hash, value};
    m->index[at] = (uint32_t)++m->n;
    return PSX_OK;
}

void *psx_map_get(const psx_map *m, psx_str key)
{
    size_t at;
    psx_map_slot *slot = find(m, key, psx_hash(key), &at);
    return slot ? slot->value : NULL;
}

bool psx_map_has(const psx_map *m, psx_str key)
{
    size_t at;
    return find(m, key, psx_hash(key), &at) != NULL;
}

// psx_map: string -> pointer, in an op's arena. Keys are borrowed, not copied. Nothing is removed.
// Iterates in insertion order through `slots[0 .. n-1]`.
#ifndef PSX_BASE_MAP_H
#define PSX_BASE_MAP_H

#include "base/op.h"

typedef struct {
    psx_str key;
    uint64_t hash;
    void *value;
} psx_map_slot;

typedef struct {
    psx_op *op;
    psx_map_slot *slots; // in insertion order
    uint32_t *index;     // open addressing: slot number + 1, 0 = free
    size_t n, cap, mask;
} psx_map;

void psx_map_init(psx_map *m, psx_op *op);
// Adds or replaces.
psx_rc psx_map_put(psx_map *m, psx_str key, void *value);
// The value, or NULL. Pure: allocates nothing.
void *psx_map_get(const psx_map *m, psx_str key);
bool psx_map_has(const psx_map *m, psx_str key);

// Not for security by itself; seeded per process against crafted keys.
uint64_t psx_hash(psx_str s);

#endif

// The cache of one main script: what the scanner found in each file, and V8's compiled code, by the
// digest of the bytes they were made from. One file, mapped; a run that learned something new
// replaces it (temporary file, rename).
//
// Whoever can write the pack can run code, so the directory and the file must belong to the
// effective user and be closed to all others; otherwise the cache is off. The content is still not
// believed: every offset is checked on every access, and a damaged payload is not used.
// Layout: docs/format/pack.md.
#ifndef PSX_ADDON_PACK_H
#define PSX_ADDON_PACK_H

#include "base/op.h"
#include "trust/digest.h"

typedef struct psx_pack psx_pack;

typedef struct {
    uint32_t flags, kind;
    psx_str free, assigned, exports, reexports; // comma separated
} psx_pack_facts;

enum {
    PSX_PACK_MAX = 256 << 20, // one pack
    PSX_PACKS_MAX = 256,      // in one directory; the ones used longest ago go first
    PSX_PACKS_BYTES = 1 << 30,
};

// name: which pack; stamp: what must be the same for its content to be of use (engine, scanner). A
// dir of length 0, or one that is not safe, gives a pack that remembers during this run only. NULL:
// no memory.
psx_pack *psx_pack_open(psx_str dir, const psx_digest *name, const psx_digest *stamp);
void psx_pack_close(psx_pack *p);
// So that it is not among those used longest ago. A box changes no times: there npsx marks the
// directory.
void psx_pack_mark_used(psx_pack *p);
// From here on no code of an earlier run is given out, and none is kept: only facts.
void psx_pack_without_code(psx_pack *p);
bool psx_pack_keeps_code(const psx_pack *p);

// Slices are valid until psx_pack_close.
bool psx_pack_facts_of(psx_pack *p, const psx_digest *source, psx_pack_facts *out);
// Code is kept per shape: the same source compiled with other parameters is other code, and V8 does
// not look at them. The address is aligned to 16 in the file and so in memory.
bool psx_pack_code_of(psx_pack *p, const psx_digest *source, psx_str shape, psx_str *out);
// What does not fit or cannot be copied is forgotten: it is a cache.
void psx_pack_put_facts(psx_pack *p, const psx_digest *source, const psx_pack_facts *facts);
void psx_pack_put_code(psx_pack *p, const psx_digest *source, psx_str shape, psx_str code);
// Writes what is new together with what was used lately. 0, also when there is nothing to do;
// -errno.
int psx_pack_write(psx_pack *p);

// For tests: the same over bytes in memory, which must be 16-aligned and outlive the pack.
psx_pack *psx_pack_over(psx_str bytes, const psx_digest *stamp);

#endif

// The loader's files: read once beneath the package they belong to; those bytes are digested,
// scanned, compiled. A token stands for the bytes of one reading.
#ifndef PSX_ADDON_SOURCES_H
#define PSX_ADDON_SOURCES_H

#include "addon/pack.h"
#include "addon/vouch.h"
#include "base/op.h"

enum { PSX_SOURCE_MAX = 512 << 20, PSX_SOURCE_ROOTS = 256, PSX_SOURCE_PENDING = 256 };

typedef struct {
    psx_str root; // malloc
    int fd;
} psx_source_root;

typedef struct {
    psx_digest digest;
    char *bytes; // malloc; NULL once nobody needs them
    size_t n;
} psx_source_token;

typedef struct {
    psx_pack *pack;         // of the process, not closed here; NULL: no cache at all
    const psx_vouch *vouch; // of the process
    psx_refusal refusal;    // why the last reading was refused
    bool real_only;
    psx_source_root roots[PSX_SOURCE_ROOTS];
    psx_source_token *tokens;
    uint32_t n, cap;
    uint32_t pending[PSX_SOURCE_PENDING]; // ring of tokens + 1 that still have bytes
    uint32_t at;
} psx_sources;

void psx_sources_init(psx_sources *s);
void psx_sources_fini(psx_sources *s);

// path (absolute) beneath root (absolute directory): 0, or -errno. -EKEYREJECTED: it must not
// become code, and s->refusal says why. The caller frees out->bytes. out->fd is
// closed, but for an addon: that one is the caller's.
//
// Code and its assets are asked for by real paths: with s->real_only a symbolic link that took
// their place since is -ELOOP. A package.json may lie behind links.
int psx_sources_read(psx_sources *s, psx_str root, psx_str path, psx_code_kind kind, psx_code *out);
// A token for what was read, which it takes over. False: no memory (the bytes are freed).
bool psx_sources_token(psx_sources *s, psx_code *code, uint32_t *token);
// NULL for what is no token. Bytes may be gone: they are kept for the last readings only.
psx_source_token *psx_sources_get(psx_sources *s, uint32_t token);
void psx_sources_drop_bytes(psx_source_token *t);

#endif

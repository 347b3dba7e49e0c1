#include <errno.h>
#include <fcntl.h>

#include "addon/lexpath.h"
#include "addon/sources.h"
#include "base/map.h"
#include "os/beneath.h"

enum { TRIES = 16 };

void psx_sources_init(psx_sources *s)
{
    *s = (psx_sources){0};
}

static void drop_root(psx_source_root *r)
{
    if (r->root.p) psx_os_close(r->fd);
    free((char *)(uintptr_t)r->root.p);
    *r = (psx_source_root){0};
}

void psx_sources_fini(psx_sources *s)
{
    for (size_t i = 0; i < PSX_SOURCE_ROOTS; i++) {
        drop_root(&s->roots[i]);
    }
    for (uint32_t i = 0; i < s->n; i++) {
        psx_sources_drop_bytes(&s->tokens[i]);
    }
    free(s->tokens);
    *s = (psx_sources){0};
}

static char *copy_text(psx_str text)
{
    char *p = malloc(text.n + 1);
    if (!p) return NULL;
    if (text.n) memcpy(p, text.p, text.n);
    p[text.n] = '\0';
    return p;
}

// An open descriptor of the root, from a small cache where a newcomer replaces.
static int root_fd(psx_sources *s, psx_str root)
{
    psx_source_root *r = &s->roots[psx_hash(root) % PSX_SOURCE_ROOTS];
    if (r->root.p && psx_str_eq(r->root, root) && !psx_os_fd_is_removed(r->fd)) return r->fd;
    drop_root(r);
    char *text = copy_text(root);
    if (!text) return -ENOMEM;
    int fd = psx_os_open_dir(text);
    if (fd < 0) {
        free(text);
        return fd;
    }
    *r = (psx_source_root){{text, root.n}, fd};
    return fd;
}

static int drop(psx_code *out, int e)
{
    free(out->bytes);
    out->bytes = NULL;
    out->n = 0;
    return e;
}

// First the descriptor is asked about, then it is read; where the answer counts, nothing may have
// changed from before the one to after the other. -EAGAIN: it did.
static int read_admitted(psx_sources *s, psx_code *out)
{
    bool strict = psx_vouch_is_strict(s->vouch);
    bool unread = out->kind == PSX_CODE_NATIVE && !psx_vouch_reads(s->vouch);
    psx_os_stamp before = {0}, after;
    if (strict) before = psx_os_code_stamp(out->fd);
    if (!psx_vouch_admits(s->vouch, out, &s->refusal)) return -EKEYREJECTED;
    int e = unread ? 0 : psx_os_read_whole(out->fd, PSX_SOURCE_MAX, &out->bytes, &out->n);
    if (e < 0 || !strict) return e;
    after = psx_os_code_stamp(out->fd);
    if (psx_os_code_is_same(&before, &after)) return 0;
    return drop(out, lseek(out->fd, 0, SEEK_SET) < 0 ? -errno : -EAGAIN);
}

// The bytes of the open file, and what is said about them.
static int read_vouched(psx_sources *s, psx_code *out)
{
    int e = -EAGAIN;
    for (int i = 0; i < TRIES && e == -EAGAIN; i++) {
        e = read_admitted(s, out);
    }
    if (e == -EAGAIN) psx_vouch_unsteady(out, &s->refusal);
    if (e == -EAGAIN) return -EKEYREJECTED;
    if (e < 0 || psx_vouch_for(s->vouch, out, &s->refusal)) return e;
    return drop(out, -EKEYREJECTED);
}

static int read_beneath(psx_sources *s, psx_str root, psx_str path, psx_os_walk walk, psx_code *out)
{
    int dir = root_fd(s, root);
    if (dir < 0) return dir;
    // Slices of a lexpath end where it ends: with a NUL. Never block on a FIFO that poses as a
    // module.
    psx_str rest = psx_lexpath_rest(path, root);
    out->path = path;
    out->fd = psx_os_open_beneath(dir, rest.p, O_RDONLY | O_NONBLOCK, 0, walk);
    if (out->fd < 0) return out->fd;
    int e = read_vouched(s, out);
    if (e == 0 && out->kind == PSX_CODE_NATIVE) return 0;
    psx_os_close(out->fd);
    out->fd = -1;
    return e;
}

int psx_sources_read(psx_sources *s, psx_str root, psx_str path, psx_code_kind kind, psx_code *out)
{
    psx_lexpath p;
    *out = (psx_code){.fd = -1, .kind = kind};
    if (!root.n || root.p[0] != '/' || psx_str_has_nul(root)) return -EINVAL;
    if (!path.n || path.p[0] != '/' ||
        psx_lexpath_resolve(PSX_STR("/"), path, &p) != PSX_LEXPATH_OK)
        return -EINVAL;
    psx_str tidy = psx_lexpath_str(&p);
    if (!psx_lexpath_within(tidy, root)) return -EACCES;
    bool description = kind == PSX_CODE_DESCRIPTION || kind == PSX_CODE_IDENTITY;
    bool real = s->real_only && !description;
    int e = real ? read_beneath(s, PSX_STR("/"), tidy, PSX_OS_NO_LINKS, out)
                 : read_beneath(s, root, tidy, PSX_OS_FOLLOW, out);
    // Not there is as telling as changed: another file would be found in its place.
    bool absent = e < 0 && e != -EKEYREJECTED;
    if (absent && s->vouch && !psx_vouch_absent(s->vouch, tidy, &s->refusal)) e = -EKEYREJECTED;
    out->path = (psx_str){0}; // it lay in p
    return e;
}

void psx_sources_drop_bytes(psx_source_token *t)
{
    free(t->bytes);
    t->bytes = NULL;
    t->n = 0;
}

psx_source_token *psx_sources_get(psx_sources *s, uint32_t token)
{
    return token < s->n ? &s->tokens[token] : NULL;
}

static void remember_pending(psx_sources *s, uint32_t token)
{
    uint32_t *slot = &s->pending[s->at++ % PSX_SOURCE_PENDING];
    if (*slot) psx_sources_drop_bytes(&s->tokens[*slot - 1]);
    *slot = token + 1;
}

bool psx_sources_token(psx_sources *s, psx_code *code, uint32_t *token)
{
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 256;
        psx_source_token *more =
            cap > INT32_MAX / 2 ? NULL : realloc(s->tokens, cap * sizeof *more);
        if (!more) {
            free(code->bytes);
            return false;
        }
        s->tokens = more;
        s->cap = cap;
    }
    *token = s->n++;
    s->tokens[*token] = (psx_source_token){*psx_code_digest(code), code->bytes, code->n};
    remember_pending(s, *token);
    return true;
}

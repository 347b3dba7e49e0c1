#include "trust/pinned.h"

#include <errno.h>

#include "os/beneath.h"
#include "os/verity.h"

psx_str psx_pinned_key(const psx_pinned *p, psx_str path)
{
    if (p->project.n == 1) return psx_str_slice(path, 1, path.n);
    bool inside = psx_str_starts(path, p->project) && path.n > p->project.n + 1 &&
                  path.p[p->project.n] == '/';
    return inside ? psx_str_slice(path, p->project.n + 1, path.n) : path;
}

// A package lies in a directory node_modules, wherever that is. The name itself is covered as well:
// as a link it would lead all packages elsewhere.
bool psx_pinned_covers(const psx_pinned *p, psx_str key)
{
    static const psx_str name = PSX_STR_INIT("node_modules");
    if (!p->pins.packages_only) return true;
    while (key.n) {
        if (psx_str_eq(psx_str_slice(key, 0, psx_str_find(key, '/')), name)) return true;
        key = psx_str_slice(key, psx_str_find(key, '/') + 1, key.n);
    }
    return false;
}

static bool verity_is(int fd, const psx_pin *pin)
{
    uint8_t digest[PSX_OS_VERITY_MOST];
    size_t n;
    return fd >= 0 && psx_os_verity_measure(fd, digest, &n) == 0 &&
           n == psx_sri_size(pin->algorithm) && memcmp(digest, pin->digest, n) == 0;
}

// What lies outside of what is covered (the lockfile, when only packages are) may be listed too.
psx_pinned_verdict psx_pinned_file(const psx_pinned *p, psx_str path, int fd,
                                   const psx_digest *sha256)
{
    psx_pin pin;
    psx_str key = psx_pinned_key(p, path);
    if (!psx_pins_find(&p->pins, key, &pin))
        return psx_pinned_covers(p, key) ? PSX_PINNED_UNLISTED : PSX_PINNED_YES;
    if (pin.kind == PSX_PIN_LINK) return PSX_PINNED_CHANGED;
    bool same = pin.kind == PSX_PIN_VERITY ? verity_is(fd, &pin)
                                           : memcmp(sha256->b, pin.digest, sizeof sha256->b) == 0;
    return same ? PSX_PINNED_YES : PSX_PINNED_CHANGED;
}

psx_pinned_verdict psx_pinned_absent(const psx_pinned *p, psx_str path)
{
    psx_pin pin;
    return psx_pins_find(&p->pins, psx_pinned_key(p, path), &pin) ? PSX_PINNED_MISSING
                                                                  : PSX_PINNED_YES;
}

psx_pinned_kind psx_pinned_kind_of(const psx_pinned *p, psx_str path)
{
    psx_pin pin;
    psx_str key = psx_pinned_key(p, path);
    if (psx_pins_find(&p->pins, key, &pin))
        return pin.kind == PSX_PIN_LINK ? PSX_PINNED_A_LINK : PSX_PINNED_A_FILE;
    return psx_pins_has_dir(&p->pins, key) ? PSX_PINNED_A_DIR : PSX_PINNED_ASK;
}

// ---- links --------------------------------------------------------------------------------------

enum { LINKS_MAX = 40 };

typedef struct {
    char done[PSX_PIN_PATH_MAX]; // without links, no slash at the end; "" is the root
    char rest[PSX_PIN_PATH_MAX];
    size_t n;
    unsigned links;
} way;

static psx_str take_part(way *w, char *part)
{
    size_t begin = strspn(w->rest, "/"), n = strcspn(w->rest + begin, "/");
    memcpy(part, w->rest + begin, n);
    part[n] = '\0';
    memmove(w->rest, w->rest + begin + n, strlen(w->rest + begin + n) + 1);
    return (psx_str){part, n};
}

static void leave(way *w)
{
    while (w->n && w->done[--w->n] != '/')
        ;
    w->done[w->n] = '\0';
}

static bool enter(way *w, psx_str part)
{
    if (w->n + part.n + 2 > sizeof w->done) return false;
    w->done[w->n++] = '/';
    memcpy(w->done + w->n, part.p, part.n + 1);
    w->n += part.n;
    return true;
}

static bool is_listed_link(const psx_pinned *p, psx_str link, psx_str target)
{
    psx_pin pin;
    psx_str key = psx_pinned_key(p, link);
    psx_digest d = psx_digest_of(target);
    bool outside = psx_str_starts(key, PSX_STR("/")); // whose layout is nobody's business here
    if (!psx_pins_find(&p->pins, key, &pin))
        return outside ? !psx_pins_has_dir(&p->pins, key) : !psx_pinned_covers(p, key);
    return pin.kind == PSX_PIN_LINK && memcmp(pin.digest, d.b, sizeof d.b) == 0;
}

// Links above the project are the user's own layout: they are no part of it.
static bool is_above(const psx_pinned *p, psx_str path)
{
    return psx_str_starts(p->project, path) &&
           (p->project.n == path.n || p->project.p[path.n] == '/');
}

static bool follow(way *w, psx_str target)
{
    size_t rest = strlen(w->rest);
    if (++w->links > LINKS_MAX || target.n + rest + 2 > sizeof w->rest) return false;
    memmove(w->rest + target.n + 1, w->rest, rest + 1);
    memcpy(w->rest, target.p, target.n);
    w->rest[target.n] = '/';
    leave(w);
    if (target.p[0] == '/') w->done[w->n = 0] = '\0';
    return true;
}

static psx_pinned_verdict walk(const psx_pinned *p, way *w)
{
    char part[PSX_PIN_PATH_MAX], text[PSX_PIN_PATH_MAX];
    while (w->rest[strspn(w->rest, "/")]) {
        psx_str name = take_part(w, part);
        if (psx_str_is(name, ".")) continue;
        if (psx_str_is(name, "..")) {
            leave(w);
            continue;
        }
        if (!enter(w, name)) return PSX_PINNED_LINK;
        int n = psx_os_readlink(w->done, text, sizeof text);
        if (n == -EINVAL) continue; // no link
        if (n <= 0) return PSX_PINNED_MISSING;
        psx_str here = {w->done, w->n}, target = {text, (size_t)n};
        if (!is_above(p, here) && !is_listed_link(p, here, target)) return PSX_PINNED_LINK;
        if (!follow(w, target)) return PSX_PINNED_LINK;
    }
    return PSX_PINNED_YES;
}

psx_pinned_verdict psx_pinned_way(const psx_pinned *p, psx_str path, char *at)
{
    way w = {0};
    if (path.n >= sizeof w.rest) return PSX_PINNED_LINK;
    memcpy(w.rest, path.p, path.n);
    psx_pinned_verdict v = walk(p, &w);
    memcpy(at, w.n ? w.done : "/", w.n ? w.n + 1 : 2);
    return v;
}

// ---- words --------------------------------------------------------------------------------------

const char *psx_pinned_code(psx_pinned_verdict v)
{
    switch (v) {
    case PSX_PINNED_UNLISTED: return "ERR_PIN_UNLISTED";
    case PSX_PINNED_MISSING: return "ERR_PIN_MISSING";
    case PSX_PINNED_LINK: return "ERR_PIN_LINK";
    default: return "ERR_PIN_MISMATCH";
    }
}

static const char *sentence(psx_pinned_verdict v)
{
    switch (v) {
    case PSX_PINNED_UNLISTED:
        return "is not in the policy's list of pins: it was added since, or written by the program";
    case PSX_PINNED_MISSING: return "is in the policy's list of pins, and is not there";
    case PSX_PINNED_LINK: return "is a symbolic link that the policy's list of pins does not have";
    default: return "is not what the policy's list of pins says: it was changed since";
    }
}

void psx_pinned_text(psx_pinned_verdict v, psx_str path, char *dst, size_t size)
{
    snprintf(dst, size,
             "%s: %.*s %s; npsx policy pin --check lists every difference, npsx policy pin takes "
             "what is there now",
             psx_pinned_code(v), PSX_FMT(path), sentence(v));
    for (char *c = dst; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    }
}

// Files that are granted by themselves. The kernel can allow a file that is there, and everything
// in a directory; it cannot allow one entry to be made, removed or replaced. So psx.node asks, and
// it is done here, decided anew: whoever holds the other end may be an attacker's code.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "box/place.h"
#include "box/super.h"
#include "box/wire.h"
#include "os/beneath.h"

psx_rc psx_super_entries_start(psx_super *s)
{
    (void)s;
    return PSX_OK;
}

// ---- the question -------------------------------------------------------------------------------

typedef struct {
    const uint8_t *p;
    size_t n;
    bool bad;
} reader;

static uint32_t take_u32(reader *r)
{
    uint32_t v = 0;
    if (r->n < sizeof v) {
        r->bad = true;
        return 0;
    }
    memcpy(&v, r->p, sizeof v);
    r->p += sizeof v;
    r->n -= sizeof v;
    return v;
}

static psx_str take_path(reader *r)
{
    uint32_t n = take_u32(r);
    psx_str s = {(const char *)r->p, n};
    if (r->bad || n > r->n || !psx_box_place_is_tidy(s)) {
        r->bad = true;
        return (psx_str){0};
    }
    r->p += n;
    r->n -= n;
    return s;
}

static bool is_whole(const reader *r)
{
    return !r->bad && r->n == 0;
}

// ---- deciding -----------------------------------------------------------------------------------

enum { READ = 1, WRITE = 2 };

// The database that a journal belongs to: SQLite's files beside it (src/addon/sqlite.c).
static psx_str owner_of(psx_str path)
{
    static const char *const ends[] = {"-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        psx_str end = psx_str_from(ends[i]);
        if (path.n > end.n && psx_str_ends(path, end))
            return psx_str_slice(path, 0, path.n - end.n);
    }
    return path;
}

static bool is_single(const psx_policy_verdict *v)
{
    return !v->rule || v->rule->kind == PSX_RULE_FILE;
}

static bool allows(psx_super *s, psx_cap cap, psx_str path, bool *single)
{
    psx_policy_verdict v;
    psx_str owner = owner_of(path);
    if (psx_super_allows(s, cap, path, -1, &v)) {
        *single |= is_single(&v);
        return true;
    }
    if (owner.n == path.n || !psx_super_allows(s, cap, owner, -1, &v)) return false;
    if (!is_single(&v)) return false;
    *single = true;
    return true;
}

static int decide(psx_super *s, const char *call, unsigned need, psx_str path, bool *single)
{
    static const psx_cap caps[] = {PSX_CAP_FS_READ, PSX_CAP_FS_WRITE};
    for (unsigned i = 0; i < 2; i++) {
        if (!(need & (1u << i)) || allows(s, caps[i], path, single)) continue;
        psx_super_refuse(s, s->engine, call, caps[i], path, -1);
        return -EACCES;
    }
    return 0;
}

// What is granted with its directory is the kernel's business, which knows it better.
static int decide_single(psx_super *s, const char *call, unsigned need, psx_str path)
{
    bool single = false;
    int e = decide(s, call, need, path, &single);
    return e < 0 ? e : single ? 0 : -EACCES;
}

// ---- opening ------------------------------------------------------------------------------------

static unsigned need_of(int flags)
{
    int access = flags & O_ACCMODE;
    unsigned need = access == O_RDONLY ? READ : access == O_WRONLY ? WRITE : READ | WRITE;
    return flags & (O_CREAT | O_TRUNC | O_APPEND) ? need | WRITE : need;
}

static bool knows_flags(int flags)
{
    const int known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                      O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | O_NOFOLLOW | O_NOATIME |
                      O_CLOEXEC;
    return !(flags & ~known) && (flags & O_ACCMODE) != O_ACCMODE;
}

static int open_placed(psx_super *s, psx_str path, int flags, mode_t mode)
{
    psx_box_place place;
    int fd = psx_box_place_open(s->spec->held, path, &place);
    if (fd < 0) return fd;
    fd = psx_box_place_file(&place, flags | O_CLOEXEC | O_NOCTTY, mode);
    psx_os_close(place.dir);
    return fd;
}

// A file that is granted for reading and is a link (/etc/localtime) means what it leads to, unless
// a package could have made the link.
static int open_target(psx_super *s, psx_str path, int flags)
{
    char text[PATH_MAX], real[PATH_MAX];
    if (psx_box_place_is_writable(s->spec->held, path)) return -EACCES;
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    int n = psx_os_realpath(text, real, sizeof real);
    return n < 0 ? n : open_placed(s, (psx_str){real, (size_t)n}, flags, 0);
}

static int open_entry(psx_super *s, psx_str path, int flags, mode_t mode)
{
    unsigned need = need_of(flags);
    int fd = open_placed(s, path, flags, mode);
    bool follows = need == READ && !(flags & O_NOFOLLOW);
    if (fd == -ELOOP && follows) return open_target(s, path, flags);
    return fd == -ELOOP && !(flags & O_NOFOLLOW) ? -EACCES : fd;
}

static int ask_open(psx_super *s, reader *r, int *fd)
{
    int flags = (int)take_u32(r);
    uint32_t mode = take_u32(r);
    psx_str path = take_path(r);
    if (!is_whole(r) || !knows_flags(flags) || mode > 07777) return -EINVAL;
    int e = decide_single(s, "open", need_of(flags), path);
    if (e < 0) return e;
    if (flags & O_CREAT && mode & (S_ISUID | S_ISGID)) return -EPERM;
    e = open_entry(s, path, flags, mode);
    if (e < 0) return e;
    *fd = e;
    return 0;
}

// ---- removing and renaming ----------------------------------------------------------------------

static int ask_unlink(psx_super *s, reader *r)
{
    psx_box_place place;
    psx_str path = take_path(r);
    if (!is_whole(r)) return -EINVAL;
    int e = decide_single(s, "unlink", WRITE, path);
    if (e < 0 || (e = psx_box_place_open(s->spec->held, path, &place)) < 0) return e;
    e = unlinkat(place.dir, place.leaf, 0) < 0 ? -errno : 0;
    psx_os_close(place.dir);
    return e;
}

// What becomes readable by its new name must have been readable before.
static bool gives_reading(psx_super *s, psx_str from, psx_str to)
{
    return psx_super_allows(s, PSX_CAP_FS_READ, to, -1, NULL) &&
           !psx_super_allows(s, PSX_CAP_FS_READ, from, -1, NULL);
}

static bool is_file(const psx_box_place *place, int *e)
{
    struct stat st;
    *e = fstatat(place->dir, place->leaf, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : -EACCES;
    return *e == -EACCES && S_ISREG(st.st_mode);
}

// Only files: a link or a socket could lead, by its new name, where nothing is granted.
static int move(const psx_box_place *from, const psx_box_place *to)
{
    int e;
    if (!is_file(from, &e)) return e;
    if (renameat(from->dir, from->leaf, to->dir, to->leaf) < 0) return -errno;
    if (is_file(to, &e) || e != -EACCES) return 0;
    unlinkat(to->dir, to->leaf, 0); // it was changed in between
    return -EACCES;
}

static int ask_rename(psx_super *s, reader *r)
{
    psx_box_place a, b;
    bool single = false;
    psx_str from = take_path(r), to = take_path(r);
    if (!is_whole(r)) return -EINVAL;
    int e = decide(s, "rename", WRITE, from, &single);
    if (e == 0) e = decide(s, "rename", WRITE, to, &single);
    if (e == 0 && gives_reading(s, from, to)) {
        psx_super_refuse(s, s->engine, "rename", PSX_CAP_FS_READ, from, -1);
        e = -EACCES;
    }
    if (e == 0 && !single) e = -EACCES;
    if (e < 0 || (e = psx_box_place_open(s->spec->held, from, &a)) < 0) return e;
    e = psx_box_place_open(s->spec->held, to, &b);
    if (e == 0) {
        e = move(&a, &b);
        psx_os_close(b.dir);
    }
    psx_os_close(a.dir);
    return e;
}

void psx_super_entries_ask(psx_super *s, int what, const uint8_t *q, size_t n, psx_super_reply *a)
{
    psx_notice engine = {.tid = s->engine, .pid = s->engine, .pidfd = s->engine_pidfd};
    reader r = {q, n, false};
    a->rc = psx_super_become(s, &engine);
    if (a->rc < 0) return;
    switch (what) {
    case PSX_BOX_ASK_OPEN: a->rc = ask_open(s, &r, &a->fd); break;
    case PSX_BOX_ASK_UNLINK: a->rc = ask_unlink(s, &r); break;
    case PSX_BOX_ASK_RENAME: a->rc = ask_rename(s, &r); break;
    default: a->rc = -EINVAL;
    }
    psx_super_unbecome(s);
    a->close_fd = a->fd >= 0;
}

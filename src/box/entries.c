// Files and directories that are granted, and for which the kernel has no rule: granted by
// themselves, or made after the box was. It knows rules for what is there, and for everything in
// a directory, and cannot allow one entry to be made, removed or replaced. So psx.node asks, and it
// is done here, decided anew: whoever holds the other end may be an attacker's code.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "box/place.h"
#include "box/super.h"
#include "box/wire.h"
#include "os/beneath.h"
#include "policy/path.h"

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

enum { READ = 1, WRITE = 2, RULES_MAX = 512 };

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

// Beneath a package's own directory that is nobody's grant, but the application's code: what is
// hidden at its top (.env, .npmrc, .git) is read by those who name it.
static bool is_hidden(const psx_policy_rule *rule, psx_str path)
{
    size_t at = rule->root.n + (rule->root.n > 1);
    return rule->kind == PSX_RULE_OWN && at < path.n && path.p[at] == '.';
}

static const psx_policy_rule *written_rule(psx_super *s, psx_cap cap, psx_str path)
{
    const psx_policy_rule *rules[RULES_MAX];
    size_t n = psx_policy_rules(s->spec->held, cap, rules, RULES_MAX);
    for (size_t i = 0; i < n && i < RULES_MAX; i++) {
        const psx_policy_rule *r = rules[i];
        if (r->kind == PSX_RULE_ALL || (r->kind == PSX_RULE_FILE && psx_str_eq(r->root, path)) ||
            (r->kind == PSX_RULE_TREE && psx_path_under(r->root, path)))
            return r;
    }
    return NULL;
}

// Which rule allows it; NULL: none. A rule of the database allows what lies beside it.
static const psx_policy_rule *rule_of(psx_super *s, psx_cap cap, psx_str path)
{
    psx_policy_verdict v;
    psx_str owner = owner_of(path);
    if (psx_super_allows(s, cap, path, -1, &v)) {
        bool hidden = v.rule && is_hidden(v.rule, path);
        return hidden ? written_rule(s, cap, path) : v.rule;
    }
    if (owner.n == path.n || !psx_super_allows(s, cap, owner, -1, &v)) return NULL;
    return v.rule && v.rule->kind == PSX_RULE_FILE ? v.rule : NULL;
}

// Reading and writing both, where both are needed: the rule with the deeper root, for whatever lies
// beneath it lies beneath the other one too.
static const psx_policy_rule *decide(psx_super *s, const char *call, unsigned need, psx_str path)
{
    static const psx_cap caps[] = {PSX_CAP_FS_READ, PSX_CAP_FS_WRITE};
    const psx_policy_rule *deepest = NULL;
    for (unsigned i = 0; i < 2; i++) {
        if (!(need & (1u << i))) continue;
        const psx_policy_rule *rule = rule_of(s, caps[i], path);
        if (!rule) {
            psx_super_refuse(s, s->engine, call, caps[i], path, -1);
            return NULL;
        }
        if (!deepest || rule->root.n > deepest->root.n) deepest = rule;
    }
    return deepest;
}

// Decides, opens the place, and decides by where that really is.
static int place(psx_super *s, const char *call, unsigned need, psx_str path, bool whole,
                 psx_box_place *out)
{
    const psx_policy_rule *rule = decide(s, call, need, path);
    if (!rule) return -EACCES;
    int e = psx_box_place_open(s->spec->held, rule, path, whole, out);
    if (e < 0) return e;
    if (psx_str_is(path, out->words) || decide(s, call, need, psx_str_from(out->words))) return 0;
    psx_box_place_close(out);
    return -EACCES;
}

// ---- opening ------------------------------------------------------------------------------------

static unsigned need_of(int flags)
{
    int access = flags & O_ACCMODE;
    unsigned need = access == O_RDONLY ? READ : access == O_WRONLY ? WRITE : READ | WRITE;
    return flags & (O_CREAT | O_TRUNC | O_APPEND) ? need | WRITE : need;
}

// No set-user-ID for anybody (notify_files.c).
static bool sets_id(uint32_t mode)
{
    return mode & (S_ISUID | S_ISGID);
}

static bool knows_flags(int flags)
{
    const int known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                      O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | O_NOFOLLOW | O_NOATIME |
                      O_CLOEXEC | O_DIRECTORY;
    return !(flags & ~known) && (flags & O_ACCMODE) != O_ACCMODE;
}

// A link beneath a granted directory, which leads to what is granted as well.
static int open_linked(psx_super *s, psx_box_place *p, int flags)
{
    const psx_policy_rule *rule = decide(s, "open", need_of(flags), psx_str_from(p->path));
    int seen = rule ? psx_box_place_follow(p, rule) : -EACCES;
    if (seen < 0) return seen;
    bool may = decide(s, "open", need_of(flags), psx_str_from(p->words)) != NULL;
    int fd = may ? psx_box_place_reopen(seen, flags) : -EACCES;
    psx_os_close(seen);
    return fd;
}

// A file that is granted for reading and is a link (/etc/localtime) means what it leads to, unless
// a package could have made the link.
static int open_target(psx_super *s, const psx_box_place *p, int flags)
{
    static const psx_policy_rule itself = {.kind = PSX_RULE_FILE};
    psx_box_place target;
    char real[PATH_MAX];
    psx_str path = psx_str_from(p->path);
    if (need_of(flags) != READ || psx_box_place_is_writable(s->spec->held, path)) return -EACCES;
    int n = psx_os_realpath(p->path, real, sizeof real);
    if (n < 0) return n;
    int fd = psx_box_place_open(s->spec->held, &itself, (psx_str){real, (size_t)n}, false, &target);
    if (fd < 0) return fd;
    fd = psx_box_place_file(&target, flags | O_CLOEXEC | O_NOCTTY, 0);
    psx_box_place_close(&target);
    return fd;
}

static int open_entry(psx_super *s, psx_box_place *p, int flags, mode_t mode)
{
    int fd = psx_box_place_file(p, flags | O_CLOEXEC | O_NOCTTY, mode);
    if (fd != -ELOOP || flags & O_NOFOLLOW) return fd;
    return p->single ? open_target(s, p, flags) : open_linked(s, p, flags);
}

int psx_super_entry_open(psx_super *s, psx_str path, int flags, mode_t mode)
{
    psx_box_place p;
    if (!knows_flags(flags) || mode > 07777) return -EINVAL;
    int e = place(s, "open", need_of(flags), path, false, &p);
    if (e < 0) return e;
    e = flags & O_CREAT && sets_id(mode) ? -EPERM : open_entry(s, &p, flags, mode);
    psx_box_place_close(&p);
    return e == -ELOOP && !(flags & O_NOFOLLOW) ? -EACCES : e;
}

static int ask_open(psx_super *s, reader *r, int *fd)
{
    int flags = (int)take_u32(r);
    uint32_t mode = take_u32(r);
    psx_str path = take_path(r);
    if (!is_whole(r)) return -EINVAL;
    int e = psx_super_entry_open(s, path, flags, mode);
    if (e < 0) return e;
    *fd = e;
    return 0;
}

// ---- removing, making, renaming -----------------------------------------------------------------

int psx_super_entry_unlink(psx_super *s, psx_str path)
{
    psx_box_place p;
    int e = place(s, "unlink", WRITE, path, false, &p);
    if (e < 0) return e;
    e = unlinkat(p.dir, p.leaf, 0) < 0 ? -errno : 0;
    psx_box_place_close(&p);
    return e;
}

static int ask_unlink(psx_super *s, reader *r)
{
    psx_str path = take_path(r);
    return is_whole(r) ? psx_super_entry_unlink(s, path) : -EINVAL;
}

int psx_super_entry_mkdir(psx_super *s, psx_str path, mode_t mode)
{
    psx_box_place p;
    if (mode > 07777) return -EINVAL;
    int e = place(s, "mkdir", WRITE, path, true, &p);
    if (e < 0) return e;
    e = sets_id(mode) ? -EPERM : mkdirat(p.dir, p.leaf, mode) < 0 ? -errno : 0;
    psx_box_place_close(&p);
    return e;
}

static int ask_mkdir(psx_super *s, reader *r)
{
    uint32_t mode = take_u32(r);
    psx_str path = take_path(r);
    return is_whole(r) ? psx_super_entry_mkdir(s, path, mode) : -EINVAL;
}

int psx_super_entry_rmdir(psx_super *s, psx_str path)
{
    psx_box_place p;
    int e = place(s, "rmdir", WRITE, path, true, &p);
    if (e < 0) return e;
    e = unlinkat(p.dir, p.leaf, AT_REMOVEDIR) < 0 ? -errno : 0;
    psx_box_place_close(&p);
    return e;
}

static int ask_rmdir(psx_super *s, reader *r)
{
    psx_str path = take_path(r);
    return is_whole(r) ? psx_super_entry_rmdir(s, path) : -EINVAL;
}

// Something is granted by a name beneath this one (of a socket: or by this one).
static bool grants_beneath(psx_super *s, psx_cap cap, psx_str path)
{
    const psx_policy_rule *rules[RULES_MAX];
    size_t n = psx_policy_rules(s->spec->held, cap, rules, RULES_MAX);
    for (size_t i = 0; i < n && i < RULES_MAX; i++) {
        const psx_policy_rule *r = rules[i];
        if (cap == PSX_CAP_NET_CONNECT ? !r->is_unix : r->root.n <= path.n) continue;
        if (r->root.n >= path.n && psx_path_under(path, r->root)) return true;
    }
    return n > RULES_MAX;
}

// What becomes readable by a new name, as itself or in a directory, must have been readable before;
// nothing becomes reachable as a granted socket.
static bool gives(psx_super *s, psx_str from, psx_str to)
{
    if (grants_beneath(s, PSX_CAP_NET_CONNECT, to)) return true;
    if (psx_super_allows(s, PSX_CAP_FS_READ, from, -1, NULL)) return false;
    return psx_super_allows(s, PSX_CAP_FS_READ, to, -1, NULL) ||
           grants_beneath(s, PSX_CAP_FS_READ, to);
}

static bool is_plain(const psx_box_place *p, bool single, int *e)
{
    struct stat st;
    *e = fstatat(p->dir, p->leaf, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : -EACCES;
    return *e == -EACCES && (S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && !single));
}

// Files, and directories in granted directories: a link or a socket could lead, by its new name,
// where nothing is granted.
static int move(const psx_box_place *from, const psx_box_place *to)
{
    int e;
    bool single = from->single || to->single;
    if (!is_plain(from, single, &e)) return e;
    if (renameat(from->dir, from->leaf, to->dir, to->leaf) < 0) return -errno;
    if (is_plain(to, single, &e) || e != -EACCES) return 0;
    unlinkat(to->dir, to->leaf, 0); // it was changed in between
    return -EACCES;
}

static int move_to(psx_super *s, const psx_box_place *from, psx_str to)
{
    psx_box_place p;
    int e = place(s, "rename", WRITE, to, false, &p);
    if (e < 0) return e;
    if (gives(s, psx_str_from(from->words), psx_str_from(p.words))) {
        psx_super_refuse(s, s->engine, "rename", PSX_CAP_FS_READ, psx_str_from(from->words), -1);
        e = -EACCES;
    }
    if (e == 0) e = move(from, &p);
    psx_box_place_close(&p);
    return e;
}

int psx_super_entry_rename(psx_super *s, psx_str from, psx_str to)
{
    psx_box_place p;
    int e = place(s, "rename", WRITE, from, false, &p);
    if (e < 0) return e;
    e = move_to(s, &p, to);
    psx_box_place_close(&p);
    return e;
}

static int ask_rename(psx_super *s, reader *r)
{
    psx_str from = take_path(r), to = take_path(r);
    return is_whole(r) ? psx_super_entry_rename(s, from, to) : -EINVAL;
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
    case PSX_BOX_ASK_MKDIR: a->rc = ask_mkdir(s, &r); break;
    case PSX_BOX_ASK_RMDIR: a->rc = ask_rmdir(s, &r); break;
    default: a->rc = -EINVAL;
    }
    psx_super_unbecome(s);
    a->close_fd = a->fd >= 0;
}

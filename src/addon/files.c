#include <errno.h>
#include <fcntl.h>

#include "addon/files.h"
#include "addon/lexpath.h"
#include "addon/procfs.h"
#include "box/client.h"
#include "os/beneath.h"

enum {
    RUNTIME = UINT32_MAX >> 1, // owner of what psx_files_at made
    RULES_MAX = 512,
};

// One call: who wants what, and where the search has come to.
typedef struct {
    psx_files *f;
    uint32_t id;
    psx_files_need need;
    int flags; // of open
    mode_t mode;
    bool by_link; // the name that was decided is a symbolic link's
} job;

void psx_files_init(psx_files *f, psx_monitor *m)
{
    *f = (psx_files){.m = m};
}

static void drop_root(psx_files_root *r)
{
    if (r->rule) {
        psx_os_close(r->fd);
        free(r->leaf);
    }
    *r = (psx_files_root){0};
}

void psx_files_fini(psx_files *f)
{
    for (size_t i = 0; i < PSX_ROOTS_MAX; i++) {
        drop_root(&f->roots[i]);
    }
    free(f->owner);
    *f = (psx_files){0};
}

// ---- deciding -----------------------------------------------------------------------------------

typedef psx_policy_verdict (*decider)(psx_monitor *m, const psx_question *q);

// Reading and writing both, when both are needed. The rule with the deeper root: whatever lies
// beneath it lies beneath the other one too.
static psx_policy_verdict decide(const job *j, psx_str path, decider with)
{
    psx_question q = {.id = j->id, .value = path, .port = -1};
    psx_policy_verdict r = {0}, w = {0};
    if (j->need & PSX_NEED_READ) {
        q.cap = PSX_CAP_FS_READ;
        r = with(j->f->m, &q);
    }
    if (j->need & PSX_NEED_WRITE) {
        q.cap = PSX_CAP_FS_WRITE;
        w = with(j->f->m, &q);
    }
    if (j->need == PSX_NEED_READ) return r;
    if (j->need == PSX_NEED_WRITE) return w;
    if (!r.allowed || !w.allowed) return (psx_policy_verdict){0};
    bool deeper = r.rule && (!w.rule || r.rule->root.n > w.rule->root.n);
    psx_policy_verdict both = deeper ? r : w;
    both.recorded_only = r.recorded_only || w.recorded_only;
    return both;
}

static bool asks(const job *j, psx_str path)
{
    return decide(j, path, psx_monitor_ask).allowed;
}

// Whoever holds everything opens plainly, and so does who is only watched.
static bool is_free(const job *j, const psx_policy_verdict *v)
{
    return v->recorded_only || j->f->m->plan.learn || j->f->m->packages[j->id].ambient;
}

// ---- granted directories ------------------------------------------------------------------------

static int open_path(psx_str path, int flags)
{
    char text[PSX_LEXPATH_MAX];
    if (path.n >= sizeof text) return -ENAMETOOLONG;
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    return psx_os_open_any(text, flags, 0);
}

static int open_rest(int root, psx_str rest, int flags, mode_t mode, psx_os_walk walk)
{
    char text[PSX_LEXPATH_MAX];
    if (rest.n >= sizeof text) return -ENAMETOOLONG;
    memcpy(text, rest.p, rest.n);
    text[rest.n] = '\0';
    return psx_os_open_beneath(root, text, flags, mode, walk);
}

// The deepest directory above `path` (or `path` itself) that some confined package may write to: a
// link from there on may be that package's own work.
static psx_str writable_above(const psx_files *f, psx_str path, bool itself)
{
    const psx_policy_rule *rules[RULES_MAX];
    psx_str best = {0};
    for (uint32_t id = 0; id < f->m->n; id++) {
        if (f->m->packages[id].ambient) continue;
        const psx_policy_holder *holder = f->m->packages[id].holder;
        size_t n = psx_policy_rules(holder, PSX_CAP_FS_WRITE, rules, RULES_MAX);
        for (size_t i = 0; i < n && i < RULES_MAX; i++) {
            psx_str root = rules[i]->root;
            bool above = psx_lexpath_within(path, root) && (itself || root.n < path.n);
            if (above && (!best.p || root.n > best.n)) best = root;
        }
    }
    return best;
}

// The directory that a rule or its file lies in. Links on the way are the user's own layout and are
// followed, but not inside what packages can write: there they may be a package's work, and the
// grant would be one of whatever they lead to. Each step is strictly shorter, so this ends.
static int open_granted_dir(const psx_files *f, psx_str path)
{
    psx_str above = writable_above(f, path, false);
    if (!above.p) return open_path(path, O_PATH | O_DIRECTORY);
    int outer = open_granted_dir(f, above);
    if (outer < 0) return outer;
    int fd =
        open_rest(outer, psx_lexpath_rest(path, above), O_PATH | O_DIRECTORY, 0, PSX_OS_NO_LINKS);
    psx_os_close(outer);
    return fd == -ELOOP ? -EACCES : fd;
}

static char *copy_text(psx_str s)
{
    char *p = malloc(s.n + 1);
    if (!p) return NULL;
    memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

// Which directory, and which name in it, a rule stands for.
static int open_root(psx_files *f, psx_files_root *r)
{
    char real[PSX_LEXPATH_MAX];
    psx_str path = r->rule->root;
    bool is_file = r->rule->kind == PSX_RULE_FILE;
    if (is_file && r->real) {
        int n = psx_os_realpath(path.p, real, sizeof real);
        if (n < 0) return n;
        path = (psx_str){real, (size_t)n};
    }
    r->leaf = is_file ? copy_text(psx_lexpath_leaf(path)) : NULL;
    if (is_file && !r->leaf) return -ENOMEM;
    psx_str dir = is_file ? psx_lexpath_parent(path) : path;
    return open_granted_dir(f, dir);
}

static int learn_protected(psx_files *f, psx_files_root *r)
{
    char real[PSX_LEXPATH_MAX];
    int n = psx_os_fd_path(r->fd, real, sizeof real);
    if (n < 0) return n == -ENOENT ? -ENOENT : -EACCES;
    psx_str dir = {real, (size_t)n};
    r->has_protected = psx_monitor_has_protected(f->m, dir);
    r->is_protected = psx_monitor_is_protected(f->m, dir) && !r->has_protected;
    return 0;
}

// The open directory of a rule. A removed one is opened anew: `rm -r dist; mkdir dist` is ordinary.
static int root_of(psx_files *f, const psx_policy_rule *rule, bool real, psx_files_root **out)
{
    size_t slot = ((uintptr_t)rule >> 4 ^ (uintptr_t)rule >> 12 ^ real) % PSX_ROOTS_MAX;
    psx_files_root *r = &f->roots[slot];
    *out = r;
    if (r->rule == rule && r->real == real && !psx_os_fd_is_removed(r->fd)) return 0;
    drop_root(r);
    psx_files_root made = {.rule = rule, .real = real};
    made.fd = open_root(f, &made);
    int e = made.fd < 0 ? made.fd : learn_protected(f, &made);
    if (e < 0) {
        if (made.fd >= 0) psx_os_close(made.fd);
        free(made.leaf);
        return e;
    }
    *r = made;
    return 0;
}

// ---- checks on what was opened ------------------------------------------------------------------

// The real path of fd as the rule's author would write it: with the rule's root in front.
static bool in_terms_of(const psx_files_root *r, psx_str real, psx_lexpath *out)
{
    char root[PSX_LEXPATH_MAX], joined[2 * PSX_LEXPATH_MAX + 2];
    int n = psx_os_fd_path(r->fd, root, sizeof root);
    if (n < 0 || !psx_lexpath_within(real, (psx_str){root, (size_t)n})) return false;
    psx_str rest = psx_lexpath_rest(real, (psx_str){root, (size_t)n});
    psx_str base = r->leaf ? psx_lexpath_parent(r->rule->root) : r->rule->root;
    int len = snprintf(joined, sizeof joined, "%.*s/%.*s", PSX_FMT(base), PSX_FMT(rest));
    psx_str text = {joined, (size_t)len};
    return psx_lexpath_resolve(PSX_STR("/"), text, out) == PSX_LEXPATH_OK;
}

static bool needs_check(const job *j, const psx_files_root *r)
{
    bool hidden = r->has_protected || j->by_link;
    return r->rule->kind == PSX_RULE_OWN || (j->need & PSX_NEED_WRITE && hidden);
}

// Where it really is must be granted as well: links inside the root may lead into a nested package
// or onto a protected file.
static bool is_still_granted(const job *j, const psx_files_root *r, psx_str real)
{
    psx_lexpath p;
    if (j->need & PSX_NEED_WRITE && psx_monitor_is_protected(j->f->m, real)) return false;
    return in_terms_of(r, real, &p) && asks(j, psx_lexpath_str(&p));
}

// As is_still_granted; a refusal is recorded under the real path, or nobody would understand it.
static bool real_is_granted(const job *j, const psx_files_root *r, psx_str real)
{
    if (is_still_granted(j, r, real)) return true;
    (void)decide(j, real, psx_monitor_decide);
    return false;
}

static bool fd_is_granted(const job *j, const psx_files_root *r, int fd)
{
    char real[PSX_LEXPATH_MAX];
    int n = psx_os_fd_path(fd, real, sizeof real);
    return n > 0 && real_is_granted(j, r, (psx_str){real, (size_t)n});
}

static int refuse(int fd)
{
    psx_os_close(fd);
    return -EACCES;
}

static int checked(const job *j, const psx_files_root *r, int fd)
{
    if (fd < 0) return fd;
    if (!psx_procfs_allows(fd, (j->need & PSX_NEED_WRITE) != 0)) return refuse(fd);
    if (needs_check(j, r) && !fd_is_granted(j, r, fd)) return refuse(fd);
    return fd;
}

// ---- opening ------------------------------------------------------------------------------------

// The text under which the kernel finds `path` beneath this root, and how links are treated: a
// single file is exactly that file.
static psx_str beneath(const psx_files_root *r, psx_str path)
{
    return r->leaf ? psx_str_from(r->leaf) : psx_lexpath_rest(path, r->rule->root);
}

static psx_os_walk walk_of(const psx_files_root *r, psx_os_walk walk)
{
    return r->leaf ? PSX_OS_NO_LINKS : walk;
}

// Creating where a check must follow: the directory is checked first, then a new entry is made in
// it, and nothing that was there before is touched.
static int create_checked(const job *j, const psx_files_root *r, psx_str rest, psx_os_walk walk)
{
    psx_str slash = psx_str_find_last(rest, '/') < rest.n ? psx_lexpath_parent(rest) : PSX_STR(".");
    psx_str leaf = psx_lexpath_leaf(rest);
    char real[2 * PSX_LEXPATH_MAX];
    int dir = open_rest(r->fd, slash, O_PATH | O_DIRECTORY, 0, walk);
    if (dir < 0) return dir;
    int n = psx_os_fd_path(dir, real, PSX_LEXPATH_MAX);
    if (n < 0) return refuse(dir);
    size_t len = (size_t)n;
    len += (size_t)snprintf(real + n, sizeof real - len, "%s%.*s", n > 1 ? "/" : "", PSX_FMT(leaf));
    int fd = -EACCES;
    if (real_is_granted(j, r, (psx_str){real, len}))
        fd = open_rest(dir, leaf, j->flags | O_CREAT | O_EXCL, j->mode, PSX_OS_NO_LINKS);
    psx_os_close(dir);
    return fd;
}

// Through a link that leads nowhere yet. The kernel makes the file where the link says, and only
// then can be seen where that is: a refusal leaves an empty file, which is no policy, and ends each
// run that would have one there.
static int create_through(const job *j, const psx_files_root *r, psx_str rest, psx_os_walk walk)
{
    return checked(j, r, open_rest(r->fd, rest, j->flags & ~O_TRUNC, j->mode, walk));
}

// Nothing may be emptied or made before it was seen where it is.
static int open_checked(const job *j, const psx_files_root *r, psx_str rest, psx_os_walk walk)
{
    if (j->flags & O_TRUNC && (j->flags & O_ACCMODE) == O_RDONLY) return -EINVAL;
    int late = O_CREAT | O_EXCL | O_TRUNC;
    for (int tries = 0; tries < 8; tries++) {
        int fd = open_rest(r->fd, rest, j->flags & ~late, 0, walk);
        if (fd == -ENOENT && j->flags & O_CREAT && j->by_link && !r->has_protected)
            return create_through(j, r, rest, walk);
        if (fd == -ENOENT && j->flags & O_CREAT) {
            fd = create_checked(j, r, rest, walk);
            if (fd == -EEXIST && !(j->flags & O_EXCL))
                continue; // made meanwhile, or a dangling link
            return checked(j, r, fd);
        }
        fd = checked(j, r, fd);
        if (fd < 0) return fd;
        if ((j->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
            psx_os_close(fd);
            return -EEXIST;
        }
        if (j->flags & O_TRUNC && ftruncate(fd, 0) < 0 && errno != EINVAL) return refuse(fd);
        return fd;
    }
    return -EACCES;
}

static int open_in(const job *j, const psx_files_root *r, psx_str path, psx_os_walk walk)
{
    psx_str rest = beneath(r, path);
    psx_os_walk how = walk_of(r, walk);
    if (j->need & PSX_NEED_WRITE && r->is_protected) return -EACCES;
    if (!(j->need & PSX_NEED_WRITE))
        return checked(j, r, open_rest(r->fd, rest, j->flags, j->mode, how));
    if (needs_check(j, r)) return open_checked(j, r, rest, how);
    if (!(j->flags & O_PATH) || j->flags & (O_DIRECTORY | O_NOFOLLOW)) {
        int link = j->flags & O_DIRECTORY ? 0 : O_NOFOLLOW;
        int fd = open_rest(r->fd, rest, j->flags | link, j->mode, how);
        if (fd != -ELOOP || j->flags & O_NOFOLLOW) return checked(j, r, fd);
    }
    // The name that was decided is a link's: another one, of a policy, may be behind it.
    job through = *j;
    through.by_link = true;
    return open_checked(&through, r, rest, how);
}

// A file granted for reading that is a symbolic link (/etc/localtime): its target is meant, unless
// a package could have placed the link.
static bool may_use_target(const job *j, const psx_policy_rule *rule)
{
    return rule->kind == PSX_RULE_FILE && j->need == PSX_NEED_READ && !(j->flags & O_NOFOLLOW) &&
           !writable_above(j->f, rule->root, true).p;
}

// Any file at all is a tree as well: the one at "/".
static const psx_policy_rule *rooted(const psx_policy_rule *rule)
{
    static const psx_policy_rule whole = {.kind = PSX_RULE_TREE, .root = PSX_STR_INIT("/")};
    return rule->root.n ? rule : &whole;
}

static int open_by_rule(const job *j, const psx_policy_rule *rule, psx_str path, psx_os_walk walk)
{
    psx_files_root *r;
    int e = root_of(j->f, rule, false, &r);
    if (e < 0) return e;
    int fd = open_in(j, r, path, walk);
    if (fd != -ELOOP || !may_use_target(j, rule)) return fd;
    e = root_of(j->f, rule, true, &r);
    return e < 0 ? e : open_in(j, r, path, walk);
}

// The entry of a single-file rule is protected, by the real path of the directory that it is in.
static bool leaf_is_protected(const job *j, const psx_files_root *r)
{
    char real[2 * PSX_LEXPATH_MAX];
    int n = psx_os_fd_path(r->fd, real, PSX_LEXPATH_MAX);
    if (n < 0) return true;
    size_t len = (size_t)n;
    len += (size_t)snprintf(real + n, sizeof real - len, "%s%s", n > 1 ? "/" : "", r->leaf);
    return psx_monitor_is_protected(j->f->m, (psx_str){real, len});
}

// What the kernel has no rule for, because it is granted by itself or was made after the box was:
// the supervisor opens it.
static int open_by_supervisor(const job *j, const psx_policy_rule *rule, psx_str path)
{
    psx_files_root *r;
    int control = j->f->m->plan.box_control;
    if (control < 0 || j->flags & O_PATH || root_of(j->f, rule, false, &r) < 0) return -EACCES;
    if (j->need & PSX_NEED_WRITE && r->leaf && leaf_is_protected(j, r)) return -EACCES;
    return checked(j, r, psx_box_client_open(control, path, j->flags, j->mode));
}

// For those who hold everything: the path as it was given, with the kernel's own view of "..".
static int open_free(const psx_files *f, psx_str path, int flags, mode_t mode)
{
    char text[2 * PSX_LEXPATH_MAX];
    bool absolute = path.p[0] == '/';
    int n = snprintf(text, sizeof text, "%.*s%s%.*s", absolute ? 0 : (int)f->m->plan.cwd.n,
                     f->m->plan.cwd.p, absolute ? "" : "/", PSX_FMT(path));
    if (n < 0 || (size_t)n >= sizeof text) return -ENAMETOOLONG;
    return psx_os_open_any(text, flags, mode);
}

// A link inside one granted directory that leads into another one. The real path is decided anew
// and opened without following any link, so nothing can move in between.
static int open_elsewhere(const job *j, psx_str path, psx_str tail)
{
    char real[2 * PSX_LEXPATH_MAX];
    int seen = open_path(path, O_PATH);
    if (seen < 0) return -EACCES;
    int n = psx_os_fd_path(seen, real, PSX_LEXPATH_MAX);
    psx_os_close(seen);
    if (n <= 0) return -EACCES;
    size_t len = (size_t)n;
    if (tail.n)
        len += (size_t)snprintf(real + n, sizeof real - len, "%s%.*s", n > 1 ? "/" : "",
                                PSX_FMT(tail));
    psx_str target = {real, len};
    psx_policy_verdict v = decide(j, target, psx_monitor_decide);
    if (v.recorded_only)
        return tail.n ? open_path(path, j->flags) : open_free(j->f, path, j->flags, j->mode);
    if (!v.allowed || !v.rule) return -EACCES;
    const psx_policy_rule *rule = rooted(v.rule);
    if (!tail.n) return open_by_rule(j, rule, target, PSX_OS_NO_LINKS);
    if (rule->kind == PSX_RULE_FILE || psx_str_eq(target, rule->root)) return -EACCES;
    return open_by_rule(j, rule, psx_lexpath_parent(target), PSX_OS_NO_LINKS);
}

// ---- psx_files_open -----------------------------------------------------------------------------

static psx_files_need need_of(int flags)
{
    int access = flags & O_ACCMODE;
    if (flags & O_PATH) return PSX_NEED_READ;
    psx_files_need need = access == O_RDONLY   ? PSX_NEED_READ
                          : access == O_WRONLY ? PSX_NEED_WRITE
                                               : PSX_NEED_BOTH;
    bool changes = flags & (O_CREAT | O_TRUNC | O_APPEND);
    return changes ? need | PSX_NEED_WRITE : need;
}

// Only flags whose effect is known here.
static int clean_flags(int flags)
{
    const int known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                      O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW |
                      O_NOATIME | O_CLOEXEC | O_PATH;
    if (flags < 0 || flags & ~known || (flags & O_ACCMODE) == O_ACCMODE) return -EINVAL;
    if (flags & O_PATH) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
    return flags | O_CLOEXEC | O_NOCTTY * !(flags & O_PATH);
}

static int path_error(psx_lexpath_result r)
{
    switch (r) {
    case PSX_LEXPATH_EMPTY: return -ENOENT;
    case PSX_LEXPATH_LONG: return -ENAMETOOLONG;
    default: return -EINVAL;
    }
}

static bool grow_owners(psx_files *f, size_t fd)
{
    if (fd < f->n_owner) return true;
    size_t n = (fd + 1) * 2;
    psx_files_owner *more = realloc(f->owner, n * sizeof *more);
    if (!more) return false;
    memset(more + f->n_owner, 0, (n - f->n_owner) * sizeof *more);
    f->owner = more;
    f->n_owner = n;
    return true;
}

static int own(psx_files *f, int fd, uint32_t owner)
{
    if (fd < 0) return fd;
    if (!grow_owners(f, (size_t)fd)) {
        psx_os_close(fd);
        return -ENOMEM;
    }
    f->owner[fd] = (psx_files_owner){owner, f->thread};
    return fd;
}

int psx_files_adopt(psx_files *f, int fd)
{
    return own(f, fd, RUNTIME);
}

static int open_decided(const job *j, const psx_lexpath *p, psx_str asked)
{
    psx_policy_verdict v = decide(j, psx_lexpath_str(p), psx_monitor_decide);
    if (!v.allowed) return -EACCES;
    if (is_free(j, &v)) return open_free(j->f, asked, j->flags, j->mode);
    if (!v.rule) return -EACCES;
    int fd = open_by_rule(j, rooted(v.rule), psx_lexpath_str(p), PSX_OS_FOLLOW);
    if (fd == -EACCES) fd = open_by_supervisor(j, rooted(v.rule), psx_lexpath_str(p));
    return fd == -EACCES ? open_elsewhere(j, psx_lexpath_str(p), (psx_str){0}) : fd;
}

int psx_files_open(psx_files *f, uint32_t id, psx_str path, int flags, mode_t mode)
{
    psx_lexpath p;
    job j = {f, id, need_of(flags), clean_flags(flags), mode & 07777, false};
    if (id >= f->m->n) return -EACCES;
    if (j.flags < 0) return j.flags;
    psx_lexpath_result e = psx_lexpath_resolve(f->m->plan.cwd, path, &p);
    if (e != PSX_LEXPATH_OK) return path_error(e);
    if (p.wants_dir && !(flags & O_CREAT)) j.flags |= O_DIRECTORY;
    if (p.wants_dir && flags & O_CREAT) return -EISDIR;
    return own(f, open_decided(&j, &p, path), id + 1);
}

// ---- psx_files_at -------------------------------------------------------------------------------

static psx_policy_verdict ask_parent(const job *j, psx_str path)
{
    return decide(j, psx_lexpath_parent(path), psx_monitor_ask);
}

// The parent of `path`, opened so that the entry itself stays unresolved.
static int open_parent(const job *j, const psx_policy_rule *rule, psx_str path, psx_files_how how)
{
    psx_files_root *r;
    psx_str parent = psx_lexpath_parent(path);
    bool is_root = psx_str_eq(path, rule->root) && rule->kind != PSX_RULE_FILE;
    if (is_root) {
        // Replacing the granted directory by a link would move the grant. Only who holds the
        // directory around it may; mkdir, rmdir and looking cannot do that.
        psx_policy_verdict v = ask_parent(j, path);
        bool wider = v.allowed && !v.recorded_only && v.rule;
        if (wider) return open_by_rule(j, rooted(v.rule), parent, PSX_OS_FOLLOW);
        bool harmless = how == PSX_AT_DIR_ENTRY || j->need == PSX_NEED_READ;
        return harmless ? open_granted_dir(j->f, parent) : -EACCES;
    }
    int e = root_of(j->f, rule, false, &r);
    if (e < 0) return e;
    if (r->leaf) return fcntl(r->fd, F_DUPFD_CLOEXEC, 3);
    return open_rest(r->fd, psx_lexpath_rest(parent, rule->root), j->flags, 0, PSX_OS_FOLLOW);
}

// The entry in the opened directory must be granted where it really is.
static int check_entry(const job *j, int dir, psx_str leaf)
{
    char real[2 * PSX_LEXPATH_MAX];
    if (dir < 0 || !(j->need & PSX_NEED_WRITE)) return dir;
    int n = psx_os_fd_path(dir, real, PSX_LEXPATH_MAX);
    if (n < 0) return refuse(dir);
    size_t len = (size_t)n;
    len += (size_t)snprintf(real + n, sizeof real - len, "%s%.*s", n > 1 ? "/" : "", PSX_FMT(leaf));
    bool bad = psx_monitor_is_protected(j->f->m, (psx_str){real, len});
    return bad || !psx_procfs_allows(dir, true) ? refuse(dir) : dir;
}

static int at_parent(const job *j, psx_str path, const psx_policy_rule *rule, psx_files_how how)
{
    psx_str parent = psx_lexpath_parent(path), leaf = psx_lexpath_leaf(path);
    if (!leaf.n) return -EBUSY;
    int fd = open_parent(j, rule, path, how);
    if (fd == -EACCES && !psx_str_eq(path, rule->root)) fd = open_elsewhere(j, parent, leaf);
    return check_entry(j, fd, leaf);
}

static int at_decided(job *j, const psx_lexpath *p, psx_str asked, psx_files_how how)
{
    bool parent = how == PSX_AT_PARENT || how == PSX_AT_DIR_ENTRY;
    psx_str path = psx_lexpath_str(p);
    psx_policy_verdict v = decide(j, path, psx_monitor_decide);
    if (!v.allowed) return -EACCES;
    if (is_free(j, &v) && !parent) return open_free(j->f, asked, j->flags, 0);
    if (is_free(j, &v)) return open_path(psx_lexpath_parent(path), j->flags);
    if (!v.rule) return -EACCES;
    if (parent) return at_parent(j, path, rooted(v.rule), how);
    int fd = open_by_rule(j, rooted(v.rule), path, PSX_OS_FOLLOW);
    return fd == -EACCES ? open_elsewhere(j, path, (psx_str){0}) : fd;
}

int psx_files_at(psx_files *f, uint32_t id, psx_str path, psx_files_need need, psx_files_how how)
{
    psx_lexpath p;
    job j = {f, id, need, O_PATH | O_CLOEXEC, 0, false};
    if (id >= f->m->n) return -EACCES;
    psx_lexpath_result e = psx_lexpath_resolve(f->m->plan.cwd, path, &p);
    if (e != PSX_LEXPATH_OK) return path_error(e);
    if (how == PSX_AT_PARENT || how == PSX_AT_DIR_ENTRY || p.wants_dir) {
        j.flags |= O_DIRECTORY;
    } else if (how == PSX_AT_LINK) {
        j.flags |= O_NOFOLLOW;
    }
    return own(f, at_decided(&j, &p, path, how), RUNTIME);
}

// ---- descriptors --------------------------------------------------------------------------------

// A number that one thread closes while another has a read of it queued would be the next file's,
// and that may be another package's: so a descriptor is its thread's. The ambient application's are
// everywhere, as under node.
static bool is_here(const psx_files *f, int fd)
{
    if (fd < 0 || (size_t)fd >= f->n_owner || f->owner[fd].id == 0) return false;
    uint32_t id = f->owner[fd].id;
    return f->owner[fd].thread == f->thread || (id != RUNTIME && f->m->packages[id - 1].ambient);
}

bool psx_files_owns(const psx_files *f, uint32_t id, int fd)
{
    return is_here(f, fd) && f->owner[fd].id == id + 1;
}

bool psx_files_forget(psx_files *f, int fd)
{
    if (!is_here(f, fd)) return false;
    f->owner[fd].id = 0;
    return true;
}

int psx_files_close(psx_files *f, int fd)
{
    return psx_files_forget(f, fd) ? psx_os_close(fd) : -EBADF;
}

void psx_files_leave(psx_files *f, uint32_t thread)
{
    f->thread = thread;
    for (size_t fd = 0; fd < f->n_owner; fd++) {
        if (f->owner[fd].id != 0 && f->owner[fd].thread == thread) psx_files_close(f, (int)fd);
    }
}

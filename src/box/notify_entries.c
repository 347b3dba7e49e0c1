// Files and directories that are granted and that no rule of the kernel's stands for: a file that
// is granted by itself must be made or removed, a granted directory was not there when the box was
// made. psx.node asks for them (entries.c); native code and programs do not know that they should,
// so their calls are notified where such a thing is granted.
//
// What the policy does not allow, and what a rule of the kernel's allows, goes on: the kernel
// decides by its own copy of the name, and without a rule it refuses.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "box/place.h"
#include "box/super.h"
#include "os/beneath.h"
#include "os/notify.h"
#include "policy/path.h"

// ---- what the kernel's rules say ----------------------------------------------------------------

// The directories of the kernel's rules as they were when the box was made: where they really are.
static struct {
    psx_str real;
    dev_t device;
    ino_t inode;
    unsigned rights;
} * rules;
static size_t n_rules;

psx_rc psx_super_entries_start(psx_super *s)
{
    const psx_box_spec *spec = s->spec;
    rules = psx_op_array(s->op, spec->n_paths, sizeof *rules);
    if (!rules) return psx_fail_nomem(s->op);
    for (size_t i = 0; i < spec->n_paths; i++) {
        psx_str path;
        char real[PATH_MAX];
        struct stat st;
        TRY(psx_op_copy(s->op, spec->paths[i].path, &path));
        int n = psx_os_realpath(path.p, real, sizeof real);
        if (n < 0 || stat(real, &st) < 0) continue;
        TRY(psx_op_copy(s->op, (psx_str){real, (size_t)n}, &rules[n_rules].real));
        rules[n_rules].device = st.st_dev;
        rules[n_rules].inode = st.st_ino;
        rules[n_rules++].rights = spec->paths[i].rights;
    }
    return PSX_OK;
}

// Is it still the same? A directory that was removed and made anew has no rule.
static bool stands(size_t i)
{
    struct stat st;
    return stat(rules[i].real.p, &st) == 0 && st.st_ino == rules[i].inode &&
           st.st_dev == rules[i].device;
}

static bool has_rule(psx_str path, unsigned need)
{
    unsigned has = 0;
    for (size_t i = 0; i < n_rules && (has & need) != need; i++) {
        bool more = need & ~has & rules[i].rights;
        if (more && psx_path_under(rules[i].real, path) && stands(i)) has |= rules[i].rights;
    }
    return (has & need) == need;
}

// ---- what is meant ------------------------------------------------------------------------------

typedef struct {
    char text[PATH_MAX];
    psx_str path; // the entry: its directory without links, its name as it is
    psx_str dir;
} entry;

static int open_dir(psx_super *s, const psx_notice *n, int dirfd, const char *path)
{
    const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    if (path[0] == '/' || dirfd == AT_FDCWD) return psx_super_open(s, n, path, flags);
    int base = psx_notice_fd(s, n, dirfd);
    if (base < 0) return base;
    int got = psx_os_open_from(base, path, flags);
    psx_os_close(base);
    return got;
}

static bool locate(psx_super *s, const psx_notice *n, int dirfd, char *path, entry *out)
{
    psx_str all = psx_str_from(path);
    while (all.n > 1 && all.p[all.n - 1] == '/') {
        path[--all.n] = '\0';
    }
    size_t cut = psx_str_find_last(all, '/');
    bool bare = cut == all.n;
    psx_str leaf = bare ? all : psx_str_slice(all, cut + 1, all.n);
    if (!leaf.n || psx_str_is(leaf, ".") || psx_str_is(leaf, "..")) return false;
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%.*s", bare ? 1 : cut ? (int)cut : 1, bare ? "." : path);
    int fd = open_dir(s, n, dirfd, dir);
    if (fd < 0) return false;
    int at = psx_os_fd_path(fd, out->text, sizeof out->text);
    psx_os_close(fd);
    if (at < 0) return false;
    out->dir = (psx_str){out->text, (size_t)at};
    int more = snprintf(out->text + at, sizeof out->text - (size_t)at, "%s%.*s", at > 1 ? "/" : "",
                        PSX_FMT(leaf));
    if (more < 0 || (size_t)(at + more) >= sizeof out->text) return false;
    out->path = (psx_str){out->text, (size_t)(at + more)};
    return psx_box_place_is_tidy(out->path);
}

static bool find(psx_super *s, const psx_notice *n, int dirfd, uint64_t at, entry *out)
{
    char path[PATH_MAX];
    return at && psx_notice_string(s, n, at, path, sizeof path) >= 0 && psx_notice_is_valid(s, n) &&
           locate(s, n, dirfd, path, out);
}

// Is it ours to do?
static bool is_ours(psx_super *s, const entry *e)
{
    return !has_rule(e->dir, PSX_BOX_MAKE) &&
           psx_super_allows(s, PSX_CAP_FS_WRITE, e->path, -1, NULL);
}

// ---- the calls ----------------------------------------------------------------------------------

static bool is_open_ours(psx_super *s, const entry *e, int flags)
{
    struct stat st;
    int access = flags & O_ACCMODE;
    bool writes = access != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    unsigned need = (access != O_WRONLY ? PSX_BOX_READ : 0u) | (writes ? PSX_BOX_WRITE : 0u);
    if ((flags & O_PATH) || (flags & O_TMPFILE) == O_TMPFILE) return false;
    bool is_there = lstat(e->text, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode)) need = PSX_BOX_LIST;
    if (!is_there && !(flags & O_CREAT)) return false;
    if (!is_there && has_rule(e->dir, need | PSX_BOX_MAKE)) return false;
    if (is_there && has_rule(e->path, need)) return false;
    return (access == O_WRONLY || psx_super_allows(s, PSX_CAP_FS_READ, e->path, -1, NULL)) &&
           (!writes || psx_super_allows(s, PSX_CAP_FS_WRITE, e->path, -1, NULL));
}

static long give(psx_super *s, psx_notice *n, int fd, int flags)
{
    if (fd < 0) return fd;
    int e = psx_os_notify_answer_fd(s->listener, n->id, fd, flags & O_CLOEXEC);
    psx_os_close(fd);
    return e < 0 ? e : PSX_NOTICE_ANSWERED;
}

static long open_as(psx_super *s, psx_notice *n, int dirfd, uint64_t at, int flags, mode_t mode)
{
    entry e;
    if (!find(s, n, dirfd, at, &e) || !is_open_ours(s, &e, flags)) return PSX_NOTICE_CONTINUE;
    int seen = flags & ~O_CLOEXEC;
    return give(s, n, psx_super_entry_open(s, e.path, seen, mode & 07777), flags);
}

static long remove_as(psx_super *s, psx_notice *n, int dirfd, uint64_t at, bool is_dir)
{
    entry e;
    if (!find(s, n, dirfd, at, &e) || !is_ours(s, &e)) return PSX_NOTICE_CONTINUE;
    return is_dir ? psx_super_entry_rmdir(s, e.path) : psx_super_entry_unlink(s, e.path);
}

static long make_as(psx_super *s, psx_notice *n, int dirfd, uint64_t at, mode_t mode)
{
    entry e;
    if (!find(s, n, dirfd, at, &e) || !is_ours(s, &e)) return PSX_NOTICE_CONTINUE;
    return psx_super_entry_mkdir(s, e.path, mode & 01777);
}

// With flags as a file system does that has none: programs then do without.
static long rename_as(psx_super *s, psx_notice *n, const int dirs[2], const uint64_t at[2],
                      uint64_t flags)
{
    entry from, to;
    if (!find(s, n, dirs[0], at[0], &from) || !find(s, n, dirs[1], at[1], &to))
        return PSX_NOTICE_CONTINUE;
    bool fenced = has_rule(from.dir, PSX_BOX_MAKE) && has_rule(to.dir, PSX_BOX_MAKE);
    if (fenced || !psx_super_allows(s, PSX_CAP_FS_WRITE, from.path, -1, NULL) ||
        !psx_super_allows(s, PSX_CAP_FS_WRITE, to.path, -1, NULL))
        return PSX_NOTICE_CONTINUE;
    if (flags) return -EINVAL;
    return psx_super_entry_rename(s, from.path, to.path);
}

static long act(psx_super *s, psx_notice *n)
{
    const uint64_t *a = n->args;
    const int here[2] = {AT_FDCWD, AT_FDCWD}, dirs[2] = {(int)a[0], (int)a[2]};
    const uint64_t near[2] = {a[0], a[1]}, far[2] = {a[1], a[3]};
    switch (n->nr) {
    case SYS_openat: return open_as(s, n, (int)a[0], a[1], (int)a[2], (mode_t)a[3]);
    case SYS_mkdirat: return make_as(s, n, (int)a[0], a[1], (mode_t)a[2]);
    case SYS_unlinkat: return remove_as(s, n, (int)a[0], a[1], (int)a[2] & AT_REMOVEDIR);
    case SYS_renameat2: return rename_as(s, n, dirs, far, a[4]);
#ifdef SYS_open
    case SYS_open: return open_as(s, n, AT_FDCWD, a[0], (int)a[1], (mode_t)a[2]);
    case SYS_creat:
        return open_as(s, n, AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, (mode_t)a[1]);
    case SYS_mkdir: return make_as(s, n, AT_FDCWD, a[0], (mode_t)a[1]);
    case SYS_rmdir: return remove_as(s, n, AT_FDCWD, a[0], true);
    case SYS_unlink: return remove_as(s, n, AT_FDCWD, a[0], false);
    case SYS_rename: return rename_as(s, n, here, near, 0);
    case SYS_renameat: return rename_as(s, n, dirs, far, 0);
#endif
    }
    (void)here, (void)near;
    return PSX_NOTICE_CONTINUE;
}

static long on_entry(psx_super *s, psx_notice *n)
{
    long r = psx_super_become(s, n);
    if (r < 0) return PSX_NOTICE_CONTINUE;
    r = act(s, n);
    psx_super_unbecome(s);
    return r;
}

const psx_notice_handler psx_super_makes_calls[] = {
    {SYS_openat, on_entry},
    {SYS_mkdirat, on_entry},
    {SYS_unlinkat, on_entry},
    {SYS_renameat2, on_entry},
#ifdef SYS_open
    {SYS_open, on_entry},
    {SYS_creat, on_entry},
    {SYS_mkdir, on_entry},
    {SYS_rmdir, on_entry},
    {SYS_unlink, on_entry},
    {SYS_rename, on_entry},
    {SYS_renameat, on_entry},
#endif
    {0, NULL},
};

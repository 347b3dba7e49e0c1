// Calls on files that Landlock does not know: mode, owner, times, attributes, watches.
// What the caller's words mean is opened here once (O_PATH), decided by where that really is, and
// changed through that very descriptor, with the caller's values copied once. Nothing that the
// caller does in between matters.
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>

#include "box/place.h"
#include "box/super.h"
#include "os/beneath.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

typedef struct {
    psx_super *s;
    psx_notice *n;
    const char *call;
    int fd;
    struct stat st;
    char real[PATH_MAX];
    psx_str path;   // in `real`; absent: it has no name
    bool by_fd;     // the caller held it open
    uint64_t value; // the first argument behind those that say what is meant
    uint64_t more[3];
} file;

// For the kernel: a name of what is open, whatever it is and wherever it went.
static const char *name_of(int fd, char out[40])
{
    snprintf(out, 40, "/proc/self/fd/%d", fd);
    return out;
}

// ---- what is meant ------------------------------------------------------------------------------

static int open_at(psx_super *s, const psx_notice *n, int dirfd, const char *path, int flags)
{
    if (path[0] == '/' || dirfd == AT_FDCWD) return psx_super_open(s, n, path, flags);
    int base = psx_notice_fd(s, n, dirfd);
    if (base < 0) return base;
    int got = psx_os_open_from(base, path, flags);
    psx_os_close(base);
    return got;
}

// Where it is, and what.
static int look(file *f)
{
    if (fstat(f->fd, &f->st) < 0) return -errno;
    int n = psx_os_fd_path(f->fd, f->real, sizeof f->real);
    if (n < 0 && n != -ENOENT) return n;
    f->path = (psx_str){n > 0 ? f->real : NULL, n > 0 ? (size_t)n : 0};
    return 0;
}

static int open_fd(file *f, int fd)
{
    f->by_fd = true;
    f->fd = psx_notice_fd(f->s, f->n, fd);
    if (f->fd < 0) return f->fd;
    int flags = fcntl(f->fd, F_GETFL);
    return flags < 0 || flags & O_PATH ? -EBADF : look(f);
}

static int read_path(psx_super *s, const psx_notice *n, uint64_t at, char path[PATH_MAX])
{
    if (!at) return -EFAULT;
    int e = psx_notice_string(s, n, at, path, PATH_MAX);
    if (e < 0) return e;
    return psx_notice_is_valid(s, n) ? 0 : -ESRCH;
}

static int open_path(file *f, int dirfd, uint64_t at, int flags)
{
    char path[PATH_MAX];
    int nofollow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    int e = read_path(f->s, f->n, at, path);
    if (e < 0) return e;
    if (!path[0] && !(flags & AT_EMPTY_PATH)) return -ENOENT;
    if (!path[0] && dirfd != AT_FDCWD)
        f->fd = psx_notice_fd(f->s, f->n, dirfd);
    else
        f->fd = open_at(f->s, f->n, dirfd, path[0] ? path : ".", O_PATH | O_CLOEXEC | nofollow);
    return f->fd < 0 ? f->fd : look(f);
}

// ---- deciding -----------------------------------------------------------------------------------

// A grant is written with the names that its author uses, which may lead over links.
static bool allows(psx_super *s, psx_cap cap, psx_str real)
{
    char words[PATH_MAX];
    psx_str text;
    size_t next = 0;
    if (psx_super_allows(s, cap, real, -1, NULL)) return true;
    while (psx_box_place_in_words(s->spec->held, cap, real, words, &text, &next)) {
        if (psx_super_allows(s, cap, text, -1, NULL)) return true;
    }
    return false;
}

// The socket that a server listens on is its own to open for others.
static bool allows_socket(const file *f)
{
    char text[PATH_MAX + 8];
    if (!S_ISSOCK(f->st.st_mode)) return false;
    int n = snprintf(text, sizeof text, "unix:%.*s", PSX_FMT(f->path));
    return psx_super_allows(f->s, PSX_CAP_NET_LISTEN, (psx_str){text, (size_t)n}, -1, NULL);
}

// Memory, or a file that has no name any more: the caller's, when it may write there.
static bool is_nameless(const file *f)
{
    return f->by_fd && f->st.st_nlink == 0 && (fcntl(f->fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

static long refuse(psx_super *s, const psx_notice *n, const char *call, psx_cap cap, psx_str path)
{
    psx_super_refuse(s, n->pid, call, cap, path, -1);
    return cap == PSX_CAP_COUNT ? -EPERM : -EACCES;
}

static long decide(const file *f)
{
    bool may = psx_os_fd_is_procfs(f->fd) == 0;
    if (may) may = f->path.n ? allows(f->s, PSX_CAP_FS_WRITE, f->path) : is_nameless(f);
    if (!may && f->path.n) may = allows_socket(f);
    return may ? 0
               : refuse(f->s, f->n, f->call, PSX_CAP_FS_WRITE, f->path.n ? f->path : PSX_STR("?"));
}

// ---- acting -------------------------------------------------------------------------------------

static long result_of(long r)
{
    return r < 0 ? -errno : r;
}

static bool sets_id(uint64_t mode)
{
    return mode & (S_ISUID | S_ISGID);
}

// No set-user-ID for anybody: it would be a way to let others run what the box made, unboxed and
// with this user's rights.
static long act_mode(file *f)
{
    char name[40];
    if (sets_id(f->value)) return refuse(f->s, f->n, f->call, PSX_CAP_COUNT, f->path);
    if (S_ISLNK(f->st.st_mode)) return -EOPNOTSUPP;
    return result_of(chmod(name_of(f->fd, name), f->value & 01777));
}

static long act_owner(file *f)
{
    return result_of(fchownat(f->fd, "", (uid_t)f->value, (gid_t)f->more[0], AT_EMPTY_PATH));
}

static long set_times(file *f, const struct timespec *times)
{
    return result_of(syscall(SYS_utimensat, f->fd, "", times, AT_EMPTY_PATH));
}

static int read_more(file *f, void *dst, size_t size)
{
    int e = psx_notice_read(f->s, f->n, f->value, dst, size);
    if (e < 0) return e;
    return psx_notice_is_valid(f->s, f->n) ? 0 : -ESRCH;
}

static long act_utime(file *f)
{
    int64_t t[2];
    if (!f->value) return set_times(f, NULL);
    int e = read_more(f, t, sizeof t);
    struct timespec times[] = {{.tv_sec = t[0]}, {.tv_sec = t[1]}};
    return e < 0 ? e : set_times(f, times);
}

static long act_utimes(file *f)
{
    struct timeval t[2];
    struct timespec times[2];
    if (!f->value) return set_times(f, NULL);
    int e = read_more(f, t, sizeof t);
    for (int i = 0; i < 2 && e == 0; i++) {
        if (t[i].tv_usec < 0 || t[i].tv_usec > 999999) e = -EINVAL;
        times[i] = (struct timespec){t[i].tv_sec, t[i].tv_usec * 1000};
    }
    return e < 0 ? e : set_times(f, times);
}

static long act_utimens(file *f)
{
    struct timespec times[2];
    if (!f->value) return set_times(f, NULL);
    int e = read_more(f, times, sizeof times);
    return e < 0 ? e : set_times(f, times);
}

// What the kernel and security modules keep there is nobody's to write.
static bool is_harmless(psx_str name)
{
    return psx_str_starts(name, PSX_STR("user.")) ||
           psx_str_starts(name, PSX_STR("system.posix_acl_"));
}

static int read_attribute(file *f, char name[XATTR_NAME_MAX + 2])
{
    int e = psx_notice_string(f->s, f->n, f->value, name, XATTR_NAME_MAX + 1);
    if (e < 0) return e == -ENAMETOOLONG ? -ERANGE : e;
    if (!psx_notice_is_valid(f->s, f->n)) return -ESRCH;
    if (is_harmless(psx_str_from(name))) return 0;
    return (int)refuse(f->s, f->n, f->call, PSX_CAP_COUNT, f->path);
}

static long act_set_attribute(file *f)
{
    static char value[XATTR_SIZE_MAX];
    char name[XATTR_NAME_MAX + 2], self[40];
    uint64_t from = f->more[0], size = f->more[1];
    int flags = (int)f->more[2];
    if (size > sizeof value) return -E2BIG;
    int e = read_attribute(f, name);
    if (e == 0 && size) e = psx_notice_read(f->s, f->n, from, value, size);
    if (e < 0) return e;
    if (!psx_notice_is_valid(f->s, f->n)) return -ESRCH;
    return result_of(setxattr(name_of(f->fd, self), name, value, size, flags));
}

static long act_remove_attribute(file *f)
{
    char name[XATTR_NAME_MAX + 2], self[40];
    int e = read_attribute(f, name);
    return e < 0 ? e : result_of(removexattr(name_of(f->fd, self), name));
}

// ---- the calls ----------------------------------------------------------------------------------

// How a call says what is meant: indices of arguments, -1: it has none.
typedef struct {
    int nr;
    const char *name;
    int dir, path, flags;
    int fixed; // flags that it implies
    int value; // where its values begin
    long (*act)(file *f);
} shape;

enum { NONE = -1, NOFOLLOW = AT_SYMLINK_NOFOLLOW };

static const shape shapes[] = {
    {SYS_chmod, "chmod", NONE, 0, NONE, 0, 1, act_mode},
    {SYS_fchmod, "fchmod", 0, NONE, NONE, 0, 1, act_mode},
    {SYS_fchmodat, "fchmodat", 0, 1, NONE, 0, 2, act_mode},
    {SYS_fchmodat2, "fchmodat2", 0, 1, 3, 0, 2, act_mode},
    {SYS_chown, "chown", NONE, 0, NONE, 0, 1, act_owner},
    {SYS_lchown, "lchown", NONE, 0, NONE, NOFOLLOW, 1, act_owner},
    {SYS_fchown, "fchown", 0, NONE, NONE, 0, 1, act_owner},
    {SYS_fchownat, "fchownat", 0, 1, 4, 0, 2, act_owner},
    {SYS_utime, "utime", NONE, 0, NONE, 0, 1, act_utime},
    {SYS_utimes, "utimes", NONE, 0, NONE, 0, 1, act_utimes},
    {SYS_futimesat, "futimesat", 0, 1, NONE, 0, 2, act_utimes},
    {SYS_utimensat, "utimensat", 0, 1, 3, 0, 2, act_utimens},
    {SYS_setxattr, "setxattr", NONE, 0, NONE, 0, 1, act_set_attribute},
    {SYS_lsetxattr, "lsetxattr", NONE, 0, NONE, NOFOLLOW, 1, act_set_attribute},
    {SYS_fsetxattr, "fsetxattr", 0, NONE, NONE, 0, 1, act_set_attribute},
    {SYS_removexattr, "removexattr", NONE, 0, NONE, 0, 1, act_remove_attribute},
    {SYS_lremovexattr, "lremovexattr", NONE, 0, NONE, NOFOLLOW, 1, act_remove_attribute},
    {SYS_fremovexattr, "fremovexattr", 0, NONE, NONE, 0, 1, act_remove_attribute},
};

static const shape *shape_of(int nr)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].nr == nr) return &shapes[i];
    }
    return NULL;
}

static uint64_t argument(const psx_notice *n, int i)
{
    return i >= 0 && i < 6 ? n->args[i] : 0;
}

static int open_file(file *f, const shape *h)
{
    int dir = h->dir >= 0 ? (int)argument(f->n, h->dir) : AT_FDCWD;
    int flags = h->fixed | (int)argument(f->n, h->flags);
    // utimensat(fd, NULL) and futimesat(fd, NULL) are about the descriptor
    bool by_fd = h->path < 0 ||
                 (!argument(f->n, h->path) && (h->nr == SYS_utimensat || h->nr == SYS_futimesat));
    if (by_fd && h->path >= 0 && (dir == AT_FDCWD || flags)) return flags ? -EINVAL : -EFAULT;
    return by_fd ? open_fd(f, dir) : open_path(f, dir, argument(f->n, h->path), flags);
}

static long change(psx_super *s, psx_notice *n, const shape *h)
{
    file f = {.s = s, .n = n, .call = h->name, .fd = -1, .value = argument(n, h->value)};
    for (int i = 0; i < 3; i++)
        f.more[i] = argument(n, h->value + 1 + i);
    long r = open_file(&f, h);
    if (r == 0) r = decide(&f);
    if (r == 0) r = h->act(&f);
    if (f.fd >= 0) psx_os_close(f.fd);
    return r;
}

static long on_file(psx_super *s, psx_notice *n)
{
    const shape *h = shape_of(n->nr);
    long r = h ? psx_super_become(s, n) : -ENOSYS;
    if (r < 0) return r;
    r = change(s, n, h);
    psx_super_unbecome(s);
    return r;
}

// ---- watches ------------------------------------------------------------------------------------

// The watch belongs to the caller's own inotify, of which this is a duplicate.
static long watch_file(file *f, uint32_t mask)
{
    char name[40];
    bool may = psx_os_fd_is_procfs(f->fd) == 0 && f->path.n;
    if (!may || !allows(f->s, PSX_CAP_FS_READ, f->path))
        return refuse(f->s, f->n, f->call, PSX_CAP_FS_READ, f->path.n ? f->path : PSX_STR("?"));
    int events = psx_notice_fd(f->s, f->n, (int)f->n->args[0]);
    if (events < 0) return events;
    long r = result_of(inotify_add_watch(events, name_of(f->fd, name), mask & ~IN_DONT_FOLLOW));
    psx_os_close(events);
    return r;
}

static long on_watch(psx_super *s, psx_notice *n)
{
    file f = {.s = s, .n = n, .call = "inotify_add_watch", .fd = -1};
    uint32_t mask = (uint32_t)n->args[2];
    long r = psx_super_become(s, n);
    if (r < 0) return r;
    r = open_path(&f, AT_FDCWD, n->args[1], mask & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
    if (r == 0) r = watch_file(&f, mask);
    if (f.fd >= 0) psx_os_close(f.fd);
    psx_super_unbecome(s);
    return r;
}

const psx_notice_handler psx_super_entries_calls[] = {
    {SYS_chmod, on_file},
    {SYS_fchmod, on_file},
    {SYS_fchmodat, on_file},
    {SYS_fchmodat2, on_file},
    {SYS_chown, on_file},
    {SYS_lchown, on_file},
    {SYS_fchown, on_file},
    {SYS_fchownat, on_file},
    {SYS_utime, on_file},
    {SYS_utimes, on_file},
    {SYS_futimesat, on_file},
    {SYS_utimensat, on_file},
    {SYS_setxattr, on_file},
    {SYS_lsetxattr, on_file},
    {SYS_fsetxattr, on_file},
    {SYS_removexattr, on_file},
    {SYS_lremovexattr, on_file},
    {SYS_fremovexattr, on_file},
    {SYS_inotify_add_watch, on_watch},
    {0, NULL},
};

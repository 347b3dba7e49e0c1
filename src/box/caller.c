// Who called, what it means by a name, and with whose rights that is to be done.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "box/super.h"
#include "os/beneath.h"
#include "os/notify.h"

// ---- /proc/TID/status ---------------------------------------------------------------------------

// What stands behind "\nname:\t", or NULL.
static const char *field(const char *status, const char *name)
{
    const char *at = strstr(status, name);
    return at ? at + strlen(name) : NULL;
}

static ssize_t read_status(pid_t tid, char *text, size_t size)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t n = read(fd, text, size - 1);
    int err = errno;
    close(fd);
    if (n < 0) return -err;
    text[n] = '\0';
    return n;
}

// ---- who calls ----------------------------------------------------------------------------------

enum { CALLERS = 64 };

// Of threads that called lately. A thread id means the same thread as long as the pidfd lives.
typedef struct {
    pid_t tid, pid; // 0: free
    int pidfd;
} caller;

static caller callers[CALLERS];

static pid_t process_of(pid_t tid)
{
    char text[4096];
    if (read_status(tid, text, sizeof text) < 0) return -1;
    const char *at = field(text, "\nTgid:\t");
    return at ? (pid_t)strtol(at, NULL, 10) : -1;
}

static int open_caller(pid_t tid, caller *c)
{
    *c = (caller){.tid = tid, .pid = process_of(tid), .pidfd = -1};
    if (c->pid <= 0) return -ESRCH;
    c->pidfd = psx_os_pidfd_open_thread(tid);
    if (c->pidfd == -EINVAL) { // an older kernel: its process
        c->pidfd = psx_os_pidfd_open(c->pid);
        if (c->pid != c->tid) c->tid = 0; // the pidfd does not tell when this thread ends
    }
    return c->pidfd < 0 ? c->pidfd : 0;
}

int psx_caller_find(psx_notice *n)
{
    pid_t tid = n->tid;
    caller *c = &callers[(unsigned)tid % CALLERS];
    if (tid <= 0) return -ESRCH;
    bool known = c->tid == tid && psx_os_pidfd_signal(c->pidfd, 0) != -ESRCH;
    if (!known) {
        if (c->pid) close(c->pidfd);
        *c = (caller){0};
        int rc = open_caller(tid, c);
        if (rc < 0) {
            *c = (caller){0};
            return rc;
        }
    }
    n->pid = c->pid;
    n->pidfd = c->pidfd;
    return 0;
}

// ---- what a handler may ask ---------------------------------------------------------------------

// Not denied by a policy: the kernel does not let the supervisor look (Yama), or the caller has
// made itself unreadable. Nobody would guess.
static int tell(psx_super *s, const psx_notice *n, int rc)
{
    if (rc == -EPERM && psx_notice_is_valid(s, n))
        psx_super_refuse(s, n->pid, psx_super_call_name(n->nr), PSX_CAP_COUNT,
                         PSX_STR("the caller cannot be looked at (kernel.yama.ptrace_scope?)"), -1);
    return rc;
}

int psx_notice_read(psx_super *s, const psx_notice *n, uint64_t at, void *dst, size_t size)
{
    return tell(s, n, psx_os_memory_read(n->tid, at, dst, size));
}

int psx_notice_string(psx_super *s, const psx_notice *n, uint64_t at, char *dst, size_t size)
{
    return tell(s, n, psx_os_memory_string(n->tid, at, dst, size));
}

int psx_notice_write(psx_super *s, const psx_notice *n, uint64_t at, const void *src, size_t size)
{
    return tell(s, n, psx_os_memory_write(n->tid, at, src, size));
}

bool psx_notice_is_valid(psx_super *s, const psx_notice *n)
{
    return psx_os_notify_is_valid(s->listener, n->id);
}

int psx_notice_fd(psx_super *s, const psx_notice *n, int fd)
{
    int taken = tell(s, n, psx_os_pidfd_take(n->pidfd, fd));
    if (taken < 0 || psx_notice_is_valid(s, n)) return taken;
    close(taken); // somebody else's: the caller died, and its number was given away
    return -ESRCH;
}

// ---- signals that wait for it -------------------------------------------------------------------

bool psx_notice_has_signal(psx_super *s, const psx_notice *n)
{
    static const char *const names[] = {"\nSigPnd:\t", "\nShdPnd:\t", "\nSigBlk:\t", "\nSigIgn:\t"};
    unsigned long long sets[4];
    char text[4096];
    (void)s;
    if (read_status(n->tid, text, sizeof text) < 0) return false;
    for (size_t i = 0; i < 4; i++) {
        const char *at = field(text, names[i]);
        if (!at) return false;
        sets[i] = strtoull(at, NULL, 16);
    }
    return (sets[0] | sets[1]) & ~(sets[2] | sets[3]);
}

// ---- rights -------------------------------------------------------------------------------------

enum { GROUPS = 256 };

typedef struct {
    uid_t uid;
    gid_t gid, groups[GROUPS];
    size_t n_groups;
    mode_t mask;
} rights;

static rights own;
static bool own_known, is_other; // is_other: rights are not our own, or not wholly

// The fourth number of "Uid:" is the one that the file system asks for.
static bool fourth(const char *status, const char *name, unsigned *out)
{
    unsigned a, b, c;
    const char *at = field(status, name);
    return at && sscanf(at, "%u %u %u %u", &a, &b, &c, out) == 4;
}

static bool read_rights(pid_t tid, rights *r)
{
    char text[4096 + GROUPS * 11];
    unsigned mask;
    ssize_t n = read_status(tid, text, sizeof text);
    if (n < 0 || (size_t)n == sizeof text - 1) return false;
    const char *at = field(text, "\nUmask:\t"), *end;
    if (!at || sscanf(at, "%o", &mask) != 1) return false;
    if (!fourth(text, "\nUid:\t", &r->uid) || !fourth(text, "\nGid:\t", &r->gid)) return false;
    r->mask = mask & 0777;
    r->n_groups = 0;
    at = field(text, "\nGroups:\t");
    end = at ? strchr(at, '\n') : NULL;
    while (end && at < end) {
        char *next;
        unsigned long gid = strtoul(at, &next, 10);
        if (next == at || next > end) break;
        if (r->n_groups == GROUPS) return false;
        r->groups[r->n_groups++] = (gid_t)gid;
        at = next + (*next == ' ');
    }
    return end != NULL;
}

static bool same_groups(const rights *a, const rights *b)
{
    return a->n_groups == b->n_groups &&
           memcmp(a->groups, b->groups, a->n_groups * sizeof *a->groups) == 0;
}

static bool same(const rights *a, const rights *b)
{
    return a->uid == b->uid && a->gid == b->gid && same_groups(a, b);
}

// In a container without a map for groups nobody may set them, and nobody needs to.
static bool take_groups(const rights *r)
{
    static bool other;
    bool is_own = same_groups(r, &own);
    if (is_own && !other) return true;
    if (syscall(SYS_setgroups, r->n_groups, r->groups) != 0) return false;
    other = !is_own;
    return true;
}

// The user last, or first when it is root's again: only root may change the others. Effective ids,
// not those of the file system alone: with them go the capabilities.
static bool take(const rights *r)
{
    uid_t none = (uid_t)-1;
    if (r->uid == own.uid && syscall(SYS_setresuid, none, r->uid, none) != 0) return false;
    if (!take_groups(r)) return false;
    if (syscall(SYS_setresgid, none, r->gid, none) != 0) return false;
    return syscall(SYS_setresuid, none, r->uid, none) == 0;
}

void psx_super_unbecome(psx_super *s)
{
    rights mine = own;
    (void)s;
    umask(own.mask);
    if (!is_other) return;
    if (!take(&mine)) _exit(125); // somebody else's rights would be used for everybody
    is_other = false;
}

int psx_super_become(psx_super *s, const psx_notice *n)
{
    static rights theirs;
    if (!own_known && !read_rights(getpid(), &own)) return -EACCES;
    own_known = true;
    psx_super_unbecome(s); // once for each message of a sendmmsg
    if (!read_rights(n->tid, &theirs)) return -EACCES;
    if (n->id ? !psx_notice_is_valid(s, n) : s->engine_dead) return -EACCES;
    umask(theirs.mask);
    if (same(&own, &theirs)) return 0;
    is_other = own.uid == 0;
    if (is_other && take(&theirs)) return 0;
    psx_super_unbecome(s);
    return -EACCES;
}

// ---- names --------------------------------------------------------------------------------------

// "/proc/self/fd/7/rest", or by the process id: the number, and in *rest what is behind; -1.
static int fd_in(const psx_notice *n, const char *path, const char **rest)
{
    char before[3][48];
    snprintf(before[0], sizeof before[0], "/proc/self/fd/");
    snprintf(before[1], sizeof before[1], "/proc/thread-self/fd/");
    snprintf(before[2], sizeof before[2], "/proc/%d/fd/", (int)n->pid);
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(before[i]);
        if (strncmp(path, before[i], length) != 0) continue;
        char *end;
        unsigned long number = strtoul(path + length, &end, 10);
        if (end == path + length || number > INT_MAX || (*end && *end != '/')) return -1;
        while (*end == '/')
            end++;
        *rest = end;
        return (int)number;
    }
    return -1;
}

static int only_dir(int fd, int flags)
{
    struct stat st;
    if (!(flags & O_DIRECTORY) || (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))) return fd;
    close(fd);
    return -ENOTDIR;
}

int psx_super_open(psx_super *s, const psx_notice *n, const char *path, int flags)
{
    char at[48];
    const char *rest = path;
    int number = fd_in(n, path, &rest), base = AT_FDCWD;
    if (number >= 0) {
        base = psx_notice_fd(s, n, number);
        if (base < 0) return -ENOENT;
        if (!*rest) return only_dir(base, flags);
    } else if (path[0] != '/') {
        snprintf(at, sizeof at, "/proc/%d/cwd", (int)n->tid);
        base = psx_os_open_dir(at);
        if (base < 0) return base;
    }
    int fd = psx_os_open_from(base, rest, flags);
    if (base >= 0) close(base);
    if (fd >= 0 && !psx_notice_is_valid(s, n)) {
        close(fd);
        return -ESRCH;
    }
    return fd;
}

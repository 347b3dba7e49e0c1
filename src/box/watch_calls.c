#include "box/watch_calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "os/beneath.h"

typedef enum {
    OPEN,   // by flags
    OPEN_2, // by struct open_how
    CREATE, // creat(2)
    MAKE,   // an entry that must not be there yet
    REMOVE, // an entry that is there
    CHANGE, // content or attributes of what is there
    CHANGE_FD,
    EXECUTE,
    CONNECT,
    BIND,
    SEND_TO,
    SEND_MESSAGE,
    SEND_MESSAGES,
} what;

enum { HERE = -1, NO_LINK = 1 }; // HERE: relative to the working directory

// One way in which a call asks for something; a call with two paths has two.
typedef struct {
    int call;
    what what;
    signed char dir, path; // their arguments
    signed char flags;     // that may say AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW; or of open
    int no_link;
} row;

static const row rows[] = {
    {SYS_openat, OPEN, 0, 1, 2, 0},
    {SYS_openat2, OPEN_2, 0, 1, 2, 0},
    {SYS_mkdirat, MAKE, 0, 1, 0, 0},
    {SYS_mknodat, MAKE, 0, 1, 0, 0},
    {SYS_symlinkat, MAKE, 1, 2, 0, 0},
    {SYS_linkat, REMOVE, 0, 1, 0, 0}, // the rights of moving it
    {SYS_linkat, MAKE, 2, 3, 0, 0},
    {SYS_unlinkat, REMOVE, 0, 1, 0, 0},
    {SYS_renameat2, REMOVE, 0, 1, 0, 0},
    {SYS_renameat2, MAKE, 2, 3, 0, 0},
    {SYS_truncate, CHANGE, HERE, 0, 0, 0},
    {SYS_fchmodat, CHANGE, 0, 1, 0, 0},
    {SYS_fchownat, CHANGE, 0, 1, 4, 0},
    {SYS_utimensat, CHANGE, 0, 1, 3, 0},
    {SYS_fchmod, CHANGE_FD, 0, 0, 0, 0},
    {SYS_fchown, CHANGE_FD, 0, 0, 0, 0},
    {SYS_fsetxattr, CHANGE_FD, 0, 0, 0, 0},
    {SYS_fremovexattr, CHANGE_FD, 0, 0, 0, 0},
    {SYS_setxattr, CHANGE, HERE, 0, 0, 0},
    {SYS_lsetxattr, CHANGE, HERE, 0, 0, NO_LINK},
    {SYS_removexattr, CHANGE, HERE, 0, 0, 0},
    {SYS_lremovexattr, CHANGE, HERE, 0, 0, NO_LINK},
    {SYS_execve, EXECUTE, HERE, 0, 0, 0},
    {SYS_execveat, EXECUTE, 0, 1, 4, 0},
    {SYS_connect, CONNECT, 0, 0, 0, 0},
    {SYS_bind, BIND, 0, 0, 0, 0},
    {SYS_sendto, SEND_TO, 0, 0, 0, 0},
    {SYS_sendmsg, SEND_MESSAGE, 0, 0, 0, 0},
    {SYS_sendmmsg, SEND_MESSAGES, 0, 0, 0, 0},
#ifdef SYS_open // what older architectures have besides
    {SYS_open, OPEN, HERE, 0, 1, 0},
    {SYS_creat, CREATE, HERE, 0, 0, 0},
    {SYS_mkdir, MAKE, HERE, 0, 0, 0},
    {SYS_mknod, MAKE, HERE, 0, 0, 0},
    {SYS_symlink, MAKE, HERE, 1, 0, 0},
    {SYS_link, REMOVE, HERE, 0, 0, 0},
    {SYS_link, MAKE, HERE, 1, 0, 0},
    {SYS_unlink, REMOVE, HERE, 0, 0, 0},
    {SYS_rmdir, REMOVE, HERE, 0, 0, 0},
    {SYS_rename, REMOVE, HERE, 0, 0, 0},
    {SYS_rename, MAKE, HERE, 1, 0, 0},
    {SYS_renameat, REMOVE, 0, 1, 0, 0},
    {SYS_renameat, MAKE, 2, 3, 0, 0},
    {SYS_chmod, CHANGE, HERE, 0, 0, 0},
    {SYS_chown, CHANGE, HERE, 0, 0, 0},
    {SYS_lchown, CHANGE, HERE, 0, 0, NO_LINK},
    {SYS_utime, CHANGE, HERE, 0, 0, 0},
    {SYS_utimes, CHANGE, HERE, 0, 0, 0},
    {SYS_futimesat, CHANGE, 0, 1, 0, 0},
#endif
#ifdef SYS_fchmodat2
    {SYS_fchmodat2, CHANGE, 0, 1, 3, 0},
#endif
};

enum { ROWS = sizeof rows / sizeof *rows };

size_t psx_watch_calls(int calls[PSX_WATCH_CALLS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++) {
            seen = calls[k] == rows[i].call;
        }
        if (!seen && n < PSX_WATCH_CALLS_MAX) calls[n++] = rows[i].call;
    }
    return n;
}

// ---- where --------------------------------------------------------------------------------------

typedef struct {
    pid_t tid;
    char named[PATH_MAX]; // absolute, as it was named
} place;

// Into dst: what the link of this process's own part of /proc leads to. No file: false.
static bool follow(pid_t tid, const char *link, char *dst, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)tid, link);
    int n = psx_os_readlink(path, dst, size);
    psx_str found = {dst, n > 0 ? (size_t)n : 0};
    // "pipe:[7]", "/memfd:x (deleted)"
    return n > 0 && dst[0] == '/' && !psx_str_ends(found, PSX_STR(" (deleted)"));
}

static bool add(char *dst, size_t size, psx_str more)
{
    size_t n = strlen(dst);
    if (!more.n) return true;
    int written = snprintf(dst + n, size - n, "/%.*s", PSX_FMT(more));
    return written > 0 && (size_t)written < size - n;
}

// "/proc/self/fd/7/a", "/dev/fd/7": beneath a descriptor of its own. *rest: what follows the
// number.
static bool is_descriptor(pid_t tid, psx_str path, int *fd, psx_str *rest)
{
    char own[32];
    uint64_t number;
    snprintf(own, sizeof own, "/proc/%d/fd/", (int)tid);
    const psx_str starts[] = {PSX_STR("/proc/self/fd/"), PSX_STR("/proc/thread-self/fd/"),
                              PSX_STR("/dev/fd/"), psx_str_from(own)};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (!psx_str_starts(path, starts[i])) continue;
        psx_str text = psx_str_slice(path, starts[i].n, path.n);
        size_t end = psx_str_find(text, '/');
        if (!psx_str_to_u64(psx_str_slice(text, 0, end), &number) || number > INT_MAX) return false;
        *fd = (int)number;
        *rest = psx_str_slice(text, end + 1, text.n);
        return true;
    }
    return false;
}

static bool beneath_fd(place *at, int fd, psx_str rest)
{
    char link[32];
    snprintf(link, sizeof link, "fd/%d", fd);
    return follow(at->tid, link, at->named, sizeof at->named) &&
           add(at->named, sizeof at->named, rest);
}

// No need of anybody's: the kernel's own, terminals, and what differs from process to process.
static bool is_nobodys(psx_str path)
{
    static const char *const starts[] = {"/proc/", "/dev/pts/", "/dev/std"};
    static const char *const names[] = {"/dev/null", "/dev/zero",   "/dev/full",   "/dev/tty",
                                        "/dev/ptmx", "/dev/random", "/dev/urandom"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (psx_str_starts(path, psx_str_from(starts[i]))) return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (psx_str_is(path, names[i])) return true;
    }
    return false;
}

static bool locate(place *at, int dir, const char *text)
{
    psx_str path = psx_str_from(text), rest;
    int fd;
    if (is_descriptor(at->tid, path, &fd, &rest)) return beneath_fd(at, fd, rest);
    if (text[0] == '/') {
        snprintf(at->named, sizeof at->named, "%s", text);
        return true;
    }
    if (dir != AT_FDCWD) return beneath_fd(at, dir, path);
    return follow(at->tid, "cwd", at->named, sizeof at->named) &&
           add(at->named, sizeof at->named, path);
}

// The entry itself: its directory without links, its name as it is.
static bool real_entry(const char *named, char *dst, size_t size)
{
    psx_str path = psx_str_from(named);
    while (path.n > 1 && path.p[path.n - 1] == '/') {
        path.n--;
    }
    size_t cut = psx_str_find_last(path, '/');
    psx_str name = psx_str_slice(path, cut + 1, path.n);
    if (psx_str_is(name, ".") || psx_str_is(name, "..")) {
        return psx_os_realpath(named, dst, size) >= 0;
    }
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%.*s", cut ? (int)cut : 1, path.p);
    if (psx_os_realpath(dir, dst, size) < 0) return false;
    if (dst[1] == '\0') dst[0] = '\0'; // "/"
    return add(dst, size, name);
}

typedef struct {
    bool is_there, is_file;
} state;

static state look_at(const char *path)
{
    struct stat st;
    bool there = lstat(path, &st) == 0;
    return (state){there, there && S_ISREG(st.st_mode)};
}

static psx_watch_use *next(psx_watch_uses *out, psx_cap cap)
{
    psx_watch_use *u = &out->v[out->n];
    u->executes = u->in_place = u->makes = false;
    u->cap = cap;
    u->port = -1;
    u->value = u->named = u->asks = (psx_str){0};
    return u;
}

static void add_file(psx_watch_uses *out, psx_cap cap, bool makes, const char *named,
                     const char *real)
{
    psx_watch_use *u = next(out, cap);
    u->makes = makes;
    snprintf(u->text[0], sizeof u->text[0], "%s", real);
    snprintf(u->text[1], sizeof u->text[1], "%s", named);
    u->value = psx_str_from(u->text[0]);
    u->named = psx_str_from(u->text[1]);
    if (!is_nobodys(u->value) && !is_nobodys(u->named)) out->n++;
}

static bool text_of(const psx_os_watched *c, const row *r, place *at)
{
    char text[PATH_MAX];
    int dir = r->dir == HERE ? AT_FDCWD : (int)c->args[(int)r->dir];
    at->tid = c->tid;
    uint64_t address = c->args[(int)r->path];
    if (!address) return locate(at, dir, ""); // utimensat: the descriptor itself
    if (psx_os_peek_text(c->tid, address, text, sizeof text) < 0) return false;
    if (!text[0] && (!r->flags || !(c->args[(int)r->flags] & AT_EMPTY_PATH))) return false;
    return locate(at, dir, text);
}

// ---- files --------------------------------------------------------------------------------------

static void read_open(const psx_os_watched *c, const row *r, uint64_t flags, psx_watch_uses *out)
{
    place at;
    char real[PATH_MAX];
    if ((flags & O_PATH) || !text_of(c, r, &at)) return;
    if (psx_os_realpath(at.named, real, sizeof real) < 0) {
        if (!(flags & O_CREAT) || !real_entry(at.named, real, sizeof real)) return;
    } else if ((flags & O_CREAT) && (flags & O_EXCL)) {
        return; // it is there
    }
    state s = look_at(real);
    bool temporary = (flags & O_TMPFILE) == O_TMPFILE;
    bool makes = temporary || ((flags & O_CREAT) && (!s.is_there || s.is_file));
    uint64_t access = flags & O_ACCMODE;
    if (temporary && !add(real, sizeof real, PSX_STR("tmp"))) return;
    if (access != O_WRONLY && !makes) add_file(out, PSX_CAP_FS_READ, false, at.named, real);
    if (access == O_RDWR && makes) add_file(out, PSX_CAP_FS_READ, false, at.named, real);
    if (access != O_RDONLY || makes || (flags & O_TRUNC)) {
        add_file(out, PSX_CAP_FS_WRITE, makes, at.named, real);
    }
}

static void read_change(const psx_os_watched *c, const row *r, psx_watch_uses *out)
{
    place at;
    char real[PATH_MAX];
    if (r->what == CHANGE_FD) {
        at.tid = c->tid;
        if (!beneath_fd(&at, (int)c->args[0], (psx_str){0})) return;
    } else if (!text_of(c, r, &at)) {
        return;
    }
    bool no_link = r->no_link || (r->flags && (c->args[(int)r->flags] & AT_SYMLINK_NOFOLLOW));
    bool is_there = no_link ? real_entry(at.named, real, sizeof real) && look_at(real).is_there
                            : psx_os_realpath(at.named, real, sizeof real) >= 0;
    if (is_there) add_file(out, PSX_CAP_FS_WRITE, false, at.named, real);
}

static void read_entry(const psx_os_watched *c, const row *r, psx_watch_uses *out)
{
    place at;
    char real[PATH_MAX];
    if (!text_of(c, r, &at) || !real_entry(at.named, real, sizeof real)) return;
    bool is_there = look_at(real).is_there;
    bool replaces = c->call == SYS_renameat2;
#ifdef SYS_rename
    replaces = replaces || c->call == SYS_rename || c->call == SYS_renameat;
#endif
    if (r->what == MAKE ? is_there && !replaces : !is_there) return;
    add_file(out, PSX_CAP_FS_WRITE, true, at.named, real);
}

static void read_program(const psx_os_watched *c, const row *r, psx_watch_uses *out)
{
    enum { EXECVE_CHECK = 0x10000 };
    place at;
    struct stat st;
    uint64_t flags = r->flags ? c->args[(int)r->flags] : 0;
    if ((flags & EXECVE_CHECK) || !text_of(c, r, &at)) return;
    if (stat(at.named, &st) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111)) return;
    psx_watch_use *u = next(out, PSX_CAP_SPAWN);
    u->executes = true;
    u->in_place = flags & AT_EMPTY_PATH;
    snprintf(u->text[0], sizeof u->text[0], "%s", at.named);
    u->value = psx_str_from(u->text[0]);
    out->n++;
}

// ---- sockets ------------------------------------------------------------------------------------

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
} address;

static bool is_address(const address *a, psx_watch_use *u)
{
    const void *bytes = &a->v4.sin_addr;
    int family = AF_INET;
    u->port = ntohs(a->v4.sin_port);
    if (a->any.sa_family == AF_INET6) {
        u->port = ntohs(a->v6.sin6_port);
        bytes = &a->v6.sin6_addr;
        family = AF_INET6;
        if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr)) {
            bytes = a->v6.sin6_addr.s6_addr + 12;
            family = AF_INET;
        }
    } else if (a->any.sa_family != AF_INET) {
        return false;
    }
    if (!inet_ntop(family, bytes, u->text[0], sizeof u->text[0])) return false;
    u->value = psx_str_from(u->text[0]);
    return true;
}

static bool is_local(const psx_os_watched *c, const address *a, size_t n, psx_watch_use *u)
{
    char name[sizeof a->local.sun_path + 1] = "", real[PATH_MAX];
    size_t start = offsetof(struct sockaddr_un, sun_path);
    if (a->any.sa_family != AF_UNIX || n <= start) return false;
    memcpy(name, a->local.sun_path, n - start);
    u->port = -1;
    if (!name[0]) {
        snprintf(u->text[0], sizeof u->text[0], "unix:@%s", name + 1);
    } else {
        place at = {.tid = c->tid};
        if (!locate(&at, AT_FDCWD, name) || !real_entry(at.named, real, sizeof real)) return false;
        bool is_there = look_at(real).is_there;
        if (u->cap == PSX_CAP_NET_CONNECT && !is_there) return false;
        snprintf(u->text[0], sizeof u->text[0], "unix:%s", real);
    }
    u->value = psx_str_from(u->text[0]);
    return true;
}

static bool take_address(const psx_os_watched *c, uint64_t at, uint64_t n, psx_watch_use *u)
{
    address a = {0};
    if (!at || n < sizeof a.any.sa_family) return false;
    if (n > sizeof a) n = sizeof a;
    if (psx_os_peek(c->tid, at, &a, n) != (long)n) return false;
    return is_address(&a, u) || is_local(c, &a, n, u);
}

// Whoever looks names up asks here; the box has its own server in these servers' place.
static bool is_name_server(const psx_watch_use *u)
{
    char text[4096];
    enum { DNS = 53 };
    if (u->port != DNS) return false;
    int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (fd >= 0) close(fd);
    psx_str all = {text, n > 0 ? (size_t)n : 0}, word = PSX_STR("nameserver");
    bool any = false;
    while (all.n) {
        size_t end = psx_str_find(all, '\n');
        psx_str line = psx_str_slice(all, 0, end);
        all = psx_str_slice(all, end + 1, all.n);
        if (!psx_str_starts(line, word)) continue;
        any = true;
        line = psx_str_slice(line, word.n, line.n);
        while (line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
            line = psx_str_slice(line, 1, line.n);
        }
        size_t stop = 0;
        while (stop < line.n && line.p[stop] != ' ' && line.p[stop] != '\t') {
            stop++;
        }
        if (psx_str_eq(psx_str_slice(line, 0, stop), u->value)) return true;
    }
    return !any && psx_str_is(u->value, "127.0.0.1");
}

// The name in a question to a name server; with lengths in front over a stream.
static psx_str question_in(const unsigned char *p, size_t n, char *dst, size_t size)
{
    enum { HEADER = 12, LABEL_MAX = 63, NAME_MAX_BYTES = 253 };
    if (n > 2 && (size_t)(p[0] << 8 | p[1]) == n - 2) p += 2, n -= 2;
    if (n < HEADER + 5 || (p[2] & 0xF8) || p[4] || p[5] != 1 || p[6] || p[7]) return (psx_str){0};
    size_t at = HEADER, used = 0;
    while (at < n && p[at]) {
        size_t label = p[at++];
        if (label > LABEL_MAX || at + label >= n || used + label + 1 > NAME_MAX_BYTES ||
            used + label + 2 > size) {
            return (psx_str){0};
        }
        if (used) dst[used++] = '.';
        memcpy(dst + used, p + at, label);
        used += label;
        at += label;
    }
    bool whole = used && at + 5 <= n;
    for (size_t i = 0; i < used && whole; i++) {
        if (dst[i] >= 'A' && dst[i] <= 'Z') dst[i] = (char)(dst[i] | 0x20);
        whole = dst[i] > ' ' && dst[i] < 0x7F;
    }
    return whole ? (psx_str){dst, used} : (psx_str){0};
}

// Bytes that leave through a socket; only questions to a name server say something.
static void take_bytes(const psx_os_watched *c, uint64_t at, uint64_t n, psx_watch_uses *out)
{
    unsigned char bytes[512];
    if (!at || !n || n > sizeof bytes || out->n >= PSX_WATCH_USES_MAX) return;
    if (psx_os_peek(c->tid, at, bytes, n) != (long)n) return;
    psx_watch_use *u = next(out, PSX_CAP_NET_CONNECT);
    u->asks = question_in(bytes, n, u->text[0], sizeof u->text[0]);
    if (u->asks.n) out->n++;
}

static void take_target(const psx_os_watched *c, uint64_t at, uint64_t n, psx_watch_uses *out)
{
    if (out->n >= PSX_WATCH_USES_MAX) return;
    psx_watch_use *u = next(out, PSX_CAP_NET_CONNECT);
    // Port 0: only to see which way packets would go.
    if (take_address(c, at, n, u) && u->port != 0 && !is_name_server(u)) out->n++;
}

static void take_message(const psx_os_watched *c, uint64_t at, psx_watch_uses *out)
{
    struct msghdr m;
    struct iovec first;
    if (psx_os_peek(c->tid, at, &m, sizeof m) != (long)sizeof m) return;
    take_target(c, (uint64_t)(uintptr_t)m.msg_name, m.msg_namelen, out);
    if (!m.msg_iovlen || psx_os_peek(c->tid, (uint64_t)(uintptr_t)m.msg_iov, &first,
                                     sizeof first) != (long)sizeof first) {
        return;
    }
    take_bytes(c, (uint64_t)(uintptr_t)first.iov_base, first.iov_len, out);
}

static void read_socket(const psx_os_watched *c, const row *r, bool net, psx_watch_uses *out)
{
    if (r->what == BIND) {
        psx_watch_use *u = next(out, PSX_CAP_NET_LISTEN);
        if (take_address(c, c->args[1], c->args[2], u)) out->n++;
    } else if (r->what == CONNECT) {
        take_target(c, c->args[1], c->args[2], out);
    } else if (!net) {
        return;
    } else if (r->what == SEND_TO) {
        take_target(c, c->args[4], c->args[5], out);
        take_bytes(c, c->args[1], c->args[2], out);
    } else if (r->what == SEND_MESSAGE) {
        take_message(c, c->args[1], out);
    } else {
        for (uint64_t i = 0; i < c->args[2] && i < 2; i++) {
            take_message(c, c->args[1] + i * sizeof(struct mmsghdr), out);
        }
    }
}

// -------------------------------------------------------------------------------------------------

static void read_row(const psx_os_watched *c, const row *r, bool net, psx_watch_uses *out)
{
    uint64_t flags = 0;
    switch (r->what) {
    case OPEN: read_open(c, r, c->args[(int)r->flags], out); break;
    case OPEN_2: {
        row plain = *r;
        plain.flags = 0;
        if (psx_os_peek(c->tid, c->args[2], &flags, sizeof flags) == (long)sizeof flags) {
            read_open(c, &plain, flags, out);
        }
        break;
    }
    case CREATE: read_open(c, r, O_CREAT | O_WRONLY | O_TRUNC, out); break;
    case MAKE:
    case REMOVE: read_entry(c, r, out); break;
    case CHANGE:
    case CHANGE_FD: read_change(c, r, out); break;
    case EXECUTE: read_program(c, r, out); break;
    case CONNECT:
    case BIND:
    case SEND_TO:
    case SEND_MESSAGE:
    case SEND_MESSAGES: read_socket(c, r, net, out); break;
    }
}

void psx_watch_read(const psx_os_watched *call, bool net, psx_watch_uses *out)
{
    out->n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].call == call->call) read_row(call, &rows[i], net, out);
    }
}

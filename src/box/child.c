#include "box/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/buf.h"
#include "formats/json.h"
#include "os/memfd.h"
#include "os/notify.h"
#include "policy/path.h"

enum { FAILED = 125, REFUSED = 126, MEMORY = 64 << 20, STATUS_MAX = 1 << 20, GROUPS_MAX = 65536 };
enum { BASE = PSX_BOX_ORDER_FDS + 8 }; // numbers from here on are this process's own

static _Noreturn void give_up(const char *what)
{
    int e = errno;
    char text[256];
    int n = snprintf(text, sizeof text, "npsx: cannot start a child: %s: %s\n", what, strerror(e));
    if (n > 0) (void)!write(STDERR_FILENO, text, strnlen(text, sizeof text));
    _exit(FAILED);
}

// ---- the order ----------------------------------------------------------------------------------

// Every byte is written by npsx-spawn itself, whoever else has the channel.
static bool receive(const psx_box_child *c, char *dst, size_t n)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } room;
    while (n) {
        struct iovec part = {dst, n};
        struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes};
        m.msg_controllen = sizeof room.bytes;
        ssize_t done = recvmsg(c->channel, &m, MSG_CMSG_CLOEXEC);
        if (done < 0 && errno == EINTR) continue;
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        struct ucred who = {0};
        if (done <= 0 || !h || h->cmsg_type != SCM_CREDENTIALS) return false;
        memcpy(&who, CMSG_DATA(h), sizeof who);
        if (who.pid != c->spawner) return false;
        dst += done;
        n -= (size_t)done;
    }
    return true;
}

static psx_box_order read_order(psx_op *op, const psx_box_child *c)
{
    psx_box_order_head head;
    psx_box_order order;
    if (!receive(c, (char *)&head, sizeof head) || !psx_box_order_head_ok(&head)) _exit(FAILED);
    char *bytes = psx_op_alloc(op, sizeof head + head.n);
    if (!bytes) _exit(FAILED);
    memcpy(bytes, &head, sizeof head);
    if (!receive(c, bytes + sizeof head, head.n)) _exit(FAILED);
    if (!psx_box_order_parse((psx_str){bytes, sizeof head + head.n}, &order)) _exit(FAILED);
    return order;
}

// ---- may it? ------------------------------------------------------------------------------------

// A grant of a bare name means the program that PATH leads to, and npsx by whatever name it is
// known.
static psx_str name_of(const psx_box_child *c, const psx_box_order *o)
{
    psx_str name = psx_path_base(o->path), path = c->super->how->path;
    char found[PATH_MAX];
    if (o->head.kind == PSX_BOX_ORDER_NODE) return name;
    while (path.n) {
        size_t end = psx_str_find(path, ':');
        psx_str dir = psx_str_slice(path, 0, end);
        path = psx_str_slice(path, end + 1, path.n);
        if (!dir.n || dir.p[0] != '/') continue;
        while (dir.n > 1 && dir.p[dir.n - 1] == '/') {
            dir.n--;
        }
        int n = snprintf(found, sizeof found, "%.*s/%.*s", PSX_FMT(dir), PSX_FMT(name));
        struct stat st;
        bool is_program = n > 0 && (size_t)n < sizeof found && stat(found, &st) == 0 &&
                          S_ISREG(st.st_mode) && faccessat(AT_FDCWD, found, X_OK, AT_EACCESS) == 0;
        if (is_program) return psx_str_is(o->path, found) ? name : (psx_str){0};
    }
    return (psx_str){0};
}

// On what all packages together hold. What the one holds that it is for, npsx decides in its place.
static void decide(const psx_box_child *c, const psx_box_order *o)
{
    const psx_box_spec *spec = c->super->spec;
    psx_policy_request r = {.cap = PSX_CAP_SPAWN, .value = o->path, .port = -1};
    r.asked = name_of(c, o);
    if (c->super->how->learn_fd >= 0) return;
    if (psx_policy_decide(spec->policy, spec->held, &r).allowed) return;
    size_t n = o->path.n < PIPE_BUF ? o->path.n : PIPE_BUF;
    (void)!write(c->report, o->path.p, n);
    _exit(REFUSED);
}

// ---- what it takes over -------------------------------------------------------------------------

static int move_up(int fd, int flag)
{
    int moved = fcntl(fd, flag, BASE);
    if (moved < 0) give_up("there are not enough descriptors");
    return moved;
}

// The same numbers; what npsx-spawn does not have stays closed, but for the first three.
static void take_descriptors(const psx_box_child *c, uint32_t n)
{
    for (uint32_t i = 0; i < n || i < 3; i++) {
        int fd = i < n ? psx_os_pidfd_take(c->pidfd, (int)i) : -EBADF;
        if (fd == -EBADF && i < 3) fd = open("/dev/null", O_RDWR);
        if (fd == -EBADF) continue;
        if (fd < 0) _exit(FAILED);
        if (fd != (int)i && (dup2(fd, (int)i) < 0 || close(fd) != 0)) _exit(FAILED);
        if (fcntl((int)i, F_SETFD, 0) != 0) _exit(FAILED);
    }
}

static void take_directory(const psx_box_child *c)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)c->spawner);
    if (chdir(path) != 0) give_up("its working directory");
}

static void take_group(const psx_box_child *c)
{
    if (c->leads) {
        (void)setsid();
        return;
    }
    // Ctrl-C is for both. A group in another session, or one that is gone: a group of its own.
    if (setpgid(0, getpgid(c->spawner)) != 0) (void)setpgid(0, 0);
}

static void take_limits(const psx_box_child *c)
{
    for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
        struct rlimit r;
        if (prlimit(c->spawner, i, NULL, &r) == 0) (void)setrlimit(i, &r);
    }
}

// "Uid:\t0\t0\t0\t0": the line behind the name, or the end.
static const char *line_of(const char *status, const char *name)
{
    const char *at = strstr(status, name);
    if (!at) give_up("who npsx-spawn is");
    return at + strlen(name);
}

static void three_of(const char *line, unsigned long out[3])
{
    char *end;
    for (int i = 0; i < 3; i++) {
        out[i] = strtoul(line, &end, 10);
        if (end == line) give_up("who npsx-spawn is");
        line = end;
    }
}

static size_t groups_of(const char *line, gid_t *out)
{
    size_t n = 0;
    for (;;) {
        while (*line == ' ' || *line == '\t') {
            line++;
        }
        if (*line < '0' || *line > '9') return n;
        if (n == GROUPS_MAX) give_up("who npsx-spawn is");
        char *end;
        out[n++] = (gid_t)strtoul(line, &end, 10);
        line = end;
    }
}

static char *read_status(psx_op *op, pid_t pid)
{
    char path[32], *text = psx_op_alloc(op, STATUS_MAX);
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !text) give_up("who npsx-spawn is");
    for (ssize_t got = 1; got > 0 && n < STATUS_MAX - 1; n += (size_t)got) {
        got = read(fd, text + n, STATUS_MAX - 1 - n);
        if (got < 0) give_up("who npsx-spawn is");
    }
    if (n == STATUS_MAX - 1) give_up("who npsx-spawn is");
    close(fd);
    return text;
}

// In a container without a map for groups nobody may set them, and nobody needs to.
static bool has_groups(psx_op *op, const gid_t *groups, size_t n)
{
    gid_t *own = PSX_ARRAY(op, gid_t, GROUPS_MAX);
    return own && getgroups(GROUPS_MAX, own) == (int)n && memcmp(own, groups, n * sizeof *own) == 0;
}

// Who the engine is by now: an application may have given up root. And then who the order says,
// which is only for those who may become that.
static void take_user(psx_op *op, const psx_box_child *c, const psx_box_order *o)
{
    unsigned long uid[3], gid[3];
    gid_t *groups = PSX_ARRAY(op, gid_t, GROUPS_MAX);
    const char *status = read_status(op, c->spawner);
    if (!groups) _exit(FAILED);
    three_of(line_of(status, "\nUid:"), uid);
    three_of(line_of(status, "\nGid:"), gid);
    size_t n = groups_of(line_of(status, "\nGroups:"), groups);
    // All that was read beneath /proc/PID was npsx-spawn's: it is still there.
    if (psx_os_pidfd_signal(c->pidfd, 0) != 0) _exit(FAILED);
    if (geteuid() == 0 && ((!has_groups(op, groups, n) && setgroups(n, groups) != 0) ||
                           setresgid((gid_t)gid[0], (gid_t)gid[1], (gid_t)gid[2]) != 0 ||
                           setresuid((uid_t)uid[0], (uid_t)uid[1], (uid_t)uid[2]) != 0)) {
        give_up("its user");
    }
    if (getuid() != uid[0] || geteuid() != uid[1]) give_up("its user");
    bool changes = o->head.uid >= 0 || o->head.gid >= 0;
    if (changes && geteuid() == 0 && setgroups(0, NULL) != 0) give_up("its groups");
    if (o->head.gid >= 0 && setgid((gid_t)o->head.gid) != 0) give_up("its group");
    if (o->head.uid >= 0 && setuid((uid_t)o->head.uid) != 0) give_up("its user");
}

static void reset_signals(void)
{
    sigset_t none;
    for (int sig = 1; sig <= SIGRTMAX; sig++) {
        (void)signal(sig, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// ---- npsx ---------------------------------------------------------------------------------------

static psx_rc write_as(psx_op *op, const psx_box_child *c, const psx_box_order *o, const char **out)
{
    psx_buf b;
    psx_str dir;
    psx_json value = psx_json_string(o->dir), program = psx_json_string(o->path);
    psx_str spawned = {0}; // a command follows as an argument
    bool command = o->head.kind == PSX_BOX_ORDER_COMMAND;
    psx_buf_init(&b, op);
    if (!psx_str_is_utf8(o->dir, &(size_t){0})) return psx_fail(op, PSX_E_ENCODING, "its package");
    if (!psx_str_is_utf8(o->path, &(size_t){0})) return psx_fail(op, PSX_E_ENCODING, "its program");
    TRY(psx_json_write(op, &value, &dir));
    if (!command) TRY(psx_json_write(op, &program, &spawned));
    TRY(psx_buf_format(&b, "--as={%.*s,\"dir\":%.*s", PSX_FMT(c->super->how->as), PSX_FMT(dir)));
    TRY(psx_buf_format(&b, ",\"descriptors\":%u,\"environment\":%u", o->head.n_fds, o->head.n_fds));
    if (command)
        TRY(psx_buf_format(&b, ",\"command\":true,\"parent\":%u}", o->head.n_fds + 1));
    else
        TRY(psx_buf_format(&b, ",\"spawned\":%.*s}", PSX_FMT(spawned)));
    return psx_buf_cstr(&b, out);
}

static char **make_argv(psx_op *op, const psx_box_child *c, const psx_box_order *o)
{
    const char *as, *arg = o->args;
    size_t n = 0;
    char **argv = PSX_ARRAY(op, char *, (size_t)o->head.n_args + 6);
    if (!argv || psx_failed(write_as(op, c, o, &as))) _exit(FAILED);
    bool command = o->head.kind == PSX_BOX_ORDER_COMMAND;
    argv[n++] = command ? (char *)"npsx" : (char *)o->argv0.p;
    argv[n++] = (char *)as;
    if (command) {
        argv[n++] = (char *)"--";
        argv[n++] = (char *)o->path.p;
        argv[n++] = (char *)o->argv0.p;
    }
    for (uint32_t i = 0; i < o->head.n_args; i++) {
        argv[n++] = (char *)arg;
        arg += strlen(arg) + 1;
    }
    argv[n] = NULL;
    return argv;
}

// Sealed memory cannot be empty: one NUL is no variable.
static int seal_environment(psx_op *op, psx_str env)
{
    int fd;
    if (!env.n) env = (psx_str){"", 1};
    if (psx_failed(psx_os_memfd_seal(op, "packsec-environment", env, &fd))) _exit(FAILED);
    return move_up(fd, F_DUPFD_CLOEXEC);
}

_Noreturn void psx_box_child_become(psx_box_child *c)
{
    psx_op op;
    psx_op_init(&op, MEMORY);
    reset_signals();
    psx_box_order order = read_order(&op, c);
    decide(c, &order);
    char **argv = make_argv(&op, c, &order), *envp[] = {NULL};
    c->pidfd = move_up(c->pidfd, F_DUPFD_CLOEXEC);
    c->channel = move_up(c->channel, F_DUPFD_CLOEXEC);
    c->report = move_up(c->report, F_DUPFD_CLOEXEC);
    c->told = move_up(c->told, F_DUPFD_CLOEXEC);
    int env = seal_environment(&op, order.env);
    (void)syscall(SYS_close_range, 0, BASE - 1, 0);
    take_descriptors(c, order.head.n_fds);
    take_limits(c);
    take_group(c);
    take_directory(c);
    take_user(&op, c, &order);
    (void)umask(order.head.mask);
    if (dup2(env, (int)order.head.n_fds) < 0) give_up("its environment");
    if (order.head.kind == PSX_BOX_ORDER_COMMAND && dup2(c->told, (int)order.head.n_fds + 1) < 0)
        give_up("there are not enough descriptors");
    (void)syscall(SYS_close_range, BASE, ~0u, 4); // CLOSE_RANGE_CLOEXEC
    psx_box_order_answer taken = {PSX_BOX_ORDER_TAKEN, 0};
    (void)!send(c->channel, &taken, sizeof taken, MSG_NOSIGNAL | MSG_DONTWAIT);
    execve(c->super->how->program.p, argv, envp);
    give_up("npsx");
}

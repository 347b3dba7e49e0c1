// Children of confined packages: npsx-spawn (box/npsx_spawn.c) asks for one over its channel, and
// this side starts npsx outside of the engine's box, which then makes the child's own. Here is what
// the supervisor keeps of each; what an order comes to is worked out by a process of its own
// (box/child.c), so that one that is slow, huge or wrong hinders nobody.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "box/child.h"
#include "box/parent.h"
#include "box/super.h"
#include "os/notify.h"

enum { CHILDREN_MAX = 1024, EVENTS = 32, SIGNALS = 16, BURIED = 64 };

// What a descriptor of a slot is. CHILD alone: the supervisor of a command that ended.
enum { CHANNEL, REPORT, SPAWNER, CHILD, PARENT, KINDS };

typedef struct {
    int fd[KINDS]; // -1: not there; CHANNEL and CHILD: a free slot
    uint32_t turn;
    pid_t spawner, child;
    bool passes;  // the child passes signals on: it is the parent of a command (box/parent.h)
    bool stopped; // was told to stop, and has not been told to go on
    bool leads;   // npsx-spawn leads a session, and so does the child: signals are for all in it
} slot;

static slot slots[CHILDREN_MAX];
static size_t n_slots, n_busy; // as far as the table was ever used; that somebody waits for
static int all = -1;           // an epoll of our own: one watch of the supervisor's
static int ends = -1;          // SIGCHLD, of children and orphans

static bool watch(size_t i, int kind, unsigned events)
{
    struct epoll_event e = {.events = events,
                            .data.u64 = (uint64_t)slots[i].turn << 32 | (i * KINDS + kind)};
    return epoll_ctl(all, EPOLL_CTL_ADD, slots[i].fd[kind], &e) == 0;
}

// A descriptor may be another process's as well, and would still be watched when it is closed.
static void close_one(slot *c, int kind)
{
    if (c->fd[kind] < 0) return;
    epoll_ctl(all, EPOLL_CTL_DEL, c->fd[kind], NULL);
    close(c->fd[kind]);
    c->fd[kind] = -1;
}

static void release(slot *c)
{
    for (int kind = 0; kind < KINDS; kind++) {
        close_one(c, kind);
    }
    c->turn++;
    n_busy--;
}

// All was told. The command's supervisor serves what the command left, and is to be reaped then.
static void leave_behind(slot *c)
{
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind != CHILD) close_one(c, kind);
    }
    n_busy--;
}

static slot *take_slot(void)
{
    size_t i = 0;
    while (i < n_slots && (slots[i].fd[CHANNEL] >= 0 || slots[i].fd[CHILD] >= 0)) {
        i++;
    }
    if (i == CHILDREN_MAX) return NULL;
    if (i == n_slots) n_slots++;
    slots[i] = (slot){.fd = {-1, -1, -1, -1, -1}, .turn = slots[i].turn};
    n_busy++;
    return &slots[i];
}

// ---- signals and ends ---------------------------------------------------------------------------

static bool is_passed_on(const slot *c, int sig)
{
    unsigned char what = (unsigned char)sig;
    return c->passes && send(c->fd[PARENT], &what, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static void signal_child(slot *c, int sig)
{
    if (sig == SIGSTOP || sig == SIGCONT) c->stopped = sig == SIGSTOP;
    if (is_passed_on(c, sig)) return;
    if (c->passes && sig != SIGKILL) return; // it does not read: as good as stopped
    // Not reaped yet: the number is still this child's.
    if (c->leads && kill(-c->child, sig) == 0) return;
    (void)psx_os_pidfd_signal(c->fd[CHILD], sig);
}

// kill(pid, SIGSTOP) of the engine: what stands for the child is stopped by the kernel when this is
// over. It passes on the SIGCONT that wakes it.
static long on_stop(psx_super *s, psx_notice *n)
{
    int64_t pid = (int32_t)n->args[0];
    // Every other kill() that is asked about is one that the filter refuses.
    if (s->spec->spawn == PSX_BOX_NONE || (int32_t)n->args[1] != SIGSTOP)
        return psx_super_refuse_call(s, n);
    for (size_t i = 0; i < n_slots; i++) {
        slot *c = &slots[i];
        if (c->fd[CHILD] < 0 || c->fd[SPAWNER] < 0) continue;
        bool group = pid == -c->spawner && c->leads;
        if (pid == c->spawner || group) signal_child(c, SIGSTOP);
    }
    return PSX_NOTICE_CONTINUE;
}

const psx_notice_handler psx_super_children_calls[] = {{SYS_kill, on_stop}, {0, NULL}};

static void end_without_child(slot *c)
{
    if (c->fd[CHILD] >= 0)
        signal_child(c, SIGKILL);
    else
        release(c);
}

static void tell(const slot *c, int status)
{
    psx_box_order_answer answer = {PSX_BOX_ORDER_ENDED, status};
    (void)!send(c->fd[CHANNEL], &answer, sizeof answer, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// What it could not have from us: said by the process that found out, recorded here.
static void read_report(psx_super *s, slot *c)
{
    char path[PIPE_BUF];
    ssize_t n = read(c->fd[REPORT], path, sizeof path);
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) {
        psx_super_refuse(s, c->spawner, "execve", PSX_CAP_SPAWN, (psx_str){path, (size_t)n}, -1);
        return;
    }
    // npsx runs, or nothing does: the order was read, and what follows it are signals.
    close_one(c, REPORT);
    if (!watch((size_t)(c - slots), CHANNEL, EPOLLIN)) signal_child(c, SIGKILL);
}

static bool is_child(pid_t pid)
{
    for (size_t i = 0; i < n_slots; i++) {
        if (slots[i].fd[CHANNEL] >= 0 && slots[i].child == pid) return true;
    }
    return false;
}

// A command's own supervisor outlives it, and so does what it leaves in the background. Such
// orphans come to us: process 1 may be the engine, which waits for nobody that it did not start.
// Those that have a slot are waited for there.
static void bury(void)
{
    for (int i = 0; i < BURIED; i++) {
        siginfo_t who = {0};
        if (waitid(P_ALL, 0, &who, WEXITED | WNOHANG | WNOWAIT) != 0 || !who.si_pid) return;
        if (is_child(who.si_pid)) return; // on_child goes on
        (void)waitpid(who.si_pid, NULL, WNOHANG);
    }
    raise(SIGCHLD); // blocked: more, after the others had their turn
}

static void on_ends(psx_super *s, void *arg, unsigned events)
{
    (void)s, (void)arg, (void)events;
    struct signalfd_siginfo one;
    (void)!read(ends, &one, sizeof one);
    bury();
}

static void on_child(psx_super *s, slot *c)
{
    int status;
    pid_t done = waitpid(c->child, &status, WNOHANG);
    if (done == 0 || (done < 0 && errno == EINTR)) return;
    if (c->fd[CHANNEL] < 0) { // was told before
        close_one(c, CHILD);
        c->turn++;
        return;
    }
    if (c->fd[REPORT] >= 0) read_report(s, c);
    tell(c, done > 0 ? status : SIGKILL);
    release(c);
    bury();
}

static void on_parent(slot *c)
{
    psx_parent_word word;
    ssize_t n = recv(c->fd[PARENT], &word, sizeof word, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n != (ssize_t)sizeof word) { // there is none, or it is ending: CHILD tells
        c->passes = false;
        close_one(c, PARENT);
    } else if (word.what == PSX_PARENT_ENDED) {
        tell(c, word.status);
        leave_behind(c);
    } else {
        c->passes = true;
        // What was sent before was for the command.
        if (c->stopped && is_passed_on(c, SIGSTOP))
            (void)psx_os_pidfd_signal(c->fd[CHILD], SIGCONT);
    }
}

static void on_spawner(slot *c)
{
    close_one(c, SPAWNER);
    end_without_child(c);
}

// ---- orders -------------------------------------------------------------------------------------

// The kernel's word on who wrote what is there to be read. 0: nobody, and nobody will.
static pid_t sender(int channel)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } room;
    char first;
    struct ucred who;
    struct iovec part = {&first, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes};
    m.msg_controllen = sizeof room.bytes;
    if (recvmsg(channel, &m, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return 0;
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    bool is_creds = h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_CREDENTIALS &&
                    h->cmsg_len == CMSG_LEN(sizeof who) && !(m.msg_flags & MSG_CTRUNC);
    if (!is_creds) return 0;
    memcpy(&who, CMSG_DATA(h), sizeof who);
    return who.pid > 0 ? who.pid : 0;
}

// Nobody else's descriptors are taken, whoever was given the channel.
static bool is_npsx_spawn(const psx_super *s, pid_t pid)
{
    char path[32];
    struct stat is, should;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    return s->how->spawner.n && stat(path, &is) == 0 && stat(s->how->spawner.p, &should) == 0 &&
           is.st_dev == should.st_dev && is.st_ino == should.st_ino;
}

static bool start(psx_super *s, slot *c)
{
    int report[2], parent[2];
    c->spawner = sender(c->fd[CHANNEL]);
    if (!c->spawner || (c->fd[SPAWNER] = psx_os_pidfd_open(c->spawner)) < 0) return false;
    // The number is still its: is_npsx_spawn was about the process behind the pidfd.
    if (!is_npsx_spawn(s, c->spawner) || psx_os_pidfd_signal(c->fd[SPAWNER], 0) != 0) return false;
    if (pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    c->fd[REPORT] = report[0];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, parent) != 0) {
        close(report[1]);
        return false;
    }
    c->fd[PARENT] = parent[0];
    c->leads = getsid(c->spawner) == c->spawner;
    psx_box_child child = {s,         c->spawner, c->fd[SPAWNER], c->fd[CHANNEL],
                           report[1], parent[1],  c->leads};
    c->child = fork();
    if (c->child == 0) psx_box_child_become(&child);
    close(report[1]);
    close(parent[1]);
    if (c->child < 0) return false;
    c->fd[CHILD] = psx_os_pidfd_open(c->child);
    if (c->fd[CHILD] >= 0) return true;
    kill(c->child, SIGKILL);
    (void)waitpid(c->child, NULL, 0);
    return false;
}

static void on_order(psx_super *s, slot *c)
{
    size_t i = (size_t)(c - slots);
    epoll_ctl(all, EPOLL_CTL_DEL, c->fd[CHANNEL], NULL); // until the order was read
    bool started = start(s, c);
    bool watched = started && watch(i, REPORT, EPOLLIN) && watch(i, SPAWNER, EPOLLIN) &&
                   watch(i, CHILD, EPOLLIN) && watch(i, PARENT, EPOLLIN);
    if (watched) return;
    if (started) {
        kill(c->child, SIGKILL);
        (void)waitpid(c->child, NULL, 0);
    }
    tell(c, 125 << 8);
    release(c);
}

static void on_signals(slot *c)
{
    unsigned char what[SIGNALS];
    ssize_t n = recv(c->fd[CHANNEL], what, sizeof what, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        epoll_ctl(all, EPOLL_CTL_DEL, c->fd[CHANNEL], NULL);
        end_without_child(c);
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (what[i] > 0 && what[i] <= SIGRTMAX) signal_child(c, what[i]);
    }
}

static void happen(psx_super *s, const struct epoll_event *e)
{
    size_t at = (uint32_t)e->data.u64;
    slot *c = &slots[at / KINDS];
    if (c->turn != (uint32_t)(e->data.u64 >> 32) || c->fd[at % KINDS] < 0) return;
    switch (at % KINDS) {
    case CHANNEL: c->fd[CHILD] < 0 ? on_order(s, c) : on_signals(c); break;
    case REPORT: read_report(s, c); break;
    case SPAWNER: on_spawner(c); break;
    case PARENT: on_parent(c); break;
    default: on_child(s, c);
    }
}

static void on_any(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    struct epoll_event e[EVENTS];
    int n = epoll_wait(all, e, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        happen(s, &e[i]);
    }
}

// ---- what the supervisor asks for ---------------------------------------------------------------

// Who started npsx may have ignored SIGCHLD: then the kernel would keep no child's status.
static bool hear_ends(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        return false;
    }
    ends = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return ends >= 0;
}

psx_rc psx_super_children_start(psx_super *s)
{
    if (s->spec->spawn == PSX_BOX_NONE && s->how->learn_fd < 0) return PSX_OK;
    all = epoll_create1(EPOLL_CLOEXEC);
    if (all < 0 || !hear_ends()) return (psx_rc){PSX_E_OS};
    TRY(psx_super_watch(s, ends, EPOLLIN, on_ends, NULL));
    return psx_super_watch(s, all, EPOLLIN, on_any, NULL);
}

void psx_super_children_ask(psx_super *s, psx_super_reply *a)
{
    (void)s;
    int pair[2], on = 1;
    a->rc = -EACCES;
    if (all < 0) return;
    a->rc = -EAGAIN;
    slot *c = take_slot();
    if (!c) return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        release(c);
        return;
    }
    c->fd[CHANNEL] = pair[0];
    if (setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        !watch((size_t)(c - slots), CHANNEL, EPOLLIN)) {
        close(pair[1]);
        release(c);
        return;
    }
    a->rc = 0;
    a->fd = pair[1];
    a->close_fd = true;
}

bool psx_super_children_busy(psx_super *s)
{
    (void)s;
    return n_busy > 0;
}

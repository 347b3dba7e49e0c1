// The supervisor's life: what it gives up, its loop, its end.
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "box/parent.h"
#include "box/super.h"
#include "box/wire.h"
#include "os/notify.h"

enum { EVENTS = 64, SCRATCH = 256 << 10, ALARM_MS = 200, SAYING_MS = 2000 };

typedef struct {
    int fd; // -1: free
    uint32_t turn;
    psx_super_ready *fn;
    void *arg;
} watch;

static watch watches[PSX_SUPER_WATCHES];
static size_t n_watches; // as far as the table was ever used
static uint8_t question[PSX_SUPER_PACKET], reply_bytes[PSX_SUPER_PACKET];

// ---- the loop -----------------------------------------------------------------------------------

static watch *free_watch(void)
{
    for (size_t i = 0; i < n_watches; i++) {
        if (watches[i].fd < 0) return &watches[i];
    }
    return n_watches < PSX_SUPER_WATCHES ? &watches[n_watches++] : NULL;
}

psx_rc psx_super_watch(psx_super *s, int fd, unsigned events, psx_super_ready *fn, void *arg)
{
    watch *w = free_watch();
    if (!w) return (psx_rc){PSX_E_CEILING};
    uint32_t turn = w->turn + 1;
    *w = (watch){fd, turn, fn, arg};
    struct epoll_event e = {.events = events,
                            .data.u64 = (uint64_t)turn << 32 | (uint64_t)(w - watches)};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0) return PSX_OK;
    w->fd = -1;
    return (psx_rc){PSX_E_OS};
}

void psx_super_unwatch(psx_super *s, int fd)
{
    for (size_t i = 0; i < n_watches; i++) {
        if (watches[i].fd != fd) continue;
        epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
        watches[i].fd = -1;
        return;
    }
}

// No event takes longer: see on_alarm.
static void set_alarm(long ms)
{
    struct timeval t = {0, ms * 1000};
    struct itimerval every = {t, t};
    setitimer(ITIMER_REAL, &every, NULL);
}

// An event may be about what was unwatched, or replaced, by the event before it.
static void happen(psx_super *s, const struct epoll_event *e)
{
    watch *w = &watches[(uint32_t)e->data.u64 % PSX_SUPER_WATCHES];
    if (w->fd < 0 || w->turn != (uint32_t)(e->data.u64 >> 32)) return;
    set_alarm(ALARM_MS);
    w->fn(s, w->arg, e->events);
    set_alarm(0);
}

static bool is_over(psx_super *s)
{
    return s->engine_dead && s->listener < 0 && !psx_super_children_busy(s);
}

static void loop(psx_super *s)
{
    struct epoll_event events[EVENTS];
    while (!is_over(s)) {
        int n = epoll_wait(s->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            happen(s, &events[i]);
        }
    }
}

// One chunk that is used anew; if it was not enough for an event, everything is given back.
psx_op *psx_super_scratch(psx_super *s)
{
    psx_op_fini(&s->scratch);
    return &s->scratch;
}

bool psx_super_allows(psx_super *s, psx_cap cap, psx_str value, int port, psx_policy_verdict *out)
{
    psx_policy_request r = {.cap = cap, .value = value, .port = port};
    psx_policy_verdict v = psx_policy_decide(s->spec->policy, s->spec->held, &r);
    if (out) *out = v;
    return v.allowed;
}

// ---- the control socket -------------------------------------------------------------------------

static void answer(psx_super *s, int what, size_t n, psx_super_reply *a)
{
    switch (what) {
    case PSX_BOX_ASK_CHANNEL: psx_super_children_ask(s, a); break;
    case PSX_BOX_ASK_OPEN:
    case PSX_BOX_ASK_UNLINK:
    case PSX_BOX_ASK_MKDIR:
    case PSX_BOX_ASK_RMDIR:
    case PSX_BOX_ASK_RENAME: psx_super_entries_ask(s, what, question + 1, n - 1, a); break;
    case PSX_BOX_ASK_REFUSED: psx_super_refused_ask(s, a); break;
    default: a->rc = -EINVAL;
    }
}

// Not waited for: whoever asks reads the answer, or has none.
static void put_reply(int control, psx_super_reply *a)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof a->fd)] = {0};
    struct iovec parts[2] = {{&a->rc, sizeof a->rc}, {a->bytes, a->n}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    if (a->fd >= 0) {
        m.msg_control = room;
        m.msg_controllen = sizeof room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){CMSG_LEN(sizeof a->fd), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(c), &a->fd, sizeof a->fd);
    }
    (void)!sendmsg(control, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (a->fd >= 0 && a->close_fd) close(a->fd);
}

static void on_control(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    ssize_t n = recv(s->control, question, sizeof question, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) { // closed; it does not come again
        psx_super_unwatch(s, s->control);
        close(s->control);
        s->control = -1;
        return;
    }
    psx_super_reply a = {.bytes = reply_bytes, .size = sizeof reply_bytes - sizeof a.rc, .fd = -1};
    if ((size_t)n > sizeof question)
        a.rc = -EMSGSIZE;
    else
        answer(s, question[0], (size_t)n, &a);
    put_reply(s->control, &a);
}

// ---- the start ----------------------------------------------------------------------------------

static void on_engine_dead(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    psx_super_unwatch(s, s->engine_pidfd);
    s->engine_dead = true;
    // Children may go on for long: who waits for the end of the program's output waits no longer.
    psx_super_refused_end(s);
    dup2(STDIN_FILENO, STDERR_FILENO); // /dev/null
}

// The command has not started, but says why, and with which status.
static _Noreturn void leave(psx_super *s)
{
    if (s->parent) psx_super_parent_end(s);
    _exit(125);
}

static _Noreturn void give_up(psx_super *s, const char *why)
{
    (void)!send(s->channel, why, strlen(why), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(s->channel);
    // The leash would end npsx before it has said why.
    struct pollfd told = {.fd = s->engine_pidfd, .events = POLLIN};
    (void)poll(&told, 1, SAYING_MS);
    leave(s);
}

// The number of the listener among npsx's descriptors, or the end of what was begun.
static void on_channel(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    int number;
    if (read(s->channel, &number, sizeof number) != (ssize_t)sizeof number) leave(s);
    s->listener = psx_os_pidfd_take(s->engine_pidfd, number);
    if (s->listener < 0) give_up(s, "it may not take the listener");
    if (psx_failed(psx_super_notices_start(s))) give_up(s, "it cannot watch the listener");
    if (send(s->channel, "+", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) leave(s);
    psx_super_unwatch(s, s->channel);
    close(s->channel);
    s->channel = -1;
    if (psx_failed(psx_super_shed_rest(s))) _exit(125); // and so does the engine: the leash
}

// The kernel gives back what blocks for too long (a slow file system, a socket that lingers): the
// handler does nothing, but the call ends with EINTR.
static void on_alarm(int signal)
{
    (void)signal;
}

static void hear_alarm(void)
{
    struct sigaction act = {.sa_handler = on_alarm};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigaction(SIGALRM, &act, NULL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void start(psx_super *s)
{
    setpgid(0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (psx_failed(psx_super_own_memory(s))) give_up(s, "it is out of memory");
    if (psx_super_shed_descriptors(s) < 0) give_up(s, "it cannot give up its descriptors");
    psx_super_raise_limits();
    psx_super_take_name();
    hear_alarm();
    s->listener = -1;
    psx_op_init(&s->scratch, SCRATCH);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0 || psx_failed(psx_super_watch(s, s->channel, EPOLLIN, on_channel, NULL)) ||
        psx_failed(psx_super_watch(s, s->engine_pidfd, EPOLLIN, on_engine_dead, NULL)) ||
        psx_failed(psx_super_watch(s, s->control, EPOLLIN, on_control, NULL))) {
        give_up(s, "there is no loop for it");
    }
    if (psx_failed(psx_super_dns_start(s)) || psx_failed(psx_super_children_start(s)) ||
        psx_failed(psx_super_entries_start(s)) || psx_failed(psx_super_parent_start(s))) {
        give_up(s, s->op->fail.message);
    }
}

void psx_super_main(psx_super *s)
{
    start(s);
    loop(s);
    psx_super_refused_end(s);
    if (s->parent) psx_super_parent_end(s);
    _exit(0);
}

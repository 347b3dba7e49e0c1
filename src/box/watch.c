#include "box/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include "box/watch_calls.h"
#include "box/watch_who.h"
#include "os/watch.h"

enum { SEEN_MAX = 1 << 20 };

struct psx_box_watch {
    psx_op *op;
    psx_watch_who *who;
    int listener, engine; // engine: a pidfd
    psx_box_seen *seen;
    size_t n, cap;
    psx_map known;
};

psx_rc psx_box_watch_begin(psx_op *op, int channel)
{
    int calls[PSX_WATCH_CALLS_MAX];
    size_t n = psx_watch_calls(calls);
    int listener = psx_os_watch_start(calls, n);
    if (listener < 0) {
        return psx_fail(op, PSX_E_KERNEL, "this kernel does not show system calls: %s",
                        strerror(-listener));
    }
    int e = psx_os_fd_offer(channel, listener);
    close(listener); // when nobody took it, what waits fails: so does this process
    return e < 0 ? psx_fail(op, PSX_E_OS, "cannot be looked on at: %s", strerror(-e)) : PSX_OK;
}

psx_rc psx_box_watch_open(psx_op *op, const psx_box_watching *how, int channel, pid_t engine,
                          psx_box_watch **out)
{
    *out = NULL;
    psx_box_watch *w = PSX_NEW(op, psx_box_watch);
    if (!w) return psx_fail_nomem(op);
    w->op = op;
    w->engine = (int)syscall(SYS_pidfd_open, engine, 0);
    if (w->engine < 0) return PSX_OK;
    fcntl(w->engine, F_SETFD, FD_CLOEXEC);
    w->listener = psx_os_fd_take(channel, w->engine);
    if (w->listener < 0) {
        close(w->engine);
        return PSX_OK;
    }
    psx_map_init(&w->known, op);
    TRY(psx_watch_who_open(op, how, engine, &w->who));
    *out = w;
    return PSX_OK;
}

// ---- keeping ------------------------------------------------------------------------------------

static psx_rc keep(psx_box_watch *w, const psx_watch_process *p, const psx_watch_use *use)
{
    char text[3 * PATH_MAX];
    int n =
        snprintf(text, sizeof text, "%d%d%d %d %.*s %.*s %.*s", p->role, (int)use->cap, use->makes,
                 use->port, PSX_FMT(p->who->location), PSX_FMT(use->value), PSX_FMT(use->named));
    psx_str key = {text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1};
    if (psx_map_has(&w->known, key) || w->n >= SEEN_MAX) return PSX_OK;
    TRY(psx_op_copy(w->op, key, &key));
    TRY(psx_map_put(&w->known, key, w));
    psx_box_seen *s;
    TRY(PSX_ROOM(w->op, w->seen, w->n, &w->cap));
    s = &w->seen[w->n];
    *s = (psx_box_seen){
        .who = *p->who,
        .by_child = p->role == PSX_WATCH_CHILD,
        .makes = use->makes,
        .cap = use->cap,
        .port = use->port,
    };
    TRY(psx_op_copy(w->op, use->value, &s->value));
    TRY(psx_op_copy(w->op, use->named, &s->named));
    w->n++;
    return PSX_OK;
}

// A host that was looked up has the names that were looked up; which of them nobody can tell.
static psx_rc keep_host(psx_box_watch *w, const psx_watch_process *p, psx_watch_use *use)
{
    if (!p->n_names) return keep(w, p, use);
    for (size_t i = 0; i < p->n_names; i++) {
        use->value = p->names[i];
        TRY(keep(w, p, use));
    }
    return PSX_OK;
}

static psx_rc take(psx_box_watch *w, psx_watch_process *p, psx_watch_use *use)
{
    if (use->executes) {
        bool is_child = p->role == PSX_WATCH_CHILD;
        TRY(psx_watch_who_executes(w->who, p, use));
        return is_child ? keep(w, p, use) : PSX_OK;
    }
    if (p->role == PSX_WATCH_STARTING || p->role == PSX_WATCH_FORKED) return PSX_OK;
    if (use->asks.n) return psx_watch_who_asks(w->who, p, use->asks);
    bool is_address = use->cap == PSX_CAP_NET_CONNECT && use->port >= 0;
    return is_address ? keep_host(w, p, use) : keep(w, p, use);
}

static psx_rc look(psx_box_watch *w, const psx_os_watched *call)
{
    psx_watch_uses uses;
    psx_watch_process *p;
    TRY(psx_watch_who_is(w->who, call->tid, &p));
    if (!p) return PSX_OK;
    psx_watch_read(call, p->role == PSX_WATCH_CHILD, &uses);
    // Who was killed meanwhile may have made way for another with this number.
    if (!psx_os_watch_waits(w->listener, call->id)) return PSX_OK;
    for (size_t i = 0; i < uses.n; i++) {
        TRY(take(w, p, &uses.v[i]));
    }
    return PSX_OK;
}

// ---- the loop -----------------------------------------------------------------------------------

// False: nobody is left.
static bool wait_for(psx_box_watch *w, bool *call, bool *ended)
{
    struct pollfd fds[] = {{w->listener, POLLIN, 0}, {w->engine, POLLIN, 0}};
    *call = *ended = false;
    if (poll(fds, 2, -1) < 0) return errno == EINTR;
    *call = (fds[0].revents & POLLIN) != 0;
    *ended = fds[1].revents != 0;
    return *call || *ended || !(fds[0].revents & (POLLHUP | POLLERR));
}

psx_rc psx_box_watch_run(psx_box_watch *w)
{
    psx_rc rc = PSX_OK;
    bool call, ended = false;
    while (!ended && wait_for(w, &call, &ended)) {
        psx_os_watched one;
        if (!call || psx_os_watch_next(w->listener, &one) <= 0) continue;
        if (!psx_failed(rc)) rc = look(w, &one);
        psx_os_watch_go_on(w->listener, one.id);
    }
    return rc;
}

static _Noreturn void let_all_go_on(psx_box_watch *w)
{
    struct pollfd fd = {w->listener, POLLIN, 0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3 && null >= 0; i++) {
        dup2(null, i);
    }
    setsid();
    for (;;) {
        psx_os_watched one;
        if (poll(&fd, 1, -1) < 0 && errno == EINTR) continue;
        if (!(fd.revents & POLLIN)) _exit(0);
        if (psx_os_watch_next(w->listener, &one) > 0) psx_os_watch_go_on(w->listener, one.id);
    }
}

void psx_box_watch_leave(psx_box_watch *w)
{
    struct pollfd fd = {w->listener, POLLIN, 0};
    bool nobody = poll(&fd, 1, 0) > 0 && !(fd.revents & POLLIN);
    if (!nobody && fork() == 0) let_all_go_on(w);
    close(w->listener);
    close(w->engine);
}

const psx_box_seen *psx_box_watch_seen(const psx_box_watch *w, size_t *n)
{
    *n = w->n;
    return w->seen;
}

// Calls of blocking sockets: the supervisor does not wait, the caller does.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "box/net.h"
#include "os/notify.h"

enum { WAITING = 256, TICK_MS = 20, CHECK_TICKS = 10 };

static psx_later waiting[WAITING];
static size_t n_waiting, n_used; // entries; how far the table was ever used
static int timer = -1;
static unsigned ticks;

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t psx_net_deadline(int sock)
{
    struct timeval t = {0};
    socklen_t n = sizeof t;
    if (getsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &t, &n) != 0) return 0;
    uint64_t ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
    return t.tv_sec == 0 && t.tv_usec == 0 ? 0 : now_ms() + ms + 1;
}

static void set_timer(bool on)
{
    struct timespec period = {0, on ? TICK_MS * 1000000L : 0};
    struct itimerspec t = {period, period};
    timerfd_settime(timer, 0, &t, NULL);
}

static void drop(psx_super *s, psx_later *l)
{
    if (l->watched) psx_super_unwatch(s, l->sock);
    close(l->sock);
    if (l->at >= 0) close(l->at);
    l->sock = -1;
    if (--n_waiting == 0) set_timer(false);
}

// Nobody waits any more: a signal, or death. What was sent is not sent again.
static void leave(psx_super *s, psx_later *l)
{
    if (l->done) psx_super_lose(s, &l->n, (long)l->done);
    drop(s, l);
}

static void finish(psx_super *s, psx_later *l, long result)
{
    if (result == PSX_NOTICE_LATER) return;
    psx_notice n = l->n;
    drop(s, l);
    psx_super_answer(s, &n, result);
}

// The caller's pidfd is the table's, which may have given it up for another caller's meanwhile.
static long step(psx_super *s, psx_later *l)
{
    int rc = psx_caller_find(&l->n);
    return rc < 0 ? rc : l->step(s, l);
}

static void on_ready(psx_super *s, void *arg, unsigned events)
{
    psx_later *l = arg;
    uint64_t done = l->done;
    (void)events;
    if (!psx_notice_is_valid(s, &l->n)) {
        leave(s, l);
        return;
    }
    long result = step(s, l);
    if (result == PSX_NOTICE_LATER && l->done == done) { // ready, and yet not: look less often
        psx_super_unwatch(s, l->sock);
        l->watched = false;
    }
    finish(s, l, result);
}

// Where the kernel waits for nothing but death once we know of a call, other signals are looked
// for: a handler must run.
static void look_after(psx_super *s, psx_later *l, bool signals)
{
    if (!psx_notice_is_valid(s, &l->n))
        leave(s, l);
    else if (!l->watched)
        finish(s, l, step(s, l));
    else if (signals && psx_notice_has_signal(s, &l->n))
        finish(s, l, l->done ? (long)l->done : -EINTR);
    if (l->sock >= 0 && l->deadline && now_ms() >= l->deadline)
        finish(s, l, l->done ? (long)l->done : l->when_over);
}

static void on_tick(psx_super *s, void *arg, unsigned events)
{
    uint64_t times;
    (void)arg, (void)events;
    (void)!read(timer, &times, sizeof times);
    bool signals = ++ticks % CHECK_TICKS == 0;
    for (size_t i = 0; i < n_used; i++) {
        if (waiting[i].sock >= 0) look_after(s, &waiting[i], signals);
    }
}

static bool has_timer(psx_super *s)
{
    if (timer >= 0) return true;
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return timer >= 0 && !psx_failed(psx_super_watch(s, timer, EPOLLIN, on_tick, NULL));
}

// Whose caller died makes room.
static psx_later *free_entry(psx_super *s)
{
    for (size_t i = 0; i < n_used; i++) {
        if (waiting[i].sock < 0) return &waiting[i];
    }
    if (n_used < WAITING) return &waiting[n_used++];
    for (size_t i = 0; i < n_used; i++) {
        if (!psx_notice_is_valid(s, &waiting[i].n)) leave(s, &waiting[i]);
    }
    for (size_t i = 0; i < n_used; i++) {
        if (waiting[i].sock < 0) return &waiting[i];
    }
    return NULL;
}

long psx_net_wait(psx_net_call *c, const psx_later *what, bool watch)
{
    psx_later *l = has_timer(c->s) ? free_entry(c->s) : NULL;
    if (!l) {
        if (what->at >= 0) close(what->at);
        return -EAGAIN;
    }
    *l = *what;
    l->n = *c->n;
    l->sock = c->sock;
    c->kept = true;
    l->watched = watch && !psx_failed(psx_super_watch(c->s, l->sock, EPOLLOUT, on_ready, l));
    if (n_waiting++ == 0) set_timer(true);
    return PSX_NOTICE_LATER;
}

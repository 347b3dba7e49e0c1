// What is asked of the supervisor by the kernel: who waits, with which call, and the answer.
#include <errno.h>
#include <sys/epoll.h>

#include "box/super.h"
#include "os/notify.h"

// ---- answers ------------------------------------------------------------------------------------

// Before Linux 5.19 any signal takes a caller away from a call that was done already; the kernel
// then makes the same call once more, and is told what came of the first.
enum { LOST = 16, LOST_MS = 1000 };

typedef struct {
    psx_notice n; // tid 0: free
    long result;
    uint64_t until;
} lost_answer;

static lost_answer lost[LOST];
static unsigned next_lost;

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void psx_super_lose(psx_super *s, const psx_notice *n, long result)
{
    bool done = result >= 0 || result == -EINPROGRESS; // every other error is found again
    if (s->kernel.wait_killable || !done) return;
    lost[next_lost++ % LOST] = (lost_answer){*n, result, now_ms() + LOST_MS};
}

static bool is_again(const psx_notice *a, const psx_notice *b)
{
    return a->tid == b->tid && a->nr == b->nr && memcmp(a->args, b->args, sizeof a->args) == 0;
}

// Only calls that have no second answer: a connect is told that it is connected, data goes twice.
static bool was_lost(psx_super *s, const psx_notice *n, long *result)
{
    if (s->kernel.wait_killable) return false;
    for (size_t i = 0; i < LOST; i++) {
        if (!lost[i].n.tid || !is_again(&lost[i].n, n)) continue;
        *result = lost[i].result;
        lost[i].n.tid = 0;
        return lost[i].until >= now_ms();
    }
    return false;
}

void psx_super_answer(psx_super *s, const psx_notice *n, long result)
{
    int rc = result == PSX_NOTICE_CONTINUE ? psx_os_notify_continue(s->listener, n->id)
                                           : psx_os_notify_answer(s->listener, n->id, result);
    // Whoever is gone needs no answer, or asks again.
    if (rc == -ENOENT && result != PSX_NOTICE_CONTINUE) psx_super_lose(s, n, result);
}

// ---- which call ---------------------------------------------------------------------------------

static psx_notice_fn *find(const psx_notice_handler *list, int nr)
{
    for (; list->fn; list++) {
        if (list->nr == nr) return list->fn;
    }
    return NULL;
}

static long handle(psx_super *s, psx_notice *n)
{
    psx_notice_fn *fn = find(psx_super_net_calls, n->nr);
    if (!fn) fn = find(psx_super_entries_calls, n->nr);
    if (!fn) fn = find(psx_super_children_calls, n->nr);
    if (!fn) fn = find(psx_super_makes_calls, n->nr);
    if (!fn) fn = find(psx_super_memory_calls, n->nr);
    return fn ? fn(s, n) : psx_super_refuse_call(s, n);
}

static void on_listener(psx_super *s, void *arg, unsigned events)
{
    (void)arg;
    psx_os_notice asked;
    if (!(events & EPOLLIN)) { // nobody uses the filter any more
        psx_super_unwatch(s, s->listener);
        close(s->listener);
        s->listener = -1;
        return;
    }
    if (psx_os_notify_receive(s->listener, &asked) < 0) return;
    psx_notice n = {.id = asked.id, .tid = asked.tid, .nr = asked.nr};
    memcpy(n.args, asked.args, sizeof n.args);
    long result = psx_caller_find(&n);
    if (result == 0 && !was_lost(s, &n, &result)) result = handle(s, &n);
    if (result == PSX_NOTICE_LATER || result == PSX_NOTICE_ANSWERED) return;
    psx_super_answer(s, &n, result);
}

psx_rc psx_super_notices_start(psx_super *s)
{
    return psx_super_watch(s, s->listener, EPOLLIN, on_listener, NULL);
}

// What is asked of the supervisor by the kernel: who waits, with which call, and the answer.
#include <errno.h>
#include <sys/epoll.h>

#include "box/super.h"
#include "os/notify.h"

// ---- answers ------------------------------------------------------------------------------------

void psx_super_answer(psx_super *s, uint64_t id, long result)
{
    // Whoever is gone needs no answer.
    if (result == PSX_NOTICE_CONTINUE)
        (void)psx_os_notify_continue(s->listener, id);
    else
        (void)psx_os_notify_answer(s->listener, id, result);
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
    if (result == 0) result = handle(s, &n);
    if (result == PSX_NOTICE_LATER || result == PSX_NOTICE_ANSWERED) return;
    psx_super_answer(s, n.id, result);
}

psx_rc psx_super_notices_start(psx_super *s)
{
    return psx_super_watch(s, s->listener, EPOLLIN, on_listener, NULL);
}

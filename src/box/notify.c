// What is asked of the supervisor by the kernel: who waits, with which call, and the answer.
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "box/super.h"
#include "os/notify.h"

// ---- who calls ----------------------------------------------------------------------------------

enum { CALLERS = 64 };

// Of threads that called lately. A thread id means the same thread as long as the pidfd lives.
typedef struct {
    pid_t tid, pid; // 0: free
    int pidfd;
} caller;

static caller callers[CALLERS];

// Of /proc/TID/status: what stands behind "name:" or NULL.
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

static int find_caller(pid_t tid, psx_notice *n)
{
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

int psx_notice_read(psx_super *s, const psx_notice *n, uint64_t at, void *dst, size_t size)
{
    (void)s;
    return psx_os_memory_read(n->tid, at, dst, size);
}

int psx_notice_string(psx_super *s, const psx_notice *n, uint64_t at, char *dst, size_t size)
{
    (void)s;
    return psx_os_memory_string(n->tid, at, dst, size);
}

int psx_notice_write(psx_super *s, const psx_notice *n, uint64_t at, const void *src, size_t size)
{
    (void)s;
    return psx_os_memory_write(n->tid, at, src, size);
}

bool psx_notice_is_valid(psx_super *s, const psx_notice *n)
{
    return psx_os_notify_is_valid(s->listener, n->id);
}

int psx_notice_fd(psx_super *s, const psx_notice *n, int fd)
{
    (void)s;
    return psx_os_pidfd_take(n->pidfd, fd);
}

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

static long refuse(psx_super *s, psx_notice *n)
{
    return psx_super_refuse_call(s, n);
}

static long handle(psx_super *s, psx_notice *n)
{
    psx_notice_fn *fn = find(psx_super_net_calls, n->nr);
    if (!fn) fn = find(psx_super_entries_calls, n->nr);
    return fn ? fn(s, n) : refuse(s, n);
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
    long result = find_caller(n.tid, &n);
    if (result == 0) result = handle(s, &n);
    if (result == PSX_NOTICE_LATER || result == PSX_NOTICE_ANSWERED) return;
    psx_super_answer(s, n.id, result);
}

psx_rc psx_super_notices_start(psx_super *s)
{
    return psx_super_watch(s, s->listener, EPOLLIN, on_listener, NULL);
}

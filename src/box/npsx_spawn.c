// npsx-spawn: the only program that a confined engine may execute. It is started where a child
// would be, and stands for one that the supervisor starts outside of the engine's box
// (box/children.c).
//
//     npsx-spawn CHANNEL DIR node|command UID GID PATH ARGV0 [ARGUMENT ...]
//
// CHANNEL is the number of a descriptor; all before it are the child's. It holds nothing that the
// engine does not, and is believed nothing.
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "box/order.h"

enum { A_CHANNEL = 1, A_DIR, A_KIND, A_UID, A_GID, A_PATH, A_ARGV0, A_REST };
enum { FAILED = 125 };

extern char **environ;

static int channel;

// From the terminal and the kernel (si_code > 0) the child hears by itself: it is in the same
// process group. The kernel's word that the channel is broken is about this program.
static void forward(int sig, siginfo_t *info, void *context)
{
    (void)context;
    int kept = errno;
    unsigned char what = (unsigned char)sig;
    bool ours = sig == SIGPIPE && info->si_pid == getpid();
    if (info->si_code <= 0 && !ours) (void)!write(channel, &what, 1);
    errno = kept;
}

static void catch_signals(void)
{
    struct sigaction a = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&a.sa_mask);
    for (int sig = 1; sig <= SIGRTMAX; sig++) {
        bool is_fault = sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL;
        if (sig != SIGCHLD && !is_fault) (void)sigaction(sig, &a, NULL); // KILL and STOP: refused
    }
}

static bool put(const void *bytes, size_t n)
{
    for (const char *p = bytes; n;) {
        ssize_t done = write(channel, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool get(void *bytes, size_t n)
{
    for (char *p = bytes; n;) {
        ssize_t done = read(channel, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool number(const char *text, long most, int32_t *out)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < -1 || n > most) return false;
    *out = (int32_t)n;
    return true;
}

// How many strings there are, and with all their bytes.
static uint32_t count(char *const *v, size_t *bytes)
{
    uint32_t n = 0;
    for (; v[n]; n++) {
        *bytes += strlen(v[n]) + 1;
    }
    return n;
}

static bool put_all(char *const *v)
{
    for (; *v; v++) {
        if (!put(*v, strlen(*v) + 1)) return false;
    }
    return true;
}

static bool order(char **argv, psx_box_order_head *head)
{
    char *const names[] = {argv[A_DIR], argv[A_PATH], argv[A_ARGV0], NULL};
    size_t bytes = 0;
    mode_t mask = umask(077);
    head->mask = mask & 0777;
    (void)count(names, &bytes);
    head->n_args = count(argv + A_REST, &bytes);
    head->n_env = count(environ, &bytes);
    if (bytes > PSX_BOX_ORDER_MAX) return false;
    head->n = (uint32_t)bytes;
    return put(head, sizeof *head) && put_all(names) && put_all(argv + A_REST) && put_all(environ);
}

// As the child ended. Its core, if any, was written where it died.
static _Noreturn void end_as(int status)
{
    if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
    int sig = WTERMSIG(status);
    struct rlimit none = {0};
    sigset_t all;
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(sig, SIG_DFL);
    sigfillset(&all);
    (void)sigprocmask(SIG_UNBLOCK, &all, NULL);
    (void)kill(getpid(), sig);
    _exit(128 + sig);
}

// What the child closes is closed then.
static void let_go(uint32_t n_fds)
{
    for (uint32_t fd = 0; fd < n_fds; fd++) {
        (void)close((int)fd);
    }
}

int main(int argc, char **argv)
{
    psx_box_order_head head = {0};
    psx_box_order_answer answer;
    sigset_t all, before;
    bool whole = argc >= A_REST && number(argv[A_CHANNEL], PSX_BOX_ORDER_FDS, &channel) &&
                 number(argv[A_UID], INT32_MAX, &head.uid) &&
                 number(argv[A_GID], INT32_MAX, &head.gid);
    if (!whole || channel < 0) return FAILED;
    head.n_fds = (uint32_t)channel;
    head.kind = strcmp(argv[A_KIND], "node") == 0 ? PSX_BOX_ORDER_NODE : PSX_BOX_ORDER_COMMAND;
    sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    // Under Yama only who is named may take the descriptors; there is nothing else here to take.
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    catch_signals();
    if (!order(argv, &head)) return FAILED;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    while (get(&answer, sizeof answer)) {
        if (answer.what == PSX_BOX_ORDER_TAKEN) let_go(head.n_fds);
        if (answer.what == PSX_BOX_ORDER_ENDED) end_as(answer.status);
    }
    return FAILED;
}

// The supervisor of a command is its parent, and of all that the command starts an ancestor: Yama
// lets it look into nobody else (that a process names a tracer is not inherited). So the process
// that was started for the command is the supervisor: what is sent to it is passed on, and it ends
// as the command ended. Orphans come back to it. How the command ended is told at once: what it
// left behind may need its supervisor for long.
#include "box/parent.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "os/notify.h"

enum { FAILED = 125, SIGNALS = 16, REAPED = 64 };

static bool ended;
static int how_it_ended;

static void say(psx_super *s, int what, int status)
{
    psx_parent_word word = {what, status};
    if (s->how->told_fd < 0) return;
    (void)!send(s->how->told_fd, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void pass_on(psx_super *s, int sig)
{
    if (ended) return; // not reaped yet: the number is still the command's
    if (s->leads && kill(-s->engine, sig) == 0) return;
    (void)psx_os_pidfd_signal(s->engine_pidfd, sig);
}

static void take_end(psx_super *s, int status)
{
    ended = true;
    how_it_ended = status;
    say(s, PSX_PARENT_ENDED, status);
}

// Orphans, too. They may be made faster than they are taken away: the command first, and not all
// at once.
static void reap(psx_super *s)
{
    int status;
    if (!ended && waitpid(s->engine, &status, WNOHANG) == s->engine) take_end(s, status);
    for (int i = 0; i < REAPED; i++) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return;
        if (pid == s->engine && !ended) take_end(s, status);
    }
    (void)raise(SIGCHLD);
}

static void on_signal(psx_super *s, void *arg, unsigned events)
{
    int fd = *(int *)arg;
    struct signalfd_siginfo info;
    (void)events;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info) return;
    // Those of the terminal and the kernel reach the command by themselves, and are about this
    // process: as in npsx-spawn.
    bool ours = info.ssi_code > 0 || (pid_t)info.ssi_pid == getpid();
    if (info.ssi_signo == SIGCHLD)
        reap(s);
    else if (!ours)
        pass_on(s, (int)info.ssi_signo);
}

static void on_told(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    unsigned char what[SIGNALS];
    ssize_t n = recv(s->how->told_fd, what, sizeof what, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) psx_super_unwatch(s, s->how->told_fd); // it knows all that it wanted, or is gone
    for (ssize_t i = 0; i < n; i++) {
        if (what[i] > 0 && what[i] <= SIGRTMAX) pass_on(s, what[i]);
    }
}

psx_rc psx_super_parent_start(psx_super *s)
{
    static int heard;
    sigset_t set;
    if (!s->parent) return PSX_OK;
    sigfillset(&set);
    sigdelset(&set, SIGALRM); // the loop's
    sigdelset(&set, SIGCONT); // about this process
    heard = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (heard < 0) return psx_fail(s->op, PSX_E_OS, "it cannot hear signals");
    TRY(psx_super_watch(s, heard, EPOLLIN, on_signal, &heard));
    if (s->how->told_fd >= 0) TRY(psx_super_watch(s, s->how->told_fd, EPOLLIN, on_told, NULL));
    say(s, PSX_PARENT_HERE, 0);
    return PSX_OK;
}

// Not dumpable, so without a core.
static _Noreturn void end_as(int status)
{
    sigset_t set;
    if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
    int sig = WTERMSIG(status);
    (void)signal(sig, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, sig);
    (void)raise(sig);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL); // that one alone: others may wait as well
    _exit(128 + sig);
}

void psx_super_parent_end(psx_super *s)
{
    while (!ended) {
        int status;
        pid_t done = waitpid(s->engine, &status, 0);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) _exit(FAILED);
        take_end(s, status);
    }
    end_as(how_it_ended);
}

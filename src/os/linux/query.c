#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "os/query.h"
#include "os/code.h"
#include "os/memfd.h"

// From linux/close_range.h, which clashes with unistd.h's in some headers.
enum { CLOEXEC_RANGE = 1 << 2 };

typedef struct {
    int program, question, answer; // all above 2: npsx may have been started without standard input
} child_fds;

// In the child of vfork: only system calls, no memory of the parent's is changed.
_Noreturn static void become(const child_fds *fds, char *const argv[])
{
    char *const none[] = {NULL};
    if (dup2(fds->question, STDIN_FILENO) == STDIN_FILENO &&
        dup2(fds->answer, STDOUT_FILENO) == STDOUT_FILENO &&
        syscall(SYS_close_range, STDERR_FILENO, ~0u, CLOEXEC_RANGE) == 0)
        (void)psx_os_code_exec(fds->program, argv, none);
    _exit(127);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Until the end of the answer; false when the time is over first.
static bool read_answer(int fd, int timeout_ms, psx_os_reply *out)
{
    int64_t end = now_ms() + timeout_ms;
    char more;
    out->n = 0;
    for (;;) {
        int64_t left = end - now_ms();
        struct pollfd p = {fd, POLLIN, 0};
        if (left <= 0 || poll(&p, 1, (int)left) == 0) return false;
        bool full = out->n == out->size;
        ssize_t n = read(fd, full ? &more : out->bytes + out->n, full ? 1 : out->size - out->n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        out->n += (size_t)n;
        if (full) return true; // more than any answer has
    }
}

static int end_of(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return status;
}

static psx_rc talk(psx_op *op, const child_fds *fds, int answers, const char *name, int timeout_ms,
                   psx_os_reply *out)
{
    char *const argv[] = {(char *)name, NULL};
    pid_t pid = vfork();
    if (pid == 0) become(fds, argv);
    close(fds->answer);
    if (pid < 0) return psx_fail(op, PSX_E_OS, "cannot start %s: %s", name, strerror(errno));
    bool whole = read_answer(answers, timeout_ms, out);
    if (!whole || out->n > out->size) kill(pid, SIGKILL);
    out->status = end_of(pid);
    if (!whole) out->status = -1;
    return PSX_OK;
}

static int above_stdio(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

// The end of a child is told to who waits only when SIGCHLD is not ignored, which is inherited.
static psx_rc talk_and_wait(psx_op *op, const child_fds *fds, int answers, const char *name,
                            int timeout_ms, psx_os_reply *out)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, old;
    sigaction(SIGCHLD, &usual, &old);
    psx_rc rc = talk(op, fds, answers, name, timeout_ms, out);
    sigaction(SIGCHLD, &old, NULL);
    return rc;
}

psx_rc psx_os_query(psx_op *op, int program_fd, const char *name, psx_str question, int timeout_ms,
                    psx_os_reply *out)
{
    int memory, pipes[2];
    TRY(psx_os_memfd_seal(op, name, question, &memory));
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        close(memory);
        return psx_fail(op, PSX_E_OS, "cannot make a pipe: %s", strerror(errno));
    }
    child_fds fds = {above_stdio(program_fd), above_stdio(memory), above_stdio(pipes[1])};
    close(memory);
    close(pipes[1]);
    psx_rc rc;
    if (fds.program < 0 || fds.question < 0 || fds.answer < 0 ||
        lseek(fds.question, 0, SEEK_SET) != 0) {
        rc = psx_fail(op, PSX_E_OS, "cannot start %s: %s", name, strerror(errno));
        if (fds.answer >= 0) close(fds.answer);
    } else {
        rc = talk_and_wait(op, &fds, pipes[0], name, timeout_ms, out);
    }
    if (fds.program >= 0) close(fds.program);
    if (fds.question >= 0) close(fds.question);
    close(pipes[0]);
    return rc;
}

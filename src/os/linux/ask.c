#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "os/ask.h"
#include "os/code.h"
#include "os/memfd.h"

extern char **environ;

enum { SPARE = 64, CANNOT_START = 126 }; // above every number that is given away here

typedef struct {
    struct sigaction interrupt, quit;
} signals;

// Ctrl-C is for the program that asks a person: it has the terminal's echo to turn on again, which
// it cannot when this process is gone and the shell holds the terminal.
static void leave_to_other(signals *old)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &ignore, &old->interrupt);
    sigaction(SIGQUIT, &ignore, &old->quit);
}

static void take_back(const signals *old)
{
    sigaction(SIGINT, &old->interrupt, NULL);
    sigaction(SIGQUIT, &old->quit, NULL);
}

// After fork: nothing but system calls.
static _Noreturn void become(int program_fd, const char *name, int in, int out, const signals *old)
{
    take_back(old);
    char *argv[] = {(char *)name, NULL};
    int program = fcntl(program_fd, F_DUPFD_CLOEXEC, SPARE);
    int from = fcntl(in, F_DUPFD_CLOEXEC, SPARE), to = fcntl(out, F_DUPFD_CLOEXEC, SPARE);
    bool ready = program >= 0 && dup2(from, PSX_OS_ASK_IN) >= 0 && dup2(to, PSX_OS_ASK_OUT) >= 0;
    if (ready) {
        for (int fd = PSX_OS_ASK_OUT + 1; fd < SPARE; fd++) {
            close(fd);
        }
        (void)syscall(SYS_close_range, SPARE, ~0u, 4); // CLOSE_RANGE_CLOEXEC
        (void)psx_os_code_exec(program, argv, environ);
    }
    _exit(CANNOT_START);
}

static psx_rc read_answer(psx_op *op, const char *name, int fd, size_t max, psx_str *answer)
{
    psx_buf b;
    char block[4096];
    psx_buf_init(&b, op);
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return psx_fail(op, PSX_E_OS, "no answer from %s: %s", name, strerror(errno));
        if (got == 0) break;
        if (b.n + (size_t)got > max) {
            return psx_fail(op, PSX_E_OS, "%s answers more than it may", name);
        }
        TRY(psx_buf_add(&b, (psx_str){block, (size_t)got}));
    }
    *answer = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc wait_for(psx_op *op, const char *name, pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return PSX_OK;
    if (WIFSIGNALED(status)) {
        return psx_fail(op, PSX_E_OS, "%s was ended by signal %d", name, WTERMSIG(status));
    }
    return psx_fail(op, PSX_E_OS, "%s could not do its work (status %d)", name,
                    WEXITSTATUS(status));
}

psx_rc psx_os_ask(psx_op *op, int program_fd, const char *name, psx_str question, size_t max,
                  psx_str *answer)
{
    int in, out[2];
    TRY(psx_os_memfd_seal(op, "packsec-question", question, &in));
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in);
        return psx_fail(op, PSX_E_OS, "cannot make a pipe: %s", strerror(errno));
    }
    signals old;
    leave_to_other(&old);
    pid_t pid = fork();
    if (pid == 0) become(program_fd, name, in, out[1], &old);
    close(in);
    close(out[1]);
    psx_rc rc = pid < 0 ? psx_fail(op, PSX_E_OS, "cannot start %s: %s", name, strerror(errno))
                        : read_answer(op, name, out[0], max, answer);
    close(out[0]); // one that goes on writing ends by it
    psx_rc ended = pid < 0 ? rc : wait_for(op, name, pid);
    take_back(&old);
    return psx_failed(rc) ? rc : ended;
}

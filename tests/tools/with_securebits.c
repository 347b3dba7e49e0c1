// with-securebits restrict=0|1 deny=0|1 [kernel=WHICH] program [arguments]: starts the program
// under these securebits for interpreters, locked. Fails (status 99) where the kernel does not do
// it. WHICH: another kernel, for what npsx sees of it (by a system call filter)
//     old     execveat knows no AT_EXECVE_CHECK (EINVAL)
//     none    there is no execveat (ENOSYS)
//     blind   securebits cannot be read (EPERM)
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/kernel.h"

enum { CANNOT = 99, FLAGS = 4, NONE = 0 };

static int fail(const char *what)
{
    fprintf(stderr, "with-securebits: %s: %s\n", what, strerror(errno));
    return CANNOT;
}

// The call `number`, when argument `arg` has a bit of `bits` (prctl: is `bits`), answers `error`.
static int filter(int number, int arg, unsigned bits, int error)
{
    unsigned at = (unsigned)(offsetof(struct seccomp_data, args) + 8 * (size_t)arg);
    unsigned short test = number == SYS_prctl ? BPF_JEQ : BPF_JSET;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
        BPF_JUMP((unsigned short)(BPF_JMP | test | BPF_K), bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int pose_as(const char *kernel)
{
    if (strcmp(kernel, "old") == 0) return filter(SYS_execveat, FLAGS, AT_EXECVE_CHECK, EINVAL);
    if (strcmp(kernel, "none") == 0) return filter(SYS_execveat, FLAGS, AT_EXECVE_CHECK, ENOSYS);
    if (strcmp(kernel, "blind") == 0) return filter(SYS_prctl, NONE, PR_GET_SECUREBITS, EPERM);
    errno = EINVAL;
    return -1;
}

static int set_bits(int want)
{
    int both = SECBIT_EXEC_RESTRICT_FILE | SECBIT_EXEC_DENY_INTERACTIVE;
    int locks = SECBIT_EXEC_RESTRICT_FILE_LOCKED | SECBIT_EXEC_DENY_INTERACTIVE_LOCKED;
    int before = prctl(PR_GET_SECUREBITS);
    if (before < 0 || prctl(PR_SET_SECUREBITS, before | want | locks) != 0) return -1;
    errno = EPERM; // others were locked before
    return (prctl(PR_GET_SECUREBITS) & both) == want ? 0 : -1;
}

int main(int argc, char **argv)
{
    if (argc < 4 || strncmp(argv[1], "restrict=", 9) != 0 || strncmp(argv[2], "deny=", 5) != 0) {
        fputs("usage: with-securebits restrict=0|1 deny=0|1 [kernel=WHICH] program [arguments]\n",
              stderr);
        return CANNOT;
    }
    int want = (argv[1][9] == '1' ? SECBIT_EXEC_RESTRICT_FILE : 0) |
               (argv[2][5] == '1' ? SECBIT_EXEC_DENY_INTERACTIVE : 0);
    if (set_bits(want) != 0) return fail("this kernel does not set the securebits");
    char **program = argv + 3;
    if (strncmp(*program, "kernel=", 7) == 0 && pose_as(*program++ + 7) != 0)
        return fail("this kernel does not filter");
    if (!*program) return fail("no program");
    execvp(*program, program);
    return fail(*program);
}

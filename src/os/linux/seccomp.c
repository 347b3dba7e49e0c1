#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "os/seccomp.h"

static_assert(sizeof(psx_os_bpf) == sizeof(struct sock_filter) &&
              offsetof(psx_os_bpf, k) == offsetof(struct sock_filter, k));
static_assert(PSX_OS_BPF_LOAD == (BPF_LD | BPF_W | BPF_ABS) &&
              PSX_OS_BPF_AND == (BPF_ALU | BPF_AND | BPF_K) &&
              PSX_OS_BPF_JUMP == (BPF_JMP | BPF_JA) &&
              PSX_OS_BPF_IF_EQ == (BPF_JMP | BPF_JEQ | BPF_K) &&
              PSX_OS_BPF_IF_GE == (BPF_JMP | BPF_JGE | BPF_K) &&
              PSX_OS_BPF_RETURN == (BPF_RET | BPF_K) && PSX_OS_BPF_MAX == BPF_MAXINSNS);
static_assert(PSX_OS_SEEN_NR == offsetof(struct seccomp_data, nr) &&
              PSX_OS_SEEN_ARCH == offsetof(struct seccomp_data, arch) &&
              PSX_OS_SEEN_ARGS == offsetof(struct seccomp_data, args) &&
              PSX_OS_SEEN_SIZE == sizeof(struct seccomp_data));
static_assert(PSX_OS_FILTER_KILL == SECCOMP_RET_KILL_PROCESS &&
              PSX_OS_FILTER_REFUSE == SECCOMP_RET_ERRNO &&
              PSX_OS_FILTER_ASK == SECCOMP_RET_USER_NOTIF &&
              PSX_OS_FILTER_ALLOW == SECCOMP_RET_ALLOW);

#if defined(__x86_64__)
const uint32_t psx_os_seccomp_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
const uint32_t psx_os_seccomp_arch = AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH_ is this?"
#endif

static unsigned long flags_of(unsigned flags)
{
    unsigned long out = 0;
    if (flags & PSX_OS_FILTER_LISTENER) out |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    if (flags & PSX_OS_FILTER_KILLABLE) out |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    // TSYNC tells a thread's number by a positive result, which a listener's would be as well.
    if (flags & PSX_OS_FILTER_ALL_THREADS)
        out |= SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
    return out;
}

static psx_rc refused(psx_op *op, int e)
{
    const char *why = e == EBUSY    ? "a supervisor listens already"
                      : e == ESRCH  ? "a thread has a filter of its own"
                      : e == EINVAL ? "this kernel does not know one of its flags"
                                    : strerror(e);
    return psx_fail(op, PSX_E_KERNEL, "cannot load the filter of system calls: %s", why);
}

psx_rc psx_os_seccomp_load(psx_op *op, const psx_os_bpf *v, unsigned short n, unsigned flags,
                           int *listener)
{
    struct sock_fprog program = {.len = n, .filter = (struct sock_filter *)v};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused(op, errno);
    long got = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags_of(flags), &program);
    // Kernels that cannot tell threads and a listener apart know TSYNC alone.
    if (got < 0 && errno == EINVAL && flags == PSX_OS_FILTER_ALL_THREADS) {
        got = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
        if (got > 0) return refused(op, ESRCH);
    }
    if (got < 0) return refused(op, errno);
    if (flags & PSX_OS_FILTER_LISTENER) *listener = (int)got;
    return PSX_OK;
}

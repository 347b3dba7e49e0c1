// A second filter over the box's own (src/box/calls.c), which only takes away. What the box refuses
// already, as execve and fork where nothing is spawned, is not refused here again: this filter's
// word would come first, and the supervisor would not hear of it.
#include <errno.h>
#include <sys/syscall.h>

#include "addon/seal.h"
#include "os/privileges.h"

enum { X32_BIT = 0x40000000, EXECVE_CHECK = 0x10000 /* AT_EXECVE_CHECK: asks, runs nothing */ };

typedef struct {
    psx_os_bpf *v;
    unsigned short n;
} maker;

static void put(maker *m, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
    m->v[m->n++] = (psx_os_bpf){code, jt, jf, k};
}

static void refuse(maker *m, long nr, int error)
{
    put(m, PSX_OS_BPF_IF_EQ, (uint32_t)nr, 0, 1);
    put(m, PSX_OS_BPF_RETURN, PSX_OS_FILTER_REFUSE | (uint32_t)error, 0, 0);
}

// npsx starts the engine with it. Its flags are an int: the upper half does not count.
static void refuse_execveat(maker *m)
{
    put(m, PSX_OS_BPF_IF_EQ, SYS_execveat, 0, 4);
    put(m, PSX_OS_BPF_LOAD, PSX_OS_SEEN_ARGS + 4 * 8, 0, 0);
    put(m, PSX_OS_BPF_AND, EXECVE_CHECK, 0, 0);
    put(m, PSX_OS_BPF_IF_EQ, EXECVE_CHECK, 1, 0);
    put(m, PSX_OS_BPF_RETURN, PSX_OS_FILTER_REFUSE | EACCES, 0, 0);
    put(m, PSX_OS_BPF_LOAD, PSX_OS_SEEN_NR, 0, 0);
}

unsigned short psx_seal_program(const psx_plan *plan, psx_os_bpf *v)
{
    maker m = {.v = v};
    put(&m, PSX_OS_BPF_LOAD, PSX_OS_SEEN_ARCH, 0, 0);
    put(&m, PSX_OS_BPF_IF_EQ, psx_os_seccomp_arch, 1, 0);
    put(&m, PSX_OS_BPF_RETURN, PSX_OS_FILTER_KILL, 0, 0);
    put(&m, PSX_OS_BPF_LOAD, PSX_OS_SEEN_NR, 0, 0);
    put(&m, PSX_OS_BPF_IF_GE, X32_BIT, 0, 1);
    put(&m, PSX_OS_BPF_RETURN, PSX_OS_FILTER_KILL, 0, 0);
    if (!plan->box_read) {
        // Landlock does not look at it. psx.node finds real paths in another way (os/fd_place.h).
        refuse(&m, SYS_readlink, EACCES);
        refuse(&m, SYS_readlinkat, EACCES);
    }
    if (!plan->box_spawn) {
        // Where something is spawned, Landlock says what may be executed, by whatever call; and a
        // program that confines itself further may.
        refuse(&m, SYS_seccomp, EPERM);
        refuse_execveat(&m);
    }
    put(&m, PSX_OS_BPF_RETURN, PSX_OS_FILTER_ALLOW, 0, 0);
    return m.n;
}

psx_rc psx_seal(psx_op *op, const psx_plan *plan)
{
    psx_os_bpf v[PSX_SEAL_MAX];
    unsigned short n = psx_seal_program(plan, v);
    // The way to the supervisor, the plan: node itself marks the lowest numbers only, and a child
    // is given all that lie below the last of its own.
    int e = psx_os_keep_descriptors();
    if (e < 0) return psx_fail(op, PSX_E_OS, "cannot keep descriptors: %s", strerror(-e));
    return psx_os_seccomp_load(op, v, n, PSX_OS_FILTER_ALL_THREADS, NULL);
}

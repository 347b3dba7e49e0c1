// Filters of system calls. What one asks is answered with os/notify.h.
#ifndef PSX_OS_SECCOMP_H
#define PSX_OS_SECCOMP_H

#include "base/op.h"

// One instruction of classic BPF, as the kernel takes it (struct sock_filter).
typedef struct {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
} psx_os_bpf;

enum {
    PSX_OS_BPF_LOAD = 0x20, // a 32-bit word of what a filter sees, at k
    PSX_OS_BPF_AND = 0x54,
    PSX_OS_BPF_JUMP = 0x05,
    PSX_OS_BPF_IF_EQ = 0x15,
    PSX_OS_BPF_IF_GE = 0x35,
    PSX_OS_BPF_RETURN = 0x06,
    PSX_OS_BPF_MAX = 4096,
};

// Where a filter finds what (struct seccomp_data).
enum { PSX_OS_SEEN_NR = 0, PSX_OS_SEEN_ARCH = 4, PSX_OS_SEEN_ARGS = 16, PSX_OS_SEEN_SIZE = 64 };

// What a filter returns. An error's number is added to REFUSE.
#define PSX_OS_FILTER_KILL   0x80000000u // the process
#define PSX_OS_FILTER_REFUSE 0x00050000u
#define PSX_OS_FILTER_ASK    0x7fc00000u
#define PSX_OS_FILTER_ALLOW  0x7fff0000u

// The one architecture whose numbers this program knows (AUDIT_ARCH_...).
extern const uint32_t psx_os_seccomp_arch;

enum {
    PSX_OS_FILTER_LISTENER = 1 << 0, // *listener: where ASK arrives; close-on-exec
    PSX_OS_FILTER_KILLABLE = 1 << 1, // who waits for an answer is disturbed by fatal signals only
    PSX_OS_FILTER_ALL_THREADS =
        1 << 2, // of this process; fails when one of them has another filter
};

// no_new_privs, and the filter. Irrevocable. listener may be NULL without PSX_OS_FILTER_LISTENER.
psx_rc psx_os_seccomp_load(psx_op *op, const psx_os_bpf *v, unsigned short n, unsigned flags,
                           int *listener);

#endif

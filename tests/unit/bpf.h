// What a filter of system calls does, without a kernel: a classic BPF machine over the same bytes.
#ifndef PSX_TESTS_BPF_H
#define PSX_TESTS_BPF_H

#include "os/seccomp.h"

typedef struct {
    uint32_t nr, arch;
    uint64_t at, args[6];
} bpf_seen;
static_assert(sizeof(bpf_seen) == PSX_OS_SEEN_SIZE);

static inline uint32_t bpf_word(const bpf_seen *s, uint32_t at)
{
    uint32_t w;
    memcpy(&w, (const char *)s + at, sizeof w);
    return w;
}

// Is it a program that the kernel would take: known instructions, words of what is seen, jumps that
// lead forward and stay inside, a return at the end?
static inline bool bpf_is_sound(const psx_os_bpf *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t rest = n - i - 1;
        switch (v[i].code) {
        case PSX_OS_BPF_LOAD:
            if (v[i].k % 4 || v[i].k >= PSX_OS_SEEN_SIZE) return false;
            break;
        case PSX_OS_BPF_JUMP:
            if (v[i].k >= rest) return false;
            break;
        case PSX_OS_BPF_IF_EQ:
        case PSX_OS_BPF_IF_GE:
            if (v[i].jt >= rest || v[i].jf >= rest) return false;
            break;
        case PSX_OS_BPF_AND:
        case PSX_OS_BPF_RETURN: break;
        default: return false;
        }
    }
    return n > 0 && n <= PSX_OS_BPF_MAX && v[n - 1].code == PSX_OS_BPF_RETURN;
}

// For a sound program. *constant: number and architecture alone decided, so that the kernel
// remembers the answer.
static inline uint32_t bpf_run(const psx_os_bpf *v, const bpf_seen *s, bool *constant)
{
    uint32_t a = 0;
    bool looked = false;
    for (size_t i = 0;; i++) {
        const psx_os_bpf *x = &v[i];
        switch (x->code) {
        case PSX_OS_BPF_LOAD:
            a = bpf_word(s, x->k);
            looked |= x->k != PSX_OS_SEEN_NR && x->k != PSX_OS_SEEN_ARCH;
            break;
        case PSX_OS_BPF_AND: a &= x->k; break;
        case PSX_OS_BPF_JUMP: i += x->k; break;
        case PSX_OS_BPF_IF_EQ: i += a == x->k ? x->jt : x->jf; break;
        case PSX_OS_BPF_IF_GE: i += a >= x->k ? x->jt : x->jf; break;
        default:
            if (constant) *constant = !looked;
            return x->k;
        }
    }
}

#endif

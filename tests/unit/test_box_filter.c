// The filter of system calls, checked as a table: the very bytes that the kernel gets run in a
// machine of our own, over every number, every combination of facts and the edges of arguments.
#include <assert.h>
#include <errno.h>
#include <seccomp.h>
#include <sys/syscall.h>

#include "alloc.h"

#include "addon/seal.h"
#include "box/filter.h"
#include "bpf.h"

enum { SELF = 4711, FACTS = PSX_BOX_FACTS, I386 = 0x40000003, X32 = 0x40000000 };

static psx_box_program compile(psx_op *op, unsigned facts, bool supervised)
{
    psx_box_program p;
    assert_false(psx_failed(psx_box_filter_compile(op, facts, supervised, SELF, &p)));
    assert_true(bpf_is_sound(p.v, p.n));
    return p;
}

static uint32_t run(const psx_box_program *p, uint32_t nr, const uint64_t args[6])
{
    bpf_seen s = {.nr = nr, .arch = psx_os_seccomp_arch};
    if (args) memcpy(s.args, args, sizeof s.args);
    return bpf_run(p->v, &s, NULL);
}

// ---- the table, read by itself ------------------------------------------------------------------

static bool holds(const psx_call_test *t, const uint64_t args[6])
{
    uint64_t v = args[t->arg];
    if (t->whole && v >> 32) return false;
    uint32_t low = (uint32_t)v;
    if (t->keep) low &= t->keep;
    for (size_t i = 0; i < t->n; i++) {
        if (low == t->values[i]) return true;
    }
    return t->own && low == SELF;
}

static uint32_t answer(psx_call_answer a, int error, bool supervised)
{
    if (a == PSX_CALL_ALLOW) return PSX_OS_FILTER_ALLOW;
    if (a == PSX_CALL_ASK && supervised) return PSX_OS_FILTER_ASK;
    return PSX_OS_FILTER_REFUSE | (uint32_t)error;
}

static uint32_t expected(const psx_call *c, unsigned facts, bool supervised, const uint64_t args[6])
{
    if (!c) return PSX_OS_FILTER_REFUSE | ENOSYS;
    if (c->allowed & facts) return PSX_OS_FILTER_ALLOW;
    for (const psx_call_rule *r = c->rules; r && r->when; r++) {
        bool fits = (r->when & facts) != 0;
        for (size_t i = 0; fits && i < r->n; i++)
            fits = holds(&r->tests[i], args);
        if (fits) return answer(r->answer, r->error, supervised);
    }
    return answer(c->otherwise, c->error, supervised);
}

static const uint64_t nothing[6];

// Arguments do not matter where a row has no rules, so the numbers alone are gone over, for all
// facts there can be.
static void every_number(void **state)
{
    (void)state;
    const psx_call *calls[600] = {0};
    for (int nr = 0; nr < 600; nr++)
        calls[nr] = psx_box_call_of(nr);
    // PSX_BOX_ANY is always there, so its bit says whether somebody watches.
    // Steps of 7 meet every pair of facts, with and without.
    for (unsigned i = 0; i < FACTS; i += 7) {
        psx_op op;
        psx_op_init(&op, 1 << 20);
        unsigned facts = i | PSX_BOX_ANY;
        bool supervised = i & PSX_BOX_ANY;
        psx_box_program p = compile(&op, facts, supervised);
        for (uint32_t nr = 0; nr < 600; nr++) {
            uint32_t is = run(&p, nr, nothing);
            if (is != expected(calls[nr], facts, supervised, nothing))
                fail_msg("%u with facts %#x: %#x", nr, facts, is);
        }
        psx_op_fini(&op);
    }
}

// ---- other ways in ------------------------------------------------------------------------------

static void other_tables_are_killed(void **state)
{
    (void)state;
    psx_op op;
    psx_op_init(&op, 1 << 20);
    psx_box_program p = compile(&op, FACTS - 1, true); // everything that can be granted
    for (uint32_t nr = 0; nr < 600; nr++) {
        bpf_seen s = {.nr = nr, .arch = I386};
        assert_int_equal(bpf_run(p.v, &s, NULL), PSX_OS_FILTER_KILL);
        assert_int_equal(run(&p, X32 | nr, nothing), PSX_OS_FILTER_KILL);
        assert_int_equal(run(&p, 0x80000000u | nr, nothing), PSX_OS_FILTER_KILL);
    }
    assert_int_equal(run(&p, 0xfffffffe, nothing), PSX_OS_FILTER_KILL);
    for (uint32_t nr = 512; nr < X32; nr += 4099)
        assert_int_equal(run(&p, nr, nothing), PSX_OS_FILTER_REFUSE | ENOSYS);
    // What a tracer leaves of a call that it skips.
    assert_int_equal(run(&p, 0xffffffff, nothing), PSX_OS_FILTER_REFUSE | ENOSYS);
    psx_op_fini(&op);
}

// ---- arguments ----------------------------------------------------------------------------------

enum { EDGES = 256 };

typedef struct {
    uint64_t v[EDGES];
    size_t n;
} edges;

static void add(edges *e, uint64_t v)
{
    static const uint64_t upper[] = {0, 1ull << 32, 0xffffffffull << 32, 1ull << 63};
    for (size_t i = 0; i < 4 && e->n < EDGES; i++)
        e->v[e->n++] = v | upper[i];
}

// Of one argument: what rules compare it with, its neighbours, single bits, and all of it again
// with a dirty upper half.
static void edges_of(const psx_call *c, unsigned arg, edges *e)
{
    e->n = 0;
    add(e, 0);
    add(e, SELF);
    add(e, 0xffffffff);
    for (const psx_call_rule *r = c->rules; r && r->when; r++) {
        for (size_t i = 0; i < r->n; i++) {
            const psx_call_test *t = &r->tests[i];
            for (size_t k = 0; t->arg == arg && k < t->n && e->n < 200; k++) {
                add(e, t->values[k]);
                add(e, t->values[k] + 1);
                if (t->keep) add(e, t->values[k] | ~t->keep);
                if (t->keep) add(e, t->values[k] ^ (t->keep & -t->keep));
            }
        }
    }
}

static void try_edges(const psx_box_program *p, const psx_call *c, unsigned facts, bool supervised)
{
    static edges e[3];
    unsigned first = c->rules->tests[0].arg;
    // Rules look at up to three neighbours.
    for (unsigned i = 0; i < 3; i++)
        edges_of(c, first + i < 6 ? first + i : 5, &e[i]);
    for (size_t i = 0; i < e[0].n; i++) {
        for (size_t j = 0; j < e[1].n; j++) {
            for (size_t k = 0; k < e[2].n; k += 3) {
                uint64_t args[6] = {0};
                args[first] = e[0].v[i];
                if (first + 1 < 6) args[first + 1] = e[1].v[j];
                if (first + 2 < 6) args[first + 2] = e[2].v[k];
                if (run(p, (uint32_t)c->nr, args) != expected(c, facts, supervised, args))
                    fail_msg("%s(%#lx, %#lx, %#lx)", c->name, args[0], args[1], args[2]);
            }
        }
    }
}

static void every_argument(void **state)
{
    (void)state;
    static const unsigned some[] = {
        PSX_BOX_ANY | PSX_BOX_SILENT, PSX_BOX_ANY | PSX_BOX_RUNS | PSX_BOX_SILENT,
        PSX_BOX_ANY | PSX_BOX_TALKS | PSX_BOX_SPAWNS | PSX_BOX_SIGNALS | PSX_BOX_WRITES,
        PSX_BOX_ANY | PSX_BOX_ROUTES | PSX_BOX_ROUTES_ALONE | PSX_BOX_SILENT};
    for (size_t f = 0; f < 2 * sizeof some / sizeof *some; f++) {
        psx_op op;
        psx_op_init(&op, 1 << 20);
        psx_box_program p = compile(&op, some[f / 2], f % 2);
        for (size_t i = 0; i < psx_box_n_calls; i++) {
            const psx_call *c = &psx_box_calls[i];
            if (c->nr >= 0 && c->rules) try_edges(&p, c, some[f / 2], f % 2);
        }
        psx_op_fini(&op);
    }
}

// ---- what must be, whatever the table says ------------------------------------------------------

typedef enum { NO, YES } verdict;

typedef struct {
    unsigned facts;
    int nr;
    uint64_t args[6];
    verdict may;
} vector;

#define FULL   (FACTS - 1)
#define FENCED (PSX_BOX_FENCED | PSX_BOX_OPENS_FENCED)
#define EMPTY  (PSX_BOX_ANY | PSX_BOX_SILENT | FENCED)
#define TALKS  (PSX_BOX_ANY | PSX_BOX_TALKS | FENCED)
#define SPAWNS (EMPTY | PSX_BOX_SPAWNS | PSX_BOX_SIGNALS)
#define RUNS   (EMPTY | PSX_BOX_RUNS)
#define HIGH   0xdeadbeef00000000u
#define THREAD 0x3d0f00 // as pthread_create

static const vector vectors[] = {
    // Namespaces, however they are asked for and whatever else is set; the upper half is cut off.
    {EMPTY, SYS_clone, {THREAD}, YES},
    {EMPTY, SYS_clone, {THREAD | HIGH}, YES},
    {EMPTY, SYS_clone, {17}, NO},
    {EMPTY, SYS_clone, {0x00010000ull << 32 | 17}, NO}, // CLONE_THREAD in the upper half
    {EMPTY, SYS_clone, {THREAD | 0x10000000}, NO},
    {SPAWNS, SYS_clone, {17}, YES},
    {SPAWNS, SYS_clone, {17 | 0x4100}, YES}, // vfork, posix_spawn
    {SPAWNS, SYS_clone, {17 | 0x10000000}, NO},
    {RUNS, SYS_clone, {17 | 0x00020000}, NO},
    {RUNS, SYS_clone, {17 | 0x02000000}, NO},
    {RUNS, SYS_clone, {17 | 0x8000}, NO}, // CLONE_PARENT
    {RUNS, SYS_clone, {17 | 0x10000000 | HIGH}, NO},
    {RUNS, SYS_clone3, {0}, NO},
    {RUNS, SYS_unshare, {0x10000000}, NO},
    {EMPTY, SYS_unshare, {0x200}, YES}, // CLONE_FS
    {EMPTY, SYS_unshare, {0x200 | 0x10000000}, NO},
    {EMPTY, SYS_unshare, {0x200 | HIGH}, NO},
    {FULL, SYS_unshare, {0}, NO},
    // Sockets: int arguments, so the upper half changes nothing.
    {EMPTY, SYS_socket, {2, 1, 0}, NO},
    {EMPTY, SYS_socket, {2 | HIGH, 1, 0}, NO},
    {EMPTY, SYS_socket, {1, 1, 0}, NO},
    {EMPTY, SYS_socket, {16, 3, 0}, NO},
    {TALKS, SYS_socket, {2, 1, 0}, YES},
    {TALKS, SYS_socket, {2, 1 | 02004000, 6}, YES},
    {TALKS, SYS_socket, {10 | HIGH, 2 | HIGH, 17 | HIGH}, YES},
    {TALKS, SYS_socket, {1, 1, 0}, NO},
    {TALKS, SYS_socket, {1 | HIGH, 2, 0}, NO},
    {TALKS | PSX_BOX_UNIX, SYS_socket, {1, 1, 0}, YES},
    {TALKS, SYS_socket, {2, 3, 6}, NO}, // raw
    {TALKS, SYS_socket, {2, 3 | HIGH, 6}, NO},
    {TALKS, SYS_socket, {2, 2, 1}, NO},   // ping
    {TALKS, SYS_socket, {2, 1, 132}, NO}, // SCTP
    {TALKS, SYS_socket, {2, 5, 132}, NO},
    {TALKS, SYS_socket, {2, 1, 262}, NO}, // multipath TCP
    {TALKS, SYS_socket, {2, 1, 262 | HIGH}, NO},
    {TALKS, SYS_socket, {2, 2, 136}, NO}, // UDP-Lite
    {TALKS, SYS_socket, {2, 10, 0}, NO},  // SOCK_PACKET
    {TALKS, SYS_socket, {2, 0x11, 0}, NO},
    {TALKS, SYS_socket, {17, 3, 0x300}, NO}, // packets
    {TALKS, SYS_socket, {38, 5, 0}, NO},     // AF_ALG
    {TALKS, SYS_socket, {40, 1, 0}, NO},     // AF_VSOCK
    {TALKS, SYS_socket, {44, 3, 0}, NO},     // AF_XDP
    {TALKS, SYS_socket, {16, 3, 0}, YES},
    {TALKS, SYS_socket, {16, 3, 9}, NO},  // netlink: audit
    {TALKS, SYS_socket, {16, 3, 12}, NO}, // netfilter
    {TALKS, SYS_socket, {16, 3, 15 | HIGH}, NO},
    {EMPTY | PSX_BOX_ROUTES, SYS_socket, {16, 3, 0}, YES},
    {EMPTY | PSX_BOX_ROUTES, SYS_socket, {2, 1, 0}, NO},
    {EMPTY, SYS_socketpair, {1, 1}, YES},
    {EMPTY, SYS_socketpair, {1, 5 | 02000000}, YES},
    {EMPTY, SYS_socketpair, {1, 2}, NO},
    {FULL, SYS_socketpair, {1, 2 | HIGH}, NO},
    // A pointer: 64 bits count.
    {TALKS, SYS_sendto, {3, 4096, 5, 0, 0, 0}, YES},
    {TALKS, SYS_sendto, {3, 4096, 5, 0, 0x1000, 16}, NO},
    {TALKS, SYS_sendto, {3, 4096, 5, 0, 0x700000000000, 16}, NO},
    {TALKS, SYS_connect, {3}, NO},
    {TALKS, SYS_sendmsg, {3}, NO},
    {TALKS, SYS_bind, {3}, NO},
    {TALKS | PSX_BOX_CONNECTS_ALONE, SYS_listen, {3}, NO},
    // Options that lead packets elsewhere than to the address that was decided about.
    {TALKS, SYS_setsockopt, {3, 0, 4}, NO},
    {TALKS, SYS_setsockopt, {3, HIGH, 4 | HIGH}, NO},
    {TALKS, SYS_setsockopt, {3, 41, 57}, NO},
    {TALKS, SYS_setsockopt, {3, 41 | HIGH, 6}, NO},
    {FULL, SYS_setsockopt, {3, 6, 31}, NO},   // TCP_ULP
    {FULL, SYS_setsockopt, {3, 1, 26}, NO},   // SO_ATTACH_FILTER
    {FULL, SYS_setsockopt, {3, 0, 64}, NO},   // netfilter
    {FULL, SYS_setsockopt, {3, 17, 100}, NO}, // UDP_ENCAP
    {EMPTY, SYS_setsockopt, {3, 6 | HIGH, 1}, YES},
    {EMPTY, SYS_setsockopt, {3, 1, 2 | HIGH}, YES},
    {EMPTY, SYS_setsockopt, {3, 41, 26}, YES},
    // Others' processes.
    {EMPTY, SYS_kill, {SELF, 9}, YES},
    {EMPTY, SYS_kill, {SELF | HIGH, 9}, YES},
    {EMPTY, SYS_kill, {1, 9}, NO},
    {EMPTY, SYS_kill, {0, 9}, NO},
    {EMPTY, SYS_kill, {(uint64_t)-1, 9}, NO},
    {EMPTY, SYS_kill, {(uint64_t)-SELF, 9}, NO},
    {EMPTY, SYS_tgkill, {SELF, 5, 6}, YES},
    {EMPTY, SYS_tgkill, {5, SELF, 6}, NO},
    {EMPTY, SYS_tkill, {SELF, 6}, NO},
    {EMPTY, SYS_fcntl, {3, 8, 1}, NO},
    {EMPTY, SYS_fcntl, {3, 10 | HIGH, 9}, NO},
    {EMPTY, SYS_fcntl, {3, 15, 1}, NO},
    {EMPTY, SYS_fcntl, {3, 4, 0x2000}, YES},
    {EMPTY, SYS_prlimit64, {0, 7}, YES},
    {EMPTY, SYS_prlimit64, {1, 7}, NO},
    {EMPTY, SYS_setpriority, {0, SELF}, YES},
    {EMPTY, SYS_setpriority, {1, 0}, NO}, // the process group
    {EMPTY, SYS_setpriority, {2, 0}, NO}, // all of the user's
    {FULL, SYS_ptrace, {0}, NO},
    {FULL, SYS_process_vm_readv, {0}, NO},
    {FULL, SYS_pidfd_getfd, {0}, NO},
    // Programs.
    {EMPTY, SYS_execve, {0}, NO},
    {EMPTY, SYS_execveat, {3, 0, 0, 0, 0x1000}, YES},
    {EMPTY, SYS_execveat, {3, 0, 0, 0, 0}, NO},
    {EMPTY, SYS_execveat, {3, 0, 0, 0, HIGH}, NO},
    {EMPTY, SYS_execveat, {3, 0, 0, 0, 0x1100}, NO},
    {EMPTY, SYS_memfd_create, {0, 0}, NO},
    {EMPTY, SYS_memfd_create, {0, 0x8 | 0x3}, YES},
    {EMPTY, SYS_memfd_create, {0, 0x10}, NO},
    {EMPTY, SYS_memfd_create, {0, 0x18}, NO},
    {EMPTY, SYS_memfd_create, {0, 8ull << 32}, NO},
    // Terminals and attributes, by an unsigned int.
    {FULL, SYS_ioctl, {0, 0x5412}, NO},
    {FULL, SYS_ioctl, {0, 0x5412 | HIGH}, NO},
    {FULL, SYS_ioctl, {0, 0x541c}, NO},
    {FULL, SYS_ioctl, {0, 0x40086602}, NO},
    {EMPTY, SYS_ioctl, {0, 0x5401 | HIGH}, YES},
    {EMPTY, SYS_prctl, {15}, YES},
    {EMPTY, SYS_prctl, {0x59616d61}, NO}, // PR_SET_PTRACER
    {FULL, SYS_prctl, {0x59616d61}, YES}, // npsx-spawn's
    {FULL, SYS_prctl, {35}, NO},          // PR_SET_MM
    {FULL, SYS_prctl, {28 | HIGH}, NO},   // PR_SET_SECUREBITS
    {EMPTY, SYS_prctl, {22}, NO},
    {FULL, SYS_personality, {0x0400000}, NO},
    {FULL, SYS_personality, {0xffffffff}, YES},
    {FULL, SYS_io_uring_setup, {0}, NO},
    {FULL, SYS_userfaultfd, {0}, NO},
    {FULL, SYS_bpf, {0}, NO},
    {FULL, SYS_keyctl, {0}, NO},
    {FULL, SYS_mount, {0}, NO},
    {FULL, SYS_fchmod, {0}, NO},
    {FULL, SYS_utimensat, {0}, NO},
    {FULL, SYS_fsetxattr, {0}, NO},
    {FULL, SYS_open_by_handle_at, {0}, NO},
    {FULL, 452, {0}, NO}, // fchmodat2
    {FULL, 463, {0}, NO}, // setxattrat
    {FULL, 469, {0}, NO}, // file_setattr
    {EMPTY, SYS_mknodat, {0, 0, 0010000}, NO},
    {EMPTY | PSX_BOX_WRITES, SYS_mknodat, {0, 0, 0010000}, YES},
    {FULL, SYS_mknodat, {0, 0, 0020000}, NO},
    {FULL, SYS_mknodat, {0, 0, 0060000 | HIGH}, NO},
};

static void what_must_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof vectors / sizeof *vectors; i++) {
        const vector *v = &vectors[i / 2];
        psx_op op;
        psx_op_init(&op, 1 << 20);
        psx_box_program p = compile(&op, v->facts, i % 2);
        uint32_t is = run(&p, (uint32_t)v->nr, v->args);
        if ((is == PSX_OS_FILTER_ALLOW) != (v->may == YES))
            fail_msg("vector %zu: %d(%#lx, %#lx ...): %#x", i / 2, v->nr, v->args[0], v->args[1],
                     is);
        psx_op_fini(&op);
    }
}

// Each refusal that is not silent is seen when somebody watches.
static void refusals_are_seen(void **state)
{
    (void)state;
    psx_op op;
    psx_op_init(&op, 1 << 20);
    psx_box_program p = compile(&op, EMPTY, true);
    for (size_t i = 0; i < psx_box_n_calls; i++) {
        const psx_call *c = &psx_box_calls[i];
        if (c->nr < 0 || c->rules || c->allowed || c->otherwise != PSX_CALL_ASK) continue;
        assert_int_equal(run(&p, (uint32_t)c->nr, nothing), PSX_OS_FILTER_ASK);
    }
    psx_op_fini(&op);
}

// What is called for each request costs nothing: the kernel remembers its answer.
static void hot_calls_are_constant(void **state)
{
    (void)state;
    static const int hot[] = {
        SYS_read,        SYS_write, SYS_readv,   SYS_writev,   SYS_epoll_wait, SYS_epoll_ctl,
        SYS_epoll_pwait, SYS_futex, SYS_accept4, SYS_close,    SYS_recvfrom,   SYS_recvmsg,
        SYS_shutdown,    SYS_mmap,  SYS_munmap,  SYS_mprotect, SYS_madvise,    SYS_openat,
        SYS_newfstatat,  SYS_statx, SYS_pread64, SYS_pwrite64, SYS_getpid,     SYS_sched_yield};
    psx_op op;
    psx_op_init(&op, 1 << 20);
    psx_box_program p = compile(&op, TALKS, true);
    for (size_t i = 0; i < sizeof hot / sizeof *hot; i++) {
        bool constant = false;
        bpf_seen s = {.nr = (uint32_t)hot[i], .arch = psx_os_seccomp_arch};
        assert_int_equal(bpf_run(p.v, &s, &constant), PSX_OS_FILTER_ALLOW);
        assert_true(constant);
    }
    psx_op_fini(&op);
}

// ---- the seal -----------------------------------------------------------------------------------

// It takes away what it is for, and nothing else from what the box lets through.
static void the_seal(void **state)
{
    (void)state;
    for (unsigned what = 0; what < 4; what++) {
        bool spawns = what & 1, reads = what & 2;
        psx_plan plan = {.boxed = true, .box_spawn = spawns, .box_read = reads};
        psx_os_bpf v[PSX_SEAL_MAX];
        psx_box_program p = {v, psx_seal_program(&plan, v)};
        assert_true(p.n <= PSX_SEAL_MAX && bpf_is_sound(p.v, p.n));
        for (uint32_t nr = 0; nr < 600; nr++) {
            bool sealed = (!spawns && (nr == SYS_seccomp || nr == SYS_execveat)) ||
                          (!reads && (nr == SYS_readlink || nr == SYS_readlinkat));
            assert_int_equal(run(&p, nr, nothing) != PSX_OS_FILTER_ALLOW, sealed);
            bpf_seen other = {.nr = nr, .arch = I386};
            assert_int_equal(bpf_run(p.v, &other, NULL), PSX_OS_FILTER_KILL);
            assert_int_equal(run(&p, X32 | nr, nothing), PSX_OS_FILTER_KILL);
        }
        if (spawns) continue;
        const uint64_t flags[] = {0x1000, 0x1000 | HIGH, 0x10000ull << 32 | 0x1000, 0};
        for (size_t i = 0; i < 4; i++) {
            const uint64_t args[6] = {3, 0, 0, 0, flags[i]}, asks[6] = {3, 0, 0, 0, 0x11000};
            assert_int_equal(run(&p, SYS_execveat, args), PSX_OS_FILTER_REFUSE | EACCES);
            assert_int_equal(run(&p, SYS_execveat, asks), PSX_OS_FILTER_ALLOW);
        }
        bool constant = false;
        bpf_seen s = {.nr = SYS_read, .arch = psx_os_seccomp_arch};
        assert_int_equal(bpf_run(p.v, &s, &constant), PSX_OS_FILTER_ALLOW);
        assert_true(constant);
    }
}

// ---- the table itself ---------------------------------------------------------------------------

static void names_and_numbers(void **state)
{
    (void)state;
    bool seen[512] = {false};
    for (size_t i = 0; i < psx_box_n_calls; i++) {
        const psx_call *c = &psx_box_calls[i];
        int known = seccomp_syscall_resolve_name(c->name);
        if (c->nr < 0) continue;
        assert_true(c->nr < 512 && !seen[c->nr]);
        seen[c->nr] = true;
        if (known >= 0 && known != c->nr) fail_msg("%s is %d, not %d", c->name, known, c->nr);
        // Who may never make it freely is told why.
        if (!(c->allowed & PSX_BOX_ANY) && !*c->why) fail_msg("%s: why?", c->name);
        if (!(c->allowed & PSX_BOX_ANY) && (c->error <= 0 || c->error > 4095))
            fail_msg("%s: no error", c->name);
    }
}

static void facts_of_specs(void **state)
{
    (void)state;
    psx_box_kernel now = {.landlock = 7, .memfd_noexec = true}, old = {.landlock = 2};
    psx_box_spec s = {.kind = PSX_BOX_ENGINE};
    unsigned has = PSX_BOX_LANDLOCK_TRUNCATES;
    assert_int_equal(psx_box_filter_facts(&s, &now), EMPTY | has);
    assert_int_equal(psx_box_filter_facts(&s, &old), EMPTY | PSX_BOX_MEMFD_EXEC_ONLY);
    s.read = PSX_BOX_SOME;
    assert_int_equal(psx_box_filter_facts(&s, &now),
                     EMPTY | PSX_BOX_READS | PSX_BOX_WATCHES_ALONE | has);
    s.read = PSX_BOX_NONE;
    s.connect = PSX_BOX_SOME;
    assert_int_equal(psx_box_filter_facts(&s, &now), TALKS | PSX_BOX_CONNECTS_ALONE | has);
    s.supervised = true;
    assert_int_equal(psx_box_filter_facts(&s, &now), TALKS | PSX_BOX_UNIX | has);
    s = (psx_box_spec){.kind = PSX_BOX_COMMAND, .interfaces = true, .listen = PSX_BOX_ALL};
    assert_int_equal(psx_box_filter_facts(&s, &now), TALKS | PSX_BOX_RUNS | PSX_BOX_ROUTES |
                                                         PSX_BOX_LISTENS_ALONE |
                                                         PSX_BOX_WATCHES_ALONE | has);
    s = (psx_box_spec){.interfaces = true};
    assert_int_equal(psx_box_filter_facts(&s, &now),
                     EMPTY | PSX_BOX_ROUTES | PSX_BOX_ROUTES_ALONE | has);
    // who opens files without asking, where something is granted that is not there yet
    s = (psx_box_spec){.kind = PSX_BOX_ENGINE, .supervised = true, .makes = true, .grows = true};
    assert_int_equal(psx_box_filter_facts(&s, &now) & FENCED, FENCED);
    s.native = true;
    assert_int_equal(psx_box_filter_facts(&s, &now) & FENCED, 0);
    s.grows = false;
    assert_int_equal(psx_box_filter_facts(&s, &now) & FENCED, PSX_BOX_OPENS_FENCED);
    s.supervised = false;
    assert_int_equal(psx_box_filter_facts(&s, &now) & FENCED, FENCED);
    s = (psx_box_spec){.kind = PSX_BOX_COMMAND, .supervised = true, .grows = true};
    assert_int_equal(psx_box_filter_facts(&s, &now) & FENCED, 0);
}

static psx_rc make_once(psx_op *op, const void *arg)
{
    (void)arg;
    psx_box_program p;
    return psx_box_filter_compile(op, FULL, true, SELF, &p);
}

static void without_memory(void **state)
{
    (void)state;
    check_all_allocations(make_once, NULL, PSX_E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number),      cmocka_unit_test(other_tables_are_killed),
        cmocka_unit_test(every_argument),    cmocka_unit_test(what_must_be),
        cmocka_unit_test(refusals_are_seen), cmocka_unit_test(hot_calls_are_constant),
        cmocka_unit_test(the_seal),          cmocka_unit_test(names_and_numbers),
        cmocka_unit_test(facts_of_specs),    cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

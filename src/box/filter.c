// From the table to a program: the numbers in a tree, so that any is found in nine steps, and the
// tests of arguments behind them. Where a number alone decides, the kernel remembers the answer and
// never runs the program for it again.
#include "box/filter.h"

#include <errno.h>

static const uint32_t NO_CALL = 0xffffffff; // what a tracer leaves of a call that it skips
enum {
    NUMBERS = 512,        // every number of the table is below
    X32_BIT = 0x40000000, // another table's numbers: a second way to every call
    PROGRAM_MAX = PSX_OS_BPF_MAX,
};

typedef struct {
    psx_os_bpf *v;
    size_t n;
    unsigned facts;
    bool supervised, full;
    uint32_t self;
    const psx_call *calls[NUMBERS]; // NULL: not in the table
} maker;

// ---- instructions -------------------------------------------------------------------------------

static size_t put(maker *m, uint16_t code, uint32_t k, size_t jt, size_t jf)
{
    m->full |= m->n >= PROGRAM_MAX || jt > UINT8_MAX || jf > UINT8_MAX;
    if (m->full) return 0;
    m->v[m->n] = (psx_os_bpf){code, (uint8_t)jt, (uint8_t)jf, k};
    return m->n++;
}

static void put_return(maker *m, uint32_t what)
{
    put(m, PSX_OS_BPF_RETURN, what, 0, 0);
}

static void put_answer(maker *m, psx_call_answer answer, int error)
{
    uint32_t refuse = PSX_OS_FILTER_REFUSE | (uint32_t)error;
    switch (answer) {
    case PSX_CALL_ALLOW: put_return(m, PSX_OS_FILTER_ALLOW); return;
    case PSX_CALL_REFUSE: put_return(m, refuse); return;
    case PSX_CALL_ASK: put_return(m, m->supervised ? PSX_OS_FILTER_ASK : refuse); return;
    }
    put_return(m, PSX_OS_FILTER_KILL);
}

// ---- arguments ----------------------------------------------------------------------------------

enum { UPPER_HALF = 4 }; // on little endian machines, which all that are supported are

// How far it is from the instruction at `from` to the end of its rule is known when that is made.
static void land(maker *m, size_t from, size_t to)
{
    size_t far = to - from - 1;
    m->full |= far > UINT8_MAX;
    if (!m->full) m->v[from].jf = (uint8_t)far;
}

// Goes on with the next instruction when the test holds, and leaves otherwise. Returns where it
// leaves from; a test of both halves leaves twice.
static void put_test(maker *m, const psx_call_test *t, size_t *exits, size_t *n_exits)
{
    uint32_t at = PSX_OS_SEEN_ARGS + 8u * t->arg;
    size_t n = t->n + (t->own ? 1u : 0u);
    if (t->whole) {
        put(m, PSX_OS_BPF_LOAD, at + UPPER_HALF, 0, 0);
        exits[(*n_exits)++] = put(m, PSX_OS_BPF_IF_EQ, 0, 0, 0);
    }
    put(m, PSX_OS_BPF_LOAD, at, 0, 0);
    if (t->keep) put(m, PSX_OS_BPF_AND, t->keep, 0, 0);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = i < t->n ? t->values[i] : m->self;
        size_t put_at = put(m, PSX_OS_BPF_IF_EQ, value, n - 1 - i, 0);
        if (i + 1 == n) exits[(*n_exits)++] = put_at;
    }
}

static void put_rule(maker *m, const psx_call_rule *r)
{
    size_t exits[2 * PSX_CALL_TESTS], n_exits = 0;
    for (size_t i = 0; i < r->n; i++)
        put_test(m, &r->tests[i], exits, &n_exits);
    put_answer(m, r->answer, r->error);
    for (size_t i = 0; i < n_exits; i++)
        land(m, exits[i], m->n);
}

static void put_call(maker *m, const psx_call *c)
{
    if (!c) {
        put_answer(m, PSX_CALL_REFUSE, ENOSYS);
        return;
    }
    if (c->allowed & m->facts) {
        put_answer(m, PSX_CALL_ALLOW, 0);
        return;
    }
    for (const psx_call_rule *r = c->rules; r && r->when; r++) {
        if (r->when & m->facts) put_rule(m, r);
    }
    put_answer(m, c->otherwise, c->error);
}

// ---- numbers ------------------------------------------------------------------------------------

static bool is_plain(const maker *m, const psx_call *c)
{
    return !c || (c->allowed & m->facts) || !c->rules;
}

// Do both end in the same return?
static bool is_same(const maker *m, const psx_call *a, const psx_call *b)
{
    if (a == b) return true;
    if (!is_plain(m, a) || !is_plain(m, b)) return false;
    bool a_may = a && (a->allowed & m->facts), b_may = b && (b->allowed & m->facts);
    if (a_may || b_may) return a_may && b_may;
    psx_call_answer one = a ? a->otherwise : PSX_CALL_REFUSE;
    psx_call_answer other = b ? b->otherwise : PSX_CALL_REFUSE;
    int e = a ? a->error : ENOSYS, f = b ? b->error : ENOSYS;
    if (m->supervised && one == PSX_CALL_ASK && other == PSX_CALL_ASK) return true;
    return e == f && (one == other || !m->supervised);
}

// Lets the conditional jump at `node` lead to the end of what there is. Where that is too far for
// it, what lies between makes room for a longer one (all its own jumps are relative).
static void reach(maker *m, size_t node)
{
    size_t far = m->n - node - 1;
    m->full |= m->n >= PROGRAM_MAX;
    if (m->full) return;
    if (far <= UINT8_MAX) {
        m->v[node].jt = (uint8_t)far;
        return;
    }
    memmove(&m->v[node + 2], &m->v[node + 1], far * sizeof *m->v);
    m->v[node].jf = 1;
    m->v[node + 1] = (psx_os_bpf){PSX_OS_BPF_JUMP, 0, 0, (uint32_t)far};
    m->n++;
}

// The tree over first[lo .. hi): where runs of numbers with the same end begin.
static void put_tree(maker *m, const int *first, size_t lo, size_t hi)
{
    if (hi - lo == 1) {
        put_call(m, m->calls[first[lo]]);
        return;
    }
    size_t mid = lo + (hi - lo) / 2;
    size_t node = put(m, PSX_OS_BPF_IF_GE, (uint32_t)first[mid], 0, 0);
    put_tree(m, first, lo, mid);
    reach(m, node);
    put_tree(m, first, mid, hi);
}

static void put_numbers(maker *m)
{
    int first[NUMBERS];
    size_t n = 0;
    for (int nr = 0; nr < NUMBERS; nr++) {
        if (nr == 0 || !is_same(m, m->calls[nr - 1], m->calls[nr])) first[n++] = nr;
    }
    put_tree(m, first, 0, n);
}

// Other architectures' numbers mean other calls (int 0x80), and there is no honest use of them.
static void put_program(maker *m)
{
    put(m, PSX_OS_BPF_LOAD, PSX_OS_SEEN_ARCH, 0, 0);
    put(m, PSX_OS_BPF_IF_EQ, psx_os_seccomp_arch, 1, 0);
    put_return(m, PSX_OS_FILTER_KILL);
    put(m, PSX_OS_BPF_LOAD, PSX_OS_SEEN_NR, 0, 0);
    put(m, PSX_OS_BPF_IF_GE, NUMBERS, 0, 4);
    put(m, PSX_OS_BPF_IF_GE, X32_BIT, 0, 2);
    put(m, PSX_OS_BPF_IF_EQ, NO_CALL, 1, 0);
    put_return(m, PSX_OS_FILTER_KILL);
    put_answer(m, PSX_CALL_REFUSE, ENOSYS);
    put_numbers(m);
}

psx_rc psx_box_filter_compile(psx_op *op, unsigned facts, bool supervised, pid_t self,
                              psx_box_program *out)
{
    maker *m = PSX_NEW(op, maker);
    psx_os_bpf *v = PSX_ARRAY(op, psx_os_bpf, PROGRAM_MAX);
    if (!m || !v) return psx_fail_nomem(op);
    *m = (maker){.v = v, .facts = facts, .supervised = supervised, .self = (uint32_t)self};
    for (size_t i = 0; i < psx_box_n_calls; i++) {
        const psx_call *c = &psx_box_calls[i];
        if (c->nr >= NUMBERS) return psx_fail(op, PSX_E_INTERNAL, "%s: its number", c->name);
        if (c->nr >= 0) m->calls[c->nr] = c;
    }
    put_program(m);
    if (m->full) return psx_fail(op, PSX_E_INTERNAL, "the filter of system calls is too long");
    *out = (psx_box_program){v, (unsigned short)m->n};
    return PSX_OK;
}

// ---- facts --------------------------------------------------------------------------------------

static unsigned facts_of_network(const psx_box_spec *s)
{
    bool connects = s->connect != PSX_BOX_NONE, listens = s->listen != PSX_BOX_NONE;
    unsigned f = s->interfaces ? PSX_BOX_ROUTES : 0;
    if (!connects && !listens)
        return f | PSX_BOX_SILENT | (s->interfaces ? PSX_BOX_ROUTES_ALONE : 0);
    f |= PSX_BOX_TALKS;
    if (s->supervised || s->sockets) f |= PSX_BOX_UNIX;
    if (connects && !s->supervised) f |= PSX_BOX_CONNECTS_ALONE;
    if (listens && !s->supervised) f |= PSX_BOX_LISTENS_ALONE;
    return f;
}

// psx.node asks by itself (entries.c): only native code and programs have to be looked after.
static unsigned facts_of_files(const psx_box_spec *s)
{
    bool asks = s->kind == PSX_BOX_ENGINE && !s->native;
    unsigned f = 0;
    if (asks || !s->supervised || (!s->makes && !s->grows)) f |= PSX_BOX_FENCED;
    if (asks || !s->supervised || !s->grows) f |= PSX_BOX_OPENS_FENCED;
    return f;
}

unsigned psx_box_filter_facts(const psx_box_spec *s, const psx_box_kernel *kernel)
{
    unsigned f = PSX_BOX_ANY | facts_of_network(s) | facts_of_files(s);
    if (s->kind == PSX_BOX_COMMAND) f |= PSX_BOX_RUNS;
    if (s->read != PSX_BOX_NONE) f |= PSX_BOX_READS;
    if (s->write != PSX_BOX_NONE) f |= PSX_BOX_WRITES;
    if (s->spawn != PSX_BOX_NONE) f |= PSX_BOX_SPAWNS;
    if ((f & (PSX_BOX_RUNS | PSX_BOX_READS)) && !s->supervised) f |= PSX_BOX_WATCHES_ALONE;
    if (s->kill || s->spawn != PSX_BOX_NONE) f |= PSX_BOX_SIGNALS;
    if (kernel->landlock >= 3) f |= PSX_BOX_LANDLOCK_TRUNCATES;
    if (!kernel->memfd_noexec) f |= PSX_BOX_MEMFD_EXEC_ONLY;
    return f;
}

psx_rc psx_box_filter_make(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                           psx_box_program *out)
{
    return psx_box_filter_compile(op, psx_box_filter_facts(spec, kernel), spec->supervised,
                                  getpid(), out);
}

#include "base/op.h"

#include <stdalign.h>
#include <stdarg.h>

struct psx_chunk {
    psx_chunk *next;
    alignas(max_align_t) char bytes[];
};

// Under AddressSanitizer each request gets a block of its own, so that writing behind one is seen.
#if defined(__SANITIZE_ADDRESS__)
#define PSX_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PSX_ASAN 1
#endif
#endif
#ifdef PSX_ASAN
enum { CHUNK_FIRST = 0, CHUNK_LARGEST = 0 };
#else
enum { CHUNK_FIRST = 16 << 10, CHUNK_LARGEST = 1 << 20 };
#endif

// Which allocation fails next, for tests; 0 = none. Never set in production code.
static size_t test_fail_at;

void psx_op_test_fail_at(size_t n)
{
    test_fail_at = n;
}

static bool test_fails_now(void)
{
    if (test_fail_at == 0) return false;
    if (test_fail_at == 1) return true; // stays at 1: all later ones fail as well
    test_fail_at--;
    return false;
}

void psx_op_init(psx_op *op, size_t ceiling)
{
    *op = (psx_op){.arena.ceiling = ceiling};
}

void psx_op_fini(psx_op *op)
{
    psx_chunk *c = op->arena.chunks;
    while (c) {
        psx_chunk *next = c->next;
        free(c);
        c = next;
    }
    size_t ceiling = op->arena.ceiling;
    *op = (psx_op){.arena.ceiling = ceiling};
}

// Chunks double from 16 KiB to 1 MiB, so that small operations stay small and large ones make few
// system calls.
static size_t chunk_size(const psx_arena *a, size_t need)
{
    size_t size = a->used > CHUNK_FIRST ? a->used : (size_t)CHUNK_FIRST;
    if (size > CHUNK_LARGEST) size = CHUNK_LARGEST;
    size_t left = a->ceiling - a->used;
    if (size > left) size = left;
    return size < need ? need : size;
}

static bool arena_grow(psx_op *op, size_t n)
{
    psx_arena *a = &op->arena;
    size_t need = sizeof(psx_chunk) + n;
    if (need < n || a->used > a->ceiling || need > a->ceiling - a->used) {
        (void)psx_fail(op, PSX_E_CEILING, "this needs more than the allowed %zu bytes of memory",
                       a->ceiling);
        return false;
    }
    size_t size = chunk_size(a, need);
    psx_chunk *c = calloc(1, size);
    if (!c) {
        (void)psx_fail(op, PSX_E_NOMEM, "out of memory");
        return false;
    }
    c->next = a->chunks;
    a->chunks = c;
    a->used += size;
    a->at = c->bytes;
    a->end = (char *)c + size;
    return true;
}

void *psx_op_alloc(psx_op *op, size_t n)
{
    if (test_fails_now()) {
        (void)psx_fail(op, PSX_E_NOMEM, "out of memory");
        return NULL;
    }
    const size_t align = alignof(max_align_t);
    if (n > SIZE_MAX - align) {
        (void)psx_fail(op, PSX_E_CEILING, "this needs more memory than there is");
        return NULL;
    }
    n = n ? (n + align - 1) & ~(align - 1) : align;
    if ((size_t)(op->arena.end - op->arena.at) < n && !arena_grow(op, n)) return NULL;
    void *p = op->arena.at;
    op->arena.at += n;
    return p;
}

void *psx_op_array(psx_op *op, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) {
        (void)psx_fail(op, PSX_E_CEILING, "this needs more memory than there is");
        return NULL;
    }
    return psx_op_alloc(op, count * size);
}

psx_rc psx_op_room(psx_op *op, void *items, size_t n, size_t *cap, size_t size)
{
    enum { FIRST = 4 };
    void *old;
    if (n < *cap) return PSX_OK;
    size_t more = *cap > SIZE_MAX / 2 ? SIZE_MAX : *cap ? *cap * 2 : FIRST;
    void *p = psx_op_array(op, more, size);
    if (!p) return psx_fail_nomem(op);
    // items is some T **: its bytes are copied, because it may not be read as a void **
    memcpy(&old, items, sizeof old);
    if (n) memcpy(p, old, n * size);
    memcpy(items, &p, sizeof p);
    *cap = more;
    return PSX_OK;
}

psx_rc psx_op_copy(psx_op *op, psx_str s, psx_str *out)
{
    char *p = s.n < SIZE_MAX ? psx_op_alloc(op, s.n + 1) : NULL;
    if (!p) return psx_fail_nomem(op);
    if (s.n) memcpy(p, s.p, s.n);
    *out = (psx_str){p, s.n};
    return PSX_OK;
}

psx_rc psx_op_format(psx_op *op, psx_str *out, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = n < 0 ? NULL : psx_op_alloc(op, (size_t)n + 1);
    if (p) vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    if (!p) return psx_fail_nomem(op);
    *out = (psx_str){p, (size_t)n};
    return PSX_OK;
}

psx_rc psx_fail(psx_op *op, psx_error code, const char *fmt, ...)
{
    if (op->fail.code != PSX_E_OK) return (psx_rc){op->fail.code};
    va_list args;
    va_start(args, fmt);
    vsnprintf(op->fail.message, sizeof op->fail.message, fmt, args);
    va_end(args);
    op->fail.code = code;
    return (psx_rc){code};
}

psx_rc psx_fail_nomem(psx_op *op)
{
    return psx_fail(op, PSX_E_NOMEM, "out of memory");
}

void psx_fail_at(psx_op *op, psx_str file, unsigned line, unsigned column)
{
    if (op->fail.code == PSX_E_OK) return;
    op->fail.file = file;
    op->fail.line = line;
    op->fail.column = column;
}

void psx_fail_suggest(psx_op *op, const char *fmt, ...)
{
    if (op->fail.code == PSX_E_OK) return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(op->fail.suggestion, sizeof op->fail.suggestion, fmt, args);
    va_end(args);
}

void psx_fail_clear(psx_op *op)
{
    op->fail = (psx_failure){0};
}

void psx_fail_text(const psx_op *op, char *dst, size_t size)
{
    const psx_failure *f = &op->fail;
    const char *open = f->suggestion[0] ? " (" : "", *close = f->suggestion[0] ? ")" : "";
    char place[48] = "";
    if (f->line) snprintf(place, sizeof place, "%u:%u: ", f->line, f->column);
    snprintf(dst, size, "%.*s%s%s%s%s%s%s", PSX_FMT(f->file), f->file.n ? ":" : "",
             f->file.n && !f->line ? " " : place, f->message, open, f->suggestion, close);
}

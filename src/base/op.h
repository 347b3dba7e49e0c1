// psx_op: one operation. It owns the memory of everything made during it (an arena with a ceiling
// set at birth) and the reason when it fails. Error paths free nothing: psx_op_fini frees all.
//
//     psx_op op;
//     psx_op_init(&op, 64u << 20);
//     psx_rc rc = psx_policy_parse(&op, bytes, name, &policy);
//     if (psx_failed(rc)) { ... op.fail.message ... }
//     psx_op_fini(&op);
//
// Not shared between threads.
#ifndef PSX_BASE_OP_H
#define PSX_BASE_OP_H

#include "base/error.h"
#include "base/str.h"

typedef struct psx_chunk psx_chunk;

typedef struct {
    psx_chunk *chunks; // newest first
    char *at, *end;    // the free part of the newest chunk
    size_t used;       // bytes obtained from the system
    size_t ceiling;
} psx_arena;

// Why it failed. The texts live in fixed buffers so that "out of memory" can be told as well.
typedef struct {
    psx_error code;        // PSX_E_OK: nothing failed
    psx_str file;          // borrowed name for messages, or absent
    unsigned line, column; // from 1; 0: not about a place. Columns count characters.
    char message[512];     // one sentence without the file and line
    char suggestion[256];  // "did you mean "fs.read"?", a command to run, or ""
} psx_failure;

typedef struct {
    psx_arena arena;
    psx_failure fail;
} psx_op;

void psx_op_init(psx_op *op, size_t ceiling); // allocates nothing, cannot fail
void psx_op_fini(psx_op *op);                 // frees everything; op may be initialised again

// Zeroed memory aligned for any type; NULL when out of memory or over the ceiling, with the reason
// recorded. n may be 0. psx_op_array checks the multiplication.
void *psx_op_alloc(psx_op *op, size_t n);
void *psx_op_array(psx_op *op, size_t count, size_t size);
#define PSX_NEW(op, type)      ((type *)psx_op_alloc((op), sizeof(type)))
#define PSX_ARRAY(op, type, n) ((type *)psx_op_array((op), (n), sizeof(type)))
// Room for one more item behind the n that *cap has room for: the list moves when it is full. What
// it was moved from stays in the arena, so a list costs at most twice its size.
//     TRY(PSX_ROOM(op, list->items, list->n, &list->cap));
//     list->items[list->n++] = item;
psx_rc psx_op_room(psx_op *op, void *items, size_t n, size_t *cap, size_t size);
#define PSX_ROOM(op, items, n, cap) psx_op_room((op), &(items), (n), (cap), sizeof *(items))

// Copies into the arena, with a NUL behind so that out->p can also go to the system.
psx_rc psx_op_copy(psx_op *op, psx_str s, psx_str *out);
psx_rc psx_op_format(psx_op *op, psx_str *out, const char *fmt, ...) PSX_PRINTF(3, 4);

// Record a reason and return its code: `return psx_fail(op, PSX_E_VALUE, "...")`. The first reason
// stays: it is nearest to the cause.
psx_rc psx_fail(psx_op *op, psx_error code, const char *fmt, ...) PSX_PRINTF(3, 4);
// Out of memory, after psx_op_alloc gave NULL (which has recorded whether memory or ceiling).
psx_rc psx_fail_nomem(psx_op *op);
// Complete the recorded reason. Both do nothing when nothing failed.
void psx_fail_at(psx_op *op, psx_str file, unsigned line, unsigned column);
void psx_fail_suggest(psx_op *op, const char *fmt, ...) PSX_PRINTF(2, 3);
// Forget the reason (a caller that tried something and goes on another way).
void psx_fail_clear(psx_op *op);
// "file:line:column: message (suggestion)" into dst, cut to size, always NUL-terminated.
void psx_fail_text(const psx_op *op, char *dst, size_t size);

// For tests: the n-th allocation from now on (1 = the next) fails, and all after it; 0 switches
// off. Counts every arena request of this process, so a test can walk through 1, 2, 3, ...
void psx_op_test_fail_at(size_t n);

#endif

// Every parser must survive every allocation failing: run it with the 1st, 2nd, 3rd ... failing
// until none does any more.
#ifndef PSX_TESTS_ALLOC_H
#define PSX_TESTS_ALLOC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/op.h"

typedef psx_rc (*alloc_subject)(psx_op *op, const void *arg);

// The result without failures must be `expected`; every failure must be told as out of memory (or
// as the expected failure, found before memory ran out).
static inline void check_all_allocations(alloc_subject run, const void *arg, psx_error expected)
{
    for (size_t n = 1; n < 100000; n++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        psx_op_test_fail_at(n);
        psx_rc rc = run(&op, arg);
        psx_op_test_fail_at(0);
        psx_error code = rc.code, told = op.fail.code;
        psx_op_fini(&op);
        assert_int_equal(code, told);
        if (code != PSX_E_NOMEM) {
            assert_int_equal(code, expected);
            return;
        }
    }
    fail_msg("it never stopped allocating");
}

#endif

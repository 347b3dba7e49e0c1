#include "alloc.h"

#include "base/buf.h"
#include "base/map.h"

static void strings_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(psx_str_eq(PSX_STR("a"), PSX_STR("a")));
    assert_false(psx_str_eq(PSX_STR("a"), PSX_STR("ab")));
    assert_true(psx_str_eq((psx_str){0}, PSX_STR("")));
    assert_true(psx_str_eq_nocase(PSX_STR("AbC"), PSX_STR("aBc")));
    assert_true(psx_str_cmp(PSX_STR("a"), PSX_STR("b")) < 0);
    assert_true(psx_str_cmp(PSX_STR("a"), PSX_STR("ab")) < 0);
    assert_int_equal(psx_str_find_last(PSX_STR("a/b/c"), '/'), 3);
    assert_int_equal(psx_str_find(PSX_STR("abc"), '/'), 3);
}

static const struct {
    const char *text;
    bool ok;
    uint64_t value;
} numbers[] = {
    {"0", true, 0},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0}, // one more than fits
    {"", false, 0},
    {"-1", false, 0},
    {" 1", false, 0},
    {"1x", false, 0},
};

static void numbers_are_decimal_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t v = 0;
        assert_int_equal(psx_str_to_u64(psx_str_from(numbers[i].text), &v), numbers[i].ok);
        if (numbers[i].ok) assert_true(v == numbers[i].value);
    }
}

static const struct {
    const char *bytes;
    size_t bad; // offset of the first bad byte; SIZE_MAX: fine
    const char *why;
} utf8[] = {
    {"plain ascii, long enough for words", SIZE_MAX, "ascii"},
    {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", SIZE_MAX, "two, three, four bytes"},
    {"abc\x80", 3, "a continuation byte alone"},
    {"\xC0\xAF", 0, "overlong slash"},
    {"\xE0\x80\xAF", 0, "overlong in three"},
    {"\xED\xA0\x80", 0, "a surrogate"},
    {"\xF4\x90\x80\x80", 0, "above U+10FFFF"},
    {"abcdefgh\xE2\x82", 8, "cut short"},
};

static void utf8_is_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++) {
        size_t bad = SIZE_MAX;
        bool ok = psx_str_is_utf8(psx_str_from(utf8[i].bytes), &bad);
        if (ok != (utf8[i].bad == SIZE_MAX) || bad != utf8[i].bad) fail_msg("%s", utf8[i].why);
    }
}

static void distances_find_typing_errors(void **state)
{
    (void)state;
    assert_int_equal(psx_str_distance(PSX_STR("fs.raed"), PSX_STR("fs.read"), 2), 1);
    assert_int_equal(psx_str_distance(PSX_STR("stdoi"), PSX_STR("stdio"), 2), 1);
    assert_int_equal(psx_str_distance(PSX_STR("net"), PSX_STR("net"), 2), 0);
    assert_int_equal(psx_str_distance(PSX_STR("network"), PSX_STR("gc"), 2), 3);
    assert_int_equal(psx_str_distance(PSX_STR(""), PSX_STR("ab"), 2), 2);
}

static void the_ceiling_holds(void **state)
{
    (void)state;
    psx_op op;
    psx_op_init(&op, 100000);
    assert_non_null(psx_op_alloc(&op, 50000));
    assert_null(psx_op_alloc(&op, 60000));
    assert_int_equal(op.fail.code, PSX_E_CEILING);
    psx_op_fini(&op);
    assert_null(psx_op_array(&op, SIZE_MAX / 2, 4));
    psx_op_fini(&op);
    assert_null(psx_op_alloc(&op, SIZE_MAX - 3));
    psx_op_fini(&op);
}

static void memory_is_zero_and_aligned(void **state)
{
    (void)state;
    psx_op op;
    psx_op_init(&op, 1u << 20);
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = psx_op_alloc(&op, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(p[i], 0);
            p[i] = 0xFF;
        }
    }
    psx_op_fini(&op);
}

static void the_first_reason_stays(void **state)
{
    (void)state;
    psx_op op;
    char text[200];
    psx_op_init(&op, 1000);
    psx_rc rc = psx_fail(&op, PSX_E_VALUE, "first %d", 1);
    rc = psx_fail(&op, PSX_E_IO, "second");
    assert_int_equal(rc.code, PSX_E_VALUE);
    psx_fail_at(&op, PSX_STR("p.json"), 3, 7);
    psx_fail_suggest(&op, "try this");
    psx_fail_text(&op, text, sizeof text);
    assert_string_equal(text, "p.json:3:7: first 1 (try this)");
    psx_fail_clear(&op);
    assert_int_equal(op.fail.code, PSX_E_OK);
    psx_op_fini(&op);
}

static void exits_follow_the_class(void **state)
{
    (void)state;
    assert_int_equal(psx_error_exit_npsm(PSX_E_OK), 0);
    assert_int_equal(psx_error_exit_npsm(PSX_E_USAGE), 64);
    assert_int_equal(psx_error_exit_npsm(PSX_E_DUPLICATE), 65);
    assert_int_equal(psx_error_exit_npsm(PSX_E_NOMEM), 71);
    assert_int_equal(psx_error_exit_npsm(PSX_E_SIGNATURE), 76);
    assert_int_equal(psx_error_exit_npsm(PSX_E_DENIED), 77);
    assert_int_equal(psx_error_exit_npsx(PSX_E_SYNTAX), 125);
    assert_int_equal(psx_error_exit_npsx(PSX_E_SIGNATURE), 126);
    assert_int_equal(psx_error_exit_npsx(PSX_E_NOT_FOUND), 127);
    assert_string_equal(psx_error_name(PSX_E_DIGEST), "DIGEST");
}

static psx_rc fill_map(psx_op *op, const void *arg)
{
    psx_map m;
    (void)arg;
    psx_map_init(&m, op);
    for (uintptr_t i = 1; i <= 3000; i++) {
        psx_str key = {0};
        TRY(psx_op_format(op, &key, "key-%u", (unsigned)i));
        TRY(psx_map_put(&m, key, (void *)i));
    }
    assert_int_equal(m.n, 3000);
    assert_ptr_equal(psx_map_get(&m, PSX_STR("key-1")), (void *)1);
    assert_ptr_equal(psx_map_get(&m, PSX_STR("key-3000")), (void *)3000);
    assert_null(psx_map_get(&m, PSX_STR("key-3001")));
    TRY(psx_map_put(&m, PSX_STR("key-7"), (void *)8));
    assert_ptr_equal(psx_map_get(&m, PSX_STR("key-7")), (void *)8);
    assert_int_equal(m.n, 3000);
    return PSX_OK;
}

static void maps_find_what_was_put(void **state)
{
    (void)state;
    check_all_allocations(fill_map, NULL, PSX_E_OK);
}

static psx_rc fill_buf(psx_op *op, const void *arg)
{
    psx_buf b;
    const char *text = NULL;
    (void)arg;
    psx_buf_init(&b, op);
    for (int i = 0; i < 200; i++) {
        TRY(psx_buf_format(&b, "%d,", i % 10));
    }
    TRY(psx_buf_u32le(&b, 0x01020304));
    assert_int_equal(b.n, 404);
    assert_memory_equal(b.p + 400, "\4\3\2\1", 4);
    TRY(psx_buf_cstr(&b, &text));
    assert_int_equal(text[b.n], 0);
    return PSX_OK;
}

static void buffers_grow(void **state)
{
    (void)state;
    check_all_allocations(fill_buf, NULL, PSX_E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_compare_by_bytes), cmocka_unit_test(numbers_are_decimal_only),
        cmocka_unit_test(utf8_is_strict),           cmocka_unit_test(distances_find_typing_errors),
        cmocka_unit_test(the_ceiling_holds),        cmocka_unit_test(memory_is_zero_and_aligned),
        cmocka_unit_test(the_first_reason_stays),   cmocka_unit_test(exits_follow_the_class),
        cmocka_unit_test(maps_find_what_was_put),   cmocka_unit_test(buffers_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

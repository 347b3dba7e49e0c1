#include "alloc.h"

#include "formats/pins.h"
#include "trust/digest.h"

#define D          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD       "# packsec pins 1 project\n"
#define LINE(path) D "  " path "\n"

static const struct {
    const char *text;
    psx_error code;
    unsigned line;
} lists[] = {
    {HEAD, PSX_E_OK, 0},
    {"# packsec pins 1 packages\n" LINE("a"), PSX_E_OK, 0},
    {HEAD LINE("/usr/lib/x.js") LINE("a-b") LINE("a/b") LINE("a0") LINE("é"), PSX_E_OK, 0},
    {HEAD "link:" D "  a\nfsverity:sha256:" D "  b\nfsverity:sha512:" D D "  c\n", PSX_E_OK, 0},
    {HEAD LINE("a b  c"), PSX_E_OK, 0}, // the first gap ends the digest
    {"", PSX_E_SYNTAX, 1},
    {"# packsec pins 2 project\n", PSX_E_SYNTAX, 1},
    {"# packsec pins 1 all\n", PSX_E_SYNTAX, 1},
    {"# packsec pins 1 project", PSX_E_TRUNCATED, 0},
    {"\n" HEAD, PSX_E_SYNTAX, 1},
    {HEAD LINE("a") D "  b", PSX_E_TRUNCATED, 0},
    {HEAD LINE("a") LINE("a"), PSX_E_DUPLICATE, 3},
    {HEAD LINE("b") LINE("a"), PSX_E_VALUE, 3},
    {HEAD D "  a\r\n", PSX_E_VALUE, 2},
    {"# packsec pins 1 project\r\n" LINE("a"), PSX_E_SYNTAX, 1},
    {HEAD "\n", PSX_E_SYNTAX, 2},
    {HEAD D " a\n", PSX_E_SYNTAX, 2},
    {HEAD D "\n", PSX_E_SYNTAX, 2},
    {HEAD "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n", PSX_E_SYNTAX, 2},
    {HEAD "e3b0  a\n", PSX_E_SYNTAX, 2},
    {HEAD "link:fsverity:sha256:" D "  a\n", PSX_E_SYNTAX, 2},
    {HEAD "fsverity:sha1:" D "  a\n", PSX_E_SYNTAX, 2},
    {HEAD LINE(""), PSX_E_VALUE, 2},
    {HEAD LINE("./a"), PSX_E_VALUE, 2},
    {HEAD LINE("a/../b"), PSX_E_VALUE, 2},
    {HEAD LINE("a//b"), PSX_E_VALUE, 2},
    {HEAD LINE("a/"), PSX_E_VALUE, 2},
    {HEAD LINE("a\\b"), PSX_E_VALUE, 2},
    {HEAD LINE("a\tb"), PSX_E_VALUE, 2},
    {HEAD LINE("a\xff"), PSX_E_VALUE, 2},
};

static psx_rc parse(psx_op *op, const void *arg)
{
    psx_pins pins;
    return psx_pins_parse(op, psx_str_from(arg), PSX_STR("packsec.pins"), &pins);
}

static void read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        psx_op op;
        psx_op_init(&op, 1 << 20);
        psx_rc rc = parse(&op, lists[i].text);
        if (rc.code != lists[i].code || op.fail.line != lists[i].line)
            fail_msg("list %zu: %s in line %u", i, psx_error_name(rc.code), op.fail.line);
        psx_op_fini(&op);
        check_all_allocations(parse, lists[i].text, lists[i].code);
    }
}

static const char *const paths[] = {"/o/x.js", "a", "a-b/c", "a/b",   "a/b0",  "a/c/d",
                                    "a0",      "b", "bb",    "c/d/e", "c/d.js"};
enum { N = sizeof paths / sizeof *paths };

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Every subset of the paths, every question.
static void found_by_halving(void **state)
{
    (void)state;
    static const char *const asked[] = {
        "/o/x.js", "/o", "/", "a",   "a-b",   "a-b/c",  "a/b", "a/b0", "a/c", "a/c/d", "a0",
        "b",       "bb", "c", "c/d", "c/d/e", "c/d.js", "d",   "A",    "",    "a/",    "a/b/c"};
    const char *sorted[N];
    memcpy(sorted, paths, sizeof sorted);
    qsort(sorted, N, sizeof *sorted, by_text);
    for (unsigned set = 0; set < 1u << N; set++) {
        psx_op op;
        psx_buf b;
        psx_pins pins;
        psx_pin pin = {0};
        psx_op_init(&op, 1 << 20);
        psx_buf_init(&b, &op);
        assert_false(psx_failed(psx_pins_write_head(&b, false)));
        for (size_t i = 0; i < N; i++) {
            pin.path = psx_str_from(sorted[i]);
            pin.digest[0] = (uint8_t)i;
            if (set & 1u << i) assert_false(psx_failed(psx_pins_write(&b, &pin)));
        }
        assert_false(psx_failed(psx_pins_parse(&op, psx_buf_str(&b), PSX_STR("f"), &pins)));
        for (size_t q = 0; q < sizeof asked / sizeof *asked; q++) {
            bool is_file = false, is_dir = false;
            size_t n = strlen(asked[q]);
            for (size_t i = 0; i < N; i++) {
                if (!(set & 1u << i)) continue;
                is_file |= strcmp(sorted[i], asked[q]) == 0;
                is_dir |= n == 0 || (strncmp(sorted[i], asked[q], n) == 0 && sorted[i][n] == '/');
            }
            psx_str path = psx_str_from(asked[q]);
            assert_int_equal(psx_pins_find(&pins, path, &pin), is_file);
            if (is_file) assert_string_equal(sorted[pin.digest[0]], asked[q]);
            assert_int_equal(psx_pins_has_dir(&pins, path), is_dir);
        }
        psx_op_fini(&op);
    }
}

// A list that was skimmed holds what another reader would refuse: it is not found, and ends
// nothing.
static void a_wrong_line_is_not_found(void **state)
{
    (void)state;
    psx_op op;
    psx_pins pins;
    psx_pin pin;
    psx_str text = PSX_STR(HEAD LINE("a") "zzz  b\n" LINE("c"));
    psx_op_init(&op, 1 << 20);
    assert_false(psx_failed(psx_pins_skim(&op, text, PSX_STR("f"), &pins)));
    assert_true(psx_pins_find(&pins, PSX_STR("a"), &pin));
    assert_false(psx_pins_find(&pins, PSX_STR("b"), &pin));
    assert_true(psx_pins_find(&pins, PSX_STR("c"), &pin));
    assert_int_equal(
        psx_pins_skim(&op, PSX_STR(HEAD LINE("b") LINE("a")), PSX_STR("f"), &pins).code,
        PSX_E_VALUE);
    psx_op_fini(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_strictly),
        cmocka_unit_test(found_by_halving),
        cmocka_unit_test(a_wrong_line_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

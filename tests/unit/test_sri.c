#include "alloc.h"

#include "base/buf.h"
#include "trust/digest.h"

#define EMPTY "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

// Each with what Node 20.20.2 says: the items, or where it fails.
static const struct {
    const char *text, *items; // "256:32:e3b0c442": algorithm, length, first bytes
    int unexpected;           // -1: well formed
} table[] = {
    // clang-format off
    {"", "", -1},
    {"  ", "", -1},
    {"\011", "", -1},
    {" sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "256:32:e3b0c442", -1},
    {"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ", "256:32:e3b0c442", -1},
    {"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=  sha384-AA\011sha512-AA==", "256:32:e3b0c442 384:1:00 512:1:00", -1},
    {"sha256-AAA===",
     "Subresource Integrity string \"sha256-AAA===\" had an unexpected \"=\" at position 12", 12},
    {"sha256-A", "256:0:", -1},
    {"sha256-AA", "256:1:00", -1},
    {"sha256-AAA", "256:2:0000", -1},
    {"sha256-AAAAA", "256:3:000000", -1},
    {"sha256-AB==", "256:1:00", -1},
    {"sha256-",
     "Subresource Integrity string \"sha256-\" had an unexpected \"s\" at position 0", 0},
    {"sha256-=",
     "Subresource Integrity string \"sha256-=\" had an unexpected \"s\" at position 0", 0},
    {"sha1-AA",
     "Subresource Integrity string \"sha1-AA\" had an unexpected \"s\" at position 0", 0},
    {"SHA256-AA",
     "Subresource Integrity string \"SHA256-AA\" had an unexpected \"S\" at position 0", 0},
    {"sha256-AAsha384-BB",
     "Subresource Integrity string \"sha256-AAsha384-BB\" had an unexpected \"-\" at position 15", 15},
    {"sha256-AA=sha384-BB",
     "Subresource Integrity string \"sha256-AA=sha384-BB\" had an unexpected \"s\" at position 10", 10},
    {"sha256-AA?", "256:1:00", -1},
    {"sha256-AA?\?x=y sha512-BB", "256:1:00 512:1:04", -1},
    {"sha256-AA?a b",
     "Subresource Integrity string \"sha256-AA?a b\" had an unexpected \" \" at position 11", 11},
    {"sha256-AA\012sha256-BB",
     "Subresource Integrity string \"sha256-AA\\nsha256-BB\" had an unexpected \"\\n\" at position 9", 9},
    {"sha256-AA ,",
     "Subresource Integrity string \"sha256-AA ,\" had an unexpected \" \" at position 9", 9},
    {"sha256-AA-_",
     "Subresource Integrity string \"sha256-AA-_\" had an unexpected \"-\" at position 9", 9},
    {"sha256-+/8=", "256:2:fbff", -1},
    {"x sha256-AA",
     "Subresource Integrity string \"x sha256-AA\" had an unexpected \"x\" at position 0", 0},
    {"sha256-AA x",
     "Subresource Integrity string \"sha256-AA x\" had an unexpected \" \" at position 9", 9},
    {"\303\251",
     "Subresource Integrity string \"\303\251\" had an unexpected \"\303\251\" at position 0", 0},
    {"sha256-AA \360\237\230\200",
     "Subresource Integrity string \"sha256-AA \360\237\230\200\" had an unexpected \" \" at position 9", 9},
    {"sha256-AA?\303\251",
     "Subresource Integrity string \"sha256-AA?\303\251\" had an unexpected \"\303\251\" at position 10", 10},
    {"\"",
     "Subresource Integrity string \"\\\"\" had an unexpected \"\\\"\" at position 0", 0},
    {"sha256-AA?\177",
     "Subresource Integrity string \"sha256-AA?\177\" had an unexpected \"\177\" at position 10", 10},
    {" ", "", -1},
    {"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "256:75:00000000", -1},
    {"sha2560-AA",
     "Subresource Integrity string \"sha2560-AA\" had an unexpected \"s\" at position 0", 0},
    {"sha512-AA==?", "512:1:00", -1},
    {"\001",
     "Subresource Integrity string \"\\u0001\" had an unexpected \"\\u0001\" at position 0", 0},
    {"sha256-AA\\",
     "Subresource Integrity string \"sha256-AA\\\\\" had an unexpected \"\\\\\" at position 9", 9},
    // clang-format on
};

static psx_rc describe(psx_op *op, const psx_sri *sri, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    for (size_t i = 0; i < sri->n; i++) {
        const psx_sri_item *item = &sri->v[i];
        TRY(psx_buf_format(&b, "%s%s:%zu:", i ? " " : "", psx_sri_name(item->algorithm) + 3,
                           item->n));
        for (size_t k = 0; k < item->n && k < 4; k++) {
            TRY(psx_buf_format(&b, "%02x", item->digest[k]));
        }
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static void as_node_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        psx_op op;
        psx_sri sri = {0};
        psx_str said = {0};
        psx_op_init(&op, 1 << 20);
        psx_rc rc = psx_sri_parse(&op, psx_str_from(table[i].text), &sri);
        if (table[i].unexpected < 0) {
            assert_int_equal(rc.code, PSX_E_OK);
            assert_false(psx_failed(describe(&op, &sri, &said)));
            assert_int_equal(said.n, strlen(table[i].items));
            if (said.n) assert_memory_equal(said.p, table[i].items, said.n);
        } else {
            assert_int_equal(rc.code, PSX_E_SYNTAX);
            assert_string_equal(op.fail.message, table[i].items);
        }
        psx_op_fini(&op);
    }
}

static void matches_any(void **state)
{
    (void)state;
    static const struct {
        const char *sri, *bytes;
        bool yes;
    } rows[] = {
        {EMPTY, "", true},
        {EMPTY, "x", false},
        {"sha384-AAAA sha512-AAAA " EMPTY, "", true},
        {"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "", true},   // no padding
        {"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFW=", "", true},  // bits of no byte
        {"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF", "", false},   // a byte short
        {"sha384-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "", false}, // another algorithm
        {"sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/"
         "529l+9Ua0vFImLlb",
         "", true},
        {"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+"
         "DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
         "", true},
        {"", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        psx_op op;
        psx_sri sri = {0};
        psx_op_init(&op, 1 << 20);
        assert_false(psx_failed(psx_sri_parse(&op, psx_str_from(rows[i].sri), &sri)));
        assert_int_equal(psx_digest_matches(&sri, psx_str_from(rows[i].bytes)), rows[i].yes);
        psx_op_fini(&op);
    }
}

static void a_known_digest_is_used(void **state)
{
    (void)state;
    psx_op op;
    psx_sri sri = {0};
    psx_op_init(&op, 1 << 20);
    psx_digest other = psx_digest_of(PSX_STR("x"));
    assert_false(psx_failed(psx_sri_parse(&op, PSX_STR(EMPTY), &sri)));
    assert_false(psx_digest_matches_known(&sri, PSX_STR(""), &other));
    psx_op_fini(&op);
}

static void written_as_read(void **state)
{
    (void)state;
    static const size_t chars[] = {7 + 44, 7 + 64, 7 + 88};
    for (unsigned a = 0; a < PSX_SRI_ALGORITHMS; a++) {
        psx_op op;
        psx_str text = {0};
        psx_sri sri = {0};
        psx_op_init(&op, 1 << 20);
        assert_false(psx_failed(psx_digest_sri(&op, a, PSX_STR("hello"), &text)));
        assert_int_equal(text.n, chars[a]);
        assert_false(psx_failed(psx_sri_parse(&op, text, &sri)));
        assert_true(psx_digest_matches(&sri, PSX_STR("hello")));
        assert_false(psx_digest_matches(&sri, PSX_STR("hellO")));
        psx_op_fini(&op);
    }
}

static void verity(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"fsverity:sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true},
        {"fsverity:sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false},
        {"fsverity:sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8", false},
        {"fsverity:sha384:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false},
        {"fsverity:sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false},
        {"fsverity:sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ",
         false},
        {EMPTY, false},
        {"", false},
    };
    psx_sri_verity out;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(psx_sri_verity_parse(psx_str_from(rows[i].text), &out), rows[i].good);
    }
    assert_true(psx_sri_verity_parse(psx_str_from(rows[0].text), &out));
    psx_digest empty = psx_digest_of(PSX_STR(""));
    assert_memory_equal(out.digest, empty.b, sizeof empty.b);
}

static psx_rc parse_one(psx_op *op, const void *arg)
{
    psx_sri sri;
    return psx_sri_parse(op, psx_str_from(arg), &sri);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    check_all_allocations(parse_one, EMPTY " " EMPTY " sha512-AA?x " EMPTY " " EMPTY, PSX_E_OK);
    check_all_allocations(parse_one, EMPTY " \xc3\xa9", PSX_E_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_node_reads_them),
        cmocka_unit_test(matches_any),
        cmocka_unit_test(a_known_digest_is_used),
        cmocka_unit_test(written_as_read),
        cmocka_unit_test(verity),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "alloc.h"

#include "base/buf.h"
#include "formats/json.h"

typedef struct {
    psx_str text;
    psx_error code;
    unsigned line, column;
    const char *why;
} vector;

#define V(text, code, line, column, why)                                                           \
    {                                                                                              \
        PSX_STR_INIT(text), PSX_E_##code, line, column, why                                        \
    }

static const vector vectors[] = {
    V("{}", OK, 0, 0, "empty object"),
    V(" [ ] \r\n\t", OK, 0, 0, "blanks around"),
    V("true", OK, 0, 0, "a bare value"),
    V("[0, -0, 1.5e+3, 1E2, -12.5e-1]", OK, 0, 0, "numbers"),
    V("\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"", OK, 0, 0, "escapes"),
    V("{\"a\": {\"a\": 1}, \"b\": {\"a\": 1}}", OK, 0, 0, "same key at other levels"),
    V("", TRUNCATED, 1, 1, "nothing"),
    V("{\"a\": [1, 2", TRUNCATED, 1, 12, "cut in a list"),
    V("{\n  \"a\": \"b", TRUNCATED, 2, 10, "cut in a string"),
    V("{\"a\"", TRUNCATED, 1, 5, "cut behind a key"),
    V("[1.", TRUNCATED, 1, 4, "cut in a number"),
    V("tru", TRUNCATED, 1, 4, "cut in a word"),
    V("\"\\u12", TRUNCATED, 1, 6, "cut in an escape"),
    V("{\"a\": 1,\n \"a\": 2}", DUPLICATE, 2, 2, "a key twice"),
    V("{\"a\": 1, \"\\u0061\": 2}", DUPLICATE, 1, 10, "a key twice, once escaped"),
    V("{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"3\":1}",
      DUPLICATE, 1, 56, "a key twice in a large object"),
    V("{} x", TRAILING, 1, 4, "bytes behind"),
    V("{}{}", TRAILING, 1, 3, "two values"),
    V("\xEF\xBB\xBF{}", ENCODING, 1, 1, "a BOM"),
    V("[\"\xC3\xA9\", \"\xFF\"]", ENCODING, 1, 8, "not UTF-8; columns count characters"),
    V("[\"a\0b\"]", SYNTAX, 1, 4, "NUL"),
    V("[\"a\\u0000\"]", VALUE, 1, 10, "NUL as an escape"),
    V("[\"\\ud800\"]", ENCODING, 1, 9, "a lone high surrogate"),
    V("[\"\\udc00\"]", ENCODING, 1, 9, "a lone low surrogate"),
    V("[\"\\ud800\\u0041\"]", ENCODING, 1, 15, "half a pair"),
    V("[\"a\nb\"]", SYNTAX, 1, 4, "a line break in a string"),
    V("[\"\\x41\"]", SYNTAX, 1, 4, "an unknown escape"),
    V("[1,]", SYNTAX, 1, 4, "a trailing comma"),
    V("{\"a\":1,}", SYNTAX, 1, 8, "a trailing comma in an object"),
    V("[,1]", SYNTAX, 1, 2, "a leading comma"),
    V("[1 2]", SYNTAX, 1, 4, "a missing comma"),
    V("{a: 1}", SYNTAX, 1, 2, "a bare key"),
    V("{\"a\" 1}", SYNTAX, 1, 6, "a missing colon"),
    V("['a']", SYNTAX, 1, 2, "single quotes"),
    V("[01]", SYNTAX, 1, 3, "a leading zero"),
    V("[.5]", SYNTAX, 1, 2, "no digit before the point"),
    V("[+1]", SYNTAX, 1, 2, "a plus"),
    V("[1e400]", VALUE, 1, 7, "too large"),
    V("[NaN]", SYNTAX, 1, 2, "not JSON"),
    V("// hi\n{}", SYNTAX, 1, 1, "a comment"),
};

static psx_rc parse(psx_op *op, const void *arg)
{
    const vector *v = arg;
    psx_json_doc *doc;
    psx_str out;
    TRY(psx_json_parse(op, v->text, PSX_STR("t.json"), 1000, &doc));
    return psx_json_write(op, &doc->root, &out);
}

static void vectors_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const vector *v = &vectors[i];
        psx_op op;
        psx_op_init(&op, 1u << 20);
        psx_rc rc = parse(&op, v);
        bool place = op.fail.line == v->line && op.fail.column == v->column;
        if (rc.code != v->code || !place) {
            fail_msg("%s: got %s at %u:%u: %s", v->why, psx_error_name(rc.code), op.fail.line,
                     op.fail.column, op.fail.message);
        }
        psx_op_fini(&op);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        check_all_allocations(parse, &vectors[i], vectors[i].code);
    }
}

static void prefixes_never_crash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        for (size_t n = 0; n <= vectors[i].text.n; n++) {
            // A copy of the exact size, so that a sanitizer sees a read behind the end.
            char *copy = malloc(n ? n : 1);
            assert_non_null(copy);
            memcpy(copy, vectors[i].text.p, n);
            vector v = {.text = {copy, n}};
            psx_op op;
            psx_op_init(&op, 1u << 20);
            (void)parse(&op, &v).code;
            psx_op_fini(&op);
            free(copy);
        }
    }
}

static void depth_and_size_are_limited(void **state)
{
    (void)state;
    char text[200];
    for (size_t depth = 63; depth <= 66; depth++) {
        psx_op op;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        vector v = {.text = {text, 2 * depth}};
        psx_op_init(&op, 1u << 20);
        assert_int_equal(parse(&op, &v).code, depth <= 64 ? PSX_E_OK : PSX_E_DEPTH);
        psx_op_fini(&op);
    }
    psx_op op;
    psx_json_doc *doc;
    psx_op_init(&op, 1u << 20);
    psx_rc rc = psx_json_parse(&op, PSX_STR("[1, 2]"), PSX_STR("t"), 5, &doc);
    assert_int_equal(rc.code, PSX_E_SIZE);
    psx_op_fini(&op);
}

static psx_rc edit(psx_op *op, const void *arg)
{
    psx_json_doc *doc = NULL;
    psx_json *list = NULL;
    psx_str out = {0};
    (void)arg;
    TRY(psx_json_parse(op, PSX_STR("{\"b\":[],\"a\":{\"x\":null},\"c\":1.50}"), PSX_STR("t"), 100,
                       &doc));
    TRY(psx_json_put(op, &doc->root, PSX_STR("d"), psx_json_array(), &list));
    TRY(psx_json_append(op, list, psx_json_string(PSX_STR("one\ntwo \x7f"))));
    TRY(psx_json_append(op, list, psx_json_boolean(true)));
    assert_true(psx_json_remove(&doc->root, PSX_STR("b")));
    assert_false(psx_json_remove(&doc->root, PSX_STR("b")));
    psx_json_sort(&doc->root, NULL);
    TRY(psx_json_write(op, &doc->root, &out));
    assert_true(psx_str_is(out, "{\n  \"a\": {\n    \"x\": null\n  },\n  \"c\": 1.50,\n"
                                "  \"d\": [\"one\\ntwo \\u007f\", true]\n}\n"));
    return PSX_OK;
}

static void trees_can_be_edited_and_written(void **state)
{
    (void)state;
    check_all_allocations(edit, NULL, PSX_E_OK);
}

static void strings_are_unescaped(void **state)
{
    (void)state;
    psx_op op;
    psx_json_doc *doc = NULL;
    psx_op_init(&op, 1u << 20);
    psx_rc rc = psx_json_parse(&op, PSX_STR("{\"k\\n\": \"a\\u00e9\\ud83d\\ude00z\"}"),
                               PSX_STR("t"), 100, &doc);
    assert_false(psx_failed(rc));
    psx_str s = psx_json_get_str(&doc->root, PSX_STR("k\n"));
    assert_true(psx_str_is(s, "a\xC3\xA9\xF0\x9F\x98\x80z"));
    assert_null(psx_json_get(&doc->root, PSX_STR("other")));
    psx_op_fini(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(prefixes_never_crash),
        cmocka_unit_test(depth_and_size_are_limited),
        cmocka_unit_test(trees_can_be_edited_and_written),
        cmocka_unit_test(strings_are_unescaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

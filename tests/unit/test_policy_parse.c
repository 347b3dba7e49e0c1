// Bad policies: what is said, where, and what is suggested. And what a good one holds.
#include "alloc.h"

#include "policy/policy.h"

typedef struct {
    psx_str text;
    psx_error code;
    unsigned line, column;
    const char *message;    // part of it
    const char *suggestion; // part of it; "" none
} vector;

#define V(text, code, line, column, message, suggestion)                                           \
    {                                                                                              \
        PSX_STR_INIT(text), PSX_E_##code, line, column, message, suggestion                        \
    }
#define P(body) "{\"version\": 1, \"packages\": {\"a\": {" body "}}}"

static const vector vectors[] = {
    V("{\"version\": 1}", OK, 0, 0, "", ""),
    V("{\"version\": 1, \"resources\": {}, \"scopes\": {}}", OK, 0, 0, "", ""),
    V("{\"$schema\": \"x\", \"version\": 1, \"serial\": 7, \"onerror\": \"log\", \"app\": {}}", OK,
      0, 0, "", ""),
    V(P("\"fs.read\": [\"./a.txt\", \"dir/\", \"../up/\", \"/abs\", \"${tmp}/x/\", \"[id].js\"]"),
      OK, 0, 0, "", ""),
    V(P("\"net.connect\": [\"h\", \"h:443\", \"*.e.com:443\", \"10.0.0.0/8:5432\", \"[::1]:80\", "
        "\"::1\", \"fe80::/10\", \"[2001:db8::/32]:1\", \"unix:/run/x\", \"unix:@abs\", \"*:53\", "
        "\"h:*\", \"E.COM.\"]"),
      OK, 0, 0, "", ""),
    V(P("\"net.listen\": [\":0\", \"127.0.0.1:3000\", \"unix:./s.sock\"]"), OK, 0, 0, "", ""),
    V(P("\"clock\": \"fixed:2026-01-01T00:00:00Z\", \"random\": \"seed:42\", \"timers\": true"), OK,
      0, 0, "", ""),
    V(P("\"native\": [\"./build/x.node\"], \"builtins\": [\"node:inspector\", \"fs/promises\"]"),
      OK, 0, 0, "", ""),

    V("", TRUNCATED, 1, 1, "the file ends", ""),
    V("{\"version\": 1,\n \"packages\": {\"a\"", TRUNCATED, 2, 18, "the file ends", ""),
    V("{\"version\": 1, \"x\xFF\": 1}", ENCODING, 1, 18, "not valid UTF-8", ""),
    V("{\"version\": 1, \"app\": {}, \"app\": {}}", DUPLICATE, 1, 27, "\"app\" is here twice", ""),
    V("[]", TYPE, 1, 1, "must be an object, not a list", ""),
    V("{\"app\": {}}", MISSING, 1, 1, "no \"version\"", "\"version\": 1"),
    V("{}", MISSING, 1, 1, "no \"version\"", ""),
    V("{\"resources\": {\"./a.js\": {\"integrity\": true}}}", OK, 0, 0, "", ""),
    V("{\"resources\": {\"./a.js\": {\"integrity\": 1}}}", MANIFEST, 1, 40,
      "ERR_MANIFEST_INVALID_RESOURCE_FIELD: Manifest resource file:///a.js has invalid property "
      "value for integrity",
      ""),
    V("{\"scopes\": {\"\": {\"integrity\": \"sha256-\"}}}", MANIFEST, 1, 31, "for integrity", ""),
    V("{\"scopes\": {\"\": {\"cascade\": null}}}", MANIFEST, 1, 29, "for cascade", ""),
    V("{\"scopes\": {\"\": {\"dependencies\": false}}}", MANIFEST, 1, 34, "for dependencies", ""),
    V("{\"resources\": {\"a\": {}}}", MANIFEST, 1, 16, "ERR_INVALID_URL", ""),
    V("{\"resources\": {\"./a\": {\"dependencies\": {\"./*\": true}}}}", MANIFEST, 1, 41,
      "ERR_MANIFEST_INVALID_SPECIFIER", ""),
    V("{\"resources\": {}, \"onerror\": \"no\"}", MANIFEST, 1, 30,
      "ERR_MANIFEST_UNKNOWN_ONERROR: Manifest specified unknown error behavior \"no\".", ""),
    V("{\"resources\": {}, \"comment\": [], \"serial\": 3}", OK, 0, 0, "", ""),
    V("{\"resources\": {\"./a\": {\"integrity\": \"hoge\", \"x\": 1}, \"./b\": 1}}", OK, 0, 0, "",
      ""),
    V("{\"version\": 1,\n\"resources\": {\"./a.js\": {}}}", OK, 0, 0, "", ""),
    V("{\"version\": 1, \"resources\": {\"./a\": {\"integrity\": \"hoge\"}}}", VALUE, 1, 51,
      "integrity must be sha256-", ""),
    V("{\"version\": 1, \"resources\": {\"./a\": {\"x\": 1}}}", UNKNOWN_KEY, 1, 38,
      "unknown key \"x\"", ""),
    V("{\"version\": 1, \"scopes\": {\"a\": {}}}", VALUE, 1, 27, "Invalid URL: a", ""),
    V("{\"version\": 1, \"scopes\": {\"a:\": 1}}", TYPE, 1, 33, "must be an object", ""),
    V("{\"version\": 2}", UNSUPPORTED, 1, 13, "version 2", ""),
    V("{\"version\": \"1\"}", TYPE, 1, 13, "must be a number, not a string", ""),
    V("{\"version\": 1, \"serial\": -1}", VALUE, 1, 26, "serial", ""),
    V("{\"version\": 1, \"serial\": 1.5}", VALUE, 1, 26, "serial", ""),
    V("{\"version\": 1, \"onerror\": \"panic\"}", VALUE, 1, 27, "onerror must be", ""),
    V("{\"version\": 1,\n  \"pakages\": {}}", UNKNOWN_KEY, 2, 3, "unknown key \"pakages\"",
      "did you mean \"packages\"?"),
    V("{\"version\": 1, \"packages\": []}", TYPE, 1, 28, "packages must be an object", ""),
    V("{\"version\": 1, \"packages\": {\"a\": true}}", TYPE, 1, 34, "must be an object", ""),
    V(P("\"fs.raed\": []"), UNKNOWN_CAPABILITY, 1, 35, "unknown capability \"fs.raed\"",
      "did you mean \"fs.read\"?"),
    V(P("\"network\": true"), UNKNOWN_CAPABILITY, 1, 35, "unknown capability", ""),
    V(P("\"deny\": [\"spwan\"]"), UNKNOWN_CAPABILITY, 1, 44, "unknown capability",
      "did you mean \"spawn\"?"),
    V(P("\"deny\": \"spawn\""), TYPE, 1, 43, "deny must be a list", ""),
    V(P("\"eval\": false"), VALUE, 1, 43, "absent means denied", "\"deny\": [\"eval\"]"),
    V(P("\"eval\": [\"x\"]"), TYPE, 1, 43, "eval cannot be a list", "true"),
    V(P("\"fs.read\": \"./a\""), TYPE, 1, 46, "cannot be a string", "write [\"./a\"]"),
    V(P("\"fs.read\": true"), TYPE, 1, 46, "cannot be true or false", "./public/"),
    V(P("\"fs.read\": [1]"), TYPE, 1, 47, "must be a string, not a number", ""),
    V(P("\"fs.read\": [\"\"]"), VALUE, 1, 47, "empty path", ""),
    V(P("\"fs.read\": [\"./a/*.js\"]"), VALUE, 1, 47, "glob", "write \"./a/\""),
    V(P("\"fs.read\": [\"./a/**\"]"), VALUE, 1, 47, "glob", "write \"./a/\""),
    V(P("\"fs.read\": [\"./{a,b}\"]"), VALUE, 1, 47, "braces", ""),
    V(P("\"fs.read\": [\"a\\\\b\"]"), VALUE, 1, 47, "backslash", ""),
    V(P("\"fs.read\": [\"~/x\"]"), VALUE, 1, 47, "starts with \"~\"", "${home}/"),
    V(P("\"fs.read\": [\"${temp}/x\"]"), VALUE, 1, 47, "unknown variable", "did you mean \"tmp\"?"),
    V(P("\"fs.read\": [\"${tmp}x\"]"), VALUE, 1, 47, "slash behind the variable", ""),
    V(P("\"fs.read\": [\"${tmp\"]"), VALUE, 1, 47, "without \"}\"", ""),
    V(P("\"fs.read\": [\"./a/${tmp}\"]"), VALUE, 1, 47, "not in front", ""),
    V(P("\"fs.read\": [\".\"]"), VALUE, 1, 47, "is a directory", "write \"./\""),
    V(P("\"fs.read\": [\"..\"]"), VALUE, 1, 47, "is a directory", "write \"../\""),
    V(P("\"fs.read\": [\"a/../../b\"]"), VALUE, 1, 47, "climbs out", ""),
    V(P("\"fs.read\": [\"${tmp}/../etc/\"]"), VALUE, 1, 47, "climbs out", ""),
    V(P("\"fs.read\": [\"/../etc/\"]"), VALUE, 1, 47, "climbs out", ""),
    V(P("\"fs.read\": [\"a\\tb\"]"), VALUE, 1, 47, "control character", ""),
    V(P("\"fs.read\": [\"a\\u0000b\"]"), VALUE, 1, 55, "NUL", ""),
    V(P("\"net.connect\": [\"\"]"), VALUE, 1, 51, "empty host", ""),
    V(P("\"net.connect\": [\"https://e.com/x\"]"), VALUE, 1, 51, "is a URL", "\"e.com:443\""),
    V(P("\"net.connect\": [\"e.com:99999\"]"), VALUE, 1, 51, "no valid port", ""),
    V(P("\"net.connect\": [\"e.com:\"]"), VALUE, 1, 51, "no valid port", ""),
    V(P("\"net.connect\": [\"e.com:0\"]"), VALUE, 1, 51, "port 0", ""),
    V(P("\"net.connect\": [\"a.*.com\"]"), VALUE, 1, 51, "elsewhere than as first label", ""),
    V(P("\"net.connect\": [\"a..com\"]"), VALUE, 1, 51, "not a host name", ""),
    V(P("\"net.connect\": [\"caf\xC3\xA9.fr\"]"), VALUE, 1, 51, "punycode", ""),
    V(P("\"net.connect\": [\"2130706433\"]"), VALUE, 1, 51, "reads as an address", ""),
    V(P("\"net.connect\": [\"0x7f.1\"]"), VALUE, 1, 51, "reads as an address", ""),
    V(P("\"net.connect\": [\"127.0.0.01\"]"), VALUE, 1, 51, "reads as an address", ""),
    V(P("\"net.connect\": [\"10.0.0.1/8\"]"), VALUE, 1, 51, "bits behind the prefix", ""),
    V(P("\"net.connect\": [\"10.0.0.0/33\"]"), VALUE, 1, 51, "prefix length", ""),
    V(P("\"net.connect\": [\"[::1:80\"]"), VALUE, 1, 51, "[address]:port", ""),
    V(P("\"net.connect\": [\"[e.com]:80\"]"), VALUE, 1, 51, "[address]:port", ""),
    V(P("\"net.connect\": [\"1::2::3\"]"), VALUE, 1, 51, "not a valid IP address", ""),
    V(P("\"net.connect\": [\"unix:\"]"), VALUE, 1, 51, "empty path", ""),
    V(P("\"spawn\": [\"git push\"]"), VALUE, 1, 45, "has arguments", ""),
    V(P("\"spawn\": [\"/usr/bin/\"]"), VALUE, 1, 45, "is a directory", ""),
    V(P("\"spawn\": [\"*\"]"), VALUE, 1, 45, "not a command", ""),
    V(P("\"env\": [\"A*B\"]"), VALUE, 1, 43, "elsewhere than at the end", ""),
    V(P("\"env\": [\"A=b\"]"), VALUE, 1, 43, "not a variable's name", ""),
    V(P("\"env\": [\"$HOME\"]"), VALUE, 1, 43, "starts with \"$\"", ""),
    V(P("\"stdio\": [\"stdot\"]"), VALUE, 1, 45, "not a value of stdio",
      "did you mean \"stdout\"?"),
    V(P("\"process\": [\"fork\"]"), VALUE, 1, 47, "not a value of process", ""),
    V(P("\"clock\": \"2026\""), VALUE, 1, 44, "fixed:", ""),
    V(P("\"clock\": \"coarse:0ms\""), VALUE, 1, 44, "coarse:", ""),
    V(P("\"random\": \"seed:x\""), VALUE, 1, 45, "seed:NUMBER", ""),
    V(P("\"native\": [\"./x.so\"]"), VALUE, 1, 46, "not a .node file", ""),
    V(P("\"builtins\": [\"node:\"]"), VALUE, 1, 48, "empty module", ""),
    V(P("\"integrity\": \"md5-abc\""), VALUE, 1, 48, "integrity must be", ""),
    V("{\"version\": 1, \"app\": {\"integrity\": \"x\"}}", UNKNOWN_KEY, 1, 24, "pins one package",
      ""),
    V("{\"version\": 1, \"packages\": {\"\": {}}}", VALUE, 1, 29, "is empty", ""),
    V("{\"version\": 1, \"packages\": {\"a@lates\": {}}}", VALUE, 1, 29, "not a version range", ""),
    V("{\"version\": 1, \"packages\": {\"a@\": {}}}", VALUE, 1, 29, "no version behind", ""),
    V("{\"version\": 1, \"packages\": {\"@s\": {}}}", VALUE, 1, 29, "scope without a name", ""),
    V("{\"version\": 1, \"packages\": {\"a*\": {}}}", VALUE, 1, 29, "not a package name", ""),
    V("{\"version\": 1, \"packages\": {\"./\": {}}}", VALUE, 1, 29, "project itself", ""),
    V("{\"version\": 1, \"packages\": {\"a/../b\": {}}}", VALUE, 1, 29, "not a plain path", ""),
    V("{\"version\": 1, \"packages\": {\"./a\": {}, \"./a/\": {}}}", DUPLICATE, 1, 40,
      "same location", ""),
};

static const psx_policy_dirs dirs = {PSX_STR_INIT("/proj"), PSX_STR_INIT("/tmp"),
                                     PSX_STR_INIT("/home/u"), PSX_STR_INIT("/proj")};

static psx_rc parse(psx_op *op, const void *arg)
{
    psx_policy *policy = NULL;
    psx_policy_holder *h;
    psx_policy_subject s = {.name = PSX_STR("a"),
                            .version = PSX_STR("1.0.0"),
                            .location = PSX_STR("node_modules/a"),
                            .dir = PSX_STR("/proj/node_modules/a"),
                            .listed = true};
    TRY(psx_policy_parse(op, ((const vector *)arg)->text, PSX_STR("p.json"), &policy));
    TRY(psx_policy_resolve(op, policy, &dirs));
    TRY(psx_policy_bind(op, policy, &s, &h));
    return psx_policy_union(op, policy, (const psx_policy_holder *const[]){h, h}, 2, &h);
}

static bool told(const vector *v, const psx_failure *f)
{
    if (f->line != v->line || f->column != v->column) return false;
    if (!strstr(f->message, v->message)) return false;
    return v->suggestion[0] ? strstr(f->suggestion, v->suggestion) != NULL : true;
}

static void vectors_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const vector *v = &vectors[i];
        psx_op op;
        char text[1024];
        psx_op_init(&op, 1u << 20);
        psx_rc rc = parse(&op, v);
        psx_fail_text(&op, text, sizeof text);
        if (rc.code != v->code || !told(v, &op.fail)) {
            fail_msg("%.*s\n   got %s: %s", PSX_FMT(v->text), psx_error_name(rc.code), text);
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
        for (size_t n = 0; n < vectors[i].text.n; n++) {
            char *copy = malloc(n ? n : 1);
            assert_non_null(copy);
            memcpy(copy, vectors[i].text.p, n);
            vector v = {.text = {copy, n}};
            psx_op op;
            psx_op_init(&op, 1u << 20);
            assert_true(psx_failed(parse(&op, &v)));
            psx_op_fini(&op);
            free(copy);
        }
    }
}

static void a_huge_file_is_refused_by_size(void **state)
{
    (void)state;
    psx_op op;
    psx_policy *policy;
    size_t n = (size_t)100 << 20;
    char *bytes = calloc(1, n);
    assert_non_null(bytes);
    psx_op_init(&op, 1u << 20);
    psx_rc rc = psx_policy_parse(&op, (psx_str){bytes, n}, PSX_STR("p.json"), &policy);
    assert_int_equal(rc.code, PSX_E_SIZE);
    assert_non_null(strstr(op.fail.message, "16777216"));
    psx_op_fini(&op);
    free(bytes);
}

static void the_default_is_the_starter(void **state)
{
    (void)state;
    psx_op op;
    psx_policy *policy;
    psx_policy_holder *app = NULL, *dep = NULL;
    psx_op_init(&op, 1u << 20);
    assert_false(psx_failed(psx_policy_default(&op, &policy)));
    assert_false(psx_failed(psx_policy_resolve(&op, policy, &dirs)));
    psx_policy_subject s = {.location = PSX_STR(""), .dir = PSX_STR("/proj"), .listed = true};
    assert_false(psx_failed(psx_policy_bind(&op, policy, &s, &app)));
    s = (psx_policy_subject){
        .name = PSX_STR("x"), .location = PSX_STR("node_modules/x"), .listed = true};
    assert_false(psx_failed(psx_policy_bind(&op, policy, &s, &dep)));
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        bool starter =
            c == PSX_CAP_CLOCK || c == PSX_CAP_RANDOM || c == PSX_CAP_TIMERS || c == PSX_CAP_STDIO;
        assert_true(psx_policy_holds(app, (psx_cap)c));
        assert_int_equal(psx_policy_holds(dep, (psx_cap)c), starter);
    }
    psx_op_fini(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(prefixes_never_crash),
        cmocka_unit_test(a_huge_file_is_refused_by_size),
        cmocka_unit_test(the_default_is_the_starter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

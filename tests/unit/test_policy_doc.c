// Editing: what is granted is written, sorted, and says the same when it is read again.
#include "alloc.h"

#include "policy/policy.h"

static const char starter[] = "{\n"
                              "  \"version\": 1,\n"
                              "  \"app\": {\n"
                              "    \"ambient\": true\n"
                              "  },\n"
                              "  \"packages\": {\n"
                              "    \"*\": {\n"
                              "      \"stdio\": [\"stderr\", \"stdout\"],\n"
                              "      \"clock\": true,\n"
                              "      \"random\": true,\n"
                              "      \"timers\": true\n"
                              "    }\n"
                              "  }\n"
                              "}\n";

static psx_rc write_starter(psx_op *op, const void *arg)
{
    psx_policy_doc *doc = NULL;
    psx_str out = {0};
    (void)arg;
    TRY(psx_policy_doc_starter(op, &doc));
    TRY(psx_policy_doc_write(op, doc, &out));
    assert_true(psx_str_is(out, starter));
    return PSX_OK;
}

static void the_starter_is_stable(void **state)
{
    (void)state;
    check_all_allocations(write_starter, NULL, PSX_E_OK);
}

static const char before[] =
    "{\"scopes\": {\"z:\": {}, \"a:\": {}}, \"packages\": {\"send\": {\"env\": [\"B\"], "
    "\"fs.read\": "
    "[\"./z/\"], \"deny\": [\"eval\"]}}, \"$schema\": \"s\", \"version\": 1}";
static const char after[] = "{\n"
                            "  \"$schema\": \"s\",\n"
                            "  \"version\": 1,\n"
                            "  \"app\": {\n"
                            "    \"net.listen\": [\":3000\"]\n"
                            "  },\n"
                            "  \"packages\": {\n"
                            "    \"*\": {\n"
                            "      \"clock\": true\n"
                            "    },\n"
                            "    \"a@^1\": {\n"
                            "      \"native\": true\n"
                            "    },\n"
                            "    \"send\": {\n"
                            "      \"fs.read\": [\"./public/\", \"./z/\"],\n"
                            "      \"env\": [\"A\", \"B\"],\n"
                            "      \"random\": \"seed:42\",\n"
                            "      \"deny\": [\"eval\"]\n"
                            "    }\n"
                            "  },\n"
                            "  \"scopes\": {\n"
                            "    \"z:\": {},\n"
                            "    \"a:\": {}\n"
                            "  }\n"
                            "}\n";

static const struct {
    const char *pkg, *grant;
    bool changed;
} grants[] = {
    {"send", "fs.read:./public/", true},
    {"send", "fs.read:./public/", false},
    {"send", "env:A", true},
    {"send", "random", true},
    {"send", "random:seed:42", true},
    {"send", "random:seed:42", false},
    {"a@^1", "native", true},
    {"a@^1", "native:./x.node", false}, // true covers it
    {"*", "clock", true},
    {"app", "net.listen::3000", true},
};

static psx_rc edit(psx_op *op, const void *arg)
{
    psx_policy_doc *doc = NULL;
    psx_str out = {0};
    (void)arg;
    TRY(psx_policy_doc_parse(op, psx_str_from(before), PSX_STR("p.json"), &doc));
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        bool changed = false;
        TRY(psx_policy_grant(op, doc, psx_str_from(grants[i].pkg), psx_str_from(grants[i].grant),
                             &changed));
        assert_int_equal(changed, grants[i].changed);
    }
    TRY(psx_policy_doc_write(op, doc, &out));
    if (!psx_str_is(out, after)) fail_msg("%.*s", PSX_FMT(out));
    return PSX_OK;
}

static void grants_are_written_sorted(void **state)
{
    (void)state;
    check_all_allocations(edit, NULL, PSX_E_OK);
}

static const struct {
    const char *pkg, *grant;
    psx_error code;
    const char *text; // part of message or suggestion
} refused[] = {
    {"send", "fs.raed:./x", PSX_E_UNKNOWN_CAPABILITY, "did you mean \"fs.read\"?"},
    {"send", "fs.read", PSX_E_VALUE, "needs a value"},
    {"send", "fs.read:", PSX_E_VALUE, "empty path"},
    {"send", "fs.read:./*.js", PSX_E_VALUE, "glob"},
    {"send", "eval", PSX_E_VALUE, "wins over any grant"},
    {"send", "gc:true", PSX_E_VALUE, "only true is possible"},
    {"a@x y", "gc", PSX_E_VALUE, "range"},
    {"", "gc", PSX_E_VALUE, "empty"},
};

static void wrong_grants_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        psx_op op;
        psx_policy_doc *doc;
        char text[1024];
        psx_op_init(&op, 1u << 20);
        assert_false(
            psx_failed(psx_policy_doc_parse(&op, psx_str_from(before), PSX_STR("p"), &doc)));
        psx_rc rc = psx_policy_grant(&op, doc, psx_str_from(refused[i].pkg),
                                     psx_str_from(refused[i].grant), NULL);
        psx_fail_text(&op, text, sizeof text);
        if (rc.code != refused[i].code || !strstr(text, refused[i].text)) {
            fail_msg("%s: %s", refused[i].grant, text);
        }
        psx_op_fini(&op);
    }
}

static void revoking_takes_away(void **state)
{
    psx_op op;
    psx_policy_doc *doc;
    psx_str out;
    (void)state;
    psx_op_init(&op, 1u << 20);
    assert_false(psx_failed(psx_policy_doc_starter(&op, &doc)));
    assert_false(psx_failed(psx_policy_revoke(&op, doc, PSX_STR("*"), PSX_STR("stdio:stdout"))));
    assert_false(psx_failed(psx_policy_revoke(&op, doc, PSX_STR("*"), PSX_STR("stdio:stderr"))));
    assert_false(psx_failed(psx_policy_revoke(&op, doc, PSX_STR("*"), PSX_STR("clock"))));
    assert_false(psx_failed(psx_policy_revoke(&op, doc, PSX_STR("app"), PSX_STR("ambient"))));
    assert_false(psx_failed(psx_policy_doc_write(&op, doc, &out)));
    assert_true(psx_str_is(out,
                           "{\n  \"version\": 1,\n  \"app\": {},\n  \"packages\": {\n    \"*\": {\n"
                           "      \"random\": true,\n      \"timers\": true\n    }\n  }\n}\n"));
    assert_int_equal(psx_policy_revoke(&op, doc, PSX_STR("*"), PSX_STR("clock")).code,
                     PSX_E_NOT_FOUND);
    psx_op_fini(&op);
}

typedef struct {
    const char *name, *location;
    bool listed;
    psx_policy_request request;
    const char *fix;
} fix_row;

#define R(...)                                                                                     \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
static const fix_row fixes[] = {
    {"send", "node_modules/send", true,
     R(.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/proj/public/a.txt")),
     "npsx grant send fs.read:./public/a.txt"},
    {"send", "node_modules/send", true,
     R(.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/proj/public"), .is_dir = true),
     "npsx grant send fs.read:./public/"},
    {"send", "node_modules/send", true, R(.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/proj")),
     "npsx grant send fs.read:./"},
    {"send", "node_modules/send", true,
     R(.cap = PSX_CAP_FS_WRITE, .value = PSX_STR_INIT("/etc/it's")),
     "npsx grant send 'fs.write:/etc/it'\\''s'"},
    {"send", "node_modules/send", true,
     R(.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/a\x1b[2J;x")), "npsx grant send fs.read:/"},
    {"send", "node_modules/send", true,
     R(.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/proj/d/a*b")),
     "npsx grant send fs.read:./d/"},
    {"send", "node_modules/send", true,
     R(.cap = PSX_CAP_FS_WRITE, .value = PSX_STR_INIT("/x/${y}/z")),
     "npsx grant send fs.write:/x/"},
    {"send", "node_modules/send", true, R(.cap = PSX_CAP_SPAWN, .value = PSX_STR_INIT("/b/a*")),
     NULL},
    {"/out", "/out", false, R(.cap = PSX_CAP_GC), NULL},
    {"@s/n", "node_modules/@s/n", true,
     R(.cap = PSX_CAP_NET_CONNECT, .value = PSX_STR_INIT("e.com"), .port = 443),
     "npsx grant @s/n net.connect:e.com:443"},
    {"a", "node_modules/a", true,
     R(.cap = PSX_CAP_NET_CONNECT, .value = PSX_STR_INIT("::1"), .port = 80, .is_address = true),
     "npsx grant a 'net.connect:[::1]:80'"},
    {"a", "node_modules/a", true,
     R(.cap = PSX_CAP_NET_CONNECT, .value = PSX_STR_INIT("unix:/proj/s"), .port = -1),
     "npsx grant a net.connect:unix:./s"},
    {"p", "", true, R(.cap = PSX_CAP_EVAL), "npsx grant app eval"},
    {"app", "node_modules/app", true, R(.cap = PSX_CAP_GC), "npsx grant node_modules/app gc"},
    {"x", "node_modules/a/x", false, R(.cap = PSX_CAP_GC), "npsx grant node_modules/a/x gc"},
    {"x", "stray", false, R(.cap = PSX_CAP_GC), "npsx grant ./stray gc"},
    {"a", "node_modules/a", true,
     R(.cap = PSX_CAP_SPAWN, .value = PSX_STR_INIT("/usr/bin/git"), .asked = PSX_STR_INIT("git")),
     "npsx grant a spawn:git"},
    {"a", "node_modules/a", true, R(.cap = PSX_CAP_ENV, .value = PSX_STR_INIT("HOME")),
     "npsx grant a env:HOME"},
};

static psx_rc make_fix(psx_op *op, const void *arg)
{
    const fix_row *row = arg;
    psx_policy *policy = NULL;
    psx_policy_holder *h = NULL;
    psx_policy_dirs dirs = {.project = PSX_STR("/proj")};
    psx_str out = {0};
    psx_policy_subject s = {.name = psx_str_from(row->name),
                            .location = psx_str_from(row->location),
                            .listed = row->listed};
    TRY(psx_policy_parse(op, PSX_STR("{\"version\": 1}"), PSX_STR("p"), &policy));
    TRY(psx_policy_resolve(op, policy, &dirs));
    TRY(psx_policy_bind(op, policy, &s, &h));
    psx_rc rc = psx_policy_fix(op, h, &row->request, &out);
    if (!row->fix && rc.code == PSX_E_VALUE) {
        psx_fail_clear(op);
        return PSX_OK;
    }
    TRY(rc);
    if (!psx_str_is(out, row->fix)) fail_msg("%.*s, not %s", PSX_FMT(out), row->fix);
    return PSX_OK;
}

static void fixes_are_commands_to_paste(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fixes / sizeof *fixes; i++) {
        check_all_allocations(make_fix, &fixes[i], PSX_E_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_starter_is_stable),       cmocka_unit_test(grants_are_written_sorted),
        cmocka_unit_test(wrong_grants_are_refused),    cmocka_unit_test(revoking_takes_away),
        cmocka_unit_test(fixes_are_commands_to_paste),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

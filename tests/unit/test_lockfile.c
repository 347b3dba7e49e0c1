#include "alloc.h"
#include "pkg/lockfile.h"

static const char good[] =
    "{\"name\":\"x\",\"lockfileVersion\":3,\"packages\":{"
    "\"\":{\"name\":\"x\",\"workspaces\":[\"packages/*\"]},"
    "\"node_modules/a\":{\"version\":\"1.0.0\",\"integrity\":\"sha512-a\",\"dev\":true},"
    "\"node_modules/a/node_modules/@s/b\":{\"version\":\"2.0.0\",\"inBundle\":true},"
    "\"node_modules/alias\":{\"name\":\"real\",\"version\":\"3.0.0\",\"hasInstallScript\":true},"
    "\"node_modules/@me/y\":{\"resolved\":\"packages/y\",\"link\":true},"
    "\"packages/y\":{\"version\":\"4.0.0\"},"
    "\"packages/z\":{\"name\":\"zed\"},"
    "\"../outside\":{\"version\":\"5.0.0\"}}}";

static psx_rc parse(psx_op *op, const void *text)
{
    psx_lockfile *lock;
    return psx_lockfile_parse(op, psx_str_from(text), PSX_STR("package-lock.json"), &lock);
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    check_all_allocations(parse, good, PSX_E_OK);
}

static void lists_what_lies_where(void **state)
{
    (void)state;
    static const char *const expected[][3] = {
        {"node_modules/a", "a", "1.0.0"},
        {"node_modules/a/node_modules/@s/b", "@s/b", "2.0.0"},
        {"node_modules/alias", "real", "3.0.0"},
        {"packages/y", "@me/y", "4.0.0"},
        {"packages/z", "zed", ""},
        {"../outside", "outside", "5.0.0"},
    };
    psx_op op;
    psx_lockfile *lock;
    psx_op_init(&op, 1 << 20);
    psx_rc rc = psx_lockfile_parse(&op, psx_str_from(good), PSX_STR("f"), &lock);
    assert_int_equal(rc.code, PSX_E_OK);
    assert_int_equal(lock->n, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < lock->n; i++) {
        const psx_lockfile_entry *e = &lock->entries[i];
        assert_true(psx_str_is(e->location, expected[i][0]));
        assert_true(psx_str_is(e->name, expected[i][1]));
        assert_true(psx_str_is(e->version, expected[i][2]));
    }
    assert_true(lock->entries[0].dev && !lock->entries[1].dev);
    assert_true(lock->entries[1].bundled && lock->entries[2].has_scripts);
    assert_true(psx_str_is(lock->entries[0].integrity, "sha512-a"));
    psx_op_fini(&op);
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        psx_error code;
        const char *why;
    } bad[] = {
        {"{\"lockfileVersion\":1,\"dependencies\":{}}", PSX_E_UNSUPPORTED, "no locations in v1"},
        {"{\"lockfileVersion\":4,\"packages\":{}}", PSX_E_UNSUPPORTED, "from the future"},
        {"{\"lockfileVersion\":2.5,\"packages\":{}}", PSX_E_UNSUPPORTED, "no such version"},
        {"{\"lockfileVersion\":\"3\",\"packages\":{}}", PSX_E_TYPE, "a string is no version"},
        {"{}", PSX_E_UNSUPPORTED, "no version at all"},
        {"[]", PSX_E_TYPE, "not an object"},
        {"{\"lockfileVersion\":3}", PSX_E_MISSING, "no packages"},
        {"{\"lockfileVersion\":3,\"packages\":[]}", PSX_E_MISSING, "packages is a list"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a\":1}}", PSX_E_TYPE, "a package is an object"},
        {"{\"lockfileVersion\":3,\"packages\":{\"/a\":{}}}", PSX_E_VALUE, "absolute"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a/../b\":{}}}", PSX_E_VALUE, "two spellings"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a//b\":{}}}", PSX_E_VALUE, "two spellings"},
        {"{\"lockfileVersion\":3,\"packages\":{\"./a\":{}}}", PSX_E_VALUE, "two spellings"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a\\\\b\":{}}}", PSX_E_VALUE, "another system's"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a\":{\"version\":1}}}", PSX_E_TYPE, "no text"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a\":{\"link\":true}}}", PSX_E_VALUE, "to where?"},
        {"{\"lockfileVersion\":3,\"packages\":{\"a\":{},\"a\":{}}}", PSX_E_DUPLICATE, "which?"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        psx_op op;
        psx_op_init(&op, 1 << 20);
        psx_rc rc = parse(&op, bad[i].text);
        if (rc.code != bad[i].code) fail_msg("%s (%s): %d", bad[i].text, bad[i].why, rc.code);
        assert_true(op.fail.line == 1 && op.fail.message[0]);
        psx_op_fini(&op);
        check_all_allocations(parse, bad[i].text, bad[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_every_failed_allocation),
        cmocka_unit_test(lists_what_lies_where),
        cmocka_unit_test(refuses_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

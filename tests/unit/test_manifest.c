// The manifest when memory runs out, at each allocation. What it answers is compared in
// tests/trust/manifest.
#include "alloc.h"
#include "formats/url.h"
#include "policy/manifest.h"
#include "policy/policy.h"

static const char text[] =
    "{\"resources\": {\"./a.js\": {\"integrity\": \"sha256-x\", \"dependencies\": {\"../p/b.js\": "
    "{\"require\": \"./c.js\"}}}, \"./d.js\": {\"cascade\": true}}, \"scopes\": {\"./\": "
    "{\"cascade\": true}, \"file:\": {\"integrity\": true, \"dependencies\": {\"os\": true}}, "
    "\"https://e.com/\": {}}}";

static psx_rc ask(psx_op *op, const void *arg)
{
    static const psx_str conditions[] = {PSX_STR_INIT("node"), PSX_STR_INIT("require")};
    psx_policy *policy;
    psx_redirect to;
    psx_resource content;
    bool may;
    (void)arg;
    TRY(psx_policy_parse(op, psx_str_from(text), PSX_STR("/p/policy.json"), &policy));
    const psx_manifest *m = psx_policy_manifest(policy);
    TRY(psx_manifest_redirect(op, m, PSX_STR("file:///p/a.js"), PSX_STR("./b.js"), conditions, 2,
                              &to));
    assert_int_equal(to.kind, PSX_REDIRECT_TO);
    assert_true(psx_str_is(to.url, "file:///p/c.js"));
    TRY(psx_manifest_redirect(op, m, PSX_STR("file:///p/d.js"), PSX_STR("os"), conditions, 2, &to));
    assert_int_equal(to.kind, PSX_REDIRECT_DEFAULT);
    TRY(psx_manifest_resource(op, m, PSX_STR("file:///p/x/y.js"), &content));
    assert_int_equal(content.kind, PSX_RESOURCE_ANY);
    TRY(psx_manifest_might(op, m, PSX_STR("blob:https://e.com/1"), &may));
    assert_false(may);
    return PSX_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    check_all_allocations(ask, NULL, PSX_E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

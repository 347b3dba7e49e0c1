#include "alloc.h"

#include "formats/semver.h"

// After node-semver's own fixtures (range-include, range-exclude, comparisons).
static const struct {
    const char *range, *version;
    bool in;
} ranges[] = {
    {"1.0.0 - 2.0.0", "1.2.3", true},
    {"^1.2.3+build", "1.2.3", true},
    {"^1.2.3+build", "1.3.0", true},
    {"1.2.3-pre+asdf - 2.4.3-pre+asdf", "1.2.3", true},
    {"1.2.3-pre+asdf - 2.4.3-pre+asdf", "1.2.3-pre.2", true},
    {"1.2.3-pre+asdf - 2.4.3-pre+asdf", "2.4.3-alpha", true},
    {"1.2.3+asdf - 2.4.3+asdf", "1.2.3", true},
    {"1.0.0", "1.0.0", true},
    {">=*", "0.2.4", true},
    {"", "1.0.0", true},
    {"*", "1.2.3", true},
    {">=1.0.0", "1.0.1", true},
    {">1.0.0", "1.1.0", true},
    {"<=2.0.0", "0.2.9", true},
    {"<2.0.0", "1.9999.9999", true},
    {">= 1.0.0", "1.1.0", true},
    {">  1.0.0", "1.0.1", true},
    {"0.1.20 || 1.2.4", "1.2.4", true},
    {">=0.2.3 || <0.0.1", "0.0.0", true},
    {"||", "1.3.4", true},
    {"2.x.x", "2.1.3", true},
    {"1.2.x || 2.x", "1.2.3", true},
    {"x", "1.2.3", true},
    {"2.*.*", "2.1.3", true},
    {"2", "2.1.2", true},
    {"2.3", "2.3.1", true},
    {"~0.0.1", "0.0.2", true},
    {"~x", "0.0.9", true},
    {"~2", "2.0.9", true},
    {"~2.4", "2.4.5", true},
    {"~>3.2.1", "3.2.2", true},
    {"~1", "1.2.3", true},
    {"~> 1", "1.2.3", true},
    {"~1.0", "1.0.2", true},
    {">=1", "1.0.0", true},
    {"<1.2", "1.1.1", true},
    {"~v0.5.4-pre", "0.5.5", true},
    {"~v0.5.4-pre", "0.5.4", true},
    {"=0.7.x", "0.7.2", true},
    {"<=0.7.x", "0.7.2", true},
    {">=0.7.x", "0.7.2", true},
    {"<=0.7.x", "0.6.2", true},
    {"~1.2.1 >=1.2.3", "1.2.3", true},
    {">=1.2.1 1.2.3", "1.2.3", true},
    {"1.2.3 >=1.2.1", "1.2.3", true},
    {"^1.2", "1.4.2", true},
    {"^1.2 ^1", "1.4.2", true},
    {"^0.0.1-beta", "0.0.1-beta", true},
    {"^0.0.1-beta", "0.0.1", true},
    {"^0.1.2", "0.1.9", true},
    {"^1.2.3-alpha", "1.2.3-pre", true},
    {"^1.x", "1.9.0", true},
    {"^0.x", "0.9.0", true},
    {"1 - 2", "2.9.0", true},
    {"1.2 - 3.4.5", "3.4.5", true},
    {"1.2.3 - 3.4", "3.4.9", true},
    {"~0.5.4-pre", "0.5.4-pre.1", true},

    {"1.0.0 - 2.0.0", "2.2.3", false},
    {"1.2.3+asdf - 2.4.3+asdf", "1.2.3-pre.2", false},
    {"1.2.3+asdf - 2.4.3+asdf", "2.4.3-alpha", false},
    {"^1.2.3+build", "2.0.0", false},
    {"^1.2.3+build", "1.2.0", false},
    {"^1.2.3", "1.2.3-pre", false},
    {"^1.2", "1.2.0-pre", false},
    {">1.2", "1.3.0-beta", false},
    {"<=1.2.3", "1.2.3-beta", false},
    {"^1.2.3", "1.2.3-beta", false},
    {"=0.7.x", "0.7.0-asdf", false},
    {">=0.7.x", "0.7.0-asdf", false},
    {"1.0.0", "1.0.1", false},
    {">=1.0.0", "0.0.0", false},
    {">1.0.0", "0.0.1", false},
    {"<2.0.0", "2.9999.9999", false},
    {"0.1.20 || 1.2.4", "1.2.3", false},
    {"2.x.x", "3.1.3", false},
    {"1.2.x", "1.3.3", false},
    {"~2.4", "2.5.0", false},
    {"~2.4", "2.3.9", false},
    {"~>3.2.1", "3.3.2", false},
    {"~1", "2.2.3", false},
    {"<1", "1.0.0", false},
    {">=1.2", "1.1.1", false},
    {"<1.2", "1.2.0-beta", false},
    {"^0.0.1", "0.0.2-alpha", false},
    {"^0.0.1", "0.0.2", false},
    {"^1.2.3-alpha", "1.2.4-alpha", false},
    {"^1.2", "2.0.0-pre", false},
    {"^0.1.2", "0.2.0", false},
    {"*", "1.2.3-foo", false},
    {">*", "1.2.3", false},
    {"1 - 2", "3.0.0-pre", false},
    {"~0.5.4-pre", "0.5.5-pre", false},
    {"~0.10.2-1.2 || >=0.x", "0.10.2-rc", false},
    {"=*||^0.2.2-0", "0.2.2-0", false},
};

typedef struct {
    const char *range, *version;
    bool in;
} pair;

static psx_rc match(psx_op *op, const void *arg)
{
    const pair *p = arg;
    psx_semver_range *range = NULL;
    psx_semver v;
    TRY(psx_semver_range_parse(op, psx_str_from(p->range), &range));
    assert_true(psx_semver_parse(psx_str_from(p->version), &v));
    if (psx_semver_matches(range, &v) != p->in) fail_msg("%s with %s", p->range, p->version);
    return PSX_OK;
}

static void ranges_match_as_npm_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        pair p = {ranges[i].range, ranges[i].version, ranges[i].in};
        check_all_allocations(match, &p, PSX_E_OK);
    }
}

static void versions_are_ordered(void **state)
{
    // From the Semantic Versioning text, section 11.
    static const char *const order[] = {
        "0.0.0-0",    "0.0.0",        "1.0.0-alpha",   "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",    "1.0.0",
        "1.0.1",      "1.2.0",        "1.10.0",        "2.0.0"};
    (void)state;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
            psx_semver a, b;
            assert_true(psx_semver_parse(psx_str_from(order[i]), &a));
            assert_true(psx_semver_parse(psx_str_from(order[k]), &b));
            int c = psx_semver_cmp(&a, &b);
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
    }
}

static void nonsense_is_refused(void **state)
{
    static const char *const versions[] = {"",          "1",     "1.2",    "1.2.3.4",
                                           "01.2.3",    "1.2.x", "1.2.3-", "1.2.3-01",
                                           "1.2.3+",    "a.b.c", "1.2.3 ", "99999999999999999.0.0",
                                           "1.2.3-a..b"};
    static const char *const not_ranges[] = {
        "latest",    "^",       "1.2.3.4", ">=",  "1 -",     "http://x/", "1,2",
        "^1.2.3foo", "npm:x@1", "1.x.3",   "x.2", "==1.0.0", "=1 - 2",    "~~1"};
    (void)state;
    psx_semver v;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        if (psx_semver_parse(psx_str_from(versions[i]), &v)) fail_msg("%s", versions[i]);
    }
    for (size_t i = 0; i < sizeof not_ranges / sizeof *not_ranges; i++) {
        psx_op op;
        psx_semver_range *r;
        psx_op_init(&op, 1u << 16);
        psx_rc rc = psx_semver_range_parse(&op, psx_str_from(not_ranges[i]), &r);
        if (rc.code != PSX_E_VALUE) fail_msg("%s", not_ranges[i]);
        psx_op_fini(&op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_match_as_npm_does),
        cmocka_unit_test(versions_are_ordered),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "alloc.h"
#include "trust/gate.h"
#include "trust/serials.h"

#include <sys/stat.h>
#include "trust/system.h"

static const char good[] = "{\"enforceCodeIntegrity\":true,\"disableInteractive\":true,"
                           "\"forbidAmbient\":false,\"forbidBuiltins\":true,\"requireBox\":true,"
                           "\"anchors\":[\"/etc/packsec/trust.d/\",\"/srv/ca.pem\"],"
                           "\"minimumSerials\":{\"/srv/app/policy.json\":7,\"*\":2}}";

static psx_rc parse(psx_op *op, const void *text)
{
    psx_trust_system *system;
    return psx_trust_system_parse(op, psx_str_from(text), PSX_STR("system.json"), &system);
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    check_all_allocations(parse, good, PSX_E_OK);
    check_all_allocations(parse, "{\"enforce\":true}", PSX_E_UNKNOWN_KEY);
}

static void says_what_is_demanded(void **state)
{
    (void)state;
    psx_op op;
    psx_trust_system *s;
    uint64_t serial = 0;
    psx_op_init(&op, 1 << 20);
    assert_int_equal(psx_trust_system_parse(&op, psx_str_from(good), PSX_STR("f"), &s).code,
                     PSX_E_OK);
    assert_true(s->enforce && s->disable_interactive && !s->forbid_ambient && s->forbid_builtins &&
                s->require_box);
    assert_true(s->has_anchors && s->n_anchors == 2);
    assert_true(psx_str_is(s->anchors[0], "/etc/packsec/trust.d"));
    assert_true(psx_str_is(s->anchors[1], "/srv/ca.pem"));
    assert_true(psx_trust_system_minimum(s, PSX_STR("/srv/app/policy.json"), &serial));
    assert_int_equal(serial, 7);
    assert_true(psx_trust_system_minimum(s, PSX_STR("/srv/app/policy.jso"), &serial));
    assert_int_equal(serial, 2);
    psx_op_fini(&op);
}

static void an_empty_object_demands_nothing(void **state)
{
    (void)state;
    psx_op op;
    psx_trust_system *s;
    uint64_t serial;
    psx_op_init(&op, 1 << 20);
    assert_int_equal(psx_trust_system_parse(&op, PSX_STR("{}"), PSX_STR("f"), &s).code, PSX_E_OK);
    assert_false(s->enforce || s->disable_interactive || s->forbid_ambient || s->forbid_builtins ||
                 s->require_box);
    assert_false(s->has_anchors || psx_trust_system_minimum(s, PSX_STR("/a"), &serial));
    assert_false(psx_trust_system_minimum(NULL, PSX_STR("/a"), &serial));
    psx_op_fini(&op);
}

typedef struct {
    const char *text;
    psx_error code;
} refusal;

static void refuse_all(const refusal *rows, size_t n, psx_rc (*subject)(psx_op *, const void *))
{
    for (size_t i = 0; i < n; i++) {
        psx_op op;
        psx_op_init(&op, 1 << 20);
        psx_rc rc = subject(&op, rows[i].text);
        if (rc.code != rows[i].code) fail_msg("%s: %s", rows[i].text, psx_error_name(rc.code));
        assert_true(op.fail.message[0]);
        psx_op_fini(&op);
    }
}

static void refuses_what_it_does_not_understand(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {"", PSX_E_TRUNCATED},
        {"null", PSX_E_TYPE},
        {"[]", PSX_E_TYPE},
        {"{} {}", PSX_E_TRAILING},
        {"{\"EnforceCodeIntegrity\":true}", PSX_E_UNKNOWN_KEY},
        {"{\"enforceCodeIntegrity\":true,\"more\":1}", PSX_E_UNKNOWN_KEY},
        {"{\"$schema\":\"x\"}", PSX_E_UNKNOWN_KEY},
        {"{\"enforceCodeIntegrity\":true,\"enforceCodeIntegrity\":false}", PSX_E_DUPLICATE},
        {"{\"enforceCodeIntegrity\":1}", PSX_E_TYPE},
        {"{\"enforceCodeIntegrity\":\"true\"}", PSX_E_TYPE},
        {"{\"disableInteractive\":null}", PSX_E_TYPE},
        {"{\"anchors\":\"/etc/ca.pem\"}", PSX_E_TYPE},
        {"{\"anchors\":[1]}", PSX_E_VALUE},
        {"{\"anchors\":[\"\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"/\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"//\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"ca.pem\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"/etc/../tmp/ca.pem\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"/etc//ca.pem\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"/etc/./ca.pem\"]}", PSX_E_VALUE},
        {"{\"anchors\":[\"/etc/ca.pem/..\"]}", PSX_E_VALUE},
        {"{\"minimumSerials\":[7]}", PSX_E_TYPE},
        {"{\"minimumSerials\":{\"policy.json\":7}}", PSX_E_VALUE},
        {"{\"minimumSerials\":{\"\":7}}", PSX_E_VALUE},
        {"{\"minimumSerials\":{\"*\":-1}}", PSX_E_VALUE},
        {"{\"minimumSerials\":{\"*\":1.5}}", PSX_E_VALUE},
        {"{\"minimumSerials\":{\"*\":1e3}}", PSX_E_VALUE},
        {"{\"minimumSerials\":{\"*\":9007199254740992}}", PSX_E_VALUE},
        {"{\"minimumSerials\":{\"*\":\"7\"}}", PSX_E_VALUE},
    };
    refuse_all(rows, sizeof rows / sizeof *rows, parse);
}

static psx_rc put(psx_op *op, const void *text)
{
    psx_json *serials;
    psx_str out;
    TRY(psx_trust_serials_parse(op, psx_str_from(text), PSX_STR("serials"), &serials));
    return psx_trust_serials_put(op, serials, PSX_STR("/b\"\n"), 9007199254740991u, &out);
}

static void serials_come_back(void **state)
{
    (void)state;
    psx_op op;
    psx_json *serials;
    psx_str text;
    uint64_t n;
    psx_op_init(&op, 1 << 20);
    assert_int_equal(psx_trust_serials_parse(&op, PSX_STR("{\"version\":1,\"serials\":{\"/a\":3}}"),
                                             PSX_STR("s"), &serials)
                         .code,
                     PSX_E_OK);
    assert_int_equal(
        psx_trust_serials_put(&op, serials, PSX_STR("/b\"\n"), 9007199254740991u, &text).code,
        PSX_E_OK);
    assert_int_equal(psx_trust_serials_parse(&op, text, PSX_STR("s"), &serials).code, PSX_E_OK);
    assert_true(psx_trust_serials_get(serials, PSX_STR("/a"), &n) && n == 3);
    assert_true(psx_trust_serials_get(serials, PSX_STR("/b\"\n"), &n) && n == 9007199254740991u);
    assert_false(psx_trust_serials_get(serials, PSX_STR("/c"), &n));
    psx_op_fini(&op);
    check_all_allocations(put, "{\"version\":1,\"serials\":{\"/a\":3}}", PSX_E_OK);
}

static void refuses_corrupt_serials(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {"", PSX_E_TRUNCATED},
        {"{}", PSX_E_VALUE},
        {"{\"version\":2,\"serials\":{}}", PSX_E_VALUE},
        {"{\"version\":1,\"serials\":[]}", PSX_E_VALUE},
        {"{\"version\":1,\"serials\":{},\"x\":1}", PSX_E_VALUE},
        {"{\"version\":1,\"serials\":{\"/a\":-1}}", PSX_E_VALUE},
        {"{\"version\":1,\"serials\":{\"/a\":\"1\"}}", PSX_E_VALUE},
        {"{\"version\":1,\"serials\":{\"/a\":1,\"/a\":0}}", PSX_E_DUPLICATE},
    };
    refuse_all(rows, sizeof rows / sizeof *rows, put);
}

// ---- the gate -----------------------------------------------------------------------------------

typedef struct {
    psx_str dir;
    psx_trust_rules rules;
    uint64_t serial;
} keeping;

static psx_rc accept(psx_op *op, const void *arg)
{
    const keeping *k = arg;
    psx_str warning;
    return psx_trust_serial(op, &k->rules, PSX_STR("/nowhere/policy.json"), true, k->serial, k->dir,
                            &warning);
}

static void a_serial_survives_every_failed_allocation(void **state)
{
    (void)state;
    char dir[] = "/tmp/packsec-serials-XXXXXX", file[64];
    assert_non_null(mkdtemp(dir));
    keeping k = {.dir = psx_str_from(dir), .serial = 5};
    check_all_allocations(accept, &k, PSX_E_OK);
    k.serial = 4;
    check_all_allocations(accept, &k, PSX_E_ROLLBACK);
    k.rules.enforce = true;
    check_all_allocations(accept, &k, PSX_E_ROLLBACK);
    snprintf(file, sizeof file, "%s/serials", dir);
    assert_int_equal(truncate(file, 3), 0);
    check_all_allocations(accept, &k, PSX_E_MANDATORY);
    k.rules.enforce = false;
    check_all_allocations(accept, &k, PSX_E_TRUNCATED);
    unlink(file);
    snprintf(file, sizeof file, "%s/serials.lock", dir);
    unlink(file);
    assert_int_equal(rmdir(dir), 0); // no temporary file is left
}

static psx_rc no_verifier(psx_op *op, const void *arg, int *fd)
{
    (void)arg;
    (void)fd;
    return psx_fail(op, PSX_E_OS, "there is no verifier");
}

static const char anchor[] = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
                             "-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n";

static psx_rc ask(psx_op *op, const void *arg)
{
    psx_trust_facts facts;
    psx_trust_question q = *(const psx_trust_question *)arg;
    psx_trust_rules rules = {.enforce = q.arg != NULL, .enforce_by = PSX_STR("root")};
    q.policy_path = PSX_STR("/p");
    q.signature_path = PSX_STR("/p.p7s");
    q.open_verifier = no_verifier;
    psx_rc rc = psx_trust_policy(op, &rules, &q, &facts);
    assert_false(facts.verified);
    return rc;
}

static void the_gate_survives_every_failed_allocation(void **state)
{
    (void)state;
    static const psx_str text = PSX_STR_INIT("{}"), pem = {anchor, sizeof anchor - 1};
    const psx_trust_question rows[] = {
        {.policy = {0}},
        {.policy = text},
        {.policy = text, .integrity = PSX_STR("sha256-AAAA")},
        {.policy = text, .integrity = PSX_STR("md5-AAAA")},
        {.policy = text, .signature = text, .trust_text = pem},
        {.policy = text, .signature = text, .trust_text = PSX_STR("")},
    };
    static const psx_error codes[] = {PSX_E_OK,     PSX_E_OK, PSX_E_DIGEST,
                                      PSX_E_SYNTAX, PSX_E_OS, PSX_E_ANCHOR};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        psx_trust_question enforced = rows[i];
        check_all_allocations(ask, &rows[i], codes[i]);
        enforced.arg = "enforced";
        check_all_allocations(ask, &enforced, PSX_E_MANDATORY);
    }
}

static void lists_are_taken_out_of_a_file_of_anchors(void **state)
{
    (void)state;
    psx_op op;
    psx_str anchors, crls;
    psx_trust_rules rules = {0};
    psx_op_init(&op, 1 << 20);
    psx_rc rc = psx_trust_anchors(&op, &rules, psx_str_from(anchor), &anchors, &crls);
    assert_int_equal(rc.code, PSX_E_OK);
    assert_true(psx_str_search(anchors, PSX_STR("CRL")) == anchors.n);
    assert_true(psx_str_starts(crls, PSX_STR("-----BEGIN X509 CRL-----\n-----END X509 CRL-----")));
    rc = psx_trust_anchors(&op, &rules, PSX_STR("x-----BEGIN X509 CRL-----y"), &anchors, &crls);
    assert_int_equal(rc.code, PSX_E_ANCHOR);
    psx_fail_clear(&op);
    psx_str cut = PSX_STR("-----BEGIN CERTIFICATE-----\n-----BEGIN X509 CRL-----y");
    rc = psx_trust_anchors(&op, &rules, cut, &anchors, &crls);
    assert_int_equal(rc.code, PSX_E_OK);
    assert_true(!crls.n && psx_str_ends(anchors, PSX_STR("y"))); // cut off: refused later
    rules.enforce = true;
    rc = psx_trust_anchors(&op, &rules, psx_str_from(anchor), &anchors, &crls);
    assert_int_equal(rc.code, PSX_E_MANDATORY);
    psx_op_fini(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_every_failed_allocation),
        cmocka_unit_test(says_what_is_demanded),
        cmocka_unit_test(an_empty_object_demands_nothing),
        cmocka_unit_test(refuses_what_it_does_not_understand),
        cmocka_unit_test(serials_come_back),
        cmocka_unit_test(refuses_corrupt_serials),
        cmocka_unit_test(a_serial_survives_every_failed_allocation),
        cmocka_unit_test(the_gate_survives_every_failed_allocation),
        cmocka_unit_test(lists_are_taken_out_of_a_file_of_anchors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// What npsx and npsx-verify say to each other, and DER at its edges. Signatures themselves:
// tests/trust/signature.
#include "alloc.h"

#include "formats/cms.h"
#include "formats/der.h"
#include "trust/wire.h"

static const psx_signature_facts some = {
    .signer = PSX_STR_INIT("CN=Policies"),
    .issuer = PSX_STR_INIT("CN=Middle"),
    .anchor = PSX_STR_INIT("CN=Root"),
    .fingerprint = PSX_STR_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    .digest = PSX_STR_INIT("sha256"),
    .not_before = -5,
    .not_after = 1800000000,
};

static psx_error read_answer(const char *bytes, size_t n, psx_signature_facts *out)
{
    psx_op op;
    psx_op_init(&op, 1 << 20);
    psx_error code = psx_wire_answer_read(&op, (psx_str){bytes, n}, out).code;
    assert_int_equal(code, op.fail.code);
    psx_op_fini(&op);
    return code;
}

static void test_request(void **state)
{
    (void)state;
    psx_op op;
    psx_str bytes;
    psx_signature_request in = {PSX_STR("policy"), PSX_STR("sig"), PSX_STR("anchors"), {0}, 77},
                          out;
    psx_op_init(&op, 1 << 20);
    assert_false(psx_failed(psx_wire_request_write(&op, &in, &bytes)));
    assert_false(psx_failed(psx_wire_request_read(&op, bytes, &out)));
    assert_true(psx_str_eq(in.policy, out.policy) && psx_str_eq(in.signature, out.signature));
    assert_true(psx_str_eq(in.anchors, out.anchors) && out.crls.n == 0 && out.now == 77);
    for (size_t n = 0; n < bytes.n; n++) {
        psx_rc rc = psx_wire_request_read(&op, psx_str_slice(bytes, 0, n), &out);
        assert_int_equal(rc.code, PSX_E_INTERNAL);
        psx_fail_clear(&op);
    }
    psx_op_fini(&op);
}

static void test_answer(void **state)
{
    (void)state;
    char bytes[PSX_WIRE_ANSWER_BYTES + 1] = {0};
    psx_signature_facts f;
    psx_op op;
    psx_op_init(&op, 1 << 20);
    psx_wire_answer_write(&op, PSX_OK, &some, bytes);
    assert_int_equal(read_answer(bytes, PSX_WIRE_ANSWER_BYTES, &f), PSX_E_OK);
    psx_op_fini(&op);
    // each length but the right one
    for (size_t n = 0; n <= sizeof bytes; n++) {
        if (n == PSX_WIRE_ANSWER_BYTES) continue;
        assert_int_equal(read_answer(bytes, n, &f), PSX_E_SIGNATURE);
        assert_true(f.signer.p == NULL);
    }
    // what is not printable, anywhere, and anything behind an end
    for (size_t i = 0; i < PSX_WIRE_ANSWER_BYTES; i++) {
        char old = bytes[i];
        bytes[i] = old == '\n' ? '\r' : '\n';
        assert_int_equal(read_answer(bytes, PSX_WIRE_ANSWER_BYTES, &f), PSX_E_SIGNATURE);
        bytes[i] = old;
    }
}

static void test_answer_is_whole(void **state)
{
    (void)state;
    char bytes[PSX_WIRE_ANSWER_BYTES];
    psx_op op;
    psx_op_init(&op, 1 << 20);
    for (size_t i = 0; i < 5; i++) {
        psx_signature_facts f = some, out;
        psx_str *const parts[] = {&f.signer, &f.issuer, &f.anchor, &f.fingerprint, &f.digest};
        *parts[i] = PSX_STR("");
        psx_wire_answer_write(&op, PSX_OK, &f, bytes);
        assert_int_equal(read_answer(bytes, sizeof bytes, &out), PSX_E_SIGNATURE);
    }
    psx_op_fini(&op);
}

// A refusal stays one, and only codes that npsx-verify has any business with are taken from it.
static void test_refusals(void **state)
{
    (void)state;
    char bytes[PSX_WIRE_ANSWER_BYTES];
    psx_signature_facts f;
    for (psx_error e = PSX_E_USAGE; e < PSX_E_COUNT; e++) {
        psx_op op;
        psx_op_init(&op, 1 << 20);
        psx_wire_answer_write(&op, psx_fail(&op, e, "why \x1b[31m \xc3\xbc"), &some, bytes);
        psx_op_fini(&op);
        psx_error got = read_answer(bytes, sizeof bytes, &f);
        assert_true(got == e || got == PSX_E_SIGNATURE);
        assert_true(f.signer.p == NULL);
    }
}

static psx_rc run_request(psx_op *op, const void *arg)
{
    (void)arg;
    psx_str bytes;
    psx_signature_request r = {PSX_STR("policy"), PSX_STR("sig"), PSX_STR("anchors"), {0}, 77};
    return psx_wire_request_write(op, &r, &bytes);
}

static psx_rc run_answer(psx_op *op, const void *arg)
{
    psx_signature_facts f;
    return psx_wire_answer_read(op, *(const psx_str *)arg, &f);
}

static void test_memory(void **state)
{
    (void)state;
    char bytes[PSX_WIRE_ANSWER_BYTES];
    psx_op op;
    psx_op_init(&op, 1 << 20);
    psx_wire_answer_write(&op, PSX_OK, &some, bytes);
    psx_op_fini(&op);
    check_all_allocations(run_request, NULL, PSX_E_OK);
    check_all_allocations(run_answer, &(psx_str){bytes, sizeof bytes}, PSX_E_OK);
}

// ---- DER
// --------------------------------------------------------------------------------------------

#define BYTES(literal) PSX_STR_INIT(literal)

static const struct {
    psx_str bytes;
    bool good;
} ders[] = {
    {BYTES("\x30\x00"), true},
    {BYTES("\x02\x01\x00"), true},
    {BYTES("\x02\x02\x00\x80"), true},
    {BYTES("\x02\x02\xFF\x7F"), true},
    {BYTES("\x01\x01\xFF"), true},
    {BYTES("\x03\x02\x07\x80"), true},
    {BYTES("\x06\x03\x88\x37\x01"), true},
    {BYTES("\x31\x06\x02\x01\x01\x02\x01\x02"), true},
    {BYTES("\xA0\x03\x02\x01\x05"), true},
    {BYTES("\x80\x03\xFF\xFF\xFF"), true},

    {BYTES(""), false},
    {BYTES("\x30"), false},
    {BYTES("\x30\x01"), false},
    {BYTES("\x30\x00\x00"), false},     // behind the end
    {BYTES("\x30\x80\x00\x00"), false}, // indefinite
    {BYTES("\x30\x81\x00"), false},     // long form for a short length
    {BYTES("\x04\x81\x7F"), false},
    {BYTES("\x30\x84\xFF\xFF\xFF\xFF"), false}, // longer than there is
    {BYTES("\x30\x85\x00\x00\x00\x00\x00"), false},
    {BYTES("\x30\xFF"), false},
    {BYTES("\x1F\x81\x01\x00"), false}, // high tag number
    {BYTES("\x00\x00"), false},         // end of contents
    {BYTES("\x02\x00"), false},
    {BYTES("\x02\x02\x00\x7F"), false},
    {BYTES("\x02\x02\xFF\x80"), false},
    {BYTES("\x01\x01\x01"), false},
    {BYTES("\x01\x02\xFF\xFF"), false},
    {BYTES("\x03\x00"), false},
    {BYTES("\x03\x01\x01"), false},
    {BYTES("\x03\x02\x08\x00"), false},
    {BYTES("\x03\x02\x01\x01"), false},
    {BYTES("\x05\x01\x00"), false},
    {BYTES("\x06\x00"), false},
    {BYTES("\x06\x01\x80"), false},
    {BYTES("\x06\x02\x80\x01"), false},
    {BYTES("\x06\x01\x81"), false},
    {BYTES("\x10\x00"), false},                         // a sequence that is no container
    {BYTES("\x24\x03\x04\x01\x00"), false},             // a string in pieces
    {BYTES("\x31\x06\x02\x01\x02\x02\x01\x01"), false}, // not in order
    {BYTES("\x30\x04\x02\x01\x00\x00"), false},         // a byte inside
    {BYTES("\x30\x03\x02\x02\x00"), false},             // beyond its container
};

static void test_der(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ders / sizeof *ders; i++) {
        psx_op op;
        psx_op_init(&op, 1 << 16);
        bool good = !psx_failed(psx_der_check(&op, "it", ders[i].bytes));
        if (good != ders[i].good) fail_msg("DER %zu", i);
        psx_op_fini(&op);
    }
}

static void test_oid_text(void **state)
{
    (void)state;
    char text[32];
    psx_der_oid_text(PSX_STR("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), text, sizeof text);
    assert_string_equal(text, "1.2.840.113549.1.7.2");
    psx_der_oid_text(PSX_STR("\x88\x37\x01"), text, sizeof text);
    assert_string_equal(text, "2.999.1");
    psx_der_oid_text(PSX_STR("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), text, 8);
    assert_string_equal(text, "1.2.840");
    psx_der_oid_text(PSX_STR(""), text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),  cmocka_unit_test(test_answer),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_answer_is_whole),
        cmocka_unit_test(test_memory),   cmocka_unit_test(test_der),
        cmocka_unit_test(test_oid_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

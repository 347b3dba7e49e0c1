// What npsx-verify is asked (policy, signature, anchors, revocation lists, time): no crash, nothing
// lost, and no verdict that is neither a reason nor whole.
#include "fuzz.h"
#include "trust/wire.h"

static void check(psx_op *op, psx_str bytes)
{
    psx_signature_request request;
    psx_signature_facts facts, told;
    char answer[PSX_WIRE_ANSWER_BYTES];
    if (psx_failed(psx_wire_request_read(op, bytes, &request))) return;
    psx_rc rc = psx_signature_verify_here(op, &request, &facts);
    PROMISE(rc.code == op->fail.code);
    psx_wire_answer_write(op, rc, &facts, answer);
    psx_fail_clear(op);
    psx_rc again = psx_wire_answer_read(op, (psx_str){answer, sizeof answer}, &told);
    PROMISE(again.code == rc.code);
    if (psx_failed(rc)) {
        PROMISE(rc.code == PSX_E_SIGNATURE || rc.code == PSX_E_ANCHOR);
        PROMISE(!facts.signer.n);
        return;
    }
    PROMISE(facts.signer.n && facts.anchor.n && facts.fingerprint.n == 64);
    PROMISE(facts.not_before <= request.now && request.now <= facts.not_after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_op_init(&op, 64 << 20);
    check(&op, (psx_str){(const char *)data, size});
    psx_op_fini(&op);
    return 0;
}

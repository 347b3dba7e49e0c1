// A detached signature, before any library sees it: no crash, what is accepted lies within the
// input, and what a library gets of it is accepted again.
#include "formats/cms.h"
#include "formats/der.h"
#include "fuzz.h"

static bool is_within(psx_str part, psx_str whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void check(psx_op *op, psx_str bytes)
{
    psx_cms cms, again;
    psx_rc rc = psx_cms_parse(op, bytes, &cms);
    PROMISE(rc.code == op->fail.code);
    if (psx_failed(rc)) {
        PROMISE(rc.code == PSX_E_SIGNATURE && op->fail.message[0]);
        return;
    }
    PROMISE(cms.message_digest.n == psx_cms_digest_size(cms.digest));
    PROMISE(cms.signature.n && cms.signer.n && cms.n_certificates);
    PROMISE(is_within(cms.signature, bytes) && is_within(cms.signer, bytes));
    PROMISE(is_within(cms.signed_attributes, bytes) && is_within(cms.message_digest, bytes));
    for (size_t i = 0; i < cms.n_certificates; i++)
        PROMISE(is_within(cms.certificates[i], bytes));
    PROMISE(cms.normal.n >= bytes.n && cms.normal.n <= bytes.n + 32);
    if (cms.normal.n > PSX_CMS_MAX_BYTES) return;
    PROMISE(!psx_failed(psx_der_check(op, "it", cms.normal)));
    PROMISE(!psx_failed(psx_cms_parse(op, cms.normal, &again)));
    PROMISE(!again.bare && psx_str_eq(again.normal, cms.normal));
    PROMISE(psx_str_eq(again.signer, cms.signer) && psx_str_eq(again.signature, cms.signature));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_op_init(&op, 1 << 20);
    check(&op, (psx_str){(const char *)data, size});
    psx_op_fini(&op);
    return 0;
}

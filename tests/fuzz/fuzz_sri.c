// Integrity strings: no crash, and what is read is what Node's expression reads: only characters of
// its grammar, and an item that is written again and read again is the same.
#include "formats/sri.h"
#include "fuzz.h"

static void again(psx_op *op, const psx_sri_item *item)
{
    psx_str text = {0};
    psx_sri one = {0};
    if (item->n != psx_sri_size(item->algorithm)) return;
    PROMISE(!psx_failed(psx_sri_write(op, item->algorithm, item->digest, &text)));
    PROMISE(!psx_failed(psx_sri_parse(op, text, &one)));
    PROMISE(one.n == 1 && one.v[0].algorithm == item->algorithm && one.v[0].n == item->n);
    PROMISE(memcmp(one.v[0].digest, item->digest, item->n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_sri sri = {0};
    psx_sri_verity verity;
    psx_str text = {(const char *)data, size};
    psx_op_init(&op, 64u << 20);
    if (psx_sri_verity_parse(text, &verity)) PROMISE(psx_failed(psx_sri_parse(&op, text, &sri)));
    psx_fail_clear(&op);
    psx_rc rc = psx_sri_parse(&op, text, &sri);
    PROMISE(psx_failed(rc) == (op.fail.code != PSX_E_OK));
    for (size_t i = 0; !psx_failed(rc) && i < size; i++) {
        PROMISE(data[i] == '\t' || (data[i] >= 0x20 && data[i] < 0x7f));
    }
    for (size_t i = 0; !psx_failed(rc) && i < sri.n; i++) {
        again(&op, &sri.v[i]);
    }
    psx_op_fini(&op);
    return 0;
}

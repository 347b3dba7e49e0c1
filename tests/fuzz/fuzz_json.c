// What parses can be written, what was written parses again, and writing that gives the same bytes.
#include "formats/json.h"
#include "fuzz.h"

static void check_written(psx_op *op, const psx_json_doc *doc)
{
    psx_json_doc *again = NULL;
    psx_str first = {0}, second = {0};
    PROMISE(!psx_failed(psx_json_write(op, &doc->root, &first)));
    PROMISE(!psx_failed(psx_json_parse(op, first, PSX_STR("again"), 16u << 20, &again)));
    PROMISE(!psx_failed(psx_json_write(op, &again->root, &second)));
    PROMISE(psx_str_eq(first, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_json_doc *doc;
    psx_op_init(&op, 256u << 20);
    psx_rc rc =
        psx_json_parse(&op, (psx_str){(const char *)data, size}, PSX_STR("f"), 1u << 20, &doc);
    if (psx_failed(rc)) {
        PROMISE(op.fail.message[0]);
        PROMISE(op.fail.line > 0 || rc.code == PSX_E_SIZE);
    } else {
        check_written(&op, doc);
    }
    psx_op_fini(&op);
    return 0;
}

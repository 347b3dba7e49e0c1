// "range\nversion": no crash, and a release that a range accepts is still accepted when another
// alternative is added.
#include "formats/semver.h"
#include "fuzz.h"

static void match(psx_op *op, psx_str range, psx_str version)
{
    psx_semver v;
    psx_str wider = {0};
    psx_semver_range *a = NULL, *b = NULL;
    if (psx_failed(psx_semver_range_parse(op, range, &a))) return;
    if (!psx_semver_parse(version, &v) || !psx_semver_matches(a, &v)) return;
    PROMISE(psx_semver_cmp(&v, &v) == 0);
    PROMISE(!psx_failed(psx_op_format(op, &wider, "%.*s || 9.9.9", PSX_FMT(range))));
    PROMISE(!psx_failed(psx_semver_range_parse(op, wider, &b)));
    PROMISE(psx_semver_matches(b, &v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_str text = {(const char *)data, size};
    if (psx_str_has_nul(text)) return 0;
    size_t line = psx_str_find(text, '\n');
    psx_op_init(&op, 64u << 20);
    match(&op, psx_str_slice(text, 0, line), psx_str_slice(text, line + 1, size));
    psx_op_fini(&op);
    return 0;
}

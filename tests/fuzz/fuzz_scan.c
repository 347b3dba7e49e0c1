// Any bytes as a source, as each kind: no crash, and the lists keep their promises. The first two
// lines again as the parameters and body of new Function.
#include "fuzz.h"
#include "scan/scan.h"

static bool has(psx_scan_names names, psx_str name)
{
    for (size_t i = 0; i < names.n; i++) {
        if (psx_str_eq(names.at[i], name)) return true;
    }
    return false;
}

static void check(const psx_scan *s, psx_str source)
{
    for (size_t i = 0; i < s->free.n; i++) {
        PROMISE(psx_str_is_utf8(s->free.at[i], &(size_t){0}));
        PROMISE(i == 0 || psx_str_cmp(s->free.at[i - 1], s->free.at[i]) < 0);
    }
    for (size_t i = 0; i < s->assigned.n; i++) {
        PROMISE(has(s->free, s->assigned.at[i]));
    }
    for (size_t i = 0; i < s->n_imports; i++) {
        PROMISE(s->imports[i].offset < source.n);
        PROMISE(i == 0 || s->imports[i - 1].offset <= s->imports[i].offset);
    }
    PROMISE(!s->has_esm_syntax || (s->exports.n == 0 && s->reexports.n == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_str text = {(const char *)data, size};
    for (int kind = PSX_SCAN_UNKNOWN; kind <= PSX_SCAN_MODULE; kind++) {
        psx_op op;
        psx_scan *s;
        psx_op_init(&op, 256u << 20);
        PROMISE(!psx_failed(psx_scan_source(&op, text, (psx_scan_kind)kind, &s)));
        check(s, text);
        psx_op_fini(&op);
    }
    size_t line = psx_str_find(text, '\n');
    bool pure;
    psx_op op;
    psx_op_init(&op, 64u << 20);
    PROMISE(!psx_failed(psx_scan_is_pure_wrapper(&op, psx_str_slice(text, 0, line),
                                                 psx_str_slice(text, line + 1, size), &pure)));
    psx_op_fini(&op);
    return 0;
}

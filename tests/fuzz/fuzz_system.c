// What parses as system.json demands only what it says in known words, and trusts absolute paths
// only. The kept serials, which are read the same way, come back as they were written.
#include "fuzz.h"
#include "trust/serials.h"
#include "trust/system.h"

static void try_system(psx_str bytes)
{
    psx_op op;
    psx_trust_system *s;
    psx_op_init(&op, 64u << 20);
    psx_rc rc = psx_trust_system_parse(&op, bytes, PSX_STR("f"), &s);
    if (psx_failed(rc)) {
        PROMISE(op.fail.message[0]);
    } else {
        PROMISE(s->has_anchors || !s->n_anchors);
        for (size_t i = 0; i < s->n_anchors; i++) {
            PROMISE(s->anchors[i].n > 1 && s->anchors[i].p[0] == '/');
            PROMISE(!psx_str_ends(s->anchors[i], PSX_STR("/")));
            PROMISE(psx_str_search(s->anchors[i], PSX_STR("/../")) == s->anchors[i].n);
        }
        for (size_t i = 0; i < s->n_minimums; i++) {
            uint64_t least = 0;
            PROMISE(psx_trust_system_minimum(s, s->minimums[i].path, &least));
            PROMISE(least >= s->minimums[i].serial);
        }
    }
    psx_op_fini(&op);
}

static void try_serials(psx_str bytes)
{
    psx_op op;
    psx_json *serials;
    psx_str text;
    uint64_t n;
    psx_op_init(&op, 64u << 20);
    if (!psx_failed(psx_trust_serials_parse(&op, bytes, PSX_STR("f"), &serials))) {
        PROMISE(!psx_failed(psx_trust_serials_put(&op, serials, PSX_STR("/p"), 5, &text)));
        PROMISE(!psx_failed(psx_trust_serials_parse(&op, text, PSX_STR("f"), &serials)));
        PROMISE(psx_trust_serials_get(serials, PSX_STR("/p"), &n) && n == 5);
    }
    psx_op_fini(&op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_system((psx_str){(const char *)data, size});
    try_serials((psx_str){(const char *)data, size});
    return 0;
}

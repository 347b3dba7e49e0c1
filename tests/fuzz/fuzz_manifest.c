// A URL that parses is normal: parsed again it is the same. A manifest answers everything that its
// own text can ask, and never with a URL that is not normal.
#include "formats/url.h"
#include "fuzz.h"
#include "policy/manifest.h"
#include "policy/policy.h"

enum { CEILING = 256 << 20, PIECE = 40 };

static void check_url(psx_op *op, psx_str text, const psx_url *base)
{
    psx_url once, twice;
    psx_rc rc = psx_url_parse(op, text, base, &once);
    PROMISE(!psx_failed(rc) || rc.code == PSX_E_VALUE);
    psx_fail_clear(op);
    if (psx_failed(rc)) return;
    PROMISE(!psx_failed(psx_url_parse(op, once.href, NULL, &twice)));
    PROMISE(psx_str_eq(once.href, twice.href));
    PROMISE(once.is_opaque == twice.is_opaque && once.is_special == twice.is_special);
}

static void ask(psx_op *op, const psx_manifest *m, psx_str from, psx_str word)
{
    static const psx_str conditions[] = {PSX_STR_INIT("require"), PSX_STR_INIT("node")};
    psx_redirect r;
    psx_resource content;
    psx_url url;
    bool may;
    PROMISE(!psx_failed(psx_manifest_redirect(op, m, from, word, conditions, 2, &r)));
    PROMISE((r.kind == PSX_REDIRECT_TO) == (r.url.n > 0));
    PROMISE((r.kind == PSX_REDIRECT_ERROR) == (r.error.code != NULL));
    if (r.kind == PSX_REDIRECT_TO) check_url(op, r.url, NULL);
    if (psx_failed(psx_url_parse(op, word, NULL, &url))) {
        psx_fail_clear(op);
        return;
    }
    PROMISE(!psx_failed(psx_manifest_resource(op, m, url.href, &content)));
    PROMISE(!psx_failed(psx_manifest_might(op, m, url.href, &may)));
    PROMISE(!psx_failed(psx_manifest_redirect(op, m, url.href, from, conditions, 2, &r)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_policy *policy;
    psx_url base;
    psx_str bytes = {(const char *)data, size > 4096 ? 4096 : size};
    psx_op_init(&op, CEILING);
    PROMISE(!psx_failed(psx_url_parse(&op, PSX_STR("file:///p/q?x"), NULL, &base)));
    size_t half = psx_str_find(bytes, '\n');
    check_url(&op, psx_str_slice(bytes, 0, half), NULL);
    check_url(&op, psx_str_slice(bytes, 0, half), &base);
    psx_rc rc = psx_policy_parse(&op, bytes, PSX_STR("/p/policy.json"), &policy);
    const psx_manifest *m = psx_failed(rc) ? NULL : psx_policy_manifest(policy);
    psx_fail_clear(&op);
    for (size_t i = 0; m && i < bytes.n && i < PIECE * 8; i += 13) {
        ask(&op, m, PSX_STR("file:///p/a.js"), psx_str_slice(bytes, i, i + PIECE));
        size_t quote = i + psx_str_find(psx_str_slice(bytes, i, bytes.n), '"');
        ask(&op, m, PSX_STR("data:text/javascript,0"), psx_str_slice(bytes, i, quote));
    }
    psx_op_fini(&op);
    return 0;
}

// The certificates that may vouch for a signer, and the lists of those that no longer may.
#include "base/buf.h"
#include "os/system_file.h"
#include "trust/gate.h"

typedef struct {
    psx_buf anchors, crls;
} texts;

static bool has(psx_str text, psx_str mark)
{
    return psx_str_search(text, mark) < text.n;
}

#define LIST        "X509 CRL-----"
#define CERTIFICATE "CERTIFICATE-----"

// A file of the one kind with the other's name would be passed over in silence: a revocation that
// nobody heeds, or an anchor that nobody finds.
static psx_rc check_kind(psx_op *op, psx_str path, psx_str bytes, bool is_crl)
{
    psx_str list = PSX_STR("-----BEGIN " LIST), certificate = PSX_STR("-----BEGIN " CERTIFICATE);
    if (!is_crl && has(bytes, list)) {
        return psx_fail(op, PSX_E_VALUE, "%.*s holds a revocation list: name it NAME.crl",
                        PSX_FMT(path));
    }
    if (has(bytes, is_crl ? list : certificate)) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "%.*s holds no %s in PEM", PSX_FMT(path),
                    is_crl ? "revocation list" : "certificate");
}

// A line of its own ends each file: the next must not begin in the middle of one.
static psx_rc add_file(psx_op *op, texts *t, psx_str path)
{
    psx_str bytes;
    bool is_crl = psx_str_ends(path, PSX_STR(".crl"));
    psx_buf *to = is_crl ? &t->crls : &t->anchors;
    size_t max = is_crl ? PSX_SIGNATURE_CRLS_MAX : PSX_SIGNATURE_ANCHORS_MAX;
    TRY(psx_os_system_read(op, path, max, &bytes));
    TRY(check_kind(op, path, bytes, is_crl));
    if (bytes.n + 1 > max - to->n) {
        return psx_fail(op, PSX_E_SIZE, "%.*s: all %s together are more than %zu bytes",
                        PSX_FMT(path), is_crl ? "revocation lists" : "anchors", max);
    }
    TRY(psx_buf_add(to, bytes));
    return psx_buf_byte(to, '\n');
}

static psx_rc add_place(psx_op *op, texts *t, psx_str path)
{
    psx_str *names;
    size_t n;
    bool is_dir;
    TRY(psx_os_system_list(op, path, &is_dir, &names, &n));
    if (!is_dir) return add_file(op, t, path);
    for (size_t i = 0; i < n; i++) {
        psx_str file;
        bool ours =
            psx_str_ends(names[i], PSX_STR(".pem")) || psx_str_ends(names[i], PSX_STR(".crl"));
        if (!ours) continue;
        TRY(psx_op_format(op, &file, "%.*s/%.*s", PSX_FMT(path), PSX_FMT(names[i])));
        TRY(add_file(op, t, file));
    }
    return PSX_OK;
}

static psx_rc add_system(psx_op *op, const psx_trust_system *system, texts *t)
{
    if (system && system->has_anchors) {
        for (size_t i = 0; i < system->n_anchors; i++) {
            TRY(add_place(op, t, system->anchors[i]));
        }
        return PSX_OK;
    }
    psx_rc rc = add_place(op, t, PSX_STR(PSX_TRUST_ANCHORS_DIR));
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    psx_fail_clear(op);
    return PSX_OK;
}

// A user's file may hold both: the lists are taken out. What is cut off stays, and is refused
// there.
static psx_rc split(texts *t, psx_str text)
{
    psx_str begin = PSX_STR("-----BEGIN " LIST), end = PSX_STR("-----END " LIST);
    while (text.n) {
        size_t from = psx_str_search(text, begin);
        psx_str rest = psx_str_slice(text, from, text.n);
        size_t to = psx_str_search(rest, end);
        if (to == rest.n) break;
        to += end.n;
        TRY(psx_buf_add(&t->anchors, psx_str_slice(text, 0, from)));
        TRY(psx_buf_add(&t->crls, psx_str_slice(rest, 0, to)));
        TRY(psx_buf_byte(&t->crls, '\n'));
        text = psx_str_slice(rest, to, rest.n);
    }
    return psx_buf_add(&t->anchors, text);
}

// Anchors that cannot be read vouch for nobody: a refusal, whatever kept them from being read.
static psx_rc untrusted(psx_op *op, psx_rc rc)
{
    if (rc.code == PSX_E_NOMEM) return rc;
    op->fail.code = PSX_E_ANCHOR;
    return (psx_rc){PSX_E_ANCHOR};
}

psx_rc psx_trust_anchors(psx_op *op, const psx_trust_rules *rules, psx_str trust_text,
                         psx_str *anchors, psx_str *crls)
{
    texts t;
    psx_buf_init(&t.anchors, op);
    psx_buf_init(&t.crls, op);
    if (trust_text.p && rules->enforce) {
        return psx_trust_violation(op, rules->enforce_by, "names who is trusted",
                                   "--trust is not for this system");
    }
    if (trust_text.p && !has(trust_text, PSX_STR("-----BEGIN " CERTIFICATE))) {
        psx_rc rc = psx_fail(op, PSX_E_ANCHOR, "the file of --trust holds no certificate in PEM");
        psx_fail_suggest(op, "openssl x509 -inform DER -in FILE makes PEM of DER");
        return rc;
    }
    if (trust_text.p) {
        TRY(split(&t, trust_text));
    } else {
        psx_rc read = add_system(op, rules->system, &t);
        if (psx_failed(read)) return untrusted(op, read);
    }
    *anchors = psx_buf_str(&t.anchors);
    *crls = psx_buf_str(&t.crls);
    if (anchors->n) return PSX_OK;
    psx_rc rc =
        psx_fail(op, PSX_E_ANCHOR, "there is no trust anchor that could vouch for a signer");
    psx_fail_suggest(op, "put the CA's certificate into %s as NAME.pem, or say --trust FILE",
                     PSX_TRUST_ANCHORS_DIR);
    return rc;
}

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "trust/certificate.h"
#include "trust/x509.h"
#include "formats/cms.h"
#include "trust/signature.h"

// Everything of OpenSSL's that has to be freed, whatever happens.
typedef struct {
    psx_op *op;
    const psx_signature_request *request;
    psx_cms cms;
    psx_x509_trust trust;
    X509 *signer;
    STACK_OF(X509) * others;
    CMS_ContentInfo *info;
    BIO *content;
} verification;

static psx_rc check_sizes(psx_op *op, const psx_signature_request *r)
{
    if (!r->policy.n) return psx_fail(op, PSX_E_SIGNATURE, "the policy is empty");
    if (r->policy.n > PSX_SIGNATURE_CONTENT_MAX)
        return psx_fail(op, PSX_E_SIGNATURE, "the policy has %zu bytes; at most %d are allowed",
                        r->policy.n, PSX_SIGNATURE_CONTENT_MAX);
    if (r->anchors.n > PSX_SIGNATURE_ANCHORS_MAX)
        return psx_fail(op, PSX_E_ANCHOR,
                        "the trust anchors have %zu bytes; at most %d are allowed", r->anchors.n,
                        PSX_SIGNATURE_ANCHORS_MAX);
    if (r->crls.n > PSX_SIGNATURE_CRLS_MAX)
        return psx_fail(op, PSX_E_ANCHOR,
                        "the revocation lists have %zu bytes; at most %d are allowed", r->crls.n,
                        PSX_SIGNATURE_CRLS_MAX);
    return PSX_OK;
}

// ---- the content
// ----------------------------------------------------------------------------------

static const EVP_MD *digest_of(psx_cms_digest digest)
{
    switch (digest) {
    case PSX_CMS_SHA256: return EVP_sha256();
    case PSX_CMS_SHA384: return EVP_sha384();
    default: return EVP_sha512();
    }
}

static bool is_signed_content(const verification *v, psx_str content)
{
    unsigned char made[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    psx_str signed_digest = v->cms.message_digest;
    if (!EVP_Digest(content.p, content.n, made, &n, digest_of(v->cms.digest), NULL)) return false;
    return n == signed_digest.n && memcmp(made, signed_digest.p, n) == 0;
}

// Tools that rewrite line ends are why most signatures break. Only for the reason: nothing but the
// very bytes is ever accepted.
static bool would_fit_with_other_line_ends(const verification *v)
{
    psx_str in = v->request->policy;
    enum { WORTH_IT = 1 << 20 };
    if (in.n > WORTH_IT) return false;
    char *p = psx_op_array(v->op, in.n, 2);
    bool has_cr = psx_str_find(in, '\r') < in.n;
    size_t n = 0;
    for (size_t i = 0; p && i < in.n; i++) {
        if (has_cr && in.p[i] == '\r') continue;
        if (!has_cr && in.p[i] == '\n') p[n++] = '\r';
        p[n++] = in.p[i];
    }
    return p && is_signed_content(v, (psx_str){p, n});
}

static psx_rc check_content(const verification *v)
{
    if (is_signed_content(v, v->request->policy)) return PSX_OK;
    if (would_fit_with_other_line_ends(v))
        return psx_fail(v->op, PSX_E_SIGNATURE,
                        "the policy was signed with other line ends (CRLF against LF): keep what "
                        "was signed, byte for byte (sign with -binary; in git: *.json -text)");
    return psx_fail(v->op, PSX_E_SIGNATURE,
                    "the signature is for another content: the policy was changed after it was "
                    "signed, or this signature belongs to another policy");
}

// ---- OpenSSL
// --------------------------------------------------------------------------------------

static psx_rc take_certificates(verification *v)
{
    v->others = sk_X509_new_null();
    if (!v->others) return psx_fail_nomem(v->op);
    TRY(psx_x509_read(v->op, v->cms.signer, &v->signer));
    for (size_t i = 0; i < v->cms.n_certificates; i++) {
        X509 *c;
        TRY(psx_x509_read(v->op, v->cms.certificates[i], &c));
        if (sk_X509_push(v->others, c)) continue;
        X509_free(c);
        return psx_fail_nomem(v->op);
    }
    return PSX_OK;
}

// What the library understood must be what is there, down to the byte.
static psx_rc take_message(verification *v)
{
    psx_str der = v->cms.normal;
    const unsigned char *at = (const unsigned char *)der.p;
    unsigned char *again = NULL;
    v->info = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
    int n = v->info ? i2d_CMS_ContentInfo(v->info, &again) : -1;
    bool same = n >= 0 && at == (const unsigned char *)der.p + der.n && (size_t)n == der.n &&
                memcmp(again, der.p, der.n) == 0;
    OPENSSL_free(again);
    if (same) return PSX_OK;
    return psx_fail(v->op, PSX_E_SIGNATURE,
                    "the signature is damaged: it does not read as it is written");
}

// What the signature says of itself (nobody signed that) and the key must go together.
static bool does_key_fit(const verification *v)
{
    switch (EVP_PKEY_get_base_id(X509_get0_pubkey(v->signer))) {
    case EVP_PKEY_RSA: return v->cms.scheme != PSX_CMS_ECDSA;
    case EVP_PKEY_RSA_PSS: return v->cms.scheme == PSX_CMS_RSA_PSS;
    case EVP_PKEY_EC: return v->cms.scheme == PSX_CMS_ECDSA;
    default: return false;
    }
}

// The chain was checked: here it is only the key and the bytes. NOINTERN: the signer is the
// certificate that was checked and no other.
static psx_rc check_signature(verification *v)
{
    const unsigned flags = CMS_BINARY | CMS_NOCRL | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;
    psx_str policy = v->request->policy;
    if (!does_key_fit(v))
        return psx_fail(v->op, PSX_E_SIGNATURE,
                        "the signature's algorithm does not fit the key of its signer");
    STACK_OF(X509) *signer = sk_X509_new_null(); // borrows
    v->content = BIO_new_mem_buf(policy.p, (int)policy.n);
    bool ready = signer && v->content && sk_X509_push(signer, v->signer);
    bool good =
        ready && CMS_verify(v->info, signer, v->trust.anchors, v->content, NULL, flags) == 1;
    sk_X509_free(signer);
    if (!ready) return psx_fail_nomem(v->op);
    STACK_OF(X509) *used = good ? CMS_get0_signers(v->info) : NULL;
    good = good && used && sk_X509_num(used) == 1 && sk_X509_value(used, 0) == v->signer;
    sk_X509_free(used);
    if (good) return PSX_OK;
    return psx_fail(v->op, PSX_E_SIGNATURE,
                    "the signature was not made with the key of the certificate that it carries: "
                    "it is damaged or forged");
}

static psx_rc tell_fingerprint(psx_op *op, const X509 *cert, psx_str *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned n = 0;
    if (!X509_digest(cert, EVP_sha256(), digest, &n)) return psx_fail_nomem(op);
    for (unsigned i = 0; i < n; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
    return psx_op_copy(op, (psx_str){hex, 2 * (size_t)n}, out);
}

static psx_rc tell_facts(verification *v, const X509 *anchor, psx_signature_facts *out)
{
    psx_op *op = v->op;
    const X509 *s = v->signer;
    TRY(psx_certificate_name(op, X509_get_subject_name(s), &out->signer));
    TRY(psx_certificate_name(op, X509_get_issuer_name(s), &out->issuer));
    TRY(psx_certificate_name(op, X509_get_subject_name(anchor), &out->anchor));
    TRY(tell_fingerprint(op, s, &out->fingerprint));
    out->digest = psx_str_from(psx_cms_digest_name(v->cms.digest));
    TRY(psx_x509_seconds(op, X509_get0_notBefore(s), &out->not_before));
    return psx_x509_seconds(op, X509_get0_notAfter(s), &out->not_after);
}

static psx_rc verify(verification *v, psx_signature_facts *out)
{
    const X509 *anchor = NULL;
    psx_signature_facts facts = {0};
    TRY(check_sizes(v->op, v->request));
    TRY(psx_cms_parse(v->op, v->request->signature, &v->cms));
    TRY(check_content(v));
    TRY(psx_x509_trust_load(v->op, v->request->anchors, v->request->crls, &v->trust));
    TRY(take_certificates(v));
    TRY(take_message(v));
    TRY(psx_x509_check_chain(v->op, &v->trust, v->signer, v->others, v->request->now, &anchor));
    TRY(check_signature(v));
    TRY(tell_facts(v, anchor, &facts));
    *out = facts;
    return PSX_OK;
}

static void verification_fini(verification *v)
{
    BIO_free(v->content);
    CMS_ContentInfo_free(v->info);
    sk_X509_pop_free(v->others, X509_free);
    X509_free(v->signer);
    psx_x509_trust_fini(&v->trust);
    ERR_clear_error();
}

// No configuration file, and of the algorithms that libcrypto looks up by name only those that a
// certificate may be signed with (and some that get a reason of their own): to enter all of them
// takes longer than to verify.
static bool start_library(void)
{
    const uint64_t without = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                             OPENSSL_INIT_NO_ADD_ALL_DIGESTS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;
    return OPENSSL_init_crypto(without, NULL) && EVP_add_digest(EVP_sha256()) &&
           EVP_add_digest(EVP_sha384()) && EVP_add_digest(EVP_sha512()) &&
           EVP_add_digest(EVP_sha1()) && EVP_add_digest(EVP_sha224());
}

psx_rc psx_signature_verify_here(psx_op *op, const psx_signature_request *request,
                                 psx_signature_facts *out)
{
    verification v = {.op = op, .request = request};
    *out = (psx_signature_facts){0};
    if (!start_library()) return psx_fail(op, PSX_E_INTERNAL, "OpenSSL cannot be used");
    psx_rc rc = verify(&v, out);
    verification_fini(&v);
    return rc;
}

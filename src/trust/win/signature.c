// Signatures by CryptoAPI, behind trust/signature.h. In this process: Windows has no place of less
// authority that starts as cheaply, so what reads the bytes first is our own strict parser.
#include "trust/win/chain.h"

#include "formats/cms.h"
#include "os/win/text.h"
#include "trust/digest.h"

#define ENCODING (X509_ASN_ENCODING | PKCS_7_ASN_ENCODING)

typedef struct {
    psx_op *op;
    const psx_signature_request *request;
    psx_cms cms;
    psx_chain_trust trust;
    PCCERT_CONTEXT signer;
    HCRYPTMSG message;
} verification;

static psx_rc check_sizes(psx_op *op, const psx_signature_request *r)
{
    if (!r->policy.n) return psx_fail(op, PSX_E_SIGNATURE, "the policy is empty");
    if (r->policy.n > PSX_SIGNATURE_CONTENT_MAX)
        return psx_fail(op, PSX_E_SIGNATURE, "the policy has %zu bytes; at most %d are allowed",
                        r->policy.n, PSX_SIGNATURE_CONTENT_MAX);
    if (r->anchors.n > PSX_SIGNATURE_ANCHORS_MAX || r->crls.n > PSX_SIGNATURE_CRLS_MAX)
        return psx_fail(op, PSX_E_ANCHOR, "the trust anchors are too large");
    return PSX_OK;
}

// ---- the content --------------------------------------------------------------------------------

static psx_sri_algorithm algorithm_of(psx_cms_digest digest)
{
    return digest == PSX_CMS_SHA256   ? PSX_SRI_SHA256
           : digest == PSX_CMS_SHA384 ? PSX_SRI_SHA384
                                      : PSX_SRI_SHA512;
}

static bool is_signed_content(const verification *v, psx_str content)
{
    uint8_t made[PSX_SRI_MOST];
    psx_str is = v->cms.message_digest;
    psx_sri_algorithm a = algorithm_of(v->cms.digest);
    psx_digest_compute(a, content, made);
    return is.n == psx_sri_size(a) && memcmp(made, is.p, is.n) == 0;
}

// Only for the reason: nothing but the very bytes is ever accepted.
static bool would_fit_with_other_line_ends(const verification *v)
{
    psx_str in = v->request->policy;
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

// The digest that was signed against the one of these bytes, computed here: who leaves this to the
// library's own verification accepts other content where that forgets it (Wine 8 does).
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

// ---- CryptoAPI ----------------------------------------------------------------------------------

static psx_rc fail_reading(psx_op *op)
{
    return psx_fail(op, PSX_E_SIGNATURE, "the signature is damaged: Windows says 0x%08lx",
                    GetLastError());
}

static psx_rc take_certificates(verification *v)
{
    psx_str s = v->cms.signer;
    v->signer =
        psx_crypt()->CertCreateCertificateContext(X509_ASN_ENCODING, (const BYTE *)s.p, (DWORD)s.n);
    if (!v->signer || v->signer->cbCertEncoded != s.n) {
        return psx_fail(v->op, PSX_E_SIGNATURE, "the signer's certificate cannot be read");
    }
    for (size_t i = 0; i < v->cms.n_certificates; i++) {
        if (psx_str_eq(v->cms.certificates[i], s)) continue;
        TRY(psx_chain_trust_help(v->op, &v->trust, v->cms.certificates[i]));
    }
    return PSX_OK;
}

static psx_rc parameter(verification *v, DWORD which, psx_str *out)
{
    DWORD n = 0;
    if (!psx_crypt()->CryptMsgGetParam(v->message, which, 0, NULL, &n)) return fail_reading(v->op);
    char *p = psx_op_alloc(v->op, n);
    if (!p) return psx_fail_nomem(v->op);
    if (!psx_crypt()->CryptMsgGetParam(v->message, which, 0, p, &n)) return fail_reading(v->op);
    *out = (psx_str){p, n};
    return PSX_OK;
}

// What the library understood must be what our own parser did.
static psx_rc compare_message(verification *v)
{
    psx_str count, type, attributes, computed;
    DWORD signers = 0;
    TRY(parameter(v, CMSG_SIGNER_COUNT_PARAM, &count));
    memcpy(&signers, count.p, count.n < sizeof signers ? count.n : sizeof signers);
    TRY(parameter(v, CMSG_INNER_CONTENT_TYPE_PARAM, &type));
    TRY(parameter(v, CMSG_SIGNER_AUTH_ATTR_PARAM, &attributes));
    TRY(parameter(v, CMSG_COMPUTED_HASH_PARAM, &computed));
    const CRYPT_ATTRIBUTES *a = (const CRYPT_ATTRIBUTES *)attributes.p;
    bool same_type = psx_str_is(psx_str_from(type.p), szOID_RSA_data) ||
                     psx_str_is(psx_str_from(type.p), szOID_RSA_signedData);
    if (signers == 1 && same_type && a->cAttr >= 2 && psx_str_eq(computed, v->cms.message_digest)) {
        return PSX_OK;
    }
    return psx_fail(v->op, PSX_E_SIGNATURE,
                    "the signature is damaged: it does not read as it is written");
}

static psx_rc take_message(verification *v)
{
    const psx_crypt_api *c = psx_crypt();
    psx_str s = v->cms.normal, policy = v->request->policy;
    v->message = c->CryptMsgOpenToDecode(ENCODING, CMSG_DETACHED_FLAG, 0, 0, NULL, NULL);
    if (!v->message || !c->CryptMsgUpdate(v->message, (const BYTE *)s.p, (DWORD)s.n, TRUE) ||
        !c->CryptMsgUpdate(v->message, (const BYTE *)policy.p, (DWORD)policy.n, TRUE)) {
        return fail_reading(v->op);
    }
    return compare_message(v);
}

// What the signature says of itself (nobody signed that) and the key must go together. RSA-PSS is
// not taken: where CryptMsg does not know it, it reads it as the other padding.
static const char *fault_of_scheme(const verification *v)
{
    const char *key = v->signer->pCertInfo->SubjectPublicKeyInfo.Algorithm.pszObjId;
    bool rsa = !strcmp(key, szOID_RSA_RSA);
    if (v->cms.scheme == PSX_CMS_RSA_PSS)
        return "the signature is RSA-PSS, which npsx does not take on Windows: sign without it";
    if (rsa == (v->cms.scheme == PSX_CMS_RSA)) return NULL;
    return "the signature's algorithm does not fit the key of its signer";
}

static psx_rc check_signature(verification *v)
{
    const char *fault = fault_of_scheme(v);
    if (fault) return psx_fail(v->op, PSX_E_SIGNATURE, "%s", fault);
    CMSG_CTRL_VERIFY_SIGNATURE_EX_PARA para = {
        .cbSize = sizeof para,
        .dwSignerType = CMSG_VERIFY_SIGNER_CERT,
        .pvSigner = (void *)v->signer,
    };
    if (psx_crypt()->CryptMsgControl(v->message, 0, CMSG_CTRL_VERIFY_SIGNATURE_EX, &para)) {
        return PSX_OK;
    }
    return psx_fail(v->op, PSX_E_SIGNATURE,
                    "the signature was not made with the key of the certificate that it carries: "
                    "it is damaged or forged (0x%08lx)",
                    GetLastError());
}

static psx_rc tell_facts(verification *v, psx_signature_facts *out)
{
    CERT_INFO *i = v->signer->pCertInfo;
    char hex[2 * PSX_DIGEST_SIZE + 1];
    psx_digest print = psx_digest_of(v->cms.signer);
    psx_digest_hex(&print, PSX_DIGEST_SIZE, hex);
    TRY(psx_chain_name(v->op, &i->Subject, &out->signer));
    TRY(psx_chain_name(v->op, &i->Issuer, &out->issuer));
    out->digest = psx_str_from(psx_cms_digest_name(v->cms.digest));
    out->not_before = psx_chain_seconds(i->NotBefore);
    out->not_after = psx_chain_seconds(i->NotAfter);
    return psx_op_copy(v->op, psx_str_from(hex), &out->fingerprint);
}

static psx_rc verify(verification *v, psx_signature_facts *out)
{
    psx_signature_facts facts = {0};
    TRY(check_sizes(v->op, v->request));
    TRY(psx_cms_parse(v->op, v->request->signature, &v->cms));
    TRY(check_content(v));
    TRY(psx_chain_trust_load(v->op, v->request->anchors, v->request->crls, &v->trust));
    TRY(take_certificates(v));
    TRY(take_message(v));
    psx_chain_carried carried = {v->cms.certificates, v->cms.n_certificates};
    TRY(psx_chain_check(v->op, &v->trust, v->signer, &carried, v->request->now, &facts.anchor));
    TRY(check_signature(v));
    TRY(tell_facts(v, &facts));
    *out = facts;
    return PSX_OK;
}

psx_rc psx_signature_verify_here(psx_op *op, const psx_signature_request *request,
                                 psx_signature_facts *out)
{
    verification v = {.op = op, .request = request};
    *out = (psx_signature_facts){0};
    psx_rc rc = verify(&v, out);
    if (v.message) psx_crypt()->CryptMsgClose(v.message);
    if (v.signer) psx_crypt()->CertFreeCertificateContext(v.signer);
    psx_chain_trust_fini(&v.trust);
    return rc;
}

psx_rc psx_signature_verify(psx_op *op, int verifier_fd, const psx_signature_request *request,
                            psx_signature_facts *out)
{
    (void)verifier_fd; // there is no npsx-verify here
    return psx_signature_verify_here(op, request, out);
}

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "trust/certificate.h"
#include "trust/sign_certificate.h"
#include "trust/sign_key.h"

enum {
    SOON = 30 * 24 * 3600,
    MOST = 16, // certificates
};

// ---- reading ------------------------------------------------------------------------------------

static bool is_root(const X509 *c)
{
    return X509_NAME_cmp(X509_get_subject_name(c), X509_get_issuer_name(c)) == 0;
}

static psx_rc take(psx_op *op, X509 *c, size_t i, psx_sign_certificates *out)
{
    if (i >= MOST) {
        return psx_fail(op, PSX_E_VALUE,
                        "more than %d certificates: give the signer's and those "
                        "between it and the root",
                        MOST);
    }
    if (i == 0)
        out->signer = c;
    else if (is_root(c))
        X509_free(c);
    else if (!sk_X509_push(out->between, c))
        return psx_fail_nomem(op);
    return PSX_OK;
}

psx_rc psx_sign_certificates_read(psx_op *op, psx_str pem, psx_sign_certificates *out)
{
    BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
    *out = (psx_sign_certificates){.between = sk_X509_new_null()};
    if (!in || !out->between) return psx_fail_nomem(op);
    psx_rc rc = PSX_OK;
    X509 *c;
    for (size_t i = 0; !psx_failed(rc) && (c = PEM_read_bio_X509(in, NULL, NULL, NULL)); i++) {
        rc = take(op, c, i, out);
    }
    BIO_free(in);
    TRY(rc);
    bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (out->signer && ended) {
        ERR_clear_error();
        return PSX_OK;
    }
    rc = psx_fail(op, PSX_E_VALUE, "the certificate is not in PEM form: %s",
                  psx_sign_openssl_reason());
    psx_fail_suggest(op, "openssl x509 -inform DER -in FILE makes PEM of DER");
    return rc;
}

// ---- checking -----------------------------------------------------------------------------------

static psx_rc refuse(psx_op *op, const char *what, psx_certificate_fault fault)
{
    if (!fault.why) return PSX_OK;
    psx_rc rc =
        psx_fail(op, PSX_E_ANCHOR, "%s %s, and nobody would accept the signature", what, fault.why);
    psx_fail_suggest(op, "%s", fault.fix);
    return rc;
}

// What it is signed with, and whether it says by whose key: without that no strict verifier
// follows.
static psx_rc check_strength(psx_op *op, X509 *c, const char *what)
{
    psx_certificate_fault pss = {"has a key for RSA-PSS only, with which OpenSSL 3.0 makes no such "
                                 "signature",
                                 "use another RSA key, or EC on P-256, P-384 or P-521"};
    psx_certificate_fault no_key = {"has no authority key identifier",
                                    "have it issued with authorityKeyIdentifier=keyid"};
    TRY(refuse(op, what, psx_certificate_check_key(c)));
    if (EVP_PKEY_get_base_id(X509_get0_pubkey(c)) == EVP_PKEY_RSA_PSS) return refuse(op, what, pss);
    TRY(refuse(op, what, psx_certificate_check_digest(c)));
    return X509_get0_authority_key_id(c) ? PSX_OK : refuse(op, what, no_key);
}

static psx_rc check_time(psx_op *op, X509 *c, const char *what, int64_t now)
{
    time_t at = (time_t)now;
    if (X509_cmp_time(X509_get0_notBefore(c), &at) >= 0)
        return refuse(
            op, what,
            (psx_certificate_fault){"is not valid yet", "is this machine's clock right?"});
    if (X509_cmp_time(X509_get0_notAfter(c), &at) <= 0)
        return refuse(op, what, (psx_certificate_fault){"has expired", "have it renewed"});
    return PSX_OK;
}

static psx_rc warn(psx_op *op, X509 *signer, int64_t now, psx_str *warning)
{
    time_t soon = (time_t)(now + SOON);
    int days = 0, seconds = 0;
    *warning = PSX_STR("");
    if (X509_cmp_time(X509_get0_notAfter(signer), &soon) > 0) return PSX_OK;
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)now);
    bool told = from && ASN1_TIME_diff(&days, &seconds, from, X509_get0_notAfter(signer));
    ASN1_TIME_free(from);
    if (!told) return psx_fail_nomem(op);
    return psx_op_format(op, warning,
                         "the signer's certificate expires in %d days, and the signature with it",
                         days);
}

psx_rc psx_sign_certificates_check(psx_op *op, const psx_sign_certificates *certificates,
                                   int64_t now, psx_str *warning)
{
    static const char own[] = "the signer's certificate", other[] = "a certificate of the chain";
    TRY(refuse(op, own, psx_certificate_check_signer(certificates->signer)));
    TRY(check_strength(op, certificates->signer, own));
    TRY(check_time(op, certificates->signer, own, now));
    for (int i = 0; i < sk_X509_num(certificates->between); i++) {
        X509 *c = sk_X509_value(certificates->between, i);
        TRY(check_strength(op, c, other));
        TRY(check_time(op, c, other, now));
        TRY(refuse(op, other, psx_certificate_check_authority(c)));
    }
    return warn(op, certificates->signer, now, warning);
}

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "trust/sign_certificate.h"
#include "trust/sign_key.h"

enum {
    RSA_BITS = 2048,
    RSA_BITS_MAX = 8192,
    SOON = 30 * 24 * 3600,
    MOST = 16, // certificates
};

psx_rc psx_sign_name(psx_op *op, const X509_NAME *name, psx_str *out)
{
    char *p = NULL;
    BIO *b = BIO_new(BIO_s_mem());
    if (!b || X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) < 0) return psx_fail_nomem(op);
    long n = BIO_get_mem_data(b, &p);
    psx_rc rc = psx_op_copy(op, (psx_str){p, (size_t)n}, out);
    BIO_free(b);
    return rc;
}

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

static psx_rc fail_certificate(psx_op *op, const char *what, const char *why, const char *fix)
{
    psx_rc rc = psx_fail(op, PSX_E_ANCHOR, "%s %s: nobody would accept the signature", what, why);
    psx_fail_suggest(op, "%s", fix);
    return rc;
}

// As src/trust/chain.c asks it of every certificate; tests/trust/commands holds the two together.
static psx_rc check_purpose(psx_op *op, X509 *c)
{
    static const char what[] = "the signer's certificate";
    uint32_t flags = X509_get_extension_flags(c);
    uint32_t usage = flags & EXFLAG_KUSAGE ? X509_get_key_usage(c) : 0;
    if (flags & EXFLAG_INVALID)
        return fail_certificate(op, what, "has a faulty extension", "have another one issued");
    if ((flags & EXFLAG_CA) || (usage & KU_KEY_CERT_SIGN))
        return fail_certificate(op, what, "is one of an authority (CA)",
                                "have one issued for signing, basicConstraints CA:FALSE");
    if (!(usage & KU_DIGITAL_SIGNATURE))
        return fail_certificate(op, what, "is not for digital signatures",
                                "have one issued with keyUsage digitalSignature");
    if (!(flags & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(c) & XKU_CODE_SIGN))
        return fail_certificate(op, what, "is not for signing code",
                                "have one issued with extendedKeyUsage codeSigning");
    return PSX_OK;
}

static psx_rc check_authority(psx_op *op, X509 *c)
{
    static const char what[] = "a certificate of the chain";
    if (X509_check_ca(c) != 1)
        return fail_certificate(op, what, "is none of an authority (CA)",
                                "--chain takes those between the signer's and the root");
    bool limited = X509_get_extension_flags(c) & EXFLAG_XKUSAGE;
    if (limited && !(X509_get_extended_key_usage(c) & (XKU_CODE_SIGN | XKU_ANYEKU)))
        return fail_certificate(op, what, "is limited to purposes other than signing code",
                                "have the signer's issued by another authority");
    return PSX_OK;
}

// By name: with explicit parameters a curve could be anything. With an exponent of 1 anybody signs.
static bool is_curve_good(EVP_PKEY *key)
{
    char group[32];
    size_t n;
    int explicit = 0;
    (void)EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit);
    if (explicit || !EVP_PKEY_get_group_name(key, group, sizeof group, &n)) return false;
    int nid = OBJ_sn2nid(group);
    return nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 || nid == NID_secp521r1;
}

static bool is_exponent_good(EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool good =
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) && BN_is_odd(e) && !BN_is_one(e);
    BN_free(e);
    return good;
}

static psx_rc check_key(psx_op *op, X509 *c, const char *what)
{
    static const char fix[] = "use RSA of 2048 to 8192 bits, or EC P-256, P-384, P-521";
    EVP_PKEY *key = X509_get0_pubkey(c);
    int kind = key ? EVP_PKEY_get_base_id(key) : NID_undef;
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    if (kind == EVP_PKEY_EC) {
        return is_curve_good(key) ? PSX_OK
                                  : fail_certificate(op, what, "has a key on another curve", fix);
    }
    if (kind == EVP_PKEY_RSA_PSS)
        return fail_certificate(op, what,
                                "has a key for RSA-PSS only, with which OpenSSL 3.0 makes "
                                "no such signature",
                                fix);
    if (kind != EVP_PKEY_RSA)
        return fail_certificate(op, what, "has a key that is neither RSA nor EC", fix);
    if (bits < RSA_BITS) return fail_certificate(op, what, "has a key that is too short", fix);
    if (bits > RSA_BITS_MAX) return fail_certificate(op, what, "has a key that is too long", fix);
    return is_exponent_good(key)
               ? PSX_OK
               : fail_certificate(op, what, "has a key whose exponent is 1 or even", fix);
}

// What it is signed with, and whether it says by whose key: without that no strict verifier
// follows.
static psx_rc check_issued(psx_op *op, X509 *c, const char *what)
{
    int digest = NID_undef;
    bool known = X509_get_signature_info(c, &digest, NULL, NULL, NULL) == 1;
    if (!known || (digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512))
        return fail_certificate(op, what, "is itself signed in another way than with SHA-2",
                                "have it issued with SHA-256");
    if (!X509_get0_authority_key_id(c))
        return fail_certificate(op, what, "has no authority key identifier",
                                "have it issued with authorityKeyIdentifier=keyid");
    return PSX_OK;
}

static psx_rc check_strength(psx_op *op, X509 *c, const char *what)
{
    TRY(check_key(op, c, what));
    return check_issued(op, c, what);
}

static psx_rc check_time(psx_op *op, X509 *c, const char *what, int64_t now)
{
    time_t at = (time_t)now;
    if (X509_cmp_time(X509_get0_notBefore(c), &at) >= 0)
        return fail_certificate(op, what, "is not valid yet", "is this machine's clock right?");
    if (X509_cmp_time(X509_get0_notAfter(c), &at) <= 0)
        return fail_certificate(op, what, "has expired", "have it renewed");
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
    TRY(check_purpose(op, certificates->signer));
    TRY(check_strength(op, certificates->signer, own));
    TRY(check_time(op, certificates->signer, own, now));
    for (int i = 0; i < sk_X509_num(certificates->between); i++) {
        X509 *c = sk_X509_value(certificates->between, i);
        TRY(check_strength(op, c, other));
        TRY(check_time(op, c, other, now));
        TRY(check_authority(op, c));
    }
    return warn(op, certificates->signer, now, warning);
}

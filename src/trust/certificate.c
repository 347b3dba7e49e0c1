#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "trust/certificate.h"

enum { NAME_MAX_CHARS = 200, RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192 };

static psx_certificate_fault fault(const char *why, const char *fix)
{
    return (psx_certificate_fault){why, fix};
}

static const psx_certificate_fault none = {NULL, NULL};

// RFC 2253 with everything escaped that is not printable ASCII: it goes to terminals and logs.
psx_rc psx_certificate_name(psx_op *op, const X509_NAME *name, psx_str *out)
{
    char *text = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    if (!memory) return psx_fail_nomem(op);
    int n = X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253);
    long size = BIO_get_mem_data(memory, &text);
    psx_str all = {text, n >= 0 && size > 0 ? (size_t)size : 0};
    psx_rc rc = all.n > NAME_MAX_CHARS ? psx_op_format(op, out, "%.*s...", NAME_MAX_CHARS, text)
                                       : psx_op_copy(op, all.n ? all : PSX_STR("(no name)"), out);
    BIO_free(memory);
    return rc;
}

// ---- keys ---------------------------------------------------------------------------------------

// By name: with explicit parameters a curve could be anything.
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

// With an exponent of 1 anybody signs.
static bool is_exponent_good(EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) && BN_is_odd(e) &&
                !BN_is_one(e) && !BN_is_negative(e);
    BN_free(e);
    return good;
}

static const char *fault_of_rsa(EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    if (bits < RSA_MIN_BITS) return "has an RSA key of less than 2048 bits";
    if (bits > RSA_MAX_BITS) return "has an RSA key of more than 8192 bits";
    return is_exponent_good(key) ? NULL : "has an RSA key whose exponent is 1 or even";
}

psx_certificate_fault psx_certificate_check_key(X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *why = "has a key that is neither RSA nor on P-256, P-384 or P-521";
    int kind = key ? EVP_PKEY_get_base_id(key) : NID_undef;
    if (!key)
        why = "has a key that cannot be read";
    else if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS)
        why = fault_of_rsa(key);
    else if (kind == EVP_PKEY_EC)
        why = is_curve_good(key) ? NULL : "has a key on a curve other than P-256, P-384, P-521";
    return why ? fault(why, "use RSA of 2048 to 8192 bits, or EC on P-256, P-384 or P-521") : none;
}

// ---- purposes -----------------------------------------------------------------------------------

static bool has_usage(X509 *cert, uint32_t usage)
{
    return (X509_get_extension_flags(cert) & EXFLAG_KUSAGE) && (X509_get_key_usage(cert) & usage);
}

static bool has_purpose(X509 *cert, uint32_t purpose)
{
    return (X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) &&
           (X509_get_extended_key_usage(cert) & purpose);
}

// OpenSSL 3.0 has no purpose for code signing: what a signer must be is asked here.
psx_certificate_fault psx_certificate_check_signer(X509 *cert)
{
    static const char code[] = "have one issued with extendedKeyUsage=codeSigning";
    uint32_t flags = X509_get_extension_flags(cert);
    if (flags & EXFLAG_INVALID) return fault("has a faulty extension", "have another one issued");
    if (flags & EXFLAG_CA) return fault("is that of an authority", "sign with one that it issued");
    if (!(flags & EXFLAG_XKUSAGE)) return fault("has no extended key usage", code);
    if (!has_purpose(cert, XKU_CODE_SIGN))
        return fault("is not for signing code, as its extended key usage lacks codeSigning", code);
    if (!has_usage(cert, KU_DIGITAL_SIGNATURE))
        return fault("is not for signing, as its key usage lacks digitalSignature",
                     "have one issued with keyUsage=digitalSignature");
    if (has_usage(cert, KU_KEY_CERT_SIGN))
        return fault("may issue certificates (keyCertSign)", "sign with one that may not");
    return none;
}

// An authority that is limited to other purposes cannot issue signers.
psx_certificate_fault psx_certificate_check_authority(X509 *cert)
{
    static const char other[] = "have the signer's issued by another authority";
    if (X509_check_ca(cert) != 1) return fault("is not that of an authority (CA:TRUE)", other);
    if (!(X509_get_extension_flags(cert) & EXFLAG_XKUSAGE)) return none;
    return has_purpose(cert, XKU_CODE_SIGN | XKU_ANYEKU)
               ? none
               : fault("is limited to purposes other than signing code", other);
}

psx_certificate_fault psx_certificate_check_digest(X509 *cert)
{
    int digest = NID_undef;
    bool known = X509_get_signature_info(cert, &digest, NULL, NULL, NULL) == 1;
    if (known && (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512))
        return none;
    return fault("is not signed with SHA-256, SHA-384 or SHA-512", "have it issued with SHA-256");
}

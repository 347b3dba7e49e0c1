#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "trust/certificate.h"
#include "trust/x509.h"

psx_rc psx_x509_read(psx_op *op, psx_str der, X509 **out)
{
    const unsigned char *at = (const unsigned char *)der.p;
    *out = d2i_X509(NULL, &at, (long)der.n);
    if (*out && at == (const unsigned char *)der.p + der.n) return PSX_OK;
    X509_free(*out);
    *out = NULL;
    return psx_fail(op, PSX_E_SIGNATURE, "a certificate in the signature is damaged");
}

// Days since 1970 of a date of the Gregorian calendar. timegm would read the time zone's file.
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year; // years begin in March
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

psx_rc psx_x509_seconds(psx_op *op, const ASN1_TIME *time, int64_t *out)
{
    struct tm t;
    if (!time || !ASN1_TIME_to_tm(time, &t))
        return psx_fail(op, PSX_E_ANCHOR, "a certificate has a time that is none");
    int64_t days = days_of(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
    *out = days * 86400 + t.tm_hour * 3600 + t.tm_min * 60 + t.tm_sec;
    return PSX_OK;
}

psx_rc psx_x509_date(psx_op *op, const ASN1_TIME *time, psx_str *out)
{
    struct tm t;
    if (!time || !ASN1_TIME_to_tm(time, &t)) return psx_op_copy(op, PSX_STR("?"), out);
    return psx_op_format(op, out, "%04d-%02d-%02d %02d:%02d UTC", t.tm_year + 1900, t.tm_mon + 1,
                         t.tm_mday, t.tm_hour, t.tm_min);
}

// ---- PEM
// ------------------------------------------------------------------------------------------

typedef psx_rc (*block_taker)(psx_op *op, psx_str der, psx_x509_trust *out);

// Every block must be of this kind: a key or a request among them is a mistake worth telling.
static psx_rc take_blocks(psx_op *op, BIO *text, const char *kind, const char *what,
                          block_taker take, psx_x509_trust *out)
{
    for (;;) {
        char *name = NULL, *header = NULL;
        unsigned char *data = NULL;
        long n = 0;
        if (!PEM_read_bio(text, &name, &header, &data, &n)) {
            bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            ERR_clear_error();
            return end ? PSX_OK : psx_fail(op, PSX_E_ANCHOR, "the %s are damaged PEM", what);
        }
        psx_rc rc;
        if (strcmp(name, kind) != 0 || header[0])
            rc =
                psx_fail(op, PSX_E_ANCHOR, "the %s hold something else too: \"%.40s\"", what, name);
        else
            rc = take(op, (psx_str){(const char *)data, (size_t)n}, out);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
        TRY(rc);
    }
}

// Text about a certificate may stand before it. Bytes that are no text are DER, which would be
// passed over in silence.
static bool is_text(psx_str pem)
{
    for (size_t i = 0; i < pem.n; i++) {
        unsigned char b = (unsigned char)pem.p[i];
        if ((b < 0x20 && !(b >= '\t' && b <= '\r')) || b == 0x7F) return false;
    }
    return true;
}

static psx_rc read_pem(psx_op *op, psx_str pem, const char *kind, const char *what,
                       block_taker take, psx_x509_trust *out)
{
    if (!pem.n) return PSX_OK;
    if (!is_text(pem))
        return psx_fail(op, PSX_E_ANCHOR,
                        "the %s are no text: they are wanted in PEM (openssl x509 or crl: -inform "
                        "DER -outform PEM)",
                        what);
    BIO *text = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (!text) return psx_fail_nomem(op);
    psx_rc rc = take_blocks(op, text, kind, what, take, out);
    BIO_free(text);
    return rc;
}

// ---- anchors
// --------------------------------------------------------------------------------------

// A certificate of an authority says so itself; version 1 certificates cannot.
static bool is_authority(X509 *c)
{
    return X509_check_ca(c) == 1 && !(X509_get_extension_flags(c) & EXFLAG_INVALID);
}

// An anchor is a self-signed authority. Other authorities may lie beside it and help; anything else
// would make one key, that of a signer, vouch for itself.
static psx_rc add_anchor(psx_op *op, X509 *c, psx_x509_trust *out)
{
    psx_str name;
    if (!is_authority(c)) {
        TRY(psx_certificate_name(op, X509_get_subject_name(c), &name));
        return psx_fail(op, PSX_E_ANCHOR,
                        "%.*s is among the trust anchors and is no authority (CA:TRUE): put the "
                        "certificate of the authority that issued it there",
                        PSX_FMT(name));
    }
    bool root = X509_get_extension_flags(c) & EXFLAG_SS;
    if (root) return X509_STORE_add_cert(out->anchors, c) ? PSX_OK : psx_fail_nomem(op);
    if (!sk_X509_push(out->helpers, c)) return psx_fail_nomem(op);
    X509_up_ref(c);
    return PSX_OK;
}

static psx_rc take_anchor(psx_op *op, psx_str der, psx_x509_trust *out)
{
    const unsigned char *at = (const unsigned char *)der.p;
    X509 *c = d2i_X509(NULL, &at, (long)der.n);
    psx_rc rc = c && at == (const unsigned char *)der.p + der.n
                    ? add_anchor(op, c, out)
                    : psx_fail(op, PSX_E_ANCHOR, "a certificate of the trust anchors is damaged");
    X509_free(c);
    return rc;
}

// ---- revocation lists
// -----------------------------------------------------------------------------

// RFC 5280 demands nextUpdate: without it an old list would be good for ever. OpenSSL passes over a
// list of changes, and what it revokes would not be.
static const char *fault_of_crl(const X509_CRL *crl)
{
    int digest = NID_undef, nid = X509_CRL_get_signature_nid(crl);
    if (!OBJ_find_sigid_algs(nid, &digest, NULL)) digest = NID_undef;
    bool sha2 = digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512 ||
                nid == NID_rsassaPss;
    if (!sha2) return "is not signed with SHA-256, SHA-384 or SHA-512";
    if (!X509_CRL_get0_nextUpdate(crl)) return "does not say until when it is good";
    if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
        return "tells changes only (a delta CRL): a whole one is wanted";
    return NULL;
}

static psx_rc check_crl(psx_op *op, const X509_CRL *crl)
{
    psx_str name;
    const char *fault = fault_of_crl(crl);
    if (!fault) return PSX_OK;
    TRY(psx_certificate_name(op, X509_CRL_get_issuer(crl), &name));
    return psx_fail(op, PSX_E_ANCHOR, "the revocation list of %.*s %s", PSX_FMT(name), fault);
}

static psx_rc take_crl(psx_op *op, psx_str der, psx_x509_trust *out)
{
    const unsigned char *at = (const unsigned char *)der.p;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.n);
    psx_rc rc = crl && at == (const unsigned char *)der.p + der.n
                    ? check_crl(op, crl)
                    : psx_fail(op, PSX_E_ANCHOR, "a revocation list is damaged");
    if (!psx_failed(rc) && !X509_STORE_add_crl(out->anchors, crl)) rc = psx_fail_nomem(op);
    X509_CRL_free(crl);
    out->has_crls = true;
    return rc;
}

psx_rc psx_x509_trust_load(psx_op *op, psx_str anchors, psx_str crls, psx_x509_trust *out)
{
    out->anchors = X509_STORE_new(); // empty: no default path, no directory, no environment
    out->helpers = sk_X509_new_null();
    if (!out->anchors || !out->helpers) return psx_fail_nomem(op);
    TRY(read_pem(op, anchors, PEM_STRING_X509, "trust anchors", take_anchor, out));
    if (!sk_X509_OBJECT_num(X509_STORE_get0_objects(out->anchors)))
        return psx_fail(op, PSX_E_ANCHOR,
                        sk_X509_num(out->helpers)
                            ? "none of the trust anchors is self-signed: put the certificate of "
                              "the root authority there"
                            : "there is no trust anchor: put the certificate of the authority "
                              "into /etc/packsec/trust.d (PEM), or name it with --trust");
    TRY(read_pem(op, crls, PEM_STRING_X509_CRL, "revocation lists", take_crl, out));
    if (crls.n && !out->has_crls)
        return psx_fail(op, PSX_E_ANCHOR,
                        "there are revocation lists beside the anchors that hold no list in PEM");
    return PSX_OK;
}

void psx_x509_trust_fini(psx_x509_trust *trust)
{
    X509_STORE_free(trust->anchors);
    sk_X509_pop_free(trust->helpers, X509_free);
    *trust = (psx_x509_trust){0};
}

#include "trust/win/chain.h"

#include "formats/der.h"
#include "os/win/text.h"

enum { LENGTH_MAX = 10, RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, CRLS_MAX = 64 };

#define ENCODING   (X509_ASN_ENCODING | PKCS_7_ASN_ENCODING)
#define UNIX_EPOCH 11644473600LL // seconds from 1601

typedef struct {
    psx_op *op;
    const psx_chain_trust *trust;
    PCCERT_CONTEXT signer;
    int64_t now;
} chain_check;

// ---- names and times ----------------------------------------------------------------------------

psx_rc psx_chain_name(psx_op *op, CERT_NAME_BLOB *name, psx_str *out)
{
    wchar_t text[201];
    DWORD form = CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG;
    psx_crypt()->CertNameToStrW(X509_ASN_ENCODING, name, form, text, 201);
    for (wchar_t *p = text; *p; p++) {
        if (*p < 0x20 || *p > 0x7e) *p = L'?';
    }
    return psx_win_utf8(op, "a name in a certificate", text, out);
}

int64_t psx_chain_seconds(FILETIME time)
{
    uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return (int64_t)(ticks / 10000000) - UNIX_EPOCH;
}

static FILETIME file_time(int64_t seconds)
{
    uint64_t ticks = (uint64_t)(seconds + UNIX_EPOCH) * 10000000;
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static psx_rc date(psx_op *op, FILETIME time, psx_str *out)
{
    SYSTEMTIME t = {0};
    FileTimeToSystemTime(&time, &t);
    return psx_op_format(op, out, "%04u-%02u-%02u %02u:%02u UTC", t.wYear, t.wMonth, t.wDay,
                         t.wHour, t.wMinute);
}

// ---- reasons ------------------------------------------------------------------------------------

static psx_rc refuse(chain_check *c, PCCERT_CONTEXT cert, const char *why)
{
    psx_str name;
    TRY(psx_chain_name(c->op, &cert->pCertInfo->Subject, &name));
    return psx_fail(c->op, PSX_E_ANCHOR, "%s %.*s %s",
                    cert == c->signer ? "the signer's certificate" : "the authority's certificate",
                    PSX_FMT(name), why);
}

static psx_rc refuse_dated(chain_check *c, PCCERT_CONTEXT cert)
{
    psx_str when, text;
    const CERT_INFO *info = cert->pCertInfo;
    bool early = psx_chain_seconds(info->NotBefore) > c->now;
    TRY(date(c->op, early ? info->NotBefore : info->NotAfter, &when));
    TRY(psx_op_format(c->op, &text, "%s %.*s: %s", early ? "is valid only from" : "expired on",
                      PSX_FMT(when),
                      early ? "is the clock right?"
                            : "sign the policy again with a current one (version 1 knows no time "
                              "stamps)"));
    return refuse(c, cert, text.p);
}

static psx_rc refuse_unknown(chain_check *c, PCCERT_CONTEXT cert)
{
    psx_str issuer, text;
    TRY(psx_chain_name(c->op, &cert->pCertInfo->Issuer, &issuer));
    TRY(psx_op_format(c->op, &text,
                      "was issued by %.*s, which leads to no trust anchor: if you trust it, put "
                      "its root certificate into %%ProgramData%%\\PackSec\\trust.d; if another "
                      "authority lies between, sign with its certificate too",
                      PSX_FMT(issuer)));
    return refuse(c, cert, text.p);
}

static psx_rc refuse_status(chain_check *c, PCCERT_CONTEXT cert, DWORD status)
{
    psx_str text;
    if (status & CERT_TRUST_IS_NOT_TIME_VALID) return refuse_dated(c, cert);
    if (status & CERT_TRUST_IS_NOT_SIGNATURE_VALID)
        return refuse(c, cert, "was not issued by the authority that it names");
    if (status & (CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN))
        return refuse_unknown(c, cert);
    TRY(psx_op_format(c->op, &text, "is not acceptable: Windows says 0x%08lx", status));
    return refuse(c, cert, text.p);
}

// ---- what the administrator trusts --------------------------------------------------------------

typedef psx_rc (*pem_use)(psx_op *op, psx_chain_trust *trust, psx_str der);

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

static psx_rc take_block(psx_op *op, psx_str base64, pem_use use, psx_chain_trust *to)
{
    DWORD size = (DWORD)base64.n;
    BYTE *der = psx_op_alloc(op, base64.n + 1);
    if (!der) return psx_fail_nomem(op);
    if (base64.n && psx_crypt()->CryptStringToBinaryA(
                        base64.p, (DWORD)base64.n, CRYPT_STRING_BASE64, der, &size, NULL, NULL)) {
        return use(op, to, (psx_str){(char *)der, size});
    }
    return psx_fail(op, PSX_E_ANCHOR, "the trust anchors are damaged PEM: no base64");
}

// Each block between "-----BEGIN kind-----" and "-----END kind-----". Every block must be of this
// kind: a key among them is a mistake worth telling.
static psx_rc each_pem(psx_op *op, psx_str text, const char *kind, pem_use use, psx_chain_trust *to)
{
    const psx_str begin = PSX_STR("-----BEGIN "), dashes = PSX_STR("-----");
    psx_str end;
    if (!is_text(text)) {
        return psx_fail(op, PSX_E_ANCHOR, "the trust anchors are no text: they are wanted in PEM");
    }
    TRY(psx_op_format(op, &end, "-----END %s-----", kind));
    for (size_t at; (at = psx_str_search(text, begin)) < text.n;) {
        text = psx_str_slice(text, at + begin.n, text.n);
        size_t name = psx_str_search(text, dashes);
        if (!psx_str_is(psx_str_slice(text, 0, name), kind)) {
            return psx_fail(op, PSX_E_ANCHOR, "the trust anchors hold something else too: \"%.*s\"",
                            (int)(name > 40 ? 40 : name), text.p);
        }
        text = psx_str_slice(text, name + dashes.n, text.n);
        size_t n = psx_str_search(text, end);
        if (n == text.n) {
            return psx_fail(op, PSX_E_ANCHOR, "the trust anchors are damaged PEM: a %s has no end",
                            kind);
        }
        TRY(take_block(op, psx_str_slice(text, 0, n), use, to));
        text = psx_str_slice(text, n + end.n, text.n);
    }
    return PSX_OK;
}

// ---- rules of our own, for each certificate of a chain that Windows accepts ---------------------

// SHA-2 with RSA (both paddings) or ECDSA.
static bool is_algorithm_good(const char *is)
{
    static const char *const good[] = {
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
        "1.2.840.10045.4.3.2",   "1.2.840.10045.4.3.3",   "1.2.840.10045.4.3.4",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!strcmp(is, good[i])) return true;
    }
    return false;
}

// By its name (an OID in DER): a curve that is written out could be any.
static bool is_curve_good(const CERT_PUBLIC_KEY_INFO *key)
{
    static const psx_str good[] = {
        PSX_STR_INIT("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
        PSX_STR_INIT("\x06\x05\x2b\x81\x04\x00\x22"),
        PSX_STR_INIT("\x06\x05\x2b\x81\x04\x00\x23"),
    };
    psx_str curve = {(const char *)key->Algorithm.Parameters.pbData,
                     key->Algorithm.Parameters.cbData};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (psx_str_eq(curve, good[i])) return true;
    }
    return false;
}

// Counted here: CertGetPublicKeyLength rounds, and says nothing of the exponent. With one of 1
// anybody signs.
static const char *fault_of_rsa(const CERT_PUBLIC_KEY_INFO *key)
{
    psx_str rest = {(const char *)key->PublicKey.pbData, key->PublicKey.cbData};
    psx_der whole, n, e;
    if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &whole) || rest.n)
        return "has a key that cannot be read";
    rest = whole.value;
    if (!psx_der_take(&rest, PSX_DER_INTEGER, &n) || !psx_der_take(&rest, PSX_DER_INTEGER, &e) ||
        rest.n || !n.value.n || !e.value.n) {
        return "has a key that cannot be read";
    }
    while (n.value.n && !n.value.p[0])
        n.value = psx_str_slice(n.value, 1, n.value.n);
    size_t bits = 8 * n.value.n;
    for (unsigned char top = n.value.n ? (unsigned char)n.value.p[0] : 0; top && !(top & 0x80);
         top = (unsigned char)(top << 1))
        bits--;
    if (bits < RSA_MIN_BITS) return "has an RSA key of less than 2048 bits";
    if (bits > RSA_MAX_BITS) return "has an RSA key of more than 8192 bits";
    bool is_one = e.value.n == 1 && e.value.p[0] == 1;
    bool good = (e.value.p[e.value.n - 1] & 1) && !is_one && !((unsigned char)e.value.p[0] & 0x80);
    return good ? NULL : "has an RSA key whose exponent is 1 or even";
}

static const char *fault_of_key(PCCERT_CONTEXT cert)
{
    const CERT_PUBLIC_KEY_INFO *key = &cert->pCertInfo->SubjectPublicKeyInfo;
    if (!strcmp(key->Algorithm.pszObjId, szOID_RSA_RSA)) return fault_of_rsa(key);
    if (!strcmp(key->Algorithm.pszObjId, szOID_ECC_PUBLIC_KEY) && is_curve_good(key)) return NULL;
    return "has a key that is neither RSA nor on P-256, P-384 or P-521";
}

// The extension, decoded into the op's memory; NULL when it is not there or cannot be read.
static void *extension(psx_op *op, PCCERT_CONTEXT cert, const char *oid, const char *type,
                       bool *has)
{
    const CERT_INFO *i = cert->pCertInfo;
    CERT_EXTENSION *e = psx_crypt()->CertFindExtension(oid, i->cExtension, i->rgExtension);
    DWORD n = 0;
    *has = e;
    if (!e || !psx_crypt()->CryptDecodeObjectEx(X509_ASN_ENCODING, type, e->Value.pbData,
                                                e->Value.cbData, 0, NULL, NULL, &n)) {
        return NULL;
    }
    void *out = psx_op_alloc(op, n);
    return out && psx_crypt()->CryptDecodeObjectEx(X509_ASN_ENCODING, type, e->Value.pbData,
                                                   e->Value.cbData, 0, NULL, out, &n)
               ? out
               : NULL;
}

// Two readers may take different ones of two.
static bool has_twins(PCCERT_CONTEXT cert)
{
    const CERT_INFO *c = cert->pCertInfo;
    for (DWORD i = 0; i < c->cExtension; i++) {
        for (DWORD k = 0; k < i; k++) {
            if (!strcmp(c->rgExtension[i].pszObjId, c->rgExtension[k].pszObjId)) return true;
        }
    }
    return false;
}

// What stands around the part that was signed says the same as that part: the algorithm, twice, and
// no bits left over in the signature. CryptoAPI looks at one of the two.
static bool is_framed_well(PCCERT_CONTEXT cert)
{
    psx_str rest = {(const char *)cert->pbCertEncoded, cert->cbCertEncoded};
    psx_der whole, tbs, outer, bits, skipped, inner;
    if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &whole) || rest.n) return false;
    rest = whole.value;
    if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &tbs) ||
        !psx_der_take(&rest, PSX_DER_SEQUENCE, &outer) ||
        !psx_der_take(&rest, PSX_DER_BIT_STRING, &bits) || rest.n) {
        return false;
    }
    rest = tbs.value;
    (void)psx_der_take(&rest, PSX_DER_CONSTRUCTED, &skipped); // the version
    return psx_der_take(&rest, PSX_DER_INTEGER, &skipped) &&
           psx_der_take(&rest, PSX_DER_SEQUENCE, &inner) && psx_str_eq(inner.whole, outer.whole) &&
           bits.value.n > 1 && bits.value.p[0] == 0;
}

// Absent, unreadable and false are all "no".
static bool is_authority(psx_op *op, PCCERT_CONTEXT cert)
{
    bool has;
    const CERT_BASIC_CONSTRAINTS2_INFO *c =
        extension(op, cert, szOID_BASIC_CONSTRAINTS2, X509_BASIC_CONSTRAINTS2, &has);
    return c && c->fCA;
}

static bool has_purpose(psx_op *op, PCCERT_CONTEXT cert, const char *oid, bool *limited)
{
    const CERT_ENHKEY_USAGE *u =
        extension(op, cert, szOID_ENHANCED_KEY_USAGE, X509_ENHANCED_KEY_USAGE, limited);
    for (DWORD i = 0; u && i < u->cUsageIdentifier; i++) {
        if (!strcmp(u->rgpszUsageIdentifier[i], oid)) return true;
    }
    return false;
}

static BYTE key_usage(PCCERT_CONTEXT cert)
{
    BYTE usage[2] = {0};
    return psx_crypt()->CertGetIntendedKeyUsage(X509_ASN_ENCODING, cert->pCertInfo, usage, 2)
               ? usage[0]
               : 0;
}

static const char *fault_of_signer(psx_op *op, PCCERT_CONTEXT cert)
{
    bool limited;
    bool signs_code = has_purpose(op, cert, szOID_PKIX_KP_CODE_SIGNING, &limited);
    if (is_authority(op, cert)) return "is that of an authority: sign with one that it issued";
    if (!limited) return "has no extended key usage: it must have codeSigning";
    if (!signs_code) return "is not for signing code: its extended key usage lacks codeSigning";
    if (!(key_usage(cert) & CERT_DIGITAL_SIGNATURE_KEY_USAGE))
        return "is not for signing: its key usage lacks digitalSignature";
    if (key_usage(cert) & CERT_KEY_CERT_SIGN_KEY_USAGE)
        return "may issue certificates (keyCertSign): sign with one that may not";
    return NULL;
}

static const char *fault_of_authority(psx_op *op, PCCERT_CONTEXT cert)
{
    bool limited;
    if (!is_authority(op, cert)) return "is not that of an authority (CA:TRUE)";
    if (!(key_usage(cert) & CERT_KEY_CERT_SIGN_KEY_USAGE))
        return "may not issue certificates (its key usage lacks keyCertSign)";
    bool code = has_purpose(op, cert, szOID_PKIX_KP_CODE_SIGNING, &limited);
    bool any = has_purpose(op, cert, szOID_ANY_ENHANCED_KEY_USAGE, &limited);
    return !limited || code || any ? NULL : "is limited to purposes other than signing code";
}

static bool has_extension(PCCERT_CONTEXT cert, const char *oid)
{
    const CERT_INFO *i = cert->pCertInfo;
    return psx_crypt()->CertFindExtension(oid, i->cExtension, i->rgExtension);
}

// RFC 5280 demands both: who has two keys under one name is told apart by them.
static const char *fault_of_identifiers(PCCERT_CONTEXT cert, bool is_signer, bool is_anchor)
{
    if (!is_signer && !has_extension(cert, szOID_SUBJECT_KEY_IDENTIFIER))
        return "has no subject key identifier";
    if (!is_anchor && !has_extension(cert, szOID_AUTHORITY_KEY_IDENTIFIER2))
        return "has no authority key identifier";
    return NULL;
}

static psx_rc check_one(chain_check *c, PCCERT_CONTEXT cert, bool is_anchor)
{
    const char *fault = has_twins(cert)         ? "has an extension twice"
                        : !is_framed_well(cert) ? "is not the one that was signed"
                                                : fault_of_key(cert);
    if (!fault) {
        fault = cert == c->signer ? fault_of_signer(c->op, cert) : fault_of_authority(c->op, cert);
    }
    if (!fault) fault = fault_of_identifiers(cert, cert == c->signer, is_anchor);
    if (!fault && !is_anchor && !is_algorithm_good(cert->pCertInfo->SignatureAlgorithm.pszObjId))
        fault = "is not signed with SHA-256, SHA-384 or SHA-512";
    return fault ? refuse(c, cert, fault) : PSX_OK;
}

// ---- what the administrator trusts, taken in
// -----------------------------------------------------

static bool is_self_issued(PCCERT_CONTEXT cert)
{
    CERT_INFO *i = cert->pCertInfo;
    return psx_crypt()->CertCompareCertificateName(X509_ASN_ENCODING, &i->Subject, &i->Issuer);
}

static psx_rc add_certificate(psx_op *op, HCERTSTORE store, psx_str der)
{
    if (psx_crypt()->CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, (const BYTE *)der.p,
                                                      (DWORD)der.n, CERT_STORE_ADD_ALWAYS, NULL)) {
        return PSX_OK;
    }
    return psx_fail(op, PSX_E_ANCHOR, "a certificate cannot be used: 0x%08lx", GetLastError());
}

// An anchor is a self-signed authority. Other authorities may lie beside it and help; anything else
// would make one key, that of a signer, vouch for itself.
static psx_rc add_authority(psx_op *op, psx_chain_trust *trust, PCCERT_CONTEXT cert, psx_str der)
{
    psx_str name;
    if (is_authority(op, cert) && !has_twins(cert)) {
        return add_certificate(op, is_self_issued(cert) ? trust->anchors : trust->helpers, der);
    }
    TRY(psx_chain_name(op, &cert->pCertInfo->Subject, &name));
    return psx_fail(op, PSX_E_ANCHOR,
                    "%.*s is among the trust anchors and is no authority (CA:TRUE): put the "
                    "certificate of the authority that issued it there",
                    PSX_FMT(name));
}

static psx_rc add_anchor(psx_op *op, psx_chain_trust *trust, psx_str der)
{
    psx_der whole;
    psx_str rest = der;
    bool one = psx_der_take(&rest, PSX_DER_SEQUENCE, &whole) && !rest.n;
    PCCERT_CONTEXT cert = one ? psx_crypt()->CertCreateCertificateContext(
                                    X509_ASN_ENCODING, (const BYTE *)der.p, (DWORD)der.n)
                              : NULL;
    if (!cert) {
        return psx_fail(op, PSX_E_ANCHOR, "a certificate among the trust anchors cannot be read");
    }
    psx_rc rc = add_authority(op, trust, cert, der);
    psx_crypt()->CertFreeCertificateContext(cert);
    return rc;
}

static psx_rc add_crl(psx_op *op, psx_chain_trust *trust, psx_str der)
{
    PCCRL_CONTEXT crl =
        psx_crypt()->CertCreateCRLContext(X509_ASN_ENCODING, (const BYTE *)der.p, (DWORD)der.n);
    if (!crl) return psx_fail(op, PSX_E_ANCHOR, "a revocation list cannot be read");
    if (trust->n_crls == CRLS_MAX) {
        psx_crypt()->CertFreeCRLContext(crl);
        return psx_fail(op, PSX_E_ANCHOR, "there are more than %d revocation lists", CRLS_MAX);
    }
    trust->crls[trust->n_crls++] = crl;
    return PSX_OK;
}

psx_rc psx_chain_trust_load(psx_op *op, psx_str anchors, psx_str crls, psx_chain_trust *out)
{
    const psx_crypt_api *c = psx_crypt();
    *out = (psx_chain_trust){.crls = PSX_ARRAY(op, PCCRL_CONTEXT, CRLS_MAX)};
    if (!out->crls) return psx_fail_nomem(op);
    out->anchors = c->CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    out->helpers = c->CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    if (!out->anchors || !out->helpers) return psx_fail_nomem(op);
    TRY(each_pem(op, anchors, "CERTIFICATE", add_anchor, out));
    TRY(each_pem(op, crls, "X509 CRL", add_crl, out));
    if (!crls.n || out->n_crls) return PSX_OK;
    return psx_fail(op, PSX_E_ANCHOR,
                    "there are revocation lists beside the anchors that hold no list in PEM");
}

void psx_chain_trust_fini(psx_chain_trust *trust)
{
    const psx_crypt_api *c = psx_crypt();
    for (size_t i = 0; i < trust->n_crls; i++)
        c->CertFreeCRLContext(trust->crls[i]);
    if (trust->anchors) c->CertCloseStore(trust->anchors, 0);
    if (trust->helpers) c->CertCloseStore(trust->helpers, 0);
    *trust = (psx_chain_trust){0};
}

psx_rc psx_chain_trust_help(psx_op *op, psx_chain_trust *trust, psx_str der)
{
    return add_certificate(op, trust->helpers, der);
}

// ---- revocation ---------------------------------------------------------------------------------

static bool is_listed(PCCRL_CONTEXT crl, PCCERT_CONTEXT cert)
{
    const CRYPT_INTEGER_BLOB *serial = &cert->pCertInfo->SerialNumber;
    for (DWORD i = 0; i < crl->pCrlInfo->cCRLEntry; i++) {
        const CRYPT_INTEGER_BLOB *s = &crl->pCrlInfo->rgCRLEntry[i].SerialNumber;
        if (s->cbData == serial->cbData && !memcmp(s->pbData, serial->pbData, s->cbData))
            return true;
    }
    return false;
}

static const char *fault_of_list(PCCRL_CONTEXT crl, PCCERT_CONTEXT issuer)
{
    const CRL_INFO *info = crl->pCrlInfo;
    if (!is_algorithm_good(info->SignatureAlgorithm.pszObjId))
        return "is not signed with SHA-256, SHA-384 or SHA-512";
    if (!info->NextUpdate.dwHighDateTime && !info->NextUpdate.dwLowDateTime)
        return "does not say until when it is good";
    if (!(key_usage(issuer) & CERT_CRL_SIGN_KEY_USAGE))
        return "cannot be used: its authority may not sign lists (cRLSign)";
    for (DWORD i = 0; i < info->cExtension; i++) {
        if (info->rgExtension[i].fCritical ||
            !strcmp(info->rgExtension[i].pszObjId, szOID_DELTA_CRL_INDICATOR))
            return "cannot be used: it is limited, or tells changes only";
    }
    return psx_crypt()->CryptVerifyCertificateSignatureEx(
               0, X509_ASN_ENCODING, CRYPT_VERIFY_CERT_SIGN_SUBJECT_CRL, (void *)crl,
               CRYPT_VERIFY_CERT_SIGN_ISSUER_CERT, (void *)issuer, 0, NULL)
               ? NULL
               : "cannot be used: it is not signed by it";
}

// *current: it is good now. An older one may lie beside a current one, and what it revoked stays
// so.
static psx_rc check_list(chain_check *c, PCCRL_CONTEXT crl, PCCERT_CONTEXT cert,
                         PCCERT_CONTEXT issuer, psx_str name, bool *current)
{
    const CRL_INFO *info = crl->pCrlInfo;
    const char *fault = fault_of_list(crl, issuer);
    if (fault) {
        return psx_fail(c->op, PSX_E_ANCHOR, "the revocation list of %.*s %s", PSX_FMT(name),
                        fault);
    }
    *current |= psx_chain_seconds(info->ThisUpdate) <= c->now &&
                psx_chain_seconds(info->NextUpdate) >= c->now;
    return is_listed(crl, cert) ? refuse(c, cert, "was revoked") : PSX_OK;
}

// With one list there must be a list of every authority in the chain.
static psx_rc check_revocation(chain_check *c, PCCERT_CONTEXT cert, PCCERT_CONTEXT issuer)
{
    psx_str name, when;
    FILETIME until = {0};
    size_t seen = 0;
    bool current = false;
    if (!c->trust->n_crls) return PSX_OK;
    TRY(psx_chain_name(c->op, &cert->pCertInfo->Issuer, &name));
    for (size_t i = 0; i < c->trust->n_crls; i++) {
        PCCRL_CONTEXT crl = c->trust->crls[i];
        if (!psx_crypt()->CertCompareCertificateName(X509_ASN_ENCODING, &crl->pCrlInfo->Issuer,
                                                     &cert->pCertInfo->Issuer)) {
            continue;
        }
        TRY(check_list(c, crl, cert, issuer, name, &current));
        until = crl->pCrlInfo->NextUpdate;
        seen++;
    }
    if (current) return PSX_OK;
    if (seen) {
        TRY(date(c->op, until, &when));
        return psx_fail(c->op, PSX_E_ANCHOR,
                        "the revocation list of %.*s was good until %.*s: put its current one "
                        "beside the anchors",
                        PSX_FMT(name), PSX_FMT(when));
    }
    return psx_fail(c->op, PSX_E_ANCHOR,
                    "there are revocation lists, but none of %.*s: put the list of every authority "
                    "beside the anchors, or none",
                    PSX_FMT(name));
}

// ---- the chain ----------------------------------------------------------------------------------

static bool is_among(HCERTSTORE store, PCCERT_CONTEXT cert)
{
    const psx_crypt_api *api = psx_crypt();
    bool found = false;
    for (PCCERT_CONTEXT c = NULL; !found && (c = api->CertEnumCertificatesInStore(store, c));) {
        found = c->cbCertEncoded == cert->cbCertEncoded &&
                !memcmp(c->pbCertEncoded, cert->pbCertEncoded, c->cbCertEncoded);
        if (found) api->CertFreeCertificateContext(c);
    }
    return found;
}

static psx_rc check_elements(chain_check *c, const CERT_SIMPLE_CHAIN *chain, psx_str *anchor)
{
    DWORD n = chain->cElement;
    PCCERT_CONTEXT last = chain->rgpElement[n - 1]->pCertContext;
    if (n == 1 && is_among(c->trust->anchors, c->signer))
        return refuse(c, c->signer,
                      "is itself the trust anchor: sign with one that an authority issued");
    for (DWORD i = 0; i < n; i++) {
        DWORD status = chain->rgpElement[i]->TrustStatus.dwErrorStatus;
        PCCERT_CONTEXT cert = i ? chain->rgpElement[i]->pCertContext : c->signer;
        if (status) return refuse_status(c, cert, status);
    }
    if (n < 2 || !is_among(c->trust->anchors, last))
        return refuse_unknown(c, n < 2 ? c->signer : last);
    if (n > LENGTH_MAX) return refuse(c, c->signer, "has too long a chain of authorities");
    // The chain's status may say what no element does.
    DWORD whole = chain->TrustStatus.dwErrorStatus;
    if (whole) return refuse_status(c, c->signer, whole);
    for (DWORD i = 0; i < n; i++) {
        PCCERT_CONTEXT cert = i ? chain->rgpElement[i]->pCertContext : c->signer;
        TRY(check_one(c, cert, i == n - 1));
        if (i + 1 < n) TRY(check_revocation(c, cert, chain->rgpElement[i + 1]->pCertContext));
    }
    return psx_chain_name(c->op, &last->pCertInfo->Subject, anchor);
}

typedef struct {
    HCERTCHAINENGINE engine;
    PCCERT_CHAIN_CONTEXT chain;
} built;

static void built_fini(built *b)
{
    if (b->chain) psx_crypt()->CertFreeCertificateChain(b->chain);
    if (b->engine) psx_crypt()->CertFreeCertificateChainEngine(b->engine);
}

// Nothing is fetched: a signature must not make npsx talk to anybody.
static psx_rc build(chain_check *c, PCCERT_CONTEXT cert, built *b)
{
    const psx_crypt_api *api = psx_crypt();
    CERT_CHAIN_ENGINE_CONFIG config = {
        .cbSize = offsetof(CERT_CHAIN_ENGINE_CONFIG, dwExclusiveFlags), // Wine takes no other
        .hExclusiveRoot = c->trust->anchors,
        .dwFlags = CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL,
    };
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    FILETIME when = file_time(c->now);
    DWORD flags = CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL | CERT_CHAIN_DISABLE_AIA |
                  CERT_CHAIN_DISABLE_AUTH_ROOT_AUTO_UPDATE;
    *b = (built){0};
    if (api->CertCreateCertificateChainEngine(&config, &b->engine) &&
        api->CertGetCertificateChain(b->engine, cert, &when, c->trust->helpers, &para, flags, NULL,
                                     &b->chain) &&
        b->chain->cChain && b->chain->rgpChain[0]->cElement) {
        return PSX_OK;
    }
    DWORD why = GetLastError();
    built_fini(b);
    *b = (built){0};
    return psx_fail(c->op, PSX_E_ANCHOR, "Windows cannot check a certificate: 0x%08lx", why);
}

static bool is_in(const CERT_SIMPLE_CHAIN *chain, psx_str der)
{
    for (DWORD i = 0; i < chain->cElement; i++) {
        PCCERT_CONTEXT c = chain->rgpElement[i]->pCertContext;
        if (psx_str_eq(der, (psx_str){(const char *)c->pbCertEncoded, c->cbCertEncoded}))
            return true;
    }
    return false;
}

static psx_rc check_unused(chain_check *c, PCCERT_CONTEXT cert)
{
    built b;
    psx_str name;
    TRY(build(c, cert, &b));
    const CERT_SIMPLE_CHAIN *s = b.chain->rgpChain[0];
    bool good = !b.chain->TrustStatus.dwErrorStatus && !s->TrustStatus.dwErrorStatus &&
                is_among(c->trust->anchors, s->rgpElement[s->cElement - 1]->pCertContext);
    built_fini(&b);
    if (good) return PSX_OK;
    TRY(psx_chain_name(c->op, &cert->pCertInfo->Subject, &name));
    return psx_fail(c->op, PSX_E_SIGNATURE,
                    "the signature carries a certificate that is not its signer's and that no "
                    "trust anchor vouches for (%.*s): sign without it",
                    PSX_FMT(name));
}

// Nobody signed the list of certificates. One that the chain does not need must lead to an anchor
// as well.
static psx_rc check_carried(chain_check *c, const CERT_SIMPLE_CHAIN *chain,
                            const psx_chain_carried *carried)
{
    for (size_t i = 0; i < carried->n; i++) {
        psx_str der = carried->v[i];
        if (is_in(chain, der)) continue;
        PCCERT_CONTEXT cert = psx_crypt()->CertCreateCertificateContext(
            X509_ASN_ENCODING, (const BYTE *)der.p, (DWORD)der.n);
        psx_rc rc =
            cert ? check_unused(c, cert)
                 : psx_fail(c->op, PSX_E_SIGNATURE, "a certificate in the signature is damaged");
        if (cert) psx_crypt()->CertFreeCertificateContext(cert);
        TRY(rc);
    }
    return PSX_OK;
}

psx_rc psx_chain_check(psx_op *op, const psx_chain_trust *trust, PCCERT_CONTEXT signer,
                       const psx_chain_carried *carried, int64_t now, psx_str *anchor)
{
    chain_check c = {op, trust, signer, now};
    built b;
    TRY(build(&c, signer, &b));
    bool simple = b.chain->cChain == 1;
    psx_rc rc =
        simple ? check_elements(&c, b.chain->rgpChain[0], anchor) : refuse_unknown(&c, signer);
    if (!psx_failed(rc)) rc = check_carried(&c, b.chain->rgpChain[0], carried);
    built_fini(&b);
    return rc;
}

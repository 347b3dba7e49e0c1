#include "trust/win/chain.h"

#include "os/win/text.h"

enum { LENGTH_MAX = 8, RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, CRLS_MAX = 64 };

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

// Each block between the lines "-----BEGIN label-----" and "-----END label-----".
static psx_rc each_pem(psx_op *op, psx_str text, const char *label, pem_use use,
                       psx_chain_trust *to)
{
    psx_str begin, end;
    TRY(psx_op_format(op, &begin, "-----BEGIN %s-----", label));
    TRY(psx_op_format(op, &end, "-----END %s-----", label));
    for (size_t at; (at = psx_str_search(text, begin)) < text.n;) {
        text = psx_str_slice(text, at + begin.n, text.n);
        size_t n = psx_str_search(text, end);
        if (n == text.n) {
            return psx_fail(op, PSX_E_ANCHOR, "a trust anchor's file ends inside a %s", label);
        }
        DWORD size = (DWORD)n;
        BYTE *der = psx_op_alloc(op, n + 1);
        if (!der) return psx_fail_nomem(op);
        if (!psx_crypt()->CryptStringToBinaryA(text.p, (DWORD)n, CRYPT_STRING_BASE64, der, &size,
                                               NULL, NULL)) {
            return psx_fail(op, PSX_E_ANCHOR, "a %s among the trust anchors is no base64", label);
        }
        TRY(use(op, to, (psx_str){(char *)der, size}));
        text = psx_str_slice(text, n + end.n, text.n);
    }
    return PSX_OK;
}

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

static psx_rc add_anchor(psx_op *op, psx_chain_trust *trust, psx_str der)
{
    PCCERT_CONTEXT cert = psx_crypt()->CertCreateCertificateContext(
        X509_ASN_ENCODING, (const BYTE *)der.p, (DWORD)der.n);
    if (!cert || cert->cbCertEncoded != der.n) {
        if (cert) psx_crypt()->CertFreeCertificateContext(cert);
        return psx_fail(op, PSX_E_ANCHOR, "a certificate among the trust anchors cannot be read");
    }
    bool is_root = is_self_issued(cert);
    psx_crypt()->CertFreeCertificateContext(cert);
    return add_certificate(op, is_root ? trust->anchors : trust->helpers, der);
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
    return each_pem(op, crls, "X509 CRL", add_crl, out);
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

// ---- rules of our own, for each certificate of a chain that Windows accepts ---------------------

// SHA-2 with RSA (both paddings) or ECDSA.
static bool is_signed_well(PCCERT_CONTEXT cert)
{
    static const char *const good[] = {
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
        "1.2.840.10045.4.3.2",   "1.2.840.10045.4.3.3",   "1.2.840.10045.4.3.4",
    };
    const char *is = cert->pCertInfo->SignatureAlgorithm.pszObjId;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!strcmp(is, good[i])) return true;
    }
    return false;
}

static const char *fault_of_key(PCCERT_CONTEXT cert)
{
    CERT_PUBLIC_KEY_INFO *key = &cert->pCertInfo->SubjectPublicKeyInfo;
    DWORD bits = psx_crypt()->CertGetPublicKeyLength(X509_ASN_ENCODING, key);
    if (!strcmp(key->Algorithm.pszObjId, szOID_RSA_RSA)) {
        if (bits < RSA_MIN_BITS) return "has an RSA key of less than 2048 bits";
        return bits > RSA_MAX_BITS ? "has an RSA key of more than 8192 bits" : NULL;
    }
    bool is_ec = !strcmp(key->Algorithm.pszObjId, szOID_ECC_PUBLIC_KEY);
    if (is_ec && (bits == 256 || bits == 384 || bits == 521)) return NULL;
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
    bool limited, usage_said;
    if (!is_authority(op, cert)) return "is not that of an authority (CA:TRUE)";
    (void)extension(op, cert, szOID_KEY_USAGE, X509_KEY_USAGE, &usage_said);
    if (usage_said && !(key_usage(cert) & CERT_KEY_CERT_SIGN_KEY_USAGE))
        return "may not issue certificates (its key usage lacks keyCertSign)";
    bool code = has_purpose(op, cert, szOID_PKIX_KP_CODE_SIGNING, &limited);
    bool any = has_purpose(op, cert, szOID_ANY_ENHANCED_KEY_USAGE, &limited);
    return !limited || code || any ? NULL : "is limited to purposes other than signing code";
}

static psx_rc check_one(chain_check *c, PCCERT_CONTEXT cert, bool is_anchor)
{
    const char *fault = has_twins(cert) ? "has an extension twice" : fault_of_key(cert);
    if (!fault) {
        fault = cert == c->signer ? fault_of_signer(c->op, cert) : fault_of_authority(c->op, cert);
    }
    if (!fault && !is_anchor && !is_signed_well(cert))
        fault = "is not signed with SHA-256, SHA-384 or SHA-512";
    return fault ? refuse(c, cert, fault) : PSX_OK;
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

static psx_rc check_list(chain_check *c, PCCRL_CONTEXT crl, PCCERT_CONTEXT cert,
                         PCCERT_CONTEXT issuer, psx_str name)
{
    const CRL_INFO *info = crl->pCrlInfo;
    psx_str until;
    bool has_end = info->NextUpdate.dwHighDateTime || info->NextUpdate.dwLowDateTime;
    if (!psx_crypt()->CryptVerifyCertificateSignatureEx(
            0, X509_ASN_ENCODING, CRYPT_VERIFY_CERT_SIGN_SUBJECT_CRL, (void *)crl,
            CRYPT_VERIFY_CERT_SIGN_ISSUER_CERT, (void *)issuer, 0, NULL)) {
        return psx_fail(c->op, PSX_E_ANCHOR,
                        "the revocation list of %.*s cannot be used: it is not signed by it",
                        PSX_FMT(name));
    }
    for (DWORD i = 0; i < info->cExtension; i++) {
        if (!info->rgExtension[i].fCritical) continue;
        return psx_fail(c->op, PSX_E_ANCHOR,
                        "the revocation list of %.*s cannot be used: it is limited in a way that "
                        "is not understood",
                        PSX_FMT(name));
    }
    if (psx_chain_seconds(info->ThisUpdate) > c->now || !has_end ||
        psx_chain_seconds(info->NextUpdate) < c->now) {
        TRY(date(c->op, info->NextUpdate, &until));
        return psx_fail(c->op, PSX_E_ANCHOR,
                        "the revocation list of %.*s was good until %.*s: put its current one "
                        "beside the anchors",
                        PSX_FMT(name), PSX_FMT(until));
    }
    return is_listed(crl, cert) ? refuse(c, cert, "was revoked") : PSX_OK;
}

// With one list there must be a list of every authority in the chain.
static psx_rc check_revocation(chain_check *c, PCCERT_CONTEXT cert, PCCERT_CONTEXT issuer)
{
    psx_str name;
    size_t seen = 0;
    if (!c->trust->n_crls) return PSX_OK;
    TRY(psx_chain_name(c->op, &cert->pCertInfo->Issuer, &name));
    for (size_t i = 0; i < c->trust->n_crls; i++) {
        PCCRL_CONTEXT crl = c->trust->crls[i];
        if (!psx_crypt()->CertCompareCertificateName(X509_ASN_ENCODING, &crl->pCrlInfo->Issuer,
                                                     &cert->pCertInfo->Issuer)) {
            continue;
        }
        TRY(check_list(c, crl, cert, issuer, name));
        seen++;
    }
    if (seen) return PSX_OK;
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

psx_rc psx_chain_check(psx_op *op, const psx_chain_trust *trust, PCCERT_CONTEXT signer, int64_t now,
                       psx_str *anchor)
{
    const psx_crypt_api *api = psx_crypt();
    chain_check c = {op, trust, signer, now};
    CERT_CHAIN_ENGINE_CONFIG config = {
        .cbSize = offsetof(CERT_CHAIN_ENGINE_CONFIG,
                           dwExclusiveFlags), // as of Windows 7: Wine takes no other
        .hExclusiveRoot = trust->anchors,
        .dwFlags = CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL,
    };
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    FILETIME when = file_time(now);
    // Nothing is fetched: a signature must not make npsx talk to anybody.
    DWORD flags = CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL | CERT_CHAIN_DISABLE_AIA |
                  CERT_CHAIN_DISABLE_AUTH_ROOT_AUTO_UPDATE;
    HCERTCHAINENGINE engine = NULL;
    PCCERT_CHAIN_CONTEXT chain = NULL;
    if (!api->CertCreateCertificateChainEngine(&config, &engine) ||
        !api->CertGetCertificateChain(engine, signer, &when, trust->helpers, &para, flags, NULL,
                                      &chain)) {
        DWORD why = GetLastError();
        if (engine) api->CertFreeCertificateChainEngine(engine);
        return psx_fail(op, PSX_E_ANCHOR, "Windows cannot check the signer's certificate: 0x%08lx",
                        why);
    }
    bool simple = chain->cChain == 1 && chain->rgpChain[0]->cElement;
    psx_rc rc =
        simple ? check_elements(&c, chain->rgpChain[0], anchor) : refuse_unknown(&c, c.signer);
    api->CertFreeCertificateChain(chain);
    api->CertFreeCertificateChainEngine(engine);
    return rc;
}

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "trust/certificate.h"
#include "trust/sign_certificate.h"
#include "trust/sign_key.h"

static psx_rc load_key(psx_op *op, const psx_sign_request *r, EVP_PKEY **out, psx_str *warning)
{
    psx_str what;
    bool is_token = psx_str_starts(r->key, PSX_STR("pkcs11:"));
    TRY(psx_op_format(op, &what, "the key %.*s", PSX_FMT(r->key)));
    psx_sign_secret secret = {.request = r, .what = what.p};
    TRY(is_token ? psx_sign_key_token(op, &secret, out) : psx_sign_key_file(op, &secret, out));
    if (!secret.exposed) return PSX_OK;
    return psx_op_format(op, warning, "%.*s%s%s can be read by others: chmod 600",
                         PSX_FMT(*warning), warning->n ? "; " : "", what.p);
}

static psx_rc fail_openssl(psx_op *op, const char *what)
{
    return psx_fail(op, PSX_E_VALUE, "%s: %s", what, psx_sign_openssl_reason());
}

static psx_rc check_pair(psx_op *op, X509 *signer, EVP_PKEY *key)
{
    // A token may keep even the public half to itself, and then nothing can be compared: whether
    // the signature is good is seen from the signature.
    if (EVP_PKEY_eq(X509_get0_pubkey(signer), key) == 1) return PSX_OK;
    ERR_clear_error();
    return psx_fail(op, PSX_E_ANCHOR, "the key is not the one that the certificate is for");
}

// Signed attributes are there unless they are asked away; what the signer's mail program can is
// not.
enum { FLAGS = CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP };

static psx_rc build(psx_op *op, const psx_sign_request *r, const psx_sign_certificates *certs,
                    EVP_PKEY *key, CMS_ContentInfo **out)
{
    psx_str digest;
    TRY(psx_op_copy(op, r->digest, &digest));
    const EVP_MD *md = EVP_get_digestbyname(digest.p);
    if (!md) return fail_openssl(op, "the digest cannot be used");
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, FLAGS | CMS_PARTIAL);
    BIO *content = BIO_new_mem_buf(r->policy.p, (int)r->policy.n);
    if (!cms || !content) return psx_fail_nomem(op);
    bool ok = CMS_add1_signer(cms, certs->signer, key, md, FLAGS) != NULL;
    for (int i = 0; ok && i < sk_X509_num(certs->between); i++) {
        ok = CMS_add1_cert(cms, sk_X509_value(certs->between, i)) == 1;
    }
    ok = ok && CMS_final(cms, content, NULL, FLAGS) == 1;
    BIO_free(content);
    *out = cms;
    return ok ? PSX_OK : fail_openssl(op, "signing failed");
}

static psx_rc encode(psx_op *op, CMS_ContentInfo *cms, psx_str *out)
{
    unsigned char *der = NULL;
    int n = i2d_CMS_ContentInfo(cms, &der);
    if (n <= 0) return fail_openssl(op, "the signature cannot be encoded");
    psx_rc rc = psx_op_copy(op, (psx_str){(char *)der, (size_t)n}, out);
    OPENSSL_free(der);
    return rc;
}

// The signature that was made belongs to the certificate and to these bytes. Who vouches for the
// certificate is asked elsewhere, of those who know.
static psx_rc check_result(psx_op *op, const psx_sign_request *r, CMS_ContentInfo *cms)
{
    BIO *content = BIO_new_mem_buf(r->policy.p, (int)r->policy.n);
    if (!content) return psx_fail_nomem(op);
    int good = CMS_verify(cms, NULL, NULL, content, NULL, FLAGS | CMS_NO_SIGNER_CERT_VERIFY);
    BIO_free(content);
    return good == 1 ? PSX_OK : fail_openssl(op, "the signature that was made is not good");
}

static psx_rc describe(psx_op *op, X509 *signer, psx_sign_result *out)
{
    struct tm tm;
    TRY(psx_certificate_name(op, X509_get_subject_name(signer), &out->signer));
    TRY(psx_certificate_name(op, X509_get_issuer_name(signer), &out->issuer));
    if (!ASN1_TIME_to_tm(X509_get0_notAfter(signer), &tm))
        return fail_openssl(op, "the certificate has no readable end");
    out->not_after = (int64_t)timegm(&tm);
    return PSX_OK;
}

psx_rc psx_sign_here(psx_op *op, const psx_sign_request *request, psx_sign_result *out)
{
    psx_sign_certificates certificates;
    EVP_PKEY *key = NULL;
    CMS_ContentInfo *cms = NULL;
    *out = (psx_sign_result){0};
    TRY(psx_sign_certificates_read(op, request->certificates, &certificates));
    TRY(psx_sign_certificates_check(op, &certificates, request->now, &out->warning));
    TRY(load_key(op, request, &key, &out->warning));
    TRY(check_pair(op, certificates.signer, key));
    TRY(build(op, request, &certificates, key, &cms));
    TRY(check_result(op, request, cms));
    TRY(encode(op, cms, &out->signature));
    return describe(op, certificates.signer, out); // the process ends here: nothing is freed
}

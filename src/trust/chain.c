#include <openssl/x509v3.h>

#include "trust/certificate.h"
#include "trust/x509.h"

enum { LENGTH_MAX = 8, LEVEL = 2 };

typedef struct {
    psx_op *op;
    X509_STORE_CTX *ctx;
    X509 *signer;
    X509_CRL *list; // the revocation list that the error is about; borrowed from the anchors
} chain_check;

// OpenSSL forgets which list it was about before it returns.
static int remember_list(int good, X509_STORE_CTX *ctx)
{
    chain_check *c = X509_STORE_CTX_get_app_data(ctx);
    if (!good) c->list = X509_STORE_CTX_get0_current_crl(ctx);
    return good;
}

// ---- reasons ------------------------------------------------------------------------------------

static psx_rc refuse(chain_check *c, const X509 *cert, const char *why)
{
    psx_str name;
    TRY(psx_certificate_name(c->op, X509_get_subject_name(cert), &name));
    return psx_fail(c->op, PSX_E_ANCHOR, "%s %.*s %s",
                    cert == c->signer ? "the signer's certificate" : "the authority's certificate",
                    PSX_FMT(name), why);
}

static psx_rc refuse_dated(chain_check *c, const X509 *cert, const char *why, const ASN1_TIME *time,
                           const char *advice)
{
    psx_str date, text;
    TRY(psx_x509_date(c->op, time, &date));
    TRY(psx_op_format(c->op, &text, "%s %.*s%s", why, PSX_FMT(date), advice));
    return refuse(c, cert, text.p);
}

static psx_rc refuse_unknown(chain_check *c, const X509 *cert)
{
    psx_str issuer, text;
    TRY(psx_certificate_name(c->op, X509_get_issuer_name(cert), &issuer));
    TRY(psx_op_format(
        c->op, &text,
        "was issued by %.*s, which leads to no trust anchor: if you trust it, put its "
        "root certificate into /etc/packsec/trust.d; if another authority lies "
        "between, sign with its certificate too (-certfile)",
        PSX_FMT(issuer)));
    return refuse(c, cert, text.p);
}

static psx_rc refuse_list(chain_check *c, const X509 *cert, int error)
{
    psx_str issuer, date;
    TRY(psx_certificate_name(c->op, X509_get_issuer_name(cert), &issuer));
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return psx_fail(c->op, PSX_E_ANCHOR,
                        "there are revocation lists, but none of %.*s: put the list of every "
                        "authority beside the anchors, or none",
                        PSX_FMT(issuer));
    case X509_V_ERR_CRL_HAS_EXPIRED:
        TRY(psx_x509_date(c->op, c->list ? X509_CRL_get0_nextUpdate(c->list) : NULL, &date));
        return psx_fail(c->op, PSX_E_ANCHOR,
                        "the revocation list of %.*s was good until %.*s: put its current one "
                        "beside the anchors",
                        PSX_FMT(issuer), PSX_FMT(date));
    default:
        return psx_fail(c->op, PSX_E_ANCHOR, "the revocation list of %.*s cannot be used: %s",
                        PSX_FMT(issuer), X509_verify_cert_error_string(error));
    }
}

static psx_rc refuse_error(chain_check *c, int error, const X509 *cert)
{
    psx_str text;
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return refuse_dated(c, cert, "expired on", X509_get0_notAfter(cert),
                            ": sign the policy again with a current one (version 1 knows no time "
                            "stamps)");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return refuse_dated(c, cert, "is valid only from", X509_get0_notBefore(cert),
                            ": is the clock right?");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return refuse_unknown(c, cert);
    case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
        return refuse(c, cert,
                      "lacks the authority key identifier that RFC 5280 demands: issue it again "
                      "with authorityKeyIdentifier=keyid");
    case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
        return refuse(c, cert,
                      "lacks the subject key identifier that RFC 5280 demands: issue it again "
                      "with subjectKeyIdentifier=hash");
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE: // as openssl req -x509 writes them by default
        return refuse(c, cert,
                      "lacks the key usage that RFC 5280 demands of authorities: issue it again "
                      "with keyUsage=critical,keyCertSign,cRLSign");
    case X509_V_ERR_CERT_REVOKED: return refuse(c, cert, "was revoked");
    case X509_V_ERR_OUT_OF_MEM: return psx_fail_nomem(c->op);
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR: return refuse_list(c, cert, error);
    default:
        TRY(psx_op_format(c->op, &text, "is not acceptable: %s",
                          X509_verify_cert_error_string(error)));
        return refuse(c, cert, text.p);
    }
}

// ---- rules of our own, for each certificate of a chain that OpenSSL accepts ---------------------

static psx_rc check_one(chain_check *c, X509 *cert, bool is_anchor)
{
    psx_str text;
    psx_certificate_fault fault = psx_certificate_check_key(cert);
    if (!fault.why)
        fault = cert == c->signer ? psx_certificate_check_signer(cert)
                                  : psx_certificate_check_authority(cert);
    if (!fault.why && !is_anchor) fault = psx_certificate_check_digest(cert);
    if (!fault.why) return PSX_OK;
    TRY(psx_op_format(c->op, &text, "%s: %s", fault.why, fault.fix));
    return refuse(c, cert, text.p);
}

static psx_rc check_each(chain_check *c, const X509 **anchor)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c->ctx);
    int n = sk_X509_num(chain);
    if (n < 2)
        return refuse(c, c->signer,
                      "is itself the trust anchor: sign with one that an authority "
                      "issued");
    for (int i = 0; i < n; i++)
        TRY(check_one(c, sk_X509_value(chain, i), i == n - 1));
    X509 *last = sk_X509_value(chain, n - 1);
    if (X509_self_signed(last, 1) != 1)
        return refuse(c, last, "is a trust anchor and not signed by itself");
    *anchor = last;
    return PSX_OK;
}

// ---- the chain ----------------------------------------------------------------------------------

static bool set_parameters(X509_STORE_CTX *ctx, bool has_crls, int64_t now)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    // Never PARTIAL_CHAIN: then an intermediate or a leaf among the anchors would end a chain. With
    // lists, every certificate of the chain needs a current one of its issuer.
    unsigned long flags = X509_V_FLAG_X509_STRICT;
    if (has_crls) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
    X509_VERIFY_PARAM_set_depth(param, LENGTH_MAX);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    return X509_VERIFY_PARAM_set_flags(param, flags);
}

static psx_rc run_check(chain_check *c, const X509 **anchor)
{
    int good = X509_verify_cert(c->ctx);
    int error = X509_STORE_CTX_get_error(c->ctx);
    if (good == 1 && error == X509_V_OK) return check_each(c, anchor);
    const X509 *cert = X509_STORE_CTX_get_current_cert(c->ctx);
    return refuse_error(c, error, cert ? cert : c->signer);
}

static bool has_certificate(STACK_OF(X509) * list, const X509 *cert)
{
    for (int i = 0; i < sk_X509_num(list); i++) {
        if (X509_cmp(sk_X509_value(list, i), cert) == 0) return true;
    }
    return false;
}

// Nobody signed the list of certificates. One that the chain does not need must lead to an anchor
// as well: then no byte of a signature can be another one than somebody vouched for.
static psx_rc check_unused(psx_op *op, const psx_x509_trust *trust, STACK_OF(X509) * help,
                           X509 *unused, int64_t now)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool ready = ctx && X509_STORE_CTX_init(ctx, trust->anchors, unused, help) &&
                 set_parameters(ctx, trust->has_crls, now);
    bool good = ready && X509_verify_cert(ctx) == 1 && X509_STORE_CTX_get_error(ctx) == X509_V_OK;
    X509_STORE_CTX_free(ctx);
    if (!ready) return psx_fail_nomem(op);
    if (good) return PSX_OK;
    psx_str name;
    TRY(psx_certificate_name(op, X509_get_subject_name(unused), &name));
    return psx_fail(op, PSX_E_SIGNATURE,
                    "the signature carries a certificate that is not its signer's and that no "
                    "trust anchor vouches for (%.*s): sign without it",
                    PSX_FMT(name));
}

static psx_rc check_others(chain_check *c, const psx_x509_trust *trust, STACK_OF(X509) * help,
                           STACK_OF(X509) * others, int64_t now)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c->ctx);
    for (int i = 0; i < sk_X509_num(others); i++) {
        X509 *cert = sk_X509_value(others, i);
        if (!has_certificate(chain, cert)) TRY(check_unused(c->op, trust, help, cert, now));
    }
    return PSX_OK;
}

static bool add_all(STACK_OF(X509) * to, STACK_OF(X509) * from)
{
    for (int i = 0; i < sk_X509_num(from); i++) {
        if (!sk_X509_push(to, sk_X509_value(from, i))) return false;
    }
    return true;
}

psx_rc psx_x509_check_chain(psx_op *op, const psx_x509_trust *trust, X509 *signer,
                            STACK_OF(X509) * others, int64_t now, const X509 **anchor)
{
    chain_check c = {op, X509_STORE_CTX_new(), signer, NULL};
    STACK_OF(X509) *help = sk_X509_new_null(); // borrows
    psx_rc rc;
    if (c.ctx && help && add_all(help, others) && add_all(help, trust->helpers) &&
        X509_STORE_CTX_init(c.ctx, trust->anchors, signer, help) &&
        X509_STORE_CTX_set_app_data(c.ctx, &c) && set_parameters(c.ctx, trust->has_crls, now)) {
        X509_STORE_CTX_set_verify_cb(c.ctx, remember_list);
        rc = run_check(&c, anchor);
        if (!psx_failed(rc)) rc = check_others(&c, trust, help, others, now);
    } else {
        rc = psx_fail_nomem(op);
    }
    sk_X509_free(help);
    X509_STORE_CTX_free(c.ctx);
    return rc;
}

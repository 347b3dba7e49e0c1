#include "formats/cms.h"

#include "formats/der.h"

#define OID(bytes) PSX_STR_INIT(bytes)

static const psx_str id_data = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01");
static const psx_str id_signed_data = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02");
static const psx_str id_content_type = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03");
static const psx_str id_message_digest = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04");
static const psx_str id_signing_time = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x05");
static const psx_str id_rsa_pss = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A");
static const psx_str id_mgf1 = OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08");
static const psx_str id_key_identifier = OID("\x55\x1D\x0E");

static const struct {
    psx_str oid;
    const char *name;
    size_t size;
} digests[] = {
    [PSX_CMS_SHA256] = {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), "sha256", 32},
    [PSX_CMS_SHA384] = {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), "sha384", 48},
    [PSX_CMS_SHA512] = {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), "sha512", 64},
};

// What signers write beside the signature. It is signed by nobody, so it must fit the digest.
static const struct {
    psx_str oid;
    psx_cms_scheme scheme;
    int digest; // -1: any
} schemes[] = {
    {OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"), PSX_CMS_RSA, -1}, // rsaEncryption
    {OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"), PSX_CMS_RSA, PSX_CMS_SHA256},
    {OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"), PSX_CMS_RSA, PSX_CMS_SHA384},
    {OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"), PSX_CMS_RSA, PSX_CMS_SHA512},
    {OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"), PSX_CMS_RSA_PSS, -1},
    {OID("\x2A\x86\x48\xCE\x3D\x04\x03\x02"), PSX_CMS_ECDSA, PSX_CMS_SHA256},
    {OID("\x2A\x86\x48\xCE\x3D\x04\x03\x03"), PSX_CMS_ECDSA, PSX_CMS_SHA384},
    {OID("\x2A\x86\x48\xCE\x3D\x04\x03\x04"), PSX_CMS_ECDSA, PSX_CMS_SHA512},
};

const char *psx_cms_digest_name(psx_cms_digest digest)
{
    return digests[digest].name;
}

size_t psx_cms_digest_size(psx_cms_digest digest)
{
    return digests[digest].size;
}

static psx_rc refuse(psx_op *op, const char *why)
{
    return psx_fail(op, PSX_E_SIGNATURE, "%s", why);
}

static psx_rc refuse_form(psx_op *op, const char *part)
{
    return psx_fail(op, PSX_E_SIGNATURE,
                    "the signature is damaged or no PKCS#7 signature: %s is not as it must be",
                    part);
}

static psx_rc refuse_oid(psx_op *op, const char *before, psx_str oid, const char *behind)
{
    char text[96];
    psx_der_oid_text(oid, text, sizeof text);
    return psx_fail(op, PSX_E_SIGNATURE, "%s (%s)%s", before, text, behind);
}

// ---- algorithms
// -----------------------------------------------------------------------------------

typedef struct {
    psx_str oid;
    bool has_parameters;
    psx_der parameters;
} algorithm;

// AlgorithmIdentifier ::= SEQUENCE { OID, parameters ANY OPTIONAL }
static bool read_algorithm(psx_str *rest, algorithm *out)
{
    psx_der e, oid;
    *out = (algorithm){0};
    if (!psx_der_take(rest, PSX_DER_SEQUENCE, &e)) return false;
    if (!psx_der_take(&e.value, PSX_DER_OID, &oid)) return false;
    out->oid = oid.value;
    out->has_parameters = e.value.n > 0;
    if (out->has_parameters && !psx_der_next(&e.value, &out->parameters)) return false;
    return e.value.n == 0;
}

static bool is_null_or_absent(const algorithm *a)
{
    return !a->has_parameters || (a->parameters.tag == PSX_DER_NULL && a->parameters.value.n == 0);
}

static bool digest_of(const algorithm *a, psx_cms_digest *out)
{
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        *out = (psx_cms_digest)i;
        if (psx_str_eq(a->oid, digests[i].oid)) return is_null_or_absent(a);
    }
    return false;
}

static psx_rc read_digest(psx_op *op, psx_str *rest, psx_cms_digest *out)
{
    algorithm a;
    if (!read_algorithm(rest, &a)) return refuse_form(op, "the digest algorithm");
    if (digest_of(&a, out)) return PSX_OK;
    return refuse_oid(op, "the signature's digest is none of SHA-256, SHA-384, SHA-512", a.oid,
                      ": sign with -md sha256 (signtool: /fd SHA256)");
}

// RSASSA-PSS-params: the same digest three times, and a salt at least as long (RFC 8017 says as
// long; openssl's default is as long as the key has room for).
static bool is_sane_pss(const algorithm *a, psx_cms_digest digest)
{
    psx_der e;
    psx_str rest = a->parameters.value;
    algorithm hash, mask, mask_hash;
    psx_cms_digest d;
    if (!a->has_parameters || a->parameters.tag != PSX_DER_SEQUENCE) return false;
    if (!psx_der_take(&rest, PSX_DER_CONSTRUCTED | 0, &e)) return false;
    if (!read_algorithm(&e.value, &hash) || e.value.n) return false;
    if (!digest_of(&hash, &d) || d != digest) return false;
    if (!psx_der_take(&rest, PSX_DER_CONSTRUCTED | 1, &e)) return false;
    if (!read_algorithm(&e.value, &mask) || e.value.n) return false;
    if (!psx_str_eq(mask.oid, id_mgf1) || !mask.has_parameters) return false;
    psx_str inner = mask.parameters.whole;
    if (!read_algorithm(&inner, &mask_hash) || inner.n) return false;
    if (!digest_of(&mask_hash, &d) || d != digest) return false;
    if (!psx_der_take(&rest, PSX_DER_CONSTRUCTED | 2, &e) || rest.n) return false;
    psx_der salt;
    if (!psx_der_take(&e.value, PSX_DER_INTEGER, &salt) || e.value.n) return false;
    if (salt.value.n == 0 || salt.value.n > 2 || (uint8_t)salt.value.p[0] >= 0x80) return false;
    size_t n = (uint8_t)salt.value.p[0];
    if (salt.value.n == 2) n = n << 8 | (uint8_t)salt.value.p[1];
    return n >= digests[digest].size && n <= 1024;
}

static bool are_parameters_right(const algorithm *a, psx_cms_scheme scheme, psx_cms_digest digest)
{
    switch (scheme) {
    case PSX_CMS_RSA: return is_null_or_absent(a);
    case PSX_CMS_RSA_PSS: return is_sane_pss(a, digest);
    default: return !a->has_parameters;
    }
}

static psx_rc read_scheme(psx_op *op, psx_str *rest, psx_cms *out)
{
    algorithm a;
    if (!read_algorithm(rest, &a)) return refuse_form(op, "the signature algorithm");
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!psx_str_eq(a.oid, schemes[i].oid)) continue;
        if (schemes[i].digest != -1 && schemes[i].digest != (int)out->digest)
            return refuse(op, "the signature names two different digests, one for the content and "
                              "one for the signature");
        if (!are_parameters_right(&a, schemes[i].scheme, out->digest))
            return refuse(op, psx_str_eq(a.oid, id_rsa_pss)
                                  ? "the parameters of the RSA-PSS signature are weak or "
                                    "contradict its digest"
                                  : "the signature algorithm has parameters that it does not take");
        out->scheme = schemes[i].scheme;
        return PSX_OK;
    }
    return refuse_oid(op, "the signature is made with an algorithm that is not accepted", a.oid,
                      ": sign with RSA (2048 bits or more) or ECDSA, and SHA-256");
}

// ---- certificates
// ---------------------------------------------------------------------------------

typedef struct {
    psx_str issuer, serial; // whole elements
    psx_str extensions;     // the elements in [3], or nothing
} certificate;

// Version 3 ([0], 2) or, without it, version 1. Serial numbers are not negative (RFC 5280, 4.1.2).
static bool read_version_and_serial(psx_str *rest, psx_str *serial)
{
    psx_der e, version;
    if (psx_der_take(rest, PSX_DER_CONSTRUCTED | 0, &e)) {
        if (!psx_der_take(&e.value, PSX_DER_INTEGER, &version) || e.value.n) return false;
        if (!psx_str_is(version.value, "\x02")) return false;
    }
    if (!psx_der_take(rest, PSX_DER_INTEGER, &e) || (uint8_t)e.value.p[0] >= 0x80) return false;
    *serial = e.whole;
    return true;
}

// TBSCertificate: only its outline, to know whose it is.
static bool read_tbs(psx_str rest, certificate *out)
{
    psx_der e;
    *out = (certificate){0};
    if (!read_version_and_serial(&rest, &out->serial)) return false;
    if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &e)) return false; // signature
    if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &e)) return false;
    out->issuer = e.whole;
    for (size_t i = 0; i < 3; i++) { // validity, subject, key
        if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &e)) return false;
    }
    (void)psx_der_take(&rest, PSX_DER_CONTEXT | 1, &e);
    (void)psx_der_take(&rest, PSX_DER_CONTEXT | 2, &e);
    if (psx_der_take(&rest, PSX_DER_CONSTRUCTED | 3, &e)) {
        psx_der list;
        if (!psx_der_take(&e.value, PSX_DER_SEQUENCE, &list) || e.value.n) return false;
        out->extensions = list.value;
    }
    return rest.n == 0;
}

static bool read_certificate(psx_str whole, certificate *out)
{
    psx_der outer, tbs, e;
    if (!psx_der_take(&whole, PSX_DER_SEQUENCE, &outer) || whole.n) return false;
    if (!psx_der_take(&outer.value, PSX_DER_SEQUENCE, &tbs)) return false;
    if (!psx_der_take(&outer.value, PSX_DER_SEQUENCE, &e)) return false;
    if (!psx_der_take(&outer.value, PSX_DER_BIT_STRING, &e) || outer.value.n) return false;
    return read_tbs(tbs.value, out);
}

// Extension ::= SEQUENCE { OID, critical BOOLEAN DEFAULT FALSE, OCTET STRING }
static bool read_extension(psx_str *rest, psx_str *id, psx_str *value)
{
    psx_der e, part;
    if (!psx_der_take(rest, PSX_DER_SEQUENCE, &e)) return false;
    if (!psx_der_take(&e.value, PSX_DER_OID, &part)) return false;
    *id = part.value;
    if (psx_der_take(&e.value, PSX_DER_BOOLEAN, &part) && part.value.p[0] == 0) return false;
    if (!psx_der_take(&e.value, PSX_DER_OCTET_STRING, &part)) return false;
    *value = part.value;
    return e.value.n == 0;
}

// RFC 5280, 4.2: no two of one kind, or it would be the reader's choice which one counts. What
// X.509 itself defines (2.5.29.x) holds exactly one value.
static bool are_extensions_proper(psx_str all)
{
    psx_str rest = all, id, value, other;
    psx_der e;
    while (rest.n) {
        if (!read_extension(&rest, &id, &value)) return false;
        bool standard = psx_str_starts(id, PSX_STR("\x55\x1D"));
        if (standard && (!psx_der_next(&value, &e) || value.n)) return false;
        for (psx_str later = rest; later.n;) {
            if (!read_extension(&later, &other, &value) || psx_str_eq(id, other)) return false;
        }
    }
    return true;
}

// The extension's value is for a key identifier another OCTET STRING.
static bool is_key_id(psx_str id, psx_str value, psx_str key_id)
{
    psx_der e;
    if (!psx_str_eq(id, id_key_identifier)) return false;
    return psx_der_take(&value, PSX_DER_OCTET_STRING, &e) && !value.n &&
           psx_str_eq(e.value, key_id);
}

static bool is_signer(const psx_cms *cms, const certificate *c)
{
    if (!cms->key_id.p)
        return psx_str_eq(cms->issuer, c->issuer) && psx_str_eq(cms->serial, c->serial);
    psx_str rest = c->extensions, id, value;
    while (read_extension(&rest, &id, &value)) {
        if (is_key_id(id, value, cms->key_id)) return true;
    }
    return false;
}

static psx_rc find_signer(psx_op *op, psx_cms *cms)
{
    certificate c;
    for (size_t i = 0; i < cms->n_certificates; i++) {
        psx_str whole = cms->certificates[i];
        if (!read_certificate(whole, &c) || !are_extensions_proper(c.extensions))
            return refuse_form(op, "one of its certificates");
        if (!is_signer(cms, &c) || psx_str_eq(cms->signer, whole)) continue;
        if (cms->signer.p)
            return refuse(op, "two different certificates in the signature claim to be the "
                              "signer's: it must carry one");
        cms->signer = whole;
    }
    if (cms->signer.p) return PSX_OK;
    return refuse(op, "the signature does not carry its signer's certificate: sign without "
                      "-nocerts, with the certificate that belongs to the key");
}

static psx_rc read_certificates(psx_op *op, psx_str rest, psx_cms *out)
{
    psx_der e;
    out->certificates = PSX_ARRAY(op, psx_str, PSX_CMS_MAX_CERTIFICATES);
    if (!out->certificates) return psx_fail_nomem(op);
    while (psx_der_next(&rest, &e)) {
        if (e.tag != PSX_DER_SEQUENCE)
            return refuse(op, "the signature carries an attribute certificate or something else "
                              "beside certificates: that is not supported");
        if (out->n_certificates == PSX_CMS_MAX_CERTIFICATES)
            return psx_fail(op, PSX_E_SIGNATURE, "the signature carries more than %d certificates",
                            PSX_CMS_MAX_CERTIFICATES);
        out->certificates[out->n_certificates++] = e.whole;
    }
    return PSX_OK;
}

// ---- signed attributes
// ----------------------------------------------------------------------------

typedef struct {
    psx_str content_type, message_digest; // absent until seen
} attributes;

// The one value of an attribute that must have one.
static psx_rc only_value(psx_op *op, psx_str values, const char *name, uint8_t tag, psx_str *out)
{
    psx_der e, more;
    if (!psx_der_next(&values, &e) || psx_der_next(&values, &more))
        return psx_fail(op, PSX_E_SIGNATURE, "the signed attribute %s must have exactly one value",
                        name);
    if (tag && e.tag != tag)
        return psx_fail(op, PSX_E_SIGNATURE, "the signed attribute %s has a value of another kind",
                        name);
    *out = e.value;
    return PSX_OK;
}

static psx_rc take_attribute(psx_op *op, psx_str type, psx_str values, attributes *out)
{
    psx_str time;
    if (!values.n) return refuse_oid(op, "a signed attribute has no value", type, "");
    if (psx_str_eq(type, id_content_type))
        return only_value(op, values, "contentType", PSX_DER_OID, &out->content_type);
    if (psx_str_eq(type, id_message_digest))
        return only_value(op, values, "messageDigest", PSX_DER_OCTET_STRING, &out->message_digest);
    if (psx_str_eq(type, id_signing_time)) return only_value(op, values, "signingTime", 0, &time);
    return PSX_OK;
}

// Is this attribute's type that of one before it?
static bool is_repeated(psx_str before, psx_str type)
{
    psx_der e, oid;
    while (psx_der_take(&before, PSX_DER_SEQUENCE, &e)) {
        if (psx_der_take(&e.value, PSX_DER_OID, &oid) && psx_str_eq(oid.value, type)) return true;
    }
    return false;
}

static psx_rc read_attributes(psx_op *op, psx_str all, attributes *out)
{
    psx_der e, type, values;
    psx_str rest = all;
    enum { MOST = 32 };
    *out = (attributes){0};
    if (!psx_der_is_sorted(all)) return refuse(op, "the signed attributes are not in DER's order");
    for (size_t n = 0; rest.n; n++) {
        psx_str before = psx_str_slice(all, 0, all.n - rest.n);
        if (n == MOST) return refuse(op, "the signature has more than 32 signed attributes");
        if (!psx_der_take(&rest, PSX_DER_SEQUENCE, &e) ||
            !psx_der_take(&e.value, PSX_DER_OID, &type) ||
            !psx_der_take(&e.value, PSX_DER_SET, &values) || e.value.n)
            return refuse_form(op, "a signed attribute");
        if (is_repeated(before, type.value))
            return refuse_oid(op, "a signed attribute is there twice", type.value, "");
        TRY(take_attribute(op, type.value, values.value, out));
    }
    return PSX_OK;
}

static psx_rc check_attributes(psx_op *op, psx_str all, psx_cms *out)
{
    attributes a;
    TRY(read_attributes(op, all, &a));
    if (!a.content_type.p) return refuse(op, "the signed attributes lack contentType");
    if (!a.message_digest.p) return refuse(op, "the signed attributes lack messageDigest");
    if (!psx_str_eq(a.content_type, out->content_type))
        return refuse(op, "the signature says one content type outside and another one in what was "
                          "signed: somebody changed it");
    if (a.message_digest.n != digests[out->digest].size)
        return psx_fail(op, PSX_E_SIGNATURE,
                        "the signed digest has %zu bytes, which is not what %s makes",
                        a.message_digest.n, digests[out->digest].name);
    out->message_digest = a.message_digest;
    return PSX_OK;
}

// ---- the signer
// -----------------------------------------------------------------------------------

static bool is_number(psx_str value, uint8_t n)
{
    return value.n == 1 && (uint8_t)value.p[0] == n;
}

// SignerIdentifier: issuer and serial number (version 1), or [0] the key's identifier (version 3).
static psx_rc read_identifier(psx_op *op, psx_str version, psx_str *rest, psx_cms *out)
{
    psx_der e, part;
    bool by_key = psx_der_take(rest, PSX_DER_CONTEXT | 0, &e);
    if (by_key) {
        if (!e.value.n) return refuse_form(op, "the signer's key identifier");
        out->key_id = e.value;
    } else {
        if (!psx_der_take(rest, PSX_DER_SEQUENCE, &e) ||
            !psx_der_take(&e.value, PSX_DER_SEQUENCE, &part))
            return refuse_form(op, "the signer's name");
        out->issuer = part.whole;
        if (!psx_der_take(&e.value, PSX_DER_INTEGER, &part) || e.value.n)
            return refuse_form(op, "the signer's serial number");
        out->serial = part.whole;
    }
    if (is_number(version, by_key ? 3 : 1)) return PSX_OK;
    return refuse(op, "the signer's part has a version that does not fit how it names the signer");
}

// SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm,
// signature, [1] unsignedAttrs }
static psx_rc read_signer(psx_op *op, psx_str rest, psx_cms *out)
{
    psx_der version, e;
    psx_cms_digest digest;
    if (!psx_der_take(&rest, PSX_DER_INTEGER, &version)) return refuse_form(op, "the signer");
    TRY(read_identifier(op, version.value, &rest, out));
    TRY(read_digest(op, &rest, &digest));
    if (digest != out->digest)
        return refuse(op, "the signature announces one digest and its signer used another one");
    if (!psx_der_take(&rest, PSX_DER_CONSTRUCTED | 0, &e) || !e.value.n)
        return refuse(op, "the signature has no signed attributes, so it could have been made for "
                          "something else: sign without -noattr");
    out->signed_attributes = e.whole;
    TRY(check_attributes(op, e.value, out));
    TRY(read_scheme(op, &rest, out));
    if (!psx_der_take(&rest, PSX_DER_OCTET_STRING, &e) || !e.value.n)
        return refuse_form(op, "the signer's signature");
    out->signature = e.value;
    if (psx_der_take(&rest, PSX_DER_CONSTRUCTED | 1, &e))
        return refuse(op, "the signature has unsigned attributes, as a time stamp is: sign without "
                          "a time stamp (signtool: without /t and /tr)");
    return rest.n ? refuse_form(op, "what follows the signer's signature") : PSX_OK;
}

// ---- SignedData
// -----------------------------------------------------------------------------------

static psx_rc read_digests(psx_op *op, psx_str *rest, psx_cms *out)
{
    psx_der set;
    if (!psx_der_take(rest, PSX_DER_SET, &set)) return refuse_form(op, "the list of digests");
    if (!set.value.n)
        return refuse(op, "nobody signed: this is a collection of certificates, not a signature");
    TRY(read_digest(op, &set.value, &out->digest));
    return set.value.n ? refuse(op, "the signature announces more than one digest") : PSX_OK;
}

// EncapsulatedContentInfo ::= SEQUENCE { eContentType, [0] eContent OPTIONAL }
static psx_rc read_content(psx_op *op, psx_str *rest, psx_cms *out)
{
    psx_der e, type;
    if (!psx_der_take(rest, PSX_DER_SEQUENCE, &e) || !psx_der_take(&e.value, PSX_DER_OID, &type))
        return refuse_form(op, "the content's type");
    if (e.value.n)
        return refuse(op, "the signature embeds content of its own: make a detached one (openssl: "
                          "without -nodetach; signtool: /p7ce DetachedSignedData)");
    if (!psx_str_eq(type.value, id_data) && !psx_str_eq(type.value, id_signed_data))
        return refuse_oid(op, "the signature is for a content of another type", type.value,
                          ": a policy is plain data (1.2.840.113549.1.7.1)");
    out->content_type = type.value;
    return PSX_OK;
}

// RFC 5652 section 5.1. Signers of PKCS#7's time write 1 whatever the content is.
static bool is_version_right(psx_str version, const psx_cms *cms)
{
    if (cms->key_id.p) return is_number(version, 3);
    return is_number(version, 1) ||
           (psx_str_eq(cms->content_type, id_signed_data) && is_number(version, 3));
}

static psx_rc read_signers(psx_op *op, psx_str rest, psx_cms *out)
{
    psx_der set, signer, more;
    if (!psx_der_take(&rest, PSX_DER_SET, &set) || rest.n)
        return refuse_form(op, "the list of signers");
    if (!psx_der_take(&set.value, PSX_DER_SEQUENCE, &signer))
        return set.value.n ? refuse_form(op, "the signer")
                           : refuse(op, "nobody signed: the signature has no signer");
    if (psx_der_next(&set.value, &more))
        return refuse(op, "the signature has more than one signer: one must sign, and one only");
    return read_signer(op, signer.value, out);
}

// SignedData's elements; *set tells where the certificates lie.
static psx_rc read_signed_data(psx_op *op, psx_str rest, psx_cms *out, psx_str *set)
{
    psx_der version, e;
    if (!psx_der_take(&rest, PSX_DER_INTEGER, &version)) return refuse_form(op, "its version");
    TRY(read_digests(op, &rest, out));
    TRY(read_content(op, &rest, out));
    *set = (psx_str){0};
    if (psx_der_take(&rest, PSX_DER_CONSTRUCTED | 0, &e)) {
        *set = e.value;
        TRY(read_certificates(op, e.value, out));
    }
    if (psx_der_take(&rest, PSX_DER_CONSTRUCTED | 1, &e))
        return refuse(op, "the signature carries revocation lists: they belong to the anchors in "
                          "/etc/packsec/trust.d, not into the signature");
    TRY(read_signers(op, rest, out));
    if (!is_version_right(version.value, out))
        return refuse(op, "the signature has a version that does not fit what is in it");
    return find_signer(op, out);
}

// ---- the whole
// ------------------------------------------------------------------------------------

// Certificates vouch for themselves in any order, and openssl smime and signtool write them as they
// come; DER has one order. Sorted in place, in a copy: the length stays.
static void write_sorted(psx_str *items, size_t n, char *dst)
{
    for (size_t i = 1; i < n; i++) {
        psx_str item = items[i];
        size_t k = i;
        for (; k > 0 && psx_str_cmp(items[k - 1], item) > 0; k--)
            items[k] = items[k - 1];
        items[k] = item;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(dst, items[i].p, items[i].n);
        dst += items[i].n;
    }
}

// Identifier and length, backwards from *at.
static void write_head(char **at, uint8_t tag, size_t n)
{
    size_t rest = n, octets = 0;
    do {
        *--*at = (char)(uint8_t)rest;
        rest >>= 8;
        octets++;
    } while (rest);
    if (n >= 0x80) *--*at = (char)(uint8_t)(0x80 | octets);
    *--*at = (char)tag;
}

static psx_rc make_normal(psx_op *op, psx_str bytes, psx_str set, psx_cms *out)
{
    enum { HEADS = 32 };
    char *memory = psx_op_alloc(op, HEADS + bytes.n);
    if (!memory) return psx_fail_nomem(op);
    char *body = memory + HEADS, *at = body;
    memcpy(body, bytes.p, bytes.n);
    if (out->n_certificates)
        write_sorted(out->certificates, out->n_certificates, body + (set.p - bytes.p));
    if (out->bare) {
        write_head(&at, PSX_DER_CONSTRUCTED | 0, bytes.n);
        at -= id_signed_data.n;
        memcpy(at, id_signed_data.p, id_signed_data.n);
        write_head(&at, PSX_DER_OID, id_signed_data.n);
        write_head(&at, PSX_DER_SEQUENCE, (size_t)(body - at) + bytes.n);
    }
    out->normal = (psx_str){at, (size_t)(body - at) + bytes.n};
    return PSX_OK;
}

// ContentInfo ::= SEQUENCE { contentType, [0] content }, or the SignedData itself.
static psx_rc open_content_info(psx_op *op, psx_str bytes, psx_cms *out, psx_str *signed_data)
{
    psx_der top, type, content, inner;
    if (!psx_der_take(&bytes, PSX_DER_SEQUENCE, &top)) return refuse_form(op, "its outermost part");
    out->bare = top.value.n && top.value.p[0] == PSX_DER_INTEGER;
    *signed_data = top.value;
    if (out->bare) return PSX_OK;
    if (!psx_der_take(&top.value, PSX_DER_OID, &type)) return refuse_form(op, "its type");
    if (!psx_str_eq(type.value, id_signed_data))
        return refuse_oid(op, "this is no signature: its type is another one", type.value, "");
    if (!psx_der_take(&top.value, PSX_DER_CONSTRUCTED | 0, &content) || top.value.n ||
        !psx_der_take(&content.value, PSX_DER_SEQUENCE, &inner) || content.value.n)
        return refuse_form(op, "its content");
    *signed_data = inner.value;
    return PSX_OK;
}

// What people hand over by mistake has a reason of its own.
static psx_rc check_kind(psx_op *op, psx_str bytes)
{
    if (!bytes.n) return refuse(op, "the signature is empty");
    if (bytes.n > PSX_CMS_MAX_BYTES)
        return psx_fail(op, PSX_E_SIGNATURE,
                        "the signature has %zu bytes; a detached one has at most %d", bytes.n,
                        PSX_CMS_MAX_BYTES);
    if (psx_str_starts(bytes, PSX_STR("-----BEGIN")) || psx_str_starts(bytes, PSX_STR("MIME-")))
        return refuse(op, "the signature is text (PEM or S/MIME): make it with -outform DER");
    return PSX_OK;
}

psx_rc psx_cms_parse(psx_op *op, psx_str bytes, psx_cms *out)
{
    psx_str signed_data, set = {0};
    *out = (psx_cms){0};
    TRY(check_kind(op, bytes));
    TRY(psx_der_check(op, "the signature", bytes));
    TRY(open_content_info(op, bytes, out, &signed_data));
    TRY(read_signed_data(op, signed_data, out, &set));
    return make_normal(op, bytes, set, out);
}

// A detached signature (PKCS#7, CMS: RFC 5652) as PackSec takes it: DER, one signer, signed
// attributes, SHA-2, nothing embedded and nothing unsigned beside it. Says nothing about whether
// the signature is right: that is src/trust. Everything that is refused, and why:
// docs/format/signature.txt. Pure; runs before any library sees the bytes.
#ifndef PSX_FORMATS_CMS_H
#define PSX_FORMATS_CMS_H

#include "base/op.h"

enum { PSX_CMS_MAX_BYTES = 64 << 10, PSX_CMS_MAX_CERTIFICATES = 16 };

typedef enum { PSX_CMS_SHA256, PSX_CMS_SHA384, PSX_CMS_SHA512 } psx_cms_digest;
typedef enum { PSX_CMS_RSA, PSX_CMS_RSA_PSS, PSX_CMS_ECDSA } psx_cms_scheme;

// Slices point into the input, or into the op's memory.
typedef struct {
    psx_cms_digest digest;  // of the content and of the signed attributes
    psx_str message_digest; // as long as the digest is
    psx_cms_scheme scheme;
    psx_str content_type;      // OID: id-data, or id-signedData as one recipe for signtool writes
    psx_str signed_attributes; // whole, with the tag [0]: it is a SET OF that was signed
    psx_str signature;
    psx_str key_id;         // absent: the signer is named by issuer and serial number
    psx_str issuer, serial; // whole elements
    psx_str *certificates;  // whole
    size_t n_certificates;
    psx_str signer; // the one of them that the signer's name fits, byte for byte
    bool bare;      // it was a SignedData without ContentInfo, as signtool writes it
    psx_str normal; // what a library gets: a ContentInfo with the certificates in DER's order
} psx_cms;

// PSX_E_SIGNATURE with one reason.
psx_rc psx_cms_parse(psx_op *op, psx_str bytes, psx_cms *out);

const char *psx_cms_digest_name(psx_cms_digest digest); // "sha256"
size_t psx_cms_digest_size(psx_cms_digest digest);

#endif

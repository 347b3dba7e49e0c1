// What a certificate must be to sign policies, or to vouch for who does: asked by npsx-sign before
// anything is signed, and by npsx-verify of each certificate of a chain that OpenSSL accepts.
// Inside src/trust only; OpenSSL's headers come with it, so it is included before any "base/..."
// header.
#ifndef PSX_TRUST_CERTIFICATE_H
#define PSX_TRUST_CERTIFICATE_H

#include <openssl/x509.h>

#include "base/op.h"

// "the signer's certificate" `why`, and how to do better. why == NULL: nothing is wrong.
typedef struct {
    const char *why, *fix;
} psx_certificate_fault;

psx_certificate_fault psx_certificate_check_signer(X509 *cert);
psx_certificate_fault psx_certificate_check_authority(X509 *cert);
psx_certificate_fault psx_certificate_check_key(X509 *cert);
// What it is signed with; of an anchor nobody asks that.
psx_certificate_fault psx_certificate_check_digest(X509 *cert);

// For messages: at most 200 characters of printable ASCII.
psx_rc psx_certificate_name(psx_op *op, const X509_NAME *name, psx_str *out);

#endif

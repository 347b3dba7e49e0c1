// What the verification of a signature needs of X.509, with OpenSSL. Inside src/trust only, and
// only in what is linked into npsx-verify: OpenSSL's headers come with it, so it is included before
// any "base/..." header.
#ifndef PSX_TRUST_X509_H
#define PSX_TRUST_X509_H

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/op.h"

// Certificates and lists of the administrator. x509_trust_fini frees all of it.
typedef struct {
    X509_STORE *anchors;      // self-signed authorities, and the revocation lists
    STACK_OF(X509) * helpers; // other authorities: they complete a chain and end none
    bool has_crls;
} psx_x509_trust;

psx_rc psx_x509_trust_load(psx_op *op, psx_str anchors, psx_str crls, psx_x509_trust *out);
void psx_x509_trust_fini(psx_x509_trust *trust);

// One certificate, in exactly these bytes. The caller frees it.
psx_rc psx_x509_read(psx_op *op, psx_str der, X509 **out);
psx_rc psx_x509_seconds(psx_op *op, const ASN1_TIME *time, int64_t *out);
// "2026-11-21 14:00 UTC", or "?"
psx_rc psx_x509_date(psx_op *op, const ASN1_TIME *time, psx_str *out);

// Does one of the anchors vouch for this certificate at this time, for signing code? The other
// certificates may help. *anchor lives as long as `trust`.
psx_rc psx_x509_check_chain(psx_op *op, const psx_x509_trust *trust, X509 *signer,
                            STACK_OF(X509) * others, int64_t now, const X509 **anchor);

#endif

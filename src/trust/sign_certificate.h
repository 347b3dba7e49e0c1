// Would anybody accept this certificate under a policy? Asked before anything is signed, in the
// words of who has to order another one.
#ifndef PSX_TRUST_SIGN_CERTIFICATE_H
#define PSX_TRUST_SIGN_CERTIFICATE_H

#include <openssl/x509.h>

#include "trust/sign.h"

typedef struct {
    X509 *signer;
    STACK_OF(X509) * between; // without roots: those are the verifier's own
} psx_sign_certificates;

psx_rc psx_sign_certificates_read(psx_op *op, psx_str pem, psx_sign_certificates *out);
// *warning: one sentence, or "".
psx_rc psx_sign_certificates_check(psx_op *op, const psx_sign_certificates *certificates,
                                   int64_t now, psx_str *warning);

#endif

// Signing a policy: a detached CMS signature as docs/format/signature.txt wants it. npsx holds no
// key and links no engine: npsx-sign does it, a program of its own that is started only for this.
//
// PSX_E_VALUE: a key, a certificate or a passphrase that cannot be used, with one sentence that
// says why. PSX_E_ANCHOR: the certificate would not be accepted by anybody who verifies.
#ifndef PSX_TRUST_SIGN_H
#define PSX_TRUST_SIGN_H

#include "base/op.h"

enum { PSX_SIGN_SECRET_MAX = 1024, PSX_SIGN_CERTIFICATES_MAX = 1 << 20 };

typedef struct {
    psx_str policy;       // the bytes to sign
    psx_str key;          // an absolute path (PEM), or "pkcs11:..."
    psx_str module;       // the PKCS#11 library; absent: the engine's own choice
    psx_str certificates; // PEM: the signer's first, then those between it and the root
    psx_str digest;       // "sha256", "sha384", "sha512"
    psx_str secret;       // passphrase or PIN; absent: asked on the terminal when it is needed
    int64_t now;          // seconds since 1970
} psx_sign_request;

typedef struct {
    psx_str signature;      // DER
    psx_str signer, issuer; // names, RFC 4514
    psx_str warning;        // one sentence, or ""
    int64_t not_after;
} psx_sign_result;

// signer_fd: npsx-sign, opened as a part of PackSec.
psx_rc psx_sign_ask(psx_op *op, int signer_fd, const psx_sign_request *request,
                    psx_sign_result *out);

// Inside npsx-sign.
psx_rc psx_sign_here(psx_op *op, const psx_sign_request *request, psx_sign_result *out);
psx_rc psx_sign_question_read(psx_op *op, psx_str bytes, psx_sign_request *out);
psx_rc psx_sign_answer_write(psx_op *op, psx_rc rc, const psx_sign_result *result, psx_str *out);

#endif

// Who signed a policy: a detached PKCS#7 / CMS signature over exactly these bytes, by a certificate
// for code signing that one of OUR anchors vouches for. What is accepted and why:
// docs/format/signature.txt. Every other outcome is a refusal with one sentence that a system
// administrator can act on.
//
// PSX_E_SIGNATURE: the signature is not what it must be, or is over other bytes. PSX_E_ANCHOR:
// signed, but nobody whom this system trusts vouches for the signer (chain, validity, revocation,
// keys, purpose). PSX_E_OS: npsx-verify cannot be started. Both of the former are of the class
// `untrusted`.
#ifndef PSX_TRUST_SIGNATURE_H
#define PSX_TRUST_SIGNATURE_H

#include "base/op.h"

enum {
    PSX_SIGNATURE_MAX_BYTES = 64 << 10,
    PSX_SIGNATURE_CONTENT_MAX = 16 << 20, // of a policy
    PSX_SIGNATURE_ANCHORS_MAX = 4 << 20,
    PSX_SIGNATURE_CRLS_MAX = 8 << 20,
};

typedef struct {
    psx_str policy;
    psx_str signature; // DER
    psx_str anchors;   // PEM certificates, one after the other
    psx_str crls;      // PEM lists, one after the other; empty: nothing is revoked
    int64_t now;       // seconds since 1970
} psx_signature_request;

// Printable ASCII: names are escaped as in RFC 4514.
typedef struct {
    psx_str signer, issuer, anchor; // names of certificates: "CN=Policies,O=Example"
    psx_str fingerprint;            // SHA-256 of the signer's certificate, in hex
    psx_str digest;                 // "sha256"
    int64_t not_before, not_after;  // of the signer's certificate
} psx_signature_facts;

// Asks npsx-verify, started from this descriptor, which the caller has opened as a part of PackSec
// (psx_os_code_open). Bounded in time; no answer, or none that is whole, is a refusal.
psx_rc psx_signature_verify(psx_op *op, int verifier_fd, const psx_signature_request *request,
                            psx_signature_facts *out);

// The same inside this process: npsx-verify itself, tests and fuzzing. Reads no file, no
// configuration and no environment. In a library of its own (psx_signature_here_dep), because it
// brings OpenSSL.
psx_rc psx_signature_verify_here(psx_op *op, const psx_signature_request *request,
                                 psx_signature_facts *out);

#endif

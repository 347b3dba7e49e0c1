// The private key: from a PEM file, or from a token (PKCS#11).
#ifndef PSX_TRUST_SIGN_KEY_H
#define PSX_TRUST_SIGN_KEY_H

#include <openssl/evp.h>

#include "trust/sign.h"

// Passphrase and PIN come from here. `asked` tells afterwards whether anybody wanted one.
typedef struct {
    const psx_sign_request *request;
    const char *what; // "the key key.pem"
    bool asked, no_terminal;
    bool gave_up; // whoever was asked ended it (Ctrl-C, Ctrl-D)
    bool exposed; // the key's file can be read by others
} psx_sign_secret;

// OpenSSL's pem_password_cb.
int psx_sign_secret_give(char *to, int size, int writing, void *secret);

psx_rc psx_sign_key_file(psx_op *op, psx_sign_secret *secret, EVP_PKEY **out);
psx_rc psx_sign_key_token(psx_op *op, psx_sign_secret *secret, EVP_PKEY **out);

// Why OpenSSL failed, as it says it; "no reason given" when it does not.
const char *psx_sign_openssl_reason(void);

#endif

// Which of our anchors vouches for a certificate? With CryptoAPI, asked in such a way that neither
// the system's stores nor the network can answer. The rules are those of docs/format/signature.txt.
#ifndef PSX_TRUST_WIN_CHAIN_H
#define PSX_TRUST_WIN_CHAIN_H

#include "trust/win/crypt.h"
#include "trust/signature.h"

typedef struct {
    HCERTSTORE anchors; // self-signed authorities: chains end here and nowhere else
    HCERTSTORE helpers; // other authorities, the administrator's and the signature's own
    PCCRL_CONTEXT *crls;
    size_t n_crls;
} psx_chain_trust;

// fini is called whatever load says.
psx_rc psx_chain_trust_load(psx_op *op, psx_str anchors, psx_str crls, psx_chain_trust *out);
void psx_chain_trust_fini(psx_chain_trust *trust);
psx_rc psx_chain_trust_help(psx_op *op, psx_chain_trust *trust, psx_str der);

typedef struct {
    const psx_str *v; // DER: what the signature carries, the signer's among them
    size_t n;
} psx_chain_carried;

// Does an anchor vouch for this certificate at this time, for signing code? *anchor is its name.
psx_rc psx_chain_check(psx_op *op, const psx_chain_trust *trust, PCCERT_CONTEXT signer,
                       const psx_chain_carried *carried, int64_t now, psx_str *anchor);

psx_rc psx_chain_name(psx_op *op, CERT_NAME_BLOB *name, psx_str *out);
int64_t psx_chain_seconds(FILETIME time);

#endif

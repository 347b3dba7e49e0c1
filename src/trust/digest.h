// SHA-256, SHA-384, SHA-512. The low-level functions of libcrypto: no providers, no configuration
// file, no start-up cost, and SHA-NI where the processor has it.
#ifndef PSX_TRUST_DIGEST_H
#define PSX_TRUST_DIGEST_H

#include "formats/sri.h"

enum { PSX_DIGEST_SIZE = 32 };

typedef struct {
    uint8_t b[PSX_DIGEST_SIZE];
} psx_digest;

psx_digest psx_digest_of(psx_str bytes);
bool psx_digest_eq(const psx_digest *a, const psx_digest *b);
// Lower-case hex of the first n bytes; dst has room for 2 * n + 1.
void psx_digest_hex(const psx_digest *d, size_t n, char *dst);

// Are these the bytes that one of the digests is of? Each algorithm is computed once at most,
// however many items there are; SHA-256 not at all where the caller has it (or NULL).
bool psx_digest_matches_known(const psx_sri *sri, psx_str bytes, const psx_digest *sha256);
bool psx_digest_matches(const psx_sri *sri, psx_str bytes);
// out has psx_sri_size bytes.
void psx_digest_compute(psx_sri_algorithm a, psx_str bytes, uint8_t *out);
psx_rc psx_digest_sri(psx_op *op, psx_sri_algorithm a, psx_str bytes, psx_str *out);

#endif

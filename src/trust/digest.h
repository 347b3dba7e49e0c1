// SHA-256. The low-level functions of libcrypto: no providers, no configuration file, no start-up
// cost, and SHA-NI where the processor has it.
#ifndef PSX_TRUST_DIGEST_H
#define PSX_TRUST_DIGEST_H

#include "base/str.h"

enum { PSX_DIGEST_SIZE = 32 };

typedef struct {
    uint8_t b[PSX_DIGEST_SIZE];
} psx_digest;

psx_digest psx_digest_of(psx_str bytes);
bool psx_digest_eq(const psx_digest *a, const psx_digest *b);
// Lower-case hex of the first n bytes; dst has room for 2 * n + 1.
void psx_digest_hex(const psx_digest *d, size_t n, char *dst);

#endif

// Deprecated in OpenSSL 3 in favour of EVP, which loads providers (1 ms and 300 KiB at start-up).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "trust/digest.h"

psx_digest psx_digest_of(psx_str bytes)
{
    psx_digest d;
    SHA256_CTX c;
    SHA256_Init(&c);
    if (bytes.n) SHA256_Update(&c, bytes.p, bytes.n);
    SHA256_Final(d.b, &c);
    return d;
}

bool psx_digest_eq(const psx_digest *a, const psx_digest *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

void psx_digest_hex(const psx_digest *d, size_t n, char *dst)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        dst[2 * i] = digits[d->b[i] >> 4];
        dst[2 * i + 1] = digits[d->b[i] & 15];
    }
    dst[2 * n] = '\0';
}

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

static void sha384(psx_str bytes, uint8_t *out)
{
    SHA512_CTX c;
    SHA384_Init(&c);
    if (bytes.n) SHA384_Update(&c, bytes.p, bytes.n);
    SHA384_Final(out, &c);
}

static void sha512(psx_str bytes, uint8_t *out)
{
    SHA512_CTX c;
    SHA512_Init(&c);
    if (bytes.n) SHA512_Update(&c, bytes.p, bytes.n);
    SHA512_Final(out, &c);
}

void psx_digest_compute(psx_sri_algorithm a, psx_str bytes, uint8_t *out)
{
    if (a == PSX_SRI_SHA384) {
        sha384(bytes, out);
    } else if (a == PSX_SRI_SHA512) {
        sha512(bytes, out);
    } else {
        psx_digest d = psx_digest_of(bytes);
        memcpy(out, d.b, sizeof d.b);
    }
}

bool psx_digest_matches_known(const psx_sri *sri, psx_str bytes, const psx_digest *sha256)
{
    uint8_t digests[PSX_SRI_ALGORITHMS][PSX_SRI_MOST];
    bool known[PSX_SRI_ALGORITHMS] = {false};
    if (sha256) {
        memcpy(digests[PSX_SRI_SHA256], sha256->b, sizeof sha256->b);
        known[PSX_SRI_SHA256] = true;
    }
    for (size_t i = 0; i < sri->n; i++) {
        const psx_sri_item *item = &sri->v[i];
        psx_sri_algorithm a = item->algorithm;
        if (item->n != psx_sri_size(a)) continue;
        if (!known[a]) psx_digest_compute(a, bytes, digests[a]);
        known[a] = true;
        if (memcmp(digests[a], item->digest, item->n) == 0) return true;
    }
    return false;
}

bool psx_digest_matches(const psx_sri *sri, psx_str bytes)
{
    return psx_digest_matches_known(sri, bytes, NULL);
}

psx_rc psx_digest_sri(psx_op *op, psx_sri_algorithm a, psx_str bytes, psx_str *out)
{
    uint8_t digest[PSX_SRI_MOST];
    psx_digest_compute(a, bytes, digest);
    return psx_sri_write(op, a, digest, out);
}

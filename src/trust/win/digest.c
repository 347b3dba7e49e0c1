// SHA-256, SHA-384, SHA-512 by CNG, behind trust/digest.h.
#include "trust/win/crypt.h"

#include "trust/digest.h"

// There is no answer but the right one: without a digest nothing may go on.
static void demand(NTSTATUS status)
{
    if (status >= 0) return;
    fprintf(stderr, "npsx: Windows computes no digest (0x%08lx)\n", (unsigned long)status);
    exit(125);
}

void psx_digest_compute(psx_sri_algorithm a, psx_str bytes, uint8_t *out)
{
    static const wchar_t *const names[] = {BCRYPT_SHA256_ALGORITHM, BCRYPT_SHA384_ALGORITHM,
                                           BCRYPT_SHA512_ALGORITHM};
    const psx_crypt_api *c = psx_crypt();
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    demand(c->BCryptOpenAlgorithmProvider(&algorithm, names[a], NULL, 0));
    demand(c->BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0));
    for (size_t at = 0; at < bytes.n;) {
        size_t n = bytes.n - at > 1 << 30 ? 1 << 30 : bytes.n - at;
        demand(c->BCryptHashData(hash, (PUCHAR)bytes.p + at, (ULONG)n, 0));
        at += n;
    }
    demand(c->BCryptFinishHash(hash, out, (ULONG)psx_sri_size(a), 0));
    c->BCryptDestroyHash(hash);
    c->BCryptCloseAlgorithmProvider(algorithm, 0);
}

psx_digest psx_digest_of(psx_str bytes)
{
    psx_digest d;
    psx_digest_compute(PSX_SRI_SHA256, bytes, d.b);
    return d;
}

bool psx_digest_eq(const psx_digest *a, const psx_digest *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

void psx_digest_hex(const psx_digest *d, size_t n, char *dst)
{
    for (size_t i = 0; i < n; i++)
        snprintf(dst + 2 * i, 3, "%02x", d->b[i]);
    dst[2 * n] = '\0';
}

static bool matches(const psx_sri_item *item, psx_str bytes)
{
    uint8_t digest[PSX_SRI_MOST];
    if (item->n != psx_sri_size(item->algorithm)) return false;
    psx_digest_compute(item->algorithm, bytes, digest);
    return memcmp(digest, item->digest, item->n) == 0;
}

bool psx_digest_matches(const psx_sri *sri, psx_str bytes)
{
    for (size_t i = 0; i < sri->n; i++) {
        if (matches(&sri->v[i], bytes)) return true;
    }
    return false;
}

bool psx_digest_matches_known(const psx_sri *sri, psx_str bytes, const psx_digest *sha256)
{
    (void)sha256;
    return psx_digest_matches(sri, bytes);
}

psx_rc psx_digest_sri(psx_op *op, psx_sri_algorithm a, psx_str bytes, psx_str *out)
{
    uint8_t digest[PSX_SRI_MOST];
    psx_digest_compute(a, bytes, digest);
    return psx_sri_write(op, a, digest, out);
}

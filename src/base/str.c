#include "base/str.h"

psx_str psx_str_from(const char *cstr)
{
    return cstr ? (psx_str){cstr, strlen(cstr)} : (psx_str){0};
}

psx_str psx_str_slice(psx_str s, size_t from, size_t to)
{
    if (to > s.n) to = s.n;
    if (from > to) from = to;
    return (psx_str){s.p ? s.p + from : NULL, to - from};
}

bool psx_str_eq(psx_str a, psx_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool psx_str_is(psx_str a, const char *cstr)
{
    return psx_str_eq(a, psx_str_from(cstr));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool psx_str_eq_nocase(psx_str a, psx_str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) return false;
    }
    return true;
}

bool psx_str_starts(psx_str s, psx_str prefix)
{
    return s.n >= prefix.n && psx_str_eq(psx_str_slice(s, 0, prefix.n), prefix);
}

bool psx_str_ends(psx_str s, psx_str suffix)
{
    return s.n >= suffix.n && psx_str_eq(psx_str_slice(s, s.n - suffix.n, s.n), suffix);
}

int psx_str_cmp(psx_str a, psx_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

size_t psx_str_find(psx_str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

size_t psx_str_find_last(psx_str s, char c)
{
    for (size_t i = s.n; i > 0; i--) {
        if (s.p[i - 1] == c) return i - 1;
    }
    return s.n;
}

size_t psx_str_search(psx_str s, psx_str needle)
{
    for (size_t i = 0; needle.n <= s.n && i <= s.n - needle.n; i++) {
        const char *at = memchr(s.p + i, needle.p[0], s.n - needle.n + 1 - i);
        if (!at) break;
        i = (size_t)(at - s.p);
        if (memcmp(at, needle.p, needle.n) == 0) return i;
    }
    return s.n;
}

bool psx_str_has_nul(psx_str s)
{
    return psx_str_find(s, '\0') < s.n;
}

bool psx_str_to_u64(psx_str s, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
        if (digit > 9 || v > (UINT64_MAX - digit) / 10) return false;
        v = v * 10 + digit;
    }
    *out = v;
    return s.n > 0;
}

// Length of the UTF-8 sequence at p (n bytes left), 0 when it is not one. Table 3-7 of Unicode.
static size_t utf8_step(const unsigned char *p, size_t n)
{
    unsigned char c = p[0], lo = 0x80, hi = 0xBF;
    size_t len = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (len < 2) return len;
    if (len > n) return 0;
    if (c == 0xE0) lo = 0xA0;
    if (c == 0xED) hi = 0x9F;
    if (c == 0xF0) lo = 0x90;
    if (c == 0xF4) hi = 0x8F;
    if (p[1] < lo || p[1] > hi) return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
    }
    return len;
}

// Eight bytes of ASCII at once: most input is nothing else.
static bool all_ascii(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return (w & 0x8080808080808080u) == 0;
}

bool psx_str_is_utf8(psx_str s, size_t *bad)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;
    while (i < s.n) {
        if (s.n - i >= 8 && all_ascii(p + i)) {
            i += 8;
            continue;
        }
        size_t step = utf8_step(p + i, s.n - i);
        if (!step) {
            if (bad) *bad = i;
            return false;
        }
        i += step;
    }
    return true;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

enum { DISTANCE_MAX = 64 };

size_t psx_str_control(psx_str s, size_t i)
{
    const unsigned char *c = (const unsigned char *)s.p + i;
    size_t left = s.n - i;
    if (*c < 0x20 || *c == 0x7F) return 1;
    if (left >= 2 && c[0] == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F) return 2;
    if (left < 3 || c[0] != 0xE2) return 0;
    bool line = c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9);
    bool turns = (c[1] == 0x80 && c[2] >= 0xAA && c[2] <= 0xAE) ||
                 (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);
    return line || turns ? 3 : 0;
}

size_t psx_str_distance(psx_str a, psx_str b, size_t limit)
{
    size_t rows[3][DISTANCE_MAX + 1];
    if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX) return limit + 1;
    for (size_t j = 0; j <= b.n; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            bool same = a.p[i - 1] == b.p[j - 1];
            row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + !same);
            bool swapped = i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
            if (swapped && up2[j - 2] + 1 < row[j]) row[j] = up2[j - 2] + 1;
        }
    }
    size_t d = rows[a.n % 3][b.n];
    return d > limit ? limit + 1 : d;
}

#include "policy/addr.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
static const uint8_t nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
static const uint8_t zero[16];

static psx_addr from_ipv4(uint32_t v)
{
    psx_addr a = {.is_ipv4 = true};
    memcpy(a.b, mapped, sizeof mapped);
    for (int i = 0; i < 4; i++) {
        a.b[12 + i] = (uint8_t)(v >> (24 - 8 * i) & 0xFF);
    }
    return a;
}

static psx_str cut(psx_str *rest, char sep)
{
    size_t i = psx_str_find(*rest, sep);
    psx_str part = psx_str_slice(*rest, 0, i);
    *rest = psx_str_slice(*rest, i + 1, rest->n);
    return part;
}

bool psx_addr_parse_ipv4(psx_str s, psx_addr *out)
{
    uint32_t v = 0;
    uint64_t part;
    if (s.n < 7 || s.n > 15 || s.p[s.n - 1] == '.') return false;
    for (int i = 0; i < 4; i++) {
        psx_str text = cut(&s, '.');
        if (!psx_str_to_u64(text, &part) || part > 255) return false;
        if (text.n > 1 && text.p[0] == '0') return false;
        v = v << 8 | (uint32_t)part;
    }
    if (s.n) return false;
    *out = from_ipv4(v);
    return true;
}

static int digit_in(char c, unsigned base)
{
    int d = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : 99;
    return (unsigned)d < base ? d : -1;
}

// A C integer: decimal, 0octal, 0xhex ("0x" alone is 0 for some resolvers).
static bool c_number(psx_str s, uint64_t *out)
{
    unsigned base = 10;
    size_t i = 0;
    if (s.n > 1 && s.p[0] == '0') {
        base = (s.p[1] | 0x20) == 'x' ? 16 : 8;
        i = base == 16 ? 2 : 1;
    }
    *out = 0;
    for (; i < s.n; i++) {
        int d = digit_in(s.p[i], base);
        if (d < 0 || *out > UINT32_MAX) return false;
        *out = *out * base + (unsigned)d;
    }
    return s.n > 0;
}

bool psx_addr_parse_aton(psx_str s, psx_addr *out)
{
    uint64_t part[4];
    unsigned n = 0;
    if (s.n == 0 || s.p[0] < '0' || s.p[0] > '9') return false; // quick: a name
    if (s.n && s.p[s.n - 1] == '.') s.n--;
    for (bool more = true; more; n++) {
        more = psx_str_find(s, '.') < s.n;
        if (n == 4 || !c_number(cut(&s, '.'), &part[n])) return false;
    }
    // The last part fills all bytes that are left.
    uint64_t v = part[n - 1];
    if (v >> (8 * (5 - n))) return false;
    for (unsigned i = 0; i + 1 < n; i++) {
        if (part[i] > 255) return false;
        v |= part[i] << (24 - 8 * i);
    }
    *out = from_ipv4((uint32_t)v);
    return true;
}

typedef struct {
    uint8_t b[16];
    size_t n;
    int gap; // where "::" stood, or -1
} v6_parts;

static bool v6_group(psx_str text, v6_parts *v)
{
    unsigned value = 0;
    if (text.n == 0 || text.n > 4 || v->n > 14) return false;
    for (size_t i = 0; i < text.n; i++) {
        int d = digit_in(text.p[i], 16);
        if (d < 0) return false;
        value = value << 4 | (unsigned)d;
    }
    v->b[v->n++] = (uint8_t)(value >> 8);
    v->b[v->n++] = (uint8_t)(value & 0xFF);
    return true;
}

static bool v6_tail(psx_str text, v6_parts *v)
{
    psx_addr four;
    if (v->n > 12 || !psx_addr_parse_ipv4(text, &four)) return false;
    memcpy(v->b + v->n, four.b + 12, 4);
    v->n += 4;
    return true;
}

static bool v6_scan(psx_str s, v6_parts *v)
{
    if (psx_str_starts(s, PSX_STR("::"))) {
        v->gap = 0;
        s = psx_str_slice(s, 2, s.n);
    }
    while (s.n) {
        size_t colon = psx_str_find(s, ':');
        psx_str text = psx_str_slice(s, 0, colon);
        bool dotted = psx_str_find(text, '.') < text.n;
        if (dotted ? colon < s.n || !v6_tail(text, v) : !v6_group(text, v)) return false;
        if (colon == s.n) return true;
        s = psx_str_slice(s, colon + 1, s.n);
        if (s.n == 0) return false;
        if (s.p[0] != ':') continue;
        if (v->gap >= 0) return false;
        v->gap = (int)v->n;
        s = psx_str_slice(s, 1, s.n);
    }
    return v->gap >= 0;
}

bool psx_addr_parse_ipv6(psx_str s, psx_addr *out)
{
    v6_parts v = {.gap = -1};
    psx_addr a = {0};
    if (s.n < 2 || !v6_scan(s, &v)) return false;
    if (v.gap < 0 ? v.n != 16 : v.n > 14) return false;
    size_t head = v.gap < 0 ? v.n : (size_t)v.gap, tail = v.n - head;
    memcpy(a.b, v.b, head);
    memcpy(a.b + 16 - tail, v.b + head, tail);
    a.is_ipv4 = memcmp(a.b, mapped, sizeof mapped) == 0;
    *out = a;
    return true;
}

bool psx_addr_parse_host(psx_str s, psx_addr *out)
{
    if (psx_str_find(s, ':') == s.n) return psx_addr_parse_aton(s, out);
    if (s.p[0] == '[' && s.p[s.n - 1] == ']') s = psx_str_slice(s, 1, s.n - 1);
    return psx_addr_parse_ipv6(psx_str_slice(s, 0, psx_str_find(s, '%')), out);
}

bool psx_addr_in(const psx_addr *a, const uint8_t net[16], unsigned bits, bool net_is_ipv4)
{
    if (a->is_ipv4 != net_is_ipv4) return false;
    size_t whole = bits / 8;
    if (memcmp(a->b, net, whole) != 0) return false;
    unsigned left = bits % 8;
    return left == 0 || ((a->b[whole] ^ net[whole]) >> (8 - left)) == 0;
}

// The IPv4 address inside a mapped, IPv4-compatible or NAT64 one.
static const uint8_t *inner_ipv4(const psx_addr *a)
{
    bool compatible = memcmp(a->b, zero, 12) == 0 && memcmp(a->b + 12, "\0\0\0", 3) != 0;
    return a->is_ipv4 || compatible || memcmp(a->b, nat64, 12) == 0 ? a->b + 12 : NULL;
}

bool psx_addr_is_loopback(const psx_addr *a)
{
    const uint8_t *four = inner_ipv4(a);
    if (four) return four[0] == 127;
    return memcmp(a->b, zero, 15) == 0 && a->b[15] == 1;
}

bool psx_addr_is_inside(const psx_addr *a)
{
    const uint8_t *four = inner_ipv4(a);
    if (four) return four[0] == 127 || four[0] == 0 || (four[0] == 169 && four[1] == 254);
    bool link_local = a->b[0] == 0xFE && (a->b[1] & 0xC0) == 0x80;
    // AWS serves its metadata under this unique-local address as well.
    static const uint8_t metadata[16] = {0xFD, 0x00, 0x0E, 0xC2, [14] = 0x02, [15] = 0x54};
    return link_local || psx_addr_is_loopback(a) || memcmp(a->b, zero, 16) == 0 ||
           memcmp(a->b, metadata, 16) == 0;
}

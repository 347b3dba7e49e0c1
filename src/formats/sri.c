#include "formats/sri.h"

#include "base/buf.h"

static const struct {
    const char *name;
    size_t size;
} algorithms[PSX_SRI_ALGORITHMS] = {{"sha256", 32}, {"sha384", 48}, {"sha512", 64}};

const char *psx_sri_name(psx_sri_algorithm a)
{
    return algorithms[a].name;
}

size_t psx_sri_size(psx_sri_algorithm a)
{
    return algorithms[a].size;
}

// ---- base64 -------------------------------------------------------------------------------------

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// As Node's Buffer does it: bits that fill no byte are dropped, whatever they are.
static void decode(psx_str base64, psx_sri_item *item)
{
    uint32_t bits = 0;
    unsigned have = 0;
    item->n = 0;
    for (size_t i = 0; i < base64.n; i++) {
        bits = bits << 6 | (uint32_t)value_of(base64.p[i]);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        if (item->n < PSX_SRI_MOST) item->digest[item->n] = (uint8_t)(bits >> have);
        item->n++;
    }
}

psx_rc psx_sri_write(psx_op *op, psx_sri_algorithm a, const uint8_t *digest, psx_str *out)
{
    char text[8 + (PSX_SRI_MOST + 2) / 3 * 4], *at = text;
    size_t n = psx_sri_size(a);
    at += snprintf(text, sizeof text, "%s-", psx_sri_name(a));
    for (size_t i = 0; i < n; i += 3) {
        size_t some = n - i < 3 ? n - i : 3;
        uint32_t bits = (uint32_t)digest[i] << 16;
        if (some > 1) bits |= (uint32_t)digest[i + 1] << 8;
        if (some > 2) bits |= digest[i + 2];
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = some > 1 ? alphabet[bits >> 6 & 63] : '=';
        *at++ = some > 2 ? alphabet[bits & 63] : '=';
    }
    return psx_op_copy(op, (psx_str){text, (size_t)(at - text)}, out);
}

// ---- reading ------------------------------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool find_algorithm(psx_str s, psx_sri_algorithm *out)
{
    for (unsigned i = 0; i < PSX_SRI_ALGORITHMS; i++) {
        if (!psx_str_starts(s, psx_str_from(algorithms[i].name))) continue;
        *out = (psx_sri_algorithm)i;
        return s.n > 6 && s.p[6] == '-';
    }
    return false;
}

// One hash expression at the beginning of s: how long it is, or 0.
static size_t read_item(psx_str s, psx_sri_item *item)
{
    size_t at = 7, from = at;
    if (!find_algorithm(s, &item->algorithm)) return 0;
    while (at < s.n && value_of(s.p[at]) >= 0)
        at++;
    if (at == from) return 0;
    decode(psx_str_slice(s, from, at), item);
    for (int i = 0; i < 2 && at < s.n && s.p[at] == '='; i++)
        at++;
    if (at == s.n || s.p[at] != '?') return at;
    at++;
    while (at < s.n && s.p[at] >= 0x21 && s.p[at] <= 0x7e)
        at++;
    return at;
}

// As JSON.stringify writes it. Two bytes of UTF-16 that are half a character are escaped.
static psx_rc quote(psx_buf *b, psx_str s)
{
    static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < s.n; i++) {
        const char *known = s.p[i] ? strchr(from, s.p[i]) : NULL;
        if (known) {
            TRY(psx_buf_format(b, "\\%c", to[known - from]));
        } else if ((unsigned char)s.p[i] < 0x20) {
            TRY(psx_buf_format(b, "\\u%04x", (unsigned)s.p[i]));
        } else {
            TRY(psx_buf_byte(b, s.p[i]));
        }
    }
    return psx_buf_byte(b, '"');
}

// The character at the front of s, as JavaScript's str[0] would show it: a surrogate for what lies
// beyond the first 65,536.
static psx_rc quote_first(psx_buf *b, psx_str s)
{
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (n < 4 || s.n < 4) return quote(b, psx_str_slice(s, 0, n));
    uint32_t point = (uint32_t)(c & 7) << 18;
    for (size_t i = 1; i < 4; i++) {
        point |= (uint32_t)((unsigned char)s.p[i] & 63) << (6 * (3 - i));
    }
    return psx_buf_format(b, "\"\\u%04x\"", 0xd800 + ((point - 0x10000) >> 10 & 0x3ff));
}

static psx_rc unexpected(psx_op *op, psx_str text, size_t at)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "Subresource Integrity string "));
    TRY(quote(&b, text));
    TRY(psx_buf_text(&b, " had an unexpected "));
    TRY(quote_first(&b, psx_str_slice(text, at, text.n)));
    // What lies before is ASCII: bytes and JavaScript's positions are the same.
    TRY(psx_buf_format(&b, " at position %zu", at));
    return psx_fail(op, PSX_E_SYNTAX, "%.*s", PSX_FMT(psx_buf_str(&b)));
}

psx_rc psx_sri_parse(psx_op *op, psx_str text, psx_sri *out)
{
    size_t cap = 0, at = 0;
    *out = (psx_sri){0};
    while (at < text.n) {
        psx_sri_item item = {0};
        size_t begin = at;
        while (at < text.n && is_blank(text.p[at]))
            at++;
        if (at == text.n) break;
        size_t n = read_item(psx_str_slice(text, at, text.n), &item);
        if (n == 0 || (out->n > 0 && at == begin)) return unexpected(op, text, begin);
        TRY(PSX_ROOM(op, out->v, out->n, &cap));
        out->v[out->n++] = item;
        at += n;
    }
    return PSX_OK;
}

// ---- fs-verity ----------------------------------------------------------------------------------

static const psx_str verity = PSX_STR_INIT("fsverity:");

bool psx_sri_is_verity(psx_str text)
{
    return psx_str_starts(text, verity);
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool psx_sri_verity_parse(psx_str text, psx_sri_verity *out)
{
    if (!psx_sri_is_verity(text)) return false;
    psx_str s = psx_str_slice(text, verity.n, text.n), name = psx_str_slice(s, 0, 7);
    if (psx_str_is(name, "sha256:")) {
        out->algorithm = PSX_SRI_SHA256;
    } else if (psx_str_is(name, "sha512:")) {
        out->algorithm = PSX_SRI_SHA512;
    } else {
        return false; // the kernel knows no others
    }
    psx_str hex = psx_str_slice(s, 7, s.n);
    if (hex.n != 2 * psx_sri_size(out->algorithm)) return false;
    for (size_t i = 0; i < hex.n; i++) {
        int v = hex_of(hex.p[i]);
        if (v < 0) return false;
        out->digest[i / 2] = (uint8_t)(i % 2 ? out->digest[i / 2] | v : v << 4);
    }
    return true;
}

#include "scan/text.h"

#include "base/buf.h"

bool psx_text_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

bool psx_text_is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || psx_text_is_digit(c) || c == '_' ||
           c == '$' || c >= 0x80;
}

bool psx_text_at(psx_str s, size_t at, const char *literal)
{
    size_t n = strlen(literal);
    return at <= s.n && s.n - at >= n && memcmp(s.p + at, literal, n) == 0;
}

size_t psx_text_blank(psx_str s, size_t at, bool *newline)
{
    if (at >= s.n) return 0;
    unsigned char c = (unsigned char)s.p[at];
    if (c == '\n' || c == '\r') {
        *newline = true;
        return 1;
    }
    if (c == ' ' || (c >= 9 && c <= 13)) return 1;
    if (c < 0x80) return 0;
    if (psx_text_at(s, at, "\xE2\x80\xA8") || psx_text_at(s, at, "\xE2\x80\xA9")) {
        *newline = true;
        return 3;
    }
    if (psx_text_at(s, at, "\xC2\xA0")) return 2;
    if (psx_text_at(s, at, "\xEF\xBB\xBF") || psx_text_at(s, at, "\xE3\x80\x80")) return 3;
    // U+2000..U+200A
    if (c == 0xE2 && s.n - at >= 3 && (unsigned char)s.p[at + 1] == 0x80 &&
        (unsigned char)s.p[at + 2] <= 0x8A)
        return 3;
    return 0;
}

static size_t comment_end(psx_str s, size_t at, bool *newline)
{
    if (psx_text_at(s, at, "//")) {
        for (at += 2; at < s.n; at++) {
            bool end = false;
            (void)psx_text_blank(s, at, &end);
            if (end) break;
        }
        return at;
    }
    for (at += 2; at < s.n; at++) {
        (void)psx_text_blank(s, at, newline);
        if (psx_text_at(s, at, "*/")) return at + 2;
    }
    return s.n;
}

size_t psx_text_skip_newline(psx_str s, size_t at, bool *newline)
{
    for (;;) {
        size_t n = psx_text_blank(s, at, newline);
        if (n)
            at += n;
        else if (psx_text_at(s, at, "//") || psx_text_at(s, at, "/*"))
            at = comment_end(s, at, newline);
        else
            return at;
    }
}

size_t psx_text_skip(psx_str s, size_t at)
{
    bool newline = false;
    return psx_text_skip_newline(s, at, &newline);
}

size_t psx_text_word_end(psx_str s, size_t at)
{
    bool newline = false;
    while (at < s.n && psx_text_is_word_byte((unsigned char)s.p[at]) &&
           !((unsigned char)s.p[at] >= 0x80 && psx_text_blank(s, at, &newline))) {
        at++;
    }
    return at;
}

size_t psx_text_start(psx_str s)
{
    bool newline = false;
    size_t at = psx_text_at(s, 0, "#!") ? 2 : 0;
    while (at && at < s.n && !newline) {
        (void)psx_text_blank(s, at++, &newline);
    }
    return at;
}

size_t psx_text_string_end(psx_str s, size_t at)
{
    if (at >= s.n || (s.p[at] != '"' && s.p[at] != '\'')) return 0;
    char quote = s.p[at];
    for (at++; at < s.n; at++) {
        char c = s.p[at];
        if (c == quote) return at + 1;
        if (c == '\n' || c == '\r') return 0;
        if (c == '\\') at += psx_text_at(s, at + 1, "\r\n") ? 2 : 1;
    }
    return 0;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Exactly `digits` hex digits at *at.
static bool hex_run(psx_str s, size_t *at, int digits, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++, ++*at) {
        int h = *at < s.n ? hex(s.p[*at]) : -1;
        if (h < 0) return false;
        *out = *out * 16 + (uint32_t)h;
    }
    return true;
}

// What follows \u: XXXX or {X...}.
static bool unicode_escape(psx_str s, size_t *at, uint32_t *out)
{
    if (*at >= s.n || s.p[*at] != '{') return hex_run(s, at, 4, out);
    size_t start = ++*at;
    *out = 0;
    for (; *at < s.n && s.p[*at] != '}'; ++*at) {
        int h = hex(s.p[*at]);
        if (h < 0) return false;
        *out = *out * 16 + (uint32_t)h;
        if (*out > 0x10FFFF) return false;
    }
    if (*at >= s.n || *at == start) return false;
    ++*at;
    return true;
}

static psx_rc add_utf8(psx_buf *b, uint32_t c)
{
    if (c < 0x80) return psx_buf_byte(b, (char)c);
    if (c < 0x800) {
        TRY(psx_buf_byte(b, (char)(0xC0 | c >> 6)));
    } else {
        if (c < 0x10000) {
            TRY(psx_buf_byte(b, (char)(0xE0 | c >> 12)));
        } else {
            TRY(psx_buf_byte(b, (char)(0xF0 | c >> 18)));
            TRY(psx_buf_byte(b, (char)(0x80 | (c >> 12 & 63))));
        }
        TRY(psx_buf_byte(b, (char)(0x80 | (c >> 6 & 63))));
    }
    return psx_buf_byte(b, (char)(0x80 | (c & 63)));
}

// The escape behind a backslash at *at; *value is UINT32_MAX for a line continuation.
static bool escape_value(psx_str s, size_t *at, uint32_t *value)
{
    static const char letters[] = "bfnrtv0", values[] = "\b\f\n\r\t\v\0";
    char c = s.p[(*at)++];
    if (c == 'x') return hex_run(s, at, 2, value);
    if (c == 'u') return unicode_escape(s, at, value);
    if (c == '\r' || c == '\n') {
        if (c == '\r' && *at < s.n && s.p[*at] == '\n') ++*at;
        *value = UINT32_MAX;
        return true;
    }
    if (psx_text_at(s, *at - 1, "\xE2\x80\xA8") || psx_text_at(s, *at - 1, "\xE2\x80\xA9")) {
        *at += 2;
        *value = UINT32_MAX;
        return true;
    }
    if (c >= '0' && c <= '9' &&
        (c != '0' || (*at < s.n && psx_text_is_digit((unsigned char)s.p[*at]))))
        return false; // octal: not in strict code, and in no export name seen so far
    const char *l = c ? strchr(letters, c) : NULL;
    *value = l ? (uint32_t)values[l - letters] : (uint32_t)(unsigned char)c;
    return true;
}

static psx_rc add_escape(psx_buf *b, psx_str s, size_t *at, bool *ok)
{
    uint32_t c = 0, low = 0;
    size_t from = *at;
    if (!escape_value(s, at, &c)) {
        *ok = false;
        return PSX_OK;
    }
    if (c == UINT32_MAX) return PSX_OK;
    if ((unsigned char)s.p[from] >= 0x80)
        return psx_buf_byte(b, s.p[from]); // bytes follow as they are
    if (c >= 0xD800 && c < 0xDC00 && psx_text_at(s, *at, "\\u")) {
        size_t next = *at + 2;
        if (unicode_escape(s, &next, &low) && low >= 0xDC00 && low < 0xE000) {
            *at = next;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    if (c >= 0xD800 && c < 0xE000) {
        *ok = false;
        return PSX_OK;
    }
    return add_utf8(b, c);
}

psx_rc psx_text_string_value(psx_op *op, psx_str literal, psx_str *out, bool *ok)
{
    psx_str s = psx_str_slice(literal, 1, literal.n ? literal.n - 1 : 0);
    *ok = true;
    *out = s;
    if (psx_str_find(s, '\\') < s.n) {
        psx_buf b;
        psx_buf_init(&b, op);
        for (size_t at = 0; at < s.n && *ok;) {
            if (s.p[at] != '\\')
                TRY(psx_buf_byte(&b, s.p[at++]));
            else if (++at < s.n)
                TRY(add_escape(&b, s, &at, ok));
        }
        *out = psx_buf_str(&b);
        if (!out->p) *out = PSX_STR("");
    }
    if (*ok) *ok = psx_str_is_utf8(*out, &(size_t){0});
    return PSX_OK;
}

psx_rc psx_text_identifier(psx_op *op, psx_str raw, psx_str *out)
{
    *out = raw;
    if (psx_str_find(raw, '\\') == raw.n) return PSX_OK;
    psx_buf b;
    psx_buf_init(&b, op);
    for (size_t at = 0; at < raw.n;) {
        uint32_t c = 0;
        size_t next = at + 2;
        if (psx_text_at(raw, at, "\\u") && unicode_escape(raw, &next, &c)) {
            TRY(add_utf8(&b, c));
            at = next;
        } else {
            TRY(psx_buf_byte(&b, raw.p[at++]));
        }
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

bool psx_text_is_strict(psx_str s, size_t at)
{
    for (;;) {
        at = psx_text_skip(s, at);
        size_t end = psx_text_string_end(s, at);
        if (!end) return false;
        if (psx_str_is(psx_str_slice(s, at + 1, end - 1), "use strict")) return true;
        at = psx_text_skip(s, end);
        if (at < s.n && s.p[at] == ';') at++;
    }
}

// `list` holds words between single blanks, with one before the first and after the last.
static bool listed(const char *list, psx_str word)
{
    for (const char *p = list; p; p = strchr(p + 1, ' ')) {
        if (strncmp(p + 1, word.p, word.n) == 0 && p[1 + word.n] == ' ') return true;
    }
    return false;
}

bool psx_text_is_reserved(psx_str word)
{
    return word.n >= 2 && word.n <= 10 &&
           listed(" await break case catch class const continue debugger default delete do else "
                  "enum export "
                  "extends false finally for function if import in instanceof let new null return "
                  "static super "
                  "switch this throw true try typeof var void while with "
                  "yield ",
                  word);
}

bool psx_text_is_intrinsic(psx_str name)
{
    return name.n >= 2 && !memchr(name.p, ' ', name.n) && !memchr(name.p, 0, name.n) &&
           listed(
               " undefined NaN Infinity isFinite isNaN parseFloat parseInt decodeURI "
               "decodeURIComponent encodeURI encodeURIComponent escape unescape AggregateError "
               "Array "
               "ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Error EvalError "
               "Float16Array Float32Array Float64Array Int8Array Int16Array Int32Array Iterator "
               "JSON Map Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set "
               "String Symbol SyntaxError TypeError Uint8Array Uint8ClampedArray Uint16Array "
               "Uint32Array URIError WeakMap WeakRef WeakSet FinalizationRegistry Math Date ",
               name);
}

bool psx_text_contains(psx_str s, const char *literal)
{
    return s.n && memmem(s.p, s.n, literal, strlen(literal)) != NULL;
}

#include "base/text.h"

// Of a character that psx_str_control knows.
static unsigned code_point(const char *p, size_t n)
{
    const unsigned char *c = (const unsigned char *)p;
    if (n == 1) return c[0];
    if (n == 2) return (c[0] & 0x1Fu) << 6 | (c[1] & 0x3Fu);
    return (c[0] & 0x0Fu) << 12 | (c[1] & 0x3Fu) << 6 | (c[2] & 0x3Fu);
}

psx_rc psx_text_json(psx_buf *b, psx_str s)
{
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        size_t n = psx_str_control(s, i);
        if (n) {
            TRY(psx_buf_format(b, "\\u%04x", code_point(s.p + i, n)));
            i += n - 1;
        } else if (c == '"' || c == '\\') {
            TRY(psx_buf_format(b, "\\%c", c));
        } else {
            TRY(psx_buf_byte(b, (char)c));
        }
    }
    return psx_buf_byte(b, '"');
}

psx_rc psx_text_member(psx_buf *b, const char *key, psx_str value)
{
    TRY(psx_buf_format(b, "%s\"%s\":", b->n && b->p[b->n - 1] != '{' ? "," : "", key));
    return psx_text_json(b, value);
}

psx_rc psx_text_plain(psx_buf *b, psx_str s, size_t max)
{
    for (size_t i = 0; i < s.n; i++) {
        // Never in the middle of a UTF-8 sequence.
        if (i >= max && ((unsigned char)s.p[i] & 0xC0) != 0x80) return psx_buf_text(b, "...");
        size_t n = psx_str_control(s, i);
        if (n > 1) {
            TRY(psx_buf_format(b, "\\u%04x", code_point(s.p + i, n)));
            i += n - 1;
        } else if (n) {
            TRY(psx_buf_format(b, "\\x%02x", (unsigned char)s.p[i]));
        } else {
            TRY(psx_buf_byte(b, s.p[i]));
        }
    }
    return PSX_OK;
}

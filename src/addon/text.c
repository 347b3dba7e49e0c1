#include "addon/text.h"

static bool is_control(psx_str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    if (c < 0x20 || c == 0x7F) return true;
    // C1 controls in UTF-8: C2 80 .. C2 9F, which some terminals obey.
    unsigned char next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
    return c == 0xC2 && next >= 0x80 && next <= 0x9F;
}

psx_rc psx_text_json(psx_buf *b, psx_str s)
{
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_control(s, i)) {
            unsigned char code = c == 0xC2 ? (unsigned char)s.p[++i] : c;
            TRY(psx_buf_format(b, "\\u%04x", code));
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
        if (is_control(s, i)) {
            TRY(psx_buf_format(b, "\\x%02x", (unsigned char)s.p[i]));
        } else {
            TRY(psx_buf_byte(b, s.p[i]));
        }
    }
    return PSX_OK;
}

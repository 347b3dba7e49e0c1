#include "cli/json.h"

psx_rc psx_cli_json_string(psx_buf *b, psx_str s)
{
    TRY(psx_buf_byte(b, '"'));
    size_t bad = s.n;
    while (s.n) {
        size_t good = psx_str_is_utf8(s, &bad) ? s.n : bad;
        size_t from = 0;
        for (size_t i = 0; i < good; i++) {
            unsigned char c = (unsigned char)s.p[i];
            if (c >= 0x20 && c != '"' && c != '\\') continue;
            TRY(psx_buf_add(b, psx_str_slice(s, from, i)));
            if (c < 0x20 && c != '\n') {
                TRY(psx_buf_format(b, "\\u%04x", c));
            } else {
                char escape[2] = {'\\', c == '\n' ? 'n' : (char)c};
                TRY(psx_buf_add(b, (psx_str){escape, 2}));
            }
            from = i + 1;
        }
        TRY(psx_buf_add(b, psx_str_slice(s, from, good)));
        if (good < s.n) TRY(psx_buf_text(b, "\xef\xbf\xbd"));
        s = psx_str_slice(s, good + 1, s.n);
    }
    return psx_buf_byte(b, '"');
}

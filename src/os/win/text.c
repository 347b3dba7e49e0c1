#include <windows.h>

#include "os/win/text.h"

#include <limits.h>

psx_rc psx_win_wide(psx_op *op, const char *what, psx_str text, wchar_t **out)
{
    if (text.n >= INT_MAX / 2) return psx_fail(op, PSX_E_SIZE, "%s is too long", what);
    if (psx_str_has_nul(text)) return psx_fail(op, PSX_E_VALUE, "%s has a NUL inside", what);
    wchar_t *p = PSX_ARRAY(op, wchar_t, text.n + 1); // never more units than bytes
    if (!p) return psx_fail_nomem(op);
    *out = p;
    if (!text.n) return PSX_OK;
    int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.p, (int)text.n, p, (int)text.n);
    if (n > 0) return PSX_OK;
    return psx_fail(op, PSX_E_ENCODING, "%s is not valid UTF-8", what);
}

psx_rc psx_win_utf8(psx_op *op, const char *what, const wchar_t *text, psx_str *out)
{
    size_t units = wcslen(text);
    if (units >= INT_MAX / 4) return psx_fail(op, PSX_E_SIZE, "%s is too long", what);
    char *p = PSX_ARRAY(op, char, 3 * units + 1);
    if (!p) return psx_fail_nomem(op);
    *out = (psx_str){p, 0};
    if (!units) return PSX_OK;
    int n = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, (int)units, p, (int)units * 3,
                                NULL, NULL);
    if (n <= 0) return psx_fail(op, PSX_E_ENCODING, "%s is not valid UTF-16", what);
    out->n = (size_t)n;
    return PSX_OK;
}

psx_str psx_win_error(psx_op *op, unsigned long code)
{
    wchar_t text[256];
    psx_str out;
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    DWORD n = FormatMessageW(flags, NULL, code, 0, text, 256, NULL);
    while (n && (text[n - 1] <= L' ' || text[n - 1] == L'.'))
        text[--n] = 0;
    if (n && !psx_failed(psx_win_utf8(op, "a message of the system", text, &out))) return out;
    if (psx_failed(psx_op_format(op, &out, "error 0x%08lx", code))) return PSX_STR("an error");
    return out;
}

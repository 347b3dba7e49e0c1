#include <windows.h>
#include <shlobj.h>

#include "os/win/path.h"
#include "os/win/text.h"

enum { PATH_UNITS = 32768 }; // the longest path of the system, with its zero

static bool is_drive(psx_str s)
{
    return s.n >= 2 && ((s.p[0] | 32) >= 'a' && (s.p[0] | 32) <= 'z') && s.p[1] == ':';
}

static bool is_absolute(psx_str s)
{
    bool rooted = s.n && (s.p[0] == '\\' || s.p[0] == '/');
    return rooted || is_drive(s);
}

// \\?\C:\x and \\?\UNC\server\share\x are C:\x and \\server\share\x by longer names.
static psx_rc shorten(psx_op *op, psx_str *path)
{
    if (psx_str_starts(*path, PSX_STR("\\\\?\\UNC\\"))) {
        return psx_op_format(op, path, "\\\\%.*s", PSX_FMT(psx_str_slice(*path, 8, path->n)));
    }
    if (psx_str_starts(*path, PSX_STR("\\\\?\\"))) *path = psx_str_slice(*path, 4, path->n);
    return PSX_OK;
}

static psx_rc check_full(psx_op *op, psx_str typed, psx_str full)
{
    bool drive = is_drive(full) && full.n >= 3 && full.p[2] == '\\';
    bool share =
        psx_str_starts(full, PSX_STR("\\\\")) && full.n > 2 && full.p[2] != '.' && full.p[2] != '?';
    if (!drive && !share) {
        return psx_fail(op, PSX_E_VALUE, "%.*s names a device, not a file", PSX_FMT(typed));
    }
    if (psx_str_find(psx_str_slice(full, 2, full.n), ':') == full.n - 2) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "%.*s names a stream of a file, which npsx does not read",
                    PSX_FMT(typed));
}

psx_rc psx_win_path_full(psx_op *op, psx_str base, psx_str typed, psx_str *out)
{
    psx_str text = typed;
    wchar_t *in, *full = PSX_ARRAY(op, wchar_t, PATH_UNITS);
    if (!full) return psx_fail_nomem(op);
    if (!typed.n) return psx_fail(op, PSX_E_VALUE, "a path is empty");
    if (base.n && !is_absolute(typed)) {
        TRY(psx_op_format(op, &text, "%.*s\\%.*s", PSX_FMT(base), PSX_FMT(typed)));
    }
    TRY(psx_win_wide(op, "a path", text, &in));
    DWORD n = GetFullPathNameW(in, PATH_UNITS, full, NULL);
    if (!n || n >= PATH_UNITS) {
        return psx_fail(op, PSX_E_VALUE, "%.*s is no path that can be used", PSX_FMT(typed));
    }
    TRY(psx_win_utf8(op, "a path", full, out));
    TRY(shorten(op, out));
    TRY(check_full(op, typed, *out));
    while (out->n > 3 && out->p[out->n - 1] == '\\')
        out->n--;
    return psx_op_copy(op, *out, out);
}

psx_rc psx_win_path_wide(psx_op *op, psx_str full, wchar_t **out)
{
    psx_str text;
    if (is_drive(full))
        TRY(psx_op_format(op, &text, "\\\\?\\%.*s", PSX_FMT(full)));
    else
        TRY(psx_op_format(op, &text, "\\\\?\\UNC%.*s", PSX_FMT(psx_str_slice(full, 1, full.n))));
    return psx_win_wide(op, "a path", text, out);
}

psx_str psx_win_path_parent(psx_str full)
{
    size_t root = 3, slash = psx_str_find_last(full, '\\');
    if (!is_drive(full)) { // \\server\share
        size_t server = 2 + psx_str_find(psx_str_slice(full, 2, full.n), '\\') + 1;
        root = server + psx_str_find(psx_str_slice(full, server, full.n), '\\');
    }
    if (slash == full.n) return full;
    return psx_str_slice(full, 0, slash < root ? root : slash);
}

psx_rc psx_win_path_cwd(psx_op *op, psx_str *out)
{
    return psx_win_path_full(op, (psx_str){0}, PSX_STR("."), out);
}

psx_rc psx_win_path_self(psx_op *op, psx_str *out)
{
    wchar_t *p = PSX_ARRAY(op, wchar_t, PATH_UNITS);
    if (!p) return psx_fail_nomem(op);
    DWORD n = GetModuleFileNameW(NULL, p, PATH_UNITS);
    if (!n || n >= PATH_UNITS) return psx_fail(op, PSX_E_OS, "cannot tell where npsx lies");
    TRY(psx_win_utf8(op, "the path of npsx", p, out));
    return shorten(op, out);
}

static psx_rc known(psx_op *op, const KNOWNFOLDERID *id, const char *name, psx_str *out)
{
    wchar_t *p = NULL;
    HRESULT hr = SHGetKnownFolderPath(id, 0, NULL, &p);
    psx_rc rc = FAILED(hr) ? psx_fail(op, PSX_E_OS, "cannot tell where %s lies: 0x%08lx", name,
                                      (unsigned long)hr)
                           : psx_win_utf8(op, "a path", p, out);
    CoTaskMemFree(p);
    return rc;
}

psx_rc psx_win_path_program_data(psx_op *op, psx_str *out)
{
    return known(op, &FOLDERID_ProgramData, "%ProgramData%", out);
}

psx_rc psx_win_path_state(psx_op *op, psx_str *out)
{
    psx_str local;
    TRY(known(op, &FOLDERID_LocalAppData, "%LOCALAPPDATA%", &local));
    return psx_op_format(op, out, "%.*s\\PackSec", PSX_FMT(local));
}

static HANDLE open_to_look(psx_op *op, psx_str full)
{
    wchar_t *wide;
    if (psx_failed(psx_win_path_wide(op, full, &wide))) return INVALID_HANDLE_VALUE;
    return CreateFileW(wide, FILE_READ_ATTRIBUTES,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
                       NULL);
}

psx_rc psx_win_path_real(psx_op *op, psx_str full, psx_str *out)
{
    wchar_t *p = PSX_ARRAY(op, wchar_t, PATH_UNITS);
    if (!p) return psx_fail_nomem(op);
    HANDLE h = open_to_look(op, full);
    DWORD n = 0;
    if (h != INVALID_HANDLE_VALUE) {
        n = GetFinalPathNameByHandleW(h, p, PATH_UNITS, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    }
    DWORD why = GetLastError();
    if (h != INVALID_HANDLE_VALUE) CloseHandle(h);
    if (!n || n >= PATH_UNITS) {
        return psx_fail(op, PSX_E_VALUE, "cannot tell where %.*s leads: %.*s", PSX_FMT(full),
                        PSX_FMT(psx_win_error(op, why)));
    }
    TRY(psx_win_utf8(op, "a path", p, out));
    return shorten(op, out);
}

psx_win_kind psx_win_path_kind(psx_op *op, psx_str full)
{
    wchar_t *wide;
    if (psx_failed(psx_win_path_wide(op, full, &wide))) return PSX_WIN_NOTHING;
    DWORD a = GetFileAttributesW(wide);
    if (a == INVALID_FILE_ATTRIBUTES) return PSX_WIN_NOTHING;
    return a & FILE_ATTRIBUTE_DIRECTORY ? PSX_WIN_DIRECTORY : PSX_WIN_FILE;
}

#include <windows.h>
#include <fcntl.h>
#include <io.h>

#include "os/win/self.h"
#include "base/buf.h"
#include "os/win/text.h"

void psx_win_self_harden(void)
{
    SetDllDirectoryW(L"");
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
}

void psx_win_self_binary_output(void)
{
    _setmode(1, _O_BINARY);
    _setmode(2, _O_BINARY);
}

psx_rc psx_win_self_argv(psx_op *op, int argc, wchar_t **wide, char ***argv)
{
    char **all = PSX_ARRAY(op, char *, (size_t)argc + 1);
    if (!all) return psx_fail_nomem(op);
    for (int i = 0; i < argc; i++) {
        psx_str s;
        TRY(psx_win_utf8(op, "an argument", wide[i], &s));
        all[i] = (char *)s.p;
    }
    *argv = all;
    return PSX_OK;
}

// "NAME=value"; the system's own entries ("=C:=C:\dir") begin with the sign.
static psx_rc drop_entry(psx_op *op, const wchar_t *entry, bool (*drop)(psx_str name))
{
    const wchar_t *end = wcschr(entry + 1, L'=');
    size_t n = end ? (size_t)(end - entry) : 0;
    wchar_t *name = PSX_ARRAY(op, wchar_t, n + 1);
    if (!name) return psx_fail_nomem(op);
    memcpy(name, entry, n * sizeof *name);
    // What cannot be told in UTF-8 is none of the names in question, which are ASCII.
    char ascii[128];
    if (!n || n >= sizeof ascii) return PSX_OK;
    for (size_t i = 0; i < n; i++) {
        wchar_t c = name[i];
        if (c >= 0x80) return PSX_OK;
        ascii[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    if (!drop((psx_str){ascii, n}) || SetEnvironmentVariableW(name, NULL)) return PSX_OK;
    return psx_fail(op, PSX_E_OS, "cannot clear the environment");
}

psx_rc psx_win_self_drop(psx_op *op, bool (*drop)(psx_str name))
{
    wchar_t *all = GetEnvironmentStringsW(); // a copy: names may go while it is walked
    if (!all) return psx_fail(op, PSX_E_OS, "cannot read the environment");
    psx_rc rc = PSX_OK;
    for (wchar_t *p = all; *p && !psx_failed(rc); p += wcslen(p) + 1)
        rc = drop_entry(op, p, drop);
    FreeEnvironmentStringsW(all);
    return rc;
}

psx_rc psx_win_self_stdin(psx_op *op, const char *what, size_t max, psx_str *bytes)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    psx_buf b;
    char block[16384];
    psx_buf_init(&b, op);
    for (DWORD got = 1; got;) {
        // The writer's end of a pipe was closed: that is how a pipe ends here.
        if (!ReadFile(in, block, sizeof block, &got, NULL)) {
            if (GetLastError() == ERROR_BROKEN_PIPE) break;
            return psx_fail(op, PSX_E_IO, "cannot read %s: %.*s", what,
                            PSX_FMT(psx_win_error(op, GetLastError())));
        }
        if (b.n + got > max) return psx_fail(op, PSX_E_SIZE, "%s is too large", what);
        TRY(psx_buf_add(&b, (psx_str){block, got}));
    }
    *bytes = psx_buf_str(&b);
    if (!bytes->p) *bytes = PSX_STR("");
    return PSX_OK;
}

bool psx_win_self_stdin_is_console(void)
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode);
}

psx_rc psx_win_self_variable(psx_op *op, const wchar_t *name, psx_str *out)
{
    wchar_t *value = PSX_ARRAY(op, wchar_t, 32768);
    *out = (psx_str){0};
    if (!value) return psx_fail_nomem(op);
    DWORD n = GetEnvironmentVariableW(name, value, 32768);
    if (!n || n >= 32768) return PSX_OK;
    return psx_win_utf8(op, "a variable of the environment", value, out);
}

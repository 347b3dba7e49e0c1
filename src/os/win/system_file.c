// Behind os/system_file.h: files beneath %ProgramData%, which the system tells and no environment.
#include <windows.h>

#include "os/system_file.h"
#include "os/win/held.h"
#include "os/win/owner.h"
#include "os/win/path.h"
#include "os/win/text.h"

enum { NAMES_MAX = 4096 };

static const psx_str program_data = PSX_STR_INIT("%ProgramData%");

static psx_rc expand(psx_op *op, psx_str path, psx_str *full)
{
    psx_str root;
    if (!psx_str_starts(path, program_data)) {
        return psx_fail(op, PSX_E_VALUE, "%.*s does not lie beneath %%ProgramData%%",
                        PSX_FMT(path));
    }
    TRY(psx_win_path_program_data(op, &root));
    TRY(psx_op_format(op, full, "%.*s%.*s", PSX_FMT(root),
                      PSX_FMT(psx_str_slice(path, program_data.n, path.n))));
    return psx_win_path_full(op, (psx_str){0}, *full, full);
}

// No link, junction or other point at which the path goes on elsewhere; and nobody's but the
// system's.
static psx_rc check_one(psx_op *op, psx_str full)
{
    wchar_t *wide;
    TRY(psx_win_path_wide(op, full, &wide));
    HANDLE h = CreateFileW(wide, READ_CONTROL | FILE_READ_ATTRIBUTES,
                           FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                           FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (h == INVALID_HANDLE_VALUE) {
        DWORD why = GetLastError();
        bool absent = why == ERROR_FILE_NOT_FOUND || why == ERROR_PATH_NOT_FOUND;
        return psx_fail(op, absent ? PSX_E_NOT_FOUND : PSX_E_OS, "cannot read %.*s: %.*s",
                        PSX_FMT(full), PSX_FMT(psx_win_error(op, why)));
    }
    BY_HANDLE_FILE_INFORMATION info;
    psx_rc rc = PSX_OK;
    if (!GetFileInformationByHandle(h, &info) ||
        (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
        rc = psx_fail(op, PSX_E_ANCHOR, "%.*s is a link, or is reached through one", PSX_FMT(full));
    } else {
        rc = psx_win_owner_check(op, h, full);
    }
    CloseHandle(h);
    return rc;
}

// Everything from PackSec's own directory down; %ProgramData% itself lets users make new things in
// it, which is why what lies there is asked about.
static psx_rc check(psx_op *op, psx_str full)
{
    psx_str root;
    TRY(psx_win_path_program_data(op, &root));
    for (size_t end = root.n + 1; end <= full.n; end++) {
        if (end < full.n && full.p[end] != '\\') continue;
        TRY(check_one(op, psx_str_slice(full, 0, end)));
    }
    return PSX_OK;
}

psx_rc psx_os_system_read(psx_op *op, psx_str path, size_t max, psx_str *bytes)
{
    psx_str full;
    psx_win_held held;
    TRY(expand(op, path, &full));
    TRY(check(op, full));
    TRY(psx_win_held_open(op, "system's file", full, max, &held));
    // Again, now that it is held: it is this file that was read.
    psx_rc rc = check(op, full);
    *bytes = held.bytes;
    psx_win_held_close(&held);
    return rc;
}

static int by_bytes(const void *a, const void *b)
{
    return psx_str_cmp(*(const psx_str *)a, *(const psx_str *)b);
}

static psx_rc list(psx_op *op, psx_str full, psx_str **names, size_t *n)
{
    psx_str pattern;
    wchar_t *wide;
    WIN32_FIND_DATAW found;
    psx_rc rc = PSX_OK;
    *names = PSX_ARRAY(op, psx_str, NAMES_MAX);
    if (!*names) return psx_fail_nomem(op);
    TRY(psx_op_format(op, &pattern, "%.*s\\*", PSX_FMT(full)));
    TRY(psx_win_path_wide(op, pattern, &wide));
    HANDLE h = FindFirstFileW(wide, &found);
    bool more = h != INVALID_HANDLE_VALUE;
    for (*n = 0; more && !psx_failed(rc); more = FindNextFileW(h, &found)) {
        if (found.cFileName[0] == L'.') continue;
        if (*n == NAMES_MAX)
            rc = psx_fail(op, PSX_E_SIZE, "%.*s has too many files", PSX_FMT(full));
        else
            rc = psx_win_utf8(op, "a file's name", found.cFileName, &(*names)[(*n)++]);
    }
    bool whole = GetLastError() == ERROR_NO_MORE_FILES;
    if (h != INVALID_HANDLE_VALUE) FindClose(h);
    TRY(rc);
    if (!whole) return psx_fail(op, PSX_E_OS, "cannot list %.*s", PSX_FMT(full));
    qsort(*names, *n, sizeof **names, by_bytes);
    return PSX_OK;
}

psx_rc psx_os_system_list(psx_op *op, psx_str path, bool *is_dir, psx_str **names, size_t *n)
{
    psx_str full;
    TRY(expand(op, path, &full));
    TRY(check(op, full));
    *is_dir = psx_win_path_kind(op, full) == PSX_WIN_DIRECTORY;
    *n = 0;
    return *is_dir ? list(op, full, names, n) : PSX_OK;
}

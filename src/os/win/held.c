#include <windows.h>

#include "os/win/held.h"
#include "os/win/path.h"
#include "os/win/text.h"

static psx_rc fail_open(psx_op *op, const char *what, psx_str path, DWORD why)
{
    if (why == ERROR_FILE_NOT_FOUND || why == ERROR_PATH_NOT_FOUND) {
        return psx_fail(op, PSX_E_NOT_FOUND, "there is no %s %.*s", what, PSX_FMT(path));
    }
    if (why == ERROR_SHARING_VIOLATION) {
        return psx_fail(op, PSX_E_VALUE,
                        "cannot read the %s %.*s: another program holds it open for writing; close "
                        "it there",
                        what, PSX_FMT(path));
    }
    return psx_fail(op, PSX_E_VALUE, "cannot read the %s %.*s: %.*s", what, PSX_FMT(path),
                    PSX_FMT(psx_win_error(op, why)));
}

static psx_rc read_whole(psx_op *op, const char *what, psx_str path, size_t max, psx_win_held *held)
{
    LARGE_INTEGER size;
    if (GetFileType(held->handle) != FILE_TYPE_DISK) {
        return psx_fail(op, PSX_E_VALUE, "the %s %.*s is no file", what, PSX_FMT(path));
    }
    if (!GetFileSizeEx(held->handle, &size)) return fail_open(op, what, path, GetLastError());
    if (size.QuadPart < 0 || (uint64_t)size.QuadPart > max) {
        return psx_fail(op, PSX_E_SIZE,
                        "the %s %.*s is too large: %lld bytes, at most %zu are read", what,
                        PSX_FMT(path), (long long)size.QuadPart, max);
    }
    size_t want = (size_t)size.QuadPart, n = 0;
    char *p = psx_op_alloc(op, want + 1);
    if (!p) return psx_fail_nomem(op);
    while (n < want) {
        DWORD got = 0, most = want - n > 1 << 30 ? 1 << 30 : (DWORD)(want - n);
        if (!ReadFile(held->handle, p + n, most, &got, NULL)) {
            return fail_open(op, what, path, GetLastError());
        }
        if (!got) break;
        n += got;
    }
    held->bytes = (psx_str){p, n};
    // Whoever is given the handle reads from the start.
    if (SetFilePointerEx(held->handle, (LARGE_INTEGER){0}, NULL, FILE_BEGIN)) return PSX_OK;
    return fail_open(op, what, path, GetLastError());
}

psx_rc psx_win_held_open(psx_op *op, const char *what, psx_str path, size_t max, psx_win_held *out)
{
    wchar_t *wide;
    *out = (psx_win_held){0};
    TRY(psx_win_path_wide(op, path, &wide));
    if (psx_win_path_kind(op, path) == PSX_WIN_DIRECTORY) {
        return psx_fail(op, PSX_E_VALUE, "the %s %.*s is a directory, not a file", what,
                        PSX_FMT(path));
    }
    // Should it be somebody's pipe after all, its server learns nothing about who asks.
    HANDLE h =
        CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                    FILE_ATTRIBUTE_NORMAL | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    if (h == INVALID_HANDLE_VALUE) return fail_open(op, what, path, GetLastError());
    out->handle = h;
    psx_rc rc = read_whole(op, what, path, max, out);
    if (psx_failed(rc)) psx_win_held_close(out);
    return rc;
}

void psx_win_held_close(psx_win_held *held)
{
    if (held->handle) CloseHandle(held->handle);
    *held = (psx_win_held){0};
}

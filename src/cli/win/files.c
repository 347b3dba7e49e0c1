// Paths and files as Windows has them, behind cli/files.h.
#include "cli/files.h"

#include "os/win/held.h"
#include "os/win/path.h"

psx_rc psx_cli_read(psx_op *op, const char *what, psx_str path, size_t max, psx_str *bytes)
{
    psx_win_held held;
    TRY(psx_win_held_open(op, what, path, max, &held));
    *bytes = held.bytes;
    psx_win_held_close(&held);
    return PSX_OK;
}

psx_rc psx_cli_join(psx_op *op, psx_str base, psx_str path, psx_str *out)
{
    return psx_win_path_full(op, base, path, out);
}

psx_str psx_cli_dirname(psx_str path)
{
    return psx_win_path_parent(path);
}

psx_str psx_cli_basename(psx_str path)
{
    size_t slash = psx_str_find_last(path, '\\');
    return slash == path.n ? path : psx_str_slice(path, slash + 1, path.n);
}

bool psx_cli_is_path(psx_str typed)
{
    static const char *const starts[] = {"./", "../", "/", ".\\", "..\\", "\\"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (psx_str_starts(typed, psx_str_from(starts[i]))) return true;
    }
    // c:\x, but not data:x: a scheme has more than one letter
    return typed.n > 1 && typed.p[1] == ':';
}

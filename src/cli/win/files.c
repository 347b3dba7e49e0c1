// Paths and files as Windows has them, behind cli/files.h.
#include "cli/files.h"

#include "cli/win/files.h"
#include "os/win/held.h"
#include "os/win/path.h"

// Policy, signature, anchors, lockfiles: each is read once.
static struct {
    psx_str path;
    psx_win_held held;
} kept[16];
static size_t n_kept;

psx_rc psx_cli_read(psx_op *op, const char *what, psx_str path, size_t max, psx_str *bytes)
{
    if (n_kept == sizeof kept / sizeof *kept) {
        return psx_fail(op, PSX_E_INTERNAL, "too many files are held");
    }
    TRY(psx_op_copy(op, path, &kept[n_kept].path));
    TRY(psx_win_held_open(op, what, path, max, &kept[n_kept].held));
    *bytes = kept[n_kept++].held.bytes;
    return PSX_OK;
}

void *psx_win_files_handle(psx_str path)
{
    for (size_t i = 0; i < n_kept; i++) {
        if (psx_str_eq(kept[i].path, path)) return kept[i].held.handle;
    }
    return NULL;
}

void psx_win_files_release(void)
{
    while (n_kept)
        psx_win_held_close(&kept[--n_kept].held);
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

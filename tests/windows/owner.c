// In place of src/os/win/owner.c in npsx-test.exe: under Wine every file belongs to the user, and
// what the real one asks for cannot be had. The real one is tried in unit.c, and by npsx.exe
// itself, which must refuse.
#include "os/win/owner.h"

psx_rc psx_win_owner_check(psx_op *op, void *handle, psx_str path)
{
    (void)handle;
    if (psx_str_search(path, PSX_STR("foreign")) == path.n) return PSX_OK;
    return psx_fail(op, PSX_E_ANCHOR, "%.*s is foreign", PSX_FMT(path));
}

bool psx_win_owner_is_system(void *descriptor)
{
    return descriptor;
}

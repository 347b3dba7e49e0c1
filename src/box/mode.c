#include "box/box.h"

psx_rc psx_box_mode_parse(psx_op *op, psx_str text, psx_box_mode *out)
{
    static const char *const names[] = {"required", "best-effort", "off"};
    for (size_t i = 0; i < 3; i++) {
        if (!psx_str_is(text, names[i])) continue;
        *out = (psx_box_mode)i;
        return PSX_OK;
    }
    return psx_fail(op, PSX_E_USAGE, "--box=%.*s: it is required, best-effort or off",
                    PSX_FMT(text));
}

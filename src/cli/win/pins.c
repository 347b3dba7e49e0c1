// Pins are for the engine to hold code to. There is none for Windows that could, so a policy that
// has them is refused.
#include "cli/pins.h"

psx_rc psx_cli_pins_load(psx_op *op, const psx_cli_place *place, bool *has, psx_pinned *out)
{
    psx_str file, integrity;
    *has = false;
    *out = (psx_pinned){0};
    if (!psx_policy_pins(place->policy, &file, &integrity)) return PSX_OK;
    return psx_fail(op, PSX_E_UNSUPPORTED, "%.*s has \"pins\", which nothing checks on Windows yet",
                    PSX_FMT(place->policy_file));
}

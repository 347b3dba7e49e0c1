// Windows has no box yet: what is asked about one is answered so (docs/signing-windows.md).
#include "cli/box.h"
#include "cli/launch.h"

psx_box_mode psx_cli_box_mode(const psx_cli_run *run, const psx_cli_place *place)
{
    (void)place;
    return run->box;
}

bool psx_box_names_paths(const psx_box_spec *spec)
{
    (void)spec;
    return false;
}

#include "box/box.h"

psx_rc psx_box_check(psx_op *op, const psx_box_kernel *kernel, psx_box_mode mode,
                     psx_box_spec *spec, psx_str *missing)
{
    (void)op, (void)kernel, (void)mode, (void)spec;
    *missing = PSX_STR("");
    return PSX_OK;
}

psx_rc psx_box_enter(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                     psx_box_supervision *how, const int *keep, size_t n_keep)
{
    (void)op, (void)spec, (void)kernel, (void)how, (void)keep, (void)n_keep;
    return PSX_OK;
}

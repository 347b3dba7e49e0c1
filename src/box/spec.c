#include "box/spec.h"

psx_rc psx_box_spec_make(psx_op *op, const psx_box_request *request, psx_box_spec *out)
{
    (void)op;
    *out = (psx_box_spec){
        .kind = request->kind,
        .policy = request->policy,
        .held = request->held,
        .audited = request->audited,
    };
    return PSX_OK;
}

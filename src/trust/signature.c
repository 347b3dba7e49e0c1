#include "trust/signature.h"

psx_rc psx_signature_verify(psx_op *op, int verifier_fd, const psx_signature_request *request,
                            psx_signature_facts *out)
{
    (void)verifier_fd;
    (void)request;
    *out = (psx_signature_facts){0};
    return psx_fail(op, PSX_E_SIGNATURE, "this build of PackSec cannot verify signatures");
}

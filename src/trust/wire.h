// What npsx and npsx-verify say to each other: docs/design/interfaces.md. Both sides are of one
// build; the answer is checked as if they were not. Pure.
#ifndef PSX_TRUST_WIRE_H
#define PSX_TRUST_WIRE_H

#include "trust/signature.h"

enum { PSX_WIRE_ANSWER_BYTES = 2048 };

psx_rc psx_wire_request_write(psx_op *op, const psx_signature_request *request, psx_str *out);
// Slices point into bytes. PSX_E_INTERNAL.
psx_rc psx_wire_request_read(psx_op *op, psx_str bytes, psx_signature_request *out);

// The answer to `rc` and the op's reason, or the facts.
void psx_wire_answer_write(const psx_op *op, psx_rc rc, const psx_signature_facts *facts,
                           char out[static PSX_WIRE_ANSWER_BYTES]);
// PSX_OK with facts, or the reason that it tells. What is no whole answer of this version is
// PSX_E_SIGNATURE.
psx_rc psx_wire_answer_read(psx_op *op, psx_str bytes, psx_signature_facts *out);

#endif

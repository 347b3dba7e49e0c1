// DER (X.690): one encoding for each value. psx_der_check refuses what is BER only, cut off, or
// followed by anything; what it let pass is then taken apart with the readers, which never read
// beyond their slice even when it was not checked. Pure.
#ifndef PSX_FORMATS_DER_H
#define PSX_FORMATS_DER_H

#include "base/op.h"

// Identifier octets. High tag numbers are refused: nothing here has them.
enum {
    PSX_DER_BOOLEAN = 0x01,
    PSX_DER_INTEGER = 0x02,
    PSX_DER_BIT_STRING = 0x03,
    PSX_DER_OCTET_STRING = 0x04,
    PSX_DER_NULL = 0x05,
    PSX_DER_OID = 0x06,
    PSX_DER_SEQUENCE = 0x30,
    PSX_DER_SET = 0x31,
    PSX_DER_CONTEXT = 0x80,     // [n], a value
    PSX_DER_CONSTRUCTED = 0xA0, // [n], elements
};

typedef struct {
    uint8_t tag;
    psx_str value; // the content octets
    psx_str whole; // with identifier and length
} psx_der;

// Exactly one element, DER down to its leaves: minimal lengths, canonical values, SET OF in order.
// `what` begins the sentence: "the signature". PSX_E_SIGNATURE.
psx_rc psx_der_check(psx_op *op, const char *what, psx_str bytes);

// The next element of *rest, which moves behind it. False: there is none, or not with this tag;
// *rest stays.
bool psx_der_next(psx_str *rest, psx_der *out);
bool psx_der_take(psx_str *rest, uint8_t tag, psx_der *out);
// Are the elements in ascending order of their encodings, as in a SET OF?
bool psx_der_is_sorted(psx_str elements);
// "1.2.840.113549.1.7.1" of an OID's content octets, cut to size.
void psx_der_oid_text(psx_str oid, char *dst, size_t size);

#endif

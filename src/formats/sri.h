// Integrity strings: "sha256-BASE64 sha384-BASE64?options". Exactly what Node's policies took
// (Node 20.20.2), which is a little more than the standard says: the base64 may have any length,
// lack its padding or have too much of it, and what cannot be a digest is an item that matches
// nothing.
#ifndef PSX_FORMATS_SRI_H
#define PSX_FORMATS_SRI_H

#include "base/op.h"

typedef enum { PSX_SRI_SHA256, PSX_SRI_SHA384, PSX_SRI_SHA512 } psx_sri_algorithm;
enum { PSX_SRI_ALGORITHMS = 3, PSX_SRI_MOST = 64 };

typedef struct {
    psx_sri_algorithm algorithm;
    size_t n; // bytes that the base64 stands for; more than digest holds: a digest of nothing
    uint8_t digest[PSX_SRI_MOST];
} psx_sri_item;

typedef struct {
    psx_sri_item *v;
    size_t n; // 0 is well formed, and matches nothing
} psx_sri;

// PSX_E_SYNTAX with Node's message (ERR_SRI_PARSE): "Subresource Integrity string "..." had an
// unexpected "x" at position 3". The message is cut where the string is longer than it has room.
psx_rc psx_sri_parse(psx_op *op, psx_str text, psx_sri *out);

const char *psx_sri_name(psx_sri_algorithm a); // "sha256"
size_t psx_sri_size(psx_sri_algorithm a);      // 32
// "sha256-BASE64", with a NUL behind. digest has psx_sri_size bytes.
psx_rc psx_sri_write(psx_op *op, psx_sri_algorithm a, const uint8_t *digest, psx_str *out);

// PackSec's own, beside Node's: "fsverity:sha256:HEX" (or sha512), what the kernel says about a
// file whose content it vouches for (FS_IOC_MEASURE_VERITY). One alone, lower case.
typedef struct {
    psx_sri_algorithm algorithm;
    uint8_t digest[PSX_SRI_MOST];
} psx_sri_verity;

bool psx_sri_is_verity(psx_str text); // begins as one
bool psx_sri_verity_parse(psx_str text, psx_sri_verity *out);

#endif

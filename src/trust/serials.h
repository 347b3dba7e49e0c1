// The last serial that was accepted for each policy, in the user's state directory: a file of JSON,
// {"version":1,"serials":{"/real/path/of/policy.json":7}}, that only its owner may write.
#ifndef PSX_TRUST_SERIALS_H
#define PSX_TRUST_SERIALS_H

#include "formats/json.h"

enum { PSX_TRUST_SERIALS_MAX_BYTES = 1 << 20 };

// Pure and strict.
psx_rc psx_trust_serials_parse(psx_op *op, psx_str bytes, psx_str name, psx_json **out);
bool psx_trust_serials_get(const psx_json *serials, psx_str key, uint64_t *serial);
// The text of the file with this serial for this key.
psx_rc psx_trust_serials_put(psx_op *op, psx_json *serials, psx_str key, uint64_t serial,
                             psx_str *text);

#endif

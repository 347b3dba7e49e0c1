// /etc/packsec/system.json: what this machine demands of every run (packsec-system(5)). Parsing is
// pure and strict: an unknown key is an error, because it may be a demand that is not understood.
#ifndef PSX_TRUST_SYSTEM_H
#define PSX_TRUST_SYSTEM_H

#include "base/op.h"

#ifdef _WIN32
#define PSX_TRUST_SYSTEM_DIR "%ProgramData%\\PackSec\\"
#else
#define PSX_TRUST_SYSTEM_DIR "/etc/packsec/"
#endif
#define PSX_TRUST_SYSTEM_FILE PSX_TRUST_SYSTEM_DIR "system.json"
#define PSX_TRUST_ANCHORS_DIR PSX_TRUST_SYSTEM_DIR "trust.d"

enum { PSX_TRUST_SYSTEM_MAX_BYTES = 256 << 10 };

typedef struct {
    psx_str path; // real path of a policy file, or "*": of every one
    uint64_t serial;
} psx_trust_minimum;

typedef struct {
    bool enforce, disable_interactive, forbid_ambient, forbid_builtins, require_box;
    bool has_anchors; // said; otherwise PSX_TRUST_ANCHORS_DIR, which need not be there
    psx_str *anchors; // absolute, normalised: files or directories
    size_t n_anchors;
    psx_trust_minimum *minimums;
    size_t n_minimums;
} psx_trust_system;

psx_rc psx_trust_system_parse(psx_op *op, psx_str bytes, psx_str name, psx_trust_system **out);

// The least serial that a policy of this real path may have; false: none is said.
bool psx_trust_system_minimum(const psx_trust_system *system, psx_str path, uint64_t *serial);

#endif

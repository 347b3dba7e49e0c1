// Does this run have what the system demands? What is demanded comes from the process's securebits
// and from /etc/packsec/system.json; what is there are the policy's bytes, read once by the caller,
// and a signature of exactly these bytes. Every error on the way is a refusal. What each demand
// means, and why: docs/design/trust.md.
#ifndef PSX_TRUST_GATE_H
#define PSX_TRUST_GATE_H

#include "trust/signature.h"
#include "trust/system.h"

// What begins every refusal that the system's demands cause.
#define PSX_TRUST_VIOLATION "ERR_MANIFEST_SYSTEM_CI_VIOLATION"

typedef struct {
    bool enforce;          // nothing runs without a policy and a signature of it that verifies
    bool restrict_file;    // files of code, the policy among them, must pass the kernel's check
    bool deny_interactive; // no code from the command line or from standard input
    bool forbid_ambient;   // nobody holds ambient, the application neither
    bool forbid_builtins;
    bool require_box; // what is confined has the whole box: --box=best-effort and off are refused
    psx_str enforce_by, interactive_by, forbid_by; // who says so: "securebits", a file
    const psx_trust_system *system;                // NULL: there is no such file
} psx_trust_rules;

// What the system demands. MANDATORY when that cannot be told.
psx_rc psx_trust_rules_load(psx_op *op, psx_trust_rules *out);

// PEM texts: the system's, or trust_text (what --trust named) when that is not absent, which is
// MANDATORY when the system enforces. ANCHOR when there is no anchor at all.
psx_rc psx_trust_anchors(psx_op *op, const psx_trust_rules *rules, psx_str trust_text,
                         psx_str *anchors, psx_str *crls);

typedef struct {
    psx_str policy_path;    // absolute
    psx_str policy;         // its bytes; absent: there is no policy file
    psx_str signature_path; // absolute: where the signature lies, or would lie
    psx_str signature;      // its bytes; absent: there is none
    psx_str integrity;      // what --policy-integrity said, or absent
    psx_str trust_text;     // what the file of --trust holds, or absent
    // A checked descriptor of npsx-verify, which this closes. Asked for when there is a signature.
    psx_rc (*open_verifier)(psx_op *op, const void *arg, int *fd);
    const void *arg;
} psx_trust_question;

typedef struct {
    bool verified;                 // there was a signature, and it verified
    psx_signature_facts signed_by; // with it
    psx_str integrity;             // of the policy's bytes: "sha256-..."; absent without a policy
} psx_trust_facts;

// May these bytes be the policy? SIGNATURE, ANCHOR, DIGEST, SIZE; MANDATORY when the system demands
// what is missing or does not verify.
psx_rc psx_trust_policy(psx_op *op, const psx_trust_rules *rules, const psx_trust_question *q,
                        psx_trust_facts *out);

// No way back to an older policy, for policies whose signature verified: the serial may not be
// below the last one that was accepted for this path (kept in state_dir, which may be absent) nor
// below the system's minimum. ROLLBACK. What could not be kept is a refusal when the system
// enforces, and otherwise a sentence in *warning.
psx_rc psx_trust_serial(psx_op *op, const psx_trust_rules *rules, psx_str policy_path, bool has,
                        uint64_t serial, psx_str state_dir, psx_str *warning);

// What a serial is compared with: the last one that was accepted for this path, and the system's
// minimum. Changes nothing.
typedef struct {
    bool has_last, has_least;
    uint64_t last, least;
} psx_trust_serial_known;
psx_rc psx_trust_serial_look(psx_op *op, const psx_trust_rules *rules, psx_str policy_path,
                             psx_str state_dir, psx_trust_serial_known *out);

// Records a refusal, or puts one that was recorded before into its words:
// "ERR_MANIFEST_SYSTEM_CI_VIOLATION: WHO demands WHAT: the reason".
psx_rc psx_trust_violation(psx_op *op, psx_str who, const char *what, const char *fmt, ...)
    PSX_PRINTF(4, 5);
psx_rc psx_trust_violation_of(psx_op *op, psx_rc failed, psx_str who, const char *what);

#endif

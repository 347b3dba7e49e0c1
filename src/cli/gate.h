// What stands between a command line and a run: the system's demands, and who vouches for the
// policy. Commands that run nothing do not go through it.
#ifndef PSX_CLI_GATE_H
#define PSX_CLI_GATE_H

#include "cli/options.h"
#include "policy/policy.h"
#include "trust/gate.h"

typedef struct {
    bool on; // this is a run
    psx_trust_rules rules;
    psx_trust_facts facts;
    psx_str signature_file, trust_file; // absolute; as told, or where the signature was found
    psx_str integrity;                  // as told
    bool signature_told;
} psx_cli_gate;

struct psx_cli_place; // cli/launch.h

// First of all: what does the system demand, and does the command line keep to it?
psx_rc psx_cli_gate_enter(psx_op *op, const psx_cli_run *run, struct psx_cli_place *place);
// What was said about the policy's signature. After --as was read.
psx_rc psx_cli_gate_told(psx_op *op, const psx_cli_run *run, struct psx_cli_place *place);
// Between reading the policy and parsing it: may these bytes be the policy?
psx_rc psx_cli_gate_policy(psx_op *op, struct psx_cli_place *place);
// Between parsing and using: does it grant what may be granted here, and is it no older one?
psx_rc psx_cli_gate_grants(psx_op *op, struct psx_cli_place *place);
// Of that, what the policy grants alone.
psx_rc psx_cli_gate_hatches(psx_op *op, const psx_trust_rules *rules, psx_str policy_file,
                            const psx_policy *policy);

#endif

// From a place to a box: what psx_box_enter is told about this run.
#ifndef PSX_CLI_BOX_H
#define PSX_CLI_BOX_H

#include "box/box.h"
#include "cli/options.h"
#include "policy/policy.h"

struct psx_cli_place;

typedef struct {
    bool active; // the application is confined and the box is not off
    psx_box_kernel kernel;
    psx_box_spec spec;
    psx_box_supervision how;
} psx_cli_box;

// Works out and checks the box for the engine of this place; says what is missing on standard error
// (best-effort). held: the union, NULL when somebody is ambient: then there is nothing to hold.
psx_rc psx_cli_box_make(psx_op *op, const psx_cli_run *run, const struct psx_cli_place *place,
                        const psx_policy_holder *held, psx_cli_box *out);

// What is asked of psx_box_spec_make for this place: of its engine, or of a command that somebody
// starts.
psx_rc psx_cli_box_request(psx_op *op, const psx_cli_run *run, const struct psx_cli_place *place,
                           psx_box_kind kind, const psx_policy_holder *held, psx_box_request *out);

#endif

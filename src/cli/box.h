// From a place to a box: what psx_box_enter is told about this run.
#ifndef PSX_CLI_BOX_H
#define PSX_CLI_BOX_H

#include "box/box.h"
#include "cli/options.h"
#include "policy/policy.h"

struct psx_cli_place;

typedef struct {
    bool active;  // the application is confined and the box is not off
    psx_str pack; // where the engine in it keeps its cache (cli/pack_dir.h); may be absent
    psx_box_kernel kernel;
    psx_box_spec spec;
    psx_box_supervision how;
} psx_cli_box;

// What --box and --box-pretend say; for the children of confined packages, what they said there.
psx_box_mode psx_cli_box_mode(const psx_cli_run *run, const struct psx_cli_place *place);
psx_str psx_cli_box_pretend(const psx_cli_run *run, const struct psx_cli_place *place);

// Works out and checks the box for the engine of this place, or (program present) for a program
// that one of its packages starts; says what is missing on standard error (best-effort). held: the
// union, or what that package holds; NULL when somebody is ambient: then there is nothing to hold.
psx_rc psx_cli_box_make(psx_op *op, const psx_cli_run *run, const struct psx_cli_place *place,
                        const psx_policy_holder *held, psx_str program, psx_cli_box *out);

// What is asked of psx_box_spec_make for this place: of its engine, or of a command that somebody
// starts.
psx_rc psx_cli_box_request(psx_op *op, const psx_cli_run *run, const struct psx_cli_place *place,
                           psx_box_kind kind, const psx_policy_holder *held, psx_box_request *out);

#endif

// What a list of pins is made of: the files that are there now, each with its digest.
#ifndef PSX_CLI_PIN_WALK_H
#define PSX_CLI_PIN_WALK_H

#include "cli/options.h"
#include "trust/pinned.h"

typedef struct {
    psx_str project;
    bool packages_only;
    bool verity;               // make the files fs-verity ones, and list that digest
    psx_cli_list skip;         // absolute: the policy, its signature, the list itself
    psx_cli_list more;         // absolute: files and directories of which everything is taken
    bool only_more;            // the project is not walked
    const psx_pins *as_listed; // --check: measure by fs-verity what this list has so
    bool progress;
} psx_pin_plan;

typedef struct {
    psx_pin *v; // sorted by path
    size_t n, cap;
    uint64_t bytes, links;
} psx_pin_set;

// Adds to what is in *out.
psx_rc psx_pin_walk(psx_op *op, const psx_pin_plan *plan, psx_pin_set *out);

#endif

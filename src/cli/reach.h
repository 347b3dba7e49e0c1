// What would a box let through, if this were the policy? For npsx learn.
#ifndef PSX_CLI_REACH_H
#define PSX_CLI_REACH_H

#include "cli/launch.h"

typedef struct {
    psx_box_path *v; // and where their paths really lead, one after the other
    psx_str *real;
    size_t n; // 0: nobody is held back
} psx_cli_reach;

// Of the commands that this holder starts; of the engine of this place when holder is NULL.
psx_rc psx_cli_reach_make(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                          const psx_policy_holder *holder, psx_cli_reach *out);
// fs.read, fs.write; makes: the entry may be made and removed. path: without links.
bool psx_cli_reach_has(const psx_cli_reach *reach, psx_cap cap, psx_str path, bool makes);

// The program that npsx's own PATH leads to; absent when there is none.
psx_rc psx_cli_reach_command(psx_op *op, psx_str name, psx_str *out);
bool psx_cli_reach_is_same(psx_str a, psx_str b);                  // one file
psx_rc psx_cli_reach_real(psx_op *op, psx_str path, psx_str *out); // absent: there is none

#endif

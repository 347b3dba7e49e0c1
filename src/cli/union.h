// Everything that anybody of this place holds, as one holder.
#ifndef PSX_CLI_UNION_H
#define PSX_CLI_UNION_H

#include "cli/launch.h"

// *out is NULL when somebody is ambient: then nothing may be held back from the process as a whole.
// A key of which it cannot be told whom it means counts with all that it gives.
psx_rc psx_cli_union_make(psx_op *op, const psx_cli_place *place, psx_policy_holder **out);

typedef struct {
    psx_str label; // "app", "send@1.2.0"; or the key, where no lockfile tells who that is
    const psx_policy_holder *holder;
} psx_cli_union_part;

typedef struct {
    psx_cli_union_part *parts; // everybody, those who are ambient too
    size_t n;
    bool unlimited;
    psx_str unknown; // a key of which it cannot be told whom it means; absent: there is none
} psx_cli_union;

// Who the union is made of.
psx_rc psx_cli_union_gather(psx_op *op, const psx_cli_place *place, psx_cli_union *out);

#endif

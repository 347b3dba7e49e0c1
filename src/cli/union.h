// Everything that anybody of this place holds, as one holder.
#ifndef PSX_CLI_UNION_H
#define PSX_CLI_UNION_H

#include "cli/launch.h"

// *out is NULL when somebody is ambient, or when it cannot be told who is meant by some key of the
// policy: then nothing may be held back from the process as a whole.
psx_rc psx_cli_union_make(psx_op *op, const psx_cli_place *place, psx_policy_holder **out);

#endif

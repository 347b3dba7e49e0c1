// What npsx needed to start the engine, and the engine to start, and nobody needs any more.
#ifndef PSX_ADDON_SEAL_H
#define PSX_ADDON_SEAL_H

#include "addon/plan.h"
#include "os/seccomp.h"

enum { PSX_SEAL_MAX = 24 };

// Loads the seal for all threads, those that there are and those that will be. Irrevocable.
psx_rc psx_seal(psx_op *op, const psx_plan *plan);

// Its instructions, at most PSX_SEAL_MAX.
unsigned short psx_seal_program(const psx_plan *plan, psx_os_bpf *v);

#endif

// How is the child held? The kernel's part: Landlock, seccomp, capabilities, limits, and a
// supervisor for what they cannot express (docs/design/box.md).
//
//     spec (pure) -> probe -> check -> enter (irrevocable for this process) -> exec
#ifndef PSX_BOX_BOX_H
#define PSX_BOX_BOX_H

#include "box/kernel.h"
#include "box/spec.h"
#include "box/supervisor.h"

typedef enum {
    PSX_BOX_REQUIRED,    // fails with the missing part named
    PSX_BOX_BEST_EFFORT, // says on standard error what is missing, and goes on without
    PSX_BOX_OFF,         // only when written out
} psx_box_mode;

// False with the reason when the mode is no mode.
psx_rc psx_box_mode_parse(psx_op *op, psx_str text, psx_box_mode *out);

// Has the kernel what this spec needs? REQUIRED: PSX_E_KERNEL, "this kernel lacks ..., needed for
// ...", with what helps. BEST_EFFORT: one line per missing part in *missing ("" when none), and the
// spec is changed to do without.
psx_rc psx_box_check(psx_op *op, const psx_box_kernel *kernel, psx_box_mode mode,
                     psx_box_spec *spec, psx_str *missing);

// Makes what both sides of a supervised box will hold: the descriptors in `how` (the engine's are
// inherited), so that they can be named in the plan. Nothing is confined yet.
psx_rc psx_box_prepare(psx_op *op, const psx_box_spec *spec, psx_box_supervision *how);

// Confines this process, starting the supervisor first when the spec asks for one; of a command,
// this process becomes the supervisor, and a child of it returns. Afterwards only exec makes sense.
// Fails closed: after a failure the process must end. keep: descriptors that exec hands over; all
// others above 2 are closed.
psx_rc psx_box_enter(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                     psx_box_supervision *how, const int *keep, size_t n_keep);

#endif

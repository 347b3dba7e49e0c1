// The paths of a spec as a Landlock fence.
#ifndef PSX_BOX_FENCE_H
#define PSX_BOX_FENCE_H

#include "box/box.h"
#include "os/landlock.h"

typedef struct {
    psx_os_landlock how;
    int fd;   // -1: this kernel has none, and the spec does without
    int self; // keeps this process's directory in /proc the one that the rule is about: for exec
} psx_box_fence;

// Opens what the spec names, with the rights that this process still has.
psx_rc psx_box_fence_make(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                          psx_box_fence *out);
// Needs no_new_privs; closes fd.
psx_rc psx_box_fence_enter(psx_op *op, psx_box_fence *fence);

#endif

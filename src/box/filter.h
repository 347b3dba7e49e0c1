// The box's part of seccomp: which system calls, with which arguments, the process may make.
#ifndef PSX_BOX_FILTER_H
#define PSX_BOX_FILTER_H

#include "box/calls.h"
#include "box/kernel.h"
#include "box/spec.h"
#include "os/seccomp.h"

typedef struct {
    const psx_os_bpf *v;
    unsigned short n;
} psx_box_program;

// For this process and what it executes: its own number is part of the program. Refusals ask the
// supervisor, so that they are seen, when the spec has one.
psx_rc psx_box_filter_make(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                           psx_box_program *out);

// The facts that a row of the table is looked up with, and the program for them (what the former
// does; the simulator goes over all of them).
unsigned psx_box_filter_facts(const psx_box_spec *spec, const psx_box_kernel *kernel);
psx_rc psx_box_filter_compile(psx_op *op, unsigned facts, bool supervised, pid_t self,
                              psx_box_program *out);

#endif

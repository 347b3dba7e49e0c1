// What npsx doctor finds out, as lines: ring by ring, what is there and what helps where it is not.
#ifndef PSX_CLI_DOCTOR_H
#define PSX_CLI_DOCTOR_H

#include "box/kernel.h"
#include "cli/launch.h"

typedef enum {
    PSX_DOCTOR_OK,
    PSX_DOCTOR_MISSING, // and needed by default
    PSX_DOCTOR_WEAKER,  // works, and protects less
    PSX_DOCTOR_NOTE,    // neither good nor bad
} psx_doctor_state;

typedef struct {
    unsigned ring;
    psx_doctor_state state;
    const char *what;
    psx_str text;
    psx_str remedy; // absent: nothing to do
} psx_doctor_line;

typedef struct {
    psx_op *op;
    unsigned ring; // of the lines that are told now
    psx_doctor_line *v;
    size_t n, cap;
} psx_doctor;

// remedy: NULL or one line.
psx_rc psx_doctor_tell(psx_doctor *d, psx_doctor_state state, const char *what, const char *remedy,
                       const char *fmt, ...) PSX_PRINTF(5, 6);
// What failed, in its own words; forgets it. Running out of memory stays a failure.
psx_rc psx_doctor_tell_failure(psx_doctor *d, psx_doctor_state state, const char *what, psx_rc rc);
// A small file of the system's, its first line; absent when it cannot be read.
psx_rc psx_doctor_read(psx_op *op, const char *path, psx_str *out);

psx_rc psx_doctor_trust(psx_doctor *d);                                 // ring 0
psx_rc psx_doctor_kernel(psx_doctor *d, const psx_box_kernel *kernel);  // ring 1
psx_rc psx_doctor_try(psx_doctor *d, const psx_box_kernel *kernel);     // a box, made and tried
psx_rc psx_doctor_project(psx_doctor *d, const psx_box_kernel *kernel); // ring 2

#endif

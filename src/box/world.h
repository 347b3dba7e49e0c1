// What lies where, as psx_box_spec_make asks: the system's answer, or a table in a test.
#ifndef PSX_BOX_WORLD_H
#define PSX_BOX_WORLD_H

#include "base/op.h"

typedef enum {
    PSX_BOX_NOTHING,
    PSX_BOX_FILE,
    PSX_BOX_DIR,
    PSX_BOX_LINK,
    PSX_BOX_OTHER, // socket, pipe, device
} psx_box_thing;

typedef struct {
    psx_str name;
    psx_box_thing thing;
} psx_box_entry;

enum { PSX_BOX_INTERPRETER_MAX = 256 };

typedef struct psx_box_world psx_box_world;
struct psx_box_world {
    const void *table; // of a test
    // A link is a link. Paths are absolute and normalised.
    psx_box_thing (*look)(const psx_box_world *w, psx_str path);
    // Nothing listed when it is no directory or cannot be read.
    psx_rc (*list)(const psx_box_world *w, psx_op *op, psx_str dir, psx_box_entry **v, size_t *n);
    // Without links; absent when that leads nowhere.
    psx_rc (*real)(const psx_box_world *w, psx_op *op, psx_str path, psx_str *out);
    // What the kernel starts in order to run this program (#!, PT_INTERP); absent: nothing.
    psx_rc (*interpreter)(const psx_box_world *w, psx_op *op, psx_str path, psx_str *out);
};

extern const psx_box_world psx_box_system;

#endif

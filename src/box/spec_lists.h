// What a program needs although nobody granted it, each with its reason. The inside of spec.c.
#ifndef PSX_BOX_SPEC_LISTS_H
#define PSX_BOX_SPEC_LISTS_H

#include "box/spec.h"

typedef enum {
    PSX_BOX_ALWAYS,
    PSX_BOX_FOR_NET,     // net.connect or net.listen is granted
    PSX_BOX_FOR_USERS,   // system: ["user"]
    PSX_BOX_FOR_NATIVE,  // addons are loaded
    PSX_BOX_FOR_COMMAND, // it is no engine
    PSX_BOX_FOR_SPAWN,   // an engine that starts children
    PSX_BOX_FOR_ENGINE,
} psx_box_when;

typedef struct {
    const char *path;
    unsigned rights;
    psx_box_when when;
} psx_box_need;

extern const psx_box_need psx_box_needs[]; // ends with path NULL
// In the directory of the parts of PackSec.
extern const psx_box_need psx_box_parts[];

// A hidden entry at the top of a project that holds code, and no secrets.
bool psx_box_hidden_is_code(psx_str name, psx_box_thing thing);

#endif

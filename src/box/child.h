// From an order to npsx in a child's place: the process between fork and exec.
#ifndef PSX_BOX_CHILD_H
#define PSX_BOX_CHILD_H

#include "box/order.h"
#include "box/super.h"

typedef struct {
    psx_super *super;
    pid_t spawner; // npsx-spawn: whose descriptors, directory, user, group and limits it gets
    int pidfd;     // the same
    int channel;   // where its order is
    int report;    // what is refused is written there; closed when npsx runs
    int told;      // for a command's supervisor: box/parent.h
    bool leads;    // npsx-spawn leads a session
} psx_box_child;

// Reads the order, decides it, and becomes npsx, or ends with 125 or 126.
_Noreturn void psx_box_child_become(psx_box_child *c);

#endif

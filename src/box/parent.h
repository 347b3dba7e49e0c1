// The supervisor of a command is the command's parent (box/parent.c); what it and who started it
// (box/children.c) say to each other.
//
//     to the supervisor      one byte for each signal that the command is to get
//     from the supervisor    psx_parent_word
#ifndef PSX_BOX_PARENT_H
#define PSX_BOX_PARENT_H

#include "box/super.h"

enum {
    PSX_PARENT_HERE,  // signals are passed on from now on
    PSX_PARENT_ENDED, // the command, with this status; what it started may live on
};
typedef struct {
    int32_t what, status;
} psx_parent_word;

// All three: nothing, or never called, where the supervisor is no parent.
psx_rc psx_super_parent_start(psx_super *s);
// Waits for the command if it has not ended yet, and ends as it ended.
_Noreturn void psx_super_parent_end(psx_super *s);

#endif

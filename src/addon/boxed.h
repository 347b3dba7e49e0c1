// The policy allowed it, and the kernel did not: was that the box, and why? So that nobody is left
// with a bare EACCES.
#ifndef PSX_ADDON_BOXED_H
#define PSX_ADDON_BOXED_H

#include "addon/files.h"

typedef struct {
    uint32_t id;
    psx_str path, syscall;
    psx_files_need need;
    bool entry; // the entry of a directory was to be made, removed, or renamed
} psx_boxed_call;

// Half a sentence, or NULL: the policy does not allow it, there is no box, or the modes of the file
// say no as well. What is told goes into the audit stream.
const char *psx_boxed_why(psx_files *f, const psx_boxed_call *call);

#endif

// A file that nobody can change, rename or remove while it is held: opened with no sharing but of
// reading, read once. Its bytes are the ones that are verified, parsed and handed on; its handle is
// for those who must see the file itself (WLDP).
#ifndef PSX_OS_WIN_HELD_H
#define PSX_OS_WIN_HELD_H

#include "base/op.h"

typedef struct {
    void *handle; // NULL: nothing is held
    psx_str bytes;
} psx_win_held;

// `what` names it in messages: "policy". PSX_E_NOT_FOUND; PSX_E_VALUE when it may not be read, is
// no file, or is open for writing elsewhere; PSX_E_SIZE beyond max.
psx_rc psx_win_held_open(psx_op *op, const char *what, psx_str path, size_t max, psx_win_held *out);
void psx_win_held_close(psx_win_held *held);

#endif

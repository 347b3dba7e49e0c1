// Renaming and linking: a name is worth what is granted under it.
#ifndef PSX_ADDON_MOVES_H
#define PSX_ADDON_MOVES_H

#include "addon/files.h"

// What must be held of `from` before it may get the name `to`: PSX_NEED_WRITE; PSX_NEED_BOTH when
// something could be read under the new name that could not be read under the old one;
// 0 when no right to the file is enough, because the new name is the address of a socket.
unsigned psx_moves_need(psx_files *f, uint32_t id, psx_str from, psx_str to);

#endif

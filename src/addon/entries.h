// Entries of the file system that are granted by themselves, in a box: the kernel knows no rule for
// one, so the supervisor acts (docs/design/box.md), and is asked when the kernel has refused what
// the policy allows. 0 or -errno.
#ifndef PSX_ADDON_ENTRIES_H
#define PSX_ADDON_ENTRIES_H

#include "addon/files.h"

int psx_entries_unlink(psx_files *f, uint32_t id, psx_str path);
int psx_entries_rename(psx_files *f, uint32_t id, psx_str from, psx_str to);

#endif

// Entries of the file system, in a box: where the kernel has no rule for what is granted (by
// itself, or in a directory that was made since), the supervisor acts (docs/design/box.md). It is
// asked when the kernel has refused what the policy allows. 0 or -errno.
#ifndef PSX_ADDON_ENTRIES_H
#define PSX_ADDON_ENTRIES_H

#include "addon/files.h"

int psx_entries_unlink(psx_files *f, uint32_t id, psx_str path);
int psx_entries_rename(psx_files *f, uint32_t id, psx_str from, psx_str to);
int psx_entries_mkdir(psx_files *f, uint32_t id, psx_str path, mode_t mode);
int psx_entries_rmdir(psx_files *f, uint32_t id, psx_str path);

#endif

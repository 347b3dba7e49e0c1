// /proc hands out other powers than the files it looks like: memory, environment and descriptors of
// this very process. A grant of files never means those.
#ifndef PSX_ADDON_PROCFS_H
#define PSX_ADDON_PROCFS_H

#include <stdbool.h>

// True for every descriptor that is not of procfs. There: reading, of the system's own files and of
// the harmless ones about processes.
bool psx_procfs_allows(int fd, bool write);

#endif

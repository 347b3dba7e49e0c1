// SQLite in a box: where the kernel has no rule for a database that is granted by itself, and for
// the journals beside it, the supervisor opens and removes them.
#ifndef PSX_ADDON_SQLITE_BOX_H
#define PSX_ADDON_SQLITE_BOX_H

#include <pthread.h>

#include "addon/sqlite_abi.h"

// Once, before the first database is opened. plain: SQLite's own file system; lock: of the process.
void psx_sqlite_box(sqlite_vfs *plain, int control, pthread_mutex_t *lock);

// unlinkat(dir, leaf) in its way.
void psx_sqlite_box_remove(int dir, const char *leaf);

#endif

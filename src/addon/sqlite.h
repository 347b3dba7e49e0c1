// SQLite opens files by name: the database, its journals, and whatever ATTACH and VACUUM INTO say.
// For each package it gets a file system of its own, in which every name is decided and opened
// beneath the grant.
#ifndef PSX_ADDON_SQLITE_H
#define PSX_ADDON_SQLITE_H

#include <pthread.h>

#include "addon/files.h"

typedef struct psx_sqlite psx_sqlite;

typedef struct {
    uint32_t id;
    bool free;   // the application: names are opened as node opens them
    bool clock;  // datetime('now') is told
    bool others; // databases beside the first one: ATTACH, VACUUM INTO
} psx_sqlite_rights;

// The name under which SQLite finds the file system; it cannot be guessed, for SQL may name one.
// NULL: SQLite has not been met (the extension was not loaded), or no memory. One for each set of
// rights; they live as long as the process.
const char *psx_sqlite_vfs(psx_sqlite **all, psx_files *f, pthread_mutex_t *lock,
                           const psx_sqlite_rights *rights);
// While it is on, the next database that is opened is a first one.
void psx_sqlite_opening(psx_sqlite *all, bool on);
// The thread ends: what is still open finds nothing any more.
void psx_sqlite_fini(psx_sqlite *all);

#endif

// What psx.node knows: one monitor for the process, and a loader for each thread of the engine.
//
// Whoever touches psx_process holds its lock: psx_addon_begin takes it, psx_args_end gives it back.
// What lies in an arena or in the pack stays where it is until the last thread is gone.
#ifndef PSX_ADDON_STATE_H
#define PSX_ADDON_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "addon/files.h"
#include "addon/monitor.h"
#include "addon/sources.h"
#include "addon/sqlite.h"

typedef struct {
    pthread_mutex_t lock;
    bool is_open, is_finished;
    size_t n_threads;  // that opened it
    uint32_t n_joined; // ever
    psx_str plan;      // mapped for good
    psx_monitor monitor;
    psx_files files;
    psx_vouch vouch;           // read without the lock
    atomic_bool began;         // something was read that is to run
    atomic_bool has_libraries; // those that addons bring were compared
    psx_pack *pack;            // NULL: no cache at all
    psx_map natives;           // path of an addon -> the sealed memory that it was loaded from
} psx_process;

typedef struct {
    bool is_open;
    uint32_t thread; // 1, 2, ...: in the order of opening
    psx_monitor *monitor;
    psx_files *files;
    psx_sources sources;
    psx_sqlite *sqlite;
} psx_state;

// One for all threads: the descriptors and the decisions are the process's.
psx_process *psx_process_of(void);

#endif

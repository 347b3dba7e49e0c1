// What one loaded addon (one per thread of the engine) knows.
#ifndef PSX_ADDON_STATE_H
#define PSX_ADDON_STATE_H

#include "addon/files.h"
#include "addon/monitor.h"
#include "addon/sources.h"

typedef struct {
    bool is_open, is_finished;
    psx_monitor monitor;
    psx_files files;
    psx_sources sources;
} psx_state;

#endif

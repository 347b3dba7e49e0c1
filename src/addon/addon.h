// Between the two halves of the addon's JavaScript side. Include after addon/args.h.
#ifndef PSX_ADDON_ADDON_H
#define PSX_ADDON_ADDON_H

#include "addon/args.h"
#include "addon/lexpath.h"
#include "addon/state.h"

// Changes whenever the scanner's answer for some source may change: old answers are then unused.
#define PSX_SCAN_STAMP "scan 1"

typedef struct {
    const char *name;
    napi_callback call;
} psx_addon_function;

extern const psx_addon_function psx_addon_loader_functions[]; // end with a NULL name
extern const psx_addon_function psx_addon_manifest_functions[];
extern const psx_addon_function psx_addon_regexp_functions[];

// Begins a call; NULL (and a->failed) when it must not go on. Every begin has its psx_args_end.
psx_state *psx_addon_begin(psx_args *a, napi_env env, napi_callback_info info, const char *name,
                           size_t least);
// The same for a call that touches what belongs to its own thread.
psx_state *psx_addon_begin_alone(psx_args *a, napi_env env, napi_callback_info info,
                                 const char *name, size_t least);

// At the end of the process, once: the summary, the cache. The lock is held.
void psx_addon_finish(psx_process *all);
// Throws it, or ends the process where the manifest says so. Not while the process's lock is held.
void psx_addon_refuse(psx_args *a, const psx_refusal *why);

#endif

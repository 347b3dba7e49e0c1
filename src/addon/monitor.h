// The reference monitor of one engine thread: who the packages of this run are, and what each may
// do. It asks psx_policy_decide, records the answer, and never allows what that did not allow, but
// in learn mode, where everything is allowed and recorded.
#ifndef PSX_ADDON_MONITOR_H
#define PSX_ADDON_MONITOR_H

#include "addon/plan.h"
#include "addon/record.h"
#include "base/buf.h"
#include "base/map.h"
#include "policy/policy.h"

typedef struct {
    psx_policy_holder *holder;
    psx_str label; // "send@1.2.0" or "app"
    bool ambient;
    psx_map commands; // spawn: name -> resolved path, so that a name means one program per run
} psx_package;

typedef struct {
    psx_op op;    // lives as long as the run
    psx_buf line; // reused for output
    psx_plan plan;
    psx_policy *policy;
    psx_package *packages; // by id; 0 is the application
    uint32_t n, cap;
    psx_map by_dir; // directory -> id + 1
    psx_record record;
    psx_str path_env;      // PATH when the run started: what a bare command name is looked up in
    psx_str *real_protect; // plan.protect without symbolic links
    uint64_t lost_audit;
} psx_monitor;

// On failure m must not be used; op.fail says why.
psx_rc psx_monitor_open(psx_monitor *m, psx_str plan_text, const char *path_env);
void psx_monitor_close(psx_monitor *m);

// The id of the package in dir (absolute, real). Name and version are the lockfile's where it lists
// the location; the given ones otherwise. Fails when the policy pins another integrity.
psx_rc psx_monitor_identify(psx_monitor *m, psx_str dir, psx_str name, psx_str version,
                            uint32_t *id);

// A request; value and asked as in policy.h. Paths may be relative or untidy: they are resolved
// here, by their text.
typedef struct {
    uint32_t id;
    psx_cap cap;
    psx_str value, asked;
    int port;
    psx_policy_use use; // asked, not recorded
} psx_question;

// What the policy says, learn mode apart. Records nothing.
psx_policy_verdict psx_monitor_ask(psx_monitor *m, const psx_question *q);
// May it? Records, audits.
psx_policy_verdict psx_monitor_decide(psx_monitor *m, const psx_question *q);
// The same without a trace.
bool psx_monitor_peek(psx_monitor *m, const psx_question *q);
// May this variable be set for the process, or given to a child?
bool psx_monitor_env(psx_monitor *m, uint32_t id, psx_str name, psx_policy_use use);
bool psx_monitor_holds(psx_monitor *m, uint32_t id, psx_cap cap);
// One line: who, what, which rule, how to allow it. In the op of the caller.
psx_rc psx_monitor_reason(psx_monitor *m, psx_op *op, const psx_question *q, psx_str *out);

// This real path, or one above or beneath it, is protected.
bool psx_monitor_is_protected(const psx_monitor *m, psx_str real);
// Something protected lies beneath this real directory.
bool psx_monitor_has_protected(const psx_monitor *m, psx_str real_dir);

#endif

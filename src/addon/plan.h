// What npsx decided before the engine started (docs/design/interfaces.md, section 2): the members
// that the reference monitor needs. Pure.
#ifndef PSX_ADDON_PLAN_H
#define PSX_ADDON_PLAN_H

#include "base/map.h"
#include "base/op.h"

typedef struct {
    psx_str name, version, integrity;
} psx_plan_package;

typedef struct {
    psx_str project, cwd, tmp, home;
    psx_str as_dir, as_name, as_version; // whose grants id 0 has; absent: the application's
    psx_str policy_cwd;                  // what ${cwd} means in the policy
    psx_str as_path;                     // PATH for bare command names; absent: the engine's own
    psx_str main;                        // the path of the main script; absent for -e and stdin
    bool has_policy;                     // else the defaults hold
    psx_str policy_file, policy_text;    // when has_policy
    bool bound_policy; // by a signature that was verified, or a digest that was told
    bool learn, quiet;
    int audit_fd, learn_fd; // -1: none
    bool restrict_file, deny_interactive;
    int pins_fd;              // the policy's list of pins, verified; -1: it has none
    bool boxed;               // the kernel holds the process (docs/design/box.md)
    int box_control;          // box/client.h; -1: without a supervisor
    bool box_read, box_spawn; // is any fs.read, any spawn granted to anybody?
    bool has_lock;
    psx_map lock; // location -> psx_plan_package
    psx_str *protect;
    size_t n_protect;
    psx_str cache; // absent: no cache
} psx_plan;

enum { PSX_PLAN_MAX = 256 << 20 };

// Strict about what it uses, silent about the members that only boot.js reads. Strings may point
// into bytes.
psx_rc psx_plan_parse(psx_op *op, psx_str bytes, psx_plan *out);

#endif

// The plan: what npsx tells the engine, as one JSON text (docs/design/interfaces.md, section 2).
#ifndef PSX_CLI_PLAN_H
#define PSX_CLI_PLAN_H

#include "cli/as.h"
#include "cli/box.h"
#include "cli/options.h"
#include "os/code.h"
#include "pkg/lockfile.h"

typedef struct {
    const psx_cli_run *run;
    psx_str project, cwd, main; // main: real path; absent unless run->main is MAIN_FILE
    psx_str source;             // for MAIN_EVAL and MAIN_STDIN
    psx_str argv0, exec_path;
    psx_str policy_file, policy_text; // absent: no policy
    psx_str signature_file;           // the one that verified; absent: none did
    psx_str policy_integrity;         // of the policy's text; absent with it
    bool policy_is_bound;      // npsx was told that digest: not whoever may write the file decides
    psx_str trust_file, state; // --trust; where serials are kept. May be absent
    const psx_lockfile *lock;  // or NULL
    psx_str tmp, home, cache;  // home, cache: may be absent
    const psx_cli_list *protect;       // never writable, except by an ambient holder
    const psx_cli_as *as;              // --as, or NULL
    const psx_policy_subject *subject; // with it
    psx_cli_list hidden_env;           // names of the environment that nobody was granted
    bool learn;
    int audit_fd, learn_fd; // -1: none
    int pins_fd;            // the verified list of pins, sealed; -1: none
    const psx_cli_box *box; // the kernel's part; not active: none
    psx_box_mode box_mode;  // as said; also where there is nothing to hold
    psx_str box_pretend;
    psx_os_exec_policy code_rules;
    psx_str audit;    // what children append to as well; may be absent
    psx_str learn_to; // with learn_fd: where children find the same memory
} psx_cli_plan;

psx_rc psx_cli_plan_write(psx_op *op, const psx_cli_plan *plan, psx_str *out);

#endif

// Everything between the command line and the engine: find, read, check, say it in a plan.
#ifndef PSX_CLI_LAUNCH_H
#define PSX_CLI_LAUNCH_H

#include "cli/admit.h"
#include "cli/as.h"
#include "cli/box.h"
#include "cli/gate.h"
#include "cli/options.h"
#include "pkg/lockfile.h"
#include "policy/policy.h"

// Where the run takes place. Filled by psx_cli_place_find.
typedef struct psx_cli_place {
    psx_str cwd, project;
    psx_str main;         // real path of the script; absent for source text
    psx_str main_asked;   // as typed, made absolute
    bool asked_directory; // it was typed with a slash at the end
    psx_str main_found;   // the file that was found for that; main is where its links lead
    psx_str policy_file;  // absolute
    psx_str policy_text;  // absent: there is no policy file
    psx_str audit;        // absolute; absent: no audit
    psx_cli_admit admit;  // what files must pass before they are used
    psx_cli_gate gate;    // what the policy must pass before it is used
    bool policy_wrong;    // finding the place failed because the policy is no good policy
    psx_policy *policy;   // parsed and resolved; the defaults when there is no file
    psx_str program;      // real path of npsx
    psx_cli_list protect; // what nobody but an ambient holder may write; a directory ends with /
    psx_lockfile *lock;   // or NULL
    psx_str tmp, home, cache;   // home, cache: may be absent
    char *const *env;           // of the run: npsx's own, or what --as says
    psx_str state;              // where the serials of signed policies are kept; may be absent
    psx_cli_as as;              // --as: dir absent when it was not given
    psx_policy_subject subject; // whose grants the script has: with --as only
} psx_cli_place;

// Finds script and project, reads policy and lockfile. What fails here fails before anything runs.
psx_rc psx_cli_place_find(psx_op *op, const psx_cli_run *run, psx_cli_place *out);
// The project of the current directory, for the commands that run nothing. policy: --policy FILE or
// absent. Reads no lockfile and does not parse the policy.
psx_rc psx_cli_place_here(psx_op *op, psx_str policy, psx_cli_place *out);
// Reads, parses and resolves place->policy_file; the defaults when there is none.
psx_rc psx_cli_place_policy(psx_op *op, psx_cli_place *place, bool must_exist);
psx_rc psx_cli_place_lock(psx_op *op, psx_cli_place *place);
// Makes a parsed policy one of this place: directories and protected paths.
psx_rc psx_cli_place_resolve(psx_op *op, const psx_cli_place *place, psx_policy *policy);

// The holder of one package of this place; entry NULL: the application.
psx_rc psx_cli_place_bind(psx_op *op, const psx_cli_place *place, const psx_lockfile_entry *entry,
                          psx_policy_holder **out);

// The memory in which npsx learn collects what the script and its children use.
#define PSX_CLI_LEARN_MEMORY "packsec-learn"

// The audit file as children may name it; absent: none, or one that each process has its own of.
psx_str psx_cli_place_audit(const psx_cli_place *place);

// All that exec needs.
typedef struct {
    psx_cli_box box;
    int *keep; // descriptors for the engine
    size_t n_keep;
    int engine_fd;
    char *argv[5];
    char **envp;
} psx_cli_start;

// own (-1: none) and what the run was given by whoever started it.
psx_rc psx_cli_keep_make(psx_op *op, const psx_cli_place *place, const int *own, size_t n_own,
                         int **keep, size_t *n);

// learn_fd >= 0: everything is allowed and recorded there.
psx_rc psx_cli_start_make(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                          psx_str argv0, int learn_fd, psx_cli_start *out);
// Enters the box, when there is one, and becomes the engine; returns only to say why it could not.
psx_rc psx_cli_start_exec(psx_op *op, psx_cli_start *start);

#endif

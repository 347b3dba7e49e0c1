// --as: npsx was started by a confined package, and the run may do what that package may. The
// facade of child_process writes this option and puts it first; it may stand only once, so that
// what the package itself put behind it changes nothing (docs/design/interfaces.md, section 7).
#ifndef PSX_CLI_AS_H
#define PSX_CLI_AS_H

#include "cli/options.h"
#include "pkg/lockfile.h"
#include "policy/policy.h"

// What the value says. Absent: not said. A mere directory says `dir` alone.
typedef struct {
    psx_str dir;                         // of the package; the project's own for the application
    psx_str project;                     // everything else as it was for the first npsx:
    psx_str policy_file;                 //   absent although `told`: there was none
    psx_str signature, trust, integrity; // of the policy, as the first npsx found or was told
    psx_str state;                       // where the serials of policies are kept
    psx_str cwd, tmp, home;              // what ${cwd}, ${tmp}, ${home} mean in the policy
    psx_str cache;
    psx_str path;  // what bare command names were looked up in
    psx_str audit; // absent: there is none
    psx_str learn; // where npsx learn, which started it, collects uses; absent: nothing is learnt
    bool told;     // all but the rest of this was said
    bool quiet;    // as for the first npsx
    psx_box_mode box;    // as for the first npsx
    psx_str box_pretend; //
    int descriptors;     // 0 ... descriptors - 1 were given to the child
    // By the supervisor of a box (box/child.c) alone, which starts npsx without an environment:
    int environment; // sealed memory with the child's; -1: the environment itself is the child's
    int parent;      // of a command: box/parent.h; -1: nobody wants to know
    bool command;    // no script follows, but a program, its argv[0], its arguments
    psx_str spawned; // absent, or what npsx runs in the place of: the package must hold that
} psx_cli_as;

// value: "/abs/dir", or {"dir":"/abs/dir","project":...}. Pure but for the realpath of dir.
psx_rc psx_cli_as_parse(psx_op *op, psx_str value, psx_cli_as *out);

// Who that is, as the reference monitor will find too.
psx_rc psx_cli_as_subject(psx_op *op, psx_str dir, psx_str project, const psx_lockfile *lock,
                          psx_policy_subject *out);

// May it run the script at this absolute path (a real one, when there is a file)? UNSUPPORTED when
// it may not.
psx_rc psx_cli_as_check(psx_op *op, const psx_policy *policy, const psx_policy_subject *subject,
                        psx_str project, psx_str path);

// May it start that program, being one of this project? UNSUPPORTED when it may not.
psx_rc psx_cli_as_check_spawn(psx_op *op, const psx_policy *policy,
                              const psx_policy_subject *subject, psx_str project,
                              const psx_policy_request *request);

// What bare command names are looked up in; "" when nothing says.
psx_str psx_cli_as_path(const psx_cli_as *as);

// The members of --as but "dir", without braces: for children of this place.
struct psx_cli_place;
psx_rc psx_cli_as_write(psx_op *op, const struct psx_cli_place *place, const psx_cli_run *run,
                        psx_str learn_to, psx_str *out);

#endif

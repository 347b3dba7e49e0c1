// Which environment does the engine get? Never what steers the engine or its loader; and when
// nobody in the policy is ambient, only what somebody was granted and what a terminal program
// needs.
#ifndef PSX_CLI_ENV_H
#define PSX_CLI_ENV_H

#include "cli/admit.h"
#include "cli/options.h"
#include "policy/policy.h"

// environ plus the --env-file files of run (which never replace what is set). holder: the union of
// all grants, or NULL when everything may pass. *out ends with NULL, ready for exec. hidden: names
// that nobody was granted, so that asking for one can be reported.
psx_rc psx_cli_env_make(psx_op *op, char *const *from, const psx_cli_run *run, psx_str cwd,
                        const psx_cli_admit *admit, const psx_policy *policy,
                        const psx_policy_holder *holder, char ***out, psx_cli_list *hidden);

// The environment that the supervisor of a box hands to npsx in a child's place, as data: sealed
// memory, each variable with a NUL behind it. Closes fd.
psx_rc psx_cli_env_take(psx_op *op, int fd, char *const **out);
// What of that a program may have that a package starts: by grant, as in runtime/facade.
psx_rc psx_cli_env_for_command(psx_op *op, char *const *from, const psx_policy *policy,
                               const psx_policy_holder *holder, char ***out);

// True for the names that are always removed: NODE_OPTIONS, LD_*, OPENSSL_CONF ...
bool psx_cli_env_steers(psx_str name);

// What the engine and every terminal program look at: TERM, PATH ...
bool psx_cli_env_is_plain(psx_str name);

// True for names that tell little about the user and that many programs look at: TERM, NODE_ENV ...
bool psx_cli_env_is_everyday(psx_str name);

// The format of --env-file as node reads it, as "NAME=value" texts in order. Pure.
psx_rc psx_cli_dotenv_parse(psx_op *op, psx_str bytes, psx_cli_list *out);

#endif

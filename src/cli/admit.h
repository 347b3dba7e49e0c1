// May this become code? What the kernel says of files (AT_EXECVE_CHECK) and what the process asks
// of interpreters, for all that npsx itself reads: policy, script, environment files, standard
// input.
#ifndef PSX_CLI_ADMIT_H
#define PSX_CLI_ADMIT_H

#include "cli/options.h"
#include "os/code.h"

typedef struct psx_cli_admit {
    psx_os_exec_policy rules; // the system's; nothing set: everything runs
    psx_str interactive_by;   // who denies interactive use; absent: the securebits do
    bool has_audit;           // then each file is checked and recorded, refused or not
    int audit_fd;
} psx_cli_admit;

// One line of the audit, when there is one; facts without a value are left out.
typedef struct {
    const char *key;
    psx_str value;
} psx_cli_fact;
psx_rc psx_cli_admit_record(psx_op *op, const psx_cli_admit *admit, const psx_cli_fact *facts,
                            size_t n);

// `what` names it in messages: "policy". PSX_E_DENIED, with the reason, when it must not be used.
psx_rc psx_cli_admit_file(psx_op *op, const psx_cli_admit *admit, const char *what, psx_str path,
                          int fd);
// Standard input, which is a command unless the kernel would run the file it comes from.
psx_rc psx_cli_admit_stdin(psx_op *op, const psx_cli_admit *admit);
// -e, -p and modules that are text on the command line.
psx_rc psx_cli_admit_commands(psx_op *op, const psx_cli_admit *admit, const psx_cli_run *run);
// Before the engine is started for it: the engine checks again, on the descriptor it reads.
psx_rc psx_cli_admit_script(psx_op *op, const psx_cli_admit *admit, psx_str path);

#endif

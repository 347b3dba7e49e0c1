// The commands of npsx, as a table; and how all of them speak.
#ifndef PSX_CLI_CLI_H
#define PSX_CLI_CLI_H

#include "base/op.h"

// Exit statuses of npsx itself; every other status is the application's.
enum {
    PSX_CLI_FAILED = 125,    // the command line is wrong, or a part of PackSec failed or is missing
    PSX_CLI_REFUSED = 126,   // found, but may not or cannot be run; nothing ran
    PSX_CLI_NOT_FOUND = 127, // no such script
};

typedef struct {
    psx_op *op;
    psx_str argv0;
    size_t n; // the arguments behind the command's name
    char *const *args;
} psx_cli;

typedef struct {
    const char *name;
    const char *summary; // for npsx -h
    const char *help;    // the whole text of -h; the manual says the same
    psx_rc (*run)(psx_cli *cli, int *status);
} psx_cli_command;

extern const psx_cli_command psx_cmd_run, psx_cmd_init, psx_cmd_grant, psx_cmd_revoke,
    psx_cmd_learn, psx_cmd_why, psx_cmd_check_policy, psx_cmd_policy, psx_cmd_doctor;
extern const psx_cli_command psx_cmd_policy_sign, psx_cmd_policy_show, psx_cmd_policy_diff,
    psx_cmd_policy_pin, psx_cmd_policy_export, psx_cmd_policy_verify,
    psx_cmd_policy_union; // npsx policy ...

// The command that argv[1] names, or psx_cmd_run.
const psx_cli_command *psx_cli_command_find(psx_str name);
extern const psx_cli_command *const psx_cli_commands[]; // without psx_cmd_run; NULL at the end
extern const psx_cli_command *const psx_cli_policy_commands[]; // the verbs of npsx policy

// Options of a small command: flags and values, anywhere before "--".
typedef struct {
    const char *name; // without dashes
    char letter;      // or 0
    bool *flag;       // one of the two
    psx_str *value;
} psx_cli_option;

// What remains (operands) goes to *rest. -h and --help set *help.
psx_rc psx_cli_getopt(psx_cli *cli, const psx_cli_option *options, size_t n, bool *help,
                      psx_str **rest, size_t *rest_n);

int psx_cli_exit_status(psx_error code);
// Onto standard output what somebody else chose: nothing in it moves the cursor.
void psx_cli_put(psx_str s);
// "npsx: ..." on standard error, one line.
void psx_cli_complain(const psx_op *op);

#endif

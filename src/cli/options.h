// What did the user type? The command line of `npsx [options] script [arguments]`, as data.
// Pure: reads nothing but argv. The table in options.c is the explicit list of what is accepted;
// everything else is refused with a reason.
#ifndef PSX_CLI_OPTIONS_H
#define PSX_CLI_OPTIONS_H

#include "base/op.h"
#include "box/box.h"

typedef struct {
    psx_str *v;
    size_t n, cap;
} psx_cli_list;

psx_rc psx_cli_list_add(psx_op *op, psx_cli_list *list, psx_str s);

typedef enum {
    PSX_CLI_MAIN_STDIN, // no script, or "-"
    PSX_CLI_MAIN_FILE,
    PSX_CLI_MAIN_EVAL,
} psx_cli_main;

typedef struct {
    psx_cli_main main;
    psx_str script; // MAIN_FILE: as typed; MAIN_EVAL: the source text
    bool dash;      // "-" was typed
    bool print, check, quiet, help, version, write, json;
    psx_str policy, audit, title, input_type;
    psx_str policy_signature, policy_integrity, trust;
    bool policy_as_node; // it was named by --experimental-policy
    bool learn;          // the command is learn
    psx_str as;          // whose child this is: as typed (cli/as.h)
    bool has_box;        // --box was given
    psx_box_mode box;
    psx_str box_pretend;    // parts of the kernel to do without, for tests
    psx_cli_list env_files; // "?" in front: may be absent
    psx_cli_list preload;   // -r and --import, in order, as typed
    psx_cli_list conditions;
    psx_cli_list exec_argv; // what process.execArgv shows
    psx_cli_list engine;    // arguments for the engine process
    psx_cli_list args;      // the script's own
    int stack_trace_limit;  // -1: not given
    bool source_maps, no_warnings;
} psx_cli_run;

// args: without the program's name. Errors: USAGE (wrong), UNSUPPORTED (understood but refused).
// for_learn also takes learn's own options --write and --json.
psx_rc psx_cli_options_parse(psx_op *op, size_t n, char *const *args, bool for_learn,
                             psx_cli_run *out);

// The one argument that carries options to the engine ("--node-options=..."), quoted by the rules
// of NODE_OPTIONS; an absent string when there is nothing to say.
psx_rc psx_cli_options_engine(psx_op *op, const psx_cli_run *run, psx_str *out);

// One line per accepted option for -h, in the table's order.
psx_rc psx_cli_options_help(psx_op *op, psx_str *out);

#endif

// What cli/admit.h asks of files and commands, as far as Windows has an answer. Files of code are
// not asked about one by one: WLDP answers for the policy, and the engine, when there is one, for
// the rest.
#include "cli/admit.h"

static psx_rc refuse(psx_op *op, const psx_cli_admit *admit, const char *what)
{
    psx_rc rc = psx_fail(op, PSX_E_DENIED,
                         "%s is refused: only files run here and no commands (interactive use is "
                         "disabled by %.*s)",
                         what, PSX_FMT(admit->interactive_by));
    psx_fail_suggest(op, "put the text into a file");
    return rc;
}

// There is no --audit here yet (cmd_run.c refuses it), so nothing that a record could be lost from.
psx_rc psx_cli_admit_record(psx_op *op, const psx_cli_admit *admit, const psx_cli_fact *facts,
                            size_t n)
{
    (void)facts;
    (void)n;
    if (!admit->has_audit) return PSX_OK;
    return psx_fail(op, PSX_E_INTERNAL, "npsx.exe writes no audit");
}

// A data: URL, however it is spelt: what reads it later may be more forgiving than this.
static bool is_text(psx_str spec)
{
    while (spec.n && (unsigned char)spec.p[0] <= ' ')
        spec = psx_str_slice(spec, 1, spec.n);
    return psx_str_eq_nocase(psx_str_slice(spec, 0, 5), PSX_STR("data:"));
}

psx_rc psx_cli_admit_stdin(psx_op *op, const psx_cli_admit *admit)
{
    return admit->rules.deny_interactive ? refuse(op, admit, "a script on standard input") : PSX_OK;
}

psx_rc psx_cli_admit_commands(psx_op *op, const psx_cli_admit *admit, const psx_cli_run *run)
{
    if (!admit->rules.deny_interactive) return PSX_OK;
    if (run->main == PSX_CLI_MAIN_EVAL) return refuse(op, admit, run->print ? "--print" : "--eval");
    for (size_t i = 0; i < run->preload.n; i++) {
        if (is_text(run->preload.v[i])) {
            return refuse(op, admit, "a data: URL on the command line");
        }
    }
    return PSX_OK;
}

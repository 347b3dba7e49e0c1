// npsx init: what holds without a policy file, written down as a file to edit.
#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/files.h"

static psx_rc cmd_init(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_edit edit;
    psx_str policy = {0}, *rest;
    size_t n;
    bool force = false, help;
    const psx_cli_option options[] = {
        {"force", 'f', &force, NULL},
        {"policy", 0, NULL, &policy},
    };
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 2, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_init.help, stdout);
        return PSX_OK;
    }
    if (n) return psx_fail(op, PSX_E_USAGE, "init takes no operand: %.*s", PSX_FMT(rest[0]));
    TRY(psx_cli_place_here(op, policy, &edit.place));
    psx_str old;
    psx_rc rc = psx_cli_read(op, "policy", edit.place.policy_file, PSX_POLICY_MAX_BYTES, &old);
    if (rc.code != PSX_E_NOT_FOUND && !force) {
        psx_fail_clear(op);
        rc = psx_fail(op, PSX_E_VALUE, "there is already a policy %.*s",
                      PSX_FMT(edit.place.policy_file));
        psx_fail_suggest(op, "--force replaces it; npsx grant and npsx learn add to it; --policy "
                             "./packsec.policy.json makes one for this directory");
        return rc;
    }
    psx_fail_clear(op);
    TRY(psx_policy_doc_starter(op, &edit.doc));
    TRY(psx_cli_edit_save(op, &edit));
    printf("wrote %.*s: the application may do everything; packages may use clock, random, timers "
           "and standard output\n",
           PSX_FMT(psx_cli_edit_name(&edit)));
    return PSX_OK;
}

const psx_cli_command psx_cmd_init = {
    .name = "init",
    .summary = "write the policy that holds without one, to edit",
    .help = "Usage: npsx init [--force] [--policy file]\n"
            "\n"
            "Writes packsec.policy.json beside package.json: the application may do\n"
            "everything, packages may use clock, random, timers and standard output.\n"
            "\n"
            "  -f, --force        replace a policy that is already there\n"
            "  --policy file      write this file instead\n"
            "  -h, --help         this text\n",
    .run = cmd_init,
};

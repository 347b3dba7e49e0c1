// npsx revoke package capability[:value]...: the policy file gets fewer lines.
#include "cli/cli.h"
#include "cli/edit.h"

static psx_rc cmd_revoke(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_edit edit;
    psx_str policy = {0}, *rest;
    size_t n;
    bool help;
    const psx_cli_option options[] = {{"policy", 0, NULL, &policy}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 1, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_revoke.help, stdout);
        return PSX_OK;
    }
    if (n < 2) {
        return psx_fail(op, PSX_E_USAGE,
                        "revoke needs a package and at least one capability, as "
                        "in npsx revoke send fs.read:./public/");
    }
    TRY(psx_cli_edit_open(op, policy, &edit));
    for (size_t i = 1; i < n; i++) {
        psx_rc rc = psx_policy_revoke(op, edit.doc, rest[0], rest[i]);
        if (rc.code == PSX_E_NOT_FOUND) {
            psx_fail_clear(op);
            return psx_fail(op, PSX_E_VALUE, "%.*s does not hold %.*s under that key in %.*s",
                            PSX_FMT(rest[0]), PSX_FMT(rest[i]), PSX_FMT(edit.place.policy_file));
        }
        TRY(rc);
    }
    TRY(psx_cli_edit_save(op, &edit));
    for (size_t i = 1; i < n; i++) {
        printf("- %.*s %.*s\n", PSX_FMT(rest[0]), PSX_FMT(rest[i]));
    }
    printf("wrote %.*s\n", PSX_FMT(psx_cli_edit_name(&edit)));
    return PSX_OK;
}

const psx_cli_command psx_cmd_revoke = {
    .name = "revoke",
    .summary = "take capabilities from a package",
    .help = "Usage: npsx revoke [--policy file] package capability[:value]...\n"
            "\n"
            "Removes from packsec.policy.json what was granted under that key: one value,\n"
            "or without a value the whole capability.\n"
            "\n"
            "  --policy file      change this file instead\n"
            "  -h, --help         this text\n",
    .run = cmd_revoke,
};

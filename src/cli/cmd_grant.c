// npsx grant package capability[:value]...: the policy file gets more lines.
#include "cli/cli.h"
#include "cli/edit.h"

static psx_rc grant_all(psx_op *op, psx_cli_edit *edit, const psx_str *what, size_t n,
                        bool *changed)
{
    for (size_t i = 1; i < n; i++) {
        TRY(psx_policy_grant(op, edit->doc, what[0], what[i], &changed[i]));
        changed[0] |= changed[i];
    }
    return PSX_OK;
}

// Only once the file says so: of several capabilities one that is wrong leaves all out.
static void tell(const psx_str *what, size_t n, const bool *changed)
{
    for (size_t i = 1; i < n; i++) {
        if (changed[i])
            printf("+ %.*s %.*s\n", PSX_FMT(what[0]), PSX_FMT(what[i]));
        else
            printf("  %.*s already holds %.*s\n", PSX_FMT(what[0]), PSX_FMT(what[i]));
    }
}

static psx_rc cmd_grant(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_edit edit;
    psx_str policy = {0}, *rest;
    size_t n;
    bool help, *changed; // the first: any
    const psx_cli_option options[] = {{"policy", 0, NULL, &policy}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 1, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_grant.help, stdout);
        return PSX_OK;
    }
    if (n < 2) {
        return psx_fail(op, PSX_E_USAGE,
                        "grant needs a package and at least one capability, as in "
                        "npsx grant send fs.read:./public/");
    }
    TRY(psx_cli_edit_open(op, policy, &edit));
    changed = PSX_ARRAY(op, bool, n);
    if (!changed) return psx_fail_nomem(op);
    TRY(grant_all(op, &edit, rest, n, changed));
    if (changed[0]) TRY(psx_cli_edit_save(op, &edit));
    tell(rest, n, changed);
    if (!changed[0]) return PSX_OK;
    printf("wrote %.*s%s\n", PSX_FMT(psx_cli_edit_name(&edit)),
           edit.is_new ? " (new, with what held without it)" : "");
    return PSX_OK;
}

const psx_cli_command psx_cmd_grant = {
    .name = "grant",
    .summary = "give capabilities to a package",
    .help = "Usage: npsx grant [--policy file] package capability[:value]...\n"
            "\n"
            "Adds to packsec.policy.json, which is made when there is none. The package is\n"
            "app, *, a name, name@range, or a location such as node_modules/a.\n"
            "\n"
            "  --policy file      change this file instead\n"
            "  -h, --help         this text\n"
            "\n"
            "Examples: npsx grant send fs.read:./public/\n"
            "          npsx grant app net.listen:127.0.0.1:3000 env:PORT\n",
    .run = cmd_grant,
};

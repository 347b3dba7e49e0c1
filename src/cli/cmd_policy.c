// npsx policy verb ...: a policy as a whole. Each verb is a command in a file of its own.
#include "cli/cli.h"

const psx_cli_command *const psx_cli_policy_commands[] = {
    &psx_cmd_policy_sign, &psx_cmd_policy_verify, &psx_cmd_policy_show,   &psx_cmd_policy_union,
    &psx_cmd_policy_diff, &psx_cmd_policy_pin,    &psx_cmd_policy_export, NULL,
};

static void print_help(void)
{
    fputs(psx_cmd_policy.help, stdout);
    puts("\nVerbs (npsx policy verb -h tells more):");
    for (size_t i = 0; psx_cli_policy_commands[i]; i++) {
        printf("  %-14s %s\n", psx_cli_policy_commands[i]->name,
               psx_cli_policy_commands[i]->summary);
    }
}

static psx_rc fail_unknown(psx_op *op, psx_str verb)
{
    psx_rc rc = psx_fail(op, PSX_E_USAGE, "npsx policy cannot \"%.*s\"", PSX_FMT(verb));
    size_t nearest = 3;
    for (size_t i = 0; psx_cli_policy_commands[i]; i++) {
        psx_str name = psx_str_from(psx_cli_policy_commands[i]->name);
        size_t d = psx_str_distance(verb, name, nearest - 1);
        if (d >= nearest) continue;
        nearest = d;
        psx_fail_suggest(op, "did you mean \"%s\"?", name.p);
    }
    if (nearest == 3) psx_fail_suggest(op, "npsx policy -h lists what it can do");
    return rc;
}

static psx_rc cmd_policy(psx_cli *cli, int *status)
{
    *status = 0;
    if (!cli->n) {
        psx_rc rc = psx_fail(cli->op, PSX_E_USAGE, "policy needs a verb, as in npsx policy show");
        psx_fail_suggest(cli->op, "npsx policy -h lists them");
        return rc;
    }
    psx_str verb = psx_str_from(cli->args[0]);
    if (psx_str_is(verb, "-h") || psx_str_is(verb, "--help")) {
        print_help();
        return PSX_OK;
    }
    for (size_t i = 0; psx_cli_policy_commands[i]; i++) {
        const psx_cli_command *command = psx_cli_policy_commands[i];
        if (!psx_str_is(verb, command->name)) continue;
        psx_cli inner = *cli;
        inner.args++;
        inner.n--;
        return command->run(&inner, status);
    }
    return fail_unknown(cli->op, verb);
}

const psx_cli_command psx_cmd_policy = {
    .name = "policy",
    .summary = "sign, verify, show, pin, compare or export a policy",
    .help = "Usage: npsx policy verb [...]\n"
            "\n"
            "Works on the policy as a whole. Without another file that is\n"
            "packsec.policy.json of this project.\n",
    .run = cmd_policy,
};

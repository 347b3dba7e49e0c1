// npsx [options] script [arguments]: the plain way, in place of node.
#include "cli/cli.h"
#include "cli/command.h"
#include "cli/launch.h"
#include "cli/version.h"

static psx_rc print_help(psx_op *op)
{
    psx_str options;
    TRY(psx_cli_options_help(op, &options));
    printf("%s\nOptions:\n%.*s\nCommands (npsx command -h tells more; a file of that name: "
           "npsx ./name):\n",
           psx_cmd_run.help, PSX_FMT(options));
    for (size_t i = 0; psx_cli_commands[i]; i++) {
        printf("  %-14s %s\n", psx_cli_commands[i]->name, psx_cli_commands[i]->summary);
    }
    return PSX_OK;
}

static psx_rc cmd_run(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_run run;
    psx_cli_place place;
    psx_cli_start start;
    *status = 0;
    TRY(psx_cli_options_parse(op, cli->n, cli->args, false, &run));
    if (run.version) {
        puts("npsx " PSX_VERSION "\nnode v" PSX_ENGINE_VERSION);
        return PSX_OK;
    }
    bool nothing_to_run = run.main == PSX_CLI_MAIN_STDIN && !run.dash && isatty(STDIN_FILENO);
    if (run.help || nothing_to_run) return print_help(op);
    psx_rc found = psx_cli_place_find(op, &run, &place);
    if (psx_failed(found) && run.policy_as_node && place.policy_wrong) {
        // What was started for Node's option expects Node's status.
        psx_cli_complain(op);
        *status = 1;
        return PSX_OK;
    }
    TRY(found);
    if (place.as.command) return psx_cli_command_exec(op, &run, &place);
    TRY(psx_cli_start_make(op, &run, &place, cli->argv0, -1, &start));
    return psx_cli_start_exec(op, &start);
}

const psx_cli_command psx_cmd_run = {
    .name = "run",
    .summary = "",
    .help = "Usage: npsx [options] script [arguments]\n"
            "       npsx [options] -e source [arguments]\n"
            "       npsx [options] - [arguments]\n"
            "       npsx command [...]\n"
            "\n"
            "Runs a Node.js application in which every npm package holds only the\n"
            "capabilities that packsec.policy.json beside package.json grants it.\n"
            "Without that file the application may do everything, and packages may use\n"
            "clock, random, timers and standard output.\n",
    .run = cmd_run,
};

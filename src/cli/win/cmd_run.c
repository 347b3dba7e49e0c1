// npsx.exe [options] script [arguments]: checks, and hands over to npsx-engine.exe beside it.
#include "cli/cli.h"
#include "cli/env.h"
#include "cli/pins.h"
#include "cli/plan.h"
#include "cli/win/files.h"
#include "cli/win/place.h"
#include "cli/win/version.h"
#include "os/win/path.h"
#include "os/win/self.h"
#include "os/win/start.h"

enum { SOURCE_MAX = 64 << 20 };

static psx_rc print_help(psx_op *op)
{
    psx_str options;
    TRY(psx_cli_options_help(op, &options));
    printf("%s\nOptions:\n%.*s\nCommands (npsx command -h tells more):\n", psx_cmd_run.help,
           PSX_FMT(options));
    for (size_t i = 0; psx_cli_commands[i]; i++) {
        printf("  %-14s %s\n", psx_cli_commands[i]->name, psx_cli_commands[i]->summary);
    }
    return PSX_OK;
}

// What the launcher of Linux does and this one does not is refused by name, never passed over.
static psx_rc check_offered(psx_op *op, const psx_cli_run *run)
{
    const char *missing = NULL;
    if (run->as.p) missing = "--as";
    if (run->audit.p) missing = "--audit";
    if (run->env_files.n) missing = "--env-file";
    if (!missing) return PSX_OK;
    return psx_fail(op, PSX_E_UNSUPPORTED, "%s is not offered on Windows yet", missing);
}

static psx_rc take_source(psx_op *op, const psx_cli_admit *admit, const psx_cli_run *run,
                          psx_str *source)
{
    *source = (psx_str){0};
    if (run->main == PSX_CLI_MAIN_FILE) return PSX_OK;
    *source = run->script;
    if (run->main == PSX_CLI_MAIN_STDIN) {
        TRY(psx_cli_admit_stdin(op, admit));
        TRY(psx_win_self_stdin(op, "the script on standard input", SOURCE_MAX, source));
    }
    if (!psx_str_has_nul(*source)) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "the script on standard input has a NUL byte: it is no text");
}

static psx_rc write_plan(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                         psx_str argv0, psx_str *out)
{
    psx_cli_plan plan = {
        .pins_fd = -1, // the engine refuses a policy with pins that it is not given
        .run = run,
        .project = place->project,
        .cwd = place->cwd,
        .main = place->main,
        .argv0 = argv0,
        .exec_path = place->program,
        .policy_file = place->policy_file,
        .policy_text = place->policy_text,
        .policy_integrity = place->gate.facts.integrity,
        .policy_is_bound = place->gate.integrity.n > 0,
        .trust_file = place->gate.trust_file,
        .state = place->state,
        .lock = place->lock,
        .tmp = place->tmp,
        .home = place->home,
        .protect = &place->protect,
        .audit_fd = -1,
        .learn_fd = -1,
    };
    if (place->gate.facts.verified) plan.signature_file = place->gate.signature_file;
    TRY(take_source(op, &place->admit, run, &plan.source));
    return psx_cli_plan_write(op, &plan, out);
}

static psx_rc start_engine(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                           psx_str argv0, void **process)
{
    psx_str argv[2] = {PSX_STR("node")};
    psx_win_start_request request = {.argv = argv, .n = 1};
    TRY(write_plan(op, run, place, argv0, &request.plan));
    TRY(psx_cli_options_engine(op, run, &argv[1]));
    if (argv[1].n) request.n = 2;
    TRY(psx_win_path_full(op, psx_win_path_parent(place->program), PSX_STR("npsx-engine.exe"),
                          &request.program));
    TRY(psx_win_self_drop(op, psx_cli_env_steers));
    return psx_win_start(op, &request, process);
}

static psx_rc find_and_start(psx_op *op, const psx_cli_run *run, psx_str argv0, void **process)
{
    psx_cli_place place = {0};
    psx_pinned pins;
    bool has_pins;
    TRY(psx_cli_gate_enter(op, run, &place));
    TRY(psx_win_place_find(op, run, &place));
    TRY(psx_cli_gate_told(op, run, &place));
    TRY(psx_win_place_policy(op, run, &place));
    TRY(psx_cli_pins_load(op, &place, &has_pins, &pins));
    TRY(psx_cli_place_lock(op, &place));
    return start_engine(op, run, &place, argv0, process);
}

static psx_rc cmd_run(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_run run;
    void *process = NULL;
    unsigned long code = 0;
    *status = 0;
    TRY(psx_cli_options_parse(op, cli->n, cli->args, false, &run));
    if (run.version) {
        puts("npsx " PSX_VERSION);
        return PSX_OK;
    }
    bool nothing_to_run =
        run.main == PSX_CLI_MAIN_STDIN && !run.dash && psx_win_self_stdin_is_console();
    if (run.help || nothing_to_run) return print_help(op);
    TRY(check_offered(op, &run));
    psx_rc rc = find_and_start(op, &run, cli->argv0, &process);
    psx_win_files_release(); // the engine has the bytes
    TRY(rc);
    TRY(psx_win_start_wait(op, process, &code));
    *status = (int)code;
    return PSX_OK;
}

const psx_cli_command psx_cmd_run = {
    .name = "run",
    .summary = "",
    .help = "Usage: npsx [options] script [arguments]\n"
            "       npsx [options] -e source [arguments]\n"
            "       npsx [options] - [arguments]\n"
            "       npsx command [...]\n"
            "\n"
            "Checks the policy and its signature as this system demands, and hands the run to\n"
            "npsx-engine.exe beside it, which confines the packages. There is no engine for\n"
            "Windows yet: without one npsx runs nothing.\n",
    .run = cmd_run,
};

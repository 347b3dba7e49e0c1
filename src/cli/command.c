#include "cli/command.h"

#include "cli/env.h"
#include "cli/files.h"
#include "cli/request.h"

#include <errno.h>
#include <fcntl.h>

// Has it been looked up in PATH by its name? Then a grant of the name counts.
static psx_rc ask(psx_op *op, const psx_cli_place *place, psx_str program, psx_policy_request *r)
{
    psx_str name = psx_cli_basename(program), found;
    *r = (psx_policy_request){.cap = PSX_CAP_SPAWN, .value = program, .port = -1};
    if (!name.n) return PSX_OK;
    TRY(psx_cli_request_search(op, place->as.path, name, &found));
    if (psx_str_eq(found, program)) r->asked = name;
    return PSX_OK;
}

static psx_rc check(psx_op *op, const psx_cli_place *place, psx_str program)
{
    psx_policy_request r;
    if (place->as.learn.n) return PSX_OK; // the engine that started it has recorded it
    TRY(ask(op, place, program, &r));
    return psx_cli_as_check_spawn(op, place->policy, &place->subject, place->project, &r);
}

static psx_rc make_argv(psx_op *op, const psx_cli_run *run, char ***out)
{
    char **argv = PSX_ARRAY(op, char *, run->args.n + 2);
    if (!argv) return psx_fail_nomem(op);
    argv[0] = (char *)run->script.p;
    for (size_t i = 0; i < run->args.n; i++) {
        argv[i] = (char *)run->args.v[i].p; // of npsx's own argv: NUL-terminated
    }
    *out = argv;
    return PSX_OK;
}

// A script that names no interpreter is the shell's, as execvp has it; whether the shell may run in
// here, the box tells.
static psx_rc become_shell(psx_op *op, const psx_cli_run *run, char **envp)
{
    char **argv = PSX_ARRAY(op, char *, run->args.n + 3);
    if (!argv) return psx_fail_nomem(op);
    argv[0] = (char *)"/bin/sh";
    argv[1] = (char *)run->script.p;
    for (size_t i = 1; i < run->args.n; i++) {
        argv[i + 1] = (char *)run->args.v[i].p;
    }
    execve(argv[0], argv, envp);
    return PSX_OK;
}

psx_rc psx_cli_command_exec(psx_op *op, const psx_cli_run *run, const psx_cli_place *place)
{
    psx_policy_holder *holder;
    psx_cli_box box;
    char **argv, **envp;
    int *keep;
    size_t n_keep;
    psx_str program = run->script;
    if (run->main != PSX_CLI_MAIN_FILE) {
        return psx_fail(op, PSX_E_USAGE, "--as: a program must follow");
    }
    TRY(psx_policy_bind(op, place->policy, &place->subject, &holder));
    TRY(check(op, place, program));
    TRY(make_argv(op, run, &argv));
    envp = (char **)place->env;
    bool held = !psx_policy_holds(holder, PSX_CAP_AMBIENT) && !place->as.learn.n;
    if (held) TRY(psx_cli_env_for_command(op, place->env, place->policy, holder, &envp));
    TRY(psx_cli_box_make(op, run, place, held ? holder : NULL, program, &box));
    if (box.active) box.how.told_fd = place->as.parent;
    TRY(psx_op_format(op, &box.how.audit_who, "%.*s of %.*s", PSX_FMT(psx_cli_basename(program)),
                      PSX_FMT(place->subject.name)));
    if (box.how.control_fd >= 0) { // nobody in there asks for anything
        close(box.how.control_fd);
        box.how.control_fd = -1;
    }
    TRY(psx_cli_keep_make(op, place, NULL, 0, &keep, &n_keep));
    if (box.active) {
        TRY(psx_box_enter(op, &box.spec, &box.kernel, &box.how, keep, n_keep));
    }
    if (place->as.parent >= 0) (void)fcntl(place->as.parent, F_SETFD, FD_CLOEXEC);
    execve(program.p, argv, envp);
    if (errno == ENOEXEC) TRY(become_shell(op, run, envp));
    psx_error code = errno == ENOENT ? PSX_E_NOT_FOUND : PSX_E_UNSUPPORTED;
    return psx_fail(op, code, "cannot start %.*s: %s", PSX_FMT(program), strerror(errno));
}

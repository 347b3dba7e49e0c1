// npsx learn script [arguments]: run it once with everything allowed, then say what it needed.
#include "box/watch.h"
#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/learn.h"
#include "os/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

extern char **environ;

enum { RECORDS_MAX = 256 << 20, SIGNALLED = 128, SHOWN_MAX = 20 };

// ---- the run ------------------------------------------------------------------------------------

static volatile sig_atomic_t child_pid;

// What the terminal sends, the kernel sends to the child as well; what is sent to npsx alone is
// passed on.
static void pass_on(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (child_pid > 0 && info->si_code <= 0) kill((pid_t)child_pid, signal);
}

static void catch_signals(void (*handler)(int, siginfo_t *, void *))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_flags = SA_RESTART};
    if (handler) {
        action.sa_sigaction = handler;
        action.sa_flags |= SA_SIGINFO;
    }
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, NULL);
    }
}

typedef struct {
    psx_cli_start start;
    psx_box_watching watching;
    int channel[2]; // between us and what becomes the engine
    bool quiet_stdout;
    psx_box_watch *watch; // or NULL
    int status;
} one_run;

static _Noreturn void become_engine(psx_op *op, one_run *r, pid_t parent)
{
    catch_signals(NULL);
    // The engine must not outlive npsx, whatever ends it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(PSX_CLI_FAILED);
    if (r->quiet_stdout) dup2(STDERR_FILENO, STDOUT_FILENO);
    psx_rc rc = psx_box_watch_begin(op, r->channel[1]);
    if (psx_failed(rc)) { // what JavaScript asks for is learnt all the same
        psx_cli_complain(op);
        psx_fail_clear(op);
    }
    close(r->channel[0]);
    close(r->channel[1]);
    rc = psx_cli_start_exec(op, &r->start);
    psx_cli_complain(op);
    _exit(psx_cli_exit_status(rc.code));
}

static psx_rc look_on(psx_op *op, one_run *r, pid_t pid)
{
    close(r->channel[1]);
    TRY(psx_box_watch_open(op, &r->watching, r->channel[0], pid, &r->watch));
    close(r->channel[0]);
    return r->watch ? psx_box_watch_run(r->watch) : PSX_OK;
}

static psx_rc run_child(psx_op *op, one_run *r)
{
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, r->channel) != 0) {
        return psx_fail(op, PSX_E_OS, "cannot make a socket: %s", strerror(errno));
    }
    catch_signals(pass_on);
    pid_t pid = fork();
    if (pid < 0) return psx_fail(op, PSX_E_OS, "cannot start a process: %s", strerror(errno));
    if (pid == 0) become_engine(op, r, parent);
    child_pid = pid;
    psx_rc rc = look_on(op, r, pid);
    int how;
    while (waitpid(pid, &how, 0) < 0) {
        if (errno != EINTR) return psx_fail(op, PSX_E_OS, "lost the script: %s", strerror(errno));
    }
    child_pid = 0;
    catch_signals(NULL);
    if (r->watch) psx_box_watch_leave(r->watch);
    r->status = WIFEXITED(how) ? WEXITSTATUS(how) : SIGNALLED + WTERMSIG(how);
    return rc;
}

// ---- what was learnt ----------------------------------------------------------------------------

// What the grants are added to: the policy file; or what holds without one, the application's
// freedom excepted.
static psx_rc open_base(psx_op *op, const psx_cli_place *place, psx_cli_edit *edit)
{
    edit->place = *place;
    TRY(psx_cli_edit_read(op, edit)); // it may have been edited during the run
    if (!edit->is_new) return PSX_OK;
    return psx_policy_revoke(op, edit->doc, PSX_STR("app"), PSX_STR("ambient"));
}

static psx_rc print_json(psx_op *op, const psx_cli_edit *edit, const psx_cli_grants *grants,
                         bool written, int status)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "{\"policy\":"));
    TRY(psx_cli_json_string(&b, edit->place.policy_file));
    TRY(psx_buf_format(&b, ",\"new\":%s,\"written\":%s,\"status\":%d,\"unexplained\":[",
                       edit->is_new ? "true" : "false", written ? "true" : "false", status));
    for (size_t i = 0; i < grants->unexplained.n; i++) {
        if (i) TRY(psx_buf_byte(&b, ','));
        TRY(psx_cli_json_string(&b, grants->unexplained.v[i]));
    }
    TRY(psx_buf_byte(&b, ']'));
    TRY(psx_buf_text(&b, ",\"grants\":["));
    for (size_t i = 0; i < grants->n; i++) {
        TRY(psx_buf_text(&b, i ? ",\n{\"package\":" : "\n{\"package\":"));
        TRY(psx_cli_json_string(&b, grants->v[i].key));
        TRY(psx_buf_text(&b, ",\"grant\":"));
        TRY(psx_cli_json_string(&b, grants->v[i].grant));
        TRY(psx_buf_byte(&b, '}'));
    }
    printf("%.*s]}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

// Names come from packages: nothing in them may move the cursor.
static psx_rc add_plain(psx_buf *b, psx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        size_t n = psx_str_control(s, i);
        TRY(psx_buf_byte(b, n ? '?' : s.p[i]));
        if (n) i += n - 1;
    }
    return PSX_OK;
}

static psx_rc add_text(psx_buf *b, const psx_cli_edit *edit, const psx_cli_grants *grants,
                       bool written)
{
    psx_str name = psx_cli_edit_name(edit);
    bool nothing = !grants->n && !grants->unexplained.n && !edit->is_new;
    if (nothing) {
        return psx_buf_format(b, "npsx: nothing to learn: %.*s allows all of it\n", PSX_FMT(name));
    }
    TRY(psx_buf_format(b, "npsx: learnt %zu grant%s for %.*s%s\n", grants->n,
                       grants->n == 1 ? "" : "s", PSX_FMT(name),
                       edit->is_new ? " (new: besides these, the starter grants for packages)"
                                    : ""));
    for (size_t i = 0; i < grants->n; i++) {
        TRY(psx_buf_text(b, "+ "));
        TRY(add_plain(b, grants->v[i].key));
        TRY(psx_buf_byte(b, ' '));
        TRY(add_plain(b, grants->v[i].grant));
        TRY(psx_buf_byte(b, '\n'));
    }
    for (size_t i = 0; i < grants->listers.n; i++) {
        TRY(psx_buf_text(b, "npsx: "));
        TRY(add_plain(b, grants->listers.v[i]));
        TRY(psx_buf_text(b, " lists the whole environment; only everyday names were learnt\n"));
    }
    for (size_t i = 0; i < grants->unexplained.n && i < SHOWN_MAX; i++) {
        TRY(psx_buf_text(b, "npsx: will be denied, no narrow grant allows it: "));
        TRY(add_plain(b, grants->unexplained.v[i]));
        TRY(psx_buf_byte(b, '\n'));
    }
    if (grants->unexplained.n > SHOWN_MAX) {
        TRY(psx_buf_format(b, "npsx: and %zu more\n", grants->unexplained.n - SHOWN_MAX));
    }
    if (written) return psx_buf_format(b, "npsx: wrote %.*s\n", PSX_FMT(name));
    return psx_buf_text(b, "npsx: nothing was written; --write (before the script) writes it\n");
}

static psx_rc print_text(psx_op *op, const psx_cli_edit *edit, const psx_cli_grants *grants,
                         bool written)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(add_text(&b, edit, grants, written));
    fwrite(b.p, 1, b.n, stderr);
    return PSX_OK;
}

static psx_rc tell(psx_op *op, const psx_cli_learning *how, int status)
{
    const psx_cli_run *run = how->run;
    psx_cli_edit edit;
    psx_cli_grants grants;
    TRY(open_base(op, how->place, &edit));
    TRY(psx_cli_learn_grants(op, how, edit.doc, environ, &grants));
    bool write = run->write && (grants.n || edit.is_new);
    if (write) TRY(psx_cli_edit_save(op, &edit));
    if (run->json) return print_json(op, &edit, &grants, write, status);
    return print_text(op, &edit, &grants, write);
}

// Whose engine it is: the application's, or with --as a package's.
static psx_box_who main_of(const psx_cli_place *place)
{
    const psx_policy_subject *s = &place->subject;
    if (!place->as.dir.n) return (psx_box_who){PSX_STR(""), PSX_STR("app"), PSX_STR("")};
    return (psx_box_who){s->location, s->name, s->version};
}

static psx_rc learn(psx_cli *cli, const psx_cli_run *run, int *status)
{
    psx_op *op = cli->op;
    psx_cli_place place;
    psx_cli_learning how = {.run = run, .place = &place};
    one_run r = {.quiet_stdout = run->json};
    int fd;
    TRY(psx_os_memfd_shared(op, PSX_CLI_LEARN_MEMORY, &fd));
    TRY(psx_cli_place_find(op, run, &place));
    TRY(psx_cli_start_make(op, run, &place, cli->argv0, fd, &r.start));
    r.watching = (psx_box_watching){place.program, main_of(&place), fd};
    TRY(run_child(op, &r));
    *status = r.status;
    if (lseek(fd, 0, SEEK_SET) < 0) return psx_fail(op, PSX_E_OS, "%s", strerror(errno));
    TRY(psx_cli_read_stream(op, "what the script did", fd, RECORDS_MAX, &how.lines));
    if (r.watch) how.seen = psx_box_watch_seen(r.watch, &how.n_seen);
    return tell(op, &how, *status);
}

static psx_rc cmd_learn(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_run run;
    *status = 0;
    TRY(psx_cli_options_parse(op, cli->n, cli->args, true, &run));
    if (run.help) {
        fputs(psx_cmd_learn.help, stdout);
        return PSX_OK;
    }
    if (run.version || (run.main == PSX_CLI_MAIN_STDIN && !run.dash)) {
        return psx_fail(op, PSX_E_USAGE, "learn needs a script to run, as in npsx learn app.js");
    }
    return learn(cli, &run, status);
}

const psx_cli_command psx_cmd_learn = {
    .name = "learn",
    .summary = "run a script and learn what it needs",
    .help = "Usage: npsx learn [--write] [--json] [options] script [arguments]\n"
            "\n"
            "Runs the script with everything allowed but recorded, then shows the grants\n"
            "that the policy lacks for it, on standard error. Exits as the script did. Run\n"
            "only code that you trust for now: learning protects from nothing.\n"
            "\n"
            "  --write            add the grants to the policy file\n"
            "  --json             the grants as one JSON object on standard output;\n"
            "                     the script's own output goes to standard error\n"
            "  -h, --help         this text\n"
            "\n"
            "All options of npsx itself may be given too.\n",
    .run = cmd_learn,
};

// A box as a run would have it, made in a process of its own, and tried: proof, not a guess.
#include "cli/doctor.h"
#include "cli/files.h"
#include "cli/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { TRY_READ, TRY_WRITE, TRY_SOCKET, TRY_CONNECT, TRY_SIGNAL, TRY_PROGRAM, TRIES };
enum { STARTED = 42 }; // the status of the program

static const char *const tries[TRIES] = {
    "reading a file",       "writing a file",    "opening a socket",
    "connecting to a port", "signals to others", "starting a program",
};

typedef struct {
    bool entered;
    int why[TRIES];   // errno; 0: it worked
    char reason[400]; // why the box could not be entered
} answer;

typedef struct {
    psx_op *op;
    psx_cli_place place;
    psx_cli_box box;
    char dir[128], secret[160];
    bool supervised;
} attempt;

static int error_of(int result)
{
    int e = result < 0 ? errno : 0;
    if (result > STDERR_FILENO) close(result);
    return e;
}

static int connects(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int e = fd < 0 ? errno : error_of(connect(fd, (struct sockaddr *)&to, sizeof to));
    if (fd >= 0) close(fd);
    return e;
}

// In the box. Each must fail, and for the right reason: nobody answers at port 1, for example.
static void attack(const attempt *a, answer *out)
{
    out->why[TRY_READ] = error_of(open(a->secret, O_RDONLY | O_CLOEXEC));
    out->why[TRY_WRITE] = error_of(open(a->secret, O_WRONLY | O_CLOEXEC));
    out->why[TRY_SOCKET] = error_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    out->why[TRY_CONNECT] = connects();
    out->why[TRY_SIGNAL] = error_of(kill(getppid(), 0));
}

// Last, for it leaves nobody to answer: its exit status tells.
static void start_program(void)
{
    static char *const argv[] = {"sh", "-c", "exit 42", NULL};
    static char *const envp[] = {NULL};
    execve("/bin/sh", argv, envp);
}

static bool is_refused(int e)
{
    return e == EACCES || e == EPERM || e == ENOSYS;
}

static _Noreturn void try_inside(attempt *a, int out)
{
    answer r = {0};
    int keep[] = {out, a->box.how.control_fd};
    size_t n = keep[1] >= 0 ? 2 : 1;
    psx_rc rc = psx_box_enter(a->op, &a->box.spec, &a->box.kernel, &a->box.how, keep, n);
    r.entered = !psx_failed(rc);
    if (!r.entered) psx_fail_text(a->op, r.reason, sizeof r.reason);
    if (r.entered) attack(a, &r);
    ssize_t wrote = write(out, &r, sizeof r);
    if (r.entered) start_program();
    _exit(wrote == sizeof r ? 0 : 1);
}

// Within five seconds, or it is ended.
static bool hear(int from, pid_t child, answer *r)
{
    struct pollfd p = {.fd = from, .events = POLLIN};
    bool good = poll(&p, 1, 5000) == 1 && read(from, r, sizeof *r) == sizeof *r;
    int status = 0;
    if (!good) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    bool started = WIFEXITED(status) && WEXITSTATUS(status) == STARTED;
    r->why[TRY_PROGRAM] = started ? 0 : EACCES;
    return good;
}

static psx_rc run_inside(attempt *a, bool *answered, answer *r)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return psx_fail(a->op, PSX_E_OS, "cannot make a pipe: %s", strerror(errno));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) try_inside(a, ends[1]);
    close(ends[1]);
    *answered = child > 0 && hear(ends[0], child, r);
    close(ends[0]);
    if (a->box.how.control_fd >= 0) close(a->box.how.control_fd);
    return PSX_OK;
}

// ---- what is tried ------------------------------------------------------------------------------

static psx_rc make_place(attempt *a)
{
    psx_op *op = a->op;
    psx_str dir = psx_str_from(a->dir), text;
    psx_cli_place *p = &a->place;
    TRY(psx_cli_join(op, dir, PSX_STR("project"), &p->project));
    if (mkdir(p->project.p, 0700) != 0)
        return psx_fail(op, PSX_E_OS, "cannot make %s: %s", p->project.p, strerror(errno));
    p->cwd = p->project;
    p->tmp = PSX_STR("/tmp");
    TRY(psx_cli_part_self(op, &p->program));
    // Nobody holds anything; the second time one host, so that hosts must be told apart.
    text = a->supervised
               ? PSX_STR("{\"version\":1,\"app\":{\"net.connect\":[\"packsec.invalid:443\"]}}")
               : PSX_STR("{\"version\":1}");
    TRY(psx_policy_parse(op, text, PSX_STR("/packsec.policy.json"), &p->policy));
    return psx_cli_place_resolve(op, p, p->policy);
}

static psx_rc make_box(attempt *a, const psx_box_kernel *kernel)
{
    psx_op *op = a->op;
    psx_cli_run run = {0};
    psx_policy_holder *held;
    psx_box_request request;
    psx_str missing;
    a->box.how.control_fd = a->box.how.audit_fd = a->box.how.learn_fd = -1;
    a->box.how.program = a->place.program;
    a->box.how.audit_who = PSX_STR("doctor");
    a->box.how.quiet = true;
    a->box.kernel = *kernel;
    TRY(psx_cli_place_bind(op, &a->place, NULL, &held));
    TRY(psx_cli_box_request(op, &run, &a->place, PSX_BOX_ENGINE, held, &request));
    TRY(psx_box_spec_make(op, &request, &a->box.spec));
    TRY(psx_box_check(op, kernel, PSX_BOX_REQUIRED, &a->box.spec, &missing));
    return psx_box_prepare(op, &a->box.spec, &a->box.how);
}

static psx_rc lay_out(attempt *a)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(a->dir, sizeof a->dir, "%.80s/packsec-doctor-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(a->dir)) {
        psx_rc rc =
            psx_fail(a->op, PSX_E_OS, "cannot try a box in %s: %s", a->dir, strerror(errno));
        a->dir[0] = '\0';
        return rc;
    }
    snprintf(a->secret, sizeof a->secret, "%s/secret", a->dir);
    int fd = open(a->secret, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return psx_fail(a->op, PSX_E_OS, "cannot make %s: %s", a->secret, strerror(errno));
    close(fd);
    return make_place(a);
}

static void tidy_up(const attempt *a)
{
    if (!a->dir[0]) return;
    unlink(a->secret);
    if (a->place.project.p) rmdir(a->place.project.p);
    rmdir(a->dir);
}

// ---- what came of it ----------------------------------------------------------------------------

static psx_rc tell(psx_doctor *d, const attempt *a, const char *what, bool answered,
                   const answer *r)
{
    // With a granted host there are sockets; where they lead is what is refused.
    const unsigned wanted = a->supervised ? 1U << TRY_CONNECT : ~(1U << TRY_CONNECT);
    if (!answered) {
        return psx_doctor_tell(d, PSX_DOCTOR_MISSING, what, NULL, "nothing in it answered");
    }
    if (!r->entered) return psx_doctor_tell(d, PSX_DOCTOR_MISSING, what, NULL, "%s", r->reason);
    for (size_t i = 0; i < TRIES; i++) {
        if (!(wanted >> i & 1) || is_refused(r->why[i])) continue;
        return psx_doctor_tell(d, PSX_DOCTOR_MISSING, what, NULL,
                               "made, and %s is not refused (%s)", tries[i],
                               r->why[i] ? strerror(r->why[i]) : "it works");
    }
    return psx_doctor_tell(d, PSX_DOCTOR_OK, what, NULL, "made and tried: refused was %s",
                           a->supervised ? "a connection to a host that nobody was granted"
                                         : "a file, a socket, a signal and a program");
}

static psx_rc try_one(psx_doctor *d, const psx_box_kernel *kernel, bool supervised)
{
    const char *what = supervised ? "a supervised box" : "a box";
    attempt a = {.op = d->op, .supervised = supervised};
    answer r = {0};
    bool answered = false;
    psx_rc rc = lay_out(&a);
    if (!psx_failed(rc)) rc = make_box(&a, kernel);
    if (!psx_failed(rc)) rc = run_inside(&a, &answered, &r);
    tidy_up(&a);
    if (psx_failed(rc)) return psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, what, rc);
    return tell(d, &a, what, answered, &r);
}

psx_rc psx_doctor_try(psx_doctor *d, const psx_box_kernel *kernel)
{
    d->ring = 1;
    TRY(try_one(d, kernel, false));
    return try_one(d, kernel, true);
}

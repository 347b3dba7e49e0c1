// A command's supervisor is its parent, and of all that it starts an ancestor.
#include "world.h"

#include "box/parent.h"

static void box(void)
{
    enter("\"net.connect\": [\"127.0.0.1:1\"]");
}

// Answered by the supervisor alone: refused, and the caller was looked at.
static bool is_served(void)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool served = connect_to(s, "127.0.0.1", 2) < 0 && errno == EACCES;
    close(s);
    return served;
}

// ---- whose parent -------------------------------------------------------------------------------

static bool is_called(pid_t pid, const char *name)
{
    char path[32], text[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    return strncmp(text, name, strlen(name)) == 0;
}

typedef struct {
    pid_t pid, parent;
    bool served;
} orphan;

static _Noreturn void be_orphan(int to, pid_t of)
{
    for (int i = 0; i < 500 && getppid() == of; i++) {
        usleep(10000);
    }
    orphan o = {getpid(), getppid(), is_served()};
    _exit(write(to, &o, sizeof o) == sizeof o ? 0 : 1);
}

static bool of_orphans(void)
{
    bool ok = true;
    int pipes[2];
    orphan o = {0};
    char path[32];
    box();
    IS(getppid(), supervisor);
    IS(is_called(supervisor, "npsx-supervisor"), true);
    IS(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        pid_t self = getpid();
        if (fork() == 0) be_orphan(pipes[1], self);
        _exit(is_served() && getppid() != supervisor ? 0 : 1);
    }
    int status = -1;
    IS(waitpid(child, &status, 0), child);
    IS(status, 0);
    IS(read(pipes[0], &o, sizeof o), sizeof o);
    IS(o.parent, supervisor);
    IS(o.served, true);
    snprintf(path, sizeof path, "/proc/%d", (int)o.pid);
    for (int i = 0; i < 500 && access(path, F_OK) == 0; i++) {
        usleep(10000); // it is reaped
    }
    FAILS(access(path, F_OK), ENOENT);
    return ok;
}

static _Noreturn void make_orphans(int n)
{
    for (int i = 0; i < n; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (fork() == 0) _exit(0);
            _exit(0);
        }
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    _exit(11);
}

static int end_of(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static bool of_many_orphans(void)
{
    bool ok = true;
    pid_t pid = fork();
    if (pid == 0) {
        box();
        make_orphans(1000);
    }
    IS(end_of(pid), 11 << 8);
    return ok;
}

// ---- the end ------------------------------------------------------------------------------------

static bool ends_as_the_command(void)
{
    static const int signals[] = {SIGTERM, SIGKILL, SIGSEGV, SIGALRM, SIGPIPE, SIGCHLD, 40};
    bool ok = true;
    for (int code = 0; code < 256; code += 51) {
        pid_t pid = fork();
        if (pid == 0) {
            box();
            _exit(code);
        }
        IS(end_of(pid), code << 8);
    }
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            box();
            raise(signals[i]);
            _exit(3);
        }
        IS(end_of(pid), signals[i] == SIGCHLD ? 3 << 8 : signals[i]);
    }
    return ok;
}

static bool hears(int from, int what, int status)
{
    psx_parent_word word = {-1, -1};
    bool ok = true;
    IS(read(from, &word, sizeof word), sizeof word);
    IS(word.what, what);
    if (what == PSX_PARENT_ENDED) IS(word.status, status);
    return ok;
}

// The command leaves somebody behind, who calls when all was told, and is answered.
static bool tells_at_once(void)
{
    bool ok = true;
    int pair[2], ask[2], answer[2], status;
    char served = 0;
    IS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    IS(pipe(ask), 0);
    IS(pipe(answer), 0);
    pid_t pid = fork();
    if (pid == 0) {
        told = pair[1];
        box();
        if (fork() > 0) _exit(9);
        (void)!read(ask[0], &served, 1);
        served = is_served() ? 'y' : 'n';
        _exit(write(answer[1], &served, 1) == 1 ? 0 : 1);
    }
    IS(hears(pair[0], PSX_PARENT_HERE, 0), true);
    IS(hears(pair[0], PSX_PARENT_ENDED, 9 << 8), true);
    IS(waitpid(pid, &status, WNOHANG), 0);
    IS(write(ask[1], "?", 1), 1);
    IS(read(answer[0], &served, 1), 1);
    IS(served, 'y');
    IS(end_of(pid), 9 << 8);
    return ok;
}

// ---- signals ------------------------------------------------------------------------------------

typedef struct {
    pid_t supervisor, command, group, session;
    int told;
} sleeper;

// A command that waits for whatever comes. how: of the process that becomes the supervisor.
static sleeper start(void (*how)(void))
{
    int pipes[2], pair[2];
    sleeper c = {0};
    if (pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        _exit(125);
    pid_t pid = fork();
    if (pid == 0) {
        if (how) how();
        told = pair[1];
        box();
        c = (sleeper){supervisor, getpid(), getpgid(0), getsid(0), -1};
        if (write(pipes[1], &c, sizeof c) != sizeof c) _exit(125);
        execl("/bin/sleep", "sleep", "50", NULL);
        _exit(127);
    }
    if (read(pipes[0], &c, sizeof c) != sizeof c || c.supervisor != pid) _exit(125);
    close(pipes[0]);
    close(pipes[1]);
    close(pair[1]);
    c.told = pair[0];
    return c;
}

static bool passes_on_what_reaches_it(void)
{
    bool ok = true;
    sleeper c = start(NULL);
    IS(kill(c.supervisor, SIGTERM), 0);
    IS(end_of(c.supervisor), SIGTERM);
    return ok;
}

static char state_of(pid_t pid)
{
    char path[32], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return '\0';
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    const char *at = strrchr(text, ')');
    return at ? at[2] : '\0';
}

static bool becomes(pid_t pid, bool stopped)
{
    for (int i = 0; i < 500; i++) {
        if ((state_of(pid) == 'T') == stopped) return true;
        usleep(10000);
    }
    return false;
}

static bool say(const sleeper *c, int sig)
{
    unsigned char what = (unsigned char)sig;
    return send(c->told, &what, 1, 0) == 1;
}

static bool stops_and_continues_it(void)
{
    bool ok = true;
    sleeper c = start(NULL);
    IS(say(&c, SIGSTOP), true);
    IS(becomes(c.command, true), true);
    IS(state_of(c.supervisor) != 'T', true);
    IS(say(&c, SIGCONT), true);
    IS(becomes(c.command, false), true);
    IS(say(&c, SIGKILL), true);
    IS(hears(c.told, PSX_PARENT_HERE, 0), true);
    IS(hears(c.told, PSX_PARENT_ENDED, SIGKILL), true);
    IS(end_of(c.supervisor), SIGKILL);
    return ok;
}

static bool takes_it_along(void)
{
    bool ok = true;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sleeper c = start(NULL);
    IS(kill(c.supervisor, SIGKILL), 0);
    IS(end_of(c.supervisor), SIGKILL);
    IS(end_of(c.command), SIGKILL);
    return ok;
}

// ---- process groups -----------------------------------------------------------------------------

static void lead(void)
{
    (void)setsid();
}

static void head(void)
{
    (void)setpgid(0, 0);
}

static bool leaves_the_group_to_it(void)
{
    bool ok = true;
    sleeper c = start(NULL);
    IS(c.group, getpgid(0));
    IS(c.session, getsid(0));
    IS(getpgid(c.supervisor), c.supervisor);
    IS(say(&c, SIGTERM), true);
    IS(end_of(c.supervisor), SIGTERM);
    c = start(head);
    IS(c.group, c.command);
    IS(c.session, getsid(0));
    IS(kill(-c.group, SIGTERM), 0);
    IS(end_of(c.supervisor), SIGTERM);
    c = start(lead);
    IS(c.group, c.command);
    IS(c.session, c.command);
    IS(kill(-c.group, SIGTERM), 0);
    IS(end_of(c.supervisor), SIGTERM);
    return ok;
}

const test_case cases_parents[] = {
    {"of_orphans", of_orphans},
    {"of_many_orphans", of_many_orphans},
    {"ends_as_the_command", ends_as_the_command},
    {"tells_at_once", tells_at_once},
    {"passes_on_what_reaches_it", passes_on_what_reaches_it},
    {"stops_and_continues_it", stops_and_continues_it},
    {"takes_it_along", takes_it_along},
    {"leaves_the_group_to_it", leaves_the_group_to_it},
    {NULL, NULL},
};

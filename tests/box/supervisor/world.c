// box-super DIRECTORY [CASE...]: runs each case in a process of its own, which makes itself a box
// and then behaves well or badly in it. Prints what failed, and `N passed, N failed`.
#include "world.h"

enum { SECONDS = 60 };

int audit_fd = -1, control = -1, told = -1;
bool may_kill, old_kernel;
psx_box_kind kind = PSX_BOX_COMMAND;
pid_t supervisor;
const char *here;

static psx_op op;

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "no box: %s: %s\n", what, op.fail.message);
    _exit(125);
}

static psx_policy_holder *hold(const char *text, psx_policy **policy)
{
    psx_policy_dirs dirs = {
        .project = psx_str_from(here),
        .tmp = PSX_STR("/tmp"),
        .home = PSX_STR("/"),
        .cwd = psx_str_from(here),
    };
    psx_policy_subject app = {.name = PSX_STR("app"),
                              .version = PSX_STR(""),
                              .location = PSX_STR(""),
                              .dir = psx_str_from(here),
                              .listed = true};
    psx_policy_holder *held;
    if (psx_failed(psx_policy_parse(&op, psx_str_from(text), PSX_STR("policy"), policy)) ||
        psx_failed(psx_policy_resolve(&op, *policy, &dirs)) ||
        psx_failed(psx_policy_bind(&op, *policy, &app, &held))) {
        broken("policy");
    }
    return held;
}

void enter(const char *grants, ...)
{
    static char text[8192], members[4096];
    static psx_box_supervision how = {.audit_who = PSX_STR_INIT("box"), .learn_fd = -1};
    static psx_box_spec spec;
    psx_box_kernel kernel;
    psx_box_handover handover;
    psx_box_program program;
    va_list args;
    va_start(args, grants);
    vsnprintf(members, sizeof members, grants, args);
    va_end(args);
    snprintf(text, sizeof text, "{\"version\": 1, \"app\": {%s}}", members);
    psx_op_init(&op, 16 << 20);
    psx_policy *policy;
    spec = (psx_box_spec){.kind = kind, .supervised = true, .audited = true};
    spec.kill = may_kill;
    spec.held = hold(text, &policy);
    spec.policy = policy;
    spec.connect = spec.listen = spec.read = spec.write = PSX_BOX_SOME;
    how.audit_fd = audit_fd;
    how.quiet = audit_fd < 0;
    if (psx_failed(psx_box_kernel_probe(&op, (psx_str){0}, &kernel))) broken("kernel");
    if (old_kernel) kernel.wait_killable = false;
    if (psx_failed(psx_box_prepare(&op, &spec, &how))) broken("prepare");
    how.told_fd = told;
    if (psx_failed(psx_box_supervise(&op, &spec, &kernel, &how, &handover))) broken("supervise");
    if (psx_failed(psx_box_filter_make(&op, &spec, &kernel, &program))) broken("filter");
    int listener = -1;
    unsigned flags = PSX_OS_FILTER_LISTENER;
    if (kernel.wait_killable) flags |= PSX_OS_FILTER_KILLABLE;
    if (psx_failed(psx_os_seccomp_load(&op, program.v, program.n, flags, &listener)))
        broken("load");
    if (psx_failed(psx_box_hand_over(&op, &handover, listener))) broken("hand over");
    supervisor = handover.pid;
    alarm(SECONDS); // a command is another process than before
    control = how.control_fd;
}

// ---- helpers ------------------------------------------------------------------------------------

bool is(const char *what, long got, long expected)
{
    if (got == expected) return true;
    fprintf(stderr, "    %s: %ld, not %ld\n", what, got, expected);
    return false;
}

socklen_t address_of(struct sockaddr_storage *to, const char *address, int port)
{
    *to = (struct sockaddr_storage){0};
    if (strchr(address, ':')) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)to;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, address, &in->sin6_addr);
        return sizeof *in;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)to;
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, address, &in->sin_addr);
    return sizeof *in;
}

static int bound(int type, const char *address, int *port)
{
    struct sockaddr_storage at;
    socklen_t n = address_of(&at, address, 0);
    int sock = socket(at.ss_family, type | SOCK_CLOEXEC, 0);
    if (bind(sock, (struct sockaddr *)&at, n) != 0) broken("no socket of our own");
    getsockname(sock, (struct sockaddr *)&at, &n);
    *port = ntohs(((struct sockaddr_in *)&at)->sin_port);
    return sock;
}

int tcp_server(const char *address, int *port)
{
    int sock = bound(SOCK_STREAM, address, port);
    if (listen(sock, 4096) != 0) broken("no server of our own");
    return sock;
}

int udp_socket(const char *address, int *port)
{
    return bound(SOCK_DGRAM, address, port);
}

long connect_to(int sock, const char *address, int port)
{
    struct sockaddr_storage to;
    socklen_t n = address_of(&to, address, port);
    return connect(sock, (struct sockaddr *)&to, n);
}

socklen_t unix_address(struct sockaddr_un *to, const char *path)
{
    size_t n = strlen(path);
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(to->sun_path, path, n);
    if (path[0] != '@') return sizeof *to;
    to->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

// ---- running ------------------------------------------------------------------------------------

static bool run(const test_case *c)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(SECONDS);
        bool ok = chdir(here) == 0 && c->run();
        fflush(NULL);
        _exit(ok ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ok)
        printf("%s failed (%s %d)\n", c->name, WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return ok;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    bool wanted = argc <= 2 && strcmp(name, "figures") != 0; // only when asked for
    for (int i = 2; i < argc; i++) {
        wanted |= strcmp(argv[i], name) == 0;
    }
    return wanted;
}

int main(int argc, char **argv)
{
    const test_case *const lists[] = {cases_calls, cases_hostile, cases_parents};
    int passed = 0, failed = 0;
    if (argc < 2) return 2;
    here = argv[1];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const test_case *c = lists[i]; c->name; c++) {
            if (!is_wanted(c->name, argc, argv)) continue;
            run(c) ? passed++ : failed++;
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}

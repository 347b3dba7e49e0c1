// How the supervisor comes to be, and how the listener gets to it.
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "box/box.h"
#include "box/super.h"
#include "os/notify.h"

enum { WAIT_SECONDS = 10 };

typedef struct {
    int channel[2], leash[2]; // [0]: npsx, [1]: the supervisor
    int self;                 // pidfd of npsx
    bool parent, leads;       // as in psx_super
    sigset_t signals;
} making;

static psx_rc failed(psx_op *op, const char *what)
{
    return psx_fail(op, PSX_E_OS, "cannot %s the supervisor: %s", what, strerror(errno));
}

// When the other end is closed, the kernel sends the signal; nobody ever writes.
static bool tie(int fd)
{
    return fcntl(fd, F_SETOWN, getpid()) == 0 && fcntl(fd, F_SETSIG, SIGKILL) == 0 &&
           fcntl(fd, F_SETFL, O_ASYNC) == 0 && fcntl(fd, F_SETFD, 0) == 0;
}

static psx_rc make(psx_op *op, making *m)
{
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, m->channel) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, m->leash) != 0 ||
        setsockopt(m->channel[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0) {
        return failed(op, "reach");
    }
    m->self = m->parent ? -1 : psx_os_pidfd_open(getpid());
    if (m->self < 0 && !m->parent) {
        errno = -m->self;
        return failed(op, "name this process to");
    }
    return PSX_OK;
}

// What it points to is this process's own copy.
static _Noreturn void be_supervisor(psx_op *op, const psx_box_spec *spec,
                                    const psx_box_kernel *kernel, psx_box_supervision *how,
                                    pid_t engine, const making *m)
{
    static psx_super super; // most of it is tables: pages that are not touched cost nothing
    super.op = op;
    super.spec = spec;
    super.kernel = *kernel;
    super.how = how;
    super.engine = engine;
    super.engine_pidfd = m->self;
    super.channel = m->channel[1];
    super.leash = m->leash[1];
    super.control = how->super_fd;
    super.parent = m->parent;
    super.leads = m->leads;
    psx_super_main(&super);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

psx_rc psx_box_prepare(psx_op *op, const psx_box_spec *spec, psx_box_supervision *how)
{
    int pair[2];
    how->control_fd = how->super_fd = how->dns_udp = how->dns_tcp = how->told_fd = -1;
    how->dns_port = 0;
    if (!spec->supervised) return PSX_OK;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
        fcntl(pair[0], F_SETFD, 0) != 0) {
        return failed(op, "reach");
    }
    how->control_fd = pair[0];
    how->super_fd = pair[1];
    return psx_super_dns_open(op, spec, how);
}

// The command in place of the process that becomes its supervisor: in that one's session and
// process group, or, where those were its own, in its own. The supervisor leaves the group.
static void take_place(const making *m, pid_t parent, bool heads)
{
    if (m->leads)
        (void)setsid();
    else if (heads)
        (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) _exit(125);
}

// Who returns, in which process, says psx_box_supervise.
static pid_t split(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                   psx_box_supervision *how, making *m)
{
    pid_t self = getpid();
    bool heads = getpgid(0) == self;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &m->signals);
    if (m->parent) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); // before there can be orphans
    pid_t pid = fork();
    if (pid > 0 && m->parent) {
        m->self = psx_os_pidfd_open(pid);
        be_supervisor(op, spec, kernel, how, pid, m);
    }
    if (pid == 0 && !m->parent) be_supervisor(op, spec, kernel, how, self, m);
    int err = errno;
    if (pid == 0) take_place(m, self, heads);
    sigprocmask(SIG_SETMASK, &m->signals, NULL);
    errno = err;
    return pid == 0 ? self : pid;
}

psx_rc psx_box_supervise(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                         psx_box_supervision *how, psx_box_handover *out)
{
    making m = {{-1, -1}, {-1, -1}, -1, spec->kind == PSX_BOX_COMMAND, getsid(0) == getpid(),
                {{0}}};
    TRY(make(op, &m));
    pid_t pid = split(op, spec, kernel, how, &m);
    if (pid < 0) return failed(op, "start");
    close_fd(&m.channel[1]);
    close_fd(&m.leash[1]);
    close_fd(&m.self);
    close_fd(&how->super_fd);
    close_fd(&how->dns_udp);
    close_fd(&how->dns_tcp);
    close_fd(&how->told_fd);
    // Only where Yama is: there it lets the supervisor, which is a child of the engine, read the
    // memory of what it supervises. A parent needs no leave.
    if (!m.parent) prctl(PR_SET_PTRACER, pid, 0, 0, 0);
    if (!tie(m.leash[0])) return failed(op, "tie this process to");
    *out = (psx_box_handover){pid, m.channel[0], m.leash[0]};
    return PSX_OK;
}

psx_rc psx_box_hand_over(psx_op *op, psx_box_handover *h, int listener)
{
    char answer[256] = "it ended";
    ssize_t n = write(h->channel, &listener, sizeof listener);
    if (n == (ssize_t)sizeof listener) n = read(h->channel, answer, sizeof answer - 1);
    close_fd(&h->channel);
    close(listener);
    if (n == 1 && answer[0] == '+') return PSX_OK;
    return psx_fail(op, PSX_E_OS, "the supervisor did not start: %s", n > 0 ? answer : "it ended");
}

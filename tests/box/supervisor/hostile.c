// What attackers do: floods, swaps between check and use, deaths in the middle of a call.
#include "world.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>

enum { ROUNDS = 10000, THREADS = 4 };

// Outside of the box: takes connections and counts them.
static atomic_int *accepted;
static pid_t acceptor;

static void accept_all(int server)
{
    accepted =
        mmap(NULL, sizeof *accepted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    acceptor = fork();
    if (acceptor) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int s = accept(server, NULL, NULL);
        if (s < 0) continue;
        atomic_fetch_add(accepted, 1);
        close(s);
    }
}

static bool nobody_waits(int server)
{
    struct pollfd p = {.fd = server, .events = POLLIN};
    return poll(&p, 1, 200) == 0;
}

// Without a trace in the kernel's tables.
static void close_at_once(int s)
{
    struct linger now = {1, 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(s);
}

static bool alive(int port)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect_to(s, "127.0.0.1", port) == 0;
    close_at_once(s);
    return ok;
}

// ---- swaps --------------------------------------------------------------------------------------

static struct sockaddr_in swapped;
static atomic_bool swapping;
static int ports[2];

static void *swap_ports(void *none)
{
    (void)none;
    for (unsigned i = 0; swapping; i++) {
        *(volatile in_port_t *)&swapped.sin_port = htons((uint16_t)ports[i & 1]);
    }
    return NULL;
}

static bool swapped_address(void)
{
    bool ok = true;
    int good = 0, refused = 0, wrong = 0;
    pthread_t t;
    int server = tcp_server("127.0.0.1", &ports[0]), no = tcp_server("127.0.0.1", &ports[1]);
    accept_all(server);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", ports[0]);
    swapped = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    swapped.sin_port = htons((uint16_t)ports[0]);
    swapping = true;
    pthread_create(&t, NULL, swap_ports, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct sockaddr_in peer;
        socklen_t n = sizeof peer;
        int s = socket(AF_INET, SOCK_STREAM, 0);
        long rc = connect(s, (struct sockaddr *)&swapped, sizeof swapped);
        if (rc == 0 && getpeername(s, (struct sockaddr *)&peer, &n) == 0 &&
            peer.sin_port != htons((uint16_t)ports[0]))
            wrong++;
        rc == 0 ? good++ : errno == EACCES ? refused++ : wrong++;
        close_at_once(s);
    }
    swapping = false;
    pthread_join(t, NULL);
    IS(wrong, 0);
    IS(good > 0 && refused > 0, true); // both were seen: there was a race
    IS(nobody_waits(no), true);
    return ok;
}

static bool swapped_datagram(void)
{
    bool ok = true;
    int good = 0, refused = 0;
    pthread_t t;
    udp_socket("127.0.0.1", &ports[0]);
    int no = udp_socket("127.0.0.1", &ports[1]);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", ports[0]);
    swapped = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    swapped.sin_port = htons((uint16_t)ports[0]);
    swapping = true;
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct iovec part = {(void *)"x", 1};
    struct msghdr m = {
        .msg_name = &swapped, .msg_namelen = sizeof swapped, .msg_iov = &part, .msg_iovlen = 1};
    pthread_create(&t, NULL, swap_ports, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        long rc = sendmsg(s, &m, MSG_DONTWAIT);
        rc == 1 ? good++ : errno == EACCES ? refused++ : 0;
    }
    swapping = false;
    pthread_join(t, NULL);
    IS(good > 0 && refused > 0, true);
    IS(good + refused, ROUNDS);
    IS(nobody_waits(no), true);
    return ok;
}

// A descriptor that is sometimes a socket of another kind.
static int swap_fd, swap_with[2];

static void *swap_sockets(void *none)
{
    (void)none;
    for (unsigned i = 0; swapping; i++) {
        dup2(swap_with[i & 1], swap_fd);
    }
    return NULL;
}

static bool swapped_socket(void)
{
    bool ok = true;
    int port, other, wrong = 0;
    pthread_t t;
    udp_socket("127.0.0.1", &port);
    int no = udp_socket("127.0.0.1", &other);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    swap_with[0] = socket(AF_INET, SOCK_DGRAM, 0);
    swap_with[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
    swap_fd = dup(swap_with[0]);
    swapping = true;
    pthread_create(&t, NULL, swap_sockets, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct sockaddr_storage to;
        socklen_t n = address_of(&to, "127.0.0.1", i & 1 ? other : port);
        long rc = sendto(swap_fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to, n);
        bool fine = rc == 1 ? !(i & 1) : errno == EINVAL || errno == EACCES || errno == EAGAIN;
        wrong += !fine;
    }
    swapping = false;
    pthread_join(t, NULL);
    IS(wrong, 0);
    IS(nobody_waits(no), true);
    return ok;
}

static char *page;

static void *remap(void *none)
{
    (void)none;
    while (swapping) {
        munmap(page, 4096);
        page = mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                    0);
    }
    return NULL;
}

// Memory that comes and goes; all zeros is no address of a family.
static bool vanishing_memory(void)
{
    bool ok = true;
    int port, wrong = 0;
    pthread_t t;
    accept_all(tcp_server("127.0.0.1", &port));
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + 4096, 4096, PROT_NONE);
    char *at = page;
    swapping = true;
    pthread_create(&t, NULL, remap, NULL);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < ROUNDS / 4; i++) {
        long rc = sendto(s, at, 100, MSG_DONTWAIT, (struct sockaddr *)at, 16);
        wrong += rc >= 0 || !(errno == EFAULT || errno == EACCES);
        rc = connect(s, (struct sockaddr *)(at + 4090), 16);
        wrong += rc >= 0 || errno != EFAULT;
    }
    swapping = false;
    pthread_join(t, NULL);
    IS(wrong, 0);
    IS(alive(port), true);
    return ok;
}

// ---- floods -------------------------------------------------------------------------------------

static int flood_port, flood_each;
static bool flood_allowed;
static atomic_int answered, mistaken;

static void *flood(void *none)
{
    (void)none;
    for (int i = 0; i < flood_each; i++) {
        int s = socket(AF_INET, SOCK_STREAM, 0);
        long rc = connect_to(s, "127.0.0.1", flood_port);
        bool right = flood_allowed ? rc == 0 : rc < 0 && errno == EACCES;
        if (!right && flood_allowed) perror("    connect");
        right ? atomic_fetch_add(&answered, 1) : atomic_fetch_add(&mistaken, 1);
        close_at_once(s);
    }
    return NULL;
}

static void flood_with_threads(int port, bool allowed, int each)
{
    pthread_t t[THREADS];
    flood_port = port;
    flood_allowed = allowed;
    flood_each = each;
    answered = mistaken = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&t[i], NULL, flood, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
    }
}

static bool many_connects(void)
{
    bool ok = true;
    int port;
    accept_all(tcp_server("127.0.0.1", &port));
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    uint64_t before = now_us();
    flood_with_threads(port, true, ROUNDS / THREADS);
    uint64_t took = now_us() - before;
    IS(answered, ROUNDS);
    IS(mistaken, 0);
    for (int i = 0; i < 100 && *accepted < ROUNDS; i++) {
        usleep(50000);
    }
    IS(*accepted, ROUNDS);
    fprintf(stderr, "    %lu connects a second\n",
            (unsigned long)(ROUNDS * 1000000ULL / (took ? took : 1)));
    return ok;
}

static bool refused_flood(void)
{
    bool ok = true;
    int port, other;
    accept_all(tcp_server("127.0.0.1", &port));
    int no = tcp_server("127.0.0.1", &other);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    flood_with_threads(other, false, ROUNDS / THREADS);
    IS(answered, ROUNDS);
    IS(mistaken, 0);
    // more distinct ones than any table holds
    for (int i = 1; i < 3000; i++) {
        int s = socket(AF_INET, SOCK_DGRAM, 0);
        FAILS(connect_to(s, "192.0.2.1", i), EACCES);
        FAILS(syscall(SYS_ptrace, i, 0, 0, 0), EPERM);
        close(s);
    }
    IS(alive(port), true);
    IS(nobody_waits(no), true);
    return ok;
}

// ---- deaths -------------------------------------------------------------------------------------

// A process that does nothing but ask, killed at any moment.
static bool killed_callers(void)
{
    bool ok = true;
    may_kill = true;
    int port, full, status;
    struct sockaddr_storage at;
    socklen_t n = address_of(&at, "127.0.0.1", 0);
    accept_all(tcp_server("127.0.0.1", &port));
    int s = socket(AF_INET, SOCK_STREAM, 0);
    IS(bind(s, (struct sockaddr *)&at, n), 0);
    IS(listen(s, 0), 0);
    getsockname(s, (struct sockaddr *)&at, &n);
    full = ntohs(((struct sockaddr_in *)&at)->sin_port);
    enter("\"net.connect\": [\"127.0.0.1:%d\", \"127.0.0.1:%d\"]", port, full);
    for (int round = 0; round < 300; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (;;) {
                int c = socket(AF_INET, SOCK_STREAM, 0);
                connect_to(c, "127.0.0.1", round % 3 == 0 ? full : round % 3 == 1 ? port : 1);
                close_at_once(c);
            }
        }
        usleep((unsigned)(round * 37 % 4000));
        IS(kill(child, SIGKILL), 0);
        IS(waitpid(child, &status, 0), child);
    }
    IS(alive(port), true);
    return ok;
}

static void *call_and_block(void *port)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(s, "127.0.0.1", *(int *)port);
    return NULL;
}

// More threads in calls that wait than the table has room for, and then their process ends.
static bool blocked_threads(void)
{
    bool ok = true;
    int port, full, status;
    struct sockaddr_storage at;
    socklen_t n = address_of(&at, "127.0.0.1", 0);
    accept_all(tcp_server("127.0.0.1", &port));
    int s = socket(AF_INET, SOCK_STREAM, 0);
    IS(bind(s, (struct sockaddr *)&at, n), 0);
    IS(listen(s, 0), 0);
    getsockname(s, (struct sockaddr *)&at, &n);
    full = ntohs(((struct sockaddr_in *)&at)->sin_port);
    enter("\"net.connect\": [\"127.0.0.1:%d\", \"127.0.0.1:%d\"]", port, full);
    pid_t child = fork();
    if (child == 0) {
        static pthread_t t;
        for (int i = 0; i < 400; i++) {
            pthread_create(&t, NULL, call_and_block, &full);
        }
        usleep(200000);
        _exit(0);
    }
    IS(waitpid(child, &status, 0), child);
    IS(status, 0);
    IS(alive(port), true);
    return ok;
}

static bool stopped_caller(void)
{
    bool ok = true;
    may_kill = true;
    int port, status;
    accept_all(tcp_server("127.0.0.1", &port));
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 2000; i++) {
            if (!alive(port)) _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < 20; i++) {
        usleep(5000);
        kill(child, SIGSTOP);
        IS(alive(port), true);
        kill(child, SIGCONT);
    }
    IS(waitpid(child, &status, 0), child);
    IS(status, 0);
    return ok;
}

static bool stopped_caller_before_5_19(void)
{
    old_kernel = true;
    return stopped_caller();
}

static void *send_until_full(void *sock)
{
    static char much[1 << 20];
    struct iovec part = {much, sizeof much};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    for (;;) {
        if (sendmsg(*(int *)sock, &m, 0) < 0) return NULL;
    }
}

// The last descriptor of a socket whose close takes a minute is the supervisor's duplicate.
static bool lingering_socket(void)
{
    bool ok = true;
    int port, deaf;
    may_kill = true;
    accept_all(tcp_server("127.0.0.1", &port));
    tcp_server("127.0.0.1", &deaf); // takes, and never reads
    enter("\"net.connect\": [\"127.0.0.1\"]");
    pid_t child = fork();
    if (child == 0) {
        struct linger minute = {1, 60};
        pthread_t t;
        int s = socket(AF_INET, SOCK_STREAM, 0);
        if (connect_to(s, "127.0.0.1", deaf) != 0) _exit(1);
        setsockopt(s, SOL_SOCKET, SO_LINGER, &minute, sizeof minute);
        pthread_create(&t, NULL, send_until_full, &s);
        for (;;)
            pause();
    }
    usleep(500000);
    IS(kill(child, SIGKILL), 0);
    IS(waitpid(child, NULL, 0), child);
    uint64_t before = now_us();
    usleep(100000);
    IS(alive(port), true);
    IS(now_us() - before < 30000000, true);
    return ok;
}

// ---- the supervisor itself ----------------------------------------------------------------------

// A process in a box of its own that then executes another program; its supervisor.
static pid_t start_engine(pid_t *its_supervisor)
{
    char *argv[] = {"sleep", "50", NULL};
    int pipes[2], sleeper = open("/bin/sleep", O_PATH | O_CLOEXEC);
    if (pipe(pipes) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        kind = PSX_BOX_ENGINE;
        enter("\"net.connect\": [\"127.0.0.1:1\"]");
        (void)!write(pipes[1], &supervisor, sizeof supervisor);
        close(pipes[0]);
        close(pipes[1]);
        // as npsx starts the engine
        (void)syscall(SYS_execveat, sleeper, "", argv, argv + 2, 0x1000 /* AT_EMPTY_PATH */);
        _exit(127);
    }
    close(pipes[1]);
    if (read(pipes[0], its_supervisor, sizeof *its_supervisor) != sizeof *its_supervisor)
        *its_supervisor = -1;
    char c;
    (void)!read(pipes[0], &c, 1); // it executes, or has
    close(pipes[0]);
    usleep(50000);
    return pid;
}

static bool supervisor_killed(void)
{
    bool ok = true;
    int status = 0;
    pid_t its, engine = start_engine(&its);
    IS(its > 0, true);
    IS(kill(its, SIGTERM), 0); // deaf
    usleep(100000);
    IS(waitpid(engine, &status, WNOHANG), 0);
    IS(kill(its, SIGKILL), 0);
    IS(waitpid(engine, &status, 0), engine);
    IS(WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGKILL);
    return ok;
}

static bool engine_killed(void)
{
    bool ok = true;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t its, engine = start_engine(&its);
    IS(kill(engine, SIGKILL), 0);
    IS(waitpid(engine, NULL, 0), engine);
    pid_t gone = 0;
    for (int i = 0; i < 100 && gone == 0; i++) {
        gone = waitpid(its, NULL, WNOHANG);
        if (gone == 0) usleep(50000);
    }
    IS(gone, its);
    return ok;
}

// Nothing of it is left in the box but the control socket.
static bool nothing_left(void)
{
    bool ok = true;
    uint64_t id = 1;
    kind = PSX_BOX_ENGINE;
    enter("\"net.connect\": [\"127.0.0.1:1\"]");
    for (int fd = 0; fd < 256; fd++) {
        errno = 0;
        // _ID_VALID says ENOENT for an id that nobody has, if it is a listener
        if (ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0 || errno == ENOENT) ok = false;
    }
    FAILS(kill(supervisor, SIGKILL), EPERM);
    FAILS(syscall(SYS_pidfd_getfd, 0, 0, 0), EPERM);
    return ok;
}

static bool garbage(void)
{
    static uint8_t bytes[70000];
    bool ok = true;
    int port;
    unsigned seed = 1;
    accept_all(tcp_server("127.0.0.1", &port));
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    for (int i = 0; i < 3000; i++) {
        size_t n = (size_t)i % 97;
        for (size_t at = 0; at < n; at++) {
            bytes[at] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
        }
        if (n && bytes[0] == PSX_BOX_ASK_CHANNEL) bytes[0] = 77;
        if (n) bytes[0] %= 8;
        (void)!send(control, bytes, n ? n : 1, MSG_DONTWAIT);
        while (recv(control, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
        }
        // and addresses
        int domains[] = {AF_INET, AF_INET6, AF_UNIX};
        int s = socket(domains[i % 3], i & 8 ? SOCK_DGRAM : SOCK_STREAM, 0);
        if (n > 1) bytes[0] = (uint8_t[]){AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC}[i / 3 % 4];
        bytes[1] = 0;
        (void)connect(s, (struct sockaddr *)bytes, (socklen_t)n);
        (void)bind(s, (struct sockaddr *)bytes, (socklen_t)n);
        (void)!sendto(s, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)bytes,
                      (socklen_t)n);
        (void)!sendmsg(s, (struct msghdr *)bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(s);
    }
    IS(alive(port), true);
    return ok;
}

// ---- what it costs ------------------------------------------------------------------------------

static int by_size(const void *a, const void *b)
{
    return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

// The median of 2,000 connects in us, tenths.
static int median_connect(int port, int flags)
{
    enum { TIMES = 2000 };
    static int took[TIMES];
    for (int i = 0; i < TIMES; i++) {
        struct timespec a, b;
        int s = socket(AF_INET, SOCK_STREAM | flags, 0);
        clock_gettime(CLOCK_MONOTONIC, &a);
        connect_to(s, "127.0.0.1", port);
        clock_gettime(CLOCK_MONOTONIC, &b);
        took[i] = (int)((b.tv_sec - a.tv_sec) * 10000000 + (b.tv_nsec - a.tv_nsec) / 100);
        close_at_once(s);
    }
    qsort(took, TIMES, sizeof *took, by_size);
    return took[TIMES / 2];
}

// Not a test: `box-super DIRECTORY figures` prints what a connect costs without and with a
// supervisor, and how long a supervised box takes to make (filter and supervisor, no Landlock).
static bool figures(void)
{
    int port, plain[2];
    accept_all(tcp_server("127.0.0.1", &port));
    plain[0] = median_connect(port, 0);
    plain[1] = median_connect(port, SOCK_NONBLOCK);
    uint64_t before = now_us();
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    uint64_t made = now_us() - before;
    int with[2] = {median_connect(port, 0), median_connect(port, SOCK_NONBLOCK)};
    fprintf(stderr, "    connect: %.1f us, supervised %.1f; non-blocking %.1f, supervised %.1f\n",
            plain[0] / 10.0, with[0] / 10.0, plain[1] / 10.0, with[1] / 10.0);
    fprintf(stderr, "    box made in %lu us\n", (unsigned long)made);
    return true;
}

const test_case cases_hostile[] = {
    {"figures", figures},
    {"swapped_address", swapped_address},
    {"swapped_datagram", swapped_datagram},
    {"swapped_socket", swapped_socket},
    {"vanishing_memory", vanishing_memory},
    {"many_connects", many_connects},
    {"refused_flood", refused_flood},
    {"killed_callers", killed_callers},
    {"blocked_threads", blocked_threads},
    {"stopped_caller", stopped_caller},
    {"stopped_caller_before_5_19", stopped_caller_before_5_19},
    {"lingering_socket", lingering_socket},
    {"supervisor_killed", supervisor_killed},
    {"engine_killed", engine_killed},
    {"nothing_left", nothing_left},
    {"garbage", garbage},
    {0},
};

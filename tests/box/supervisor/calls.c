#include <netinet/ip.h>
// What programs do: each call answers as the kernel would, or EACCES.
#include "world.h"

static int tcp(int family, int flags)
{
    return socket(family, SOCK_STREAM | flags, 0);
}

static bool connects(void)
{
    bool ok = true;
    int port, other, closed;
    tcp_server("127.0.0.1", &port);
    tcp_server("127.0.0.1", &other);
    close(tcp_server("127.0.0.1", &closed));
    enter("\"net.connect\": [\"127.0.0.1:%d\", \"127.0.0.1:%d\"]", port, closed);
    int s = tcp(AF_INET, 0);
    FAILS(connect_to(s, "127.0.0.1", other), EACCES);
    FAILS(connect_to(s, "127.0.0.2", port), EACCES);
    IS(connect_to(s, "127.0.0.1", port), 0);
    FAILS(connect_to(s, "127.0.0.1", port), EISCONN);
    FAILS(connect_to(tcp(AF_INET, 0), "127.0.0.1", closed), ECONNREFUSED);
    IS(connect_to(tcp(AF_INET, 0), "0.0.0.0", port), 0);
    FAILS(connect_to(tcp(AF_INET, 0), "0.0.0.0", other), EACCES);
    IS(connect_to(tcp(AF_INET6, 0), "::ffff:127.0.0.1", port), 0);
    FAILS(connect_to(tcp(AF_INET6, 0), "::ffff:127.0.0.1", other), EACCES);
    FAILS(connect_to(tcp(AF_INET6, 0), "::1", port), EACCES);
    struct sockaddr_in none = {.sin_family = AF_UNSPEC};
    IS(connect(s, (struct sockaddr *)&none, sizeof none), 0);
    IS(connect_to(s, "127.0.0.1", port), 0);
    return ok;
}

static bool connects_v6(void)
{
    bool ok = true;
    int port;
    tcp_server("::1", &port);
    enter("\"net.connect\": [\"[::1]:%d\"]", port);
    IS(connect_to(tcp(AF_INET6, 0), "::1", port), 0);
    IS(connect_to(tcp(AF_INET6, 0), "::", port), 0);
    FAILS(connect_to(tcp(AF_INET6, 0), "::2", port), EACCES);
    FAILS(connect_to(tcp(AF_INET, 0), "127.0.0.1", port), EACCES);
    return ok;
}

static int error_of(int sock)
{
    int e = -1;
    socklen_t n = sizeof e;
    getsockopt(sock, SOL_SOCKET, SO_ERROR, &e, &n);
    return e;
}

static bool ready(int sock, short events)
{
    struct pollfd p = {.fd = sock, .events = events};
    return poll(&p, 1, 5000) == 1;
}

static bool non_blocking(void)
{
    bool ok = true;
    int port, closed;
    tcp_server("127.0.0.1", &port);
    close(tcp_server("127.0.0.1", &closed));
    enter("\"net.connect\": [\"127.0.0.1:%d\", \"127.0.0.1:%d\"]", port, closed);
    int s = tcp(AF_INET, SOCK_NONBLOCK);
    FAILS(connect_to(s, "127.0.0.1", port), EINPROGRESS);
    IS(ready(s, POLLOUT), true);
    IS(error_of(s), 0);
    IS(write(s, "x", 1), 1);
    IS(connect_to(s, "127.0.0.1", port), 0); // as Linux does, once
    FAILS(connect_to(s, "127.0.0.1", port), EISCONN);
    s = tcp(AF_INET, SOCK_NONBLOCK);
    FAILS(connect_to(s, "127.0.0.1", closed), EINPROGRESS);
    IS(ready(s, POLLOUT), true);
    IS(error_of(s), ECONNREFUSED);
    IS(fcntl(s, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    s = tcp(AF_INET, 0);
    IS(connect_to(s, "127.0.0.1", port), 0);
    IS(fcntl(s, F_GETFL) & O_NONBLOCK, 0);
    return ok;
}

// A server that takes nobody: the caller waits, the supervisor does not.
static bool full_server(int *port)
{
    struct sockaddr_storage at;
    socklen_t n = address_of(&at, "127.0.0.1", 0);
    int s = tcp(AF_INET, 0);
    if (bind(s, (struct sockaddr *)&at, n) != 0 || listen(s, 0) != 0) return false;
    getsockname(s, (struct sockaddr *)&at, &n);
    *port = ntohs(((struct sockaddr_in *)&at)->sin_port);
    for (int i = 0; i < 4; i++) {
        connect_to(tcp(AF_INET, SOCK_NONBLOCK), "127.0.0.1", *port);
    }
    return true;
}

static void nothing(int signal)
{
    (void)signal;
}

static bool waits(void)
{
    bool ok = true;
    int full, port;
    struct timeval limit = {0, 300000};
    IS(full_server(&full), true);
    tcp_server("127.0.0.1", &port);
    enter("\"net.connect\": [\"127.0.0.1\"]");
    int s = tcp(AF_INET, 0);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    uint64_t before = now_us();
    FAILS(connect_to(s, "127.0.0.1", full), EINPROGRESS);
    IS(now_us() - before >= 300000, true);
    IS(connect_to(tcp(AF_INET, 0), "127.0.0.1", port), 0);
    // a handler runs, and the call is interrupted
    struct sigaction act = {.sa_handler = nothing};
    sigaction(SIGUSR1, &act, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    pid_t self = getpid(), child = fork();
    if (child == 0) {
        usleep(200000);
        kill(self, SIGUSR1);
        _exit(0);
    }
    s = tcp(AF_INET, 0);
    FAILS(connect_to(s, "127.0.0.1", full), EINTR);
    FAILS((fcntl(s, F_SETFL, O_NONBLOCK), connect_to(s, "127.0.0.1", full)), EALREADY);
    IS(waitpid(child, NULL, 0), child);
    return ok;
}

// The threads connect one after the other while another waits.
static void *connect_blocked(void *port)
{
    connect_to(tcp(AF_INET, 0), "127.0.0.1", *(int *)port);
    return NULL;
}

static bool others_go_on(void)
{
    bool ok = true;
    int full, port;
    pthread_t t[8];
    IS(full_server(&full), true);
    tcp_server("127.0.0.1", &port);
    enter("\"net.connect\": [\"127.0.0.1\"]");
    for (int i = 0; i < 8; i++) {
        pthread_create(&t[i], NULL, connect_blocked, &full);
    }
    for (int i = 0; i < 200; i++) {
        int s = tcp(AF_INET, 0);
        IS(connect_to(s, "127.0.0.1", port), 0);
        close(s);
    }
    return ok;
}

// ---- datagrams ----------------------------------------------------------------------------------

static long send_udp(int s, const char *address, int port, const char *text)
{
    struct sockaddr_storage to;
    socklen_t n = address_of(&to, address, port);
    return sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, n);
}

static bool received(int s, const char *text)
{
    char got[256];
    if (!ready(s, POLLIN)) return false;
    ssize_t n = recv(s, got, sizeof got, 0);
    return n == (ssize_t)strlen(text) && memcmp(got, text, strlen(text)) == 0;
}

static bool datagrams(void)
{
    bool ok = true;
    int port, other, server = udp_socket("127.0.0.1", &port);
    udp_socket("127.0.0.1", &other);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    IS(send_udp(s, "127.0.0.1", port, "one"), 3);
    IS(received(server, "one"), true);
    FAILS(send_udp(s, "127.0.0.1", other, "one"), EACCES);
    int v6 = socket(AF_INET6, SOCK_DGRAM, 0);
    IS(send_udp(v6, "::ffff:127.0.0.1", port, "mapped"), 6);
    IS(received(server, "mapped"), true);
    FAILS(send_udp(v6, "::ffff:127.0.0.1", other, "mapped"), EACCES);
    IS(send_udp(v6, "127.0.0.1", port, "old"), 3); // the kernel takes this, too
    IS(received(server, "old"), true);
    FAILS(send_udp(v6, "127.0.0.1", other, "old"), EACCES);
    // AF_UNSPEC is an address for sendto
    struct sockaddr_storage to;
    socklen_t n = address_of(&to, "127.0.0.1", other);
    to.ss_family = AF_UNSPEC;
    FAILS(sendto(s, "x", 1, 0, (struct sockaddr *)&to, n), EACCES);
    FAILS(connect_to(s, "127.0.0.1", other), EACCES);
    IS(connect_to(s, "127.0.0.1", port), 0);
    IS(send(s, "three", 5, 0), 5);
    IS(received(server, "three"), true);
    n = address_of(&to, "127.0.0.1", other);
    FAILS(sendto(s, "x", 1, 0, (struct sockaddr *)&to, n), EACCES); // a connected one, elsewhere
    return ok;
}

static bool many_datagrams(void)
{
    bool ok = true;
    int port, other, server = udp_socket("127.0.0.1", &port);
    udp_socket("127.0.0.1", &other);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_storage to[3];
    struct iovec parts[3][2];
    struct mmsghdr m[3] = {0};
    for (int i = 0; i < 3; i++) {
        parts[i][0] = (struct iovec){(void *)"ab", 2};
        parts[i][1] = (struct iovec){(void *)"cde", (size_t)i + 1};
        m[i].msg_hdr.msg_name = &to[i];
        m[i].msg_hdr.msg_namelen = address_of(&to[i], "127.0.0.1", i == 2 ? other : port);
        m[i].msg_hdr.msg_iov = parts[i];
        m[i].msg_hdr.msg_iovlen = 2;
    }
    IS(sendmmsg(s, m, 3, 0), 2); // as many as went
    IS(m[0].msg_len, 3);
    IS(m[1].msg_len, 4);
    IS(received(server, "abc"), true);
    IS(received(server, "abcd"), true);
    FAILS(sendmmsg(s, m + 2, 1, 0), EACCES);
    IS(sendmsg(s, &m[0].msg_hdr, 0), 3);
    IS(received(server, "abc"), true);
    FAILS(sendmsg(s, &m[2].msg_hdr, 0), EACCES);
    // a field of the packet goes along; a route for it does not
    char room[CMSG_SPACE(sizeof(int))] = {0};
    int ttl = 9;
    m[0].msg_hdr.msg_control = room;
    m[0].msg_hdr.msg_controllen = sizeof room;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m[0].msg_hdr);
    *c = (struct cmsghdr){CMSG_LEN(sizeof ttl), IPPROTO_IP, IP_TTL};
    memcpy(CMSG_DATA(c), &ttl, sizeof ttl);
    IS(sendmsg(s, &m[0].msg_hdr, 0), 3);
    IS(received(server, "abc"), true);
    c->cmsg_type = IP_RETOPTS;
    FAILS(sendmsg(s, &m[0].msg_hdr, 0), EPERM);
    return ok;
}

// A route of one's own for what goes to a granted address.
static bool source_routes(void)
{
    bool ok = true;
    const uint8_t route[] = {IPOPT_NOP, IPOPT_LSRR, 7, 4, 192, 0, 2, 1};
    uint8_t header[24] = {0, 2, 0, 1};
    enter("\"net.connect\": [\"127.0.0.1\"]");
    int s = socket(AF_INET, SOCK_DGRAM, 0), v6 = socket(AF_INET6, SOCK_DGRAM, 0), one = 1;
    FAILS(setsockopt(s, IPPROTO_IP, IP_OPTIONS, route, sizeof route), EPERM);
    FAILS(setsockopt(v6, IPPROTO_IPV6, IPV6_RTHDR, header, sizeof header), EPERM);
    IS(setsockopt(s, IPPROTO_IP, IP_TTL, &one, sizeof one), 0);
    IS(setsockopt(v6, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one), 0);
    return ok;
}

// ---- streams ------------------------------------------------------------------------------------

enum { MUCH = 3 << 20 };

static _Noreturn void read_slowly(int server, size_t want)
{
    static char got[MUCH];
    size_t n = 0;
    int s = accept(server, NULL, NULL);
    while (n < want) {
        ssize_t part = recv(s, got + n, want - n, 0);
        if (part <= 0) break;
        for (ssize_t i = 0; i < part; i++) {
            if (got[n + (size_t)i] != (char)((n + (size_t)i) % 251)) _exit(1);
        }
        n += (size_t)part;
    }
    _exit(n == want ? 0 : 1);
}

static bool long_message(void)
{
    static char data[MUCH];
    bool ok = true;
    int port, server = tcp_server("127.0.0.1", &port), status = -1;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (char)(i % 251);
    }
    kind = PSX_BOX_ENGINE; // stays this process: the child is its own
    pid_t child = fork();
    if (child == 0) read_slowly(server, sizeof data);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    int s = tcp(AF_INET, 0);
    IS(connect_to(s, "127.0.0.1", port), 0);
    struct iovec parts[3] = {{data, 1000}, {data + 1000, 0}, {data + 1000, sizeof data - 1000}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 3};
    IS(sendmsg(s, &m, 0), sizeof data); // whole, as a blocking socket does it
    IS(waitpid(child, &status, 0), child);
    IS(status, 0);
    return ok;
}

static bool fast_open(void)
{
    bool ok = true;
    int port, other, server = tcp_server("127.0.0.1", &port), one = 1;
    tcp_server("127.0.0.1", &other);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    struct sockaddr_storage to;
    socklen_t n = address_of(&to, "127.0.0.1", other);
    int s = tcp(AF_INET, 0);
    FAILS(sendto(s, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, n), EACCES);
    n = address_of(&to, "127.0.0.1", port);
    IS(sendto(s, "fast", 4, MSG_FASTOPEN, (struct sockaddr *)&to, n), 4);
    IS(received(accept(server, NULL, NULL), "fast"), true);
    s = tcp(AF_INET, 0);
    setsockopt(s, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &one, sizeof one);
    FAILS(connect_to(s, "127.0.0.1", other), EACCES);
    IS(connect_to(s, "127.0.0.1", port), 0);
    IS(write(s, "later", 5), 5);
    IS(received(accept(server, NULL, NULL), "later"), true);
    return ok;
}

// ---- unix ---------------------------------------------------------------------------------------

static int unix_server(const char *path, int type)
{
    struct sockaddr_un at;
    socklen_t n = unix_address(&at, path);
    int s = socket(AF_UNIX, type, 0);
    if (path[0] != '@') unlink(path);
    if (bind(s, (struct sockaddr *)&at, n) != 0) return -1;
    if (type != SOCK_DGRAM) listen(s, 8);
    return s;
}

static long connect_unix(int s, const char *path)
{
    struct sockaddr_un to;
    socklen_t n = unix_address(&to, path);
    return connect(s, (struct sockaddr *)&to, n);
}

static int unix_stream(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static bool unix_sockets(void)
{
    bool ok = true;
    char path[64];
    mkdir("d", 0700);
    IS(unix_server("d/yes", SOCK_STREAM) >= 0, true);
    IS(unix_server("d/no", SOCK_STREAM) >= 0, true);
    unlink("d/to-no");
    IS(symlink("no", "d/to-no"), 0);
    unlink("d/to-yes");
    IS(symlink("yes", "d/to-yes"), 0);
    char abstract[32], other[32];
    snprintf(abstract, sizeof abstract, "@super-%d", (int)getpid());
    snprintf(other, sizeof other, "@other-%d", (int)getpid());
    IS(unix_server(abstract, SOCK_STREAM) >= 0, true);
    IS(unix_server(other, SOCK_STREAM) >= 0, true);
    enter("\"net.connect\": [\"unix:./d/yes\", \"unix:./d/to-no\", \"unix:./d/gone\", "
          "\"unix:%s\"]",
          abstract);
    IS(connect_unix(unix_stream(), "d/yes"), 0);
    IS(connect_unix(unix_stream(), "./d/../d/yes"), 0);
    IS(connect_unix(unix_stream(), "d/to-yes"), 0); // what counts is where it is
    FAILS(connect_unix(unix_stream(), "d/no"), EACCES);
    FAILS(connect_unix(unix_stream(), "d/to-no"), EACCES);
    FAILS(connect_unix(unix_stream(), "d/nothing"), EACCES); // is it there? not told
    int fd = open("d/yes", O_PATH), dir = open("d", O_PATH);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    IS(connect_unix(unix_stream(), path), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d/yes", dir);
    IS(connect_unix(unix_stream(), path), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d/no", dir);
    FAILS(connect_unix(unix_stream(), path), EACCES);
    IS(connect_unix(unix_stream(), abstract), 0);
    FAILS(connect_unix(unix_stream(), other), EACCES);
    // the lexical name is granted: then the kernel's own answer
    if (here[0] == '/') {
        char whole[256];
        snprintf(whole, sizeof whole, "%.200s/d/gone", here);
        FAILS(connect_unix(unix_stream(), whole), ENOENT);
    }
    return ok;
}

static bool unix_binds(void)
{
    bool ok = true;
    struct sockaddr_un at;
    struct stat st;
    mkdir("b", 0700);
    unlink("b/mine");
    enter("\"net.listen\": [\"unix:./b/mine\"], \"net.connect\": [\"unix:./b/mine\"]");
    int s = unix_stream();
    socklen_t n = unix_address(&at, "b/other");
    FAILS(bind(s, (struct sockaddr *)&at, n), EACCES);
    n = unix_address(&at, "b/mine");
    umask(027);
    IS(bind(s, (struct sockaddr *)&at, n), 0);
    IS(stat("b/mine", &st), 0);
    IS(st.st_mode, S_IFSOCK | 0750);
    IS(st.st_uid, getuid());
    IS(listen(s, 4), 0);
    IS(connect_unix(unix_stream(), "b/mine"), 0);
    FAILS(bind(unix_stream(), (struct sockaddr *)&at, n), EADDRINUSE);
    FAILS(listen(unix_stream(), 4), EINVAL); // never bound
    n = unix_address(&at, "@elsewhere");
    FAILS(bind(unix_stream(), (struct sockaddr *)&at, n), EACCES);
    at.sun_family = AF_UNIX; // a name that the kernel chooses
    IS(bind(s = unix_stream(), (struct sockaddr *)&at, sizeof at.sun_family), 0);
    FAILS(listen(s, 4), EACCES);
    return ok;
}

// A full queue: waits, and goes on when somebody takes one.
static bool unix_waits(void)
{
    bool ok = true;
    int status;
    struct sockaddr_un at;
    unlink("full");
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t n = unix_address(&at, "full");
    IS(bind(server, (struct sockaddr *)&at, n), 0);
    IS(listen(server, 0), 0);
    kind = PSX_BOX_ENGINE; // stays this process: the child is its own
    pid_t child = fork();
    if (child == 0) {
        usleep(300000);
        for (int i = 0; i < 2; i++) {
            if (accept(server, NULL, NULL) < 0) _exit(1);
        }
        _exit(0);
    }
    enter("\"net.connect\": [\"unix:./full\"]");
    IS(connect_unix(unix_stream(), "full"), 0);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    FAILS(connect_unix(s, "full"), EAGAIN);
    IS(connect_unix(unix_stream(), "full"), 0);
    IS(waitpid(child, &status, 0), child);
    IS(status, 0);
    return ok;
}

static long send_fds(int s, const int *fds, size_t n, const char *text)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(16 * sizeof(int))] = {0};
    struct iovec part = {(void *)text, strlen(text)};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = room,
                       .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(c), fds, n * sizeof(int));
    return sendmsg(s, &m, 0);
}

static int receive_fd(int s)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    char text[64];
    struct iovec part = {text, sizeof text};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int fd = -1;
    if (recvmsg(s, &m, 0) < 0 || m.msg_controllen < CMSG_LEN(sizeof fd)) return -1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

static bool passes_descriptors(void)
{
    bool ok = true;
    int pair[2], pipes[2], dgrams[2];
    char c = 0;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, dgrams);
    enter("\"net.connect\": [\"unix:./nowhere\"]");
    IS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    IS(pipe(pipes), 0);
    IS(send_fds(pair[0], &pipes[1], 1, "take"), 4);
    int fd = receive_fd(pair[1]);
    IS(fd >= 0, true);
    IS(write(fd, "!", 1), 1);
    IS(read(pipes[0], &c, 1), 1);
    IS(c, '!');
    int bad = 999;
    FAILS(send_fds(pair[0], &bad, 1, "take"), EBADF);
    IS(send_fds(dgrams[0], &pipes[1], 1, "take"), 4);
    IS(receive_fd(dgrams[1]) >= 0, true);
    signal(SIGPIPE, SIG_IGN);
    close(pair[1]);
    FAILS(send_fds(pair[0], &pipes[1], 1, "take"), EPIPE);
    return ok;
}

static bool unix_datagrams(void)
{
    bool ok = true;
    struct sockaddr_un at, no;
    int server = unix_server("dgram", SOCK_DGRAM);
    IS(unix_server("dgram-no", SOCK_DGRAM) >= 0, true);
    enter("\"net.connect\": [\"unix:./dgram\"]");
    int s = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t n = unix_address(&at, "dgram");
    IS(sendto(s, "hello", 5, 0, (struct sockaddr *)&at, n), 5);
    IS(received(server, "hello"), true);
    n = unix_address(&no, "dgram-no");
    FAILS(sendto(s, "hello", 5, 0, (struct sockaddr *)&no, n), EACCES);
    IS(connect_unix(s, "dgram"), 0);
    IS(send(s, "again", 5, 0), 5);
    IS(received(server, "again"), true);
    return ok;
}

// ---- listening ----------------------------------------------------------------------------------

static long bind_to(int s, const char *address, int port)
{
    struct sockaddr_storage at;
    socklen_t n = address_of(&at, address, port);
    return bind(s, (struct sockaddr *)&at, n);
}

static int free_port(void)
{
    int port;
    close(tcp_server("127.0.0.1", &port));
    return port;
}

static bool listens(void)
{
    bool ok = true;
    int port = free_port(), other = free_port(), udp = free_port();
    enter("\"net.listen\": [\"127.0.0.1:%d\", \"127.0.0.1:%d\"], \"net.connect\": [\"127.0.0.1\"]",
          port, udp);
    int s = tcp(AF_INET, 0);
    FAILS(bind_to(s, "127.0.0.1", other), EACCES);
    FAILS(bind_to(s, "0.0.0.0", port), EACCES);
    IS(bind_to(s, "127.0.0.1", port), 0);
    IS(listen(s, 8), 0);
    IS(connect_to(tcp(AF_INET, 0), "127.0.0.1", port), 0);
    FAILS(listen(tcp(AF_INET, 0), 8), EACCES); // never bound: any address, any port
    s = tcp(AF_INET, 0);
    IS(bind_to(s, "127.0.0.1", 0), 0); // as a client does
    FAILS(listen(s, 8), EACCES);
    IS(connect_to(s, "127.0.0.1", port), 0);
    IS(bind_to(socket(AF_INET, SOCK_DGRAM, 0), "127.0.0.1", udp), 0);
    IS(bind_to(socket(AF_INET, SOCK_DGRAM, 0), "0.0.0.0", 0), 0);
    FAILS(bind_to(socket(AF_INET, SOCK_DGRAM, 0), "127.0.0.1", other), EACCES);
    FAILS(bind_to(tcp(AF_INET6, 0), "::", port), EACCES);
    FAILS(bind_to(tcp(AF_INET6, 0), "::ffff:127.0.0.1", other), EACCES);
    return ok;
}

static bool listens_anywhere(void)
{
    bool ok = true;
    int other = free_port();
    enter("\"net.listen\": [\"0.0.0.0:0\"]");
    IS(listen(tcp(AF_INET, 0), 8), 0);
    int s = tcp(AF_INET, 0);
    IS(bind_to(s, "0.0.0.0", 0), 0);
    IS(listen(s, 8), 0);
    s = tcp(AF_INET, 0);
    IS(bind_to(s, "127.0.0.1", 0), 0);
    FAILS(listen(s, 8), EACCES);
    FAILS(bind_to(tcp(AF_INET, 0), "0.0.0.0", other), EACCES);
    return ok;
}

// ---- errors are the kernel's
// ----------------------------------------------------------------------

// Odd calls: the same answers without and with a supervisor, where everything is granted.
typedef struct {
    int got[64], n;
} answers;

static void note(answers *a, long rc)
{
    a->got[a->n++] = rc < 0 ? -errno : (int)rc;
}

static void odd_calls(answers *a, int port)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
    struct sockaddr_storage to, copy;
    socklen_t n = address_of(&to, "127.0.0.1", port);
    struct msghdr m = {0};
    struct mmsghdr mm = {0};
    int pipes[2];
    (void)!pipe(pipes);
    signal(SIGPIPE, SIG_IGN);
    note(a, connect(-1, (struct sockaddr *)&to, n));
    note(a, connect(pipes[0], (struct sockaddr *)&to, n));
    note(a, sendto(pipes[0], "x", 1, 0, (struct sockaddr *)&to, n));
    note(a, listen(pipes[0], 1));
    for (int i = 0; i < 2; i++) {
        int s = socket(AF_INET, types[i], 0), v6 = socket(AF_INET6, types[i], 0);
        note(a, connect(s, (struct sockaddr *)8, n));
        note(a, connect(s, (struct sockaddr *)&to, 0));
        note(a, connect(s, (struct sockaddr *)&to, 1));
        note(a, connect(s, (struct sockaddr *)&to, 8));
        note(a, connect(s, (struct sockaddr *)&to, 4096));
        note(a, connect(s, (struct sockaddr *)&to, (socklen_t)-1));
        note(a, bind(s, (struct sockaddr *)&to, 8));
        note(a, bind(s, (struct sockaddr *)8, n));
        copy = to;
        copy.ss_family = AF_UNIX;
        note(a, connect(s, (struct sockaddr *)&copy, n));
        note(a, bind(s, (struct sockaddr *)&copy, n));
        note(a, connect(v6, (struct sockaddr *)&copy, 28));
        note(a, bind(v6, (struct sockaddr *)&to, n));
        copy.ss_family = AF_INET6;
        note(a, connect(v6, (struct sockaddr *)&copy, 20));
        note(a, sendto(s, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&to, 8));
        note(a, sendto(s, (void *)8, 1, MSG_NOSIGNAL, (struct sockaddr *)&to, n));
        note(a, sendmsg(s, (struct msghdr *)8, MSG_NOSIGNAL));
        m = (struct msghdr){
            .msg_name = &to, .msg_namelen = n, .msg_iov = (void *)8, .msg_iovlen = 1};
        note(a, sendmsg(s, &m, MSG_NOSIGNAL));
        m.msg_iovlen = 5000;
        note(a, sendmsg(s, &m, MSG_NOSIGNAL));
        note(a, sendmmsg(s, &mm, 0, 0));
    }
    int u = socket(AF_UNIX, SOCK_STREAM, 0);
    note(a, connect(u, (struct sockaddr *)&to, n));
    to.ss_family = AF_UNIX;
    note(a, connect(u, (struct sockaddr *)&to, 2));
    note(a, sendto(u, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&to, n));
    note(a, listen(socket(AF_INET, SOCK_DGRAM, 0), 1));
}

static bool same_errors(void)
{
    bool ok = true;
    int port;
    answers *plain = mmap(NULL, sizeof *plain, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                          -1, 0),
            boxed = {0}, *b = &(answers){0};
    (void)boxed;
    tcp_server("127.0.0.1", &port);
    pid_t child = fork();
    if (child == 0) {
        odd_calls(plain, port);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    enter("\"net.connect\": [\"*\", \"unix:/\"], \"net.listen\": [\"*\", \"unix:/\"]");
    odd_calls(b, port);
    IS(b->n, plain->n);
    for (int i = 0; i < plain->n; i++) {
        if (b->got[i] == plain->got[i]) continue;
        fprintf(stderr, "    odd call %d: %d, not %d\n", i, b->got[i], plain->got[i]);
        ok = false;
    }
    return ok;
}

// ---- what was refused ---------------------------------------------------------------------------

static bool tells(void)
{
    bool ok = true;
    char text[8192];
    unlink("audit");
    audit_fd = open("audit", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    enter("\"net.connect\": [\"127.0.0.1:1\"]");
    for (int i = 0; i < 5; i++) {
        FAILS(connect_to(tcp(AF_INET, 0), "192.0.2.7", 443), EACCES);
    }
    FAILS(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM);
    uint8_t question = PSX_BOX_ASK_REFUSED;
    IS(send(control, &question, 1, 0), 1);
    ssize_t n = recv(control, text, sizeof text - 1, 0);
    IS(n > 4, true);
    text[n > 4 ? n : 4] = '\0';
    IS(strstr(text + 4, "\"value\":\"192.0.2.7\"") != NULL, true);
    IS(strstr(text + 4, "\"count\":5") != NULL, true);
    IS(strstr(text + 4, "npsx grant app net.connect:192.0.2.7:443") != NULL, true);
    IS(strstr(text + 4, "\"syscall\":\"ptrace\"") != NULL, true);
    IS(send(control, &question, 1, 0), 1);
    IS(recv(control, text, sizeof text, 0), 4); // nothing new
    n = pread(audit_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    IS(strstr(text, "\"syscall\":\"connect\"") != NULL, true);
    int lines = 0;
    for (ssize_t i = 0; i < n; i++) {
        lines += text[i] == '\n';
    }
    IS(lines, 2);
    return ok;
}

// A process that cannot be looked at gets nothing done, and the reason is told. (Root can look.)
static bool unreadable(void)
{
    bool ok = true;
    char text[4096];
    int port;
    uint8_t question = PSX_BOX_ASK_REFUSED;
    tcp_server("127.0.0.1", &port);
    enter("\"net.connect\": [\"127.0.0.1:%d\"]", port);
    IS(connect_to(tcp(AF_INET, 0), "127.0.0.1", port), 0);
    IS(prctl(PR_SET_DUMPABLE, 0), 0);
    if (getuid() == 0) {
        IS(connect_to(tcp(AF_INET, 0), "127.0.0.1", port), 0);
        return ok;
    }
    FAILS(connect_to(tcp(AF_INET, 0), "127.0.0.1", port), EPERM);
    IS(send(control, &question, 1, 0), 1);
    ssize_t n = recv(control, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    IS(n > 4 && strstr(text + 4, "ptrace_scope") != NULL, true);
    return ok;
}

const test_case cases_calls[] = {
    {"unreadable", unreadable},
    {"connects", connects},
    {"connects_v6", connects_v6},
    {"non_blocking", non_blocking},
    {"waits", waits},
    {"others_go_on", others_go_on},
    {"datagrams", datagrams},
    {"many_datagrams", many_datagrams},
    {"source_routes", source_routes},
    {"long_message", long_message},
    {"fast_open", fast_open},
    {"unix_sockets", unix_sockets},
    {"unix_binds", unix_binds},
    {"unix_waits", unix_waits},
    {"unix_datagrams", unix_datagrams},
    {"passes_descriptors", passes_descriptors},
    {"listens", listens},
    {"listens_anywhere", listens_anywhere},
    {"same_errors", same_errors},
    {"tells", tells},
    {0},
};

// For tests/box/names: the box's resolver without a box. `resolver-drive POLICY`, then lines on
// stdin, each answered by a line on stdout, in whatever order the answers come:
//
//     N udp HEX           HEX of the answer to this message, from a socket that was led here
//     N twice HEX         the same for a message that is sent two times; the first answer
//     N tcp HEX           the same over a connection; "closed" when there is none
//     N stranger HEX      from a socket that was not; no answer is expected, none is waited for
//     N strange-tcp HEX   "closed", or HEX of an answer
//     N allows ADDRESS PORT          yes | no
//     N redirects ADDRESS PORT       "127.0.0.1 PORT" | no
//     refused NAME                   (by itself) what was recorded as refused
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "box/super.h"

enum { WATCHES = 512, LINE = 1 << 16, MESSAGE = 1 << 16 };

static struct {
    int fd;
    psx_super_ready *fn;
    void *arg;
} watches[WATCHES];
static psx_super super;
static psx_box_spec spec;
static psx_box_supervision how;

// In the place of the supervisor's own.
psx_rc psx_super_watch(psx_super *s, int fd, unsigned events, psx_super_ready *fn, void *arg)
{
    for (size_t i = 0; i < WATCHES; i++) {
        if (watches[i].fn) continue;
        struct epoll_event e = {.events = events, .data.u64 = i};
        if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) return (psx_rc){PSX_E_OS};
        watches[i].fd = fd;
        watches[i].fn = fn;
        watches[i].arg = arg;
        return PSX_OK;
    }
    return (psx_rc){PSX_E_CEILING};
}

void psx_super_unwatch(psx_super *s, int fd)
{
    for (size_t i = 0; i < WATCHES; i++) {
        if (!watches[i].fn || watches[i].fd != fd) continue;
        epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
        watches[i].fn = NULL;
        return;
    }
    fprintf(stderr, "%d is not watched\n", fd);
    abort();
}

void psx_super_refuse(psx_super *s, pid_t pid, const char *call, psx_cap cap, psx_str value,
                      int port)
{
    (void)s, (void)pid, (void)call;
    if (cap != PSX_CAP_NET_CONNECT || port != -1) abort();
    printf("refused %.*s\n", PSX_FMT(value));
    fflush(stdout);
}

// ---- one line -----------------------------------------------------------------------------------

typedef struct {
    unsigned number;
    int fd;
    bool is_stream;
} question;

static size_t from_hex(const char *hex, uint8_t *dst)
{
    size_t n = 0;
    for (unsigned byte; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++) {
        dst[n] = (uint8_t)byte;
    }
    return n;
}

static void say_bytes(unsigned number, const uint8_t *bytes, size_t n)
{
    printf("%u ", number);
    for (size_t i = 0; i < n; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
    fflush(stdout);
}

static void say(unsigned number, const char *word)
{
    printf("%u %s\n", number, word);
    fflush(stdout);
}

static size_t receive_all(int fd, uint8_t *dst, size_t size)
{
    size_t n = 0;
    for (ssize_t got; n < size && (got = recv(fd, dst + n, size - n, MSG_WAITALL)) > 0;) {
        n += (size_t)got;
    }
    return n;
}

static void on_answer(psx_super *s, void *arg, unsigned events)
{
    static uint8_t bytes[MESSAGE];
    question *q = arg;
    uint8_t length[2];
    (void)events;
    psx_super_unwatch(s, q->fd);
    if (!q->is_stream) {
        ssize_t n = recv(q->fd, bytes, sizeof bytes, 0);
        say_bytes(q->number, bytes, n > 0 ? (size_t)n : 0);
    } else if (receive_all(q->fd, length, 2) == 2) {
        // the resolver wrote all of it at once
        say_bytes(q->number, bytes,
                  receive_all(q->fd, bytes, (size_t)(length[0] << 8 | length[1])));
    } else {
        say(q->number, "closed");
    }
    close(q->fd);
    free(q);
}

static void ask(unsigned number, const char *hex, int type, bool is_joined, int times)
{
    uint8_t bytes[2 + LINE / 2];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)how.dns_port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) abort();
    if (is_joined) psx_super_dns_joined(&super, fd, type);
    size_t n = from_hex(hex, bytes + 2);
    bytes[0] = (uint8_t)(n >> 8);
    bytes[1] = (uint8_t)(n & 0xFF);
    bool is_stream = type == SOCK_STREAM;
    while (times--) {
        (void)!send(fd, is_stream ? bytes : bytes + 2, is_stream ? n + 2 : n, MSG_NOSIGNAL);
    }
    question *q = malloc(sizeof *q);
    if (!q) abort();
    *q = (question){number, fd, is_stream};
    if (is_joined || is_stream) {
        if (psx_failed(psx_super_watch(&super, fd, EPOLLIN, on_answer, q))) abort();
    } else {
        free(q); // stays open: an answer would have somewhere to go
    }
}

static bool address_of(const char *text, uint8_t out[16])
{
    memset(out, 0, 16);
    out[10] = out[11] = 0xFF;
    return inet_pton(AF_INET, text, out + 12) == 1 || inet_pton(AF_INET6, text, out) == 1;
}

static void redirects(unsigned number, const char *text, int port)
{
    char shown[INET6_ADDRSTRLEN + 16];
    struct sockaddr_storage to = {0}, instead = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&to;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&to;
    to.ss_family = inet_pton(AF_INET, text, &four->sin_addr) == 1 ? AF_INET : AF_INET6;
    if (to.ss_family == AF_INET6 && inet_pton(AF_INET6, text, &six->sin6_addr) != 1) abort();
    four->sin_port = htons((uint16_t)port);
    if (!psx_super_dns_redirects(&super, (struct sockaddr *)&to, SOCK_DGRAM, &instead)) {
        say(number, "no");
        return;
    }
    if (instead.ss_family != to.ss_family) abort();
    four = (struct sockaddr_in *)&instead;
    six = (struct sockaddr_in6 *)&instead;
    bool is_four = instead.ss_family == AF_INET;
    inet_ntop(instead.ss_family, is_four ? (void *)&four->sin_addr : (void *)&six->sin6_addr, shown,
              sizeof shown);
    bool ours = ntohs(four->sin_port) == how.dns_port;
    printf("%u %s %s\n", number, shown, ours ? "ours" : "elsewhere");
    fflush(stdout);
}

static void do_line(const char *line)
{
    static char verb[32], first[LINE];
    unsigned number = 0;
    int port = 0;
    uint8_t address[16];
    if (sscanf(line, "%u %31s %65535s %d", &number, verb, first, &port) < 3) abort();
    if (!strcmp(verb, "udp")) ask(number, first, SOCK_DGRAM, true, 1);
    if (!strcmp(verb, "twice")) ask(number, first, SOCK_DGRAM, true, 2);
    if (!strcmp(verb, "tcp")) ask(number, first, SOCK_STREAM, true, 1);
    if (!strcmp(verb, "stranger")) ask(number, first, SOCK_DGRAM, false, 1);
    if (!strcmp(verb, "strange-tcp")) ask(number, first, SOCK_STREAM, false, 1);
    if (!strcmp(verb, "redirects")) redirects(number, first, port);
    if (strcmp(verb, "allows")) return;
    if (!address_of(first, address)) abort();
    say(number, psx_names_allows(&super, PSX_CAP_NET_CONNECT, address, port) ? "yes" : "no");
}

static void on_stdin(psx_super *s, void *arg, unsigned events)
{
    static char text[LINE];
    static size_t n;
    (void)s, (void)arg, (void)events;
    ssize_t got = read(0, text + n, sizeof text - 1 - n);
    if (got <= 0) exit(0);
    n += (size_t)got;
    for (char *end; (end = memchr(text, '\n', n));) {
        *end = '\0';
        do_line(text);
        n -= (size_t)(end + 1 - text);
        memmove(text, end + 1, n);
    }
}

// ---- the start ----------------------------------------------------------------------------------

static void must(psx_op *op, psx_rc rc)
{
    if (!psx_failed(rc)) return;
    fprintf(stderr, "%s\n", op->fail.message);
    exit(1);
}

static void start(psx_op *op, const char *text)
{
    static const psx_policy_dirs dirs = {PSX_STR_INIT("/proj"), PSX_STR_INIT("/tmp"),
                                         PSX_STR_INIT("/home/u"), PSX_STR_INIT("/proj")};
    psx_policy *policy = NULL;
    psx_policy_holder *held = NULL;
    psx_policy_subject app = {.name = PSX_STR("app"), .dir = PSX_STR("/proj"), .listed = true};
    must(op, psx_policy_parse(op, psx_str_from(text), PSX_STR("argument"), &policy));
    must(op, psx_policy_resolve(op, policy, &dirs));
    must(op, psx_policy_bind(op, policy, &app, &held));
    spec = (psx_box_spec){.policy = policy, .held = held, .connect = PSX_BOX_SOME};
    how = (psx_box_supervision){.audit_fd = -1, .learn_fd = -1};
    super = (psx_super){.op = op, .spec = &spec, .how = &how};
    super.epoll = epoll_create1(EPOLL_CLOEXEC);
    must(op, psx_super_dns_open(op, &spec, &how));
    must(op, psx_super_dns_start(&super));
    must(op, psx_super_watch(&super, 0, EPOLLIN, on_stdin, NULL));
}

int main(int argc, char **argv)
{
    psx_op op;
    struct epoll_event e;
    if (argc != 2) return 2;
    psx_op_init(&op, 4u << 20);
    start(&op, argv[1]);
    for (;;) {
        // one at a time: what an event unwatched has no other event behind it
        if (epoll_wait(super.epoll, &e, 1, -1) != 1) continue;
        if (watches[e.data.u64].fn)
            watches[e.data.u64].fn(&super, watches[e.data.u64].arg, e.events);
    }
}

// The only name server of a box. It answers questions about granted names, after asking the
// system's servers, and remembers the addresses: connecting to them is what the names were granted
// for. What nobody may use is never asked for, so that no data leaves in a name.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "box/answers.h"
#include "box/names.h"
#include "box/resolver.h"
#include "policy/addr.h"

enum {
    DATAGRAMS = 32, // at a time
    HOSTS_BYTES = 1 << 20,
    SEND_BYTES = 128 << 10, // the longest answer fits
    JOINED_MINUTES = 10,
};

typedef struct {
    int fd; // -1: free
    uint32_t turn;
    uint64_t last;
    bool busy; // its question is being asked: nothing is read meanwhile
    size_t got;
    uint8_t bytes[2 + PSX_DNS_QUERY_MAX];
} client;

static const uint8_t loopback[16] = {[10] = 0xFF, 0xFF, 127, 0, 0, 1};

static psx_names names;
static psx_answers answers;
static psx_names_rules rules;
static psx_resolv_conf conf;
static client clients[PSX_RESOLVER_CLIENTS];
// The minute in which a socket with this port was led here or asked last.
static uint16_t joined[2][1 << 16]; // datagrams, connections

static uint64_t now_seconds(void)
{
    return psx_resolver_now() / 1000;
}

// ---- whose sockets are answered -----------------------------------------------------------------

// Other users of the machine reach 127.0.0.1 as well. A port is forgotten after a while, because
// somebody else may get it; what they could do with it is to ask what they can ask anywhere.
static uint16_t this_minute(void)
{
    return (uint16_t)(1 + psx_resolver_now() / 60000 % UINT16_MAX);
}

static bool is_joined(unsigned port, int type)
{
    uint16_t *minute = &joined[type == SOCK_STREAM][port & 0xFFFF], now = this_minute();
    if (!*minute || (uint16_t)(now - *minute) > JOINED_MINUTES) return false;
    *minute = now;
    return true;
}

void psx_super_dns_joined(psx_super *s, int fd, int type)
{
    struct sockaddr_in6 self = {0}; // the port lies where IPv4 has it
    socklen_t n = sizeof self;
    (void)s;
    if (getsockname(fd, (struct sockaddr *)&self, &n) != 0 || !self.sin6_port) return;
    if (self.sin6_family != AF_INET && self.sin6_family != AF_INET6) return;
    joined[type == SOCK_STREAM][ntohs(self.sin6_port)] = this_minute();
}

// ---- what may be asked --------------------------------------------------------------------------

static psx_str text_of(const psx_dns_name *name)
{
    return (psx_str){name->text, name->n};
}

// What reads as an address is granted as that address: nothing is to be called so.
static bool is_granted(const psx_dns_name *name)
{
    psx_addr ignored;
    if (psx_addr_parse_host(text_of(name), &ignored)) return false;
    return psx_names_is_granted(&rules, PSX_CAP_NET_CONNECT, text_of(name), true) ||
           psx_names_is_granted(&rules, PSX_CAP_NET_LISTEN, text_of(name), true);
}

// The name without the i-th of the domains that resolvers append; false: it does not end in it.
static bool strip(const psx_dns_name *name, size_t i, psx_dns_name *out)
{
    psx_str domain = text_of(&conf.domains[i]), text = text_of(name);
    if (text.n < domain.n + 2 || text.p[text.n - domain.n - 1] != '.') return false;
    if (!psx_str_ends(text, domain)) return false;
    return psx_dns_name_of(psx_str_slice(text, 0, text.n - domain.n - 1), out);
}

// "4.3.2.1.in-addr.arpa" is about 1.2.3.4, which may be granted, or the address of a granted name.
static bool may_reverse(const uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];
    if (!psx_names_address_text(address, text, sizeof text)) return false;
    return psx_names_is_granted(&rules, PSX_CAP_NET_CONNECT, psx_str_from(text), true) ||
           psx_names_knows(&names, &rules, address, now_seconds());
}

static bool may_ask(const psx_dns_question *asked)
{
    psx_dns_name shorter;
    uint8_t address[16];
    if (psx_dns_reverse(&asked->name, address)) return may_reverse(address);
    if (is_granted(&asked->name)) return true;
    for (size_t i = 0; i < conf.n_domains; i++) {
        if (strip(&asked->name, i, &shorter) && is_granted(&shorter)) return true;
    }
    return false;
}

// The servers that are granted as addresses: they may be asked for anything. What they say about
// names that are not granted leads nowhere.
static bool has_granted_servers(psx_resolv_conf *out)
{
    enum { PORT = 53 };
    char text[INET6_ADDRSTRLEN];
    *out = conf;
    out->n_servers = 0;
    for (size_t i = 0; i < conf.n_servers; i++) {
        if (!psx_names_address_text(conf.servers[i].address, text, sizeof text)) continue;
        psx_policy_request r = {
            .cap = PSX_CAP_NET_CONNECT, .value = psx_str_from(text), .port = PORT};
        psx_policy_verdict v = psx_policy_decide(rules.policy, rules.holder, &r);
        if (v.allowed && !v.recorded_only) out->servers[out->n_servers++] = conf.servers[i];
    }
    return out->n_servers > 0;
}

// What to say that was asked for: without a search domain, when what is left is no single label.
static void refuse(psx_super *s, const psx_dns_name *name)
{
    uint8_t address[16];
    char text[INET6_ADDRSTRLEN];
    psx_dns_name shorter, best = *name;
    if (psx_dns_reverse(name, address) && psx_names_address_text(address, text, sizeof text)) {
        psx_super_refuse(s, s->engine, "getnameinfo", PSX_CAP_NET_CONNECT, psx_str_from(text), -1);
        return;
    }
    for (size_t i = 0; i < conf.n_domains; i++) {
        if (!strip(name, i, &shorter) || shorter.n >= best.n) continue;
        if (psx_str_find(text_of(&shorter), '.') < shorter.n) best = shorter;
    }
    psx_super_refuse(s, s->engine, "getaddrinfo", PSX_CAP_NET_CONNECT, text_of(&best), -1);
}

// Under the name that was asked for, and under the one that it means.
static void remember(const psx_dns_question *asked, const psx_dns_answer *answer)
{
    psx_dns_name shorter;
    uint64_t now = now_seconds();
    for (size_t i = 0; i < answer->n; i++) {
        const psx_dns_address *a = &answer->v[i];
        if (is_granted(&asked->name)) psx_names_add(&names, &asked->name, a->bytes, a->ttl, now);
        for (size_t k = 0; k < conf.n_domains; k++) {
            if (strip(&asked->name, k, &shorter) && is_granted(&shorter))
                psx_names_add(&names, &shorter, a->bytes, a->ttl, now);
        }
    }
}

// ---- answering ----------------------------------------------------------------------------------

static void on_client(psx_super *s, void *arg, unsigned events);

static void drop_client(psx_super *s, client *c)
{
    if (!c->busy) psx_super_unwatch(s, c->fd);
    close(c->fd);
    c->fd = -1;
}

// The buffer is large and empty: there is no second answer before the first was read.
static void send_to_client(psx_super *s, client *c, const uint8_t *bytes, size_t n)
{
    uint8_t length[2] = {(uint8_t)(n >> 8), (uint8_t)(n & 0xFF)};
    struct iovec parts[2] = {{length, 2}, {(void *)(uintptr_t)bytes, n}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    bool sent = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n + 2;
    c->got = 0;
    if (sent && !psx_failed(psx_super_watch(s, c->fd, EPOLLIN, on_client, c)))
        c->busy = false;
    else
        drop_client(s, c);
}

static void put(psx_super *s, const psx_resolver_asker *to, const uint8_t *bytes, size_t n)
{
    if (to->client < 0) {
        sendto(s->how->dns_udp, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL,
               (const struct sockaddr *)&to->from, sizeof to->from);
        return;
    }
    client *c = &clients[to->client];
    if (c->fd >= 0 && c->turn == to->turn) send_to_client(s, c, bytes, n);
}

static void put_empty(psx_super *s, const psx_resolver_asker *to, const psx_dns_question *asked,
                      unsigned rcode, bool truncated)
{
    uint8_t bytes[PSX_DNS_QUERY_MAX];
    psx_str question = {(const char *)to->question, to->n};
    put(s, to, bytes, psx_dns_write_answer(question, asked, rcode, truncated, bytes));
}

// With the question as the asker spelt it: it is as long as ours.
static void put_message(psx_super *s, const psx_resolver_asker *to, const psx_dns_question *asked,
                        uint8_t *message, size_t n, const psx_dns_answer *answer)
{
    if (to->client < 0 && (answer->truncated || n > asked->room)) {
        put_empty(s, to, asked, PSX_DNS_OK, true);
        return;
    }
    memcpy(message, to->question, 2);
    memcpy(message + PSX_DNS_HEADER, to->question + PSX_DNS_HEADER, asked->end - PSX_DNS_HEADER);
    put(s, to, message, n);
}

void psx_resolver_answered(psx_super *s, const psx_resolver_query *q, uint8_t *message, size_t n,
                           const psx_dns_answer *answer)
{
    remember(&q->asked, answer);
    psx_answers_put(&answers, &q->asked, (psx_str){(char *)message, n}, answer, now_seconds());
    put_message(s, &q->asker, &q->asked, message, n, answer);
}

void psx_resolver_failed(psx_super *s, const psx_resolver_query *q, unsigned rcode)
{
    put_empty(s, &q->asker, &q->asked, rcode, false);
}

static bool put_cached(psx_super *s, const psx_resolver_asker *from, const psx_dns_question *asked)
{
    uint8_t bytes[PSX_ANSWERS_BYTES];
    uint16_t id;
    psx_dns_answer answer;
    size_t n = psx_answers_get(&answers, asked, now_seconds(), bytes, &id);
    if (!n || !psx_dns_parse_answer((psx_str){(char *)bytes, n}, asked, id, &answer)) return false;
    remember(asked, &answer);
    put_message(s, from, asked, bytes, n, &answer);
    return true;
}

// ---- asking -------------------------------------------------------------------------------------

// False: nothing was answered, and nothing will be.
static bool hear(psx_super *s, psx_resolver_asker *from)
{
    static psx_resolv_conf granted;
    psx_dns_question asked;
    int rcode;
    bool good = psx_dns_parse_question((psx_str){(char *)from->question, from->n}, &asked, &rcode);
    if (!good && rcode < 0) return false;
    psx_resolv_conf_load(&conf);
    const psx_resolv_conf *whom = &conf;
    // "There is no such name" and not "refused": everybody takes that for an answer, and asks
    // neither again nor somebody else.
    if (good && !may_ask(&asked)) {
        whom = has_granted_servers(&granted) ? &granted : NULL;
        if (!whom) {
            refuse(s, &asked.name);
            rcode = PSX_DNS_NXDOMAIN;
        }
    }
    if (rcode != PSX_DNS_OK) {
        put_empty(s, from, &asked, (unsigned)rcode, false);
        return true;
    }
    if (psx_resolver_is_asking(from, asked.id) || put_cached(s, from, &asked)) return true;
    psx_resolver_query *q = psx_resolver_new();
    if (!q) {
        put_empty(s, from, &asked, PSX_DNS_SERVFAIL, false);
        return true;
    }
    q->asker = *from;
    q->asked = asked;
    psx_resolver_ask(s, q, whom);
    return true;
}

static void on_datagrams(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    for (int i = 0; i < DATAGRAMS; i++) {
        psx_resolver_asker from = {.client = -1};
        socklen_t size = sizeof from.from;
        ssize_t n = recvfrom(s->how->dns_udp, from.question, sizeof from.question,
                             MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from.from, &size);
        if (n < 0) return;
        if ((size_t)n > sizeof from.question) continue;
        if (!is_joined(ntohs(from.from.sin_port), SOCK_DGRAM)) continue;
        from.n = (size_t)n;
        hear(s, &from);
    }
}

// ---- connections --------------------------------------------------------------------------------

static void hear_client(psx_super *s, client *c)
{
    psx_resolver_asker from = {.client = (int)(c - clients), .turn = c->turn, .n = c->got - 2};
    memcpy(from.question, c->bytes + 2, from.n);
    psx_super_unwatch(s, c->fd);
    c->busy = true;
    if (!hear(s, &from)) drop_client(s, c);
}

static void on_client(psx_super *s, void *arg, unsigned events)
{
    client *c = arg;
    (void)events;
    size_t wanted = c->got < 2 ? 2 : 2 + (size_t)(c->bytes[0] << 8 | c->bytes[1]);
    ssize_t n = recv(c->fd, c->bytes + c->got, wanted - c->got, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    c->last = psx_resolver_now();
    if (n > 0) c->got += (size_t)n;
    size_t length = c->got < 2 ? PSX_DNS_HEADER : (size_t)(c->bytes[0] << 8 | c->bytes[1]);
    if (n <= 0 || length < PSX_DNS_HEADER || length > PSX_DNS_QUERY_MAX)
        drop_client(s, c);
    else if (c->got == 2 + length)
        hear_client(s, c);
}

// A free place, or that of who has said nothing for longest.
static client *client_place(psx_super *s)
{
    client *oldest = NULL;
    for (size_t i = 0; i < PSX_RESOLVER_CLIENTS; i++) {
        client *c = &clients[i];
        if (c->fd < 0) return c;
        if (!c->busy && (!oldest || c->last < oldest->last)) oldest = c;
    }
    if (oldest) drop_client(s, oldest);
    return oldest;
}

static void on_connection(psx_super *s, void *arg, unsigned events)
{
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    int room = SEND_BYTES;
    (void)arg, (void)events;
    int fd =
        accept4(s->how->dns_tcp, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    client *c = is_joined(ntohs(from.sin_port), SOCK_STREAM) ? client_place(s) : NULL;
    if (c) {
        *c = (client){.fd = fd, .turn = c->turn + 1, .last = psx_resolver_now()};
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        if (!psx_failed(psx_super_watch(s, fd, EPOLLIN, on_client, c))) return;
        c->fd = -1;
    }
    close(fd);
}

// ---- what the supervisor asks -------------------------------------------------------------------

static bool address_of(const struct sockaddr *to, uint8_t address[16], int *port)
{
    memset(address, 0, 16);
    if (to->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)to;
        address[10] = address[11] = 0xFF;
        memcpy(address + 12, &four->sin_addr, 4);
        *port = ntohs(four->sin_port);
        return true;
    }
    if (to->sa_family != AF_INET6) return false;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)to;
    memcpy(address, &six->sin6_addr, 16);
    *port = ntohs(six->sin6_port);
    return true;
}

static bool is_server(const uint8_t address[16], int port)
{
    psx_resolv_conf_load(&conf);
    for (size_t i = 0; port == 53 && i < conf.n_servers; i++) {
        if (memcmp(conf.servers[i].address, address, 16) == 0) return true;
    }
    return false;
}

static bool is_ours(psx_super *s, const uint8_t address[16], int port)
{
    return port == s->how->dns_port && memcmp(address, loopback, 16) == 0;
}

// A socket of IPv6 takes the mapped form (unless it was told not to).
static void set_ours(int family, int port, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    out->ss_family = (sa_family_t)family;
    four->sin_port = htons((uint16_t)port); // at the same place in both
    if (family == AF_INET)
        four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        memcpy(&six->sin6_addr, loopback, sizeof loopback);
}

bool psx_super_dns_redirects(psx_super *s, const struct sockaddr *to, int type,
                             struct sockaddr_storage *instead)
{
    uint8_t address[16];
    int port;
    if (!s->how->dns_port || (type != SOCK_DGRAM && type != SOCK_STREAM)) return false;
    if (!address_of(to, address, &port)) return false;
    if (!is_ours(s, address, port) && !is_server(address, port)) return false;
    set_ours(to->sa_family, s->how->dns_port, instead);
    return true;
}

bool psx_names_allows(psx_super *s, psx_cap cap, const uint8_t addr[16], int port)
{
    (void)s;
    return rules.policy && psx_names_allow(&names, &rules, cap, addr, port, now_seconds());
}

// ---- the start ----------------------------------------------------------------------------------

static int listen_on(int type, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
        (type == SOCK_DGRAM || listen(fd, PSX_RESOLVER_CLIENTS) == 0))
        return fd;
    close(fd);
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_in self = {0};
    socklen_t n = sizeof self;
    return getsockname(fd, (struct sockaddr *)&self, &n) == 0 ? ntohs(self.sin_port) : 0;
}

psx_rc psx_super_dns_open(psx_op *op, const psx_box_spec *spec, psx_box_supervision *how)
{
    enum { ATTEMPTS = 32 };
    how->dns_port = 0;
    how->dns_udp = how->dns_tcp = -1;
    // Everything granted: names are asked for as anywhere. Nothing: there are no sockets.
    if (spec->connect != PSX_BOX_SOME || how->learn_fd >= 0) return PSX_OK;
    for (int i = 0; i < ATTEMPTS; i++) {
        how->dns_udp = listen_on(SOCK_DGRAM, 0);
        if (how->dns_udp < 0) break;
        how->dns_port = port_of(how->dns_udp);
        how->dns_tcp = how->dns_port ? listen_on(SOCK_STREAM, how->dns_port) : -1;
        if (how->dns_tcp >= 0) return PSX_OK;
        close(how->dns_udp);
    }
    how->dns_port = 0;
    how->dns_udp = how->dns_tcp = -1;
    return psx_fail(op, PSX_E_OS, "cannot listen on 127.0.0.1 for what the box asks by name: %s",
                    strerror(errno));
}

// Into memory that is given back: the file may be long, and few of its names are granted.
static void read_hosts(void)
{
    size_t n = 0;
    int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text =
        mmap(NULL, HOSTS_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (ssize_t got = 1; fd >= 0 && text != MAP_FAILED && n < HOSTS_BYTES && got > 0;) {
        got = read(fd, text + n, HOSTS_BYTES - n);
        if (got > 0) n += (size_t)got;
    }
    if (fd >= 0) close(fd);
    psx_names_read_hosts(&names, &rules, (psx_str){text, n});
    if (text != MAP_FAILED) munmap(text, HOSTS_BYTES);
}

psx_rc psx_super_dns_start(psx_super *s)
{
    if (s->spec->connect != PSX_BOX_SOME && s->spec->listen != PSX_BOX_SOME) return PSX_OK;
    for (size_t i = 0; i < PSX_RESOLVER_CLIENTS; i++) {
        clients[i].fd = -1;
    }
    TRY(psx_names_rules_make(s->op, s->spec->policy, s->spec->held, &rules));
    read_hosts();
    if (!s->how->dns_port) return PSX_OK;
    psx_resolv_conf_load(&conf);
    TRY(psx_resolver_ask_start(s));
    TRY(psx_super_watch(s, s->how->dns_udp, EPOLLIN, on_datagrams, NULL));
    return psx_super_watch(s, s->how->dns_tcp, EPOLLIN, on_connection, NULL);
}

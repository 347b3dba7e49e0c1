// Questions under way to the name servers of the system, and who is asked next when nobody answers.
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>

#include "box/resolver.h"

enum {
    DATAGRAM = 4096, // more than we say that we take
    STREAM = 2 + PSX_DNS_MESSAGE_MAX,
    // A server that answered after another one did not is asked first for so long.
    FIRST_MS = 30000,
};

static psx_resolver_query queries[PSX_RESOLVER_QUERIES];
static struct {
    bool used;
    uint8_t bytes[STREAM];
} streams[PSX_RESOLVER_STREAMS];
static int timer = -1;
static uint64_t timer_at; // 0: not set
static struct {
    size_t server;
    uint64_t until;
} better;

uint64_t psx_resolver_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// ---- the table ----------------------------------------------------------------------------------

psx_resolver_query *psx_resolver_new(void)
{
    for (size_t i = 0; i < PSX_RESOLVER_QUERIES; i++) {
        psx_resolver_query *q = &queries[i];
        if (q->used) continue;
        *q = (psx_resolver_query){.used = true, .rcode = PSX_DNS_SERVFAIL};
        for (size_t k = 0; k < PSX_RESOLV_SERVERS; k++) {
            q->tries[k] = (psx_resolver_try){.query = q, .fd = -1};
        }
        return q;
    }
    return NULL;
}

bool psx_resolver_is_asking(const psx_resolver_asker *asker, uint16_t id)
{
    for (size_t i = 0; i < PSX_RESOLVER_QUERIES; i++) {
        const psx_resolver_query *q = &queries[i];
        if (!q->used || q->asked.id != id || q->asker.client >= 0) continue;
        if (q->asker.from.sin_port == asker->from.sin_port && q->asker.n == asker->n &&
            memcmp(q->asker.question, asker->question, asker->n) == 0)
            return true;
    }
    return false;
}

static void close_try(psx_super *s, psx_resolver_try *t)
{
    if (t->fd < 0) return;
    psx_super_unwatch(s, t->fd);
    close(t->fd);
    t->fd = -1;
}

static void end(psx_super *s, psx_resolver_query *q)
{
    for (size_t i = 0; i < PSX_RESOLV_SERVERS; i++) {
        close_try(s, &q->tries[i]);
    }
    for (size_t i = 0; i < PSX_RESOLVER_STREAMS; i++) {
        if (streams[i].bytes == q->stream) streams[i].used = false;
    }
    q->used = false;
}

static void fail(psx_super *s, psx_resolver_query *q)
{
    end(s, q);
    psx_resolver_failed(s, q, q->rcode);
}

// ---- time ---------------------------------------------------------------------------------------

static void set_timer(uint64_t at)
{
    if (timer_at && timer_at <= at) return;
    uint64_t now = psx_resolver_now(), wait = at > now ? at - now : 1;
    struct itimerspec spec = {
        .it_value = {.tv_sec = (time_t)(wait / 1000), .tv_nsec = (long)(wait % 1000) * 1000000}};
    timerfd_settime(timer, 0, &spec, NULL);
    timer_at = at;
}

// ---- one server ---------------------------------------------------------------------------------

static bool make_id(uint16_t *id)
{
    return getrandom(id, sizeof *id, GRND_NONBLOCK) == sizeof *id;
}

static void on_datagram(psx_super *s, void *arg, unsigned events);
static void on_stream(psx_super *s, void *arg, unsigned events);

// Connected: the kernel drops what others send, and chooses the port at random.
static bool open_try(psx_super *s, psx_resolver_try *t, bool over_tcp)
{
    struct sockaddr_storage to;
    socklen_t n = psx_resolv_sockaddr(&t->server, &to);
    int type = (over_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    t->fd = socket(to.ss_family, type, 0);
    if (t->fd < 0) return false;
    bool connected = connect(t->fd, (struct sockaddr *)&to, n) == 0 || errno == EINPROGRESS;
    psx_super_ready *fn = over_tcp ? on_stream : on_datagram;
    unsigned events = over_tcp ? EPOLLOUT : EPOLLIN;
    if (connected && !psx_failed(psx_super_watch(s, t->fd, events, fn, t))) return true;
    close(t->fd);
    t->fd = -1;
    return false;
}

static bool send_datagram(psx_super *s, psx_resolver_try *t)
{
    uint8_t bytes[PSX_DNS_QUERY_MAX];
    if (t->fd < 0 && !open_try(s, t, false)) return false;
    size_t n = psx_dns_write_query(&t->query->asked, t->query->id, bytes);
    return n && send(t->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

static bool begin_stream(psx_super *s, psx_resolver_try *t)
{
    for (size_t i = 0; i < PSX_RESOLV_SERVERS; i++) {
        close_try(s, &t->query->tries[i]);
    }
    t->query->got = 0;
    t->query->is_connected = false;
    return open_try(s, t, true);
}

static bool is_waiting(const psx_resolver_query *q)
{
    for (size_t i = 0; i < q->n_servers; i++) {
        if (q->tries[i].fd >= 0) return true;
    }
    return false;
}

static void give_up(psx_super *s, psx_resolver_try *t)
{
    close_try(s, t);
    t->failed = true;
}

// Asks the next server that has not failed. One that was asked before may still answer.
static void advance(psx_super *s, psx_resolver_query *q)
{
    while (q->tried < q->rounds * q->n_servers) {
        psx_resolver_try *t = &q->tries[(q->first + q->tried++) % q->n_servers];
        if (t->failed) continue;
        if (q->over_tcp ? begin_stream(s, t) : send_datagram(s, t)) {
            q->next = psx_resolver_now() + q->step;
            set_timer(q->next < q->end ? q->next : q->end);
            return;
        }
        give_up(s, t);
    }
    q->next = q->end;
    if (!is_waiting(q) || psx_resolver_now() >= q->end) fail(s, q);
}

static void on_timer(psx_super *s, void *arg, unsigned events)
{
    (void)arg, (void)events;
    uint64_t ticks, now = psx_resolver_now(), least = UINT64_MAX;
    (void)!read(timer, &ticks, sizeof ticks);
    timer_at = 0;
    for (size_t i = 0; i < PSX_RESOLVER_QUERIES; i++) {
        psx_resolver_query *q = &queries[i];
        if (!q->used) continue;
        if (now >= q->end)
            fail(s, q);
        else if (now >= q->next)
            advance(s, q);
        if (!q->used) continue;
        uint64_t at = q->next < q->end ? q->next : q->end;
        if (at < least) least = at;
    }
    if (least != UINT64_MAX) set_timer(least);
}

// ---- answers ------------------------------------------------------------------------------------

// Another server may know more.
static bool is_no_help(unsigned rcode)
{
    return rcode == PSX_DNS_SERVFAIL || rcode == PSX_DNS_NOTIMP || rcode == PSX_DNS_REFUSED;
}

static void done(psx_super *s, psx_resolver_try *t, uint8_t *message, size_t n,
                 const psx_dns_answer *answer)
{
    psx_resolver_query *q = t->query;
    if (is_no_help(answer->rcode)) {
        q->rcode = answer->rcode;
        give_up(s, t);
        advance(s, q);
        return;
    }
    if (q->tried > 1) {
        better.server = (size_t)(t - q->tries);
        better.until = psx_resolver_now() + FIRST_MS;
    }
    // the message may lie in the stream: nothing else takes that before this returns
    end(s, q);
    psx_resolver_answered(s, q, message, n, answer);
}

// What is no answer to our question is as if it had not come: somebody may be guessing.
static void on_datagram(psx_super *s, void *arg, unsigned events)
{
    static uint8_t bytes[DATAGRAM];
    psx_resolver_try *t = arg;
    psx_dns_answer answer;
    (void)events;
    ssize_t n = recv(t->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) { // nobody is there
        give_up(s, t);
        advance(s, t->query);
        return;
    }
    psx_str message = {(char *)bytes, (size_t)n};
    if (psx_dns_parse_answer(message, &t->query->asked, t->query->id, &answer))
        done(s, t, bytes, (size_t)n, &answer);
}

static bool send_stream(psx_super *s, psx_resolver_try *t)
{
    uint8_t bytes[2 + PSX_DNS_QUERY_MAX];
    size_t n = psx_dns_write_query(&t->query->asked, t->query->id, bytes + 2);
    bytes[0] = (uint8_t)(n >> 8);
    bytes[1] = (uint8_t)(n & 0xFF);
    if (send(t->fd, bytes, n + 2, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n + 2) return false;
    t->query->is_connected = true;
    psx_super_unwatch(s, t->fd);
    if (!psx_failed(psx_super_watch(s, t->fd, EPOLLIN, on_stream, t))) return true;
    return false;
}

// True as long as it goes on: *size is the length of the answer when all of it is there, else 0.
static bool read_stream(psx_resolver_query *q, int fd, size_t *size)
{
    *size = 0;
    size_t wanted = q->got < 2 ? 2 : 2 + (size_t)(q->stream[0] << 8 | q->stream[1]);
    ssize_t n = recv(fd, q->stream + q->got, wanted - q->got, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    q->got += (size_t)n;
    if (n == 0 || q->got < 2) return n > 0;
    size_t length = (size_t)(q->stream[0] << 8 | q->stream[1]);
    if (q->got == 2 + length) *size = length;
    return length > 0;
}

static void on_stream(psx_super *s, void *arg, unsigned events)
{
    psx_resolver_try *t = arg;
    psx_resolver_query *q = t->query;
    psx_dns_answer answer;
    size_t n = 0;
    (void)events;
    bool good = q->is_connected ? read_stream(q, t->fd, &n) : send_stream(s, t);
    if (good && n) {
        psx_str message = {(char *)q->stream + 2, n};
        good = psx_dns_parse_answer(message, &q->asked, q->id, &answer) && !answer.truncated;
        if (good) done(s, t, q->stream + 2, n, &answer);
    }
    if (good) return;
    give_up(s, t);
    advance(s, q);
}

// ---- the start ----------------------------------------------------------------------------------

static uint8_t *free_stream(void)
{
    for (size_t i = 0; i < PSX_RESOLVER_STREAMS; i++) {
        if (streams[i].used) continue;
        streams[i].used = true;
        return streams[i].bytes;
    }
    return NULL;
}

static size_t first_server(const psx_resolv_conf *conf)
{
    static size_t turn;
    if (conf->rotate) return turn++ % conf->n_servers;
    bool other = better.until > psx_resolver_now() && better.server < conf->n_servers;
    return other ? better.server : 0;
}

void psx_resolver_ask(psx_super *s, psx_resolver_query *q, const psx_resolv_conf *conf)
{
    uint64_t now = psx_resolver_now();
    q->over_tcp = q->asker.client >= 0 || conf->use_tcp;
    q->n_servers = conf->n_servers;
    q->first = first_server(conf);
    q->rounds = conf->attempts;
    for (size_t i = 0; i < conf->n_servers; i++) {
        q->tries[i].server = conf->servers[i];
    }
    // Whoever asks us waits as long for each server: that time is shared among all of them, so that
    // one that is dead is not noticed.
    q->step = 1000u * conf->timeout / (q->over_tcp ? 1 : conf->n_servers);
    q->end = now + 1000u * conf->timeout * conf->attempts;
    if (q->over_tcp) q->stream = free_stream();
    if (!make_id(&q->id) || (q->over_tcp && !q->stream))
        fail(s, q);
    else
        advance(s, q);
}

psx_rc psx_resolver_ask_start(psx_super *s)
{
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer < 0) return psx_fail(s->op, PSX_E_OS, "there is no timer for its resolver");
    return psx_super_watch(s, timer, EPOLLIN, on_timer, NULL);
}

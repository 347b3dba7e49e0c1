#include "box/resolv_conf.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "policy/addr.h"

static psx_str next_word(psx_str *line)
{
    size_t from = 0, to;
    while (from < line->n && (line->p[from] == ' ' || line->p[from] == '\t')) {
        from++;
    }
    for (to = from; to < line->n && line->p[to] != ' ' && line->p[to] != '\t';) {
        to++;
    }
    psx_str word = psx_str_slice(*line, from, to);
    *line = psx_str_slice(*line, to, line->n);
    return word;
}

// "eth0" or a number.
static uint32_t scope_of(psx_str zone)
{
    char name[IF_NAMESIZE];
    uint64_t number;
    if (psx_str_to_u64(zone, &number)) return (uint32_t)number;
    if (!zone.n || zone.n >= sizeof name) return 0;
    memcpy(name, zone.p, zone.n);
    name[zone.n] = '\0';
    return if_nametoindex(name);
}

static void add_server(psx_resolv_conf *c, psx_str text)
{
    psx_addr a;
    if (c->n_servers == PSX_RESOLV_SERVERS || !text.n || !psx_addr_parse_host(text, &a)) return;
    size_t percent = psx_str_find(text, '%');
    psx_resolv_server *s = &c->servers[c->n_servers++];
    memcpy(s->address, a.b, sizeof s->address);
    s->scope = percent < text.n ? scope_of(psx_str_slice(text, percent + 1, text.n)) : 0;
}

// The last search or domain line counts.
static void set_domains(psx_resolv_conf *c, psx_str words, size_t max)
{
    c->n_domains = 0;
    for (psx_str w; c->n_domains < max && (w = next_word(&words)).n;) {
        if (psx_dns_name_of(w, &c->domains[c->n_domains])) c->n_domains++;
    }
}

static void set_number(psx_str word, psx_str name, unsigned max, unsigned *out)
{
    uint64_t v;
    if (!psx_str_starts(word, name)) return;
    if (!psx_str_to_u64(psx_str_slice(word, name.n, word.n), &v)) return;
    *out = v > max ? max : (unsigned)v;
}

static void set_options(psx_resolv_conf *c, psx_str words)
{
    for (psx_str w; (w = next_word(&words)).n;) {
        set_number(w, PSX_STR("timeout:"), 30, &c->timeout);
        set_number(w, PSX_STR("attempts:"), 5, &c->attempts);
        if (psx_str_is(w, "rotate")) c->rotate = true;
        if (psx_str_is(w, "use-vc")) c->use_tcp = true;
    }
}

static void read_line(psx_resolv_conf *c, psx_str line)
{
    if (!line.n || line.p[0] == '#' || line.p[0] == ';') return;
    psx_str key = next_word(&line);
    if (psx_str_is(key, "nameserver")) add_server(c, next_word(&line));
    if (psx_str_is(key, "search")) set_domains(c, line, PSX_RESOLV_DOMAINS);
    if (psx_str_is(key, "domain")) set_domains(c, line, 1);
    if (psx_str_is(key, "options")) set_options(c, line);
}

void psx_resolv_conf_parse(psx_str text, psx_str host, psx_resolv_conf *out)
{
    *out = (psx_resolv_conf){.timeout = 5, .attempts = 2};
    set_domains(out, psx_str_slice(host, psx_str_find(host, '.') + 1, host.n), 1);
    while (text.n) {
        size_t end = psx_str_find(text, '\n');
        psx_str line = psx_str_slice(text, 0, end);
        if (line.n && line.p[line.n - 1] == '\r') line.n--;
        read_line(out, line);
        text = psx_str_slice(text, end + 1, text.n);
    }
    if (!out->n_servers) add_server(out, PSX_STR("127.0.0.1"));
    if (!out->timeout) out->timeout = 1;
    if (!out->attempts) out->attempts = 1;
}

// ---- the file -----------------------------------------------------------------------------------

static size_t read_all(int fd, char *dst, size_t size)
{
    size_t n = 0;
    for (ssize_t got = 1; n < size && got > 0; n += (size_t)got) {
        got = read(fd, dst + n, size - n);
        if (got < 0) break;
    }
    return n;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool psx_resolv_conf_load(psx_resolv_conf *out)
{
    static struct stat last;
    static char text[PSX_RESOLV_BYTES];
    static char host[256]; // asked for once: later the supervisor may not ask
    static bool loaded;
    struct stat now = {0};
    if (stat("/etc/resolv.conf", &now) != 0) now = (struct stat){0};
    if (loaded && is_same(&last, &now)) return false;
    int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t n = fd < 0 ? 0 : read_all(fd, text, sizeof text);
    if (fd >= 0) close(fd);
    if (!loaded) gethostname(host, sizeof host - 1);
    psx_resolv_conf_parse((psx_str){text, n}, psx_str_from(host), out);
    last = now;
    return loaded = true;
}

socklen_t psx_resolv_sockaddr(const psx_resolv_server *server, struct sockaddr_storage *out)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    enum { PORT = 53 };
    *out = (struct sockaddr_storage){0};
    if (memcmp(server->address, mapped, sizeof mapped) == 0) {
        struct sockaddr_in *four = (struct sockaddr_in *)out;
        four->sin_family = AF_INET;
        four->sin_port = htons(PORT);
        memcpy(&four->sin_addr, server->address + 12, 4);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(PORT);
    six->sin6_scope_id = server->scope;
    memcpy(&six->sin6_addr, server->address, 16);
    return sizeof *six;
}

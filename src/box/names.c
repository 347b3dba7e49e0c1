#include "box/names.h"

#include <arpa/inet.h>

#include "base/map.h"
#include "policy/addr.h"

// ---- the table ----------------------------------------------------------------------------------

static psx_str text_of(const psx_dns_name *name)
{
    return (psx_str){name->text, name->n};
}

static uint16_t *head_of(psx_names *names, const uint8_t address[16])
{
    uint64_t hash = psx_hash((psx_str){(const char *)address, 16});
    return &names->heads[hash % PSX_NAMES_HEADS];
}

static psx_names_text *find_text(psx_names *names, const psx_dns_name *name, uint64_t now)
{
    psx_names_text *free = NULL;
    for (size_t i = 0; i < names->n_texts; i++) {
        psx_names_text *t = &names->texts[i];
        if (t->until <= now)
            free = free ? free : t;
        else if (psx_str_eq(text_of(&t->name), text_of(name)))
            return t;
    }
    if (!free && names->n_texts < PSX_NAMES_TEXTS) free = &names->texts[names->n_texts++];
    if (free) *free = (psx_names_text){.name = *name};
    return free;
}

// Out of the chain that it hangs in.
static void unlink_pair(psx_names *names, const psx_names_pair *pair)
{
    uint16_t number = (uint16_t)(pair - names->pairs + 1), *at = head_of(names, pair->address);
    while (*at && *at != number) {
        at = &names->pairs[*at - 1].next;
    }
    if (*at) *at = pair->next;
}

static psx_names_pair *free_pair(psx_names *names, uint64_t now)
{
    for (size_t i = 0; i < names->n_pairs; i++) {
        if (names->pairs[i].until > now) continue;
        unlink_pair(names, &names->pairs[i]);
        return &names->pairs[i];
    }
    return names->n_pairs < PSX_NAMES_PAIRS ? &names->pairs[names->n_pairs++] : NULL;
}

static psx_names_pair *find_pair(psx_names *names, uint16_t text, const uint8_t address[16],
                                 uint64_t now)
{
    uint16_t *head = head_of(names, address);
    for (uint16_t i = *head; i; i = names->pairs[i - 1].next) {
        psx_names_pair *p = &names->pairs[i - 1];
        if (p->text == text && memcmp(p->address, address, 16) == 0) return p;
    }
    psx_names_pair *p = free_pair(names, now);
    if (!p) return NULL;
    *p = (psx_names_pair){.text = text, .next = *head};
    memcpy(p->address, address, 16);
    *head = (uint16_t)(p - names->pairs + 1);
    return p;
}

static uint64_t end_of(uint32_t ttl, uint64_t now)
{
    if (ttl == UINT32_MAX) return UINT64_MAX;
    return now + (ttl < PSX_NAMES_TTL_MAX ? ttl : PSX_NAMES_TTL_MAX) + PSX_NAMES_GRACE;
}

bool psx_names_add(psx_names *names, const psx_dns_name *name, const uint8_t address[16],
                   uint32_t ttl, uint64_t now)
{
    uint64_t until = end_of(ttl, now);
    psx_names_text *t = find_text(names, name, now);
    if (!t) return false;
    psx_names_pair *p = find_pair(names, (uint16_t)(t - names->texts + 1), address, now);
    if (!p) return false;
    if (p->until < until) p->until = until;
    if (t->until < until) t->until = until;
    return true;
}

// ---- what the policy says -----------------------------------------------------------------------

static psx_rc add_ports(psx_op *op, psx_cap cap, psx_names_rules *out, size_t *room)
{
    size_t n = psx_policy_rules(out->holder, cap, NULL, 0);
    const psx_policy_rule **rules = PSX_ARRAY(op, const psx_policy_rule *, n + 1);
    if (!rules) return psx_fail_nomem(op);
    psx_policy_rules(out->holder, cap, rules, n);
    for (size_t i = 0; i < n; i++) {
        bool known = rules[i]->port < 0;
        for (size_t k = 0; k < out->n_ports; k++) {
            known = known || out->ports[k] == rules[i]->port;
        }
        if (known) continue;
        TRY(PSX_ROOM(op, out->ports, out->n_ports, room));
        out->ports[out->n_ports++] = rules[i]->port;
    }
    return PSX_OK;
}

psx_rc psx_names_rules_make(psx_op *op, const psx_policy *policy, const psx_policy_holder *holder,
                            psx_names_rules *out)
{
    size_t room = 0;
    *out = (psx_names_rules){.policy = policy, .holder = holder};
    TRY(PSX_ROOM(op, out->ports, out->n_ports, &room));
    out->ports[out->n_ports++] = 1; // for rules without a port
    TRY(add_ports(op, PSX_CAP_NET_CONNECT, out, &room));
    return add_ports(op, PSX_CAP_NET_LISTEN, out, &room);
}

static psx_policy_verdict decide(const psx_names_rules *rules, psx_cap cap, psx_str value, int port)
{
    psx_policy_request r = {.cap = cap, .value = value, .port = port};
    return psx_policy_decide(rules->policy, rules->holder, &r);
}

bool psx_names_is_granted(const psx_names_rules *rules, psx_cap cap, psx_str value, bool lax)
{
    for (size_t i = 0; i < rules->n_ports; i++) {
        psx_policy_verdict v = decide(rules, cap, value, rules->ports[i]);
        if (v.allowed && (lax || !v.recorded_only)) return true;
    }
    return false;
}

// ---- asking -------------------------------------------------------------------------------------

bool psx_names_address_text(const uint8_t address[16], char *dst, size_t size)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    bool four = memcmp(address, mapped, sizeof mapped) == 0;
    const void *bytes = four ? address + 12 : address;
    return inet_ntop(four ? AF_INET : AF_INET6, bytes, dst, (socklen_t)size) != NULL;
}

// The next name, not expired, behind *at (0: the first); NULL when there is none.
static const psx_dns_name *next_name(const psx_names *names, const uint8_t address[16],
                                     uint64_t now, uint16_t *at)
{
    // looks only
    uint16_t i =
        *at ? names->pairs[*at - 1].next : *head_of((psx_names *)(uintptr_t)names, address);
    for (; i; i = names->pairs[i - 1].next) {
        const psx_names_pair *p = &names->pairs[i - 1];
        if (p->until <= now || memcmp(p->address, address, 16) != 0) continue;
        *at = i;
        return &names->texts[p->text - 1].name;
    }
    return NULL;
}

static bool allows_as(const psx_names_rules *rules, psx_cap cap, psx_str name, psx_str address,
                      int port)
{
    psx_policy_verdict v = decide(rules, cap, name, port);
    if (!v.allowed || v.recorded_only) return false;
    return psx_policy_address_ok(rules->holder, v.rule, name, address, port);
}

bool psx_names_allow(const psx_names *names, const psx_names_rules *rules, psx_cap cap,
                     const uint8_t address[16], int port, uint64_t now)
{
    char buffer[INET6_ADDRSTRLEN];
    uint16_t at = 0;
    if (!psx_names_address_text(address, buffer, sizeof buffer)) return false;
    psx_str text = psx_str_from(buffer);
    for (const psx_dns_name *n; (n = next_name(names, address, now, &at));) {
        if (allows_as(rules, cap, text_of(n), text, port)) return true;
    }
    return false;
}

bool psx_names_knows(const psx_names *names, const psx_names_rules *rules,
                     const uint8_t address[16], uint64_t now)
{
    uint16_t at = 0;
    for (const psx_dns_name *n; (n = next_name(names, address, now, &at));) {
        if (psx_names_is_granted(rules, PSX_CAP_NET_CONNECT, text_of(n), false)) return true;
    }
    return false;
}

// ---- /etc/hosts ---------------------------------------------------------------------------------

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

static void read_line(psx_names *names, const psx_names_rules *rules, psx_str line)
{
    psx_addr address;
    psx_dns_name name;
    line = psx_str_slice(line, 0, psx_str_find(line, '#'));
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    psx_str word = next_word(&line);
    if (!word.n || !psx_addr_parse_host(word, &address)) return;
    while ((word = next_word(&line)).n) {
        if (!psx_dns_name_of(word, &name)) continue;
        // a long list of names that nobody may use leaves the table to the others
        if (psx_names_is_granted(rules, PSX_CAP_NET_CONNECT, text_of(&name), true) ||
            psx_names_is_granted(rules, PSX_CAP_NET_LISTEN, text_of(&name), true)) {
            psx_names_add(names, &name, address.b, UINT32_MAX, 0);
        }
    }
}

void psx_names_read_hosts(psx_names *names, const psx_names_rules *rules, psx_str text)
{
    read_line(names, rules, PSX_STR("127.0.0.1 localhost"));
    read_line(names, rules, PSX_STR("::1 localhost"));
    while (text.n) {
        size_t end = psx_str_find(text, '\n');
        read_line(names, rules, psx_str_slice(text, 0, end));
        text = psx_str_slice(text, end + 1, text.n);
    }
}

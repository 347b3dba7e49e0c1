#include "cli/export.h"

#include "cli/files.h"
#include "cli/request.h"

#include <arpa/inet.h>
#include <stdarg.h>

// ---- paths --------------------------------------------------------------------------------------

static bool within(psx_str root, psx_str path)
{
    if (root.n == 1) return true;
    return psx_str_starts(path, root) && (path.n == root.n || path.p[root.n] == '/');
}

bool psx_cli_paths_have(const psx_cli_paths *paths, psx_str root)
{
    for (size_t i = 0; i < paths->n; i++) {
        const psx_cli_path *p = &paths->v[i];
        if (p->tree ? within(p->root, root) : psx_str_eq(p->root, root)) return true;
    }
    return false;
}

static psx_rc add_path(psx_op *op, psx_cli_paths *to, psx_str root, bool tree)
{
    size_t kept = 0;
    if (psx_cli_paths_have(to, root) && !tree) return PSX_OK;
    for (size_t i = 0; i < to->n; i++) {
        if (to->v[i].tree && within(to->v[i].root, root)) return PSX_OK;
    }
    for (size_t i = 0; i < to->n; i++) {
        if (!tree || !within(root, to->v[i].root)) to->v[kept++] = to->v[i];
    }
    to->n = kept;
    TRY(PSX_ROOM(op, to->v, to->n, &to->cap));
    to->v[to->n++] = (psx_cli_path){root, tree};
    return PSX_OK;
}

// ---- rules --------------------------------------------------------------------------------------

static psx_rc rules_of(psx_op *op, const psx_policy_holder *whole, psx_cap cap, psx_cli_rules *out)
{
    size_t n = psx_policy_rules(whole, cap, NULL, 0);
    out->v = PSX_ARRAY(op, const psx_policy_rule *, n);
    if (!out->v) return psx_fail_nomem(op);
    out->n = psx_policy_rules(whole, cap, out->v, n);
    return PSX_OK;
}

static psx_rc gather_paths(psx_cli_export *e, const psx_policy_holder *whole, psx_cap cap,
                           psx_cli_paths *out)
{
    psx_cli_rules rules = {0};
    TRY(rules_of(e->op, whole, cap, &rules));
    for (size_t i = 0; i < rules.n; i++) {
        const psx_policy_rule *r = rules.v[i];
        bool all = r->kind == PSX_RULE_ALL;
        if (!all && !r->root.n) continue;
        // Packages lie beneath the project, which is readable as a whole.
        TRY(add_path(e->op, out, all ? PSX_STR("/") : r->root, r->kind != PSX_RULE_FILE));
    }
    return PSX_OK;
}

static psx_rc gather_net(psx_cli_export *e, const psx_policy_holder *whole, psx_cap cap,
                         psx_cli_rules *out)
{
    psx_cli_rules all = {0};
    TRY(rules_of(e->op, whole, cap, &all));
    for (size_t i = 0; i < all.n; i++) {
        const psx_policy_rule *r = all.v[i];
        bool both = r->is_unix && r->kind == PSX_RULE_ALL; // what is left of ambient
        psx_cli_rules *to = r->is_unix ? &e->sockets : out;
        TRY(PSX_ROOM(e->op, to->v, to->n, &to->cap));
        to->v[to->n++] = r;
        if (!both) continue;
        TRY(PSX_ROOM(e->op, out->v, out->n, &out->cap));
        out->v[out->n++] = r;
    }
    return PSX_OK;
}

static psx_rc gather_commands(psx_cli_export *e, const psx_policy_holder *whole)
{
    psx_cli_rules rules = {0};
    psx_str path;
    TRY(rules_of(e->op, whole, PSX_CAP_SPAWN, &rules));
    for (size_t i = 0; i < rules.n; i++) {
        const psx_policy_rule *r = rules.v[i];
        path = r->kind == PSX_RULE_ALL ? PSX_STR("/") : r->root;
        if (r->kind == PSX_RULE_WORD)
            TRY(psx_cli_request_command(e->op, e->place->cwd, r->value, &path));
        TRY(psx_cli_list_add(e->op, &e->commands, path));
    }
    e->spawn = rules.n > 0;
    return PSX_OK;
}

static bool has_word(psx_op *op, const psx_policy_holder *whole, psx_cap cap, const char *word)
{
    psx_cli_rules rules = {0};
    if (psx_failed(rules_of(op, whole, cap, &rules))) return true;
    for (size_t i = 0; i < rules.n; i++) {
        if (rules.v[i]->kind == PSX_RULE_ALL || psx_str_is(rules.v[i]->value, word)) return true;
    }
    return false;
}

// A name that Kubernetes takes: small letters, digits, and dashes between them, at most 63.
static psx_rc make_name(psx_op *op, psx_str from, psx_str *out)
{
    char name[64];
    size_t n = 0;
    for (size_t i = 0; i < from.n && n < 63; i++) {
        char c = from.p[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain)
            name[n++] = c;
        else if (n && name[n - 1] != '-')
            name[n++] = '-';
    }
    while (n && name[n - 1] == '-') {
        n--;
    }
    return n ? psx_op_copy(op, (psx_str){name, n}, out) : psx_op_format(op, out, "app");
}

psx_rc psx_cli_export_gather(psx_op *op, const psx_cli_place *place, const psx_policy_holder *whole,
                             psx_cli_export *out)
{
    *out = (psx_cli_export){.op = op, .place = place};
    psx_buf_init(&out->text, op);
    TRY(make_name(op, psx_cli_basename(place->project), &out->name));
    TRY(add_path(op, &out->reads, place->project, true));
    TRY(gather_paths(out, whole, PSX_CAP_FS_READ, &out->reads));
    TRY(gather_paths(out, whole, PSX_CAP_FS_WRITE, &out->writes));
    TRY(gather_net(out, whole, PSX_CAP_NET_CONNECT, &out->connect));
    TRY(gather_net(out, whole, PSX_CAP_NET_LISTEN, &out->listen));
    TRY(gather_commands(out, whole));
    TRY(rules_of(op, whole, PSX_CAP_ENV, &out->env));
    out->native = psx_policy_holds(whole, PSX_CAP_NATIVE);
    out->worker = psx_policy_holds(whole, PSX_CAP_WORKER);
    out->kill = has_word(op, whole, PSX_CAP_PROCESS, "kill");
    if (psx_policy_holds(whole, PSX_CAP_BUILTINS))
        TRY(psx_cli_export_lose(out, "builtins that are handed over raw: what they can do beyond "
                                     "the other grants is denied"));
    if (psx_policy_onerror(place->policy) == PSX_ONERROR_LOG)
        TRY(psx_cli_export_lose(out,
                                "onerror is \"log\": npsx allows what is not granted, and here "
                                "it is denied"));
    return PSX_OK;
}

// ---- telling ------------------------------------------------------------------------------------

psx_rc psx_cli_export_lose(psx_cli_export *e, const char *fmt, ...)
{
    char text[1024];
    psx_str copy;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (size_t i = 0; i < e->lost.n; i++) {
        if (psx_str_is(e->lost.v[i], text)) return PSX_OK;
    }
    TRY(psx_op_copy(e->op, psx_str_from(text), &copy));
    return psx_cli_list_add(e->op, &e->lost, copy);
}

psx_rc psx_cli_export_comment(psx_buf *b, psx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        TRY(psx_buf_byte(b, c < 0x20 || c >= 0x7f ? '?' : (char)c));
    }
    return PSX_OK;
}

psx_rc psx_cli_export_head(psx_cli_export *e)
{
    psx_buf b;
    psx_buf_init(&b, e->op);
    TRY(psx_buf_text(&b, "# What all packages together may do, by "));
    TRY(psx_cli_export_comment(&b, e->place->policy_file));
    TRY(psx_buf_text(&b, " (npsx policy export).\n"));
    for (size_t i = 0; i < e->lost.n; i++) {
        TRY(psx_buf_text(&b, "# not expressed: "));
        TRY(psx_cli_export_comment(&b, e->lost.v[i]));
        TRY(psx_buf_text(&b, ".\n"));
    }
    TRY(psx_buf_add(&b, psx_buf_str(&e->text)));
    e->text = b;
    return PSX_OK;
}

// ---- lines --------------------------------------------------------------------------------------

psx_rc psx_cli_export_put(psx_cli_export *e, const char *lines)
{
    return psx_buf_format(&e->text, "%s\n", lines);
}

psx_rc psx_cli_export_put_name(psx_cli_export *e, const char *before, const char *after)
{
    TRY(psx_buf_text(&e->text, before));
    TRY(psx_cli_export_yaml(&e->text, e->name));
    return psx_cli_export_put(e, after);
}

// ---- YAML ---------------------------------------------------------------------------------------

bool psx_cli_export_yaml_can(psx_str text)
{
    size_t bad;
    return psx_str_is_utf8(text, &bad);
}

static size_t decode(const unsigned char *p, uint32_t *c)
{
    if (p[0] < 0x80) return *c = p[0], 1;
    if (p[0] < 0xe0) return *c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu), 2;
    if (p[0] < 0xf0) return *c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu), 3;
    *c = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return 4;
}

// Nothing but ASCII letters as they are: parsers disagree about the rest.
psx_rc psx_cli_export_yaml(psx_buf *b, psx_str text)
{
    uint32_t c;
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < text.n;) {
        i += decode((const unsigned char *)text.p + i, &c);
        if (c == '"' || c == '\\')
            TRY(psx_buf_format(b, "\\%c", (char)c));
        else if (c >= 0x20 && c < 0x7f)
            TRY(psx_buf_byte(b, (char)c));
        else if (c < 0x10000)
            TRY(psx_buf_format(b, "\\u%04x", c));
        else
            TRY(psx_buf_format(b, "\\U%08x", c));
    }
    return psx_buf_byte(b, '"');
}

// ---- addresses ----------------------------------------------------------------------------------

psx_rc psx_cli_export_cidr(psx_op *op, const psx_policy_rule *rule, psx_str *out)
{
    char text[INET6_ADDRSTRLEN];
    bool v4 = rule->is_ipv4;
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, rule->addr + (v4 ? 12 : 0), text, sizeof text))
        return psx_fail(op, PSX_E_INTERNAL, "an address without text");
    return psx_op_format(op, out, "%s/%u", text, rule->bits - (v4 ? 96 : 0));
}

bool psx_cli_export_is_loopback(const psx_policy_rule *rule)
{
    static const uint8_t one[16] = {[15] = 1};
    if (rule->kind == PSX_RULE_HOST)
        return psx_str_is(rule->value, "localhost") ||
               psx_str_ends(rule->value, PSX_STR(".localhost"));
    if (rule->kind == PSX_RULE_DOMAIN) return psx_str_is(rule->value, "localhost");
    if (rule->kind != PSX_RULE_CIDR) return false;
    if (rule->is_ipv4) return rule->bits >= 104 && rule->addr[12] == 127;
    return rule->bits == 128 && memcmp(rule->addr, one, 16) == 0;
}

bool psx_cli_export_low_port(const psx_cli_export *e)
{
    for (size_t i = 0; i < e->listen.n; i++) {
        if (e->listen.v[i]->port > 0 && e->listen.v[i]->port < 1024) return true;
    }
    return false;
}

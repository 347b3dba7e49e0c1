// Value patterns: what may stand in the list of a capability, and what it means.
#include "policy/addr.h"
#include "policy/model.h"
#include "policy/path.h"

static psx_rc bad(psx_op *op, psx_str text, const char *why)
{
    return psx_fail(op, PSX_E_VALUE, "\"%.*s\" %s", PSX_FMT(text), why);
}

static bool has_any(psx_str s, const char *set)
{
    for (; *set; set++) {
        if (psx_str_find(s, *set) < s.n) return true;
    }
    return false;
}

static bool has_control(psx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (psx_str_control(s, i)) return true;
    }
    return false;
}

// ---- paths --------------------------------------------------------------------------------------

static const char *const variables[] = {"project", "package", "tmp", "home", "cwd", NULL};

static const char *variable_candidate(size_t i)
{
    return variables[i];
}

// "${tmp}/x" -> "tmp". Absent when there is no variable in front.
static psx_str variable_of(psx_str text)
{
    if (!psx_str_starts(text, PSX_STR("${"))) return (psx_str){0};
    return psx_str_slice(text, 2, psx_str_find(text, '}'));
}

static psx_str behind_variable(psx_str text)
{
    psx_str name = variable_of(text);
    return name.p ? psx_str_slice(text, name.n + 3, text.n) : text;
}

static psx_rc check_variable(psx_op *op, psx_str text)
{
    psx_str name = variable_of(text), rest = behind_variable(text);
    if (!name.p) return PSX_OK;
    if (psx_str_find(text, '}') == text.n) return bad(op, text, "has a variable without \"}\"");
    for (size_t i = 0; variables[i]; i++) {
        if (!psx_str_is(name, variables[i])) continue;
        if (rest.n == 0 || rest.p[0] == '/') return PSX_OK;
        return bad(op, text, "needs a slash behind the variable");
    }
    psx_rc rc = bad(op, text, "has an unknown variable");
    psx_policy_suggest(op, name, variable_candidate);
    if (!op->fail.suggestion[0]) {
        psx_fail_suggest(op, "known: ${project} ${package} ${tmp} ${home} ${cwd}");
    }
    return rc;
}

static psx_rc check_path_bytes(psx_op *op, psx_str text, psx_str rest)
{
    if (text.n == 0) return bad(op, text, "is an empty path");
    if (has_control(text)) return bad(op, text, "has a control character");
    psx_rc rc = PSX_OK;
    if (has_any(rest, "*?")) {
        rc = bad(op, text, "is a glob; paths are one file, or with a trailing slash a whole tree");
        size_t glob = psx_str_find(rest, '*'), mark = psx_str_find(rest, '?');
        psx_str head = psx_str_slice(rest, 0, glob < mark ? glob : mark);
        size_t slash = psx_str_find_last(head, '/');
        if (slash < head.n) psx_fail_suggest(op, "write \"%.*s/\"", (int)slash, head.p);
    } else if (psx_str_find(rest, '{') < rest.n && psx_str_find(rest, ',') < rest.n) {
        rc = bad(op, text, "has braces; write each path by itself");
    } else if (psx_str_find(rest, '\\') < rest.n) {
        rc = bad(op, text, "has a backslash; write \"/\"");
    } else if (rest.p == text.p && rest.p[0] == '~') {
        rc = bad(op, text, "starts with \"~\"");
        psx_fail_suggest(op, "write \"${home}/\"");
    } else if (psx_str_search(rest, PSX_STR("${")) < rest.n) {
        rc = bad(op, text, "has a variable that is not in front");
    }
    return rc;
}

static psx_str next_component(psx_str *rest)
{
    size_t slash = psx_str_find(*rest, '/');
    psx_str part = psx_str_slice(*rest, 0, slash);
    *rest = psx_str_slice(*rest, slash + 1, rest->n);
    return part;
}

// ".." may lead a path relative to the project ("../shared/"). Anywhere else it must not climb
// above where the path started: a reviewer should see at the first glance where a grant leads.
static psx_rc check_climbing(psx_op *op, psx_str text, psx_str rest)
{
    bool anchored = rest.p != text.p || rest.p[0] == '/', leading = !anchored;
    size_t depth = 0;
    while (rest.n) {
        psx_str part = next_component(&rest);
        bool up = psx_str_eq(part, PSX_STR(".."));
        if (part.n == 0 || psx_str_eq(part, PSX_STR("."))) continue;
        if (up && leading) continue;
        leading = false;
        if (up && depth == 0) return bad(op, text, "climbs out with \"..\"; write where it leads");
        depth = up ? depth - 1 : depth + 1;
    }
    return PSX_OK;
}

static psx_rc parse_path(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    psx_str rest = behind_variable(text);
    TRY(check_variable(op, text));
    TRY(check_path_bytes(op, text, rest));
    TRY(check_climbing(op, text, rest.n ? rest : text));
    psx_str last = psx_path_base(text);
    if (psx_str_eq(last, PSX_STR(".")) || psx_str_eq(last, PSX_STR(".."))) {
        psx_rc rc = bad(op, text, "is a directory; with a trailing slash it means the whole tree");
        psx_fail_suggest(op, "write \"%.*s/\"", PSX_FMT(text));
        return rc;
    }
    rule->kind = text.p[text.n - 1] == '/' ? PSX_RULE_TREE : PSX_RULE_FILE;
    rule->value = text;
    return PSX_OK;
}

static psx_rc variable_dir(psx_op *op, const psx_policy_dirs *dirs, psx_str package, psx_str text,
                           psx_str *out)
{
    psx_str name = variable_of(text);
    *out = dirs->project;
    if (psx_str_is(name, "package")) *out = package;
    if (psx_str_is(name, "tmp")) *out = dirs->tmp;
    if (psx_str_is(name, "home")) *out = dirs->home;
    if (psx_str_is(name, "cwd")) *out = dirs->cwd;
    if (out->n == 0 && (text.n == 0 || text.p[0] != '/')) {
        return bad(op, text, "uses a directory that is not known in this run");
    }
    return PSX_OK;
}

bool psx_pattern_is_path(const psx_policy_rule *rule)
{
    return rule->kind == PSX_RULE_FILE || rule->kind == PSX_RULE_TREE;
}

bool psx_pattern_needs_package(const psx_policy_rule *rule)
{
    return psx_pattern_is_path(rule) && psx_str_is(variable_of(rule->value), "package");
}

psx_str psx_pattern_base(const psx_policy_rule *rule)
{
    psx_str name = variable_of(rule->value), rest = rule->value;
    if (name.p) return name;
    if (psx_str_starts(rest, PSX_STR("/"))) return PSX_STR("/");
    while (psx_str_starts(rest, PSX_STR("../"))) {
        rest = psx_str_slice(rest, 3, rest.n);
    }
    return rest.n == rule->value.n ? PSX_STR("project")
                                   : psx_str_slice(rule->value, 0, rule->value.n - rest.n);
}

psx_rc psx_pattern_resolve(psx_op *op, const psx_policy_dirs *dirs, psx_str package,
                           psx_policy_rule *rule)
{
    psx_str base, rest = behind_variable(rule->value);
    if (!psx_pattern_is_path(rule)) return PSX_OK;
    if (!package.p && psx_pattern_needs_package(rule)) return PSX_OK;
    TRY(variable_dir(op, dirs, package, rule->value, &base));
    // Behind a variable the rest starts with a slash but is relative all the same.
    if (rest.p != rule->value.p && rest.n) rest = psx_str_slice(rest, 1, rest.n);
    if (rest.p != rule->value.p && rest.n && rest.p[0] == '/') {
        return bad(op, rule->text, "has two slashes behind the variable");
    }
    return psx_path_join(op, base, rest, &rule->root);
}

// ---- hosts --------------------------------------------------------------------------------------

static psx_rc parse_port(psx_op *op, psx_str text, psx_str port, psx_policy_rule *rule)
{
    uint64_t n;
    rule->port = -1;
    if (psx_str_is(port, "*")) return PSX_OK;
    if (port.n > 5 || !psx_str_to_u64(port, &n) || n > 65535) {
        return bad(op, text, "has no valid port (0 to 65535)");
    }
    if (n == 0 && rule->cap == PSX_CAP_NET_CONNECT) {
        return bad(op, text, "has port 0, which nobody can connect to");
    }
    rule->port = (int)n;
    return PSX_OK;
}

static void set_cidr(psx_policy_rule *rule, const psx_addr *a, unsigned bits)
{
    rule->kind = PSX_RULE_CIDR;
    rule->is_ipv4 = a->is_ipv4;
    rule->bits = bits;
    memcpy(rule->addr, a->b, sizeof rule->addr);
}

static bool bits_behind(const psx_addr *a, unsigned bits)
{
    for (unsigned i = bits; i < 128; i++) {
        if (a->b[i / 8] & (0x80 >> (i % 8))) return true;
    }
    return false;
}

// "10.0.0.0/8", "::1", "1.2.3.4". The address has been recognised by its look.
static psx_rc parse_address(psx_op *op, psx_str text, psx_str host, psx_policy_rule *rule)
{
    psx_addr a;
    uint64_t bits;
    size_t slash = psx_str_find(host, '/');
    psx_str address = psx_str_slice(host, 0, slash);
    if (!psx_addr_parse_ipv4(address, &a) && !psx_addr_parse_ipv6(address, &a)) {
        return bad(op, text, "is not a valid IP address");
    }
    bool dotted = psx_str_find(address, ':') == address.n;
    if (slash == host.n) {
        set_cidr(rule, &a, 128);
        return PSX_OK;
    }
    if (!psx_str_to_u64(psx_str_slice(host, slash + 1, host.n), &bits) ||
        bits > (dotted ? 32 : 128)) {
        return bad(op, text, "has no valid prefix length");
    }
    if (dotted) bits += 96;
    if (a.is_ipv4 && bits < 96) return bad(op, text, "cuts into the IPv4-mapped prefix");
    if (bits_behind(&a, (unsigned)bits)) {
        return bad(op, text, "has address bits behind the prefix; write the network's address");
    }
    set_cidr(rule, &a, (unsigned)bits);
    return PSX_OK;
}

static bool is_host_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

static psx_rc check_labels(psx_op *op, psx_str text, psx_str host)
{
    if (host.n == 0 || host.n > 253) return bad(op, text, "is not a host name");
    while (host.n) {
        size_t dot = psx_str_find(host, '.');
        if (dot == 0 || dot > 63 || dot + 1 == host.n) return bad(op, text, "is not a host name");
        host = psx_str_slice(host, dot + 1, host.n);
    }
    return PSX_OK;
}

// Names whose last label is a number are addresses to some resolver (2130706433, 0x7f.1).
static bool ends_in_number(psx_str host)
{
    uint64_t n;
    size_t dot = psx_str_find_last(host, '.');
    psx_str last = dot == host.n ? host : psx_str_slice(host, dot + 1, host.n);
    return psx_str_to_u64(last, &n) || psx_str_starts(last, PSX_STR("0x"));
}

static psx_rc parse_name(psx_op *op, psx_str text, psx_str host, psx_policy_rule *rule)
{
    psx_str low;
    rule->kind = PSX_RULE_HOST;
    if (psx_str_starts(host, PSX_STR("*."))) {
        rule->kind = PSX_RULE_DOMAIN;
        host = psx_str_slice(host, 2, host.n);
    }
    if (host.n && host.p[host.n - 1] == '.') host.n--;
    TRY(psx_op_copy(op, host, &low));
    for (size_t i = 0; i < low.n; i++) {
        char *c = (char *)&low.p[i];
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
        if (*c & 0x80) return bad(op, text, "is not ASCII; write the name in punycode (xn--...)");
        if (*c == '*') return bad(op, text, "has \"*\" elsewhere than as first label");
        if (!is_host_char(*c)) return bad(op, text, "is not a host name");
    }
    TRY(check_labels(op, text, low));
    if (ends_in_number(low)) return bad(op, text, "reads as an address; write it as a.b.c.d");
    rule->value = low;
    return PSX_OK;
}

static psx_rc parse_unix(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    psx_str path = psx_str_slice(text, 5, text.n);
    rule->is_unix = true;
    rule->port = -1;
    if (path.n > 1 && path.p[0] == '@') {
        rule->kind = PSX_RULE_WORD;
        rule->value = text;
        return PSX_OK;
    }
    return parse_path(op, path, rule);
}

// Splits "host:port", "[v6]:port", "v6" (two colons or more: no port).
static psx_rc split_host(psx_op *op, psx_str text, psx_str *host, psx_str *port)
{
    size_t first = psx_str_find(text, ':'), last = psx_str_find_last(text, ':');
    *port = (psx_str){0};
    *host = text;
    if (text.p[0] == '[') {
        size_t close = psx_str_find(text, ']');
        *host = psx_str_slice(text, 1, close);
        psx_str rest = psx_str_slice(text, close + 1, text.n);
        bool ok = close < text.n && (rest.n == 0 || rest.p[0] == ':');
        if (!ok || psx_str_find(*host, ':') == host->n)
            return bad(op, text, "is not [address]:port");
        if (rest.n) *port = psx_str_slice(rest, 1, rest.n);
    } else if (first == last && first < text.n) {
        *host = psx_str_slice(text, 0, first);
        *port = psx_str_slice(text, first + 1, text.n);
    }
    return PSX_OK;
}

static psx_rc fail_url(psx_op *op, psx_str text, size_t scheme)
{
    psx_str rest = psx_str_slice(text, scheme + 3, text.n);
    rest = psx_str_slice(rest, 0, psx_str_find(rest, '/'));
    bool has_port = psx_str_find(rest, ':') < rest.n;
    psx_rc rc = bad(op, text, "is a URL; write host:port");
    const char *port = has_port ? "" : psx_str_starts(text, PSX_STR("http:")) ? ":80" : ":443";
    psx_fail_suggest(op, "write \"%.*s%s\"", PSX_FMT(rest), port);
    return rc;
}

static psx_rc parse_host(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    psx_str host, port;
    psx_addr a;
    if (text.n == 0) return bad(op, text, "is an empty host");
    if (has_control(text)) return bad(op, text, "has a control character");
    if (psx_str_starts(text, PSX_STR("unix:"))) return parse_unix(op, text, rule);
    if (has_any(text, " ")) return bad(op, text, "has a blank");
    size_t scheme = psx_str_search(text, PSX_STR("://"));
    if (scheme < text.n) return fail_url(op, text, scheme);
    TRY(split_host(op, text, &host, &port));
    rule->port = -1;
    if (port.p) TRY(parse_port(op, text, port, rule));
    if (host.n == 0 && !port.n) return bad(op, text, "is an empty host");
    if (host.n == 0 || psx_str_is(host, "*")) {
        rule->kind = PSX_RULE_ALL;
        return PSX_OK;
    }
    bool address = has_any(host, ":/") || psx_addr_parse_ipv4(host, &a);
    return address ? parse_address(op, text, host, rule) : parse_name(op, text, host, rule);
}

// ---- names --------------------------------------------------------------------------------------

static psx_rc parse_env(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    size_t star = psx_str_find(text, '*');
    if (text.n == 0) return bad(op, text, "is an empty name");
    if (has_control(text) || has_any(text, "= ")) return bad(op, text, "is not a variable's name");
    if (psx_str_starts(text, PSX_STR("$")))
        return bad(op, text, "starts with \"$\"; write the name");
    if (star + 1 < text.n) return bad(op, text, "has \"*\" elsewhere than at the end");
    rule->kind = text.n == 1 && star == 0 ? PSX_RULE_ALL
                 : star < text.n          ? PSX_RULE_PREFIX
                                          : PSX_RULE_WORD;
    rule->value = psx_str_slice(text, 0, star);
    return PSX_OK;
}

static psx_rc parse_spawn(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    if (psx_str_find(text, '/') < text.n) {
        TRY(parse_path(op, text, rule));
        if (rule->kind == PSX_RULE_FILE) return PSX_OK;
        return bad(op, text, "is a directory; name each command");
    }
    if (text.n == 0) return bad(op, text, "is an empty command");
    if (has_control(text) || has_any(text, "*?\\$~"))
        return bad(op, text, "is not a command's name");
    if (psx_str_eq(text, PSX_STR(".")) || psx_str_eq(text, PSX_STR(".."))) {
        return bad(op, text, "is not a command's name");
    }
    if (has_any(text, " "))
        return bad(op, text, "has arguments; only the command itself is granted");
    rule->kind = PSX_RULE_WORD;
    rule->value = text;
    return PSX_OK;
}

static const char *const stdio_words[] = {"stdin", "stdout", "stderr", NULL};
static const char *const process_words[] = {"exit",  "signals", "chdir", "umask",
                                            "title", "kill",    NULL};
static const char *const system_words[] = {"cpus",    "hostname", "user", "memory",
                                           "network", "locale",   NULL};

static const char *stdio_candidate(size_t i)
{
    return stdio_words[i];
}

static const char *process_candidate(size_t i)
{
    return process_words[i];
}

static const char *system_candidate(size_t i)
{
    return system_words[i];
}

static psx_rc parse_word(psx_op *op, psx_cap cap, psx_str text, psx_policy_rule *rule)
{
    psx_candidate known = cap == PSX_CAP_STDIO     ? stdio_candidate
                          : cap == PSX_CAP_PROCESS ? process_candidate
                                                   : system_candidate;
    rule->kind = PSX_RULE_WORD;
    rule->value = text;
    for (size_t i = 0; known(i); i++) {
        if (psx_str_is(text, known(i))) return PSX_OK;
    }
    psx_rc rc = psx_fail(op, PSX_E_VALUE, "\"%.*s\" is not a value of %s", PSX_FMT(text),
                         psx_cap_name(cap));
    psx_policy_suggest(op, text, known);
    return rc;
}

static psx_rc parse_module(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    psx_str name = psx_str_starts(text, PSX_STR("node:")) ? psx_str_slice(text, 5, text.n) : text;
    rule->kind = PSX_RULE_WORD;
    rule->value = name;
    if (name.n == 0) return bad(op, text, "is an empty module name");
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/';
        if (!ok) return bad(op, text, "is not the name of a module of Node");
    }
    return PSX_OK;
}

// A name as npm has them: name or @scope/name, no path. One that begins with a dot is a folder that
// a tool made for itself in node_modules (.prisma, .vite-temp).
static psx_rc parse_package(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    size_t slashes = 0;
    rule->kind = PSX_RULE_WORD;
    rule->value = text;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        slashes += c == '/';
        bool dot = c == '.' && (i > 0 || (text.n > 1 && text.p[1] != '.'));
        bool ok = letter || c == '-' || c == '_' || dot || (c == '@' && i == 0);
        if (!ok && !(c == '/' && text.p[0] == '@')) return bad(op, text, "is not a package name");
    }
    bool scoped = text.n > 0 && text.p[0] == '@';
    if (text.n == 0 || slashes != scoped) return bad(op, text, "is not a package name");
    return PSX_OK;
}

static psx_rc parse_native(psx_op *op, psx_str text, psx_policy_rule *rule)
{
    TRY(parse_path(op, text, rule));
    if (rule->kind != PSX_RULE_FILE || !psx_str_ends(text, PSX_STR(".node"))) {
        return bad(op, text, "is not a .node file");
    }
    return PSX_OK;
}

// ---- options ------------------------------------------------------------------------------------

// 2026-01-01T00:00:00Z, or with milliseconds.
static bool is_instant(psx_str s)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    if (s.n != 20 && s.n != 24) return false;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (shape[i] == 'd' ? !digit : s.p[i] != shape[i]) return false;
    }
    uint64_t ms;
    if (s.n == 20) return s.p[19] == 'Z';
    return s.p[19] == '.' && s.p[23] == 'Z' && psx_str_to_u64(psx_str_slice(s, 20, 23), &ms);
}

static bool is_duration(psx_str s)
{
    uint64_t n;
    psx_str unit = s;
    while (unit.n && unit.p[0] >= '0' && unit.p[0] <= '9') {
        unit = psx_str_slice(unit, 1, unit.n);
    }
    bool known = psx_str_is(unit, "us") || psx_str_is(unit, "ms") || psx_str_is(unit, "s");
    return known && psx_str_to_u64(psx_str_slice(s, 0, s.n - unit.n), &n) && n > 0 && n < 1000000;
}

static psx_rc parse_option(psx_op *op, psx_cap cap, psx_str text, psx_policy_rule *rule)
{
    uint64_t seed;
    size_t colon = psx_str_find(text, ':');
    psx_str word = psx_str_slice(text, 0, colon), arg = psx_str_slice(text, colon + 1, text.n);
    rule->kind = PSX_RULE_OPTION;
    rule->value = text;
    if (cap == PSX_CAP_RANDOM) {
        if (psx_str_is(word, "seed") && psx_str_to_u64(arg, &seed)) return PSX_OK;
        return bad(op, text, "is not \"seed:NUMBER\"");
    }
    if (psx_str_is(word, "fixed") && is_instant(arg)) return PSX_OK;
    if (psx_str_is(word, "coarse") && is_duration(arg)) return PSX_OK;
    return bad(op, text, "is not \"fixed:2026-01-01T00:00:00Z\" or \"coarse:100ms\"");
}

psx_rc psx_pattern_parse(psx_op *op, psx_cap cap, psx_str text, psx_policy_rule *rule)
{
    rule->cap = cap;
    rule->text = text;
    rule->port = -1;
    if (psx_str_has_nul(text)) return bad(op, text, "holds NUL");
    switch (psx_cap_value_kind(cap)) {
    case VALUE_PATHS: return parse_path(op, text, rule);
    case VALUE_HOSTS: return parse_host(op, text, rule);
    case VALUE_SPAWN: return parse_spawn(op, text, rule);
    case VALUE_ENV: return parse_env(op, text, rule);
    case VALUE_WORDS: return parse_word(op, cap, text, rule);
    case VALUE_OPTION: return parse_option(op, cap, text, rule);
    case VALUE_NATIVE: return parse_native(op, text, rule);
    case VALUE_MODULES: return parse_module(op, text, rule);
    case VALUE_PACKAGES: return parse_package(op, text, rule);
    default: return bad(op, text, "stands where only true is possible");
    }
}

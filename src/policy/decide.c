// The one place that decides. Pure: no allocation, no system call, nothing written.
#include "policy/addr.h"
#include "policy/model.h"
#include "policy/path.h"

// A request made ready for comparing with rules.
typedef struct {
    const psx_policy_request *r;
    psx_str value;
    bool is_unix, is_address;
    psx_addr addr;
} question;

// ---- making ready -------------------------------------------------------------------------------

static bool prepare_path(question *q)
{
    if (!psx_path_is_normal(q->value)) return false;
    if (q->value.n > 1 && q->value.p[q->value.n - 1] == '/') q->value.n--;
    return true;
}

static bool prepare_net(question *q)
{
    if (psx_str_starts(q->value, PSX_STR("unix:"))) {
        q->is_unix = true;
        if (q->value.n > 6 && q->value.p[5] == '@') return true;
        q->value = psx_str_slice(q->value, 5, q->value.n);
        return prepare_path(q);
    }
    if (q->value.n == 0 || q->r->port < 0 || q->r->port > 65535) return false;
    // A name that some resolver reads as an address is that address, whatever the caller thinks.
    q->is_address = psx_addr_parse_host(q->value, &q->addr);
    if (q->is_address) return true;
    if (q->r->is_address) return false;
    if (q->value.p[q->value.n - 1] == '.') q->value.n--;
    return q->value.n > 0;
}

static bool prepare_module(question *q)
{
    if (psx_str_starts(q->value, PSX_STR("node:")))
        q->value = psx_str_slice(q->value, 5, q->value.n);
    return q->value.n > 0;
}

// False: not a request that anything could allow.
static bool prepare(question *q)
{
    if (psx_str_has_nul(q->value)) return false;
    switch (psx_cap_value_kind(q->r->cap)) {
    case VALUE_PATHS: return prepare_path(q);
    case VALUE_HOSTS: return prepare_net(q);
    case VALUE_SPAWN: return prepare_path(q);
    case VALUE_NATIVE: return prepare_path(q);
    case VALUE_MODULES: return prepare_module(q);
    // The kernel would take what stands in front of "=" for the name.
    case VALUE_ENV: return q->value.n > 0 && psx_str_find(q->value, '=') == q->value.n;
    case VALUE_PACKAGES:
    case VALUE_WORDS: return q->value.n > 0;
    default: return true;
    }
}

// ---- matching -----------------------------------------------------------------------------------

// Whether a node_modules directory lies between root and path: what is in there belongs to others.
// The directory itself may be looked at: tools ask whether it is there.
static bool crosses_node_modules(psx_str root, psx_str path)
{
    static const psx_str dir = PSX_STR_INIT("/node_modules");
    psx_str rest = psx_str_slice(path, root.n == 1 ? 0 : root.n, path.n);
    for (size_t i; (i = psx_str_search(rest, dir)) < rest.n;) {
        rest = psx_str_slice(rest, i + dir.n, rest.n);
        if (rest.n > 1 && rest.p[0] == '/') return true;
    }
    return false;
}

static bool match_name(const psx_policy_rule *rule, const question *q)
{
    if (q->is_address || q->is_unix) return false;
    if (rule->kind == PSX_RULE_HOST) return psx_str_eq_nocase(rule->value, q->value);
    size_t n = rule->value.n; // a label and a dot come before the domain
    if (q->value.n < n + 2 || q->value.p[q->value.n - n - 1] != '.') return false;
    return psx_str_eq_nocase(rule->value, psx_str_slice(q->value, q->value.n - n, q->value.n));
}

static bool match_word(const psx_policy_rule *rule, const question *q)
{
    if (rule->cap != PSX_CAP_SPAWN) return psx_str_eq(rule->value, q->value);
    // Only what was looked up in PATH by this very name: asked has no slash, as value has none.
    return psx_str_eq(rule->value, q->r->asked);
}

static bool match_value(const psx_policy_rule *rule, const question *q)
{
    switch (rule->kind) {
    case PSX_RULE_ALL: return true;
    case PSX_RULE_FILE: return psx_str_eq(rule->root, q->value);
    case PSX_RULE_TREE: return psx_path_under(rule->root, q->value);
    case PSX_RULE_OWN:
        return psx_path_under(rule->root, q->value) && !crosses_node_modules(rule->root, q->value);
    case PSX_RULE_HOST:
    case PSX_RULE_DOMAIN: return match_name(rule, q);
    case PSX_RULE_CIDR:
        return q->is_address && psx_addr_in(&q->addr, rule->addr, rule->bits, rule->is_ipv4);
    case PSX_RULE_WORD: return match_word(rule, q);
    case PSX_RULE_PREFIX: return psx_str_starts(q->value, rule->value);
    case PSX_RULE_OPTION: return true;
    case PSX_RULE_DENY: return false;
    }
    return false;
}

static bool matches(const psx_policy_rule *rule, const question *q)
{
    // Unix sockets and names do not mix: a path rule says nothing about hosts and vice versa. What
    // is left of ambient means both.
    bool both = rule->kind == PSX_RULE_ALL && rule->is_unix;
    if (rule->is_unix != q->is_unix && !both) return false;
    if (rule->port >= 0 && rule->port != q->r->port) return false;
    return match_value(rule, q);
}

// ---- deciding -----------------------------------------------------------------------------------

bool psx_policy_is_name(psx_str path)
{
    static const psx_str names[] = {PSX_STR_INIT("packsec.policy.json"),
                                    PSX_STR_INIT("packsec.policy.json.p7s"),
                                    PSX_STR_INIT("packsec.pins")};
    psx_str base = psx_path_base(path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        // Some file systems do not tell letters apart.
        if (psx_str_eq_nocase(base, names[i])) return true;
    }
    return false;
}

// The policy file, its signature, the cache, the engine: neither they nor a directory that holds
// them (which could be renamed away) may be written.
static bool is_protected(const psx_policy *policy, psx_str path)
{
    if (psx_policy_is_name(path)) return true;
    for (size_t i = 0; i < policy->n_protect; i++) {
        if (psx_path_under(policy->protect[i], path)) return true;
        if (psx_path_under(path, policy->protect[i])) return true;
    }
    return false;
}

static psx_policy_verdict denied(const psx_policy *policy, const psx_policy_request *r,
                                 const psx_policy_rule *rule)
{
    bool log = policy->onerror == PSX_ONERROR_LOG;
    bool constant =
        !log && r->use == PSX_USE_LOADING && (r->cap == PSX_CAP_CLOCK || r->cap == PSX_CAP_RANDOM);
    return (psx_policy_verdict){
        .allowed = log, .recorded_only = log, .constant = constant, .rule = rule};
}

psx_policy_verdict psx_policy_decide(const psx_policy *policy, const psx_policy_holder *holder,
                                     const psx_policy_request *request)
{
    question q = {.r = request, .value = request->value};
    if ((unsigned)request->cap >= PSX_CAP_COUNT) return (psx_policy_verdict){0};
    const psx_policy_rule *deny = holder->deny[request->cap];
    if (holder->ambient && !deny) {
        return (psx_policy_verdict){.allowed = true, .rule = holder->ambient};
    }
    // These two hold in audit mode as well: what cannot be judged is not let through, and no
    // package rewrites the policy it is held by.
    if (!prepare(&q)) return (psx_policy_verdict){0};
    bool writes = request->cap == PSX_CAP_FS_WRITE;
    if (writes && is_protected(policy, q.value)) return (psx_policy_verdict){0};
    if (deny) return denied(policy, request, deny);
    bool steers =
        request->cap == PSX_CAP_ENV && psx_policy_steers(q.value, request->use, request->is_main);
    if (steers && request->use == PSX_USE_SET) return (psx_policy_verdict){0};
    const psx_rule_list *list = &holder->rules[request->cap];
    for (size_t i = 0; i < list->n; i++) {
        if (steers && list->p[i]->kind != PSX_RULE_WORD) continue;
        if (matches(list->p[i], &q)) {
            return (psx_policy_verdict){.allowed = true, .rule = list->p[i]};
        }
    }
    // In audit mode too: the package did not choose what its children run.
    if (steers) return (psx_policy_verdict){0};
    return denied(policy, request, NULL);
}

static bool is_localhost(psx_str name)
{
    static const psx_str tail = PSX_STR_INIT(".localhost");
    if (name.n && name.p[name.n - 1] == '.') name.n--;
    if (psx_str_eq_nocase(name, PSX_STR("localhost"))) return true;
    return name.n > tail.n && psx_str_eq_nocase(psx_str_slice(name, name.n - tail.n, name.n), tail);
}

bool psx_policy_address_ok(const psx_policy_holder *holder, const psx_policy_rule *name_rule,
                           psx_str asked, psx_str address, int port)
{
    psx_addr a;
    if (!psx_addr_parse_host(address, &a)) return false;
    if (holder->ambient || name_rule->kind == PSX_RULE_ALL) return true;
    if (!psx_addr_is_inside(&a)) return true;
    if (psx_addr_is_loopback(&a) && is_localhost(asked)) return true;
    const psx_rule_list *list = &holder->rules[name_rule->cap];
    for (size_t i = 0; i < list->n; i++) {
        const psx_policy_rule *r = list->p[i];
        bool here = r->kind == PSX_RULE_CIDR && (r->port < 0 || r->port == port);
        if (here && psx_addr_in(&a, r->addr, r->bits, r->is_ipv4)) return true;
    }
    return false;
}

// Which of two rules allows more, and what a policy grants that another did not. Pure, and careful:
// what cannot be told is not covered, so that a change is rather told twice than missed.
#include "policy/addr.h"
#include "policy/model.h"
#include "policy/path.h"

// ---- one rule and another -----------------------------------------------------------------------

// Behind ${package} both mean the same directory, whichever that is.
static bool covers_by_text(const psx_policy_rule *wider, const psx_policy_rule *rule)
{
    if (psx_str_eq(wider->value, rule->value)) return true;
    bool climbs = psx_str_search(rule->value, PSX_STR("..")) < rule->value.n ||
                  psx_str_search(wider->value, PSX_STR("..")) < wider->value.n;
    bool tree = wider->kind == PSX_RULE_TREE && psx_str_ends(wider->value, PSX_STR("/"));
    return tree && !climbs && psx_str_starts(rule->value, wider->value);
}

// "./" and "/srv/app/" may be the same here and are two directories on the next machine.
static bool same_base(const psx_policy_rule *a, const psx_policy_rule *b)
{
    return psx_str_eq(psx_pattern_base(a), psx_pattern_base(b));
}

static bool covers_path(const psx_policy_rule *wider, const psx_policy_rule *rule)
{
    if (!psx_pattern_is_path(rule) || !psx_pattern_is_path(wider)) return false;
    if (wider->kind == PSX_RULE_TREE && psx_str_is(wider->value, "/")) return true;
    if (!same_base(wider, rule)) return false;
    if (!rule->root.n || !wider->root.n) return covers_by_text(wider, rule); // ${package}
    if (wider->kind == PSX_RULE_TREE) return psx_path_under(wider->root, rule->root);
    return rule->kind == PSX_RULE_FILE && psx_str_eq(wider->root, rule->root);
}

static bool covers_name(const psx_policy_rule *wider, const psx_policy_rule *rule)
{
    if (rule->kind == wider->kind && psx_str_eq(rule->value, wider->value)) return true;
    if (wider->kind != PSX_RULE_DOMAIN) return false;
    if (rule->kind != PSX_RULE_HOST && rule->kind != PSX_RULE_DOMAIN) return false;
    size_t n = wider->value.n;
    return rule->value.n > n + 1 && rule->value.p[rule->value.n - n - 1] == '.' &&
           psx_str_ends(rule->value, wider->value);
}

static bool covers_network(const psx_policy_rule *wider, const psx_policy_rule *rule)
{
    if (rule->kind != PSX_RULE_CIDR || rule->is_ipv4 != wider->is_ipv4) return false;
    if (rule->bits < wider->bits) return false;
    psx_addr a = {.is_ipv4 = rule->is_ipv4};
    memcpy(a.b, rule->addr, sizeof a.b);
    return psx_addr_in(&a, wider->addr, wider->bits, wider->is_ipv4);
}

// Names that steer loaders and shells reach a child only by their own name.
static bool covers_variable(const psx_policy_rule *rule)
{
    return rule->cap != PSX_CAP_ENV || rule->kind != PSX_RULE_WORD ||
           !psx_policy_steers(rule->value, PSX_USE_CHILD, false);
}

static bool covers_value(const psx_policy_rule *wider, const psx_policy_rule *rule)
{
    switch (wider->kind) {
    case PSX_RULE_ALL: return covers_variable(rule);
    case PSX_RULE_FILE:
    case PSX_RULE_TREE: return covers_path(wider, rule);
    case PSX_RULE_HOST:
    case PSX_RULE_DOMAIN: return covers_name(wider, rule);
    case PSX_RULE_CIDR: return covers_network(wider, rule);
    case PSX_RULE_PREFIX:
        return (rule->kind == PSX_RULE_PREFIX || rule->kind == PSX_RULE_WORD) &&
               psx_str_starts(rule->value, wider->value) && covers_variable(rule);
    case PSX_RULE_WORD:
    case PSX_RULE_OPTION: return rule->kind == wider->kind && psx_str_eq(rule->value, wider->value);
    case PSX_RULE_OWN:
    case PSX_RULE_DENY: return false;
    }
    return false;
}

bool psx_policy_rule_covers(const psx_policy_rule *wider, const psx_policy_rule *rule)
{
    if (wider->cap != rule->cap || rule->kind == PSX_RULE_DENY) return false;
    if (wider->is_unix != rule->is_unix) return false;
    if (wider->port >= 0 && wider->port != rule->port) return false;
    return covers_value(wider, rule);
}

// ---- one key and another ------------------------------------------------------------------------

static const psx_policy_entry *entry_at(const psx_policy *p, size_t i)
{
    return i == (size_t)PSX_POLICY_APP ? p->app : i < p->n ? &p->entries[i] : NULL;
}

// All entries, the app's first.
static const psx_policy_entry *nth_entry(const psx_policy *p, size_t i)
{
    return i == 0 ? p->app : entry_at(p, i - 1);
}

// Whoever `key` names is named by `wider` as well.
static bool key_covers(const psx_policy_entry *wider, const psx_policy_entry *key)
{
    psx_key_kind w = wider->parts.kind, k = key->parts.kind;
    if (w == KEY_APP || k == KEY_APP) return w == k;
    if (w == KEY_LOCATION || k == KEY_LOCATION)
        return w == k && psx_str_eq(wider->parts.name, key->parts.name);
    if (w == KEY_ALL) return true;
    if (k == KEY_ALL || !psx_str_eq(wider->parts.name, key->parts.name)) return false;
    return w == KEY_NAME || psx_str_eq(wider->key, key->key);
}

// Somebody may be named by both.
static bool keys_meet(const psx_policy_entry *a, const psx_policy_entry *b)
{
    psx_key_kind x = a->parts.kind, y = b->parts.kind;
    if (x == KEY_APP || y == KEY_APP) return x == y;
    if (x == KEY_ALL || y == KEY_ALL) return true;
    if ((x == KEY_LOCATION) != (y == KEY_LOCATION)) return true; // of any name
    return psx_str_eq(a->parts.name, b->parts.name);
}

static const psx_policy_rule *denial(const psx_policy_entry *e, psx_cap cap)
{
    for (size_t i = 0; i < e->n; i++) {
        if (e->rules[i].kind == PSX_RULE_DENY && e->rules[i].cap == cap) return &e->rules[i];
    }
    return NULL;
}

// Is it denied to everybody whom this key names?
static bool denied_to_all(const psx_policy *p, const psx_policy_entry *key, psx_cap cap)
{
    const psx_policy_entry *e;
    for (size_t i = 0; (e = nth_entry(p, i)); i++) {
        if (denial(e, cap) && key_covers(e, key)) return true;
    }
    return false;
}

// A DENY of `before` that somebody named by this key may have been under, and is no longer.
static const psx_policy_rule *lifted(const psx_policy *before, const psx_policy *now,
                                     const psx_policy_entry *key, psx_cap cap)
{
    const psx_policy_entry *e;
    for (size_t i = 0; (e = nth_entry(before, i)); i++) {
        const psx_policy_rule *deny = denial(e, cap);
        if (deny && keys_meet(e, key) && !denied_to_all(now, e, cap)) return deny;
    }
    return NULL;
}

// ---- before and now -----------------------------------------------------------------------------

// Is it denied to anybody whom this key names?
static bool may_be_denied(const psx_policy *p, const psx_policy_entry *key, psx_cap cap)
{
    const psx_policy_entry *e;
    for (size_t i = 0; (e = nth_entry(p, i)); i++) {
        if (keys_meet(e, key) && denial(e, cap)) return true;
    }
    return false;
}

// With anything denied, ambient is all but the ways around the denial.
static bool anything_denied(const psx_policy *p, const psx_policy_entry *key)
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        if (may_be_denied(p, key, (psx_cap)c)) return true;
    }
    return false;
}

// ---- clocks and generators ----------------------------------------------------------------------

// Of these the most specific key decides which one it is, so a rule can take away: "fixed:..." for
// one package, where all have the true clock.

static bool has_rule(const psx_policy_entry *e, const psx_policy_rule *rule)
{
    for (size_t i = 0; i < e->n; i++) {
        const psx_policy_rule *r = &e->rules[i];
        if (r->cap == rule->cap && r->kind == rule->kind && psx_str_eq(r->value, rule->value))
            return true;
    }
    return false;
}

static const psx_policy_entry *same_key(const psx_policy *p, const psx_policy_entry *key)
{
    const psx_policy_entry *e;
    for (size_t i = 0; (e = nth_entry(p, i)); i++) {
        if (e->parts.kind == key->parts.kind && psx_str_eq(e->key, key->key)) return e;
    }
    return NULL;
}

static const psx_policy_rule *option_of(const psx_policy_entry *e, psx_cap cap)
{
    for (size_t i = 0; i < e->n; i++) {
        if (e->rules[i].cap == cap && e->rules[i].kind == PSX_RULE_OPTION) return &e->rules[i];
    }
    return NULL;
}

// May somebody named by `key` have had less by a rule that `rule` now stands above, or that is
// gone?
static bool option_lost(const psx_policy *before, const psx_policy *now,
                        const psx_policy_entry *key, const psx_policy_rule *rule, psx_cap cap)
{
    const psx_policy_entry *e, *was = same_key(before, key), *is;
    bool stood = was && has_rule(was, rule);
    for (size_t i = 0; (e = nth_entry(before, i)); i++) {
        const psx_policy_rule *option = option_of(e, cap);
        if (!option || !keys_meet(e, key)) continue;
        if (rule->cap == cap && ((e == was && stood) || has_rule(e, rule))) continue;
        if (!stood || !(is = same_key(now, e)) || !has_rule(is, option)) return true;
    }
    return false;
}

static bool any_option_lost(const psx_policy *before, const psx_policy *now,
                            const psx_policy_entry *key, const psx_policy_rule *rule)
{
    if (rule->cap == PSX_CAP_CLOCK || rule->cap == PSX_CAP_RANDOM)
        return option_lost(before, now, key, rule, rule->cap);
    return rule->cap == PSX_CAP_AMBIENT && (option_lost(before, now, key, rule, PSX_CAP_CLOCK) ||
                                            option_lost(before, now, key, rule, PSX_CAP_RANDOM));
}

// ---- the verdict --------------------------------------------------------------------------------

typedef enum { NOT_COVERED, COVERED_UNLESS_LINK, COVERED } coverage;

static coverage covered_by_rule(const psx_policy *before, const psx_policy_rule *r,
                                const psx_policy_entry *key, const psx_policy_rule *rule)
{
    if (psx_policy_rule_covers(r, rule)) {
        bool inside = psx_pattern_is_path(rule) && psx_pattern_is_path(r);
        bool whole = psx_str_is(r->value, "/") || psx_str_eq(r->value, rule->value) ||
                     (r->root.n && psx_str_eq(r->root, rule->root));
        return inside && !whole ? COVERED_UNLESS_LINK : COVERED;
    }
    if (r->cap != PSX_CAP_AMBIENT || r->kind == PSX_RULE_DENY) return NOT_COVERED;
    if (may_be_denied(before, key, PSX_CAP_AMBIENT)) return NOT_COVERED;
    return psx_cap_is_hatch(rule->cap) && anything_denied(before, key) ? NOT_COVERED : COVERED;
}

static coverage covered_by(const psx_policy *before, const psx_policy_entry *key,
                           const psx_policy_rule *rule)
{
    coverage best = NOT_COVERED;
    const psx_policy_entry *e;
    for (size_t i = 0; (e = nth_entry(before, i)); i++) {
        for (size_t k = 0; k < e->n && key_covers(e, key); k++) {
            coverage c = covered_by_rule(before, &e->rules[k], key, rule);
            if (c > best) best = c;
        }
    }
    return best;
}

// For ambient, a denial of anything that was lifted makes it more than it was.
static const psx_policy_rule *find_lifted(const psx_policy *before, const psx_policy *now,
                                          const psx_policy_entry *key, psx_cap cap)
{
    const psx_policy_rule *deny = lifted(before, now, key, cap);
    for (unsigned c = 0; !deny && cap == PSX_CAP_AMBIENT && c < PSX_CAP_COUNT; c++) {
        deny = lifted(before, now, key, (psx_cap)c);
    }
    return deny;
}

psx_policy_before psx_policy_held_before(const psx_policy *before, const psx_policy *now, size_t i,
                                         const psx_policy_rule *rule)
{
    const psx_policy_entry *key = entry_at(now, i);
    if (denied_to_all(now, key, rule->cap)) return (psx_policy_before){.held = true};
    coverage c = covered_by(before, key, rule);
    if (c == NOT_COVERED || any_option_lost(before, now, key, rule)) return (psx_policy_before){0};
    const psx_policy_rule *deny = find_lifted(before, now, key, rule->cap);
    return (psx_policy_before){
        .held = !deny, .unless_link = !deny && c == COVERED_UNLESS_LINK, .deny = deny};
}

bool psx_policy_denies_all(const psx_policy *policy, const psx_policy *other, size_t i, psx_cap cap)
{
    return denied_to_all(policy, entry_at(other, i), cap);
}

// One package of the run: the rules of all keys that name it, by capability; and the union of many.
#include "base/buf.h"
#include "policy/model.h"

// ---- which entries ------------------------------------------------------------------------------

typedef struct {
    psx_op *op;
    const psx_policy *policy;
    psx_policy_holder *holder;
    const psx_policy_entry **entries;
    size_t n, cap;
} binding;

static psx_rc add_entry(binding *b, const psx_policy_entry *e)
{
    TRY(PSX_ROOM(b->op, b->entries, b->n, &b->cap));
    b->entries[b->n++] = e;
    return PSX_OK;
}

static psx_rc add_if_fits(binding *b, const psx_policy_entry *e, psx_key_kind kind)
{
    if (!e || e->parts.kind != kind) return PSX_OK;
    if (!psx_policy_key_fits(&e->parts, &b->holder->subject)) return PSX_OK;
    return add_entry(b, e);
}

// Least specific first, as policy.h promises.
static psx_rc collect_entries(binding *b)
{
    const psx_policy *p = b->policy;
    const psx_policy_subject *s = &b->holder->subject;
    if (s->location.n == 0) return add_entry(b, p->app);
    const psx_policy_entry *named = psx_map_get(&p->names, s->name);
    TRY(add_if_fits(b, p->all, KEY_ALL));
    for (const psx_policy_entry *e = named; e; e = e->next) {
        TRY(add_if_fits(b, e, KEY_NAME));
    }
    for (const psx_policy_entry *e = named; e; e = e->next) {
        TRY(add_if_fits(b, e, KEY_RANGE));
    }
    return add_if_fits(b, psx_map_get(&p->locations, s->location), KEY_LOCATION);
}

static bool has_token(psx_str list, psx_str token)
{
    while (list.n) {
        size_t blank = psx_str_find(list, ' ');
        if (psx_str_eq(psx_str_slice(list, 0, blank), token)) return true;
        list = psx_str_slice(list, blank + 1, list.n);
    }
    return false;
}

static bool shares_token(psx_str a, psx_str b)
{
    while (a.n) {
        size_t blank = psx_str_find(a, ' ');
        if (has_token(b, psx_str_slice(a, 0, blank))) return true;
        a = psx_str_slice(a, blank + 1, a.n);
    }
    return false;
}

static psx_rc check_integrity(binding *b)
{
    const psx_policy_subject *s = &b->holder->subject;
    for (size_t i = 0; i < b->n; i++) {
        const psx_policy_entry *e = b->entries[i];
        if (e->integrity.n == 0 || shares_token(e->integrity, s->integrity)) continue;
        return psx_fail(b->op, PSX_E_DIGEST,
                        "the policy pins \"%.*s\" to another integrity than the lockfile has for "
                        "%.*s@%.*s",
                        PSX_FMT(e->key), PSX_FMT(s->name), PSX_FMT(s->version));
    }
    return PSX_OK;
}

// ---- their rules, by capability -----------------------------------------------------------------

static psx_rc make_lists(psx_op *op, psx_policy_holder *h, const size_t count[PSX_CAP_COUNT])
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        if (count[c] == 0) continue;
        h->rules[c].p = PSX_ARRAY(op, const psx_policy_rule *, count[c]);
        if (!h->rules[c].p) return psx_fail_nomem(op);
    }
    return PSX_OK;
}

static void count_rules(const binding *b, size_t count[PSX_CAP_COUNT])
{
    count[PSX_CAP_FS_READ] = 1; // the implicit rule
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; k < b->entries[i]->n; k++) {
            count[b->entries[i]->rules[k].cap]++;
        }
    }
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        count[c]++; // what is left of ambient
    }
}

static void push(psx_policy_holder *h, const psx_policy_rule *rule)
{
    psx_rule_list *list = &h->rules[rule->cap];
    list->p[list->n++] = rule;
}

static psx_rc add_own_directory(binding *b)
{
    psx_policy_rule *own = PSX_NEW(b->op, psx_policy_rule);
    if (!own) return psx_fail_nomem(b->op);
    *own = (psx_policy_rule){.cap = PSX_CAP_FS_READ,
                             .kind = PSX_RULE_OWN,
                             .key = PSX_STR(""),
                             .text = PSX_STR("${package}/"),
                             .port = -1,
                             .root = b->holder->subject.dir};
    push(b->holder, own);
    return PSX_OK;
}

// Rules with ${package} mean another directory for each package: they are copied.
static psx_rc add_rule(binding *b, const psx_policy_rule *rule)
{
    psx_policy_holder *h = b->holder;
    if (rule->kind == PSX_RULE_DENY) {
        if (!h->deny[rule->cap]) h->deny[rule->cap] = rule;
        return PSX_OK;
    }
    if (psx_pattern_needs_package(rule)) {
        psx_policy_rule *copy = PSX_NEW(b->op, psx_policy_rule);
        if (!copy) return psx_fail_nomem(b->op);
        *copy = *rule;
        TRY(psx_pattern_resolve(b->op, &b->policy->dirs, h->subject.dir, copy));
        rule = copy;
    }
    push(h, rule);
    return PSX_OK;
}

// Ambient with something denied is no longer ambient: it is every other capability, one by one.
static psx_rc spell_out_ambient(binding *b, const psx_policy_rule *ambient)
{
    psx_policy_holder *h = b->holder;
    h->rules[PSX_CAP_AMBIENT].n = 0;
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        if (psx_cap_is_hatch((psx_cap)c) || h->deny[c]) continue;
        psx_policy_rule *rule = PSX_NEW(b->op, psx_policy_rule);
        if (!rule) return psx_fail_nomem(b->op);
        *rule = *ambient;
        rule->cap = (psx_cap)c;
        rule->text = PSX_STR("ambient");
        rule->is_unix = true; // of every kind
        // The first: what is granted beside it, a fixed clock perhaps, is more specific.
        psx_rule_list *list = &h->rules[c];
        if (list->n) memmove(list->p + 1, list->p, list->n * sizeof *list->p);
        list->p[0] = rule;
        list->n++;
    }
    return PSX_OK;
}

static psx_rc settle_ambient(binding *b)
{
    psx_policy_holder *h = b->holder;
    if (!h->rules[PSX_CAP_AMBIENT].n || h->deny[PSX_CAP_AMBIENT]) return PSX_OK;
    const psx_policy_rule *ambient = h->rules[PSX_CAP_AMBIENT].p[0];
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        if (h->deny[c]) return spell_out_ambient(b, ambient);
    }
    h->ambient = ambient;
    return PSX_OK;
}

static psx_rc add_rules(binding *b)
{
    size_t count[PSX_CAP_COUNT] = {0};
    psx_policy_holder *h = b->holder;
    count_rules(b, count);
    TRY(make_lists(b->op, h, count));
    if (h->subject.dir.n) TRY(add_own_directory(b));
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; k < b->entries[i]->n; k++) {
            TRY(add_rule(b, &b->entries[i]->rules[k]));
        }
    }
    return settle_ambient(b);
}

psx_rc psx_policy_bind(psx_op *op, const psx_policy *policy, const psx_policy_subject *subject,
                       psx_policy_holder **out)
{
    if (!policy->resolved) return psx_fail(op, PSX_E_INTERNAL, "the policy is not resolved yet");
    binding b = {.op = op, .policy = policy, .holder = PSX_NEW(op, psx_policy_holder)};
    if (!b.holder) return psx_fail_nomem(op);
    b.holder->policy = policy;
    b.holder->subject = *subject;
    TRY(collect_entries(&b));
    TRY(check_integrity(&b));
    TRY(add_rules(&b));
    *out = b.holder;
    return PSX_OK;
}

// Where a package that nobody knows lies, nobody knows: anywhere in there.
static void widen(psx_policy_holder *h, psx_str package)
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        for (size_t i = 0; i < h->rules[c].n; i++) {
            psx_policy_rule *copy = (psx_policy_rule *)(uintptr_t)h->rules[c].p[i];
            if (!psx_pattern_needs_package(copy)) continue; // those are copies: add_rule
            copy->kind = PSX_RULE_TREE;
            copy->root = package;
        }
    }
}

psx_rc psx_policy_bind_key(psx_op *op, const psx_policy *policy, size_t i, psx_str package,
                           psx_policy_holder **out)
{
    if (!policy->resolved) return psx_fail(op, PSX_E_INTERNAL, "the policy is not resolved yet");
    binding b = {.op = op, .policy = policy, .holder = PSX_NEW(op, psx_policy_holder)};
    if (!b.holder) return psx_fail_nomem(op);
    b.holder->policy = policy;
    b.holder->subject = (psx_policy_subject){.name = policy->entries[i].key, .dir = package};
    TRY(add_entry(&b, &policy->entries[i]));
    TRY(add_rules(&b));
    memset(b.holder->deny, 0, sizeof b.holder->deny);
    widen(b.holder, package);
    *out = b.holder;
    return PSX_OK;
}

const psx_policy_subject *psx_policy_subject_of(const psx_policy_holder *holder)
{
    return &holder->subject;
}

// ---- asking -------------------------------------------------------------------------------------

bool psx_policy_holds(const psx_policy_holder *holder, psx_cap cap)
{
    const psx_rule_list *list = &holder->rules[cap];
    if (holder->deny[cap]) return false;
    if (holder->ambient) return true;
    for (size_t i = 0; i < list->n; i++) {
        if (list->p[i]->kind != PSX_RULE_OWN) return true;
    }
    return false;
}

size_t psx_policy_rules(const psx_policy_holder *holder, psx_cap cap, const psx_policy_rule **out,
                        size_t max)
{
    const psx_rule_list *list = &holder->rules[cap];
    if (holder->deny[cap]) return 0;
    for (size_t i = 0; i < list->n && i < max; i++) {
        out[i] = list->p[i];
    }
    return list->n;
}

// ---- the union ----------------------------------------------------------------------------------

psx_rc psx_policy_rule_identity(psx_op *op, const psx_policy_rule *r, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_format(&b, "%d %d %d %d %u %d ", r->cap, r->kind, r->port, r->is_unix, r->bits,
                       r->is_ipv4));
    TRY(psx_buf_add(&b, (psx_str){(const char *)r->addr, sizeof r->addr}));
    TRY(psx_buf_add(&b, r->root.n ? r->root : r->value));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc unite_rules(psx_op *op, psx_map *seen, const psx_policy_holder *h)
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        for (size_t i = 0; i < h->rules[c].n && !h->deny[c]; i++) {
            psx_str id;
            TRY(psx_policy_rule_identity(op, h->rules[c].p[i], &id));
            if (psx_map_has(seen, id)) continue;
            TRY(psx_map_put(seen, id, (void *)h->rules[c].p[i]));
        }
    }
    return PSX_OK;
}

// A capability is denied in the union when nobody has it left; the DENY rule is any of theirs.
static void unite_denials(psx_policy_holder *u, const psx_policy_holder *const *holders, size_t n)
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        const psx_policy_rule *deny = NULL;
        for (size_t i = 0; i < n; i++) {
            const psx_policy_holder *h = holders[i];
            if (!h->deny[c] && (h->ambient || h->rules[c].n)) {
                deny = NULL;
                break;
            }
            if (!deny) deny = h->deny[c];
        }
        u->deny[c] = deny;
    }
}

static psx_rc fill_union(psx_op *op, psx_policy_holder *u, const psx_map *seen)
{
    size_t count[PSX_CAP_COUNT] = {0};
    for (size_t i = 0; i < seen->n; i++) {
        count[((const psx_policy_rule *)seen->slots[i].value)->cap]++;
    }
    TRY(make_lists(op, u, count));
    for (size_t i = 0; i < seen->n; i++) {
        push(u, seen->slots[i].value);
    }
    return PSX_OK;
}

psx_rc psx_policy_union(psx_op *op, const psx_policy *policy,
                        const psx_policy_holder *const *holders, size_t n, psx_policy_holder **out)
{
    psx_map seen;
    psx_policy_holder *u = PSX_NEW(op, psx_policy_holder);
    if (!u) return psx_fail_nomem(op);
    u->policy = policy;
    psx_map_init(&seen, op);
    for (size_t i = 0; i < n; i++) {
        TRY(unite_rules(op, &seen, holders[i]));
        if (!u->ambient) u->ambient = holders[i]->ambient;
    }
    TRY(fill_union(op, u, &seen));
    unite_denials(u, holders, n);
    *out = u;
    return PSX_OK;
}

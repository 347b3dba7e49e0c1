// What is left of a policy when only one holder is still decided about.
#include "policy/model.h"

static psx_rc copy_rule(psx_op *op, const psx_policy_rule *rule, const psx_policy_rule **out)
{
    *out = NULL;
    if (!rule) return PSX_OK;
    psx_policy_rule *r = PSX_NEW(op, psx_policy_rule);
    if (!r) return psx_fail_nomem(op);
    *r = *rule;
    TRY(psx_op_copy(op, rule->key, &r->key));
    TRY(psx_op_copy(op, rule->text, &r->text));
    TRY(psx_op_copy(op, rule->value, &r->value));
    TRY(psx_op_copy(op, rule->root, &r->root));
    *out = r;
    return PSX_OK;
}

static psx_rc copy_list(psx_op *op, const psx_rule_list *list, psx_rule_list *out)
{
    *out = (psx_rule_list){PSX_ARRAY(op, const psx_policy_rule *, list->n), list->n};
    if (!out->p) return psx_fail_nomem(op);
    for (size_t i = 0; i < list->n; i++) {
        TRY(copy_rule(op, list->p[i], &out->p[i]));
    }
    return PSX_OK;
}

// An absent text stays absent: it means something else than an empty one.
static psx_rc copy_text(psx_op *op, psx_str *s)
{
    return s->p ? psx_op_copy(op, *s, s) : PSX_OK;
}

static psx_rc copy_policy(psx_op *op, const psx_policy *policy, psx_policy **out)
{
    psx_policy *p = PSX_NEW(op, psx_policy);
    if (!p) return psx_fail_nomem(op);
    p->onerror = policy->onerror;
    p->resolved = policy->resolved;
    p->dirs = policy->dirs;
    TRY(copy_text(op, &p->dirs.project));
    TRY(copy_text(op, &p->dirs.tmp));
    TRY(copy_text(op, &p->dirs.home));
    TRY(copy_text(op, &p->dirs.cwd));
    p->protect = PSX_ARRAY(op, psx_str, policy->n_protect);
    if (!p->protect) return psx_fail_nomem(op);
    for (; p->n_protect < policy->n_protect; p->n_protect++) {
        TRY(psx_op_copy(op, policy->protect[p->n_protect], &p->protect[p->n_protect]));
    }
    *out = p;
    return PSX_OK;
}

static psx_rc copy_subject(psx_op *op, psx_policy_subject *s)
{
    TRY(copy_text(op, &s->name));
    TRY(copy_text(op, &s->version));
    TRY(copy_text(op, &s->location));
    TRY(copy_text(op, &s->dir));
    return copy_text(op, &s->integrity);
}

psx_rc psx_policy_copy(psx_op *op, const psx_policy *policy, const psx_policy_holder *holder,
                       psx_policy **policy_out, psx_policy_holder **holder_out)
{
    psx_policy_holder *h = PSX_NEW(op, psx_policy_holder);
    if (!h) return psx_fail_nomem(op);
    TRY(copy_policy(op, policy, policy_out));
    h->policy = *policy_out;
    h->subject = holder->subject;
    TRY(copy_subject(op, &h->subject));
    for (int cap = 0; cap < PSX_CAP_COUNT; cap++) {
        TRY(copy_list(op, &holder->rules[cap], &h->rules[cap]));
        TRY(copy_rule(op, holder->deny[cap], &h->deny[cap]));
    }
    TRY(copy_rule(op, holder->ambient, &h->ambient));
    *holder_out = h;
    return PSX_OK;
}

// A policy that parses resolves and binds without a crash, every verdict that allows names a rule,
// what is protected stays protected, and the editor's output means a policy again.
#include "fuzz.h"
#include "policy/policy.h"

static const psx_policy_dirs dirs = {PSX_STR_INIT("/proj"), PSX_STR_INIT("/tmp"),
                                     PSX_STR_INIT("/home/u"), PSX_STR_INIT("/proj")};

static const psx_policy_subject subjects[] = {
    {.location = PSX_STR_INIT(""), .dir = PSX_STR_INIT("/proj"), .listed = true},
    {.name = PSX_STR_INIT("a"),
     .version = PSX_STR_INIT("1.2.3"),
     .location = PSX_STR_INIT("node_modules/a"),
     .dir = PSX_STR_INIT("/proj/node_modules/a"),
     .listed = true},
    {.name = PSX_STR_INIT("a"),
     .version = PSX_STR_INIT("nonsense"),
     .location = PSX_STR_INIT("packages/x"),
     .dir = PSX_STR_INIT("/proj/packages/x")},
};

static const psx_str values[] = {
    PSX_STR_INIT(""),
    PSX_STR_INIT("/"),
    PSX_STR_INIT("/proj/a/b"),
    PSX_STR_INIT("/proj/node_modules/a/x"),
    PSX_STR_INIT("/proj/../etc"),
    PSX_STR_INIT("a.example.com"),
    PSX_STR_INIT("10.0.0.1"),
    PSX_STR_INIT("::ffff:10.0.0.1"),
    PSX_STR_INIT("[::1]"),
    PSX_STR_INIT("0x7f.1"),
    PSX_STR_INIT("unix:/run/x"),
    PSX_STR_INIT("unix:@x"),
    PSX_STR_INIT("unix:"),
    PSX_STR_INIT("AWS_X"),
    PSX_STR_INIT("stdout"),
    PSX_STR_INIT("."),
};

static void check_verdict(const psx_policy *policy, const psx_policy_holder *h,
                          const psx_policy_request *q)
{
    psx_policy_verdict v = psx_policy_decide(policy, h, q);
    if (!v.allowed) return;
    PROMISE(v.rule || v.recorded_only);
    if (v.recorded_only) return;
    PROMISE(v.rule->kind != PSX_RULE_DENY);
    PROMISE(psx_policy_holds(h, q->cap) || v.rule->kind == PSX_RULE_OWN);
}

static void ask(psx_op *op, const psx_policy *policy, const psx_policy_holder *h, psx_str own)
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        for (size_t i = 0; i <= sizeof values / sizeof *values; i++) {
            psx_str fix, value = i < sizeof values / sizeof *values ? values[i] : own;
            psx_policy_request q = {.cap = (psx_cap)c, .value = value, .asked = value, .port = 443};
            check_verdict(policy, h, &q);
            if (i % 5) continue;
            psx_rc rc = psx_policy_fix(op, h, &q, &fix);
            PROMISE(!psx_failed(rc) || rc.code == PSX_E_VALUE); // there may be none
            psx_fail_clear(op);
        }
    }
    psx_policy_request q = {.cap = PSX_CAP_FS_WRITE, .value = PSX_STR("/proj/p.json")};
    psx_policy_verdict v = psx_policy_decide(policy, h, &q);
    PROMISE(!v.allowed || v.rule->cap == PSX_CAP_AMBIENT);
}

static void use(psx_op *op, psx_policy *policy, psx_str own)
{
    psx_policy_holder *holders[3], *all;
    size_t n = 0;
    if (psx_failed(psx_policy_resolve(op, policy, &dirs))) return;
    if (psx_failed(psx_policy_protect(op, policy, PSX_STR("/proj/p.json")))) return;
    for (size_t i = 0; i < 3; i++) {
        psx_rc rc = psx_policy_bind(op, policy, &subjects[i], &holders[n]);
        psx_fail_clear(op); // a pinned integrity is a legal reason
        if (psx_failed(rc)) continue;
        ask(op, policy, holders[n++], own);
    }
    PROMISE(!psx_failed(
        psx_policy_union(op, policy, (const psx_policy_holder *const *)holders, n, &all)));
    ask(op, policy, all, own);
}

static void edit(psx_op *op, psx_str bytes)
{
    psx_policy_doc *doc = NULL;
    psx_str first = {0}, second = {0};
    if (psx_failed(psx_policy_doc_parse(op, bytes, PSX_STR("f"), &doc))) return;
    if (psx_failed(psx_policy_grant(op, doc, PSX_STR("a"), PSX_STR("env:X"), NULL))) return;
    PROMISE(!psx_failed(psx_policy_doc_write(op, doc, &first)));
    PROMISE(!psx_failed(psx_policy_doc_parse(op, first, PSX_STR("again"), &doc)));
    PROMISE(!psx_failed(psx_policy_doc_write(op, doc, &second)));
    PROMISE(psx_str_eq(first, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_policy *policy;
    psx_str bytes = {(const char *)data, size};
    psx_op_init(&op, 256u << 20);
    psx_rc rc = psx_policy_parse(&op, bytes, PSX_STR("f"), &policy);
    PROMISE(!psx_failed(rc) || op.fail.line > 0 || rc.code == PSX_E_SIZE);
    if (!psx_failed(rc)) use(&op, policy, psx_str_slice(bytes, size / 2, size));
    psx_op_fini(&op);
    psx_op_init(&op, 256u << 20);
    edit(&op, bytes);
    psx_op_fini(&op);
    return 0;
}

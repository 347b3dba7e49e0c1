// npsx policy show [policy]: what does this policy grant, and to whom?
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/signed.h"
#include "cli/union.h"
#include "formats/json.h"

// All rules of a holder, by capability; the packages' own directories are no grants.
typedef struct {
    const psx_policy_rule **of[PSX_CAP_COUNT];
    size_t n[PSX_CAP_COUNT];
} held;

typedef struct {
    psx_cli_place place;
    psx_str signature;        // the file beside the policy; absent: there is none
    psx_str state;            // what it is worth here
    psx_str pins;             // the list of pins; absent: there is none
    bool limited;             // somebody is ambient otherwise, and the process may do everything
    held whole;               // the union
    size_t hatches, pinned;   // packages that are bound to an integrity
    size_t resources, scopes; // of Node's manifest
} view;

typedef const psx_policy_rule *(*rule_source)(const void *from, psx_cap cap, size_t n);

// ---- reading ------------------------------------------------------------------------------------

static psx_rc count_manifest(psx_op *op, view *v)
{
    psx_json_doc *doc;
    TRY(psx_json_parse(op, v->place.policy_text, v->place.policy_file, PSX_POLICY_MAX_BYTES, &doc));
    const psx_json *resources = psx_json_get(&doc->root, PSX_STR("resources"));
    const psx_json *scopes = psx_json_get(&doc->root, PSX_STR("scopes"));
    v->resources = resources ? resources->n : 0;
    v->scopes = scopes ? scopes->n : 0;
    return PSX_OK;
}

static psx_rc collect_held(psx_op *op, const psx_policy_holder *holder, held *out)
{
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        size_t n = psx_policy_rules(holder, (psx_cap)c, NULL, 0);
        const psx_policy_rule **all = out->of[c] = PSX_ARRAY(op, const psx_policy_rule *, n);
        if (!all) return psx_fail_nomem(op);
        (void)psx_policy_rules(holder, (psx_cap)c, all, n);
        for (size_t i = 0; i < n; i++) {
            if (all[i]->kind != PSX_RULE_OWN) all[out->n[c]++] = all[i];
        }
    }
    return PSX_OK;
}

// Only told: what a signature is worth is for those to judge who run or verify.
static psx_rc look_at_signature(psx_op *op, view *v)
{
    psx_str name, bytes;
    psx_cli_signed check = {0};
    v->state = PSX_STR("none");
    TRY(psx_op_format(op, &name, "%.*s.p7s", PSX_FMT(v->place.policy_file)));
    if (access(name.p, F_OK) != 0) return PSX_OK;
    v->signature = name;
    psx_rc rc = psx_cli_read(op, "signature", name, PSX_SIGNATURE_MAX_BYTES, &bytes);
    if (!psx_failed(rc)) rc = psx_cli_signed_check(op, &v->place, bytes, (psx_str){0}, &check);
    if (rc.code == PSX_E_NOMEM) return rc;
    if (psx_failed(rc)) {
        psx_failure why = op->fail;
        psx_fail_clear(op);
        return psx_op_format(op, &v->state, "bad: %s", why.message);
    }
    if (!check.verified) v->state = PSX_STR("not verified: no trust anchors are known here");
    if (!check.verified) return PSX_OK;
    return psx_op_format(op, &v->state, "good, by %.*s", PSX_FMT(check.facts.signer));
}

static psx_rc look(psx_op *op, psx_str file, view *v)
{
    psx_str integrity;
    psx_policy_holder *whole;
    TRY(psx_cli_place_here(op, file, &v->place));
    TRY(psx_cli_place_policy(op, &v->place, true));
    TRY(psx_cli_place_lock(op, &v->place));
    TRY(psx_cli_union_make(op, &v->place, &whole));
    v->limited = whole;
    if (whole) TRY(collect_held(op, whole, &v->whole));
    TRY(look_at_signature(op, v));
    (void)psx_policy_pins(v->place.policy, &v->pins, &integrity);
    while (psx_policy_hatch(v->place.policy, v->hatches)) {
        v->hatches++;
    }
    for (size_t i = 0; psx_policy_key(v->place.policy, i).p; i++) {
        if (psx_policy_key_integrity(v->place.policy, i).n) v->pinned++;
    }
    return count_manifest(op, v);
}

// The n-th rule of a capability: of one key as it is written, and of a holder.
typedef struct {
    const psx_policy *policy;
    size_t key;
} written;

static const psx_policy_rule *written_rule(const void *from, psx_cap cap, size_t n)
{
    const written *w = from;
    const psx_policy_rule *r;
    for (size_t i = 0; (r = psx_policy_key_rule(w->policy, w->key, i)); i++) {
        if (r->cap == cap && r->kind != PSX_RULE_DENY && n-- == 0) return r;
    }
    return NULL;
}

static const psx_policy_rule *held_rule(const void *from, psx_cap cap, size_t n)
{
    const held *h = from;
    return n < h->n[cap] ? h->of[cap][n] : NULL;
}

static psx_str key_name(const view *v, size_t key)
{
    return key == (size_t)PSX_POLICY_APP ? PSX_STR("app") : psx_policy_key(v->place.policy, key);
}

// ---- as text ------------------------------------------------------------------------------------

static size_t print_grants(rule_source rule, const void *from)
{
    size_t n = 0;
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        const psx_policy_rule *r;
        for (size_t i = 0; (r = rule(from, (psx_cap)c, i)); i++, n++) {
            printf("  %c %-12s %.*s\n", psx_cap_is_hatch((psx_cap)c) ? '!' : ' ',
                   i ? "" : psx_cap_name((psx_cap)c), PSX_FMT(r->text));
        }
    }
    return n;
}

static size_t print_denials(const view *v, size_t key)
{
    const psx_policy_rule *r;
    size_t n = 0;
    for (size_t i = 0; (r = psx_policy_key_rule(v->place.policy, key, i)); i++) {
        if (r->kind != PSX_RULE_DENY) continue;
        printf("    %-12s %s\n", n++ ? "" : "deny", psx_cap_name(r->cap));
    }
    return n;
}

static void print_key(const view *v, size_t key)
{
    written from = {v->place.policy, key};
    psx_str name = key_name(v, key), pin = psx_policy_key_integrity(v->place.policy, key);
    printf("\n%.*s%s\n", PSX_FMT(name), psx_str_is(name, "*") ? " (every package)" : "");
    if (pin.n) printf("    %-12s %.*s\n", "integrity", PSX_FMT(pin));
    size_t n = print_grants(written_rule, &from);
    if (n + print_denials(v, key) == 0) puts("    nothing");
}

static void print_row(const char *name, psx_str value)
{
    printf("  %-12s ", name);
    psx_cli_put(value);
    putchar('\n');
}

static void print_head(const view *v)
{
    static const char *const onerrors[] = {"throw", "exit", "log: nothing is refused"};
    uint64_t serial;
    psx_cli_put(v->place.policy_file);
    putchar('\n');
    if (psx_policy_serial(v->place.policy, &serial)) {
        printf("  serial       %llu\n", (unsigned long long)serial);
    }
    printf("  onerror      %s\n", onerrors[psx_policy_onerror(v->place.policy)]);
    print_row("signature", v->state);
    printf("  hatches      %zu%s\n", v->hatches, v->hatches ? ", marked with !" : "");
    if (v->pinned) printf("  pinned       %zu package keys\n", v->pinned);
    if (v->pins.n) print_row("pins", v->pins);
    if (v->resources) printf("  resources    %zu\n", v->resources);
    if (v->scopes) printf("  scopes       %zu\n", v->scopes);
}

static void print_text(const view *v)
{
    print_head(v);
    print_key(v, (size_t)PSX_POLICY_APP);
    for (size_t i = 0; psx_policy_key(v->place.policy, i).p; i++) {
        print_key(v, i);
    }
    puts("\nthe process as a whole (union)");
    if (!v->limited)
        puts("  ! everything");
    else if (!print_grants(held_rule, &v->whole))
        puts("    nothing");
}

// ---- as JSON ------------------------------------------------------------------------------------

static psx_rc grants_json(psx_buf *b, rule_source rule, const void *from)
{
    bool first = true;
    TRY(psx_buf_byte(b, '{'));
    for (unsigned c = 0; c < PSX_CAP_COUNT; c++) {
        const psx_policy_rule *r = rule(from, (psx_cap)c, 0);
        if (!r) continue;
        TRY(psx_buf_format(b, "%s\"%s\":[", first ? "" : ",", psx_cap_name((psx_cap)c)));
        first = false;
        for (size_t i = 0; r; r = rule(from, (psx_cap)c, ++i)) {
            if (i) TRY(psx_buf_byte(b, ','));
            if (r->kind == PSX_RULE_ALL && psx_str_is(r->text, "true"))
                TRY(psx_buf_text(b, "true"));
            else
                TRY(psx_cli_json_string(b, r->text));
        }
        TRY(psx_buf_byte(b, ']'));
    }
    return psx_buf_byte(b, '}');
}

static psx_rc key_json(psx_buf *b, const view *v, size_t key)
{
    const psx_policy_rule *r;
    bool first = true;
    written from = {v->place.policy, key};
    psx_str pin = psx_policy_key_integrity(v->place.policy, key);
    TRY(psx_buf_text(b, "{\"key\":"));
    TRY(psx_cli_json_string(b, key_name(v, key)));
    if (pin.n) TRY(psx_buf_text(b, ",\"integrity\":"));
    if (pin.n) TRY(psx_cli_json_string(b, pin));
    TRY(psx_buf_text(b, ",\"grants\":"));
    TRY(grants_json(b, written_rule, &from));
    TRY(psx_buf_text(b, ",\"deny\":["));
    for (size_t i = 0; (r = psx_policy_key_rule(v->place.policy, key, i)); i++) {
        if (r->kind != PSX_RULE_DENY) continue;
        TRY(psx_buf_format(b, "%s\"%s\"", first ? "" : ",", psx_cap_name(r->cap)));
        first = false;
    }
    return psx_buf_text(b, "]}");
}

static psx_rc print_json(psx_op *op, const view *v)
{
    static const char *const onerrors[] = {"throw", "exit", "log"};
    uint64_t serial;
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "{\"file\":"));
    TRY(psx_cli_json_string(&b, v->place.policy_file));
    if (psx_policy_serial(v->place.policy, &serial)) {
        TRY(psx_buf_format(&b, ",\"serial\":%llu", (unsigned long long)serial));
    }
    TRY(psx_buf_format(
        &b, ",\"onerror\":\"%s\",\"signature\":", onerrors[psx_policy_onerror(v->place.policy)]));
    if (v->signature.p)
        TRY(psx_cli_json_string(&b, v->signature));
    else
        TRY(psx_buf_text(&b, "null"));
    TRY(psx_buf_text(&b, ",\"signatureState\":"));
    TRY(psx_cli_json_string(&b, v->state));
    if (v->pins.n) TRY(psx_buf_text(&b, ",\"pins\":"));
    if (v->pins.n) TRY(psx_cli_json_string(&b, v->pins));
    TRY(psx_buf_format(&b,
                       ",\"hatches\":%zu,\"pinned\":%zu,\"resources\":%zu,\"scopes\":%zu,"
                       "\"packages\":[",
                       v->hatches, v->pinned, v->resources, v->scopes));
    TRY(key_json(&b, v, (size_t)PSX_POLICY_APP));
    for (size_t i = 0; psx_policy_key(v->place.policy, i).p; i++) {
        TRY(psx_buf_byte(&b, ','));
        TRY(key_json(&b, v, i));
    }
    TRY(psx_buf_text(&b, "],\"union\":"));
    if (v->limited)
        TRY(grants_json(&b, held_rule, &v->whole));
    else
        TRY(psx_buf_text(&b, "\"everything\""));
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc cmd_show(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    view v = {0};
    psx_str policy = {0}, *rest;
    size_t n;
    bool help, json = false;
    const psx_cli_option options[] = {{"json", 0, &json, NULL}, {"policy", 0, NULL, &policy}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 2, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_policy_show.help, stdout);
        return PSX_OK;
    }
    if (n > 1 || (n && policy.p)) return psx_fail(op, PSX_E_USAGE, "policy show takes one file");
    TRY(look(op, n ? rest[0] : policy, &v));
    if (json) return print_json(op, &v);
    print_text(&v);
    return PSX_OK;
}

const psx_cli_command psx_cmd_policy_show = {
    .name = "show",
    .summary = "tell what a policy grants, and to whom",
    .help = "Usage: npsx policy show [--json] [policy]\n"
            "\n"
            "Tells what each key of the policy grants, and what the process as a whole may\n"
            "do: the union of all. Who holds as much as under node is marked with \"!\".\n"
            "\n"
            "  --json             the same as one JSON object\n"
            "  --policy file      the same as the operand\n"
            "  -h, --help         this text\n",
    .run = cmd_show,
};

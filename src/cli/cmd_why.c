// npsx why package capability[:value]: what the policy says, which line says it, how to change it.
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/request.h"

typedef struct {
    psx_cli_place place;
    psx_str label;      // "send@1.2.0"
    psx_str capability; // as typed
    const psx_policy_holder *holder;
    psx_cli_request request;
    bool allowed;
    const psx_policy_rule *rule; // or NULL
    psx_str fix;
} answer;

enum { NOT_ALLOWED = 1 };

static psx_rc bind_unlisted(psx_op *op, const psx_cli_place *place, psx_str package, answer *a)
{
    size_t at = psx_str_find_last(package, '@');
    psx_str name = at && at < package.n ? psx_str_slice(package, 0, at) : package;
    bool is_location = psx_str_find(package, '/') < package.n && package.p[0] != '@';
    psx_policy_subject s = {
        .name = is_location ? psx_lockfile_location_name(package) : name,
        .version = at && at < package.n ? psx_str_slice(package, at + 1, package.n) : PSX_STR(""),
        .location = package,
        .listed = !place->lock,
    };
    if (!is_location) TRY(psx_op_format(op, &s.location, "node_modules/%.*s", PSX_FMT(name)));
    TRY(psx_op_format(op, &s.dir, "%.*s/%.*s", PSX_FMT(place->project), PSX_FMT(s.location)));
    psx_policy_holder *holder;
    TRY(psx_policy_bind(op, place->policy, &s, &holder));
    a->holder = holder;
    return psx_op_format(op, &a->label, "%.*s%s", PSX_FMT(package),
                         place->lock ? " (not in the lockfile)" : "");
}

static bool means(psx_str package, const psx_lockfile_entry *e)
{
    if (psx_str_eq(package, e->location) || psx_str_eq(package, e->name)) return true;
    return package.n == e->name.n + 1 + e->version.n && psx_str_starts(package, e->name) &&
           package.p[e->name.n] == '@' && psx_str_ends(package, e->version);
}

// The first installed package of that name: every copy of the same version answers alike.
static psx_rc bind_package(psx_op *op, psx_str package, answer *a)
{
    const psx_cli_place *place = &a->place;
    psx_policy_holder *holder;
    if (psx_str_is(package, "app")) {
        a->label = package;
        TRY(psx_cli_place_bind(op, place, NULL, &holder));
        a->holder = holder;
        return PSX_OK;
    }
    for (size_t i = 0; place->lock && i < place->lock->n; i++) {
        const psx_lockfile_entry *e = &place->lock->entries[i];
        if (!means(package, e)) continue;
        TRY(psx_cli_place_bind(op, place, e, &holder));
        a->holder = holder;
        return psx_op_format(op, &a->label, "%.*s%s%.*s", PSX_FMT(e->name), e->version.n ? "@" : "",
                             PSX_FMT(e->version));
    }
    return bind_unlisted(op, place, package, a);
}

static psx_rc find_answer(psx_op *op, answer *a)
{
    psx_policy_request *r = &a->request.request;
    bool is_plain = r->cap == PSX_CAP_CLOCK || r->cap == PSX_CAP_RANDOM ||
                    r->cap == PSX_CAP_TIMERS || r->cap == PSX_CAP_WORKER ||
                    r->cap == PSX_CAP_EVAL || r->cap == PSX_CAP_GC || r->cap == PSX_CAP_AMBIENT;
    if (a->request.has_value || is_plain) {
        psx_policy_verdict v = psx_policy_decide(a->place.policy, a->holder, r);
        a->allowed = v.allowed && !v.recorded_only;
        a->rule = v.rule;
        psx_rc fix = a->allowed ? PSX_OK : psx_policy_fix(op, a->holder, r, &a->fix);
        if (fix.code != PSX_E_VALUE) return fix;
        psx_fail_clear(op); // no grant would allow it
        return PSX_OK;
    }
    a->allowed = psx_policy_holds(a->holder, r->cap);
    const psx_policy_rule *first = NULL;
    if (psx_policy_rules(a->holder, r->cap, &first, 1))
        a->rule = first;
    else if (a->allowed && psx_policy_rules(a->holder, PSX_CAP_AMBIENT, &first, 1))
        a->rule = first;
    return PSX_OK;
}

static void print_rules(const answer *a)
{
    const psx_policy_rule *rules[64];
    psx_cap cap = a->request.request.cap;
    size_t n = psx_policy_rules(a->holder, cap, rules, 64);
    if (!n && psx_policy_holds(a->holder, cap)) {
        n = psx_policy_rules(a->holder, PSX_CAP_AMBIENT, rules, 64);
    }
    for (size_t i = 0; i < n && i < 64; i++) {
        if (rules[i]->line) {
            printf("  %s: %.*s, under \"%.*s\" (line %u)\n", psx_cap_name(rules[i]->cap),
                   PSX_FMT(rules[i]->text), PSX_FMT(rules[i]->key), rules[i]->line);
        } else {
            printf("  %s: %.*s, without being written down\n", psx_cap_name(rules[i]->cap),
                   PSX_FMT(rules[i]->text));
        }
    }
    if (n > 64) printf("  and %zu more\n", n - 64);
}

static psx_rc print_revoke(psx_op *op, const psx_policy_rule *rule)
{
    psx_buf b, grant;
    psx_buf_init(&b, op);
    psx_buf_init(&grant, op);
    bool ambient = psx_str_is(rule->text, "ambient"); // one of the many that it stands for
    bool plain = ambient || psx_str_is(rule->text, "true");
    TRY(psx_buf_text(&grant, ambient ? "ambient" : psx_cap_name(rule->cap)));
    if (!plain) TRY(psx_buf_format(&grant, ":%.*s", PSX_FMT(rule->text)));
    TRY(psx_policy_quote(&b, rule->key));
    TRY(psx_buf_byte(&b, ' '));
    TRY(psx_policy_quote(&b, psx_buf_str(&grant)));
    printf("  to take it away: npsx revoke %.*s\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc print_text(psx_op *op, const answer *a)
{
    const psx_policy_rule *rule = a->rule;
    printf("%s: %.*s %.*s\n", a->allowed ? "allowed" : "denied", PSX_FMT(a->label),
           PSX_FMT(a->capability));
    const char *file = a->place.policy_text.p ? a->place.policy_file.p : NULL;
    if (!a->request.has_value && a->allowed) {
        print_rules(a);
    } else if (rule && rule->kind == PSX_RULE_OWN) {
        puts("  because a package may read its own directory");
    } else if (rule && rule->line && file) {
        printf("  because of %s %.*s under \"%.*s\", %.*s:%u:%u\n",
               rule->kind == PSX_RULE_DENY ? "deny" : psx_cap_name(rule->cap), PSX_FMT(rule->text),
               PSX_FMT(rule->key), PSX_FMT(a->place.policy_file), rule->line, rule->column);
    } else if (rule && file) {
        printf("  because of %s under \"%.*s\"\n", psx_cap_name(rule->cap), PSX_FMT(rule->key));
    } else if (rule) {
        printf("  because there is no policy file: %s holds by default\n", psx_cap_name(rule->cap));
    } else {
        puts("  because nothing in the policy allows it");
    }
    if (a->fix.n) printf("  to allow it: %.*s\n", PSX_FMT(a->fix));
    bool written = a->allowed && rule && rule->line && file;
    return written ? print_revoke(op, rule) : PSX_OK;
}

static psx_rc print_json(psx_op *op, const answer *a)
{
    psx_buf b;
    psx_buf_init(&b, op);
    const psx_policy_rule *rule = a->rule;
    TRY(psx_buf_text(&b, "{\"package\":"));
    TRY(psx_cli_json_string(&b, a->label));
    TRY(psx_buf_text(&b, ",\"capability\":"));
    TRY(psx_cli_json_string(&b, a->capability));
    TRY(psx_buf_format(&b, ",\"allowed\":%s,\"rule\":", a->allowed ? "true" : "false"));
    if (rule) {
        TRY(psx_buf_format(&b, "{\"capability\":\"%s\",\"key\":", psx_cap_name(rule->cap)));
        TRY(psx_cli_json_string(&b, rule->key));
        TRY(psx_buf_text(&b, ",\"pattern\":"));
        TRY(psx_cli_json_string(&b, rule->text));
        TRY(psx_buf_format(&b, ",\"deny\":%s,\"line\":%u,\"column\":%u}",
                           rule->kind == PSX_RULE_DENY ? "true" : "false", rule->line,
                           rule->column));
    } else {
        TRY(psx_buf_text(&b, "null"));
    }
    TRY(psx_buf_text(&b, ",\"fix\":"));
    if (a->fix.n)
        TRY(psx_cli_json_string(&b, a->fix));
    else
        TRY(psx_buf_text(&b, "null"));
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc cmd_why(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    answer a = {0};
    psx_str policy = {0}, *rest;
    size_t n;
    bool help, json = false;
    const psx_cli_option options[] = {{"json", 0, &json, NULL}, {"policy", 0, NULL, &policy}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 2, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_why.help, stdout);
        return PSX_OK;
    }
    if (n != 2) {
        return psx_fail(op, PSX_E_USAGE,
                        "why needs a package and a capability, as in "
                        "npsx why send fs.read:./public/a.txt");
    }
    TRY(psx_cli_place_here(op, policy, &a.place));
    TRY(psx_cli_place_policy(op, &a.place, policy.n > 0));
    TRY(psx_cli_place_lock(op, &a.place));
    TRY(psx_cli_request_parse(op, &a.place, rest[1], &a.request));
    a.capability = rest[1];
    TRY(bind_package(op, rest[0], &a));
    TRY(find_answer(op, &a));
    *status = a.allowed ? 0 : NOT_ALLOWED;
    if (json) return print_json(op, &a);
    return print_text(op, &a);
}

const psx_cli_command psx_cmd_why = {
    .name = "why",
    .summary = "tell why something is allowed or denied",
    .help = "Usage: npsx why [--json] [--policy file] package capability[:value]\n"
            "\n"
            "Tells whether the package may do that, which line of the policy says so, and\n"
            "how to change it. Exits with 0 when it is allowed and 1 when it is denied.\n"
            "\n"
            "  --json             the answer as one JSON object\n"
            "  --policy file      ask this file instead\n"
            "  -h, --help         this text\n"
            "\n"
            "Example: npsx why axios net.connect:api.example.com:443\n",
    .run = cmd_why,
};

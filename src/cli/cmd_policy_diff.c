// npsx policy diff old new: what is granted that was not, and what no longer? In capabilities, not
// in lines: a policy that is written in other words and means the same has no difference.
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/launch.h"
#include "formats/json.h"

typedef enum { GRANTED, TAKEN, NOTED } change_kind;

typedef struct {
    change_kind kind;
    bool hatch;
    psx_str key;     // "app", a key under "packages", or "" for the policy as a whole
    const char *cap; // "net.connect", "integrity", "onerror", "resources"
    psx_str value;   // the pattern
    psx_str why;     // or ""
    unsigned line;   // in the policy that has it; 0: nowhere
} change;

typedef struct {
    psx_op *op;
    psx_cli_place old, now;
    const psx_json *old_root, *now_root;
    change *v;
    size_t n, cap, count[3];
} comparison;

enum { NEWLY_GRANTED = 1 };

static psx_rc add(comparison *c, change what)
{
    TRY(PSX_ROOM(c->op, c->v, c->n, &c->cap));
    c->v[c->n++] = what;
    c->count[what.kind]++;
    return PSX_OK;
}

// ---- grants -------------------------------------------------------------------------------------

static psx_str key_name(const psx_policy *p, size_t i)
{
    return i == (size_t)PSX_POLICY_APP ? PSX_STR("app") : psx_policy_key(p, i);
}

static psx_rc compare_rule(comparison *c, change_kind kind, const psx_policy *before,
                           const psx_policy *now, size_t key, const psx_policy_rule *r)
{
    psx_policy_before was = psx_policy_held_before(before, now, key, r);
    change what = {.kind = kind,
                   .hatch = kind == GRANTED && psx_cap_is_hatch(r->cap),
                   .key = key_name(now, key),
                   .cap = psx_cap_name(r->cap),
                   .value = r->text,
                   .why = PSX_STR(""),
                   .line = r->line};
    if (was.held && !(was.unless_link && kind == GRANTED)) return PSX_OK;
    if (was.held) what.why = PSX_STR("a link there may lead out of what was granted before");
    if (was.deny) {
        TRY(psx_op_format(c->op, &what.why, "%s under \"%.*s\"",
                          kind == GRANTED ? "no longer denied" : "denied", PSX_FMT(was.deny->key)));
    }
    return add(c, what);
}

static psx_rc compare_keys(comparison *c, change_kind kind, const psx_policy *before,
                           const psx_policy *now)
{
    const psx_policy_rule *r;
    for (size_t i = (size_t)PSX_POLICY_APP; i == (size_t)PSX_POLICY_APP || psx_policy_key(now, i).p;
         i++) {
        for (size_t n = 0; (r = psx_policy_key_rule(now, i, n)); n++) {
            if (r->kind == PSX_RULE_DENY) continue;
            TRY(compare_rule(c, kind, before, now, i, r));
        }
    }
    return PSX_OK;
}

// Reading its own directory is nobody's grant: it comes back when the denial of reading goes.
static psx_rc compare_own(comparison *c, change_kind kind, const psx_policy *before,
                          const psx_policy *now)
{
    const psx_policy_rule *r;
    for (size_t i = (size_t)PSX_POLICY_APP;
         i == (size_t)PSX_POLICY_APP || psx_policy_key(before, i).p; i++) {
        for (size_t n = 0; (r = psx_policy_key_rule(before, i, n)); n++) {
            if (r->kind != PSX_RULE_DENY || r->cap != PSX_CAP_FS_READ) continue;
            if (psx_policy_denies_all(now, before, i, r->cap)) continue;
            TRY(add(c, (change){.kind = kind,
                                .key = key_name(before, i),
                                .cap = psx_cap_name(r->cap),
                                .value = PSX_STR("${package}/"),
                                .why = kind == GRANTED ? PSX_STR("no longer denied")
                                                       : PSX_STR("denied")}));
        }
    }
    return PSX_OK;
}

// ---- the rest -----------------------------------------------------------------------------------

static psx_str integrity_of(const psx_policy *p, psx_str key)
{
    for (size_t i = 0; psx_policy_key(p, i).p; i++) {
        if (psx_str_eq(psx_policy_key(p, i), key)) return psx_policy_key_integrity(p, i);
    }
    return (psx_str){0};
}

// Other bytes are vouched for, or anything goes: both are somebody's to look at.
static psx_rc compare_pins(comparison *c)
{
    const psx_policy *old = c->old.policy, *now = c->now.policy;
    for (size_t i = 0; psx_policy_key(old, i).p; i++) {
        psx_str key = psx_policy_key(old, i), pin = psx_policy_key_integrity(old, i);
        psx_str is = integrity_of(now, key);
        if (!pin.n || psx_str_eq(pin, is)) continue;
        TRY(add(c, (change){.kind = GRANTED,
                            .key = key,
                            .cap = "integrity",
                            .value = is.n ? is : PSX_STR("any"),
                            .why = is.n ? PSX_STR("other bytes than before")
                                        : PSX_STR("no longer pinned")}));
    }
    for (size_t i = 0; psx_policy_key(now, i).p; i++) {
        psx_str key = psx_policy_key(now, i), pin = psx_policy_key_integrity(now, i);
        if (!pin.n || integrity_of(old, key).n) continue;
        TRY(add(c, (change){.kind = TAKEN,
                            .key = key,
                            .cap = "integrity",
                            .value = pin,
                            .why = PSX_STR("pinned to these bytes")}));
    }
    return PSX_OK;
}

// The list of all files: by its digest.
static psx_rc compare_list(comparison *c)
{
    psx_str file, old = {0}, now = {0};
    bool had = psx_policy_pins(c->old.policy, &file, &old);
    bool has = psx_policy_pins(c->now.policy, &file, &now);
    if (had == has && psx_str_eq(old, now)) return PSX_OK;
    change what = {.kind = had ? GRANTED : TAKEN, .key = PSX_STR(""), .cap = "pins"};
    what.value = has ? now : PSX_STR("none");
    what.why = !had  ? PSX_STR("code is pinned to this list")
               : has ? PSX_STR("another list of code")
                     : PSX_STR("code is no longer pinned");
    return add(c, what);
}

static psx_rc compare_onerror(comparison *c)
{
    static const char *const names[] = {"throw", "exit", "log"};
    psx_onerror old = psx_policy_onerror(c->old.policy), now = psx_policy_onerror(c->now.policy);
    if (old == now) return PSX_OK;
    change what = {.kind = NOTED,
                   .key = PSX_STR(""),
                   .cap = "onerror",
                   .value = psx_str_from(names[now]),
                   .why = PSX_STR("")};
    if (now == PSX_ONERROR_LOG) {
        what.kind = GRANTED;
        what.hatch = true;
        what.why = PSX_STR("nothing is refused any more");
    } else if (old == PSX_ONERROR_LOG) {
        what.kind = TAKEN;
        what.why = PSX_STR("denials are refused again");
    }
    return add(c, what);
}

static psx_rc compare_serial(comparison *c)
{
    uint64_t old = 0, now = 0;
    bool had = psx_policy_serial(c->old.policy, &old), has = psx_policy_serial(c->now.policy, &now);
    if (had == has && old == now) return PSX_OK;
    change what = {.kind = NOTED, .key = PSX_STR(""), .cap = "serial", .value = PSX_STR("none")};
    if (has) TRY(psx_op_format(c->op, &what.value, "%llu", (unsigned long long)now));
    what.why =
        had && now < old ? PSX_STR("lower than before: a signed one will be refused") : PSX_STR("");
    return add(c, what);
}

static bool same_json(const psx_json *a, const psx_json *b)
{
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case PSX_JSON_NULL: return true;
    case PSX_JSON_BOOL: return a->boolean == b->boolean;
    case PSX_JSON_NUMBER:
    case PSX_JSON_STRING: return psx_str_eq(a->string, b->string);
    default: break;
    }
    if (a->n != b->n) return false;
    bool list = a->kind == PSX_JSON_ARRAY;
    for (size_t i = 0; i < a->n; i++) {
        // The order of conditions has a meaning.
        if (!list && !psx_str_eq(a->members[i].key, b->members[i].key)) return false;
        if (!same_json(list ? &a->items[i] : &a->members[i].value,
                       list ? &b->items[i] : &b->members[i].value))
            return false;
    }
    return true;
}

// With its own entry gone, a scope above may say more of a file than the entry did.
static bool told_by_scope(const comparison *c)
{
    const psx_json *scopes = psx_json_get(c->now_root, PSX_STR("scopes"));
    return scopes && scopes->n > 0;
}

// What Node's manifest says about a file is judged by whoever reads it: other is not less.
static psx_rc compare_manifest(comparison *c, const char *part)
{
    const psx_json *old = psx_json_get(c->old_root, psx_str_from(part));
    const psx_json *now = psx_json_get(c->now_root, psx_str_from(part));
    for (size_t i = 0; now && i < now->n; i++) {
        const psx_json *was = psx_json_get(old, now->members[i].key);
        if (was && same_json(was, &now->members[i].value)) continue;
        TRY(add(c, (change){.kind = GRANTED,
                            .key = PSX_STR(""),
                            .cap = part,
                            .value = now->members[i].key,
                            .why = was ? PSX_STR("says something else") : PSX_STR("")}));
    }
    bool scope = told_by_scope(c);
    for (size_t i = 0; old && i < old->n; i++) {
        if (psx_json_get(now, old->members[i].key)) continue;
        TRY(add(c, (change){.kind = scope ? GRANTED : TAKEN,
                            .key = PSX_STR(""),
                            .cap = part,
                            .value = old->members[i].key,
                            .why = scope ? PSX_STR("gone: what a scope says holds in its place")
                                         : PSX_STR("")}));
    }
    return PSX_OK;
}

// For code that no resource and no scope covers.
static psx_rc compare_dependencies(comparison *c)
{
    const psx_json *old = psx_json_get(c->old_root, PSX_STR("dependencies"));
    const psx_json *now = psx_json_get(c->now_root, PSX_STR("dependencies"));
    if (old == now || (old && now && same_json(old, now))) return PSX_OK;
    return add(c, (change){.kind = now ? GRANTED : TAKEN,
                           .key = PSX_STR(""),
                           .cap = "dependencies",
                           .value = PSX_STR("of all other code"),
                           .why = old && now ? PSX_STR("says something else") : PSX_STR("")});
}

static psx_rc compare_manifests(comparison *c)
{
    if (psx_policy_manifest(c->old.policy) && !psx_policy_manifest(c->now.policy)) {
        return add(c, (change){.kind = GRANTED,
                               .hatch = true,
                               .key = PSX_STR(""),
                               .cap = "resources",
                               .value = PSX_STR("none"),
                               .why = PSX_STR("any file is loaded again")});
    }
    TRY(compare_manifest(c, "resources"));
    TRY(compare_manifest(c, "scopes"));
    return compare_dependencies(c);
}

static psx_rc compare(comparison *c)
{
    TRY(compare_onerror(c));
    TRY(compare_serial(c));
    TRY(compare_keys(c, GRANTED, c->old.policy, c->now.policy));
    TRY(compare_keys(c, TAKEN, c->now.policy, c->old.policy));
    TRY(compare_own(c, GRANTED, c->old.policy, c->now.policy));
    TRY(compare_own(c, TAKEN, c->now.policy, c->old.policy));
    TRY(compare_pins(c));
    TRY(compare_list(c));
    return compare_manifests(c);
}

// ---- reading ------------------------------------------------------------------------------------

// Both as policies of this project: what "./" means is the same. "-" is standard input.
static psx_rc read_policy(psx_op *op, psx_str file, psx_cli_place *place, const psx_json **root)
{
    psx_json_doc *doc;
    bool is_stdin = psx_str_is(file, "-");
    TRY(psx_cli_place_here(op, is_stdin ? (psx_str){0} : file, place));
    if (is_stdin) {
        TRY(psx_cli_join(op, place->cwd, PSX_STR("(standard input)"), &place->policy_file));
        TRY(psx_cli_read_stream(op, "the policy on standard input", STDIN_FILENO,
                                PSX_POLICY_MAX_BYTES, &place->policy_text));
        TRY(psx_policy_parse(op, place->policy_text, place->policy_file, &place->policy));
        TRY(psx_cli_place_resolve(op, place, place->policy));
    } else {
        TRY(psx_cli_place_policy(op, place, true));
    }
    TRY(psx_json_parse(op, place->policy_text, place->policy_file, PSX_POLICY_MAX_BYTES, &doc));
    *root = &doc->root;
    return PSX_OK;
}

// ---- telling ------------------------------------------------------------------------------------

static const char sign_of[] = {[GRANTED] = '+', [TAKEN] = '-', [NOTED] = ' '};

static void print_change(const change *w)
{
    printf("  %c %-12s ", sign_of[w->kind], w->cap);
    psx_cli_put(w->value);
    if (w->why.n) printf("  (%.*s)", PSX_FMT(w->why));
    putchar('\n');
}

// Who holds as much as under node comes first, then each key with all that changed for it.
static void print_text(const comparison *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!c->v[i].hatch) continue;
        printf("! %.*s%s", PSX_FMT(c->v[i].key), c->v[i].key.n ? ":" : "the policy:");
        print_change(&c->v[i]);
    }
    for (size_t i = 0; i < c->n; i++) {
        psx_str key = c->v[i].key;
        bool told = c->v[i].hatch;
        for (size_t k = 0; k < i && !told; k++) {
            told = !c->v[k].hatch && psx_str_eq(c->v[k].key, key);
        }
        if (told) continue;
        printf("%.*s\n", PSX_FMT(key.n ? key : PSX_STR("the policy")));
        for (size_t k = i; k < c->n; k++) {
            if (!c->v[k].hatch && psx_str_eq(c->v[k].key, key)) print_change(&c->v[k]);
        }
    }
    printf("%zu newly granted, %zu taken away\n", c->count[GRANTED], c->count[TAKEN]);
}

static psx_rc print_json(const comparison *c)
{
    static const char *const kinds[] = {"granted", "taken", "noted"};
    psx_buf b;
    psx_buf_init(&b, c->op);
    TRY(psx_buf_format(&b, "{\"granted\":%zu,\"taken\":%zu,\"changes\":[", c->count[GRANTED],
                       c->count[TAKEN]));
    for (size_t i = 0; i < c->n; i++) {
        const change *w = &c->v[i];
        TRY(psx_buf_format(&b, "%s{\"change\":\"%s\",\"hatch\":%s,\"key\":", i ? "," : "",
                           kinds[w->kind], w->hatch ? "true" : "false"));
        if (w->key.n)
            TRY(psx_cli_json_string(&b, w->key));
        else
            TRY(psx_buf_text(&b, "null"));
        TRY(psx_buf_format(&b, ",\"capability\":\"%s\",\"value\":", w->cap));
        TRY(psx_cli_json_string(&b, w->value));
        TRY(psx_buf_text(&b, ",\"why\":"));
        TRY(psx_cli_json_string(&b, w->why));
        TRY(psx_buf_format(&b, ",\"line\":%u}", w->line));
    }
    printf("%.*s]}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc cmd_diff(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    comparison c = {.op = op};
    psx_str *rest;
    size_t n;
    bool help, json = false;
    const psx_cli_option options[] = {{"json", 0, &json, NULL}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 1, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_policy_diff.help, stdout);
        return PSX_OK;
    }
    if (n != 1 && n != 2) {
        return psx_fail(op, PSX_E_USAGE,
                        "diff needs one or two policies, as in npsx policy diff old.json new.json");
    }
    TRY(read_policy(op, rest[0], &c.old, &c.old_root));
    TRY(read_policy(op, n == 2 ? rest[1] : (psx_str){0}, &c.now, &c.now_root));
    TRY(compare(&c));
    *status = c.count[GRANTED] ? NEWLY_GRANTED : 0;
    if (json) return print_json(&c);
    print_text(&c);
    return PSX_OK;
}

const psx_cli_command psx_cmd_policy_diff = {
    .name = "diff",
    .summary = "tell what a policy grants that another did not",
    .help = "Usage: npsx policy diff [--json] old [new]\n"
            "\n"
            "Tells what the new policy grants that the old one did not (+), and what it takes\n"
            "away (-): in capabilities, not in lines. Escape hatches come first, marked with\n"
            "\"!\". Without new that is packsec.policy.json; \"-\" is standard input. Exits with\n"
            "1 when anything is newly granted, and 0 otherwise.\n"
            "\n"
            "  --json             the same as one JSON object\n"
            "  -h, --help         this text\n"
            "\n"
            "Example: git show HEAD:./packsec.policy.json | npsx policy diff -\n",
    .run = cmd_diff,
};

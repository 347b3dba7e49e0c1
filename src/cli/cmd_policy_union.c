// npsx policy union: what is the box made of, and who is the reason for each line of it?
#include "base/map.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/union.h"

#include <dirent.h>
#include <stdlib.h>

// Those who hold a line because of the same place in the policy.
typedef struct {
    const psx_policy_rule *rule;
    psx_cli_union_part **who;
    size_t n, cap;
} reason;

typedef struct {
    const psx_policy_rule *rule;
    reason *reasons;
    size_t n, cap;
    size_t holders; // of all reasons
} line;

typedef struct {
    psx_cli_place place;
    psx_cli_union all;
    line **lines; // the strongest first
    size_t n;
    bool boxed;
    psx_box_spec spec;   // what it comes to in the kernel
    psx_cli_list hidden; // of the project
} view;

// The strongest first. The kernel holds the process to the first group; of the second it knows
// nothing, and the compartments alone stand for it.
static const psx_cap order[] = {
    PSX_CAP_AMBIENT,     PSX_CAP_NATIVE,     PSX_CAP_BUILTINS, PSX_CAP_SPAWN,   PSX_CAP_FS_WRITE,
    PSX_CAP_NET_CONNECT, PSX_CAP_NET_LISTEN, PSX_CAP_FS_READ,  PSX_CAP_PROCESS, PSX_CAP_SYSTEM,
    PSX_CAP_EVAL,        PSX_CAP_WORKER,     PSX_CAP_IMPORT,   PSX_CAP_ENV,     PSX_CAP_STDIO,
    PSX_CAP_CLOCK,       PSX_CAP_RANDOM,     PSX_CAP_TIMERS,   PSX_CAP_GC,
};
enum { N_ORDER = sizeof order / sizeof *order, N_KERNEL = 10 };

static size_t rank(psx_cap cap)
{
    size_t i = 0;
    while (i < N_ORDER && order[i] != cap) {
        i++;
    }
    return i;
}

// ---- gathering ----------------------------------------------------------------------------------

static psx_rc add_reason(psx_op *op, line *l, const psx_policy_rule *rule, psx_cli_union_part *who)
{
    reason *r = NULL;
    for (size_t i = 0; i < l->n && !r; i++) {
        const psx_policy_rule *seen = l->reasons[i].rule;
        if (seen->line == rule->line && seen->column == rule->column) r = &l->reasons[i];
    }
    if (!r) {
        TRY(PSX_ROOM(op, l->reasons, l->n, &l->cap));
        r = &l->reasons[l->n++];
        *r = (reason){.rule = rule};
    }
    if (r->n && r->who[r->n - 1] == who) return PSX_OK; // the same package by two equal patterns
    TRY(PSX_ROOM(op, r->who, r->n, &r->cap));
    r->who[r->n++] = who;
    l->holders++;
    return PSX_OK;
}

static psx_rc add_part(psx_op *op, psx_map *lines, psx_cli_union_part *part)
{
    for (size_t c = 0; c < N_ORDER; c++) {
        size_t n = psx_policy_rules(part->holder, order[c], NULL, 0);
        const psx_policy_rule **rules = PSX_ARRAY(op, const psx_policy_rule *, n);
        if (!rules) return psx_fail_nomem(op);
        (void)psx_policy_rules(part->holder, order[c], rules, n);
        for (size_t i = 0; i < n; i++) {
            psx_str id;
            if (rules[i]->kind == PSX_RULE_OWN) continue;
            TRY(psx_policy_rule_identity(op, rules[i], &id));
            line *l = psx_map_get(lines, id);
            if (!l) {
                l = PSX_NEW(op, line);
                if (!l) return psx_fail_nomem(op);
                l->rule = rules[i];
                TRY(psx_map_put(lines, id, l));
            }
            TRY(add_reason(op, l, rules[i], part));
        }
    }
    return PSX_OK;
}

// Without a lockfile a key stands for whom it means, and "*" for any number of packages.
static bool is_one(const line *l)
{
    return l->holders == 1 && !psx_str_is(l->reasons[0].who[0]->label, "*");
}

// By capability; in there what one package alone is the reason for, then by text.
static int by_strength(const void *a, const void *b)
{
    const line *x = *(line *const *)a, *y = *(line *const *)b;
    size_t rx = rank(x->rule->cap), ry = rank(y->rule->cap);
    bool alone_x = is_one(x), alone_y = is_one(y);
    if (rx != ry) return rx < ry ? -1 : 1;
    if (alone_x != alone_y) return alone_x ? -1 : 1;
    return psx_str_cmp(x->rule->text, y->rule->text);
}

// Is it readable in the box?
static bool is_covered(const psx_box_spec *s, psx_str path)
{
    for (size_t i = 0; i < s->n_paths; i++) {
        psx_str root = s->paths[i].path;
        bool under = root.n == 1 ||
                     (psx_str_starts(path, root) && (path.n == root.n || path.p[root.n] == '/'));
        if (under && s->paths[i].rights & PSX_BOX_READ) return true;
    }
    return false;
}

static psx_rc find_hidden(psx_op *op, view *v)
{
    DIR *d = opendir(v->place.project.p);
    psx_rc rc = PSX_OK;
    for (struct dirent *e; d && !psx_failed(rc) && (e = readdir(d));) {
        psx_str path, name = psx_str_from(e->d_name);
        if (name.p[0] != '.' || psx_str_is(name, ".") || psx_str_is(name, "..")) continue;
        rc = psx_cli_join(op, v->place.project, name, &path);
        if (psx_failed(rc) || is_covered(&v->spec, path)) continue;
        rc = psx_op_copy(op, name, &name);
        if (!psx_failed(rc)) rc = psx_cli_list_add(op, &v->hidden, name);
    }
    if (d) closedir(d);
    return rc;
}

static psx_rc look_at_box(psx_op *op, view *v)
{
    psx_cli_run run = {0};
    psx_policy_holder *held;
    psx_box_request request;
    TRY(psx_cli_union_make(op, &v->place, &held));
    v->boxed = held && psx_policy_onerror(v->place.policy) != PSX_ONERROR_LOG;
    if (!v->boxed) return PSX_OK;
    TRY(psx_cli_box_request(op, &run, &v->place, PSX_BOX_ENGINE, held, &request));
    TRY(psx_box_spec_make(op, &request, &v->spec));
    return find_hidden(op, v);
}

static psx_rc look(psx_op *op, psx_str policy, view *v)
{
    psx_map lines;
    psx_map_init(&lines, op);
    TRY(psx_cli_place_here(op, policy, &v->place));
    TRY(psx_cli_place_policy(op, &v->place, policy.n > 0));
    TRY(psx_cli_place_lock(op, &v->place));
    TRY(psx_cli_union_gather(op, &v->place, &v->all));
    for (size_t i = 0; i < v->all.n; i++) {
        TRY(add_part(op, &lines, &v->all.parts[i]));
    }
    v->lines = PSX_ARRAY(op, line *, lines.n);
    if (!v->lines) return psx_fail_nomem(op);
    for (size_t i = 0; i < lines.n; i++) {
        v->lines[v->n++] = lines.slots[i].value;
    }
    qsort(v->lines, v->n, sizeof *v->lines, by_strength);
    return look_at_box(op, v);
}

static bool is_open(const view *v, psx_cap cap)
{
    for (size_t i = 0; i < v->n; i++) {
        if (v->lines[i]->rule->cap == cap) return true;
    }
    return false;
}

// ---- as text ------------------------------------------------------------------------------------

static void print_reason(const view *v, const reason *r)
{
    enum { TOLD = 3 };
    if (r->n <= TOLD) {
        for (size_t i = 0; i < r->n; i++) {
            printf("%s", i ? ", " : "");
            bool any = psx_str_is(r->who[i]->label, "*");
            psx_cli_put(any ? PSX_STR("every package") : r->who[i]->label);
        }
    } else {
        printf("%zu packages", r->n);
    }
    if (!r->rule->line || !v->place.policy_text.p) return;
    printf(" (\"");
    psx_cli_put(r->rule->key);
    printf("\", %u:%u)", r->rule->line, r->rule->column);
}

static void print_line(const view *v, const line *l)
{
    bool alone = is_one(l);
    printf("  %c %-11s ", psx_cap_is_hatch(l->rule->cap) ? '!' : ' ', psx_cap_name(l->rule->cap));
    psx_cli_put(l->rule->text);
    printf("  %s ", alone ? "only because of" : "because of");
    for (size_t i = 0; i < l->n; i++) {
        printf("%s", i ? "; " : "");
        print_reason(v, &l->reasons[i]);
    }
    putchar('\n');
}

static void print_group(const view *v, const char *title, size_t from, size_t to)
{
    bool any = false;
    for (size_t i = 0; i < v->n; i++) {
        size_t r = rank(v->lines[i]->rule->cap);
        if (r < from || r >= to) continue;
        if (!any) printf("\n%s\n", title);
        any = true;
        print_line(v, v->lines[i]);
    }
    bool closed = false;
    for (size_t c = from; c < to && !v->all.unlimited; c++) {
        if (is_open(v, order[c])) continue;
        printf("%s%s", closed ? ", " : any ? "    closed: " : "\n", psx_cap_name(order[c]));
        closed = true;
    }
    if (closed) puts(any ? "" : ": closed");
}

// Why the kernel alone is not enough, as far as the union says.
static size_t reasons_of(const psx_box_spec *s, const char *out[5])
{
    size_t n = 0;
    if (s->connect != PSX_BOX_NONE || s->listen != PSX_BOX_NONE) out[n++] = "hosts are told apart";
    if (s->spawn != PSX_BOX_NONE) out[n++] = "programs are started";
    if (s->write != PSX_BOX_NONE) out[n++] = "files are written";
    if (s->late) out[n++] = "files are granted that are not there yet";
    return n;
}

static void print_box(const view *v)
{
    const char *why[5];
    size_t n = reasons_of(&v->spec, why);
    if (!v->boxed) return;
    printf("\nthe box\n    supervised  %s", v->spec.supervised ? "yes" : "no");
    for (size_t i = 0; v->spec.supervised && i < n; i++) {
        printf("%s%s", i ? ", " : ": ", why[i]);
    }
    if (v->hidden.n) printf("\n    hidden      not readable in the project:");
    for (size_t i = 0; i < v->hidden.n; i++) {
        putchar(' ');
        psx_cli_put(v->hidden.v[i]);
    }
    putchar('\n');
}

static void print_text(const view *v)
{
    psx_cli_put(v->place.policy_file);
    puts(v->place.policy_text.p ? "" : " (there is none: what holds without)");
    if (v->all.unknown.p) {
        printf("nothing limits the process: nobody can tell whom \"");
        psx_cli_put(v->all.unknown);
        puts("\" means without a lockfile (package-lock.json)");
    } else if (v->all.unlimited) {
        puts("nothing limits the process: somebody is ambient, and there is no box");
    }
    print_group(v, "what the kernel lets the process do", 0, N_KERNEL);
    print_group(v, "what the kernel does not know: held by the compartments alone", N_KERNEL,
                N_ORDER);
    print_box(v);
}

// ---- as JSON ------------------------------------------------------------------------------------

static psx_rc reason_json(psx_buf *b, const reason *r, bool *first)
{
    for (size_t i = 0; i < r->n; i++) {
        const psx_policy_subject *s = psx_policy_subject_of(r->who[i]->holder);
        TRY(psx_buf_text(b, *first ? "{\"package\":" : ",{\"package\":"));
        *first = false;
        TRY(psx_cli_json_string(b, r->who[i]->label));
        TRY(psx_buf_text(b, ",\"location\":"));
        TRY(psx_cli_json_string(b, s->location));
        TRY(psx_buf_text(b, ",\"key\":"));
        TRY(psx_cli_json_string(b, r->rule->key));
        TRY(psx_buf_format(b, ",\"line\":%u,\"column\":%u}", r->rule->line, r->rule->column));
    }
    return PSX_OK;
}

static psx_rc line_json(psx_buf *b, const line *l)
{
    bool first = true;
    TRY(psx_buf_format(b, "{\"capability\":\"%s\",\"value\":", psx_cap_name(l->rule->cap)));
    TRY(psx_cli_json_string(b, l->rule->text));
    TRY(psx_buf_format(b, ",\"kernel\":%s,\"only\":%s,\"because\":[",
                       rank(l->rule->cap) < N_KERNEL ? "true" : "false",
                       is_one(l) ? "true" : "false"));
    for (size_t i = 0; i < l->n; i++) {
        TRY(reason_json(b, &l->reasons[i], &first));
    }
    return psx_buf_text(b, "]}");
}

static psx_rc box_json(psx_buf *b, const view *v)
{
    if (!v->boxed) return psx_buf_text(b, "null");
    TRY(psx_buf_format(b, "{\"supervised\":%s,\"hidden\":[",
                       v->spec.supervised ? "true" : "false"));
    for (size_t i = 0; i < v->hidden.n; i++) {
        if (i) TRY(psx_buf_byte(b, ','));
        TRY(psx_cli_json_string(b, v->hidden.v[i]));
    }
    return psx_buf_text(b, "]}");
}

static psx_rc print_json(psx_op *op, const view *v)
{
    psx_buf b;
    bool first = true;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "{\"file\":"));
    TRY(psx_cli_json_string(&b, v->place.policy_file));
    TRY(psx_buf_format(&b, ",\"limited\":%s,\"unknown\":", v->all.unlimited ? "false" : "true"));
    TRY(v->all.unknown.p ? psx_cli_json_string(&b, v->all.unknown) : psx_buf_text(&b, "null"));
    TRY(psx_buf_text(&b, ",\"lines\":["));
    for (size_t i = 0; i < v->n; i++) {
        if (i) TRY(psx_buf_byte(&b, ','));
        TRY(line_json(&b, v->lines[i]));
    }
    TRY(psx_buf_text(&b, "],\"closed\":["));
    for (size_t c = 0; c < N_ORDER; c++) {
        if (is_open(v, order[c])) continue;
        TRY(psx_buf_format(&b, "%s\"%s\"", first ? "" : ",", psx_cap_name(order[c])));
        first = false;
    }
    TRY(psx_buf_text(&b, "],\"box\":"));
    TRY(box_json(&b, v));
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc cmd_union(psx_cli *cli, int *status)
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
        fputs(psx_cmd_policy_union.help, stdout);
        return PSX_OK;
    }
    if (n > 1 || (n && policy.p)) return psx_fail(op, PSX_E_USAGE, "policy union takes one file");
    TRY(look(op, n ? rest[0] : policy, &v));
    if (json) return print_json(op, &v);
    print_text(&v);
    return PSX_OK;
}

const psx_cli_command psx_cmd_policy_union = {
    .name = "union",
    .summary = "tell what the box is made of, and because of whom",
    .help = "Usage: npsx policy union [--json] [policy]\n"
            "\n"
            "Tells what the process as a whole may do, which is what the kernel holds it to,\n"
            "and which packages are the reason for each line: the strongest capabilities\n"
            "first, and in them what one package alone asks for. Last what stays closed.\n"
            "\n"
            "  --json             the same as one JSON object\n"
            "  --policy file      the same as the operand\n"
            "  -h, --help         this text\n",
    .run = cmd_union,
};

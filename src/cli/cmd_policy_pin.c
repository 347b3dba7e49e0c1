// npsx policy pin: binds the bytes of every file that is loaded to the policy; --check compares.
#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/pin_walk.h"
#include "cli/pins.h"

#include <sys/stat.h>

typedef struct {
    psx_cli_edit edit;
    psx_str policy, list, path; // path: of the list, absolute
    bool help, check, packages, verity, json;
    psx_pin_plan plan;
    psx_pin_set set;
} pinning;

// ---- what there is ------------------------------------------------------------------------------

static psx_rc find_list(psx_op *op, pinning *p, const psx_policy *policy)
{
    psx_str named = {0}, integrity, path = p->edit.place.policy_file;
    if (policy && psx_policy_pins(policy, &named, &integrity) && !p->list.n)
        return psx_cli_pins_path(op, path, named, &p->path);
    if (p->list.n) return psx_cli_join(op, p->edit.place.cwd, p->list, &p->path);
    return psx_cli_pins_path(op, path, PSX_STR("packsec.pins"), &p->path);
}

static psx_rc plan_walk(psx_op *op, pinning *p)
{
    psx_str signature;
    const psx_cli_place *place = &p->edit.place;
    p->plan.project = place->project;
    p->plan.verity = p->verity;
    p->plan.progress = isatty(STDERR_FILENO);
    TRY(psx_op_format(op, &signature, "%.*s.p7s", PSX_FMT(place->policy_file)));
    TRY(psx_cli_list_add(op, &p->plan.skip, place->policy_file));
    TRY(psx_cli_list_add(op, &p->plan.skip, signature));
    return psx_cli_list_add(op, &p->plan.skip, p->path);
}

// ---- writing ------------------------------------------------------------------------------------

static psx_rc make_list(psx_op *op, const pinning *p, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_pins_write_head(&b, p->plan.packages_only));
    for (size_t i = 0; i < p->set.n; i++) {
        TRY(psx_pins_write(&b, &p->set.v[i]));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

// As the policy writes it: relative to its own directory where it lies beneath that.
static psx_rc written_name(psx_op *op, const pinning *p, psx_str *out)
{
    psx_str dir = psx_cli_dirname(p->edit.place.policy_file);
    bool beneath = dir.n > 1 && psx_str_starts(p->path, dir) && p->path.p[dir.n] == '/';
    if (!beneath) return psx_op_copy(op, p->path, out);
    return psx_op_format(op, out, "./%.*s", PSX_FMT(psx_str_slice(p->path, dir.n + 1, p->path.n)));
}

static psx_rc print_pinned(psx_op *op, const pinning *p, psx_str integrity, bool is_signed)
{
    if (p->json) {
        psx_buf b;
        psx_buf_init(&b, op);
        TRY(psx_buf_text(&b, "{\"list\":"));
        TRY(psx_cli_json_string(&b, p->path));
        TRY(psx_buf_format(&b, ",\"files\":%zu,\"links\":%llu,\"bytes\":%llu,\"integrity\":",
                           p->set.n - (size_t)p->set.links, (unsigned long long)p->set.links,
                           (unsigned long long)p->set.bytes));
        TRY(psx_cli_json_string(&b, integrity));
        TRY(psx_buf_format(&b, ",\"signed\":%s}", is_signed ? "true" : "false"));
        printf("%.*s\n", PSX_FMT(psx_buf_str(&b)));
        return PSX_OK;
    }
    psx_cli_put(p->path);
    printf(": %zu files, %llu links, bound by ", p->set.n - (size_t)p->set.links,
           (unsigned long long)p->set.links);
    psx_cli_put(psx_cli_edit_name(&p->edit));
    putchar('\n');
    if (is_signed) puts("the policy was signed and has changed: npsx policy sign");
    return PSX_OK;
}

static psx_rc pin(psx_op *op, pinning *p)
{
    psx_str text, name, integrity, signature;
    psx_pins checked;
    TRY(psx_pin_walk(op, &p->plan, &p->set));
    TRY(make_list(op, p, &text));
    TRY(psx_pins_parse(op, text, p->path, &checked));
    TRY(psx_digest_sri(op, PSX_SRI_SHA256, text, &integrity));
    TRY(written_name(op, p, &name));
    TRY(psx_policy_pin(op, p->edit.doc, name, integrity));
    TRY(psx_cli_replace(op, "list of pins", p->path, 0644, text));
    TRY(psx_cli_edit_save(op, &p->edit));
    TRY(psx_op_format(op, &signature, "%.*s.p7s", PSX_FMT(p->edit.place.policy_file)));
    return print_pinned(op, p, integrity, access(signature.p, F_OK) == 0);
}

// ---- comparing ----------------------------------------------------------------------------------

static const char *const what_is[] = {"changed", "missing", "added"};
enum { CHANGED, MISSING, ADDED, DIFFERENCES };

static bool same(const psx_pin *a, const psx_pin *b)
{
    return a->kind == b->kind && a->algorithm == b->algorithm &&
           memcmp(a->digest, b->digest, psx_sri_size(a->algorithm)) == 0;
}

static psx_rc compare(psx_op *op, const psx_pinned *old, const pinning *p,
                      psx_cli_list lists[DIFFERENCES])
{
    psx_pin pin;
    size_t at = 0, i = 0;
    bool more = psx_pins_next(&old->pins, &at, &pin);
    while (more || i < p->set.n) {
        const psx_pin *now = i < p->set.n ? &p->set.v[i] : NULL;
        int c = !more ? 1 : !now ? -1 : psx_str_cmp(pin.path, now->path);
        if (c == 0 && !same(&pin, now)) TRY(psx_cli_list_add(op, &lists[CHANGED], pin.path));
        if (c < 0) TRY(psx_cli_list_add(op, &lists[MISSING], pin.path));
        if (c > 0) TRY(psx_cli_list_add(op, &lists[ADDED], now->path));
        if (c <= 0) more = psx_pins_next(&old->pins, &at, &pin);
        if (c >= 0) i++;
    }
    return PSX_OK;
}

static psx_rc print_differences(psx_op *op, const pinning *p, const psx_cli_list *lists)
{
    psx_buf b;
    psx_buf_init(&b, op);
    for (unsigned k = 0; k < DIFFERENCES && !p->json; k++) {
        for (size_t i = 0; i < lists[k].n; i++) {
            printf("%s  ", what_is[k]);
            psx_cli_put(lists[k].v[i]);
            putchar('\n');
        }
    }
    if (!p->json) return PSX_OK;
    for (unsigned k = 0; k < DIFFERENCES; k++) {
        TRY(psx_buf_format(&b, "%s\"%s\":[", k ? "," : "{", what_is[k]));
        for (size_t i = 0; i < lists[k].n; i++) {
            if (i) TRY(psx_buf_byte(&b, ','));
            TRY(psx_cli_json_string(&b, lists[k].v[i]));
        }
        TRY(psx_buf_byte(&b, ']'));
    }
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static bool is_there(psx_str path)
{
    struct stat st;
    return lstat(path.p, &st) == 0;
}

static bool has_pin(const psx_pin_set *set, psx_str path)
{
    size_t lo = 0, hi = set->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = psx_str_cmp(set->v[mid].path, path);
        if (c == 0) return true;
        if (c < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return false;
}

// Files that the list has and the walk did not reach: they were named when it was made.
static psx_rc walk_the_rest(psx_op *op, pinning *p, const psx_pinned *old)
{
    psx_pin pin;
    for (size_t at = 0; psx_pins_next(&old->pins, &at, &pin);) {
        psx_str path;
        if (has_pin(&p->set, pin.path)) continue;
        TRY(psx_cli_join(op, p->plan.project, pin.path, &path));
        TRY(psx_op_copy(op, path, &path));
        if (is_there(path)) TRY(psx_cli_list_add(op, &p->plan.more, path));
    }
    p->plan.only_more = true;
    return p->plan.more.n ? psx_pin_walk(op, &p->plan, &p->set) : PSX_OK;
}

static psx_rc check(psx_op *op, pinning *p, int *status)
{
    psx_pinned old;
    bool has;
    psx_cli_list lists[DIFFERENCES] = {0};
    psx_cli_place *place = &p->edit.place;
    TRY(psx_cli_place_policy(op, place, true));
    TRY(find_list(op, p, place->policy));
    TRY(psx_cli_pins_load(op, place, &has, &old));
    if (!has)
        return psx_fail(op, PSX_E_VALUE, "%.*s has no pins", PSX_FMT(psx_cli_edit_name(&p->edit)));
    TRY(plan_walk(op, p));
    p->plan.packages_only = old.pins.packages_only;
    p->plan.as_listed = &old.pins;
    TRY(psx_pin_walk(op, &p->plan, &p->set));
    TRY(walk_the_rest(op, p, &old));
    TRY(compare(op, &old, p, lists));
    TRY(print_differences(op, p, lists));
    *status = lists[CHANGED].n || lists[MISSING].n || lists[ADDED].n;
    if (!*status && !p->json) printf("%zu files are as they were pinned\n", p->set.n);
    return PSX_OK;
}

// ---- the command --------------------------------------------------------------------------------

static psx_rc read_current(psx_op *op, pinning *p)
{
    psx_policy *policy = NULL;
    psx_cli_place *place = &p->edit.place;
    TRY(psx_cli_edit_open(op, p->policy, &p->edit));
    if (!p->edit.is_new) TRY(psx_policy_parse(op, place->policy_text, place->policy_file, &policy));
    TRY(find_list(op, p, policy));
    p->plan.packages_only = p->packages;
    return plan_walk(op, p);
}

static psx_rc cmd_pin(psx_cli *cli, int *status)
{
    pinning p = {0};
    psx_op *op = cli->op;
    psx_str *rest;
    size_t n;
    const psx_cli_option options[] = {
        {"check", 0, &p.check, NULL},     {"packages", 0, &p.packages, NULL},
        {"fsverity", 0, &p.verity, NULL}, {"list", 0, NULL, &p.list},
        {"policy", 0, NULL, &p.policy},   {"json", 0, &p.json, NULL},
    };
    *status = 0;
    TRY(psx_cli_getopt(cli, options, sizeof options / sizeof *options, &p.help, &rest, &n));
    if (p.help) {
        fputs(psx_cmd_policy_pin.help, stdout);
        return PSX_OK;
    }
    if (p.check && (n || p.packages || p.verity || p.list.n))
        return psx_fail(op, PSX_E_USAGE, "--check takes what is covered from the list itself");
    if (p.check) {
        TRY(psx_cli_place_here(op, p.policy, &p.edit.place));
        return check(op, &p, status);
    }
    TRY(read_current(op, &p));
    for (size_t i = 0; i < n; i++) {
        psx_str path;
        TRY(psx_cli_join(op, p.edit.place.cwd, rest[i], &path));
        TRY(psx_cli_list_add(op, &p.plan.more, path));
    }
    return pin(op, &p);
}

const psx_cli_command psx_cmd_policy_pin = {
    .name = "pin",
    .summary = "bind the bytes of all code to a policy",
    .help = "Usage: npsx policy pin [options] [path ...]\n"
            "       npsx policy pin --check [--json] [--policy file]\n"
            "\n"
            "Writes packsec.pins, a list with a digest of each file of every installed\n"
            "package and of the application's own code, and binds it to the policy. From\n"
            "then on npsx loads these bytes or nothing: what was changed, added or taken\n"
            "away is refused before it runs. Signing the policy signs them all.\n"
            "It takes what is on this disk now for good: pin what you have installed with\n"
            "npm ci, which compares it with the lockfile.\n"
            "A path (a file, a directory) is pinned as a whole, wherever it lies.\n"
            "\n"
            "  --packages         packages only: the application's own files stay free\n"
            "  --check            compare; exit with 1 when something is different\n"
            "  --fsverity         make the files fs-verity ones (for good) and list that\n"
            "  --list file        where the list goes\n"
            "  --policy file      another policy than packsec.policy.json\n"
            "  --json             the result as one JSON object\n"
            "  -h, --help         this text\n"
            "\n"
            "Example: npm ci && npsx policy pin && npsx policy sign --key k --cert c\n",
    .run = cmd_pin,
};

// npsx check-policy [file]: would npsx take this policy? Runs nothing.
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/launch.h"
#include "cli/pins.h"

static size_t count_keys(const psx_policy *policy)
{
    size_t n = 0;
    while (psx_policy_key(policy, n).p)
        n++;
    return n;
}

static size_t count_hatches(const psx_policy *policy)
{
    size_t n = 0;
    while (psx_policy_hatch(policy, n))
        n++;
    return n;
}

// Keys of the policy that name no package of the lockfile: most often a typing mistake.
static psx_rc find_idle_keys(psx_op *op, const psx_cli_place *place, psx_cli_list *idle)
{
    for (size_t i = 0; place->lock && psx_policy_key(place->policy, i).p; i++) {
        psx_str key = psx_policy_key(place->policy, i);
        bool used = psx_str_is(key, "*");
        for (size_t k = 0; !used && k < place->lock->n; k++) {
            const psx_lockfile_entry *e = &place->lock->entries[k];
            psx_policy_subject s = {.name = e->name,
                                    .version = e->version,
                                    .location = e->location,
                                    .integrity = e->integrity,
                                    .listed = true};
            used = psx_policy_key_matches(key, &s);
        }
        if (!used) TRY(psx_cli_list_add(op, idle, key));
    }
    return PSX_OK;
}

static psx_rc hatches_json(psx_buf *b, const psx_policy *policy)
{
    const psx_policy_rule *r;
    TRY(psx_buf_text(b, "],\"hatches\":["));
    for (size_t i = 0; (r = psx_policy_hatch(policy, i)); i++) {
        TRY(psx_buf_format(b, "%s{\"key\":", i ? "," : ""));
        TRY(psx_cli_json_string(b, r->key));
        TRY(psx_buf_format(b, ",\"capability\":\"%s\",\"value\":", psx_cap_name(r->cap)));
        TRY(psx_cli_json_string(b, r->text));
        TRY(psx_buf_format(b, ",\"line\":%u}", r->line));
    }
    return PSX_OK;
}

static psx_rc report_json(psx_op *op, const psx_cli_place *place, const psx_cli_list *idle)
{
    psx_buf b;
    psx_buf_init(&b, op);
    const psx_failure *f = &op->fail;
    TRY(psx_buf_text(&b, "{\"file\":"));
    TRY(psx_cli_json_string(&b, place->policy_file));
    TRY(psx_buf_format(&b, ",\"valid\":%s", f->code == PSX_E_OK ? "true" : "false"));
    if (f->code == PSX_E_OK) {
        TRY(psx_buf_format(&b, ",\"packages\":%zu,\"unmatched\":[", count_keys(place->policy)));
        for (size_t i = 0; i < idle->n; i++) {
            if (i) TRY(psx_buf_byte(&b, ','));
            TRY(psx_cli_json_string(&b, idle->v[i]));
        }
        TRY(hatches_json(&b, place->policy));
        TRY(psx_buf_byte(&b, ']'));
    } else {
        TRY(psx_buf_format(&b, ",\"error\":\"%s\",\"line\":%u,\"column\":%u,\"message\":",
                           psx_error_name(f->code), f->line, f->column));
        TRY(psx_cli_json_string(&b, psx_str_from(f->message)));
        TRY(psx_buf_text(&b, ",\"suggestion\":"));
        TRY(psx_cli_json_string(&b, psx_str_from(f->suggestion)));
    }
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static void print_summary(const psx_cli_place *place)
{
    size_t hatches = count_hatches(place->policy);
    psx_cli_put(place->policy_file);
    printf(": good, %zu package keys, %zu escape hatch%s\n", count_keys(place->policy), hatches,
           hatches == 1 ? "" : "es");
    for (size_t i = 0; i < hatches; i++) {
        const psx_policy_rule *r = psx_policy_hatch(place->policy, i);
        printf("escape hatch: \"%.*s\" holds %s (line %u): as powerful as under node\n",
               PSX_FMT(r->key), psx_cap_name(r->cap), r->line);
    }
}

static psx_rc check(psx_op *op, psx_cli_place *place, psx_cli_list *idle)
{
    bool has_pins;
    psx_pinned pins;
    TRY(psx_cli_place_policy(op, place, true));
    TRY(psx_cli_place_lock(op, place));
    TRY(psx_cli_pins_load(op, place, &has_pins, &pins));
    return find_idle_keys(op, place, idle);
}

static psx_rc cmd_check_policy(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_place place;
    psx_cli_list idle = {0};
    psx_str policy = {0}, *rest;
    size_t n;
    bool help, json = false;
    const psx_cli_option options[] = {{"json", 0, &json, NULL}, {"policy", 0, NULL, &policy}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 2, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_check_policy.help, stdout);
        return PSX_OK;
    }
    if (n > 1 || (n && policy.p)) return psx_fail(op, PSX_E_USAGE, "check-policy takes one file");
    TRY(psx_cli_place_here(op, n ? rest[0] : policy, &place));
    psx_rc rc = check(op, &place, &idle);
    if (json) {
        *status = psx_failed(rc) ? psx_cli_exit_status(rc.code) : 0;
        psx_op scratch; // the reason may be "no memory left" in op
        psx_op_init(&scratch, 1 << 20);
        scratch.fail = op->fail;
        rc = report_json(&scratch, &place, &idle);
        psx_op_fini(&scratch);
        return rc;
    }
    TRY(rc);
    print_summary(&place);
    for (size_t i = 0; i < idle.n; i++) {
        printf("note: no package in the lockfile is meant by \"%.*s\"\n", PSX_FMT(idle.v[i]));
    }
    return PSX_OK;
}

const psx_cli_command psx_cmd_check_policy = {
    .name = "check-policy",
    .summary = "check a policy file, run nothing",
    .help = "Usage: npsx check-policy [--json] [file]\n"
            "\n"
            "Reads the policy file (packsec.policy.json of this project) as npsx would and\n"
            "tells what is wrong with it, or that nothing is, and who holds as much as under\n"
            "node (ambient, native, builtins). Exits with 126 when npsx would refuse it.\n"
            "\n"
            "  --json             the result as one JSON object\n"
            "  --policy file      the same as the operand\n"
            "  -h, --help         this text\n",
    .run = cmd_check_policy,
};

// npsx policy export: the union of a policy for engines that many machines run already.
#include "cli/cli.h"
#include "cli/export.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/union.h"

typedef struct {
    const char *name;
    psx_cli_exporter export;
} format;

static const format formats[] = {
    {"systemd", psx_cli_export_systemd},       {"seccomp", psx_cli_export_seccomp},
    {"kubernetes", psx_cli_export_kubernetes}, {"cilium", psx_cli_export_cilium},
    {"node-permission", psx_cli_export_node},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static const format *format_named(psx_str name)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (psx_str_is(name, formats[i].name)) return &formats[i];
    }
    return NULL;
}

// --systemd, or the word systemd in front.
static psx_rc choose(psx_op *op, const bool flags[FORMATS], psx_str **rest, size_t *n,
                     const format **out)
{
    size_t chosen = 0;
    *out = NULL;
    for (size_t i = 0; i < FORMATS; i++) {
        if (!flags[i]) continue;
        *out = &formats[i];
        chosen++;
    }
    if (!*out && *n && (*out = format_named((*rest)[0]))) {
        chosen++;
        (*rest)++;
        (*n)--;
    }
    if (chosen == 1) return PSX_OK;
    return psx_fail(op, PSX_E_USAGE,
                    "export needs one of systemd, seccomp, kubernetes, cilium and node-permission");
}

static psx_rc gather(psx_op *op, psx_str policy, psx_cli_place *place, psx_cli_export *e)
{
    psx_policy_holder *whole;
    TRY(psx_cli_place_here(op, policy, place));
    TRY(psx_cli_place_policy(op, place, true));
    TRY(psx_cli_place_lock(op, place));
    TRY(psx_cli_union_make(op, place, &whole));
    if (whole) return psx_cli_export_gather(op, place, whole, e);
    psx_rc rc = psx_fail(op, PSX_E_VALUE,
                         "there is nothing to export: somebody is ambient, so the "
                         "process may do everything");
    psx_fail_suggest(op, "npsx policy show tells who");
    return rc;
}

static psx_rc print_json(psx_cli_export *e, const char *name)
{
    psx_buf b;
    psx_buf_init(&b, e->op);
    TRY(psx_buf_format(&b, "{\"format\":\"%s\",\"content\":", name));
    TRY(psx_cli_json_string(&b, psx_buf_str(&e->text)));
    TRY(psx_buf_text(&b, ",\"not_expressed\":["));
    for (size_t i = 0; i < e->lost.n; i++) {
        if (i) TRY(psx_buf_byte(&b, ','));
        TRY(psx_cli_json_string(&b, e->lost.v[i]));
    }
    printf("%.*s]}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc tell_lost(psx_cli_export *e)
{
    psx_buf b;
    for (size_t i = 0; i < e->lost.n; i++) {
        psx_buf_init(&b, e->op);
        TRY(psx_cli_export_comment(&b, e->lost.v[i]));
        fprintf(stderr, "npsx: not expressed: %.*s\n", PSX_FMT(psx_buf_str(&b)));
    }
    return PSX_OK;
}

static psx_rc cmd_export(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_cli_place place;
    psx_cli_export e = {0};
    psx_str policy = {0}, *rest;
    const format *wanted;
    size_t n;
    bool help, json = false, flags[FORMATS] = {0};
    const psx_cli_option options[] = {
        {"systemd", 0, &flags[0], NULL},
        {"seccomp", 0, &flags[1], NULL},
        {"kubernetes", 0, &flags[2], NULL},
        {"cilium", 0, &flags[3], NULL},
        {"node-permission", 0, &flags[4], NULL},
        {"policy", 0, NULL, &policy},
        {"json", 0, &json, NULL},
    };
    *status = 0;
    TRY(psx_cli_getopt(cli, options, sizeof options / sizeof *options, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_policy_export.help, stdout);
        return PSX_OK;
    }
    TRY(choose(op, flags, &rest, &n, &wanted));
    if (n > 1 || (n && policy.p)) return psx_fail(op, PSX_E_USAGE, "policy export takes one file");
    TRY(gather(op, n ? rest[0] : policy, &place, &e));
    TRY(wanted->export(&e));
    if (json) return print_json(&e, wanted->name);
    fwrite(e.text.p, 1, e.text.n, stdout);
    return tell_lost(&e);
}

const psx_cli_command psx_cmd_policy_export = {
    .name = "export",
    .summary = "say what a policy grants to systemd, containers or Node",
    .help = "Usage: npsx policy export [options] format [policy]\n"
            "\n"
            "Writes what all packages together may do in another engine's language. What it\n"
            "has no words for is told on standard error and in a comment: it is denied there,\n"
            "or said to be open. The format is one of these, as a word or as an option:\n"
            "\n"
            "  --systemd          directives for the unit of a service\n"
            "  --seccomp          a seccomp profile for containers (JSON)\n"
            "  --kubernetes       a pod's securityContext, and a NetworkPolicy\n"
            "  --cilium           a CiliumNetworkPolicy\n"
            "  --node-permission  flags for node --permission\n"
            "\n"
            "  --policy file      the same as the operand\n"
            "  --json             text and what it cannot express as one JSON object\n"
            "  -h, --help         this text\n"
            "\n"
            "Example: npsx policy export systemd > myapp.service.d/packsec.conf\n",
    .run = cmd_export,
};

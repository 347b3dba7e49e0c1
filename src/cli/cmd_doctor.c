// npsx doctor: what do this kernel, these libraries and this configuration give?
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/json.h"

static const char *const rings[] = {
    "ring 0: what may run at all",
    "ring 1: what the kernel holds the process to",
    "ring 2: what each package may do",
};
static const char *const words[] = {"ok", "missing", "weaker", "-"};
static const char *const colours[] = {"\033[32m", "\033[31m", "\033[33m", ""};

static bool use_colours(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && term && !psx_str_is(psx_str_from(term), "dumb");
}

static void print_line(const psx_doctor_line *l, bool colours_on)
{
    const char *on = colours_on ? colours[l->state] : "";
    printf("  %s%-7s%s  %-25s ", on, words[l->state], *on ? "\033[0m" : "", l->what);
    psx_cli_put(l->text);
    if (l->remedy.n) {
        printf("; helps: ");
        psx_cli_put(l->remedy);
    }
    putchar('\n');
}

static void print_text(const psx_doctor *d)
{
    bool colours_on = use_colours();
    for (size_t i = 0; i < d->n; i++) {
        if (i == 0 || d->v[i].ring != d->v[i - 1].ring) {
            printf("%s%s\n", i ? "\n" : "", rings[d->v[i].ring]);
        }
        print_line(&d->v[i], colours_on);
    }
}

static psx_rc print_json(const psx_doctor *d, bool good)
{
    static const char *const states[] = {"ok", "missing", "weaker", "note"};
    psx_buf b;
    psx_buf_init(&b, d->op);
    TRY(psx_buf_format(&b, "{\"ok\":%s,\"checks\":[", good ? "true" : "false"));
    for (size_t i = 0; i < d->n; i++) {
        const psx_doctor_line *l = &d->v[i];
        TRY(psx_buf_format(&b, "%s{\"ring\":%u,\"check\":\"%s\",\"state\":\"%s\",\"text\":",
                           i ? "," : "", l->ring, l->what, states[l->state]));
        TRY(psx_cli_json_string(&b, l->text));
        TRY(psx_buf_text(&b, ",\"remedy\":"));
        TRY(l->remedy.p ? psx_cli_json_string(&b, l->remedy) : psx_buf_text(&b, "null"));
        TRY(psx_buf_byte(&b, '}'));
    }
    printf("%.*s]}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static bool is_good(const psx_doctor *d)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->v[i].state == PSX_DOCTOR_MISSING) return false;
    }
    return true;
}

static psx_rc cmd_doctor(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    psx_doctor d = {.op = op};
    psx_box_kernel kernel;
    psx_str pretend = {0}, *rest;
    size_t n;
    bool help, json = false;
    const psx_cli_option options[] = {{"json", 0, &json, NULL}, {"box-pretend", 0, NULL, &pretend}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 2, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_doctor.help, stdout);
        return PSX_OK;
    }
    if (n) return psx_fail(op, PSX_E_USAGE, "doctor takes no operand: %.*s", PSX_FMT(rest[0]));
    TRY(psx_box_kernel_probe(op, pretend, &kernel));
    TRY(psx_doctor_trust(&d));
    TRY(psx_doctor_kernel(&d, &kernel));
    TRY(psx_doctor_try(&d, &kernel));
    TRY(psx_doctor_project(&d, &kernel));
    *status = is_good(&d) ? 0 : 1;
    if (json) return print_json(&d, *status == 0);
    print_text(&d);
    return PSX_OK;
}

const psx_cli_command psx_cmd_doctor = {
    .name = "doctor",
    .summary = "tell what this machine and this project give",
    .help = "Usage: npsx doctor [--json] [--box-pretend parts]\n"
            "\n"
            "Tells, ring by ring, what this kernel, the parts of PackSec and this project\n"
            "give, and what helps where something is missing. A box is made and tried.\n"
            "Exits with 0 when everything is there that runs need by default, else with 1.\n"
            "\n"
            "  --json               the same as one JSON object\n"
            "  --box-pretend parts  as if the kernel lacked them: landlock=3,notify=no\n"
            "  -h, --help           this text\n",
    .run = cmd_doctor,
};

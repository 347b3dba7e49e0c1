// npsx policy verify: would this policy be taken, and whose is it? Runs nothing, remembers nothing.
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/gate.h"
#include "cli/json.h"
#include "cli/parts.h"
#include "cli/signed.h"
#include "trust/gate.h"

typedef struct {
    psx_str policy, signature, trust; // as typed
    psx_cli_place place;
    psx_str signature_file;
    psx_trust_rules rules;
    psx_trust_facts facts;
    psx_trust_serial_known known;
    bool has_serial;
    uint64_t serial;
} verification;

static psx_rc open_verifier(psx_op *op, const void *arg, int *fd)
{
    const psx_cli_place *place = arg;
    return psx_cli_part_open(op, place->program, "npsx-verify", fd);
}

// 127 is about a script.
static psx_rc read_file(psx_op *op, const char *what, psx_str path, size_t max, psx_str *bytes)
{
    psx_rc rc = psx_cli_read(op, what, path, max, bytes);
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    op->fail.code = PSX_E_VALUE;
    return (psx_rc){PSX_E_VALUE};
}

static psx_rc ask(psx_op *op, verification *v)
{
    psx_cli_place *place = &v->place;
    psx_str trust;
    psx_trust_question q = {.policy_path = place->policy_file,
                            .policy = place->policy_text,
                            .signature_path = v->signature_file,
                            .open_verifier = open_verifier,
                            .arg = place};
    psx_rc rc =
        read_file(op, "signature", v->signature_file, PSX_SIGNATURE_MAX_BYTES, &q.signature);
    if (rc.code == PSX_E_VALUE) psx_fail_suggest(op, "npsx policy sign makes one");
    TRY(rc);
    if (v->trust.n) {
        TRY(psx_cli_join(op, place->cwd, v->trust, &trust));
        TRY(read_file(op, "trust anchor", trust, PSX_SIGNATURE_ANCHORS_MAX, &q.trust_text));
    }
    return psx_trust_policy(op, &v->rules, &q, &v->facts);
}

static psx_rc check_serial(psx_op *op, const verification *v)
{
    const psx_trust_serial_known *k = &v->known;
    bool old = k->has_last && (!v->has_serial || v->serial < k->last);
    bool low = k->has_least && (!v->has_serial || v->serial < k->least);
    char is[40] = "no serial";
    if (!old && !low) return PSX_OK;
    if (v->has_serial) snprintf(is, sizeof is, "serial %llu", (unsigned long long)v->serial);
    uint64_t least = low ? k->least : k->last;
    psx_rc rc =
        psx_fail(op, PSX_E_ROLLBACK,
                 "the signature verifies, but the policy has %s, and %llu %s: it is an older one",
                 is, (unsigned long long)least,
                 low ? "is the least that the system allows" : "was accepted before");
    psx_fail_suggest(op, "npsx policy sign --serial %llu", (unsigned long long)(least + !low));
    return rc;
}

static psx_rc verify(psx_op *op, verification *v)
{
    psx_cli_place *place = &v->place;
    TRY(psx_cli_place_here(op, v->policy, place));
    if (v->signature.n)
        TRY(psx_cli_join(op, place->cwd, v->signature, &v->signature_file));
    else
        TRY(psx_op_format(op, &v->signature_file, "%.*s.p7s", PSX_FMT(place->policy_file)));
    TRY(psx_trust_rules_load(op, &v->rules));
    TRY(read_file(op, "policy", place->policy_file, PSX_POLICY_MAX_BYTES, &place->policy_text));
    TRY(ask(op, v));
    TRY(psx_policy_parse(op, place->policy_text, place->policy_file, &place->policy));
    TRY(psx_cli_gate_hatches(op, &v->rules, place->policy_file, place->policy));
    v->has_serial = psx_policy_serial(place->policy, &v->serial);
    TRY(psx_trust_serial_look(op, &v->rules, place->policy_file, place->state, &v->known));
    return check_serial(op, v);
}

// ---- telling ------------------------------------------------------------------------------------

static void print_text(const verification *v)
{
    char from[PSX_CLI_TIME_SIZE], until[PSX_CLI_TIME_SIZE];
    const psx_signature_facts *f = &v->facts.signed_by;
    fputs("good: ", stdout);
    psx_cli_put(v->place.policy_file);
    printf("\n  signer       %.*s\n", PSX_FMT(f->signer));
    printf("  issuer       %.*s\n", PSX_FMT(f->issuer));
    printf("  anchor       %.*s\n", PSX_FMT(f->anchor));
    printf("  certificate  sha256 %.*s\n", PSX_FMT(f->fingerprint));
    printf("  valid        %s to %s\n", psx_cli_signed_time(f->not_before, from),
           psx_cli_signed_time(f->not_after, until));
    printf("  digest       %.*s\n", PSX_FMT(f->digest));
    if (v->facts.integrity.n) printf("  policy       %.*s\n", PSX_FMT(v->facts.integrity));
    if (v->has_serial) printf("  serial       %llu\n", (unsigned long long)v->serial);
    if (v->known.has_last)
        printf("  last serial  %llu, accepted here\n", (unsigned long long)v->known.last);
    if (v->known.has_least)
        printf("  least serial %llu, by the system\n", (unsigned long long)v->known.least);
    printf("  demanded     %s%.*s\n", v->rules.enforce ? "by " : "no",
           PSX_FMT(v->rules.enforce ? v->rules.enforce_by : PSX_STR("")));
}

static psx_rc add_number(psx_buf *b, const char *name, bool has, uint64_t n)
{
    if (!has) return PSX_OK;
    return psx_buf_format(b, ",\"%s\":%llu", name, (unsigned long long)n);
}

static psx_rc add_facts(psx_buf *b, const verification *v)
{
    char from[PSX_CLI_TIME_SIZE], until[PSX_CLI_TIME_SIZE];
    const psx_signature_facts *f = &v->facts.signed_by;
    const struct {
        const char *name;
        psx_str value;
    } fields[] = {{"signer", f->signer},
                  {"issuer", f->issuer},
                  {"anchor", f->anchor},
                  {"fingerprint", f->fingerprint},
                  {"digest", f->digest},
                  {"from", psx_str_from(psx_cli_signed_time(f->not_before, from))},
                  {"until", psx_str_from(psx_cli_signed_time(f->not_after, until))},
                  {"integrity", v->facts.integrity}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        TRY(psx_buf_format(b, ",\"%s\":", fields[i].name));
        TRY(psx_cli_json_string(b, fields[i].value));
    }
    return PSX_OK;
}

// Also of what did not verify: then `error` and `message` say why, and nothing is told of a signer
// whom nobody vouches for.
static psx_rc print_json(psx_op *op, const psx_failure *fail, const verification *v)
{
    psx_buf b;
    psx_buf_init(&b, op);
    bool good = fail->code == PSX_E_OK;
    TRY(psx_buf_text(&b, "{\"policy\":"));
    TRY(psx_cli_json_string(&b, v->place.policy_file));
    TRY(psx_buf_text(&b, ",\"signature\":"));
    TRY(psx_cli_json_string(&b, v->signature_file));
    TRY(psx_buf_format(&b, ",\"valid\":%s,\"demanded\":%s", good ? "true" : "false",
                       v->rules.enforce ? "true" : "false"));
    if (v->facts.verified) TRY(add_facts(&b, v));
    TRY(add_number(&b, "serial", v->has_serial, v->serial));
    TRY(add_number(&b, "lastSerial", v->known.has_last, v->known.last));
    TRY(add_number(&b, "leastSerial", v->known.has_least, v->known.least));
    if (!good) {
        TRY(psx_buf_format(&b, ",\"error\":\"%s\",\"message\":", psx_error_name(fail->code)));
        TRY(psx_cli_json_string(&b, psx_str_from(fail->message)));
        TRY(psx_buf_text(&b, ",\"suggestion\":"));
        TRY(psx_cli_json_string(&b, psx_str_from(fail->suggestion)));
    }
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

static psx_rc cmd_verify(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    verification v = {0};
    psx_str *rest;
    size_t n;
    bool help, json = false;
    const psx_cli_option options[] = {{"policy-signature", 0, NULL, &v.signature},
                                      {"trust", 0, NULL, &v.trust},
                                      {"policy", 0, NULL, &v.policy},
                                      {"json", 0, &json, NULL}};
    *status = 0;
    TRY(psx_cli_getopt(cli, options, 4, &help, &rest, &n));
    if (help) {
        fputs(psx_cmd_policy_verify.help, stdout);
        return PSX_OK;
    }
    if (n > 1 || (n && v.policy.p))
        return psx_fail(op, PSX_E_USAGE, "policy verify takes one file");
    if (n) v.policy = rest[0];
    psx_rc rc = verify(op, &v);
    if (json) {
        psx_failure fail = op->fail;
        *status = psx_failed(rc) ? psx_cli_exit_status(rc.code) : 0;
        psx_fail_clear(op);
        return print_json(op, &fail, &v);
    }
    TRY(rc);
    print_text(&v);
    return PSX_OK;
}

const psx_cli_command psx_cmd_policy_verify = {
    .name = "verify",
    .summary = "tell who signed a policy, and whether that is good",
    .help = "Usage: npsx policy verify [options] [policy]\n"
            "\n"
            "Tells whether the policy's signature verifies, who signed, who vouches for the\n"
            "signer and until when, and the policy's serial. Runs nothing and remembers\n"
            "nothing. Exits with 0 when npsx would take it, and 126 otherwise.\n"
            "\n"
            "  --policy-signature file  the signature (default: policy and .p7s)\n"
            "  --trust file       anchors (PEM) in place of the system's\n"
            "  --policy file      the same as the operand\n"
            "  --json             the answer as one JSON object\n"
            "  -h, --help         this text\n",
    .run = cmd_verify,
};

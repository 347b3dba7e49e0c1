// npsx policy sign: the policy gets a signature beside it, made by npsx-sign.
#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/parts.h"
#include "cli/pins.h"
#include "cli/signed.h"
#include "cli/union.h"
#include "trust/sign.h"

#include <fcntl.h>

typedef struct {
    psx_str key, certificate, chain, out, digest, module, trust, policy;
    psx_str passphrase_file, passphrase_fd, serial;
    bool help, json, print_commands;
} options;

typedef struct {
    options o;
    psx_cli_edit edit;
    bool bumped; // the policy gets another serial, and is written
    psx_str name, signature_file;
    psx_cli_signed check; // of what was made
} signing;

enum { PEM_MAX = PSX_SIGN_CERTIFICATES_MAX / 2, SIGNATURE_MODE = 0644 };

static psx_rc missing(psx_op *op, const char *what)
{
    return psx_fail(op, PSX_E_USAGE,
                    "sign needs %s, as in npsx policy sign --key key.pem --cert cert.pem", what);
}

// What lists show, shell histories keep and everybody on the machine can see is no place for a PIN.
static psx_rc check_options(psx_op *op, options *o)
{
    bool known = !o->digest.p || psx_str_is(o->digest, "sha256") ||
                 psx_str_is(o->digest, "sha384") || psx_str_is(o->digest, "sha512");
    if (!known) {
        return psx_fail(op, PSX_E_USAGE, "--digest takes sha256, sha384 or sha512, not %.*s",
                        PSX_FMT(o->digest));
    }
    if (!o->digest.p) o->digest = PSX_STR("sha256");
    if (!o->key.n) return missing(op, "--key");
    if (!o->certificate.n) return missing(op, "--cert");
    if (psx_str_search(o->key, PSX_STR("pin-value=")) < o->key.n) {
        psx_rc rc = psx_fail(op, PSX_E_USAGE, "a PIN on the command line is seen by everybody");
        psx_fail_suggest(op, "--passphrase-file, --passphrase-fd, or wait to be asked");
        return rc;
    }
    if (o->passphrase_file.p && o->passphrase_fd.p) {
        return psx_fail(op, PSX_E_USAGE, "either --passphrase-file or --passphrase-fd, not both");
    }
    return PSX_OK;
}

// ---- what is signed -----------------------------------------------------------------------------

static psx_rc next_serial(psx_op *op, psx_str wanted, const psx_policy *policy, uint64_t *out)
{
    uint64_t now = 0;
    bool has = psx_policy_serial(policy, &now);
    if (psx_str_is(wanted, "next")) {
        *out = has ? now + 1 : 1;
        return PSX_OK;
    }
    if (!psx_str_to_u64(wanted, out)) {
        return psx_fail(op, PSX_E_USAGE, "--serial takes a number or next, not %.*s",
                        PSX_FMT(wanted));
    }
    if (!has || *out >= now) return PSX_OK;
    return psx_fail(op, PSX_E_ROLLBACK,
                    "the policy has serial %llu: with %llu it would be refused as an older one",
                    (unsigned long long)now, (unsigned long long)*out);
}

static psx_rc bump(psx_op *op, signing *s)
{
    uint64_t serial;
    psx_cli_place *place = &s->edit.place;
    TRY(next_serial(op, s->o.serial, place->policy, &serial));
    TRY(psx_policy_doc_set_serial(op, s->edit.doc, serial));
    TRY(psx_policy_doc_write(op, s->edit.doc, &place->policy_text));
    TRY(psx_policy_parse(op, place->policy_text, place->policy_file, &place->policy));
    s->bumped = true;
    return psx_cli_place_resolve(op, place, place->policy);
}

// Only what is written is read as a document, which a manifest of Node's cannot be.
static psx_rc read_for_writing(psx_op *op, signing *s)
{
    psx_cli_place *place = &s->edit.place;
    TRY(psx_cli_edit_open(op, s->o.policy, &s->edit));
    if (s->edit.is_new) {
        psx_rc rc =
            psx_fail(op, PSX_E_VALUE, "there is no policy %.*s", PSX_FMT(place->policy_file));
        psx_fail_suggest(op, "npsx init writes one to start from");
        return rc;
    }
    TRY(psx_policy_parse(op, place->policy_text, place->policy_file, &place->policy));
    return bump(op, s);
}

// One slip of --out, and the key is gone.
static psx_rc check_out(psx_op *op, const signing *s)
{
    const psx_cli_place *place = &s->edit.place;
    const psx_str inputs[] = {place->policy_file, s->o.key,   s->o.certificate,
                              s->o.chain,         s->o.trust, s->o.passphrase_file};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        psx_str path;
        if (!inputs[i].n) continue;
        TRY(psx_cli_join(op, place->cwd, inputs[i], &path));
        if (!psx_str_eq(path, s->signature_file)) continue;
        return psx_fail(op, PSX_E_USAGE, "--out %.*s is what is read: name another file",
                        PSX_FMT(s->o.out));
    }
    return PSX_OK;
}

// A signature on what would not run is worth nothing, and a nuisance where it is deployed.
static psx_rc read_policy(psx_op *op, signing *s)
{
    bool has_pins;
    psx_pinned pins;
    psx_policy_holder *whole;
    psx_cli_place *place = &s->edit.place;
    if (s->o.serial.p) {
        TRY(read_for_writing(op, s));
    } else {
        TRY(psx_cli_place_here(op, s->o.policy, place));
        TRY(psx_cli_place_policy(op, place, true));
    }
    TRY(psx_cli_place_lock(op, place));
    TRY(psx_cli_union_make(op, place, &whole));
    TRY(psx_cli_pins_load(op, place, &has_pins, &pins));
    s->name = psx_cli_edit_name(&s->edit);
    if (s->o.out.n) {
        TRY(psx_cli_join(op, place->cwd, s->o.out, &s->signature_file));
        return check_out(op, s);
    }
    return psx_op_format(op, &s->signature_file, "%.*s.p7s", PSX_FMT(place->policy_file));
}

// ---- what it is signed with ---------------------------------------------------------------------

// One line: what editors put behind it is no part of a passphrase.
static psx_rc read_secret(psx_op *op, const signing *s, psx_str *out)
{
    psx_str path;
    uint64_t fd;
    if (s->o.passphrase_file.p) {
        TRY(psx_cli_join(op, s->edit.place.cwd, s->o.passphrase_file, &path));
        TRY(psx_cli_read(op, "passphrase file", path, PSX_SIGN_SECRET_MAX, out));
    } else if (s->o.passphrase_fd.p) {
        if (!psx_str_to_u64(s->o.passphrase_fd, &fd) || fd > 1 << 20)
            return psx_fail(op, PSX_E_USAGE, "--passphrase-fd takes the number of a descriptor");
        TRY(psx_cli_read_stream(op, "the passphrase", (int)fd, PSX_SIGN_SECRET_MAX, out));
    } else {
        return PSX_OK;
    }
    *out = psx_str_slice(*out, 0, psx_str_find(*out, '\n'));
    if (psx_str_ends(*out, PSX_STR("\r"))) out->n--;
    if (!psx_str_has_nul(*out)) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "the passphrase has a NUL byte");
}

static psx_rc read_certificates(psx_op *op, const signing *s, psx_str *out)
{
    psx_str path, own, chain = {0};
    psx_str cwd = s->edit.place.cwd;
    TRY(psx_cli_join(op, cwd, s->o.certificate, &path));
    TRY(psx_cli_read(op, "certificate", path, PEM_MAX, &own));
    if (s->o.chain.n) {
        TRY(psx_cli_join(op, cwd, s->o.chain, &path));
        TRY(psx_cli_read(op, "chain of certificates", path, PEM_MAX, &chain));
    }
    return psx_op_format(op, out, "%.*s\n%.*s", PSX_FMT(own), PSX_FMT(chain));
}

static psx_rc make_request(psx_op *op, const signing *s, psx_sign_request *r)
{
    *r = (psx_sign_request){.policy = s->edit.place.policy_text,
                            .key = s->o.key,
                            .digest = s->o.digest,
                            .now = (int64_t)time(NULL)};
    bool is_token = psx_str_starts(s->o.key, PSX_STR("pkcs11:"));
    if (!is_token) TRY(psx_cli_join(op, s->edit.place.cwd, s->o.key, &r->key));
    if (s->o.module.n) TRY(psx_cli_join(op, s->edit.place.cwd, s->o.module, &r->module));
    TRY(read_certificates(op, s, &r->certificates));
    return read_secret(op, s, &r->secret);
}

// 127 is about a script.
static psx_rc no_such_file(psx_op *op, psx_rc rc)
{
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    op->fail.code = PSX_E_VALUE;
    return (psx_rc){PSX_E_VALUE};
}

// ---- what comes of it ---------------------------------------------------------------------------

static psx_rc print_text(psx_op *op, const signing *s, const psx_sign_result *r)
{
    char until[PSX_CLI_TIME_SIZE];
    fputs("signed ", stdout);
    psx_cli_put(s->name);
    uint64_t serial;
    if (psx_policy_serial(s->edit.place.policy, &serial)) {
        printf(", serial %llu%s", (unsigned long long)serial, s->bumped ? " (written)" : "");
    }
    fputs("\n  wrote    ", stdout);
    psx_cli_put(s->signature_file);
    printf("\n  signer   %.*s\n  issuer   %.*s\n", PSX_FMT(r->signer), PSX_FMT(r->issuer));
    printf("  until    %s\n", psx_cli_signed_time(r->not_after, until));
    if (s->check.verified)
        printf("  anchor   %.*s: the signature verifies\n", PSX_FMT(s->check.facts.anchor));
    else
        printf("  anchor   unknown here, not verified (--trust FILE)\n");
    if (r->warning.n) {
        (void)psx_fail(op, PSX_E_VALUE, "warning: %.*s", PSX_FMT(r->warning));
        psx_cli_complain(op);
        psx_fail_clear(op);
    }
    return PSX_OK;
}

static psx_rc print_json(psx_op *op, const signing *s, const psx_sign_result *r)
{
    char until[PSX_CLI_TIME_SIZE];
    uint64_t serial;
    psx_buf b;
    psx_buf_init(&b, op);
    const struct {
        const char *name;
        psx_str value;
    } fields[] = {{"policy", s->edit.place.policy_file},
                  {"signature", s->signature_file},
                  {"signer", r->signer},
                  {"issuer", r->issuer},
                  {"until", psx_str_from(psx_cli_signed_time(r->not_after, until))},
                  {"digest", s->o.digest},
                  {"warning", r->warning}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        TRY(psx_buf_format(&b, "%s\"%s\":", i ? "," : "{", fields[i].name));
        TRY(psx_cli_json_string(&b, fields[i].value));
    }
    if (psx_policy_serial(s->edit.place.policy, &serial)) {
        TRY(psx_buf_format(&b, ",\"serial\":%llu", (unsigned long long)serial));
    }
    printf("%.*s,\"verified\":%s}\n", PSX_FMT(psx_buf_str(&b)),
           s->check.verified ? "true" : "false");
    return PSX_OK;
}

// The policy first: a signature that came before its policy would be a refusal in between as well,
// and this way a crash leaves the old signature, which says who to ask.
static psx_rc write_both(psx_op *op, const signing *s, psx_str signature)
{
    const psx_cli_place *place = &s->edit.place;
    if (s->bumped) TRY(psx_cli_replace(op, "policy", place->policy_file, 0644, place->policy_text));
    return psx_cli_replace(op, "signature", s->signature_file, SIGNATURE_MODE, signature);
}

static psx_rc sign(psx_op *op, signing *s)
{
    int part;
    psx_sign_request request;
    psx_sign_result result = {0};
    TRY(no_such_file(op, make_request(op, s, &request)));
    TRY(psx_cli_part_open(op, s->edit.place.program, "npsx-sign", &part));
    TRY(psx_sign_ask(op, part, &request, &result));
    TRY(psx_cli_signed_check(op, &s->edit.place, result.signature, s->o.trust, &s->check));
    TRY(write_both(op, s, result.signature));
    return s->o.json ? print_json(op, s, &result) : print_text(op, s, &result);
}

// ---- the same by hand ---------------------------------------------------------------------------

static psx_rc add_word(psx_buf *b, const char *option, psx_str word)
{
    if (!word.n) return PSX_OK;
    TRY(psx_buf_format(b, " %s ", option));
    return psx_policy_quote(b, word);
}

// Windows cannot have these bytes in a file's name, or cmd.exe would read them.
static bool is_plain(psx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (strchr("\"%<>|&^!", s.p[i]) || (unsigned char)s.p[i] < 0x20) return false;
    }
    return s.n > 0;
}

static psx_rc openssl_command(psx_op *op, const signing *s, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    const struct {
        const char *option;
        psx_str word;
    } words[] = {{"-in", s->edit.place.policy_file},
                 {"-inkey", s->o.key},
                 {"-signer", s->o.certificate},
                 {"-certfile", s->o.chain},
                 {"-out", s->signature_file}};
    TRY(psx_buf_text(&b, "openssl cms -sign -binary -nosmimecap -outform DER"));
    TRY(add_word(&b, "-md", s->o.digest));
    if (psx_str_starts(s->o.key, PSX_STR("pkcs11:")))
        TRY(psx_buf_text(&b, " -engine pkcs11 -keyform engine"));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        psx_str word = words[i].word;
        for (size_t k = 0; k < word.n; k++) {
            if (!psx_str_control(word, k)) continue;
            return psx_fail(op, PSX_E_VALUE,
                            "a file's name has a control character, which no command line shows as "
                            "it is: \"%.*s\"",
                            PSX_FMT(word));
        }
        TRY(add_word(&b, words[i].option, word));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc signtool_commands(psx_op *op, const signing *s, psx_str *out)
{
    psx_str file = psx_cli_basename(s->edit.place.policy_file);
    if (!is_plain(file)) {
        *out = PSX_STR("rem signtool: this name cannot be a file's name on Windows");
        return PSX_OK;
    }
    return psx_op_format(
        op, out,
        "signtool sign /fd %.*s /f CERTIFICATE.pfx /p7 . /p7co 1.2.840.113549.1.7.1 /p7ce "
        "DetachedSignedData \"%.*s\"\n"
        "ren \"%.*s.p7\" \"%.*s.p7s\"",
        PSX_FMT(s->o.digest), PSX_FMT(file), PSX_FMT(file), PSX_FMT(file));
}

static psx_rc print_commands(psx_op *op, const signing *s)
{
    psx_str openssl, signtool;
    psx_buf b;
    TRY(openssl_command(op, s, &openssl));
    TRY(signtool_commands(op, s, &signtool));
    if (!s->o.json) {
        printf("%.*s\n%.*s\n", PSX_FMT(openssl), PSX_FMT(signtool));
        return PSX_OK;
    }
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "{\"openssl\":"));
    TRY(psx_cli_json_string(&b, openssl));
    TRY(psx_buf_text(&b, ",\"signtool\":"));
    TRY(psx_cli_json_string(&b, signtool));
    printf("%.*s}\n", PSX_FMT(psx_buf_str(&b)));
    return PSX_OK;
}

// ---- the command --------------------------------------------------------------------------------

static psx_rc read_options(psx_cli *cli, options *o)
{
    psx_str *rest;
    size_t n;
    const psx_cli_option table[] = {
        {"key", 0, NULL, &o->key},
        {"cert", 0, NULL, &o->certificate},
        {"chain", 0, NULL, &o->chain},
        {"out", 0, NULL, &o->out},
        {"digest", 0, NULL, &o->digest},
        {"serial", 0, NULL, &o->serial},
        {"trust", 0, NULL, &o->trust},
        {"passphrase-file", 0, NULL, &o->passphrase_file},
        {"passphrase-fd", 0, NULL, &o->passphrase_fd},
        {"pkcs11-module", 0, NULL, &o->module},
        {"policy", 0, NULL, &o->policy},
        {"print-commands", 0, &o->print_commands, NULL},
        {"json", 0, &o->json, NULL},
    };
    TRY(psx_cli_getopt(cli, table, sizeof table / sizeof *table, &o->help, &rest, &n));
    if (n > 1 || (n && o->policy.p))
        return psx_fail(cli->op, PSX_E_USAGE, "policy sign takes one file");
    if (n) o->policy = rest[0];
    return PSX_OK;
}

static psx_rc cmd_sign(psx_cli *cli, int *status)
{
    psx_op *op = cli->op;
    signing s = {0};
    *status = 0;
    TRY(read_options(cli, &s.o));
    if (s.o.help) {
        fputs(psx_cmd_policy_sign.help, stdout);
        return PSX_OK;
    }
    TRY(check_options(op, &s.o));
    TRY(read_policy(op, &s));
    return s.o.print_commands ? print_commands(op, &s) : sign(op, &s);
}

const psx_cli_command psx_cmd_policy_sign = {
    .name = "sign",
    .summary = "sign a policy",
    .help = "Usage: npsx policy sign --key key --cert file [options] [policy]\n"
            "\n"
            "Writes a detached signature (CMS, DER) of exactly these bytes beside the policy.\n"
            "Refuses a policy that would not run, and a certificate that nobody would\n"
            "accept. The key is a PEM file or a PKCS#11 URI (a token, an HSM).\n"
            "\n"
            "  --key key          a PEM file, or \"pkcs11:token=...;object=...\"\n"
            "  --cert file        the signer's certificate (PEM)\n"
            "  --chain file       certificates between it and the root (PEM)\n"
            "  --out file         write the signature there (default: policy and .p7s)\n"
            "  --digest name      sha256, sha384 or sha512\n"
            "  --serial n         first set the policy's serial: a number, or next\n"
            "  --trust file       anchors (PEM) to verify the result with\n"
            "  --passphrase-file file  its first line opens the key\n"
            "  --passphrase-fd n  the same, from an open descriptor\n"
            "  --pkcs11-module file  the library of the token\n"
            "  --print-commands   show how openssl and signtool do the same; sign nothing\n"
            "  --policy file      the same as the operand\n"
            "  --json             the result as one JSON object\n"
            "  -h, --help         this text\n"
            "\n"
            "Example: npsx policy sign --key key.pem --cert cert.pem --serial next\n",
    .run = cmd_sign,
};

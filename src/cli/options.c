#include "cli/options.h"

#include "base/buf.h"

#include <limits.h>

// What becomes of an option.
typedef enum {
    FLAG,        // no value; done by npsx (`what`)
    TEXT,        // a value; done by npsx (`what`)
    ENGINE,      // no value; passed to the engine
    ENGINE_TEXT, // a value, `--name=value` or `--name value`; passed to the engine
    ENGINE_V8,   // a whole number, `--name=value` only, as V8 reads it; passed to the engine
    REFUSED,     // `text` says why
} option_kind;

typedef enum {
    W_NONE,
    W_AS,
    W_AUDIT,
    W_BOX,
    W_BOX_PRETEND,
    W_CHECK,
    W_CONDITIONS,
    W_ENV_FILE,
    W_ENV_FILE_MAYBE,
    W_EVAL,
    W_HELP,
    W_INPUT_TYPE,
    W_NO_WARNINGS,
    W_POLICY,
    W_POLICY_INTEGRITY,
    W_POLICY_NODE,
    W_POLICY_SIGNATURE,
    W_PRELOAD,
    W_PRINT,
    W_PRINT_EVAL,
    W_QUIET,
    W_SOURCE_MAPS,
    W_STACK_TRACE_LIMIT,
    W_TITLE,
    W_TRUST,
    W_VERSION,
    W_WRITE,
    W_JSON,
} option_what;

typedef struct {
    const char *name; // without the dashes
    char letter;      // or 0
    option_kind kind;
    option_what what;
    const char *value; // its name in the help, or "a|b|c": one of these
    const char *text;  // for the help, at most 46 characters; REFUSED: the reason
} option_row;

#define NOT_YET "npsx does not offer it yet"

// Help shows the rows in this order, REFUSED ones excepted.
static const option_row table[] = {
    {"policy", 0, TEXT, W_POLICY, "file", "use this policy file"},
    {"experimental-policy", 0, TEXT, W_POLICY_NODE, "file", "the same, as Node 20 called it"},
    {"policy-signature", 0, TEXT, W_POLICY_SIGNATURE, "file", "a signature of it that must verify"},
    {"policy-integrity", 0, TEXT, W_POLICY_INTEGRITY, "sri", "the digest it must have"},
    {"trust", 0, TEXT, W_TRUST, "file", "who may sign it, in place of the system's"},
    {"as", 0, TEXT, W_AS, "dir", "with no more than the package there may do"},
    {"audit", 0, TEXT, W_AUDIT, "file", "append every decision as a JSON line"},
    {"quiet", 0, FLAG, W_QUIET, NULL, "no summary of denials at exit"},
    {"box", 0, TEXT, W_BOX, "required|best-effort|off", "the kernel's part of the protection"},
    {"eval", 'e', TEXT, W_EVAL, "source", "run this text"},
    {"print", 'p', TEXT, W_PRINT, "source", "run this text and print its value"},
    {"check", 'c', FLAG, W_CHECK, NULL, "check the syntax, run nothing"},
    {"require", 'r', TEXT, W_PRELOAD, "module", "load first, as part of the application"},
    {"import", 0, TEXT, W_PRELOAD, "module", "the same, for an ES module"},
    {"conditions", 'C', TEXT, W_CONDITIONS, "name", "another condition for package exports"},
    {"env-file", 0, TEXT, W_ENV_FILE, "file", "set environment variables from a file"},
    {"env-file-if-exists", 0, TEXT, W_ENV_FILE_MAYBE, "file", "the same, if there is one"},
    {"input-type", 0, TEXT, W_INPUT_TYPE, "commonjs|module|commonjs-typescript|module-typescript",
     "what -e, -p and standard input hold"},
    {"title", 0, ENGINE_TEXT, W_TITLE, "text", "process.title"},
    {"enable-source-maps", 0, ENGINE, W_SOURCE_MAPS, NULL, "map stack traces to the sources"},
    {"stack-trace-limit", 0, ENGINE_V8, W_STACK_TRACE_LIMIT, "n", "frames per stack trace"},
    {"stack-size", 0, ENGINE_V8, W_NONE, "n", "stack size in KiB"},
    {"max-old-space-size", 0, ENGINE_V8, W_NONE, "n", "heap limit in MiB"},
    {"max-semi-space-size", 0, ENGINE_V8, W_NONE, "n", "young generation limit in MiB"},
    {"max-http-header-size", 0, ENGINE_TEXT, W_NONE, "n", "bytes of HTTP headers accepted"},
    {"dns-result-order", 0, ENGINE_TEXT, W_NONE, "ipv4first|ipv6first|verbatim",
     "order of resolved addresses"},
    {"unhandled-rejections", 0, ENGINE_TEXT, W_NONE, "strict|warn|none|throw|warn-with-error-code",
     "what unhandled rejections do"},
    {"no-warnings", 0, ENGINE, W_NO_WARNINGS, NULL, "no process warnings"},
    {"disable-warning", 0, ENGINE_TEXT, W_NONE, "code", "not this warning"},
    {"trace-warnings", 0, ENGINE, W_NONE, NULL, "stack traces with warnings"},
    {"trace-uncaught", 0, ENGINE, W_NONE, NULL, "where uncaught values were thrown"},
    {"trace-deprecation", 0, ENGINE, W_NONE, NULL, "stack traces with deprecations"},
    {"no-deprecation", 0, ENGINE, W_NONE, NULL, "no deprecation warnings"},
    {"throw-deprecation", 0, ENGINE, W_NONE, NULL, "deprecations are errors"},
    {"pending-deprecation", 0, ENGINE, W_NONE, NULL, "warn of coming deprecations too"},
    {"use-openssl-ca", 0, ENGINE, W_NONE, NULL, "CA certificates of OpenSSL"},
    {"use-bundled-ca", 0, ENGINE, W_NONE, NULL, "CA certificates of the engine"},
    {"use-system-ca", 0, ENGINE, W_NONE, NULL, "CA certificates of the system"},
    {"version", 'v', FLAG, W_VERSION, NULL, "versions of npsx and of the engine"},
    {"help", 'h', FLAG, W_HELP, NULL, "this text"},

    {"box-pretend", 0, TEXT, W_BOX_PRETEND, "", NULL}, // for tests: a kernel without these parts
    {"warnings", 0, ENGINE, W_NONE, "", NULL},         // node's default, accepted
    {"deprecation", 0, ENGINE, W_NONE, "", NULL},
    {"pe", 0, TEXT, W_PRINT_EVAL, "", NULL},
    // what is on anyway: accepted for the test runners that give it to their workers
    {"experimental-import-meta-resolve", 0, FLAG, W_NONE, "", NULL},
    {"experimental-require-module", 0, FLAG, W_NONE, "", NULL},
    {"experimental-detect-module", 0, FLAG, W_NONE, "", NULL},
    {"experimental-strip-types", 0, FLAG, W_NONE, "", NULL},
    {"experimental-fetch", 0, FLAG, W_NONE, "", NULL},
    {"experimental-wasm-modules", 0, FLAG, W_NONE, "", NULL},
    {"experimental-json-modules", 0, FLAG, W_NONE, "", NULL},

    {"interactive", 'i', REFUSED, W_NONE, NULL, "the REPL comes with a later release"},
    {"expose-gc", 0, REFUSED, W_NONE, NULL,
     "it would give gc() to every package; grant the capability \"gc\" instead"},
    {"preserve-symlinks", 0, REFUSED, W_NONE, NULL, "packages are identified by their real path"},
    {"preserve-symlinks-main", 0, REFUSED, W_NONE, NULL,
     "packages are identified by their real path"},
    {"icu-data-dir", 0, REFUSED, W_NONE, NULL, "it would load data into the engine unchecked"},
    {"openssl-config", 0, REFUSED, W_NONE, NULL, "it can load code into the engine unchecked"},
    {"test", 0, REFUSED, W_NONE, NULL, "the test runner starts its own processes; " NOT_YET},
    {"watch", 0, REFUSED, W_NONE, NULL, "watching restarts the process; " NOT_YET},
    {"watch-path", 0, REFUSED, W_NONE, NULL, "watching restarts the process; " NOT_YET},
    {"run", 0, REFUSED, W_NONE, NULL, "it runs package.json scripts in a shell; " NOT_YET},
    {"inspect", 0, REFUSED, W_NONE, NULL, "a debugger reaches into every compartment"},
    {"inspect-brk", 0, REFUSED, W_NONE, NULL, "a debugger reaches into every compartment"},
    {"inspect-wait", 0, REFUSED, W_NONE, NULL, "a debugger reaches into every compartment"},
    {"inspect-port", 0, REFUSED, W_NONE, NULL, "a debugger reaches into every compartment"},
    {"experimental-loader", 0, REFUSED, W_NONE, NULL, "PackSec's loader is the only one"},
    {"loader", 0, REFUSED, W_NONE, NULL, "PackSec's loader is the only one"},
    {"permission", 0, REFUSED, W_NONE, NULL, "grants are written in the policy file"},
    {"allow-fs-read", 0, REFUSED, W_NONE, NULL, "grants are written in the policy file"},
    {"allow-fs-write", 0, REFUSED, W_NONE, NULL, "grants are written in the policy file"},
    {"allow-child-process", 0, REFUSED, W_NONE, NULL, "grants are written in the policy file"},
    {"allow-worker", 0, REFUSED, W_NONE, NULL, "grants are written in the policy file"},
    {"allow-addons", 0, REFUSED, W_NONE, NULL, "grants are written in the policy file"},
    {"frozen-intrinsics", 0, REFUSED, W_NONE, NULL, "npsx always freezes them, in its own way"},
    {"disable-proto", 0, REFUSED, W_NONE, NULL, "npsx does its own hardening"},
    {"experimental-vm-modules", 0, REFUSED, W_NONE, NULL, "it hands out the engine's own loader"},
    {"cpu-prof", 0, REFUSED, W_NONE, NULL, NOT_YET},
    {"heap-prof", 0, REFUSED, W_NONE, NULL, NOT_YET},
    {"prof", 0, REFUSED, W_NONE, NULL, NOT_YET},
    {"build-sea", 0, REFUSED, W_NONE, NULL, NOT_YET},
    {"build-snapshot", 0, REFUSED, W_NONE, NULL, NOT_YET},
    {"snapshot-blob", 0, REFUSED, W_NONE, NULL, NOT_YET},
    {"allow-natives-syntax", 0, REFUSED, W_NONE, NULL, "it opens the engine to every package"},
    {"expose-internals", 0, REFUSED, W_NONE, NULL, "it opens the engine to every package"},
};

enum { ROWS = sizeof table / sizeof table[0] };

psx_rc psx_cli_list_add(psx_op *op, psx_cli_list *list, psx_str s)
{
    TRY(PSX_ROOM(op, list->v, list->n, &list->cap));
    list->v[list->n++] = s;
    return PSX_OK;
}

// Like V8 and node, '_' and '-' are the same in a name.
static bool same_name(psx_str typed, const char *name)
{
    if (typed.n != strlen(name)) return false;
    for (size_t i = 0; i < typed.n; i++) {
        if ((typed.p[i] == '_' ? '-' : typed.p[i]) != name[i]) return false;
    }
    return true;
}

static const option_row *row_by_name(psx_str name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (same_name(name, table[i].name)) return &table[i];
    }
    return NULL;
}

static const option_row *row_by_letter(psx_str arg)
{
    if (psx_str_is(arg, "-pe")) return row_by_name(PSX_STR("pe"));
    for (size_t i = 0; arg.n == 2 && i < ROWS; i++) {
        if (table[i].letter == arg.p[1]) return &table[i];
    }
    return NULL;
}

static psx_rc fail_unknown(psx_op *op, psx_str arg, psx_str name)
{
    psx_rc rc = psx_fail(op, PSX_E_USAGE, "unknown option %.*s", PSX_FMT(arg));
    const char *best = NULL;
    size_t nearest = 3;
    for (size_t i = 0; i < ROWS && name.n > 2; i++) {
        size_t d = psx_str_distance(name, psx_str_from(table[i].name), nearest - 1);
        if (table[i].kind == REFUSED || d >= nearest) continue;
        nearest = d;
        best = table[i].name;
    }
    if (best)
        psx_fail_suggest(op, "did you mean --%s?", best);
    else
        psx_fail_suggest(op, "npsx -h lists the options; npsx takes only those it knows are safe");
    return rc;
}

static bool one_of(psx_str value, const char *choices)
{
    psx_str left = psx_str_from(choices);
    while (left.n) {
        size_t bar = psx_str_find(left, '|');
        if (psx_str_eq(psx_str_slice(left, 0, bar), value)) return true;
        left = psx_str_slice(left, bar + 1, left.n);
    }
    return false;
}

static psx_rc check_value(psx_op *op, const option_row *row, psx_str value)
{
    uint64_t number;
    bool wants_number = row->value && row->value[0] == 'n' && !row->value[1];
    if (wants_number && (!psx_str_to_u64(value, &number) || number > INT_MAX)) {
        return psx_fail(op, PSX_E_USAGE, "--%s takes a whole number, not \"%.*s\"", row->name,
                        PSX_FMT(value));
    }
    if (row->value && strchr(row->value, '|') && !one_of(value, row->value)) {
        return psx_fail(op, PSX_E_USAGE, "--%s is one of %s, not \"%.*s\"", row->name, row->value,
                        PSX_FMT(value));
    }
    size_t bad;
    if (!psx_str_is_utf8(value, &bad) && row->kind != TEXT) {
        return psx_fail(op, PSX_E_USAGE, "the value of --%s is not valid UTF-8", row->name);
    }
    return PSX_OK;
}

static psx_rc add_env_file(psx_op *op, psx_cli_run *run, psx_str file, char mark)
{
    psx_str marked;
    TRY(psx_op_format(op, &marked, "%c%.*s", mark, PSX_FMT(file)));
    return psx_cli_list_add(op, &run->env_files, marked);
}

// Said twice by the same name, the last one counts, as with every option.
static psx_rc take_policy(psx_op *op, bool as_node, psx_str value, psx_cli_run *run)
{
    if (run->policy.p && run->policy_as_node != as_node) {
        return psx_fail(op, PSX_E_USAGE,
                        "either --policy or --experimental-policy can be used, not both");
    }
    run->policy = value;
    run->policy_as_node = as_node;
    return PSX_OK;
}

// A variable that was not set must not turn "verify this" into "verify nothing".
static psx_rc check_named(psx_op *op, const option_row *row, psx_str value)
{
    switch (row->what) {
    case W_AUDIT:
    case W_POLICY:
    case W_POLICY_NODE:
    case W_POLICY_SIGNATURE:
    case W_TRUST:
        if (value.n) return PSX_OK;
        return psx_fail(op, PSX_E_USAGE, "--%s cannot be empty", row->name);
    default: return PSX_OK;
    }
}

static psx_rc apply(psx_op *op, const option_row *row, psx_str value, psx_cli_run *run)
{
    uint64_t number = 0;
    TRY(check_named(op, row, value));
    switch (row->what) {
    case W_NONE: break;
    case W_AS:
        if (run->as.p) return psx_fail(op, PSX_E_UNSUPPORTED, "--as may stand only once");
        run->as = value;
        break;
    case W_AUDIT: run->audit = value; break;
    case W_BOX: run->has_box = true; return psx_box_mode_parse(op, value, &run->box);
    case W_BOX_PRETEND: run->box_pretend = value; break;
    case W_CHECK: run->check = true; break;
    case W_CONDITIONS: return psx_cli_list_add(op, &run->conditions, value);
    case W_ENV_FILE: return add_env_file(op, run, value, '!');
    case W_ENV_FILE_MAYBE: return add_env_file(op, run, value, '?');
    case W_PRINT:
    case W_PRINT_EVAL: run->print = true; [[fallthrough]];
    case W_EVAL:
        run->main = PSX_CLI_MAIN_EVAL;
        run->script = value;
        break;
    case W_HELP: run->help = true; break;
    case W_INPUT_TYPE: run->input_type = value; break;
    case W_NO_WARNINGS: run->no_warnings = true; break;
    case W_POLICY:
    case W_POLICY_NODE: return take_policy(op, row->what == W_POLICY_NODE, value, run);
    case W_POLICY_INTEGRITY:
        run->policy_integrity = value;
        if (value.n) break;
        return psx_fail(op, PSX_E_NODE_USAGE, "--policy-integrity cannot be empty");
    case W_POLICY_SIGNATURE: run->policy_signature = value; break;
    case W_PRELOAD: return psx_cli_list_add(op, &run->preload, value);
    case W_QUIET: run->quiet = true; break;
    case W_SOURCE_MAPS: run->source_maps = true; break;
    case W_STACK_TRACE_LIMIT:
        (void)psx_str_to_u64(value, &number); // checked before
        run->stack_trace_limit = (int)number;
        break;
    case W_TITLE: run->title = value; break;
    case W_TRUST: run->trust = value; break;
    case W_VERSION: run->version = true; break;
    case W_WRITE: run->write = true; break;
    case W_JSON: run->json = true; break;
    }
    return PSX_OK;
}

// Own options stay out of process.execArgv; those of node show there as typed.
static bool is_own(const option_row *row)
{
    return row->what == W_POLICY || row->what == W_POLICY_NODE || row->what == W_POLICY_SIGNATURE ||
           row->what == W_POLICY_INTEGRITY || row->what == W_TRUST || row->what == W_AUDIT ||
           row->what == W_QUIET || row->what == W_BOX || row->what == W_BOX_PRETEND ||
           row->what == W_AS || row->what == W_WRITE || row->what == W_JSON;
}

static psx_rc pass_on(psx_op *op, const option_row *row, psx_str arg, bool apart, psx_str value,
                      psx_cli_run *run)
{
    psx_cli_list *seen = &run->exec_argv;
    if (!is_own(row)) {
        TRY(psx_cli_list_add(op, seen, arg));
        if (apart) TRY(psx_cli_list_add(op, seen, value));
    }
    if (row->kind == ENGINE || row->kind == ENGINE_V8 || row->kind == ENGINE_TEXT) {
        psx_str text;
        if (row->kind == ENGINE)
            TRY(psx_op_format(op, &text, "--%s", row->name));
        else
            TRY(psx_op_format(op, &text, "--%s=%.*s", row->name, PSX_FMT(value)));
        return psx_cli_list_add(op, &run->engine, text);
    }
    return PSX_OK;
}

// One option; *used says how many arguments it took.
static psx_rc parse_option(psx_op *op, size_t n, char *const *args, const option_row *more,
                           psx_cli_run *run, size_t *used)
{
    psx_str arg = psx_str_from(args[0]);
    bool is_long = psx_str_starts(arg, PSX_STR("--"));
    size_t eq = is_long ? psx_str_find(arg, '=') : arg.n;
    psx_str name = psx_str_slice(arg, is_long ? 2 : 1, eq), value = {0};
    const option_row *row = is_long ? row_by_name(name) : row_by_letter(arg);
    for (; !row && is_long && more && more->name; more++) {
        if (same_name(name, more->name)) row = more;
    }
    if (!row || (is_long && psx_str_is(name, "pe"))) return fail_unknown(op, arg, name);
    if (row->kind == REFUSED) {
        return psx_fail(op, PSX_E_UNSUPPORTED, "%.*s is not offered: %s",
                        PSX_FMT(psx_str_slice(arg, 0, eq)), row->text);
    }
    *used = 1;
    bool has_value = eq < arg.n, apart = false;
    if (has_value) value = psx_str_slice(arg, eq + 1, arg.n);
    if (row->kind == FLAG || row->kind == ENGINE) {
        if (has_value) return psx_fail(op, PSX_E_USAGE, "--%s takes no value", row->name);
    } else if (!has_value) {
        // As in node, a value that stands apart may not look like an option.
        if (row->kind == ENGINE_V8 || n < 2 || (args[1][0] == '-' && args[1][1])) {
            return psx_fail(op, PSX_E_USAGE, "%.*s needs a value%s%s%s%s", PSX_FMT(arg),
                            is_long ? ": --" : "", is_long ? row->name : "", is_long ? "=" : "",
                            is_long && row->value ? row->value : "");
        }
        value = psx_str_from(args[1]);
        apart = true;
        *used = 2;
    }
    TRY(check_value(op, row, value));
    TRY(pass_on(op, row, arg, apart, value, run));
    return apply(op, row, value, run);
}

static const option_row learn_table[] = {
    {"write", 0, FLAG, W_WRITE, NULL, NULL},
    {"json", 0, FLAG, W_JSON, NULL, NULL},
    {0},
};

// What npsx itself would read or write with the user's own rights, or would take from elsewhere
// than whoever said --as.
static psx_rc check_as(psx_op *op, const psx_cli_run *run, bool for_learn)
{
    if (!run->as.p) return PSX_OK;
    const char *bad = NULL;
    if (run->audit.p) bad = "--audit";
    if (run->has_box || run->box_pretend.p) bad = "--box";
    if (run->env_files.n) bad = "--env-file";
    bool told = psx_str_starts(run->as, PSX_STR("{"));
    if (told && run->policy.p) bad = run->policy_as_node ? "--experimental-policy" : "--policy";
    if (told && run->policy_signature.p) bad = "--policy-signature";
    if (told && run->policy_integrity.p) bad = "--policy-integrity";
    if (told && run->trust.p) bad = "--trust";
    if (for_learn) bad = "learn";
    if (!bad) return PSX_OK;
    return psx_fail(op, PSX_E_UNSUPPORTED, "%s is not for the children of confined packages (--as)",
                    bad);
}

psx_rc psx_cli_options_parse(psx_op *op, size_t n, char *const *args, bool for_learn,
                             psx_cli_run *out)
{
    *out = (psx_cli_run){.stack_trace_limit = -1, .learn = for_learn};
    size_t i = 0;
    while (i < n) {
        psx_str arg = psx_str_from(args[i]);
        if (psx_str_is(arg, "--")) {
            i++;
            break;
        }
        if (arg.n < 2 || arg.p[0] != '-') break; // a script, or "-"
        size_t used = 0;
        TRY(parse_option(op, n - i, args + i, for_learn ? learn_table : NULL, out, &used));
        i += used;
    }
    if (out->main != PSX_CLI_MAIN_EVAL && i < n) {
        out->script = psx_str_from(args[i++]);
        out->dash = psx_str_is(out->script, "-");
        out->main = out->dash ? PSX_CLI_MAIN_STDIN : PSX_CLI_MAIN_FILE;
    }
    for (; i < n; i++) {
        TRY(psx_cli_list_add(op, &out->args, psx_str_from(args[i])));
    }
    TRY(check_as(op, out, for_learn));
    if (out->check && out->main == PSX_CLI_MAIN_EVAL) {
        return psx_fail(op, PSX_E_USAGE, "either --check or --eval can be used, not both");
    }
    return PSX_OK;
}

psx_rc psx_cli_options_engine(psx_op *op, const psx_cli_run *run, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    *out = (psx_str){0};
    if (!run->engine.n) return PSX_OK;
    TRY(psx_buf_text(&b, "--node-options="));
    for (size_t i = 0; i < run->engine.n; i++) {
        psx_str s = run->engine.v[i];
        if (i) TRY(psx_buf_byte(&b, ' '));
        // Inside quotes a backslash takes the next byte as it is; nothing else is special.
        TRY(psx_buf_byte(&b, '"'));
        for (size_t k = 0; k < s.n; k++) {
            if (s.p[k] == '"' || s.p[k] == '\\') TRY(psx_buf_byte(&b, '\\'));
            TRY(psx_buf_byte(&b, s.p[k]));
        }
        TRY(psx_buf_byte(&b, '"'));
    }
    const char *text;
    TRY(psx_buf_cstr(&b, &text));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

psx_rc psx_cli_options_help(psx_op *op, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    for (size_t i = 0; i < ROWS; i++) {
        const option_row *row = &table[i];
        if (row->kind == REFUSED || !row->text) continue;
        // A list of choices is told by the manual; the help has one line per option.
        const char *value = row->value && strchr(row->value, '|') ? "what" : row->value;
        char left[40];
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
                 row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
                 value ? " " : "", value ? value : "");
        if (value && row->kind == ENGINE_V8) left[4 + 2 + strlen(row->name)] = '=';
        TRY(psx_buf_format(&b, "  %-29s %s\n", left, row->text));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

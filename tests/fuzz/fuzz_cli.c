// The command line: any arguments (one per line of the input) are understood or refused with a
// reason, and what goes to the engine in one argument comes out there as the options that were
// meant, by node's own rules for NODE_OPTIONS. The environment file format as well.
#include "cli/env.h"
#include "cli/options.h"
#include "fuzz.h"

enum { MOST_ARGS = 64 };

// node's ParseNodeOptionsEnvVar, the part behind "--node-options=".
static psx_rc split(psx_op *op, psx_str s, psx_cli_list *out)
{
    bool quoted = false, begin = true;
    char *p = psx_op_alloc(op, s.n + 1);
    if (!p) return psx_fail_nomem(op);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' && quoted) {
            PROMISE(i + 1 < s.n);
            c = s.p[++i];
        } else if (c == ' ' && !quoted) {
            begin = true;
            continue;
        } else if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (begin) TRY(psx_cli_list_add(op, out, (psx_str){p, 0}));
        begin = false;
        *p++ = c;
        out->v[out->n - 1].n++;
    }
    PROMISE(!quoted);
    return PSX_OK;
}

static void check_engine(psx_op *op, const psx_cli_run *run)
{
    static const psx_str head = PSX_STR_INIT("--node-options=");
    psx_str text;
    psx_cli_list back = {0};
    PROMISE(!psx_failed(psx_cli_options_engine(op, run, &text)));
    PROMISE((text.n > 0) == (run->engine.n > 0));
    if (!text.n) return;
    PROMISE(psx_str_starts(text, head));
    PROMISE(!psx_failed(split(op, psx_str_slice(text, head.n, text.n), &back)));
    PROMISE(back.n == run->engine.n);
    for (size_t i = 0; i < back.n; i++) {
        PROMISE(psx_str_eq(back.v[i], run->engine.v[i]));
        PROMISE(psx_str_starts(back.v[i], PSX_STR("--")));
    }
}

static size_t cut(char *text, size_t size, char **args)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n < MOST_ARGS; n++) {
        args[n] = text + i;
        while (i < size && text[i] != '\n' && text[i] != '\0') {
            i++;
        }
        text[i++] = '\0';
    }
    return n;
}

static void check_arguments(psx_op *op, char *const *args, size_t n, bool learn)
{
    psx_cli_run run;
    psx_rc rc = psx_cli_options_parse(op, n, args, learn, &run);
    if (psx_failed(rc)) {
        PROMISE(rc.code == PSX_E_USAGE || rc.code == PSX_E_UNSUPPORTED);
        PROMISE(op->fail.message[0]);
        psx_fail_clear(op);
        return;
    }
    PROMISE(run.args.n <= n);
    PROMISE(run.main == PSX_CLI_MAIN_STDIN || run.script.p);
    check_engine(op, &run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_cli_list variables;
    char *args[MOST_ARGS];
    psx_op_init(&op, 64u << 20);
    PROMISE(
        !psx_failed(psx_cli_dotenv_parse(&op, (psx_str){(const char *)data, size}, &variables)));
    for (size_t i = 0; i < variables.n; i++) {
        PROMISE(psx_str_find(variables.v[i], '=') > 0 && !psx_str_has_nul(variables.v[i]));
    }
    char *text = psx_op_alloc(&op, size + 1);
    PROMISE(text);
    if (size) memcpy(text, data, size);
    size_t n = cut(text, size, args);
    check_arguments(&op, args, n, false);
    check_arguments(&op, args, n, true);
    psx_op_fini(&op);
    return 0;
}

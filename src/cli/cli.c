#include "cli/cli.h"

const psx_cli_command *psx_cli_command_find(psx_str name)
{
    for (size_t i = 0; psx_cli_commands[i]; i++) {
        if (psx_str_is(name, psx_cli_commands[i]->name)) return psx_cli_commands[i];
    }
    return &psx_cmd_run;
}

static const psx_cli_option *find_option(psx_str arg, const psx_cli_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_long = psx_str_starts(arg, PSX_STR("--"));
        psx_str name = psx_str_slice(arg, 2, psx_str_find(arg, '='));
        if (is_long && psx_str_is(name, options[i].name)) return &options[i];
        if (arg.n == 2 && options[i].letter && arg.p[1] == options[i].letter) return &options[i];
    }
    return NULL;
}

psx_rc psx_cli_getopt(psx_cli *cli, const psx_cli_option *options, size_t n, bool *help,
                      psx_str **rest, size_t *rest_n)
{
    psx_op *op = cli->op;
    psx_str *operands = PSX_ARRAY(op, psx_str, cli->n + 1);
    if (!operands) return psx_fail_nomem(op);
    bool ended = false;
    *rest = operands;
    *rest_n = 0;
    *help = false;
    for (size_t i = 0; i < cli->n; i++) {
        psx_str arg = psx_str_from(cli->args[i]);
        if (ended || arg.n < 2 || arg.p[0] != '-') {
            operands[(*rest_n)++] = arg;
            continue;
        }
        if ((ended = psx_str_is(arg, "--"))) continue;
        if (psx_str_is(arg, "-h") || psx_str_is(arg, "--help")) {
            *help = true;
            continue;
        }
        const psx_cli_option *o = find_option(arg, options, n);
        size_t eq = psx_str_find(arg, '=');
        if (!o) {
            psx_rc rc = psx_fail(op, PSX_E_USAGE, "unknown option %.*s", PSX_FMT(arg));
            psx_fail_suggest(op, "-h lists the options of this command");
            return rc;
        }
        if (o->flag && eq < arg.n) {
            return psx_fail(op, PSX_E_USAGE, "--%s takes no value", o->name);
        }
        if (o->flag) {
            *o->flag = true;
        } else if (eq < arg.n) {
            *o->value = psx_str_slice(arg, eq + 1, arg.n);
        } else if (i + 1 < cli->n) {
            *o->value = psx_str_from(cli->args[++i]);
        } else {
            return psx_fail(op, PSX_E_USAGE, "%.*s needs a value", PSX_FMT(arg));
        }
    }
    return PSX_OK;
}

int psx_cli_exit_status(psx_error code)
{
    // What is wrong with the user's files keeps the script from running: 126, as for a shell.
    if (code == PSX_E_UNSUPPORTED || psx_error_class(code) == PSX_CLASS_CORRUPT) {
        return PSX_CLI_REFUSED;
    }
    return psx_error_exit_npsx(code);
}

void psx_cli_put(psx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        size_t n = psx_str_control(s, i);
        putchar(n ? '?' : s.p[i]);
        if (n) i += n - 1;
    }
}

void psx_cli_complain(const psx_op *op)
{
    char text[1024];
    psx_fail_text(op, text, sizeof text);
    // One line, and nothing in it that moves the terminal's cursor: names come from anywhere.
    psx_str all = psx_str_from(text);
    for (size_t i = 0; i < all.n; i++) {
        size_t n = psx_str_control(all, i);
        if (n) memset(text + i, ' ', n);
    }
    fprintf(stderr, "npsx: %s\n", text);
}

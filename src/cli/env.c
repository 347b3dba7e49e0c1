#include "cli/env.h"

#include "base/buf.h"
#include "base/map.h"
#include "cli/files.h"
#include "os/memfd.h"

enum { ENV_FILE_MAX = 4 << 20 };

static bool may_pass(psx_str name, const psx_policy *policy, const psx_policy_holder *holder)
{
    if (psx_cli_env_steers(name)) return false;
    if (!holder || psx_cli_env_is_plain(name)) return true;
    psx_policy_request request = {.cap = PSX_CAP_ENV, .value = name, .port = -1};
    return psx_policy_decide(policy, holder, &request).allowed;
}

// ---- --env-file ---------------------------------------------------------------------------------

static psx_str trim(psx_str s)
{
    while (s.n && strchr(" \t\r\v\f\n", s.p[0]))
        s = psx_str_slice(s, 1, s.n);
    while (s.n && strchr(" \t\r\v\f\n", s.p[s.n - 1]))
        s.n--;
    return s;
}

static psx_str rest_of(psx_str s, size_t from)
{
    return psx_str_slice(s, from, s.n);
}

// "\n" becomes a line feed inside double quotes; nothing else is special, as in node.
static psx_rc unescape(psx_op *op, psx_str s, psx_str *out)
{
    char *p = psx_op_alloc(op, s.n + 1);
    if (!p) return psx_fail_nomem(op);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool is_escape = s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == 'n';
        p[n++] = is_escape ? '\n' : s.p[i];
        i += is_escape;
    }
    *out = (psx_str){p, n};
    return PSX_OK;
}

// The value at the start of *s, which moves to the next line.
static psx_rc take_value(psx_op *op, psx_str *s, psx_str *value)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = rest_of(*s, 1);
    char quote = s->n ? s->p[0] : 0;
    if (quote == '"' || quote == '\'' || quote == '`') {
        size_t close = psx_str_find(rest_of(*s, 1), quote);
        if (close + 1 < s->n) {
            *value = psx_str_slice(*s, 1, close + 1);
            *s = rest_of(*s, close + 2);
            *s = rest_of(*s, psx_str_find(*s, '\n'));
            return quote == '"' ? unescape(op, *value, value) : PSX_OK;
        }
    }
    size_t end = psx_str_find(*s, '\n');
    *value = psx_str_slice(*s, 0, end);
    *value = trim(psx_str_slice(*value, 0, psx_str_find(*value, '#')));
    *s = rest_of(*s, end);
    return PSX_OK;
}

psx_rc psx_cli_dotenv_parse(psx_op *op, psx_str s, psx_cli_list *out)
{
    *out = (psx_cli_list){0};
    while ((s = trim(s)).n) {
        size_t end = psx_str_find(s, '\n'), eq = psx_str_find(s, '=');
        if (s.p[0] == '#' || eq > end || eq == s.n) {
            s = rest_of(s, end);
            continue;
        }
        psx_str name = trim(psx_str_slice(s, 0, eq)), value, text;
        if (psx_str_starts(name, PSX_STR("export "))) name = trim(rest_of(name, 7));
        s = rest_of(s, eq + 1);
        TRY(take_value(op, &s, &value));
        if (!name.n || psx_str_has_nul(name) || psx_str_has_nul(value)) continue;
        TRY(psx_op_format(op, &text, "%.*s=%.*s", PSX_FMT(name), PSX_FMT(value)));
        TRY(psx_cli_list_add(op, out, text));
    }
    return PSX_OK;
}

// ---- putting it together ------------------------------------------------------------------------

static psx_str name_of(psx_str variable)
{
    return psx_str_slice(variable, 0, psx_str_find(variable, '='));
}

// Later files win over earlier ones, the real environment over all: so from the last to the first.
static psx_rc add_files(psx_op *op, const psx_cli_run *run, psx_str cwd, const psx_cli_admit *admit,
                        psx_map *seen, psx_cli_list *all)
{
    for (size_t i = run->env_files.n; i-- > 0;) {
        psx_str marked = run->env_files.v[i], path, bytes;
        psx_cli_list list;
        TRY(psx_cli_join(op, cwd, rest_of(marked, 1), &path));
        psx_rc rc =
            psx_cli_read_admitted(op, admit, "environment file", path, ENV_FILE_MAX, &bytes);
        if (rc.code == PSX_E_NOT_FOUND && marked.p[0] == '?') {
            psx_fail_clear(op);
            continue;
        }
        if (rc.code == PSX_E_NOT_FOUND) op->fail.code = PSX_E_VALUE; // 127 is about the script
        if (psx_failed(rc)) return (psx_rc){op->fail.code};
        TRY(psx_cli_dotenv_parse(op, bytes, &list));
        for (size_t k = list.n; k-- > 0;) {
            if (psx_map_has(seen, name_of(list.v[k]))) continue;
            TRY(psx_map_put(seen, name_of(list.v[k]), all));
            TRY(psx_cli_list_add(op, all, list.v[k]));
        }
    }
    return PSX_OK;
}

psx_rc psx_cli_env_make(psx_op *op, char *const *from, const psx_cli_run *run, psx_str cwd,
                        const psx_cli_admit *admit, const psx_policy *policy,
                        const psx_policy_holder *holder, char ***out, psx_cli_list *hidden)
{
    psx_cli_list all = {0};
    psx_map seen;
    psx_map_init(&seen, op);
    for (; *from; from++) {
        psx_str variable = psx_str_from(*from);
        TRY(psx_cli_list_add(op, &all, variable));
        if (run->env_files.n) TRY(psx_map_put(&seen, name_of(variable), &all));
    }
    TRY(add_files(op, run, cwd, admit, &seen, &all));
    char **envp = PSX_ARRAY(op, char *, all.n + 1);
    if (!envp) return psx_fail_nomem(op);
    size_t n = 0, bad;
    for (size_t i = 0; i < all.n; i++) {
        psx_str name = name_of(all.v[i]);
        if (may_pass(name, policy, holder)) {
            envp[n++] = (char *)all.v[i].p; // NUL-terminated; exec does not write to it
        } else if (!psx_cli_env_steers(name) && psx_str_is_utf8(name, &bad)) {
            TRY(psx_cli_list_add(op, hidden, name));
        }
    }
    envp[n] = NULL;
    *out = envp;
    return PSX_OK;
}

// ---- for children -------------------------------------------------------------------------------

psx_rc psx_cli_env_take(psx_op *op, int fd, char *const **out)
{
    psx_str bytes, rest;
    size_t most = 1, n = 0;
    TRY(psx_os_memfd_map(op, fd, &bytes));
    close(fd);
    for (rest = bytes; rest.n; rest = rest_of(rest, psx_str_find(rest, '\0') + 1)) {
        most++;
    }
    char **envp = PSX_ARRAY(op, char *, most);
    if (!envp) return psx_fail_nomem(op);
    for (rest = bytes; rest.n; rest = rest_of(rest, psx_str_find(rest, '\0') + 1)) {
        bool is_variable = psx_str_find(rest, '=') < psx_str_find(rest, '\0');
        if (is_variable && rest.p[0] != '=') envp[n++] = (char *)rest.p;
    }
    if (bytes.p[bytes.n - 1]) return psx_fail(op, PSX_E_TRUNCATED, "the environment has no end");
    *out = envp;
    return PSX_OK;
}

// Node tells its children by these where their channel is; they say nothing else.
static bool is_channel(psx_str name)
{
    return psx_str_is(name, "NODE_CHANNEL_FD") ||
           psx_str_is(name, "NODE_CHANNEL_SERIALIZATION_MODE");
}

psx_rc psx_cli_env_for_command(psx_op *op, char *const *from, const psx_policy *policy,
                               const psx_policy_holder *holder, char ***out)
{
    size_t n = 0, most = 1;
    while (from[most - 1]) {
        most++;
    }
    char **envp = PSX_ARRAY(op, char *, most);
    if (!envp) return psx_fail_nomem(op);
    for (; *from; from++) {
        psx_policy_request r = {.cap = PSX_CAP_ENV, .port = -1, .use = PSX_USE_CHILD};
        r.value = name_of(psx_str_from(*from));
        bool may = psx_policy_decide(policy, holder, &r).allowed;
        if (may || is_channel(r.value)) envp[n++] = *from;
    }
    *out = envp;
    return PSX_OK;
}

#include "cli/admit.h"

#include "base/buf.h"
#include "cli/json.h"
#include "os/beneath.h"

#include <fcntl.h>
#include <strings.h>

enum { WAIT_MS = 1000 };

// Who says so: half a sentence.
static psx_rc refuse(psx_op *op, const psx_cli_admit *admit, const char *what, const char *why)
{
    psx_str who = admit->interactive_by;
    if (!who.n) who = PSX_STR("the process's securebits (EXEC_DENY_INTERACTIVE)");
    psx_rc rc = psx_fail(op, PSX_E_DENIED,
                         "%s is refused: %s%sonly files run here and no commands (interactive use "
                         "is disabled by %.*s)",
                         what, why ? why : "", why ? ", and " : "", PSX_FMT(who));
    psx_fail_suggest(op, "put the text into a file%s", why ? " that may be executed" : "");
    return rc;
}

static const char *word_of(psx_os_exec result)
{
    static const char *const words[] = {[PSX_OS_EXEC_ALLOWED] = "allowed",
                                        [PSX_OS_EXEC_REFUSED] = "refused",
                                        [PSX_OS_EXEC_UNKNOWN] = "unknown"};
    return words[result];
}

psx_rc psx_cli_admit_record(psx_op *op, const psx_cli_admit *admit, const psx_cli_fact *facts,
                            size_t n)
{
    psx_buf b;
    if (!admit->has_audit) return PSX_OK;
    psx_buf_init(&b, op);
    for (size_t i = 0; i < n; i++) {
        if (!facts[i].value.p) continue;
        TRY(psx_buf_format(&b, "%c\"%s\":", b.n ? ',' : '{', facts[i].key));
        TRY(psx_cli_json_string(&b, facts[i].value));
    }
    TRY(psx_buf_text(&b, "}\n"));
    int e = psx_os_write_whole(admit->audit_fd, b.p, b.n, WAIT_MS);
    return e < 0 ? psx_fail(op, PSX_E_IO, "cannot write the audit file: %s", strerror(-e)) : PSX_OK;
}

// The same line as the engine's (src/addon/admit.c).
static psx_rc record(psx_op *op, const psx_cli_admit *admit, const char *what, psx_str path,
                     const psx_os_exec_verdict *v, bool enforced)
{
    const char *decided = v->result == PSX_OS_EXEC_ALLOWED ? "allowed"
                          : enforced                       ? "denied"
                                                           : "would be denied";
    psx_cli_fact facts[] = {
        {"check", PSX_STR("exec")},
        {"what", psx_str_from(what)},
        {"path", path},
        {"result", psx_str_from(word_of(v->result))},
        {"why", psx_str_from(v->why)},
        {"decided", psx_str_from(decided)},
    };
    return psx_cli_admit_record(op, admit, facts, sizeof facts / sizeof *facts);
}

// all: tell of what was allowed, too.
static psx_rc admit_file(psx_op *op, const psx_cli_admit *admit, const char *what, psx_str path,
                         int fd, bool all)
{
    bool strict = admit->rules.restrict_file;
    if (!strict && !admit->has_audit) return PSX_OK;
    psx_os_exec_verdict v = psx_os_code_exec_verdict(fd);
    bool fine = v.result == PSX_OS_EXEC_ALLOWED;
    if (all || !fine) TRY(record(op, admit, what, path, &v, strict));
    if (!strict || fine) return PSX_OK;
    psx_rc rc = psx_fail(op, PSX_E_DENIED,
                         "the %s %.*s is refused: %s, and only executable files run here "
                         "(securebits EXEC_RESTRICT_FILE)",
                         what, PSX_FMT(path), v.why);
    if (v.chmod_helps) psx_fail_suggest(op, "to allow: chmod +x %.*s", PSX_FMT(path));
    return rc;
}

psx_rc psx_cli_admit_file(psx_op *op, const psx_cli_admit *admit, const char *what, psx_str path,
                          int fd)
{
    return admit_file(op, admit, what, path, fd, true);
}

psx_rc psx_cli_admit_stdin(psx_op *op, const psx_cli_admit *admit)
{
    bool strict = admit->rules.deny_interactive;
    if (!strict && !admit->has_audit) return PSX_OK;
    psx_os_exec_verdict v = psx_os_code_exec_verdict(STDIN_FILENO);
    TRY(record(op, admit, "script", PSX_STR("standard input"), &v, strict));
    if (!strict || v.result == PSX_OS_EXEC_ALLOWED) return PSX_OK;
    return refuse(op, admit, "the script on standard input", v.why);
}

// A data: URL, however it is spelt: what reads it later may be more forgiving than this.
static bool is_text(psx_str spec)
{
    static const char scheme[] = "data:";
    while (spec.n && (unsigned char)spec.p[0] <= ' ')
        spec = psx_str_slice(spec, 1, spec.n);
    return spec.n >= sizeof scheme - 1 && strncasecmp(spec.p, scheme, sizeof scheme - 1) == 0;
}

psx_rc psx_cli_admit_commands(psx_op *op, const psx_cli_admit *admit, const psx_cli_run *run)
{
    if (!admit->rules.deny_interactive) return PSX_OK;
    if (run->main == PSX_CLI_MAIN_EVAL)
        return refuse(op, admit, run->print ? "--print" : "--eval", NULL);
    for (size_t i = 0; i < run->preload.n; i++) {
        if (is_text(run->preload.v[i]))
            return refuse(op, admit, "a data: URL on the command line", NULL);
    }
    return PSX_OK;
}

psx_rc psx_cli_admit_script(psx_op *op, const psx_cli_admit *admit, psx_str path)
{
    psx_str named;
    if (!admit->rules.restrict_file) return PSX_OK;
    TRY(psx_op_copy(op, path, &named));
    int fd = psx_os_open_any(named.p, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return PSX_OK; // the engine says so
    psx_rc rc = admit_file(op, admit, "script", path, fd, false);
    psx_os_close(fd);
    return rc;
}

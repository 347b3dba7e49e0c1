#include "addon/audit.h"
#include "addon/describe.h"
#include "os/beneath.h"

enum { WAIT_MS = 1000 };

static const char *word_of(const psx_monitor *m, const psx_policy_verdict *v)
{
    if (v->allowed && !v->recorded_only) return "allowed";
    return v->allowed || m->plan.learn ? "would be denied" : "denied";
}

static psx_rc put(psx_monitor *m, int fd)
{
    TRY(psx_buf_text(&m->line, "}\n"));
    if (psx_os_write_whole(fd, m->line.p, m->line.n, WAIT_MS) < 0) return (psx_rc){PSX_E_IO};
    return PSX_OK;
}

static psx_rc write_line(psx_monitor *m, const psx_record_key *key, const psx_policy_verdict *v)
{
    m->line.n = 0;
    TRY(psx_describe_json(m, key, &m->line));
    if (v->rule) TRY(psx_text_member(&m->line, "rule", v->rule->text));
    if (v->rule) TRY(psx_text_member(&m->line, "key", v->rule->key));
    TRY(psx_text_member(&m->line, "decided", psx_str_from(word_of(m, v))));
    return put(m, m->plan.audit_fd);
}

static psx_rc write_learnt(psx_monitor *m, const psx_record_entry *e)
{
    const char *word = e->by_policy ? "allowed by policy" : "would be denied";
    m->line.n = 0;
    TRY(psx_describe_json(m, &e->key, &m->line));
    TRY(psx_text_member(&m->line, "decided", psx_str_from(word)));
    if (e->key.cap == PSX_CAP_SPAWN) {
        TRY(psx_buf_format(&m->line, ",\"process\":%d", (int)getpid()));
    }
    return put(m, m->plan.learn_fd);
}

void psx_audit_line(psx_monitor *m, const psx_record_key *key, const psx_policy_verdict *verdict)
{
    if (psx_failed(write_line(m, key, verdict))) m->lost_audit++;
    psx_fail_clear(&m->op);
}

// The same line as the launcher's (src/cli/admit.c).
static psx_rc write_file(psx_monitor *m, const char *what, psx_str path,
                         const psx_os_exec_verdict *v, bool enforced)
{
    static const char *const words[] = {[PSX_OS_EXEC_ALLOWED] = "allowed",
                                        [PSX_OS_EXEC_REFUSED] = "refused",
                                        [PSX_OS_EXEC_UNKNOWN] = "unknown"};
    const char *decided = v->result == PSX_OS_EXEC_ALLOWED ? "allowed"
                          : enforced                       ? "denied"
                                                           : "would be denied";
    m->line.n = 0;
    TRY(psx_buf_byte(&m->line, '{'));
    TRY(psx_text_member(&m->line, "check", PSX_STR("exec")));
    TRY(psx_text_member(&m->line, "what", psx_str_from(what)));
    TRY(psx_text_member(&m->line, "path", path));
    TRY(psx_text_member(&m->line, "result", psx_str_from(words[v->result])));
    if (v->why) TRY(psx_text_member(&m->line, "why", psx_str_from(v->why)));
    TRY(psx_text_member(&m->line, "decided", psx_str_from(decided)));
    return put(m, m->plan.audit_fd);
}

void psx_audit_file(psx_monitor *m, const char *what, psx_str path,
                    const psx_os_exec_verdict *verdict, bool enforced)
{
    if (psx_failed(write_file(m, what, path, verdict, enforced))) m->lost_audit++;
    psx_fail_clear(&m->op);
}

void psx_audit_learnt(psx_monitor *m, const psx_record_entry *entry)
{
    if (psx_failed(write_learnt(m, entry))) m->lost_audit++;
    psx_fail_clear(&m->op);
}

static psx_rc write_box(psx_monitor *m, const psx_record_key *key, psx_str syscall, const char *why)
{
    m->line.n = 0;
    TRY(psx_describe_json(m, key, &m->line));
    TRY(psx_text_member(&m->line, "ring", PSX_STR("box")));
    TRY(psx_text_member(&m->line, "syscall", syscall));
    TRY(psx_text_member(&m->line, "why", psx_str_from(why)));
    TRY(psx_text_member(&m->line, "decided", PSX_STR("denied")));
    return put(m, m->plan.audit_fd);
}

void psx_audit_box(psx_monitor *m, uint32_t id, psx_str syscall, unsigned need, psx_str path,
                   const char *why)
{
    psx_cap cap = need & 2 ? PSX_CAP_FS_WRITE : PSX_CAP_FS_READ;
    psx_record_key key = {.id = id, .cap = cap, .value = path, .port = -1};
    if (m->plan.audit_fd < 0) return;
    if (psx_failed(write_box(m, &key, syscall, why))) m->lost_audit++;
    psx_fail_clear(&m->op);
}

#include "cli/plan.h"

#include "base/buf.h"
#include "cli/files.h"
#include "cli/json.h"

static psx_rc add_string_or_null(psx_buf *b, psx_str s)
{
    return s.p ? psx_cli_json_string(b, s) : psx_buf_text(b, "null");
}

static psx_rc add_key(psx_buf *b, const char *key)
{
    return psx_buf_format(b, ",\n\"%s\":", key);
}

static psx_rc add_member(psx_buf *b, const char *key, psx_str value)
{
    TRY(add_key(b, key));
    return add_string_or_null(b, value);
}

static psx_rc add_bool(psx_buf *b, const char *key, bool value)
{
    TRY(add_key(b, key));
    return psx_buf_text(b, value ? "true" : "false");
}

static psx_rc add_list(psx_buf *b, const char *key, const psx_cli_list *list)
{
    TRY(add_key(b, key));
    TRY(psx_buf_byte(b, '['));
    for (size_t i = 0; i < list->n; i++) {
        if (i) TRY(psx_buf_byte(b, ','));
        TRY(psx_cli_json_string(b, list->v[i]));
    }
    return psx_buf_byte(b, ']');
}

// A path as typed means one under the current directory; anything else is a package, which the
// runtime finds.
static psx_rc add_preload(psx_buf *b, const psx_cli_plan *plan)
{
    psx_cli_list list = {0};
    for (size_t i = 0; i < plan->run->preload.n; i++) {
        psx_str s = plan->run->preload.v[i];
        if (psx_cli_is_path(s)) TRY(psx_cli_join(b->op, plan->cwd, s, &s));
        TRY(psx_cli_list_add(b->op, &list, s));
    }
    return add_list(b, "preload", &list);
}

static psx_rc add_main(psx_buf *b, const psx_cli_plan *plan)
{
    const psx_cli_run *run = plan->run;
    TRY(add_key(b, "main"));
    if (run->main == PSX_CLI_MAIN_FILE) {
        TRY(psx_buf_text(b, "{\"kind\":\"file\",\"path\":"));
        TRY(psx_cli_json_string(b, plan->main));
        psx_str named;
        TRY(psx_cli_join(b->op, plan->cwd, run->script, &named));
        TRY(add_member(b, "named", named));
        return psx_buf_byte(b, '}');
    }
    TRY(psx_buf_format(
        b, "{\"kind\":\"%s\",\"source\":", run->main == PSX_CLI_MAIN_EVAL ? "eval" : "stdin"));
    TRY(psx_cli_json_string(b, plan->source));
    TRY(add_bool(b, "print", run->print));
    TRY(add_bool(b, "dash", run->dash));
    TRY(add_bool(b, "module", psx_str_starts(run->input_type, PSX_STR("module"))));
    TRY(add_member(b, "inputType", run->input_type));
    return psx_buf_byte(b, '}');
}

static psx_rc add_options(psx_buf *b, const psx_cli_run *run)
{
    int limit = run->stack_trace_limit;
    TRY(add_key(b, "options"));
    TRY(psx_buf_format(b, "{\"stackTraceLimit\":%d", limit >= 0 ? limit : 10));
    TRY(add_bool(b, "sourceMaps", run->source_maps));
    TRY(add_bool(b, "warnings", !run->no_warnings));
    TRY(add_member(b, "title", run->title));
    TRY(add_list(b, "conditions", &run->conditions));
    return psx_buf_byte(b, '}');
}

static psx_rc add_policy(psx_buf *b, const psx_cli_plan *plan)
{
    TRY(add_key(b, "policy"));
    if (!plan->policy_text.p) return psx_buf_text(b, "null");
    TRY(psx_buf_text(b, "{\"file\":"));
    TRY(psx_cli_json_string(b, plan->policy_file));
    TRY(add_member(b, "text", plan->policy_text));
    TRY(add_member(b, "signature", plan->signature_file));
    TRY(add_member(b, "integrity", plan->policy_integrity));
    TRY(add_bool(b, "bound", plan->policy_is_bound || plan->signature_file.n));
    return psx_buf_byte(b, '}');
}

static psx_rc add_lock(psx_buf *b, const psx_lockfile *lock)
{
    TRY(add_key(b, "lock"));
    if (!lock) return psx_buf_text(b, "null");
    TRY(psx_buf_format(b, "{\"version\":%u,\"packages\":[", lock->version));
    for (size_t i = 0; i < lock->n; i++) {
        const psx_lockfile_entry *e = &lock->entries[i];
        TRY(psx_buf_text(b, i ? ",\n[" : "\n["));
        TRY(psx_cli_json_string(b, e->location));
        TRY(psx_buf_byte(b, ','));
        TRY(psx_cli_json_string(b, e->name));
        TRY(psx_buf_byte(b, ','));
        TRY(psx_cli_json_string(b, e->version));
        TRY(psx_buf_byte(b, ','));
        TRY(psx_cli_json_string(b, e->integrity));
        TRY(psx_buf_byte(b, ']'));
    }
    return psx_buf_text(b, "]}");
}

static psx_rc add_as(psx_buf *b, const psx_cli_plan *plan)
{
    const psx_cli_as *as = plan->as;
    TRY(add_key(b, "as"));
    if (!as) return psx_buf_text(b, "null");
    TRY(psx_buf_text(b, "{\"dir\":"));
    TRY(psx_cli_json_string(b, as->dir));
    TRY(add_member(b, "location", plan->subject->location));
    TRY(add_member(b, "name", plan->subject->name));
    TRY(add_member(b, "version", plan->subject->version));
    TRY(add_member(b, "cwd", as->told ? as->cwd : plan->cwd));
    TRY(add_member(b, "path", as->told ? as->path : psx_str_from(getenv("PATH"))));
    return psx_buf_byte(b, '}');
}

static psx_rc add_said(psx_op *op, psx_cli_list *list, const char *name, psx_str value)
{
    psx_str option;
    if (!value.n) return PSX_OK;
    TRY(psx_op_format(op, &option, "--%s=%.*s", name, PSX_FMT(value)));
    return psx_cli_list_add(op, list, option);
}

static psx_str box_mode(const psx_cli_plan *plan)
{
    static const char *const names[] = {"required", "best-effort", "off"};
    return psx_str_from(names[plan->box_mode]);
}

// What children of an ambient application are started with: they are runs of their own, and what
// was said for this one would not hold for them. A policy that was named is theirs in these bytes
// or not at all; one that was found they find, or another, by where their script lies.
static psx_rc add_inherit(psx_op *op, psx_buf *b, const psx_cli_plan *plan)
{
    const psx_cli_run *run = plan->run;
    psx_cli_list list = {0};
    bool told = plan->as && plan->as->told && plan->policy_text.p;
    if (told || run->policy.n || run->policy_signature.n || run->policy_integrity.n) {
        TRY(add_said(op, &list, run->policy_as_node ? "experimental-policy" : "policy",
                     plan->policy_file));
        TRY(add_said(op, &list, "policy-signature", plan->signature_file));
        TRY(add_said(op, &list, "policy-integrity", plan->policy_integrity));
    }
    TRY(add_said(op, &list, "trust", plan->trust_file));
    TRY(add_said(op, &list, "audit", plan->audit));
    if (plan->box_mode != PSX_BOX_REQUIRED) TRY(add_said(op, &list, "box", box_mode(plan)));
    TRY(add_said(op, &list, "box-pretend", plan->box_pretend));
    return add_list(b, "inherit", &list);
}

static psx_rc add_box(psx_buf *b, const psx_cli_box *box)
{
    if (!box || !box->active) return psx_buf_text(b, ",\n\"box\":null");
    // What says whether readlink is sealed away: not where real paths could not be found without
    // it.
    bool reads = psx_box_names_paths(&box->spec) || !box->kernel.own_directory;
    TRY(psx_buf_format(b, ",\n\"box\":{\"control\":%d,\"dns\":%d,\"read\":%s,\"spawn\":%s",
                       box->how.control_fd, box->how.dns_port, reads ? "true" : "false",
                       box->spec.spawn != PSX_BOX_NONE ? "true" : "false"));
    TRY(add_member(b, "spawner", box->how.spawner));
    return psx_buf_byte(b, '}');
}

psx_rc psx_cli_plan_write(psx_op *op, const psx_cli_plan *plan, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "{\"plan\":1"));
    TRY(add_member(&b, "project", plan->project));
    TRY(add_member(&b, "cwd", plan->cwd));
    TRY(add_main(&b, plan));
    TRY(add_bool(&b, "check", plan->run->check));
    TRY(add_preload(&b, plan));
    TRY(add_list(&b, "argv", &plan->run->args));
    TRY(add_member(&b, "argv0", plan->argv0));
    TRY(add_member(&b, "execPath", plan->exec_path));
    TRY(add_list(&b, "execArgv", &plan->run->exec_argv));
    TRY(add_options(&b, plan->run));
    TRY(add_policy(&b, plan));
    TRY(add_as(&b, plan));
    TRY(add_member(&b, "mode", plan->learn ? PSX_STR("learn") : PSX_STR("enforce")));
    TRY(add_bool(&b, "quiet", plan->run->quiet));
    TRY(psx_buf_format(&b, ",\n\"auditFd\":%d,\n\"learnFd\":%d", plan->audit_fd, plan->learn_fd));
    TRY(psx_buf_format(&b, ",\n\"pinsFd\":%d", plan->pins_fd));
    TRY(add_box(&b, plan->box));
    TRY(add_member(&b, "boxMode", box_mode(plan)));
    TRY(add_member(&b, "boxPretend", plan->box_pretend));
    TRY(psx_buf_format(&b, ",\n\"codeRules\":{\"restrictFile\":%s,\"denyInteractive\":%s}",
                       plan->code_rules.restrict_file ? "true" : "false",
                       plan->code_rules.deny_interactive ? "true" : "false"));
    TRY(add_member(&b, "audit", plan->audit));
    TRY(add_inherit(op, &b, plan));
    TRY(add_member(&b, "trust", plan->trust_file));
    TRY(add_member(&b, "state", plan->state));
    TRY(add_member(&b, "learnTo", plan->learn_to));
    TRY(add_member(&b, "tmp", plan->tmp));
    TRY(add_member(&b, "home", plan->home));
    TRY(add_lock(&b, plan->lock));
    TRY(add_list(&b, "protected", plan->protect));
    TRY(add_list(&b, "hiddenEnv", &plan->hidden_env));
    TRY(add_member(&b, "cache", plan->cache));
    TRY(psx_buf_text(&b, "}\n"));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

// psx.node: what runtime/ sees of libpsx. The functions are described in docs/design/interfaces.md.
// Nothing here calls back into JavaScript.
#include "addon/args.h"

#include <errno.h>

#include "addon/addon.h"
#include "addon/boxed.h"
#include "addon/commands.h"
#include "addon/entries.h"
#include "addon/moves.h"
#include "addon/report.h"
#include "addon/seal.h"
#include "addon/sockets.h"
#include "box/client.h"
#include "os/beneath.h"
#include "os/code.h"
#include "os/debug.h"
#include "os/memfd.h"

enum { SCRATCH = 64 << 20, REFUSED_MAX = 256 << 10 };

psx_process *psx_process_of(void)
{
    static psx_process one = {.lock = PTHREAD_MUTEX_INITIALIZER};
    return &one;
}

static void hold(psx_args *a)
{
    a->held = &psx_process_of()->lock;
    pthread_mutex_lock(a->held);
}

psx_state *psx_addon_begin_alone(psx_args *a, napi_env env, napi_callback_info info,
                                 const char *name, size_t least)
{
    psx_args_begin(a, env, info, name, least);
    psx_state *s = a->state;
    if (!a->failed && !s->is_open) psx_args_fail(a, "psx.open comes first");
    return a->failed ? NULL : s;
}

psx_state *psx_addon_begin(psx_args *a, napi_env env, napi_callback_info info, const char *name,
                           size_t least)
{
    psx_state *s = psx_addon_begin_alone(a, env, info, name, least);
    hold(a);
    if (s) s->files->thread = s->thread;
    return s;
}

static uint32_t arg_id(psx_args *a, psx_state *s)
{
    return psx_args_uint(a, 0, s ? s->monitor->n : 0);
}

static psx_question arg_question(psx_args *a, psx_state *s)
{
    psx_question q = {.id = arg_id(a, s), .cap = psx_args_uint(a, 1, PSX_CAP_COUNT)};
    q.value = psx_args_str(a, 2);
    q.port = psx_args_int(a, 3);
    return q;
}

// ---- opening ------------------------------------------------------------------------------------

// The pack's name: which program. Its stamp: which engine and which scanner made the content.
static void open_pack(psx_process *all, psx_str engine)
{
    char text[PSX_LEXPATH_MAX + 256];
    const psx_plan *p = &all->monitor.plan;
    psx_str main = p->main.p ? p->main : p->project;
    int n = snprintf(text, sizeof text, "%.*s\n%.*s", PSX_FMT(main), PSX_FMT(engine));
    if (n < 0 || (size_t)n >= sizeof text) return;
    psx_digest name = psx_digest_of((psx_str){text, (size_t)n});
    n = snprintf(text, sizeof text, "%s\n%.*s", PSX_SCAN_STAMP, PSX_FMT(engine));
    if (n < 0 || (size_t)n >= sizeof text) return;
    psx_digest stamp = psx_digest_of((psx_str){text, (size_t)n});
    all->pack = psx_pack_open(p->cache, &name, &stamp);
    if (all->pack && !p->boxed) psx_pack_mark_used(all->pack);
    // Who signed the policy, or told its digest, vouches for the sources that it binds. What V8
    // made of them lies in a file that the user may write, and nobody vouches for that; root could
    // change npsx as well.
    bool vouched = p->bound_policy && psx_vouch_reads(&all->vouch);
    if (all->pack && vouched && geteuid() != 0) psx_pack_without_code(all->pack);
}

// Securebits belong to threads, and a thread has those of the one that started it. The plan has the
// ones that npsx was started with: the stricter counts.
static psx_admit admit_of(psx_process *all)
{
    const psx_plan *p = &all->monitor.plan;
    psx_os_exec_policy rules = psx_os_code_exec_policy();
    rules.restrict_file |= p->restrict_file;
    rules.deny_interactive |= p->deny_interactive;
    return (psx_admit){rules, p->audit_fd >= 0 ? &all->monitor : NULL, &all->lock};
}

// A policy with pins runs nothing without them.
static psx_rc open_vouch(psx_process *all, psx_op *op)
{
    psx_str file, integrity, text;
    const psx_plan *plan = &all->monitor.plan;
    psx_vouch *v = &all->vouch;
    *v = (psx_vouch){.policy = all->monitor.policy};
    v->has_pins = psx_policy_pins(v->policy, &file, &integrity);
    if (!v->has_pins) return PSX_OK;
    if (plan->pins_fd < 0) return psx_fail(op, PSX_E_DIGEST, "the plan has no pins");
    TRY(psx_os_memfd_map(op, plan->pins_fd, &text));
    v->pinned.project = plan->project;
    if (psx_pins_open(text, &v->pinned.pins)) return PSX_OK;
    return psx_fail(op, PSX_E_DIGEST, "the plan has no list of pins");
}

// ICU asks once where /etc/localtime leads, to tell the time zone's name: before it cannot any
// more.
static void learn_time_zone(napi_env env)
{
    napi_value text, result;
    static const char script[] = "new Date().getTimezoneOffset()";
    if (napi_create_string_utf8(env, script, NAPI_AUTO_LENGTH, &text) == napi_ok)
        (void)napi_run_script(env, text, &result);
}

// Without the seal nothing may run: there is no way on from here.
static void seal(napi_env env, const psx_plan *plan)
{
    char why[1024];
    psx_op op;
    psx_op_init(&op, 1 << 16);
    if (plan->boxed && !plan->box_read) learn_time_zone(env);
    if (plan->boxed && psx_failed(psx_seal(&op, plan))) {
        psx_fail_text(&op, why, sizeof why);
        fprintf(stderr, "npsx: %s\n", why);
        _exit(psx_error_exit_npsx(op.fail.code));
    }
    psx_op_fini(&op);
}

static bool open_process(psx_args *a, psx_process *all, int fd, psx_str engine)
{
    char why[1024];
    psx_op op;
    psx_op_init(&op, SCRATCH);
    psx_rc rc = psx_os_memfd_map(&op, fd, &all->plan);
    if (!psx_failed(rc)) {
        rc = psx_monitor_open(&all->monitor, all->plan, getenv("PATH"));
        if (psx_failed(rc)) op.fail = all->monitor.op.fail;
    }
    if (!psx_failed(rc)) rc = open_vouch(all, &op);
    psx_fail_text(&op, why, sizeof why);
    psx_op_fini(&op);
    if (psx_failed(rc)) {
        psx_args_throw(a, why);
        return false;
    }
    seal(a->env, &all->monitor.plan);
    all->vouch.admit = admit_of(all);
    psx_map_init(&all->natives, &all->monitor.op);
    psx_files_init(&all->files, &all->monitor);
    // What V8 compiled in an earlier run is code, and lies in a file that nobody made executable.
    if (!all->vouch.admit.rules.restrict_file) open_pack(all, engine);
    psx_os_debug_signal_ignore();
    all->is_open = true;
    return true;
}

// A further thread joins what the first one opened.
static void join(psx_process *all, psx_state *s, bool bound)
{
    s->monitor = &all->monitor;
    s->files = &all->files;
    psx_sources_init(&s->sources);
    s->sources.pack = all->pack;
    s->sources.vouch = &all->vouch;
    s->sources.real_only = bound || all->monitor.plan.as_dir.n > 0 || all->vouch.has_pins;
    s->is_open = true;
    s->thread = ++all->n_joined;
    all->n_threads++;
}

static napi_value js_open(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_process *all = psx_process_of();
    psx_args_begin(&a, env, info, "open", 1);
    psx_state *s = a.state;
    int fd = psx_args_int(&a, 0);
    psx_str engine = psx_args_has(&a, 1) ? psx_args_str(&a, 1) : PSX_STR("");
    bool bound = psx_args_has(&a, 2) && psx_args_flag(&a, 2);
    if (!a.failed && s->is_open) psx_args_fail(&a, "already open");
    hold(&a);
    if (!a.failed && (all->is_open || open_process(&a, all, fd, engine))) join(all, s, bound);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_str(env, all->plan);
}

static napi_value js_identify(napi_env env, napi_callback_info info)
{
    psx_args a;
    uint32_t id = 0;
    char why[1024];
    psx_state *s = psx_addon_begin(&a, env, info, "identify", 3);
    psx_str dir = psx_args_str(&a, 0), name = psx_args_str(&a, 1), version = psx_args_str(&a, 2);
    if (!a.failed && psx_failed(psx_monitor_identify(s->monitor, dir, name, version, &id))) {
        psx_fail_text(&s->monitor->op, why, sizeof why);
        psx_fail_clear(&s->monitor->op);
        psx_args_throw(&a, why);
    }
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, (int32_t)id);
}

// ---- deciding -----------------------------------------------------------------------------------

static napi_value js_decide(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "decide", 4);
    psx_question q = arg_question(&a, s);
    bool may = !a.failed && psx_monitor_decide(s->monitor, &q).allowed;
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, may);
}

static napi_value js_peek(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "peek", 4);
    psx_question q = arg_question(&a, s);
    bool may = !a.failed && psx_monitor_peek(s->monitor, &q);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, may);
}

static napi_value js_env(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "env", 3);
    uint32_t id = arg_id(&a, s);
    psx_str name = psx_args_str(&a, 1);
    psx_policy_use use = psx_args_uint(&a, 2, PSX_USE_CHILD + 1);
    bool may = !a.failed && psx_monitor_env(s->monitor, id, name, use);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, may);
}

enum { TELL_NOTHING, TELL_TRUTH, TELL_CONSTANT };

static napi_value js_tell(napi_env env, napi_callback_info info)
{
    psx_args a;
    int32_t answer = TELL_NOTHING;
    psx_state *s = psx_addon_begin(&a, env, info, "tell", 3);
    psx_question q = {.id = arg_id(&a, s), .cap = psx_args_uint(&a, 1, PSX_CAP_COUNT), .port = -1};
    bool loading = psx_args_int(&a, 2) > 0;
    if (!a.failed && psx_monitor_decide(s->monitor, &q).allowed) answer = TELL_TRUTH;
    q.use = PSX_USE_LOADING;
    if (!a.failed && !answer && loading && psx_monitor_ask(s->monitor, &q).constant)
        answer = TELL_CONSTANT;
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, answer);
}

static napi_value js_holds(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "holds", 2);
    uint32_t id = arg_id(&a, s);
    psx_cap cap = psx_args_uint(&a, 1, PSX_CAP_COUNT);
    bool holds = !a.failed && psx_monitor_holds(s->monitor, id, cap);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, holds);
}

static napi_value js_reason(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_op op;
    psx_str text = PSX_STR("denied");
    psx_state *s = psx_addon_begin(&a, env, info, "reason", 4);
    psx_question q = arg_question(&a, s);
    psx_op_init(&op, SCRATCH);
    // Without memory for the explanation the short word must do.
    if (!a.failed && psx_failed(psx_monitor_reason(s->monitor, &op, &q, &text)))
        text = PSX_STR("denied");
    napi_value v = a.failed ? NULL : psx_value_str(env, text);
    psx_op_fini(&op);
    psx_args_end(&a);
    return v;
}

static napi_value js_label(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "label", 1);
    uint32_t id = arg_id(&a, s);
    psx_str label = a.failed ? PSX_STR("") : s->monitor->packages[id].label;
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_str(env, label);
}

enum { VALUES_MAX = 512 };

// "*" stands for everything: a grant of `true`, ambient, and learn mode.
static void put_values(napi_env env, napi_value list, psx_monitor *m, uint32_t id, psx_cap cap)
{
    const psx_policy_rule *rules[VALUES_MAX];
    size_t n = psx_policy_rules(m->packages[id].holder, cap, rules, VALUES_MAX);
    if (n > VALUES_MAX) n = VALUES_MAX;
    uint32_t at = 0;
    if (m->packages[id].ambient || (m->plan.learn && !n))
        napi_set_element(env, list, at++, psx_value_str(env, PSX_STR("*")));
    for (size_t i = 0; i < n; i++) {
        psx_str text = rules[i]->kind == PSX_RULE_ALL ? PSX_STR("*") : rules[i]->text;
        napi_set_element(env, list, at++, psx_value_str(env, text));
    }
}

static napi_value js_values(napi_env env, napi_callback_info info)
{
    psx_args a;
    napi_value list = NULL;
    psx_state *s = psx_addon_begin(&a, env, info, "values", 2);
    uint32_t id = arg_id(&a, s);
    psx_cap cap = psx_args_uint(&a, 1, PSX_CAP_COUNT);
    if (!a.failed && napi_create_array(env, &list) == napi_ok)
        put_values(env, list, s->monitor, id, cap);
    psx_args_end(&a);
    return a.failed ? NULL : list;
}

static bool address_ok(psx_monitor *m, uint32_t id, psx_str host, int port, psx_str address)
{
    psx_question q = {id, PSX_CAP_NET_CONNECT, host, {0}, port, PSX_USE_ITSELF};
    psx_policy_verdict v = psx_monitor_ask(m, &q);
    if (m->plan.learn) return true;
    if (!v.allowed) return false;
    if (v.recorded_only || m->packages[id].ambient) return true;
    return psx_policy_address_ok(m->packages[id].holder, v.rule, host, address, port);
}

static napi_value js_address(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "address", 4);
    uint32_t id = arg_id(&a, s);
    psx_str host = psx_args_str(&a, 1);
    int port = psx_args_int(&a, 2);
    psx_str address = psx_args_str(&a, 3);
    bool ok = !a.failed && address_ok(s->monitor, id, host, port, address);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, ok);
}

static napi_value js_command(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_str found = {0};
    psx_command_result r = PSX_COMMAND_DENIED;
    psx_state *s = psx_addon_begin(&a, env, info, "command", 3);
    uint32_t id = arg_id(&a, s);
    psx_str name = psx_args_str(&a, 1);
    psx_str path = !a.failed && psx_args_has(&a, 2) ? psx_args_str(&a, 2) : PSX_STR("");
    if (!a.failed) r = psx_command_find(s->monitor, id, name, path, &found);
    psx_args_end(&a);
    if (a.failed) return NULL;
    if (r == PSX_COMMAND_OK) return psx_value_str(env, found);
    return r == PSX_COMMAND_DENIED ? psx_value_null(env) : psx_value_undefined(env);
}

// For one npsx-spawn: what it orders there, the supervisor starts. -EACCES to who starts nothing.
static napi_value js_channel(napi_env env, napi_callback_info info)
{
    psx_args a;
    int fd = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "channel", 1);
    uint32_t id = arg_id(&a, s);
    if (!a.failed && psx_monitor_holds(s->monitor, id, PSX_CAP_SPAWN)) {
        fd = psx_box_client_channel(s->monitor->plan.box_control);
    }
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, fd);
}

static napi_value js_onerror(napi_env env, napi_callback_info info)
{
    static const char *const words[] = {
        [PSX_ONERROR_THROW] = "throw", [PSX_ONERROR_EXIT] = "exit", [PSX_ONERROR_LOG] = "log"};
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "onerror", 0);
    const char *word = a.failed ? "" : words[psx_policy_onerror(s->monitor->policy)];
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_str(env, psx_str_from(word));
}

// ---- files --------------------------------------------------------------------------------------

static napi_value js_fs_open(napi_env env, napi_callback_info info)
{
    psx_args a;
    int fd = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "fsOpen", 4);
    uint32_t id = arg_id(&a, s);
    psx_str path = psx_args_str(&a, 1);
    int flags = psx_args_int(&a, 2), mode = psx_args_int(&a, 3);
    if (!a.failed) fd = psx_files_open(s->files, id, path, flags, (mode_t)mode);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, fd);
}

static napi_value js_fs_at(napi_env env, napi_callback_info info)
{
    psx_args a;
    int fd = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "fsAt", 4);
    uint32_t id = arg_id(&a, s);
    psx_str path = psx_args_str(&a, 1);
    psx_files_need need = psx_args_uint(&a, 2, PSX_NEED_BOTH + 1);
    psx_files_how how = psx_args_uint(&a, 3, PSX_AT_DIR_ENTRY + 1);
    if (!a.failed && !need) psx_args_fail(&a, "nothing is needed");
    if (!a.failed) fd = psx_files_at(s->files, id, path, need, how);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, fd);
}

static napi_value js_fs_moves(napi_env env, napi_callback_info info)
{
    psx_args a;
    unsigned need = 0;
    psx_state *s = psx_addon_begin(&a, env, info, "fsMoves", 3);
    uint32_t id = arg_id(&a, s);
    psx_str from = psx_args_str(&a, 1), to = psx_args_str(&a, 2);
    if (!a.failed) need = psx_moves_need(s->files, id, from, to);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, (int)need);
}

// What the kernel refused, in a box: the supervisor may do it.
static napi_value js_fs_unlink(napi_env env, napi_callback_info info)
{
    psx_args a;
    int e = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "fsUnlink", 2);
    uint32_t id = arg_id(&a, s);
    psx_str path = psx_args_str(&a, 1);
    if (!a.failed) e = psx_entries_unlink(s->files, id, path);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, e);
}

static napi_value js_fs_mkdir(napi_env env, napi_callback_info info)
{
    psx_args a;
    int e = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "fsMkdir", 3);
    uint32_t id = arg_id(&a, s);
    psx_str path = psx_args_str(&a, 1);
    int mode = psx_args_int(&a, 2);
    if (!a.failed) e = psx_entries_mkdir(s->files, id, path, (mode_t)mode & 07777);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, e);
}

static napi_value js_fs_rmdir(napi_env env, napi_callback_info info)
{
    psx_args a;
    int e = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "fsRmdir", 2);
    uint32_t id = arg_id(&a, s);
    psx_str path = psx_args_str(&a, 1);
    if (!a.failed) e = psx_entries_rmdir(s->files, id, path);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, e);
}

static napi_value js_fs_rename(napi_env env, napi_callback_info info)
{
    psx_args a;
    int e = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "fsRename", 3);
    uint32_t id = arg_id(&a, s);
    psx_str from = psx_args_str(&a, 1), to = psx_args_str(&a, 2);
    if (!a.failed) e = psx_entries_rename(s->files, id, from, to);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, e);
}

// Why the kernel refused what the policy allows, when it was the box.
static napi_value js_fs_boxed(napi_env env, napi_callback_info info)
{
    psx_args a;
    const char *why = NULL;
    psx_state *s = psx_addon_begin(&a, env, info, "fsBoxed", 5);
    psx_boxed_call c = {.id = arg_id(&a, s), .path = psx_args_str(&a, 1)};
    c.need = psx_args_uint(&a, 2, PSX_NEED_BOTH + 1);
    c.entry = psx_args_uint(&a, 3, 2) == 1;
    c.syscall = psx_args_str(&a, 4);
    if (!a.failed) why = psx_boxed_why(s->files, &c);
    psx_args_end(&a);
    if (a.failed) return NULL;
    return why ? psx_value_str(env, psx_str_from(why)) : psx_value_undefined(env);
}

static napi_value js_socket_at(napi_env env, napi_callback_info info)
{
    psx_args a;
    int fd = -EACCES;
    psx_state *s = psx_addon_begin(&a, env, info, "socketAt", 3);
    uint32_t id = arg_id(&a, s);
    psx_cap cap = psx_args_uint(&a, 1, PSX_CAP_COUNT);
    psx_str path = psx_args_str(&a, 2);
    if (!a.failed) fd = psx_sockets_open(s->files, id, cap, path);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, fd);
}

static napi_value js_fs_owns(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "fsOwns", 2);
    uint32_t id = arg_id(&a, s);
    int fd = psx_args_int(&a, 1);
    bool owns = !a.failed && psx_files_owns(s->files, id, fd);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, owns);
}

static napi_value js_fs_close(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "fsClose", 1);
    int fd = psx_args_int(&a, 0);
    int e = a.failed ? 0 : psx_files_close(s->files, fd);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, e);
}

static napi_value js_fs_forget(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "fsForget", 1);
    int fd = psx_args_int(&a, 0);
    bool known = !a.failed && psx_files_forget(s->files, fd);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, known);
}

// ---- databases ----------------------------------------------------------------------------------

// how: 1 the application's, 2 the real clock, 4 more than one database
static napi_value js_sqlite_vfs(napi_env env, napi_callback_info info)
{
    psx_args a;
    const char *name = NULL;
    psx_state *s = psx_addon_begin(&a, env, info, "sqliteVfs", 2);
    uint32_t id = arg_id(&a, s), how = psx_args_uint(&a, 1, 8);
    psx_sqlite_rights rights = {
        .id = id, .free = how & 1, .clock = (how & 2) != 0, .others = (how & 4) != 0};
    if (!a.failed && rights.free && !s->monitor->packages[id].ambient)
        psx_args_fail(&a, "not the application");
    if (!a.failed) name = psx_sqlite_vfs(&s->sqlite, s->files, &psx_process_of()->lock, &rights);
    psx_args_end(&a);
    if (a.failed) return NULL;
    return name ? psx_value_str(env, psx_str_from(name)) : psx_value_null(env);
}

static napi_value js_sqlite_opening(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "sqliteOpening", 1);
    bool on = psx_args_uint(&a, 0, 2) == 1;
    if (!a.failed) psx_sqlite_opening(s->sqlite, on);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_undefined(env);
}

// ---- the end ------------------------------------------------------------------------------------

// What the box refused, from its supervisor: told in one piece with the denials.
static psx_str ask_refused(psx_monitor *m)
{
    char *p = m->plan.box_control >= 0 && !m->plan.quiet ? psx_op_alloc(&m->op, REFUSED_MAX) : NULL;
    size_t n = 0;
    psx_fail_clear(&m->op);
    while (p && n < REFUSED_MAX) {
        int more = psx_box_client_refused(m->plan.box_control, p + n, REFUSED_MAX - n);
        if (more <= 0) break;
        n += (size_t)more;
    }
    return (psx_str){p, n};
}

static void print_summary(psx_monitor *m)
{
    const char *no = getenv("NO_COLOR");
    bool colours = isatty(STDERR_FILENO) && !(no && *no);
    psx_str refused = ask_refused(m);
    m->line.n = 0;
    if (psx_failed(psx_report_summary(m, refused, colours, &m->line))) psx_fail_clear(&m->op);
    if (m->line.n) (void)psx_os_write_whole(STDERR_FILENO, m->line.p, m->line.n, 1000);
}

void psx_addon_finish(psx_process *all)
{
    if (all->is_finished) return;
    all->is_finished = true;
    print_summary(&all->monitor);
    // A cache that cannot be written costs the next start some time, nothing else.
    if (all->pack) (void)psx_pack_write(all->pack);
}

static napi_value js_finish(napi_env env, napi_callback_info info)
{
    psx_args a;
    (void)psx_addon_begin(&a, env, info, "finish", 0);
    if (!a.failed) psx_addon_finish(psx_process_of());
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_undefined(env);
}

// The end of the process from any thread: a worker's own exit would end the worker alone.
static napi_value js_end(napi_env env, napi_callback_info info)
{
    psx_args a;
    (void)psx_addon_begin(&a, env, info, "end", 1);
    int status = psx_args_int(&a, 0);
    if (!a.failed) {
        psx_addon_finish(psx_process_of());
        _exit(status);
    }
    psx_args_end(&a);
    return NULL;
}

// The stack says "TypeError [ERR_...]: ...", as of Node's own errors.
static void name_stack(napi_env env, napi_value error, const char *name, const char *code)
{
    psx_op op;
    napi_value stack;
    psx_str text;
    size_t n = 0, skip = strlen(name);
    psx_op_init(&op, 1 << 20);
    bool ok = napi_get_named_property(env, error, "stack", &stack) == napi_ok &&
              napi_get_value_string_utf8(env, stack, NULL, 0, &n) == napi_ok && n > skip;
    char *p = ok ? psx_op_alloc(&op, n + 1) : NULL;
    if (p && napi_get_value_string_utf8(env, stack, p, n + 1, &n) == napi_ok &&
        !psx_failed(psx_op_format(&op, &text, "%s [%s]%s", name, code, p + skip)))
        napi_set_named_property(env, error, "stack", psx_value_str(env, text));
    psx_op_fini(&op);
}

static void throw_as_node(napi_env env, const char *name, const psx_refusal *why)
{
    napi_value error = NULL, code = psx_value_str(env, psx_str_from(why->code));
    napi_value text = psx_value_str(env, psx_str_from(why->why));
    if (strcmp(name, "TypeError") == 0) {
        napi_create_type_error(env, code, text, &error);
    } else if (strcmp(name, "SyntaxError") == 0) {
        node_api_create_syntax_error(env, code, text, &error);
    } else {
        napi_create_error(env, code, text, &error);
    }
    if (!error) return;
    bool as_node = why->name && strcmp(why->code, "ERR_INVALID_URL") != 0;
    if (as_node) name_stack(env, error, name, why->code);
    napi_throw(env, error);
}

void psx_addon_refuse(psx_args *a, const psx_refusal *why)
{
    const char *name = why->name ? why->name : "Error";
    if (a->failed) return;
    a->failed = true;
    if (why->exits) {
        fprintf(stderr, "%s [%s]: %s\n", name, why->code, why->why);
        pthread_mutex_lock(&psx_process_of()->lock);
        psx_addon_finish(psx_process_of());
        _exit(1);
    }
    throw_as_node(a->env, name, why);
}

// ---- registration -------------------------------------------------------------------------------

static const psx_addon_function functions[] = {
    {"open", js_open},
    {"identify", js_identify},
    {"decide", js_decide},
    {"peek", js_peek},
    {"holds", js_holds},
    {"env", js_env},
    {"tell", js_tell},
    {"values", js_values},
    {"reason", js_reason},
    {"label", js_label},
    {"address", js_address},
    {"command", js_command},
    {"channel", js_channel},
    {"onerror", js_onerror},
    {"fsOpen", js_fs_open},
    {"fsAt", js_fs_at},
    {"fsOwns", js_fs_owns},
    {"fsClose", js_fs_close},
    {"fsForget", js_fs_forget},
    {"fsMoves", js_fs_moves},
    {"fsUnlink", js_fs_unlink},
    {"fsRename", js_fs_rename},
    {"fsMkdir", js_fs_mkdir},
    {"fsRmdir", js_fs_rmdir},
    {"fsBoxed", js_fs_boxed},
    {"socketAt", js_socket_at},
    {"sqliteVfs", js_sqlite_vfs},
    {"sqliteOpening", js_sqlite_opening},
    {"finish", js_finish},
    {"end", js_end},
    {NULL, NULL},
};

static void add_functions(napi_env env, napi_value exports, const psx_addon_function *f)
{
    for (; f->name; f++) {
        napi_property_descriptor d = {
            .utf8name = f->name, .method = f->call, .attributes = napi_enumerable};
        napi_define_properties(env, exports, 1, &d);
    }
}

static void add_caps(napi_env env, napi_value exports)
{
    napi_value caps;
    if (napi_create_object(env, &caps) != napi_ok) return;
    for (psx_cap c = 0; c < PSX_CAP_COUNT; c++) {
        napi_set_named_property(env, caps, psx_cap_name(c), psx_value_int(env, (int32_t)c));
    }
    napi_object_freeze(env, caps);
    napi_set_named_property(env, exports, "cap", caps);
}

// The thread is over: what it opened and nobody closed goes with it.
static void leave(psx_state *s)
{
    psx_process *all = psx_process_of();
    psx_sources_fini(&s->sources);
    pthread_mutex_lock(&all->lock);
    if (--all->n_threads > 0) {
        psx_files_leave(&all->files, s->thread);
    } else {
        psx_files_fini(&all->files);
        psx_pack_close(all->pack);
        psx_monitor_close(&all->monitor);
        all->pack = NULL;
        all->is_open = all->is_finished = false;
    }
    pthread_mutex_unlock(&all->lock);
}

static void destroy(napi_env env, void *data, void *hint)
{
    (void)env, (void)hint;
    psx_state *s = data;
    psx_sqlite_fini(s->sqlite);
    if (s->is_open) leave(s);
    free(s);
}

// NAPI_MODULE_INIT defines it without declaring it.
NAPI_MODULE_EXPORT int32_t NODE_API_MODULE_GET_API_VERSION(void);

NAPI_MODULE_INIT()
{
    psx_state *s = calloc(1, sizeof *s);
    if (!s || napi_set_instance_data(env, s, destroy, NULL) != napi_ok) {
        free(s);
        napi_throw_error(env, NULL, "psx.node: out of memory");
        return NULL;
    }
    add_functions(env, exports, functions);
    add_functions(env, exports, psx_addon_loader_functions);
    add_functions(env, exports, psx_addon_manifest_functions);
    add_functions(env, exports, psx_addon_regexp_functions);
    add_caps(env, exports);
    return exports;
}

#include "addon/monitor.h"
#include "addon/audit.h"
#include "addon/lexpath.h"
#include "os/beneath.h"

enum { MONITOR_BYTES = 1 << 30, PACKAGES_MAX = 1 << 20 };

// ---- opening ------------------------------------------------------------------------------------

static psx_rc load_policy(psx_monitor *m)
{
    const psx_plan *p = &m->plan;
    psx_policy_dirs dirs = {p->project, p->tmp, p->home, p->policy_cwd};
    if (p->has_policy) {
        TRY(psx_policy_parse(&m->op, p->policy_text, p->policy_file, &m->policy));
    } else {
        TRY(psx_policy_default(&m->op, &m->policy));
    }
    TRY(psx_policy_resolve(&m->op, m->policy, &dirs));
    for (size_t i = 0; i < p->n_protect; i++) {
        TRY(psx_policy_protect(&m->op, m->policy, p->protect[i]));
    }
    return PSX_OK;
}

static psx_rc find_real_protect(psx_monitor *m)
{
    char real[PSX_LEXPATH_MAX];
    m->real_protect = PSX_ARRAY(&m->op, psx_str, m->plan.n_protect);
    if (!m->real_protect) return psx_fail_nomem(&m->op);
    for (size_t i = 0; i < m->plan.n_protect; i++) {
        psx_str path = m->plan.protect[i];
        int n = psx_os_realpath(path.p, real, sizeof real);
        if (n > 0) TRY(psx_op_copy(&m->op, (psx_str){real, (size_t)n}, &path));
        m->real_protect[i] = path; // one that does not exist has no other name
    }
    return PSX_OK;
}

static psx_rc add_package(psx_monitor *m, const psx_policy_subject *s, uint32_t *id)
{
    if (m->n >= PACKAGES_MAX) return psx_fail(&m->op, PSX_E_CEILING, "too many packages");
    if (m->n == m->cap) {
        uint32_t cap = m->cap ? m->cap * 2 : 64;
        psx_package *more = PSX_ARRAY(&m->op, psx_package, cap);
        if (!more) return psx_fail_nomem(&m->op);
        if (m->n) memcpy(more, m->packages, m->n * sizeof *more);
        m->packages = more;
        m->cap = cap;
    }
    psx_package p = {0};
    TRY(psx_policy_bind(&m->op, m->policy, s, &p.holder));
    p.ambient = psx_policy_holds(p.holder, PSX_CAP_AMBIENT);
    psx_map_init(&p.commands, &m->op);
    if (s->location.n == 0) {
        p.label = PSX_STR("app");
    } else {
        const char *at = s->version.n ? "@" : "";
        TRY(psx_op_format(&m->op, &p.label, "%.*s%s%.*s", PSX_FMT(s->name), at,
                          PSX_FMT(s->version)));
    }
    *id = m->n;
    m->packages[m->n++] = p;
    return PSX_OK;
}

// A directory outside the project is known by its absolute path, which no lockfile lists.
static psx_str location_of(const psx_monitor *m, psx_str dir)
{
    bool inside = psx_lexpath_within(dir, m->plan.project);
    return inside ? psx_lexpath_rest(dir, m->plan.project) : dir;
}

static psx_rc copy_subject(psx_op *op, psx_policy_subject *s)
{
    TRY(psx_op_copy(op, s->name, &s->name));
    TRY(psx_op_copy(op, s->version, &s->version));
    TRY(psx_op_copy(op, s->location, &s->location));
    return psx_op_copy(op, s->dir, &s->dir);
}

static psx_rc subject_of(psx_monitor *m, psx_str dir, psx_str name, psx_str version,
                         psx_policy_subject *out)
{
    psx_policy_subject s = {name, version, location_of(m, dir), dir, {0}, !m->plan.has_lock};
    const psx_plan_package *locked =
        m->plan.has_lock ? psx_map_get(&m->plan.lock, s.location) : NULL;
    if (locked) {
        // The lockfile says who lies there; the package.json could say anything.
        s.listed = true;
        if (locked->name.n) s.name = locked->name;
        if (locked->version.n) s.version = locked->version;
        s.integrity = locked->integrity;
    }
    if (s.name.n == 0) s.name = s.location;
    *out = s;
    return copy_subject(&m->op, out);
}

// Id 0: the application; or the confined package that started this run.
static psx_rc add_first(psx_monitor *m)
{
    uint32_t id;
    const psx_plan *p = &m->plan;
    psx_policy_subject s = {.name = PSX_STR("app"), .dir = p->project, .listed = true};
    if (p->as_dir.n && !psx_str_eq(p->as_dir, p->project)) {
        TRY(subject_of(m, p->as_dir, p->as_name, p->as_version, &s));
        TRY(psx_map_put(&m->by_dir, s.dir, (void *)(uintptr_t)1));
    }
    TRY(add_package(m, &s, &id));
    return psx_map_put(&m->by_dir, m->plan.project, (void *)(uintptr_t)1);
}

psx_rc psx_monitor_open(psx_monitor *m, psx_str plan_text, const char *path_env)
{
    *m = (psx_monitor){0};
    psx_op_init(&m->op, MONITOR_BYTES);
    psx_record_init(&m->record);
    psx_buf_init(&m->line, &m->op);
    psx_map_init(&m->by_dir, &m->op);
    TRY(psx_plan_parse(&m->op, plan_text, &m->plan));
    TRY(psx_op_copy(&m->op, m->plan.as_path.p ? m->plan.as_path : psx_str_from(path_env),
                    &m->path_env));
    TRY(load_policy(m));
    TRY(find_real_protect(m));
    return add_first(m);
}

void psx_monitor_close(psx_monitor *m)
{
    psx_record_fini(&m->record);
    psx_op_fini(&m->op);
}

// ---- packages -----------------------------------------------------------------------------------

static psx_rc identify_new(psx_monitor *m, psx_str dir, psx_str name, psx_str version, uint32_t *id)
{
    psx_policy_subject s;
    TRY(subject_of(m, dir, name, version, &s));
    TRY(add_package(m, &s, id));
    return psx_map_put(&m->by_dir, s.dir, (void *)(uintptr_t)(*id + 1));
}

psx_rc psx_monitor_identify(psx_monitor *m, psx_str dir, psx_str name, psx_str version,
                            uint32_t *id)
{
    psx_lexpath p;
    if (!dir.n || dir.p[0] != '/' || psx_lexpath_resolve(PSX_STR("/"), dir, &p) != PSX_LEXPATH_OK)
        return psx_fail(&m->op, PSX_E_VALUE, "a package directory is not an absolute path");
    uintptr_t known = (uintptr_t)psx_map_get(&m->by_dir, psx_lexpath_str(&p));
    if (known) {
        *id = (uint32_t)(known - 1);
        return PSX_OK;
    }
    return identify_new(m, psx_lexpath_str(&p), name, version, id);
}

// ---- deciding -----------------------------------------------------------------------------------

// Where a path begins in a value of this capability; the length of the value when it holds none.
static size_t path_at(const psx_question *q)
{
    bool is_net = q->cap == PSX_CAP_NET_CONNECT || q->cap == PSX_CAP_NET_LISTEN;
    if (q->cap == PSX_CAP_FS_READ || q->cap == PSX_CAP_FS_WRITE) return 0;
    return is_net && psx_str_starts(q->value, PSX_STR("unix:/")) ? 5 : q->value.n;
}

static bool is_tidy(const psx_question *q)
{
    size_t at = path_at(q);
    if (at > 0 && at == q->value.n) return true; // holds no path
    bool is_fs = q->cap == PSX_CAP_FS_READ || q->cap == PSX_CAP_FS_WRITE;
    if (q->value.n == 0) return !is_fs;
    return psx_lexpath_is_tidy(psx_str_slice(q->value, at, q->value.n));
}

// A path value in its one form. False: it has none, and is denied as it stands.
static bool make_tidy(const psx_monitor *m, psx_question *q, psx_lexpath *p)
{
    if (is_tidy(q)) return true;
    size_t at = path_at(q);
    psx_str path = psx_str_slice(q->value, at, q->value.n);
    if (psx_lexpath_resolve(m->plan.cwd, path, p) != PSX_LEXPATH_OK) return false;
    if (at + p->n >= sizeof p->p) return false;
    memmove(p->p + at, p->p, p->n + 1);
    memcpy(p->p, q->value.p, at);
    q->value = (psx_str){p->p, p->n + at};
    return true;
}

static psx_policy_verdict ask(const psx_monitor *m, const psx_question *q)
{
    psx_policy_request r = {.cap = q->cap, .value = q->value, .asked = q->asked, .port = q->port};
    r.is_main = q->id == 0;
    r.use = q->use;
    return psx_policy_decide(m->policy, m->packages[q->id].holder, &r);
}

static psx_record_key key_of(const psx_question *q)
{
    return (psx_record_key){q->id, q->cap, q->value, q->asked, q->port};
}

static psx_policy_verdict verdict_of(const psx_record_entry *e)
{
    return (psx_policy_verdict){
        .allowed = e->allowed, .recorded_only = e->allowed && !e->by_policy, .rule = e->rule};
}

// The decision on a value in its one form (or, not `usable`, on one that has none).
static psx_policy_verdict decide(psx_monitor *m, const psx_question *q, bool usable)
{
    psx_record_key key = key_of(q);
    psx_policy_verdict v = {0};
    psx_record_entry *e = psx_record_find(&m->record, &key);
    bool is_new = false;
    if (e) {
        v = verdict_of(e);
    } else {
        if (usable) v = ask(m, q);
        e = psx_record_add(&m->record, &key, &v);
        is_new = e != NULL;
    }
    // Each start is told: npsx learn looks for who started what (src/box/watch_who.c).
    if (m->plan.learn && m->plan.learn_fd >= 0 && e && (is_new || q->cap == PSX_CAP_SPAWN))
        psx_audit_learnt(m, e);
    if (e && e->count < UINT32_MAX) e->count++;
    if (!v.allowed || v.recorded_only) m->record.denials++;
    if (m->plan.audit_fd >= 0) psx_audit_line(m, &key, &v);
    if (m->plan.learn) v.allowed = true;
    return v;
}

// Apart, so that the common case does not clear four kilobytes of stack.
__attribute__((noinline)) static psx_policy_verdict decide_untidy(psx_monitor *m, psx_question q)
{
    psx_lexpath p;
    bool usable = make_tidy(m, &q, &p);
    return decide(m, &q, usable);
}

psx_policy_verdict psx_monitor_decide(psx_monitor *m, const psx_question *q)
{
    if (q->id >= m->n) return (psx_policy_verdict){0};
    return is_tidy(q) ? decide(m, q, true) : decide_untidy(m, *q);
}

static psx_policy_verdict ask_tidy(psx_monitor *m, const psx_question *q)
{
    psx_record_key key = key_of(q);
    const psx_record_entry *known = q->use ? NULL : psx_record_find(&m->record, &key);
    return known ? verdict_of(known) : ask(m, q);
}

__attribute__((noinline)) static psx_policy_verdict ask_untidy(psx_monitor *m, psx_question q)
{
    psx_lexpath p;
    return make_tidy(m, &q, &p) ? ask_tidy(m, &q) : (psx_policy_verdict){0};
}

psx_policy_verdict psx_monitor_ask(psx_monitor *m, const psx_question *q)
{
    if (q->id >= m->n) return (psx_policy_verdict){0};
    return is_tidy(q) ? ask_tidy(m, q) : ask_untidy(m, *q);
}

bool psx_monitor_peek(psx_monitor *m, const psx_question *q)
{
    return psx_monitor_ask(m, q).allowed || (m->plan.learn && q->id < m->n);
}

bool psx_monitor_env(psx_monitor *m, uint32_t id, psx_str name, psx_policy_use use)
{
    psx_question q = {.id = id, .cap = PSX_CAP_ENV, .value = name, .port = -1, .use = use};
    if (psx_monitor_ask(m, &q).allowed) return true;
    return m->plan.learn && id < m->n && !psx_policy_steers(name, use, id == 0);
}

bool psx_monitor_holds(psx_monitor *m, uint32_t id, psx_cap cap)
{
    return id < m->n && (m->plan.learn || psx_policy_holds(m->packages[id].holder, cap));
}

static psx_rc because(psx_buf *b, const psx_policy_rule *rule)
{
    if (!rule) return psx_buf_text(b, "no grant");
    return psx_buf_format(b, "denied by rule \"%.*s\" under key \"%.*s\"", PSX_FMT(rule->text),
                          PSX_FMT(rule->key));
}

psx_rc psx_monitor_reason(psx_monitor *m, psx_op *op, const psx_question *q, psx_str *out)
{
    psx_question t = *q;
    psx_lexpath p;
    psx_buf b;
    psx_buf_init(&b, op);
    if (q->id >= m->n) return psx_fail(op, PSX_E_INTERNAL, "no such package");
    bool usable = make_tidy(m, &t, &p);
    const psx_package *pkg = &m->packages[q->id];
    psx_policy_request r = {.cap = t.cap, .value = t.value, .asked = t.asked, .port = t.port};
    psx_str fix, shown = t.asked.n ? t.asked : t.value;
    TRY(psx_buf_format(&b, "%.*s may not %s", PSX_FMT(pkg->label), psx_cap_name(t.cap)));
    if (shown.n) TRY(psx_buf_format(&b, " %.*s", PSX_FMT(shown)));
    if (t.port >= 0) TRY(psx_buf_format(&b, ":%d", t.port));
    TRY(psx_buf_text(&b, ": "));
    TRY(because(&b, usable ? ask(m, &t).rule : NULL));
    if (!psx_failed(psx_policy_fix(op, pkg->holder, &r, &fix))) {
        TRY(psx_buf_text(&b, "; to allow: "));
        TRY(psx_buf_add(&b, fix));
    }
    psx_fail_clear(op);
    *out = psx_buf_str(&b);
    return PSX_OK;
}

// ---- protected paths ----------------------------------------------------------------------------

bool psx_monitor_is_protected(const psx_monitor *m, psx_str real)
{
    if (psx_policy_is_name(real)) return true;
    for (size_t i = 0; i < m->plan.n_protect; i++) {
        if (psx_lexpath_within(real, m->real_protect[i]) ||
            psx_lexpath_within(m->real_protect[i], real))
            return true;
    }
    return false;
}

bool psx_monitor_has_protected(const psx_monitor *m, psx_str real_dir)
{
    for (size_t i = 0; i < m->plan.n_protect; i++) {
        if (psx_lexpath_within(m->real_protect[i], real_dir)) return true;
    }
    return false;
}

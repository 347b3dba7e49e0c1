#include "addon/boxed.h"

#include <fcntl.h>

#include "addon/audit.h"
#include "addon/lexpath.h"

static bool allows(psx_files *f, const psx_boxed_call *c, psx_cap cap, psx_str path,
                   const psx_policy_rule **rule)
{
    psx_question q = {.id = c->id, .cap = cap, .value = path, .port = -1};
    psx_policy_verdict v = psx_monitor_ask(f->m, &q);
    if (v.rule && v.rule->kind == PSX_RULE_FILE) *rule = v.rule;
    return v.allowed;
}

// What the file system itself says; the box does not touch this question.
static bool modes_allow(const psx_boxed_call *c, const psx_lexpath *p)
{
    char dir[PSX_LEXPATH_MAX];
    int how = (c->need & PSX_NEED_READ ? R_OK : 0) | (c->need & PSX_NEED_WRITE ? W_OK : 0);
    if (!c->entry && access(p->p, F_OK) == 0) return access(p->p, how) == 0;
    psx_str parent = psx_lexpath_parent(psx_lexpath_str(p));
    memcpy(dir, parent.p, parent.n);
    dir[parent.n] = '\0';
    return access(dir, W_OK | X_OK) == 0;
}

static bool is_hidden(const psx_monitor *m, psx_str path)
{
    psx_str project = m->plan.project;
    if (!psx_lexpath_within(path, project) || path.n <= project.n) return false;
    return psx_lexpath_rest(path, project).p[0] == '.';
}

const char *psx_boxed_why(psx_files *f, const psx_boxed_call *c)
{
    psx_lexpath p;
    const psx_policy_rule *file = NULL;
    if (!f->m->plan.boxed || c->id >= f->m->n) return NULL;
    if (psx_lexpath_resolve(f->m->plan.cwd, c->path, &p) != PSX_LEXPATH_OK) return NULL;
    psx_str path = psx_lexpath_str(&p);
    if (c->need & PSX_NEED_READ && !allows(f, c, PSX_CAP_FS_READ, path, &file)) return NULL;
    if (c->need & PSX_NEED_WRITE && !allows(f, c, PSX_CAP_FS_WRITE, path, &file)) return NULL;
    if (!modes_allow(c, &p)) return NULL;
    const char *why = "it was made, or replaced, after the box was";
    if (is_hidden(f->m, path) && c->need == PSX_NEED_READ)
        why = "hidden entries of a project are granted by their own names";
    else if (file && c->entry)
        why = "a file that is granted by itself can be opened, removed and renamed, nothing else: "
              "grant its directory";
    else if (c->need & PSX_NEED_WRITE)
        why = "it was made after the box was, or is none of what the supervisor does in its place";
    psx_audit_box(f->m, c->id, c->syscall, c->need, path, why);
    return why;
}

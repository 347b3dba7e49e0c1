#include "addon/plan.h"
#include "addon/lexpath.h"
#include "formats/json.h"

typedef struct {
    psx_op *op;
    const psx_json_doc *doc;
} reader;

static psx_rc bad(reader *r, const psx_json *at, const char *what)
{
    return psx_json_fail(r->op, r->doc, at ? at->at : 0, PSX_E_TYPE, "the plan: %s", what);
}

static bool is_null(const psx_json *v)
{
    return !v || v->kind == PSX_JSON_NULL;
}

// Absolute and collapsed: everything later compares paths by their text.
static psx_rc read_path(reader *r, const psx_json *v, bool required, psx_str *out)
{
    psx_lexpath p;
    *out = (psx_str){0};
    if (is_null(v) && !required) return PSX_OK;
    if (is_null(v) || v->kind != PSX_JSON_STRING) return bad(r, v, "a path is missing");
    if (v->string.n == 0 || v->string.p[0] != '/') return bad(r, v, "a path is not absolute");
    if (psx_lexpath_resolve(PSX_STR("/"), v->string, &p) != PSX_LEXPATH_OK)
        return bad(r, v, "a path is wrong");
    return psx_op_copy(r->op, psx_lexpath_str(&p), out);
}

static psx_rc read_fd(reader *r, const psx_json *v, int *out)
{
    *out = -1;
    if (is_null(v)) return PSX_OK;
    if (v->kind != PSX_JSON_NUMBER) return bad(r, v, "a descriptor is not a number");
    if (!(v->number >= -1 && v->number < 1 << 20) || v->number != (int)v->number)
        return bad(r, v, "a descriptor is out of range");
    *out = (int)v->number;
    return PSX_OK;
}

static psx_str item_str(const psx_json *row, uint32_t i)
{
    bool there = i < row->n && row->items[i].kind == PSX_JSON_STRING;
    return there ? row->items[i].string : (psx_str){0};
}

static psx_rc read_lock(reader *r, const psx_json *lock, psx_plan *plan)
{
    psx_map_init(&plan->lock, r->op);
    plan->has_lock = !is_null(lock);
    if (!plan->has_lock) return PSX_OK;
    const psx_json *rows = psx_json_get(lock, PSX_STR("packages"));
    if (!rows || rows->kind != PSX_JSON_ARRAY) return bad(r, lock, "the lock has no packages");
    for (uint32_t i = 0; i < rows->n; i++) {
        const psx_json *row = &rows->items[i];
        if (row->kind != PSX_JSON_ARRAY || !item_str(row, 0).n)
            return bad(r, row, "a lock row is wrong");
        psx_plan_package *p = PSX_NEW(r->op, psx_plan_package);
        if (!p) return psx_fail_nomem(r->op);
        *p = (psx_plan_package){item_str(row, 1), item_str(row, 2), item_str(row, 3)};
        TRY(psx_map_put(&plan->lock, item_str(row, 0), p));
    }
    return PSX_OK;
}

static psx_rc read_protect(reader *r, const psx_json *list, psx_plan *plan)
{
    if (is_null(list)) return PSX_OK;
    if (list->kind != PSX_JSON_ARRAY) return bad(r, list, "protected is not a list");
    plan->protect = PSX_ARRAY(r->op, psx_str, list->n);
    if (!plan->protect) return psx_fail_nomem(r->op);
    for (uint32_t i = 0; i < list->n; i++) {
        TRY(read_path(r, &list->items[i], true, &plan->protect[plan->n_protect]));
        plan->n_protect++;
    }
    return PSX_OK;
}

static psx_rc read_policy(reader *r, const psx_json *policy, psx_plan *plan)
{
    plan->has_policy = !is_null(policy);
    if (!plan->has_policy) return PSX_OK;
    const psx_json *text = psx_json_get(policy, PSX_STR("text"));
    if (is_null(text) || text->kind != PSX_JSON_STRING) return bad(r, policy, "no policy text");
    plan->policy_text = text->string;
    plan->policy_file = psx_json_get_str(policy, PSX_STR("file"));
    plan->bound_policy = psx_json_get_bool(policy, PSX_STR("bound"));
    return PSX_OK;
}

// A plan that does not say plainly how to run is refused: neither mode is a default.
static psx_rc read_mode(reader *r, const psx_json *root, psx_plan *plan)
{
    psx_str mode = psx_json_get_str(root, PSX_STR("mode"));
    plan->learn = psx_str_is(mode, "learn");
    plan->quiet = psx_json_get_bool(root, PSX_STR("quiet"));
    return plan->learn || psx_str_is(mode, "enforce") ? PSX_OK : bad(r, root, "no mode");
}

static psx_rc read_as(reader *r, const psx_json *as, psx_plan *plan)
{
    plan->policy_cwd = plan->cwd;
    if (is_null(as)) return PSX_OK;
    if (as->kind != PSX_JSON_OBJECT) return bad(r, as, "as is no object");
    TRY(read_path(r, psx_json_get(as, PSX_STR("dir")), true, &plan->as_dir));
    TRY(read_path(r, psx_json_get(as, PSX_STR("cwd")), true, &plan->policy_cwd));
    plan->as_name = psx_json_get_str(as, PSX_STR("name"));
    plan->as_version = psx_json_get_str(as, PSX_STR("version"));
    plan->as_path = psx_json_get_str(as, PSX_STR("path"));
    return PSX_OK;
}

static psx_rc read_box(reader *r, const psx_json *box, psx_plan *plan)
{
    plan->boxed = !is_null(box);
    plan->box_control = -1;
    if (!plan->boxed) return PSX_OK;
    if (box->kind != PSX_JSON_OBJECT) return bad(r, box, "box is no object");
    plan->box_read = psx_json_get_bool(box, PSX_STR("read"));
    plan->box_spawn = psx_json_get_bool(box, PSX_STR("spawn"));
    return read_fd(r, psx_json_get(box, PSX_STR("control")), &plan->box_control);
}

static psx_rc read_paths(reader *r, const psx_json *root, psx_plan *plan)
{
    const psx_json *main = psx_json_get(root, PSX_STR("main"));
    TRY(read_path(r, psx_json_get(root, PSX_STR("project")), true, &plan->project));
    TRY(read_path(r, psx_json_get(root, PSX_STR("cwd")), true, &plan->cwd));
    TRY(read_path(r, psx_json_get(root, PSX_STR("tmp")), false, &plan->tmp));
    TRY(read_path(r, psx_json_get(root, PSX_STR("home")), false, &plan->home));
    TRY(read_path(r, psx_json_get(root, PSX_STR("cache")), false, &plan->cache));
    return read_path(r, main ? psx_json_get(main, PSX_STR("path")) : NULL, false, &plan->main);
}

psx_rc psx_plan_parse(psx_op *op, psx_str bytes, psx_plan *out)
{
    psx_json_doc *doc;
    TRY(psx_json_parse(op, bytes, PSX_STR("plan"), PSX_PLAN_MAX, &doc));
    reader r = {op, doc};
    const psx_json *root = &doc->root, *version = psx_json_get(root, PSX_STR("plan"));
    *out = (psx_plan){0};
    if (!version || version->kind != PSX_JSON_NUMBER || version->number != 1)
        return bad(&r, root, "not version 1");
    TRY(read_mode(&r, root, out));
    TRY(read_paths(&r, root, out));
    TRY(read_as(&r, psx_json_get(root, PSX_STR("as")), out));
    TRY(read_policy(&r, psx_json_get(root, PSX_STR("policy")), out));
    TRY(read_fd(&r, psx_json_get(root, PSX_STR("auditFd")), &out->audit_fd));
    TRY(read_fd(&r, psx_json_get(root, PSX_STR("learnFd")), &out->learn_fd));
    const psx_json *rules = psx_json_get(root, PSX_STR("codeRules"));
    if (!is_null(rules) && rules->kind != PSX_JSON_OBJECT) return bad(&r, rules, "codeRules");
    out->restrict_file = rules && psx_json_get_bool(rules, PSX_STR("restrictFile"));
    out->deny_interactive = rules && psx_json_get_bool(rules, PSX_STR("denyInteractive"));
    TRY(read_fd(&r, psx_json_get(root, PSX_STR("pinsFd")), &out->pins_fd));
    TRY(read_box(&r, psx_json_get(root, PSX_STR("box")), out));
    TRY(read_lock(&r, psx_json_get(root, PSX_STR("lock")), out));
    return read_protect(&r, psx_json_get(root, PSX_STR("protected")), out);
}

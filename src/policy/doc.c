// The policy file as a text to edit: grant, revoke, write back.
#include "formats/json.h"
#include "policy/model.h"

struct psx_policy_doc {
    psx_json root;
};

static const psx_str starter = PSX_STR_INIT(
    "{\"version\": 1, \"app\": {\"ambient\": true}, \"packages\": {\"*\": {"
    "\"stdio\": [\"stderr\", \"stdout\"], \"clock\": true, \"random\": true, \"timers\": true}}}");

psx_rc psx_policy_default(psx_op *op, psx_policy **out)
{
    return psx_policy_parse(op, starter, PSX_STR("(default policy)"), out);
}

static psx_rc new_doc(psx_op *op, psx_str bytes, psx_str file_name, psx_policy_doc **out)
{
    psx_json_doc *json;
    psx_policy_doc *doc = PSX_NEW(op, psx_policy_doc);
    if (!doc) return psx_fail_nomem(op);
    TRY(psx_json_parse(op, bytes, file_name, PSX_POLICY_MAX_BYTES, &json));
    doc->root = json->root;
    *out = doc;
    return PSX_OK;
}

psx_rc psx_policy_doc_starter(psx_op *op, psx_policy_doc **out)
{
    return new_doc(op, starter, PSX_STR("(default policy)"), out);
}

// Only a file that would run is edited. "resources" and "scopes" are kept as they are; one of
// Node's own manifests has no grants to edit.
psx_rc psx_policy_doc_parse(psx_op *op, psx_str bytes, psx_str file_name, psx_policy_doc **out)
{
    psx_policy *policy;
    TRY(psx_policy_parse(op, bytes, file_name, &policy));
    if (psx_policy_is_node_manifest(policy)) {
        psx_rc rc = psx_fail(op, PSX_E_UNSUPPORTED,
                             "this is a Node policy manifest: grants need a "
                             "policy with \"version\"");
        psx_fail_at(op, file_name, 0, 0);
        psx_fail_suggest(op, "add \"version\": 1 and \"app\": {\"ambient\": true}");
        return rc;
    }
    return new_doc(op, bytes, file_name, out);
}

// ---- finding the place --------------------------------------------------------------------------

static psx_json *member(psx_json *object, psx_str key)
{
    return object ? (psx_json *)psx_json_get(object, key) : NULL;
}

// The object of a package, or NULL.
static psx_json *find_package(psx_policy_doc *doc, psx_str pkg)
{
    if (psx_str_is(pkg, "app")) return member(&doc->root, PSX_STR("app"));
    return member(member(&doc->root, PSX_STR("packages")), pkg);
}

static psx_rc make_member(psx_op *op, psx_json *object, psx_str key, psx_json **out)
{
    *out = member(object, key);
    if (*out) return PSX_OK;
    psx_str copy;
    TRY(psx_op_copy(op, key, &copy));
    return psx_json_put(op, object, copy, psx_json_object(), out);
}

static psx_rc make_package(psx_op *op, psx_policy_doc *doc, psx_str pkg, psx_json **out)
{
    psx_policy_key_parts parts;
    psx_json *packages;
    if (psx_str_is(pkg, "app")) return make_member(op, &doc->root, pkg, out);
    TRY(psx_policy_parse_key(op, pkg, &parts));
    TRY(make_member(op, &doc->root, PSX_STR("packages"), &packages));
    return make_member(op, packages, pkg, out);
}

// ---- what to grant ------------------------------------------------------------------------------

typedef struct {
    psx_cap cap;
    psx_str value; // absent: without value
} grant_parts;

static psx_rc parse_grant(psx_op *op, psx_str grant, grant_parts *out)
{
    size_t colon = psx_str_find(grant, ':');
    psx_str name = psx_str_slice(grant, 0, colon);
    *out = (grant_parts){0};
    if (!psx_cap_from_name(name, &out->cap)) {
        psx_rc rc =
            psx_fail(op, PSX_E_UNKNOWN_CAPABILITY, "unknown capability \"%.*s\"", PSX_FMT(name));
        psx_policy_suggest(op, name, psx_cap_candidate);
        return rc;
    }
    if (colon < grant.n)
        return psx_op_copy(op, psx_str_slice(grant, colon + 1, grant.n), &out->value);
    return PSX_OK;
}

static psx_rc check_grant(psx_op *op, const grant_parts *g)
{
    psx_policy_rule rule = {0};
    if (g->value.p) return psx_pattern_parse(op, g->cap, g->value, &rule);
    if (psx_cap_takes_true(g->cap)) return PSX_OK;
    psx_rc rc = psx_fail(op, PSX_E_VALUE, "%s needs a value", psx_cap_name(g->cap));
    psx_fail_suggest(op, "as in a policy: \"%s\": %s", psx_cap_name(g->cap),
                     psx_cap_example(g->cap));
    return rc;
}

static size_t index_of(const psx_json *list, psx_str value)
{
    for (size_t i = 0; i < list->n; i++) {
        if (psx_str_eq(list->items[i].string, value)) return i;
    }
    return list->n;
}

static psx_rc check_not_denied(psx_op *op, psx_str pkg, psx_json *entry, psx_cap cap)
{
    psx_json *deny = member(entry, PSX_STR("deny"));
    psx_str name = psx_str_from(psx_cap_name(cap));
    if (!deny || index_of(deny, name) == deny->n) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "\"%.*s\" has \"deny\": [\"%s\"], which wins over any grant",
                    PSX_FMT(pkg), name.p);
}

static psx_rc grant_whole(psx_op *op, psx_json *entry, psx_str name, psx_json value, bool *changed)
{
    psx_json *old = member(entry, name);
    bool same = old && old->kind == value.kind &&
                (value.kind == PSX_JSON_BOOL || psx_str_eq(old->string, value.string));
    *changed = !same;
    return same ? PSX_OK : psx_json_put(op, entry, name, value, NULL);
}

static psx_rc grant_item(psx_op *op, psx_json *entry, psx_str name, psx_str value, bool *changed)
{
    psx_json *list = member(entry, name);
    // `true` (native) covers every item already.
    *changed = !list || (list->kind == PSX_JSON_ARRAY && index_of(list, value) == list->n);
    if (!*changed) return PSX_OK;
    if (!list) TRY(psx_json_put(op, entry, name, psx_json_array(), &list));
    return psx_json_append(op, list, psx_json_string(value));
}

psx_rc psx_policy_grant(psx_op *op, psx_policy_doc *doc, psx_str pkg, psx_str grant, bool *changed)
{
    grant_parts g;
    psx_json *entry;
    bool ignored;
    if (!changed) changed = &ignored;
    TRY(parse_grant(op, grant, &g));
    TRY(check_grant(op, &g));
    TRY(check_not_denied(op, pkg, find_package(doc, pkg), g.cap));
    TRY(make_package(op, doc, pkg, &entry));
    psx_str name = psx_str_from(psx_cap_name(g.cap));
    if (!g.value.p) return grant_whole(op, entry, name, psx_json_boolean(true), changed);
    if (psx_cap_takes_list(g.cap)) return grant_item(op, entry, name, g.value, changed);
    return grant_whole(op, entry, name, psx_json_string(g.value), changed);
}

static psx_rc not_granted(psx_op *op, psx_str pkg, psx_str grant)
{
    return psx_fail(op, PSX_E_NOT_FOUND, "\"%.*s\" has no grant %.*s in this file", PSX_FMT(pkg),
                    PSX_FMT(grant));
}

psx_rc psx_policy_revoke(psx_op *op, psx_policy_doc *doc, psx_str pkg, psx_str grant)
{
    grant_parts g;
    TRY(parse_grant(op, grant, &g));
    psx_str name = psx_str_from(psx_cap_name(g.cap));
    psx_json *entry = find_package(doc, pkg), *value = member(entry, name);
    if (!value) return not_granted(op, pkg, grant);
    if (g.value.p && value->kind == PSX_JSON_ARRAY) {
        size_t i = index_of(value, g.value);
        if (i == value->n) return not_granted(op, pkg, grant);
        psx_json_remove_at(value, i);
        if (value->n) return PSX_OK;
    } else if (g.value.p) {
        bool same = value->kind == PSX_JSON_STRING && psx_str_eq(value->string, g.value);
        if (!same) return not_granted(op, pkg, grant);
    }
    (void)psx_json_remove(entry, name);
    return PSX_OK;
}

psx_rc psx_policy_doc_set_serial(psx_op *op, psx_policy_doc *doc, uint64_t serial)
{
    psx_json value = {.kind = PSX_JSON_NUMBER};
    TRY(psx_op_format(op, &value.string, "%llu", (unsigned long long)serial));
    return psx_json_put(op, &doc->root, PSX_STR("serial"), value, NULL);
}

psx_rc psx_policy_pin(psx_op *op, psx_policy_doc *doc, psx_str file, psx_str integrity)
{
    psx_json *pins;
    TRY(psx_json_put(op, &doc->root, PSX_STR("pins"), psx_json_object(), &pins));
    TRY(psx_json_put(op, pins, PSX_STR("file"), psx_json_string(file), NULL));
    return psx_json_put(op, pins, PSX_STR("integrity"), psx_json_string(integrity), NULL);
}

// ---- writing back -------------------------------------------------------------------------------

static int rank_top(psx_str key)
{
    static const char *const order[] = {"$schema", "version",     "serial",   "onerror",
                                        "pins",    "app",         "packages", "resources",
                                        "scopes",  "dependencies"};
    for (int i = 0; i < 10; i++) {
        if (psx_str_is(key, order[i])) return i;
    }
    return 10;
}

static int rank_package(psx_str key)
{
    return psx_str_is(key, "*") ? 0 : 1;
}

static int rank_capability(psx_str key)
{
    psx_cap cap;
    if (psx_cap_from_name(key, &cap)) return (int)cap + 1;
    return psx_str_is(key, "integrity") ? 0 : (int)PSX_CAP_COUNT + 1; // "deny" comes last
}

static int compare_items(const void *a, const void *b)
{
    return psx_str_cmp(((const psx_json *)a)->string, ((const psx_json *)b)->string);
}

static void sort_entry(psx_json *entry)
{
    psx_json_sort(entry, rank_capability);
    for (size_t i = 0; i < entry->n; i++) {
        psx_json *v = &entry->members[i].value;
        if (v->kind == PSX_JSON_ARRAY && v->n)
            qsort(v->items, v->n, sizeof *v->items, compare_items);
    }
}

// "resources" and "scopes" stay as they are: there, order has a meaning.
psx_rc psx_policy_doc_write(psx_op *op, psx_policy_doc *doc, psx_str *out)
{
    psx_json *packages, *app;
    psx_json_sort(&doc->root, rank_top);
    packages = member(&doc->root, PSX_STR("packages"));
    app = member(&doc->root, PSX_STR("app"));
    if (app) sort_entry(app);
    if (packages) psx_json_sort(packages, rank_package);
    for (size_t i = 0; packages && i < packages->n; i++) {
        sort_entry(&packages->members[i].value);
    }
    return psx_json_write(op, &doc->root, out);
}

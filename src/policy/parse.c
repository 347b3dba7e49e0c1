// The policy file into the model. Syntax of values is in pattern.c, of keys in key.c.
#include "formats/json.h"
#include "policy/model.h"

typedef struct {
    psx_op *op;
    const psx_json_doc *doc;
    psx_json_cursor cursor; // rules come in file order
    psx_policy *policy;
} reader;

static psx_rc fail_at(reader *r, uint32_t at, psx_error code, const char *what)
{
    return psx_json_fail(r->op, r->doc, at, code, "%s", what);
}

// Gives the place to a failure recorded without one.
static psx_rc place(reader *r, uint32_t at, psx_rc rc)
{
    unsigned line, column;
    if (!psx_failed(rc) || r->op->fail.line) return rc;
    psx_json_place(r->doc, at, &line, &column);
    psx_fail_at(r->op, r->doc->name, line, column);
    return rc;
}

static psx_rc want(reader *r, const psx_json *v, psx_json_kind kind, const char *what)
{
    if (v->kind == kind) return PSX_OK;
    return psx_json_fail(r->op, r->doc, v->at, PSX_E_TYPE, "%s must be %s, not %s", what,
                         psx_json_kind_name(kind), psx_json_kind_name(v->kind));
}

// ---- one capability -----------------------------------------------------------------------------

static psx_rc new_rule(reader *r, psx_policy_entry *e, uint32_t at, psx_policy_rule **out)
{
    TRY(PSX_ROOM(r->op, e->rules, e->n, &e->cap));
    *out = &e->rules[e->n++];
    psx_json_place_next(r->doc, &r->cursor, at);
    **out = (psx_policy_rule){
        .key = e->key, .port = -1, .line = r->cursor.line, .column = r->cursor.column};
    return PSX_OK;
}

static psx_rc add_true(reader *r, psx_policy_entry *e, psx_cap cap, const psx_json *v)
{
    psx_policy_rule *rule;
    TRY(new_rule(r, e, v->at, &rule));
    rule->cap = cap;
    rule->kind = PSX_RULE_ALL;
    rule->text = PSX_STR("true");
    return PSX_OK;
}

static psx_rc add_pattern(reader *r, psx_policy_entry *e, psx_cap cap, const psx_json *v)
{
    psx_policy_rule *rule;
    TRY(want(r, v, PSX_JSON_STRING, psx_cap_name(cap)));
    TRY(new_rule(r, e, v->at, &rule));
    return place(r, v->at, psx_pattern_parse(r->op, cap, v->string, rule));
}

static psx_rc fail_shape(reader *r, psx_cap cap, const psx_json *v)
{
    bool no = v->kind == PSX_JSON_BOOL && !v->boolean;
    if (no) {
        psx_rc rc = psx_json_fail(r->op, r->doc, v->at, PSX_E_VALUE,
                                  "%s: false says nothing, as absent means denied already",
                                  psx_cap_name(cap));
        psx_fail_suggest(r->op, "leave it out, or write \"deny\": [\"%s\"]", psx_cap_name(cap));
        return rc;
    }
    psx_rc rc = psx_json_fail(r->op, r->doc, v->at, PSX_E_TYPE, "%s cannot be %s",
                              psx_cap_name(cap), psx_json_kind_name(v->kind));
    bool one = v->kind == PSX_JSON_STRING && psx_cap_takes_list(cap) && v->string.n < 100;
    if (one)
        psx_fail_suggest(r->op, "write [\"%.*s\"]", PSX_FMT(v->string));
    else
        psx_fail_suggest(r->op, "for example %s", psx_cap_example(cap));
    return rc;
}

static psx_rc read_capability(reader *r, psx_policy_entry *e, psx_cap cap, const psx_json *v)
{
    bool option = psx_cap_value_kind(cap) == VALUE_OPTION;
    if (v->kind == PSX_JSON_BOOL && v->boolean && psx_cap_takes_true(cap)) {
        return add_true(r, e, cap, v);
    }
    if (v->kind == PSX_JSON_STRING && option) return add_pattern(r, e, cap, v);
    if (v->kind != PSX_JSON_ARRAY || !psx_cap_takes_list(cap)) return fail_shape(r, cap, v);
    for (size_t i = 0; i < v->n; i++) {
        TRY(add_pattern(r, e, cap, &v->items[i]));
    }
    return PSX_OK;
}

static psx_rc fail_unknown_cap(reader *r, uint32_t at, psx_str name)
{
    psx_rc rc = psx_json_fail(r->op, r->doc, at, PSX_E_UNKNOWN_CAPABILITY,
                              "unknown capability \"%.*s\"", PSX_FMT(name));
    psx_policy_suggest(r->op, name, psx_cap_candidate);
    return rc;
}

static psx_rc read_deny(reader *r, psx_policy_entry *e, const psx_json *v)
{
    TRY(want(r, v, PSX_JSON_ARRAY, "deny"));
    for (size_t i = 0; i < v->n; i++) {
        psx_cap cap;
        psx_policy_rule *rule;
        const psx_json *item = &v->items[i];
        TRY(want(r, item, PSX_JSON_STRING, "deny"));
        if (!psx_cap_from_name(item->string, &cap)) {
            return fail_unknown_cap(r, item->at, item->string);
        }
        TRY(new_rule(r, e, item->at, &rule));
        rule->cap = cap;
        rule->kind = PSX_RULE_DENY;
        rule->text = item->string;
    }
    return PSX_OK;
}

// ---- integrity ----------------------------------------------------------------------------------

static bool is_base64(psx_str s)
{
    while (s.n && s.p[s.n - 1] == '=') {
        s.n--;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '+' || c == '/';
        if (!ok) return false;
    }
    return s.n > 0;
}

static bool is_digest(psx_str token)
{
    static const struct {
        psx_str prefix;
        size_t length;
    } known[] = {{PSX_STR_INIT("sha256-"), 44},
                 {PSX_STR_INIT("sha384-"), 64},
                 {PSX_STR_INIT("sha512-"), 88}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        psx_str digest = psx_str_slice(token, known[i].prefix.n, token.n);
        if (psx_str_starts(token, known[i].prefix)) {
            return digest.n == known[i].length && is_base64(digest);
        }
    }
    return false;
}

static psx_rc read_digests(reader *r, const psx_json *v, psx_str *out)
{
    TRY(want(r, v, PSX_JSON_STRING, "integrity"));
    psx_str rest = v->string;
    do {
        size_t blank = psx_str_find(rest, ' ');
        if (!is_digest(psx_str_slice(rest, 0, blank))) {
            return fail_at(r, v->at, PSX_E_VALUE,
                           "integrity must be sha256-, sha384- or sha512- and base64");
        }
        rest = psx_str_slice(rest, blank + 1, rest.n);
    } while (rest.n);
    *out = v->string;
    return PSX_OK;
}

static psx_rc read_integrity(reader *r, psx_policy_entry *e, const psx_json *v)
{
    return read_digests(r, v, &e->integrity);
}

// The list of pins, bound by its digest: who signs the policy signs every file in the list.
static psx_rc read_pins(reader *r, const psx_json *v)
{
    psx_policy *p = r->policy;
    TRY(want(r, v, PSX_JSON_OBJECT, "pins"));
    for (size_t i = 0; i < v->n; i++) {
        const psx_json_member *m = &v->members[i];
        if (psx_str_is(m->key, "file")) {
            TRY(want(r, &m->value, PSX_JSON_STRING, "file"));
            p->pins_file = m->value.string;
        } else if (psx_str_is(m->key, "integrity")) {
            TRY(read_digests(r, &m->value, &p->pins_integrity));
        } else {
            return psx_json_fail(r->op, r->doc, m->key_at, PSX_E_UNKNOWN_KEY,
                                 "unknown key \"%.*s\" of pins", PSX_FMT(m->key));
        }
    }
    if (p->pins_file.n && p->pins_integrity.n && !psx_str_has_nul(p->pins_file)) return PSX_OK;
    psx_rc rc = fail_at(r, v->at, PSX_E_MISSING, "pins needs a \"file\" and its \"integrity\"");
    psx_fail_suggest(r->op, "npsx policy pin writes both");
    return rc;
}

// ---- one package --------------------------------------------------------------------------------

static const char *entry_candidate(size_t i)
{
    if (i < PSX_CAP_COUNT) return psx_cap_candidate(i);
    return i == PSX_CAP_COUNT ? "deny" : i == PSX_CAP_COUNT + 1 ? "integrity" : NULL;
}

static psx_rc read_entry_member(reader *r, psx_policy_entry *e, const psx_json_member *m)
{
    psx_cap cap;
    bool pinnable = e->parts.kind != KEY_APP && e->parts.kind != KEY_ALL;
    if (psx_cap_from_name(m->key, &cap)) return read_capability(r, e, cap, &m->value);
    if (psx_str_is(m->key, "deny")) return read_deny(r, e, &m->value);
    if (psx_str_is(m->key, "integrity") && pinnable) return read_integrity(r, e, &m->value);
    if (psx_str_is(m->key, "integrity")) {
        return fail_at(r, m->key_at, PSX_E_UNKNOWN_KEY, "integrity pins one package only");
    }
    psx_rc rc = psx_json_fail(r->op, r->doc, m->key_at, PSX_E_UNKNOWN_CAPABILITY,
                              "unknown capability \"%.*s\"", PSX_FMT(m->key));
    psx_policy_suggest(r->op, m->key, entry_candidate);
    return rc;
}

static psx_rc read_entry(reader *r, psx_policy_entry *e, const psx_json *v)
{
    TRY(want(r, v, PSX_JSON_OBJECT, "the grants of a package"));
    for (size_t i = 0; i < v->n; i++) {
        TRY(read_entry_member(r, e, &v->members[i]));
    }
    return PSX_OK;
}

static psx_rc index_name(reader *r, psx_policy_entry *e)
{
    psx_policy_entry *first = psx_map_get(&r->policy->names, e->parts.name);
    if (!first) return psx_map_put(&r->policy->names, e->parts.name, e);
    // Behind the first; the order among entries of one name does not matter but for listing.
    e->next = first->next;
    first->next = e;
    return PSX_OK;
}

static psx_rc index_entry(reader *r, psx_policy_entry *e, uint32_t at)
{
    psx_policy *p = r->policy;
    if (e->parts.kind == KEY_ALL) p->all = e;
    if (e->parts.kind == KEY_NAME || e->parts.kind == KEY_RANGE) return index_name(r, e);
    if (e->parts.kind != KEY_LOCATION) return PSX_OK;
    if (psx_map_has(&p->locations, e->parts.name)) {
        return fail_at(r, at, PSX_E_DUPLICATE, "another key names the same location");
    }
    return psx_map_put(&p->locations, e->parts.name, e);
}

static psx_rc read_packages(reader *r, const psx_json *v)
{
    psx_policy *p = r->policy;
    TRY(want(r, v, PSX_JSON_OBJECT, "packages"));
    p->entries = PSX_ARRAY(r->op, psx_policy_entry, v->n);
    if (!p->entries) return psx_fail_nomem(r->op);
    for (size_t i = 0; i < v->n; i++) {
        const psx_json_member *m = &v->members[i];
        psx_policy_entry *e = &p->entries[p->n++];
        e->key = m->key;
        TRY(place(r, m->key_at, psx_policy_parse_key(r->op, m->key, &e->parts)));
        TRY(index_entry(r, e, m->key_at));
        TRY(read_entry(r, e, &m->value));
    }
    return PSX_OK;
}

// ---- the file -----------------------------------------------------------------------------------

static const char *const top_keys[] = {"$schema", "version",      "serial",   "onerror",
                                       "pins",    "app",          "packages", "resources",
                                       "scopes",  "dependencies", NULL};

static const char *top_candidate(size_t i)
{
    return top_keys[i];
}

static psx_rc read_serial(reader *r, const psx_json *v)
{
    bool whole = v->kind == PSX_JSON_NUMBER && psx_str_to_u64(v->string, &r->policy->serial);
    if (!whole || r->policy->serial > 9007199254740991u) {
        return fail_at(r, v->at, PSX_E_VALUE, "serial must be a whole number from 0 up");
    }
    r->policy->has_serial = true;
    return PSX_OK;
}

static psx_rc read_onerror(reader *r, const psx_json *v)
{
    static const char *const words[] = {"throw", "exit", "log"};
    TRY(want(r, v, PSX_JSON_STRING, "onerror"));
    for (unsigned i = 0; i < 3; i++) {
        if (!psx_str_is(v->string, words[i])) continue;
        r->policy->onerror = (psx_onerror)i;
        return PSX_OK;
    }
    return fail_at(r, v->at, PSX_E_VALUE, "onerror must be \"throw\", \"exit\" or \"log\"");
}

static psx_rc read_version(reader *r, const psx_json *v)
{
    TRY(want(r, v, PSX_JSON_NUMBER, "version"));
    if (psx_str_is(v->string, "1")) return PSX_OK;
    return psx_json_fail(r->op, r->doc, v->at, PSX_E_UNSUPPORTED,
                         "version %.*s of the policy format is not supported; this is version 1",
                         PSX_FMT(v->string));
}

static psx_rc read_app(reader *r, const psx_json *v)
{
    return read_entry(r, r->policy->app, v);
}

// Read by manifest.c.
static bool is_manifest_key(psx_str key)
{
    return psx_str_is(key, "resources") || psx_str_is(key, "scopes") ||
           psx_str_is(key, "dependencies");
}

static psx_rc read_top_member(reader *r, const psx_json_member *m)
{
    const psx_json *v = &m->value;
    if (psx_str_is(m->key, "version")) return read_version(r, v);
    if (psx_str_is(m->key, "$schema")) return want(r, v, PSX_JSON_STRING, "$schema");
    if (psx_str_is(m->key, "serial")) return read_serial(r, v);
    if (psx_str_is(m->key, "onerror")) return read_onerror(r, v);
    if (psx_str_is(m->key, "pins")) return read_pins(r, v);
    if (psx_str_is(m->key, "app")) return read_app(r, v);
    if (psx_str_is(m->key, "packages")) return read_packages(r, v);
    if (is_manifest_key(m->key)) return PSX_OK;
    psx_rc rc = psx_json_fail(r->op, r->doc, m->key_at, PSX_E_UNKNOWN_KEY, "unknown key \"%.*s\"",
                              PSX_FMT(m->key));
    psx_policy_suggest(r->op, m->key, top_candidate);
    return rc;
}

static bool is_node_manifest(const psx_json *root)
{
    static const char *const ours[] = {"version", "app", "packages"};
    static const char *const nodes[] = {"resources", "scopes", "dependencies"};
    bool has_ours = false, has_nodes = false;
    for (size_t i = 0; i < 3; i++) {
        has_ours |= psx_json_get(root, psx_str_from(ours[i])) != NULL;
        has_nodes |= psx_json_get(root, psx_str_from(nodes[i])) != NULL;
    }
    return has_nodes && !has_ours;
}

static psx_rc check_version(reader *r, const psx_json *root)
{
    if (psx_json_get(root, PSX_STR("version"))) return PSX_OK;
    psx_rc rc = fail_at(r, root->at, PSX_E_MISSING, "the policy has no \"version\"");
    psx_fail_suggest(r->op, "add \"version\": 1");
    return rc;
}

// Empty ones say nothing in a policy with a version; in Node's manifests they forbid everything.
static psx_rc read_manifest(reader *r, const psx_json *root)
{
    const psx_json *resources = psx_json_get(root, PSX_STR("resources"));
    const psx_json *scopes = psx_json_get(root, PSX_STR("scopes"));
    psx_manifest *m;
    if (!resources && !scopes && !psx_json_get(root, PSX_STR("dependencies"))) return PSX_OK;
    TRY(psx_manifest_parse(r->op, r->doc, r->doc->name, true, &m));
    if ((resources && resources->n) || (scopes && scopes->n)) r->policy->manifest = m;
    return PSX_OK;
}

static psx_rc fail_onerror(reader *r, const psx_json *v)
{
    psx_str word = v->kind == PSX_JSON_STRING ? v->string : PSX_STR("");
    return psx_json_fail(r->op, r->doc, v->at, PSX_E_MANIFEST,
                         "ERR_MANIFEST_UNKNOWN_ONERROR: Manifest specified unknown error behavior "
                         "\"%.*s\".",
                         PSX_FMT(word));
}

// Members that Node does not know are passed over, as Node does.
static psx_rc read_node_manifest(reader *r, const psx_json *root)
{
    const psx_json *onerror = psx_json_get(root, PSX_STR("onerror"));
    const psx_json *serial = psx_json_get(root, PSX_STR("serial"));
    if (onerror && psx_failed(read_onerror(r, onerror))) {
        psx_fail_clear(r->op);
        return fail_onerror(r, onerror);
    }
    if (serial) TRY(read_serial(r, serial));
    return psx_manifest_parse(r->op, r->doc, r->doc->name, false, &r->policy->manifest);
}

static psx_rc new_policy(psx_op *op, psx_policy **out)
{
    psx_policy *p = PSX_NEW(op, psx_policy);
    if (!p) return psx_fail_nomem(op);
    p->app = PSX_NEW(op, psx_policy_entry);
    if (!p->app) return psx_fail_nomem(op);
    p->app->key = PSX_STR("app");
    p->app->parts.kind = KEY_APP;
    psx_map_init(&p->names, op);
    psx_map_init(&p->locations, op);
    *out = p;
    return PSX_OK;
}

static psx_rc read_members(reader *r, const psx_json *root)
{
    TRY(want(r, root, PSX_JSON_OBJECT, "the policy"));
    if (is_node_manifest(root)) return read_node_manifest(r, root);
    TRY(check_version(r, root));
    for (size_t i = 0; i < root->n; i++) {
        TRY(read_top_member(r, &root->members[i]));
    }
    return read_manifest(r, root);
}

psx_rc psx_policy_parse(psx_op *op, psx_str bytes, psx_str file_name, psx_policy **out)
{
    psx_json_doc *doc = NULL;
    psx_policy *p = NULL;
    TRY(psx_json_parse(op, bytes, file_name, PSX_POLICY_MAX_BYTES, &doc));
    bool node = doc->root.kind == PSX_JSON_OBJECT && is_node_manifest(&doc->root);
    TRY(node ? psx_policy_default(op, &p) : new_policy(op, &p));
    p->file_name = file_name;
    p->is_node_manifest = node;
    reader r = {.op = op, .doc = doc, .policy = p};
    TRY(read_members(&r, &doc->root));
    *out = p;
    return PSX_OK;
}

// Absent package: rules with ${package} wait for bind.
static psx_rc resolve_entry(psx_op *op, const psx_policy *policy, psx_policy_entry *e,
                            psx_str package)
{
    for (size_t i = 0; i < e->n; i++) {
        psx_rc rc = psx_pattern_resolve(op, &policy->dirs, package, &e->rules[i]);
        if (!psx_failed(rc)) continue;
        psx_fail_at(op, policy->file_name, e->rules[i].line, e->rules[i].column);
        return rc;
    }
    return PSX_OK;
}

psx_rc psx_policy_resolve(psx_op *op, psx_policy *policy, const psx_policy_dirs *dirs)
{
    if (policy->resolved) return psx_fail(op, PSX_E_INTERNAL, "the policy is resolved already");
    policy->dirs = *dirs;
    TRY(resolve_entry(op, policy, policy->app, dirs->project));
    for (size_t i = 0; i < policy->n; i++) {
        TRY(resolve_entry(op, policy, &policy->entries[i], (psx_str){0}));
    }
    policy->resolved = true;
    return PSX_OK;
}

psx_rc psx_policy_protect(psx_op *op, psx_policy *policy, psx_str path)
{
    psx_str *grown = PSX_ARRAY(op, psx_str, policy->n_protect + 1);
    if (!grown) return psx_fail_nomem(op);
    if (policy->n_protect) memcpy(grown, policy->protect, policy->n_protect * sizeof *grown);
    TRY(psx_op_copy(op, path, &grown[policy->n_protect]));
    policy->protect = grown;
    policy->n_protect++;
    return PSX_OK;
}

psx_onerror psx_policy_onerror(const psx_policy *policy)
{
    return policy->onerror;
}

bool psx_policy_pins(const psx_policy *policy, psx_str *file, psx_str *integrity)
{
    *file = policy->pins_file;
    *integrity = policy->pins_integrity;
    return file->n > 0;
}

const psx_manifest *psx_policy_manifest(const psx_policy *policy)
{
    return policy->manifest;
}

bool psx_policy_is_node_manifest(const psx_policy *policy)
{
    return policy->is_node_manifest;
}

bool psx_policy_serial(const psx_policy *policy, uint64_t *out)
{
    if (policy->has_serial) *out = policy->serial;
    return policy->has_serial;
}

psx_str psx_policy_key(const psx_policy *policy, size_t i)
{
    return i < policy->n ? policy->entries[i].key : (psx_str){0};
}

// "app" is PSX_POLICY_APP.
static const psx_policy_entry *entry_at(const psx_policy *policy, size_t i)
{
    if (i == (size_t)PSX_POLICY_APP) return policy->app;
    return i < policy->n ? &policy->entries[i] : NULL;
}

const psx_policy_rule *psx_policy_key_rule(const psx_policy *policy, size_t i, size_t n)
{
    const psx_policy_entry *e = entry_at(policy, i);
    return e && n < e->n ? &e->rules[n] : NULL;
}

psx_str psx_policy_key_integrity(const psx_policy *policy, size_t i)
{
    const psx_policy_entry *e = entry_at(policy, i);
    return e ? e->integrity : (psx_str){0};
}

static const psx_policy_rule *find_hatch(const psx_policy_entry *e, size_t *i)
{
    for (size_t k = 0; k < e->n; k++) {
        const psx_policy_rule *r = &e->rules[k];
        if (psx_cap_is_hatch(r->cap) && r->kind != PSX_RULE_DENY && (*i)-- == 0) return r;
    }
    return NULL;
}

const psx_policy_rule *psx_policy_hatch(const psx_policy *policy, size_t i)
{
    const psx_policy_rule *found = find_hatch(policy->app, &i);
    for (size_t k = 0; !found && k < policy->n; k++) {
        found = find_hatch(&policy->entries[k], &i);
    }
    return found;
}

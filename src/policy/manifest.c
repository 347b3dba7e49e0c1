// Facts about what Node 20.20.2 does, quirks included, are in docs/format/manifest.md; the names
// below follow the policy file's, not Node's code.
#include "policy/manifest.h"

#include "base/map.h"
#include "formats/sri.h"
#include "formats/url.h"

typedef enum { INTEGRITY_NONE, INTEGRITY_CASCADE, INTEGRITY_ANY, INTEGRITY_DIGESTS } integrity_kind;

// One resource, one scope, or what holds where neither is.
typedef struct {
    psx_str href;
    integrity_kind integrity;
    psx_str digests;
    bool all;             // "dependencies": true
    const psx_json *some; // an object, or NULL: none
    bool cascade;
    bool is_scope;
} entry;

struct psx_manifest {
    psx_op *op;
    const psx_json_doc *doc;
    bool strict;
    psx_url base;
    psx_map resources, scopes; // normalised URL -> entry
    entry otherwise;
};

enum { SCRATCH = 8 << 20, CASCADE_MOST = 4096 };

// ---- URLs ---------------------------------------------------------------------------------------

static bool is_relative(psx_str s)
{
    return psx_str_starts(s, PSX_STR("/")) || psx_str_starts(s, PSX_STR("./")) ||
           psx_str_starts(s, PSX_STR("../"));
}

// Only what begins as a path is relative. *ok tells whether it is a URL at all.
static psx_rc read_url(psx_op *op, psx_str text, const psx_url *base, psx_url *out, bool *ok)
{
    psx_rc rc = psx_url_parse(op, text, is_relative(text) ? base : NULL, out);
    *ok = !psx_failed(rc);
    if (*ok || rc.code != PSX_E_VALUE) return rc;
    psx_fail_clear(op);
    return PSX_OK;
}

// The URL that a specifier is, or the specifier as it is when it is none.
static psx_rc canonical(psx_op *op, psx_str specifier, const psx_url *base, psx_str *out)
{
    psx_url url;
    bool ok;
    *out = specifier;
    // no relative path, no scheme: spare the parser
    if (!is_relative(specifier) && psx_str_find(specifier, ':') == specifier.n) return PSX_OK;
    TRY(read_url(op, specifier, base, &url, &ok));
    if (ok) *out = url.href;
    return PSX_OK;
}

// "x:" alone, which the parser would complete.
static bool is_bare_scheme(psx_str s)
{
    return s.n && psx_str_find(s, ':') == s.n - 1;
}

// ---- parsing ------------------------------------------------------------------------------------

// Node's errors; in a policy with a version they are ours.
static psx_rc wrong(psx_manifest *m, uint32_t at, const char *code, const char *what, psx_str href,
                    const char *rest)
{
    if (m->strict) {
        return psx_json_fail(m->op, m->doc, at, PSX_E_VALUE, "%s %.*s %s", what, PSX_FMT(href),
                             rest);
    }
    return psx_json_fail(m->op, m->doc, at, PSX_E_MANIFEST, "%s: %s %.*s %s", code, what,
                         PSX_FMT(href), rest);
}

static psx_rc wrong_field(psx_manifest *m, const psx_json *v, const entry *e, const char *field)
{
    psx_str rest;
    TRY(psx_op_format(m->op, &rest, "has invalid property value for %s", field));
    return wrong(m, v->at, "ERR_MANIFEST_INVALID_RESOURCE_FIELD", "Manifest resource", e->href,
                 rest.p);
}

// Each pattern is an error: so it is in Node, which looks for the star in the wrong string.
static psx_rc check_specifiers(psx_manifest *m, const psx_json *dependencies, const entry *e)
{
    for (size_t i = 0; i < dependencies->n; i++) {
        const psx_json_member *d = &dependencies->members[i];
        if (!psx_str_ends(d->key, PSX_STR("*"))) continue;
        return wrong(m, d->key_at, "ERR_MANIFEST_INVALID_SPECIFIER", "Manifest resource", e->href,
                     "has invalid dependency mapping null, pattern needs to have a single trailing "
                     "\"*\" in target");
    }
    return PSX_OK;
}

static psx_rc read_dependencies(psx_manifest *m, const psx_json *v, entry *e)
{
    if (!v || v->kind == PSX_JSON_NULL) return PSX_OK;
    e->all = v->kind == PSX_JSON_BOOL && v->boolean;
    if (e->all) return PSX_OK;
    if (v->kind != PSX_JSON_OBJECT) return wrong_field(m, v, e, "dependencies");
    e->some = v;
    return check_specifiers(m, v, e);
}

static psx_rc check_digests(psx_manifest *m, const psx_json *v)
{
    psx_sri sri;
    if (!m->strict) return PSX_OK;
    if (!psx_failed(psx_sri_parse(m->op, v->string, &sri))) return PSX_OK;
    psx_fail_clear(m->op);
    return psx_json_fail(m->op, m->doc, v->at, PSX_E_VALUE,
                         "integrity must be sha256-, sha384- or sha512- and base64");
}

static psx_rc read_integrity(psx_manifest *m, const psx_json *v, entry *e)
{
    if (!v) return PSX_OK;
    if (v->kind == PSX_JSON_BOOL && v->boolean) {
        e->integrity = INTEGRITY_ANY;
        return PSX_OK;
    }
    if (v->kind != PSX_JSON_STRING || e->is_scope) return wrong_field(m, v, e, "integrity");
    e->integrity = INTEGRITY_DIGESTS;
    e->digests = v->string;
    return check_digests(m, v);
}

static psx_rc read_cascade(psx_manifest *m, const psx_json *v, entry *e)
{
    if (!v) return PSX_OK;
    if (v->kind != PSX_JSON_BOOL) return wrong_field(m, v, e, "cascade");
    e->cascade = v->boolean;
    if (e->cascade && e->integrity == INTEGRITY_NONE) e->integrity = INTEGRITY_CASCADE;
    return PSX_OK;
}

static psx_rc check_members(psx_manifest *m, const psx_json *v)
{
    if (!m->strict) return PSX_OK;
    if (v->kind != PSX_JSON_OBJECT) {
        return psx_json_fail(m->op, m->doc, v->at, PSX_E_TYPE,
                             "a resource or scope must be an object, not %s",
                             psx_json_kind_name(v->kind));
    }
    for (size_t i = 0; i < v->n; i++) {
        psx_str key = v->members[i].key;
        bool known = psx_str_is(key, "integrity") || psx_str_is(key, "dependencies") ||
                     psx_str_is(key, "cascade");
        if (known) continue;
        return psx_json_fail(m->op, m->doc, v->members[i].key_at, PSX_E_UNKNOWN_KEY,
                             "unknown key \"%.*s\": integrity, dependencies and cascade are known",
                             PSX_FMT(key));
    }
    return PSX_OK;
}

static psx_rc read_entry(psx_manifest *m, const psx_json *v, entry *e)
{
    TRY(check_members(m, v));
    if (v->kind == PSX_JSON_NULL) return wrong_field(m, v, e, "integrity");
    TRY(read_integrity(m, psx_json_get(v, PSX_STR("integrity")), e));
    TRY(read_cascade(m, psx_json_get(v, PSX_STR("cascade")), e));
    return read_dependencies(m, psx_json_get(v, PSX_STR("dependencies")), e);
}

static bool is_scheme_key(psx_str s)
{
    if (s.n < 2 || s.p[s.n - 1] != ':') return false;
    for (size_t i = 0; i + 1 < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool more = i && (c == '+' || c == '-' || c == '.');
        if (!letter && !more) return false;
    }
    return true;
}

static psx_rc key_href(psx_manifest *m, const psx_json_member *key, bool is_scope, psx_str *out)
{
    psx_op scratch;
    psx_url url;
    bool ok = false;
    *out = key->key;
    if (is_scope && (!key->key.n || is_scheme_key(key->key))) return PSX_OK;
    psx_op_init(&scratch, SCRATCH);
    psx_rc rc = read_url(&scratch, key->key, &m->base, &url, &ok);
    if (psx_failed(rc)) m->op->fail = scratch.fail;
    if (ok) rc = psx_op_copy(m->op, url.href, out);
    psx_op_fini(&scratch);
    TRY(rc);
    return ok ? PSX_OK : wrong(m, key->key_at, "ERR_INVALID_URL", "Invalid URL:", key->key, "");
}

static psx_rc read_entries(psx_manifest *m, const char *name, bool is_scope, psx_map *into)
{
    const psx_json *v = psx_json_get(&m->doc->root, psx_str_from(name));
    if (!v || (v->kind == PSX_JSON_NULL && !m->strict)) return PSX_OK;
    if (v->kind != PSX_JSON_OBJECT) {
        return psx_json_fail(m->op, m->doc, v->at, PSX_E_TYPE, "%s must be an object, not %s", name,
                             psx_json_kind_name(v->kind));
    }
    entry *all = PSX_ARRAY(m->op, entry, v->n);
    if (!all) return psx_fail_nomem(m->op);
    for (size_t i = 0; i < v->n; i++) {
        entry *e = &all[i];
        e->is_scope = is_scope;
        TRY(key_href(m, &v->members[i], is_scope, &e->href));
        TRY(read_entry(m, &v->members[i].value, e));
        TRY(psx_map_put(into, e->href, e));
    }
    return PSX_OK;
}

// What holds for code that nothing covers: "dependencies" at the top.
static psx_rc read_otherwise(psx_manifest *m)
{
    const psx_json *v = psx_json_get(&m->doc->root, PSX_STR("dependencies"));
    m->otherwise.href = PSX_STR("default");
    if (!v || (!m->strict && v->kind != PSX_JSON_OBJECT && v->kind != PSX_JSON_BOOL)) return PSX_OK;
    if (!m->strict && v->kind == PSX_JSON_BOOL && !v->boolean) return PSX_OK;
    return read_dependencies(m, v, &m->otherwise);
}

static psx_rc read_base(psx_manifest *m, psx_str file)
{
    psx_str path = file;
    if (!psx_str_starts(file, PSX_STR("/")))
        TRY(psx_op_format(m->op, &path, "/%.*s", PSX_FMT(file)));
    return psx_url_of_path(m->op, path, &m->base);
}

psx_rc psx_manifest_parse(psx_op *op, const psx_json_doc *doc, psx_str file, bool strict,
                          psx_manifest **out)
{
    psx_manifest *m = PSX_NEW(op, psx_manifest);
    if (!m) return psx_fail_nomem(op);
    *m = (psx_manifest){.op = op, .doc = doc, .strict = strict};
    psx_map_init(&m->resources, op);
    psx_map_init(&m->scopes, op);
    TRY(read_base(m, file));
    TRY(read_otherwise(m));
    TRY(read_entries(m, "resources", false, &m->resources));
    TRY(read_entries(m, "scopes", true, &m->scopes));
    *out = m;
    return PSX_OK;
}

// ---- which scope covers a URL -------------------------------------------------------------------

// What lies behind the path of a URL: its query and fragment.
static psx_str behind_path(const psx_url *url)
{
    size_t end = (size_t)(url->path.p - url->href.p) + url->path.n;
    return psx_str_slice(url->href, end, url->href.n);
}

static psx_str parent(psx_str dir)
{
    dir.n--;
    dir.n = psx_str_find_last(dir, '/') + 1;
    return dir;
}

static const entry *scope_at(const psx_manifest *m, psx_str href, psx_str same)
{
    const entry *e = psx_map_get(&m->scopes, href);
    return e && !psx_str_eq(href, same) ? e : NULL;
}

// The URL as a directory, and each one above it, longest first. `same` is a URL that does not
// count. The first has the URL's query, if there is one; those above have none.
static psx_rc scope_above(psx_op *op, const psx_manifest *m, const psx_url *url, psx_str same,
                          const entry **out)
{
    size_t root = (size_t)(url->path.p - url->href.p) + 1; // "file:///"
    psx_str rest = behind_path(url), dir = {url->href.p, root - 1 + url->path.n}, first;
    bool drive = url->path.n >= 3 && url->path.p[2] == ':' && psx_str_is(url->protocol, "file:");
    if (drive) root += 3;
    if (!psx_str_ends(dir, PSX_STR("/"))) TRY(psx_op_format(op, &dir, "%.*s/", PSX_FMT(dir)));
    if (rest.n) {
        TRY(psx_op_format(op, &first, "%.*s%.*s", PSX_FMT(dir), PSX_FMT(rest)));
        *out = scope_at(m, first, same);
        if (*out) return PSX_OK;
        if (dir.n > root) dir = parent(dir);
    }
    for (;;) {
        *out = scope_at(m, dir, same);
        if (*out || dir.n <= root) return PSX_OK;
        dir = parent(dir);
    }
}

// The origin of a blob: URL when it has one.
static psx_rc blob_origin(psx_op *op, psx_url *url)
{
    psx_url inner;
    bool ok;
    if (!psx_str_is(url->protocol, "blob:")) return PSX_OK;
    TRY(read_url(op, url->path, NULL, &inner, &ok));
    if (!ok) return PSX_OK;
    if (!psx_str_is(inner.protocol, "http:") && !psx_str_is(inner.protocol, "https:"))
        return PSX_OK;
    psx_str origin;
    TRY(psx_op_format(op, &origin, "%.*s//%.*s/", PSX_FMT(inner.protocol), PSX_FMT(inner.host)));
    return psx_url_parse(op, origin, NULL, url);
}

// The nearest scope of href: its directory and above, its scheme, "". A scope has not itself as its
// scope unless may_be_same. *out is NULL when there is none.
static psx_rc find_scope(psx_op *op, const psx_manifest *m, psx_str href, bool may_be_same,
                         const entry **out)
{
    psx_str protocol = {0};
    *out = NULL;
    if (!m->scopes.n) return PSX_OK;
    if (is_bare_scheme(href)) {
        protocol = href;
    } else if (href.n) {
        psx_url url;
        TRY(psx_url_parse(op, href, NULL, &url));
        psx_str same = may_be_same ? (psx_str){0} : url.href;
        TRY(blob_origin(op, &url));
        protocol = url.protocol;
        if (url.is_special) TRY(scope_above(op, m, &url, same, out));
        if (*out) return PSX_OK;
    }
    if (protocol.p) *out = psx_map_get(&m->scopes, protocol);
    if (*out && (may_be_same || !psx_str_eq(protocol, href))) return PSX_OK;
    *out = may_be_same || href.n ? psx_map_get(&m->scopes, PSX_STR("")) : NULL;
    return PSX_OK;
}

// ---- content ------------------------------------------------------------------------------------

psx_rc psx_manifest_resource(psx_op *op, const psx_manifest *m, psx_str url, psx_resource *out)
{
    const entry *e = psx_map_get(&m->resources, url);
    bool may_be_same = true;
    psx_str href = url;
    *out = (psx_resource){PSX_RESOURCE_NO, {0}};
    for (unsigned i = 0; i < CASCADE_MOST; i++) {
        if (!e) {
            TRY(find_scope(op, m, href, may_be_same, &e));
            if (e && !may_be_same && !e->href.n) return PSX_OK; // "" is never cascaded to
            may_be_same = false;
        }
        if (!e || e->integrity == INTEGRITY_NONE) return PSX_OK;
        if (e->integrity == INTEGRITY_ANY) out->kind = PSX_RESOURCE_ANY;
        if (e->integrity == INTEGRITY_DIGESTS)
            *out = (psx_resource){PSX_RESOURCE_ONE_OF, e->digests};
        if (e->integrity != INTEGRITY_CASCADE) return PSX_OK;
        if (e->is_scope) href = e->href;
        e = NULL;
    }
    return PSX_OK;
}

// The scope that import asks after one with "cascade": of the directory above it, and not that
// directory itself. NULL too where Node's own walk fails.
static psx_rc next_might(psx_op *op, const psx_manifest *m, const entry *scope, const entry **out)
{
    psx_url base, above;
    *out = NULL;
    if (!scope->href.n) return PSX_OK;
    if (psx_failed(psx_url_parse(op, scope->href, NULL, &base)) ||
        psx_failed(psx_url_parse(op, PSX_STR(".."), &base, &above))) {
        bool refused = op->fail.code == PSX_E_VALUE;
        if (refused) psx_fail_clear(op);
        return refused ? PSX_OK : psx_fail_nomem(op);
    }
    TRY(find_scope(op, m, above.href, false, out));
    if (*out == scope) *out = NULL;
    if (*out && !(*out)->href.n) *out = NULL; // "" ends the walk there
    return PSX_OK;
}

psx_rc psx_manifest_might(psx_op *op, const psx_manifest *m, psx_str url, bool *out)
{
    const entry *e;
    *out = psx_str_starts(url, PSX_STR("node:")) || psx_map_has(&m->resources, url);
    if (*out) return PSX_OK;
    TRY(find_scope(op, m, url, true, &e));
    for (unsigned i = 0; e && i < CASCADE_MOST; i++) {
        *out = e->integrity == INTEGRITY_ANY;
        if (e->integrity != INTEGRITY_CASCADE) return PSX_OK;
        TRY(next_might(op, m, e, &e));
    }
    return PSX_OK;
}

// ---- dependencies -------------------------------------------------------------------------------

// The last key that is this specifier wins, as it would in an object of normalised keys.
static psx_rc find_dependency(psx_op *op, const psx_manifest *m, const entry *e, psx_str specifier,
                              const psx_json **out)
{
    *out = NULL;
    for (size_t i = e->some ? e->some->n : 0; i > 0; i--) {
        psx_str key;
        TRY(canonical(op, e->some->members[i - 1].key, &m->base, &key));
        if (!psx_str_eq(key, specifier)) continue;
        *out = &e->some->members[i - 1].value;
        return PSX_OK;
    }
    return PSX_OK;
}

typedef enum { TARGET_NONE, TARGET_DEFAULT, TARGET_TO, TARGET_WRONG } target_kind;

static bool has_condition(psx_str key, const psx_str *conditions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (psx_str_eq(key, conditions[i])) return true;
    }
    return false;
}

// Conditions in the order of the file; the first that leads anywhere. JSON nests PSX_JSON_DEPTH
// deep at most.
static target_kind find_target(const psx_json *v, const psx_str *conditions, size_t n, psx_str *to)
{
    if (v->kind == PSX_JSON_STRING) {
        *to = v->string;
        return TARGET_TO;
    }
    if (v->kind == PSX_JSON_BOOL && v->boolean) return TARGET_DEFAULT;
    if (v->kind != PSX_JSON_OBJECT) return TARGET_WRONG;
    for (size_t i = 0; i < v->n; i++) {
        if (!has_condition(v->members[i].key, conditions, n)) continue;
        target_kind kind = find_target(&v->members[i].value, conditions, n, to);
        if (kind != TARGET_NONE) return kind;
    }
    return TARGET_NONE;
}

static psx_rc set_error(psx_op *op, psx_redirect *out, const char *code, const char *fmt,
                        psx_str href)
{
    psx_str message = psx_str_from(fmt);
    if (href.p) TRY(psx_op_format(op, &message, "Manifest resource %.*s %s", PSX_FMT(href), fmt));
    out->kind = PSX_REDIRECT_ERROR;
    out->error = (psx_manifest_error){"TypeError", code, message, true};
    return PSX_OK;
}

static psx_rc follow(psx_op *op, const psx_manifest *m, const entry *e, const psx_json *v,
                     const psx_str *conditions, size_t n, psx_redirect *out)
{
    psx_url url;
    psx_str to = {0};
    bool ok = false;
    target_kind kind = find_target(v, conditions, n, &to);
    if (kind == TARGET_WRONG) {
        return set_error(op, out, "ERR_MANIFEST_INVALID_RESOURCE_FIELD",
                         "has invalid property value for dependencies", e->href);
    }
    if (kind == TARGET_DEFAULT) out->kind = PSX_REDIRECT_DEFAULT;
    if (kind == TARGET_DEFAULT) return PSX_OK;
    // no condition holds: Node takes that for a URL too, and it is none
    if (kind == TARGET_TO) TRY(read_url(op, to, &m->base, &url, &ok));
    if (!ok) return set_error(op, out, "ERR_INVALID_URL", "Invalid URL", (psx_str){0});
    out->kind = PSX_REDIRECT_TO;
    out->url = url.href;
    return PSX_OK;
}

psx_rc psx_manifest_redirect(psx_op *op, const psx_manifest *m, psx_str from_url, psx_str specifier,
                             const psx_str *conditions, size_t n, psx_redirect *out)
{
    const entry *e = psx_map_get(&m->resources, from_url);
    const psx_json *v;
    psx_url from;
    *out = (psx_redirect){.kind = PSX_REDIRECT_NO};
    TRY(psx_url_parse(op, from_url, NULL, &from));
    TRY(canonical(op, specifier, &from, &specifier));
    if (!e) TRY(find_scope(op, m, from_url, true, &e));
    if (!e) e = &m->otherwise;
    for (unsigned i = 0; i < CASCADE_MOST; i++) {
        if (e->all) out->kind = PSX_REDIRECT_DEFAULT;
        if (e->all) return PSX_OK;
        TRY(find_dependency(op, m, e, specifier, &v));
        if (v) return follow(op, m, e, v, conditions, n, out);
        if (!e->cascade) return PSX_OK;
        TRY(find_scope(op, m, e->href, !e->is_scope, &e));
        if (!e) e = &m->otherwise;
    }
    return PSX_OK;
}

#include "pkg/lockfile.h"

#include "formats/json.h"

psx_str psx_lockfile_location_name(psx_str location)
{
    static const char mark[] = "node_modules/";
    const size_t n = sizeof mark - 1;
    for (size_t i = location.n; i >= n; i--) {
        bool whole = i == n || location.p[i - n - 1] == '/';
        if (whole && memcmp(location.p + i - n, mark, n) == 0) {
            return psx_str_slice(location, i, location.n);
        }
    }
    size_t slash = psx_str_find_last(location, '/');
    return slash == location.n ? location : psx_str_slice(location, slash + 1, location.n);
}

// Relative, with "/", without empty, "." and inner ".." parts: one location has one spelling.
// Leading ".." parts are npm's way to say "outside the project" (a linked folder).
static bool is_location(psx_str s)
{
    bool inside = false;
    if (!s.n || psx_str_has_nul(s) || psx_str_find(s, '\\') < s.n) return false;
    for (;;) {
        size_t slash = psx_str_find(s, '/');
        psx_str part = psx_str_slice(s, 0, slash);
        if (!part.n || psx_str_is(part, ".")) return false;
        if (psx_str_is(part, "..") && inside) return false;
        inside = !psx_str_is(part, "..");
        if (slash == s.n) return true;
        s = psx_str_slice(s, slash + 1, s.n);
    }
}

static psx_rc check_version(psx_op *op, const psx_json_doc *doc, unsigned *out)
{
    const psx_json *v = psx_json_get(&doc->root, PSX_STR("lockfileVersion"));
    psx_rc rc;
    if (!v) {
        rc = psx_json_fail(op, doc, 0, PSX_E_UNSUPPORTED,
                           "no \"lockfileVersion\": this is not a lockfile of npm 7 or newer");
        psx_fail_suggest(op, "write it again with: npm install --package-lock-only");
        return rc;
    }
    if (v->kind == PSX_JSON_NUMBER && (v->number == 2 || v->number == 3)) {
        *out = (unsigned)v->number;
        return PSX_OK;
    }
    if (v->kind == PSX_JSON_NUMBER && v->number == 1) {
        rc = psx_json_fail(op, doc, v->at, PSX_E_UNSUPPORTED,
                           "lockfile version 1 does not say where packages lie");
        psx_fail_suggest(op, "bring it up to date with npm 7 or newer: "
                             "npm install --package-lock-only");
        return rc;
    }
    if (v->kind == PSX_JSON_NUMBER) {
        rc = psx_json_fail(op, doc, v->at, PSX_E_UNSUPPORTED,
                           "lockfile version %.*s is not known here; versions 2 and 3 are",
                           PSX_FMT(v->string));
        psx_fail_suggest(op, "write it again with: "
                             "npm install --package-lock-only --lockfile-version=3");
        return rc;
    }
    return psx_json_fail(op, doc, v->at, PSX_E_TYPE, "\"lockfileVersion\" must be a number, not %s",
                         psx_json_kind_name(v->kind));
}

static psx_rc get_text(psx_op *op, const psx_json_doc *doc, const psx_json *entry, const char *key,
                       psx_str *out)
{
    const psx_json *v = psx_json_get(entry, psx_str_from(key));
    *out = PSX_STR("");
    if (!v) return PSX_OK;
    if (v->kind != PSX_JSON_STRING) {
        // Bundled and linked entries of old lockfiles carry `"resolved": false`.
        if (v->kind == PSX_JSON_BOOL) return PSX_OK;
        return psx_json_fail(op, doc, v->at, PSX_E_TYPE, "\"%s\" must be a string, not %s", key,
                             psx_json_kind_name(v->kind));
    }
    *out = v->string;
    return PSX_OK;
}

static psx_rc read_entry(psx_op *op, const psx_json_doc *doc, const psx_json_member *m,
                         psx_lockfile_entry *e)
{
    const psx_json *v = &m->value;
    e->location = m->key;
    TRY(get_text(op, doc, v, "name", &e->name));
    TRY(get_text(op, doc, v, "version", &e->version));
    TRY(get_text(op, doc, v, "integrity", &e->integrity));
    TRY(get_text(op, doc, v, "resolved", &e->resolved));
    e->dev = psx_json_get_bool(v, PSX_STR("dev"));
    e->optional = psx_json_get_bool(v, PSX_STR("optional"));
    e->has_scripts = psx_json_get_bool(v, PSX_STR("hasInstallScript"));
    e->bundled = psx_json_get_bool(v, PSX_STR("inBundle"));
    return PSX_OK;
}

// `"node_modules/x": {"link": true, "resolved": "packages/x"}` names the package at packages/x.
static psx_rc follow_link(psx_op *op, const psx_json_doc *doc, const psx_json_member *m,
                          psx_map *by_location)
{
    const psx_json *target = psx_json_get(&m->value, PSX_STR("resolved"));
    if (!target || target->kind != PSX_JSON_STRING || !is_location(target->string)) {
        return psx_json_fail(op, doc, m->key_at, PSX_E_VALUE,
                             "the link \"%.*s\" does not say where it leads", PSX_FMT(m->key));
    }
    psx_lockfile_entry *e = psx_map_get(by_location, target->string);
    if (e && !e->name.n) e->name = psx_lockfile_location_name(m->key);
    return PSX_OK;
}

static psx_rc read_packages(psx_op *op, const psx_json_doc *doc, const psx_json *packages,
                            psx_lockfile *lock)
{
    psx_map by_location;
    psx_map_init(&by_location, op);
    lock->entries = PSX_ARRAY(op, psx_lockfile_entry, packages->n);
    if (!lock->entries) return psx_fail_nomem(op);
    for (uint32_t i = 0; i < packages->n; i++) {
        const psx_json_member *m = &packages->members[i];
        if (!m->key.n) continue; // the project itself
        if (!is_location(m->key)) {
            return psx_json_fail(op, doc, m->key_at, PSX_E_VALUE,
                                 "\"%.*s\" is not a location under the project", PSX_FMT(m->key));
        }
        if (m->value.kind != PSX_JSON_OBJECT) {
            return psx_json_fail(op, doc, m->value.at, PSX_E_TYPE,
                                 "a package must be an object, not %s",
                                 psx_json_kind_name(m->value.kind));
        }
        if (psx_json_get_bool(&m->value, PSX_STR("link"))) continue;
        psx_lockfile_entry *e = &lock->entries[lock->n++];
        TRY(read_entry(op, doc, m, e));
        TRY(psx_map_put(&by_location, e->location, e));
    }
    for (uint32_t i = 0; i < packages->n; i++) {
        const psx_json_member *m = &packages->members[i];
        if (m->key.n && psx_json_get_bool(&m->value, PSX_STR("link"))) {
            TRY(follow_link(op, doc, m, &by_location));
        }
    }
    for (size_t i = 0; i < lock->n; i++) {
        psx_lockfile_entry *e = &lock->entries[i];
        if (!e->name.n) e->name = psx_lockfile_location_name(e->location);
    }
    return PSX_OK;
}

psx_rc psx_lockfile_parse(psx_op *op, psx_str bytes, psx_str file_name, psx_lockfile **out)
{
    psx_json_doc *doc;
    TRY(psx_json_parse(op, bytes, file_name, PSX_LOCKFILE_MAX_BYTES, &doc));
    psx_lockfile *lock = PSX_NEW(op, psx_lockfile);
    if (!lock) return psx_fail_nomem(op);
    if (doc->root.kind != PSX_JSON_OBJECT) {
        return psx_json_fail(op, doc, 0, PSX_E_TYPE, "a lockfile must be an object, not %s",
                             psx_json_kind_name(doc->root.kind));
    }
    TRY(check_version(op, doc, &lock->version));
    const psx_json *packages = psx_json_get(&doc->root, PSX_STR("packages"));
    if (!packages || packages->kind != PSX_JSON_OBJECT) {
        return psx_json_fail(op, doc, packages ? packages->at : 0, PSX_E_MISSING,
                             "a lockfile must have an object \"packages\"");
    }
    TRY(read_packages(op, doc, packages, lock));
    lock->text = bytes;
    lock->file_name = file_name;
    *out = lock;
    return PSX_OK;
}

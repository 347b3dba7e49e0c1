#include "trust/system.h"

#include "formats/json.h"

enum { NEAR = 3 }; // how far a misspelt key may be from the one that is suggested
static const uint64_t SERIAL_MAX = 9007199254740991u; // as in a policy

typedef struct {
    psx_op *op;
    const psx_json_doc *doc;
    psx_trust_system *system;
} reader;

static psx_rc fail_at(const reader *r, uint32_t at, psx_error code, const char *what, psx_str about)
{
    return psx_json_fail(r->op, r->doc, at, code, "%s%.*s", what, PSX_FMT(about));
}

static psx_rc read_flag(const reader *r, const psx_json_member *m, bool *out)
{
    if (m->value.kind != PSX_JSON_BOOL) {
        return psx_json_fail(r->op, r->doc, m->value.at, PSX_E_TYPE,
                             "\"%.*s\" is true or false, not %s", PSX_FMT(m->key),
                             psx_json_kind_name(m->value.kind));
    }
    *out = m->value.boolean;
    return PSX_OK;
}

// Absolute, and every component a name: nothing that could lead elsewhere than it reads.
static bool is_plain_path(psx_str path)
{
    if (path.n < 2 || path.p[0] != '/' || psx_str_has_nul(path)) return false;
    while (path.n) {
        path = psx_str_slice(path, 1, path.n);
        size_t end = psx_str_find(path, '/');
        psx_str part = psx_str_slice(path, 0, end);
        if (!part.n || psx_str_is(part, ".") || psx_str_is(part, "..")) return false;
        path = psx_str_slice(path, end, path.n);
    }
    return true;
}

static psx_rc read_anchors(const reader *r, const psx_json *v)
{
    psx_trust_system *s = r->system;
    if (v->kind != PSX_JSON_ARRAY) {
        return fail_at(r, v->at, PSX_E_TYPE, "\"anchors\" is a list of paths, not ",
                       psx_str_from(psx_json_kind_name(v->kind)));
    }
    s->has_anchors = true;
    s->anchors = PSX_ARRAY(r->op, psx_str, v->n);
    if (!s->anchors) return psx_fail_nomem(r->op);
    for (size_t i = 0; i < v->n; i++) {
        const psx_json *item = &v->items[i];
        psx_str path = item->kind == PSX_JSON_STRING ? item->string : (psx_str){0};
        if (path.n > 1 && psx_str_ends(path, PSX_STR("/"))) path.n--;
        if (!is_plain_path(path)) {
            return fail_at(r, item->at, PSX_E_VALUE,
                           "an anchor is the absolute path of a PEM file or of a directory of "
                           "them, without \".\", \"..\" or \"//\"",
                           (psx_str){0});
        }
        s->anchors[s->n_anchors++] = path;
    }
    return PSX_OK;
}

static psx_rc read_minimum(const reader *r, const psx_json_member *m, psx_trust_minimum *out)
{
    const psx_json *v = &m->value;
    if (!psx_str_is(m->key, "*") && !is_plain_path(m->key)) {
        return fail_at(r, m->key_at, PSX_E_VALUE,
                       "\"minimumSerials\" names a policy file by its real, absolute path, or all "
                       "of them by \"*\", not ",
                       m->key);
    }
    bool whole = v->kind == PSX_JSON_NUMBER && psx_str_to_u64(v->string, &out->serial);
    if (!whole || out->serial > SERIAL_MAX) {
        return fail_at(r, v->at, PSX_E_VALUE, "a serial is a whole number from 0 up", (psx_str){0});
    }
    out->path = m->key;
    return PSX_OK;
}

static psx_rc read_minimums(const reader *r, const psx_json *v)
{
    psx_trust_system *s = r->system;
    if (v->kind != PSX_JSON_OBJECT) {
        return fail_at(r, v->at, PSX_E_TYPE, "\"minimumSerials\" is an object, not ",
                       psx_str_from(psx_json_kind_name(v->kind)));
    }
    s->minimums = PSX_ARRAY(r->op, psx_trust_minimum, v->n);
    if (!s->minimums) return psx_fail_nomem(r->op);
    for (size_t i = 0; i < v->n; i++) {
        TRY(read_minimum(r, &v->members[i], &s->minimums[i]));
        s->n_minimums++;
    }
    return PSX_OK;
}

static psx_rc fail_unknown(const reader *r, const psx_json_member *m)
{
    static const char *const keys[] = {"enforceCodeIntegrity", "disableInteractive",
                                       "forbidAmbient",        "forbidBuiltins",
                                       "requireBox",           "anchors",
                                       "minimumSerials"};
    psx_rc rc = fail_at(r, m->key_at, PSX_E_UNKNOWN_KEY, "there is no such demand: ", m->key);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (psx_str_distance(m->key, psx_str_from(keys[i]), NEAR) > NEAR) continue;
        psx_fail_suggest(r->op, "did you mean \"%s\"?", keys[i]);
    }
    return rc;
}

static psx_rc read_member(const reader *r, const psx_json_member *m)
{
    psx_trust_system *s = r->system;
    if (psx_str_is(m->key, "enforceCodeIntegrity")) return read_flag(r, m, &s->enforce);
    if (psx_str_is(m->key, "disableInteractive")) return read_flag(r, m, &s->disable_interactive);
    if (psx_str_is(m->key, "forbidAmbient")) return read_flag(r, m, &s->forbid_ambient);
    if (psx_str_is(m->key, "forbidBuiltins")) return read_flag(r, m, &s->forbid_builtins);
    if (psx_str_is(m->key, "requireBox")) return read_flag(r, m, &s->require_box);
    if (psx_str_is(m->key, "anchors")) return read_anchors(r, &m->value);
    if (psx_str_is(m->key, "minimumSerials")) return read_minimums(r, &m->value);
    return fail_unknown(r, m);
}

psx_rc psx_trust_system_parse(psx_op *op, psx_str bytes, psx_str name, psx_trust_system **out)
{
    psx_json_doc *doc;
    TRY(psx_json_parse(op, bytes, name, PSX_TRUST_SYSTEM_MAX_BYTES, &doc));
    reader r = {op, doc, PSX_NEW(op, psx_trust_system)};
    if (!r.system) return psx_fail_nomem(op);
    if (doc->root.kind != PSX_JSON_OBJECT) {
        return fail_at(&r, doc->root.at, PSX_E_TYPE, "the file is an object, not ",
                       psx_str_from(psx_json_kind_name(doc->root.kind)));
    }
    for (size_t i = 0; i < doc->root.n; i++) {
        TRY(read_member(&r, &doc->root.members[i]));
    }
    *out = r.system;
    return PSX_OK;
}

bool psx_trust_system_minimum(const psx_trust_system *system, psx_str path, uint64_t *serial)
{
    bool found = false;
    for (size_t i = 0; system && i < system->n_minimums; i++) {
        const psx_trust_minimum *m = &system->minimums[i];
        if (!psx_str_is(m->path, "*") && !psx_str_eq(m->path, path)) continue;
        if (!found || m->serial > *serial) *serial = m->serial;
        found = true;
    }
    return found;
}

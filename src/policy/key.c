// Keys under "packages": "*", name, name@range, or a location under the project.
#include "policy/model.h"

static psx_rc bad_key(psx_op *op, psx_str key, const char *why)
{
    return psx_fail(op, PSX_E_VALUE, "the key \"%.*s\" %s", PSX_FMT(key), why);
}

static bool has_odd_byte(psx_str key)
{
    for (size_t i = 0; i < key.n; i++) {
        if (psx_str_control(key, i) || key.p[i] == '\\') return true;
    }
    return false;
}

// Where the "@" before the range is, or key.n. A scope's "@" in front is not it.
static size_t range_at(psx_str key)
{
    for (size_t i = 1; i < key.n; i++) {
        if (key.p[i] == '@') return i;
    }
    return key.n;
}

// A scoped name has one slash, behind "@"; every other slash makes a location.
static bool is_location(psx_str key)
{
    psx_str name = psx_str_slice(key, 0, range_at(key));
    size_t slash = psx_str_find(name, '/');
    if (slash == name.n) return false;
    if (key.p[0] != '@') return true;
    return psx_str_find(psx_str_slice(name, slash + 1, name.n), '/') + slash + 1 < name.n;
}

static psx_rc parse_location(psx_op *op, psx_str key, psx_policy_key_parts *out)
{
    psx_str rest = key;
    if (psx_str_starts(rest, PSX_STR("./"))) rest = psx_str_slice(rest, 2, rest.n);
    if (rest.n && rest.p[rest.n - 1] == '/') rest.n--;
    out->kind = KEY_LOCATION;
    out->name = rest;
    if (rest.n == 0) return bad_key(op, key, "is the project itself; its grants stand in \"app\"");
    for (size_t i = 0; i <= rest.n;) {
        psx_str part =
            psx_str_slice(rest, i, i + psx_str_find(psx_str_slice(rest, i, rest.n), '/'));
        if (part.n == 0 || psx_str_is(part, ".") || psx_str_is(part, "..")) {
            return bad_key(op, key, "is not a plain path under the project");
        }
        i += part.n + 1;
    }
    return PSX_OK;
}

psx_rc psx_policy_parse_key(psx_op *op, psx_str key, psx_policy_key_parts *out)
{
    *out = (psx_policy_key_parts){.kind = KEY_ALL, .name = key};
    if (key.n == 0) return bad_key(op, key, "is empty; grants to the project stand in \"app\"");
    if (has_odd_byte(key)) return bad_key(op, key, "has a character that no package name has");
    if (psx_str_is(key, "*")) return PSX_OK;
    if (psx_str_starts(key, PSX_STR("./")) || is_location(key)) return parse_location(op, key, out);
    size_t at = range_at(key);
    out->name = psx_str_slice(key, 0, at);
    out->kind = KEY_NAME;
    if (psx_str_find(out->name, ' ') < out->name.n || psx_str_find(out->name, '*') < out->name.n) {
        return bad_key(op, key, "is not a package name; \"*\" alone means every package");
    }
    if (key.p[0] == '@' && psx_str_find(out->name, '/') == out->name.n) {
        return bad_key(op, key, "is a scope without a name");
    }
    if (at == key.n) return PSX_OK;
    out->kind = KEY_RANGE;
    if (at + 1 == key.n) return bad_key(op, key, "has no version behind \"@\"");
    return psx_semver_range_parse(op, psx_str_slice(key, at + 1, key.n), &out->range);
}

bool psx_policy_key_fits(const psx_policy_key_parts *parts, const psx_policy_subject *subject)
{
    psx_semver v;
    if (parts->kind == KEY_APP || subject->location.n == 0) {
        return parts->kind == KEY_APP && subject->location.n == 0;
    }
    if (parts->kind == KEY_LOCATION) return psx_str_eq(parts->name, subject->location);
    // A directory the lockfile does not know may call itself whatever it likes.
    if (!subject->listed) return false;
    if (parts->kind == KEY_ALL) return true;
    if (!psx_str_eq(parts->name, subject->name)) return false;
    if (parts->kind == KEY_NAME) return true;
    return psx_semver_parse(subject->version, &v) && psx_semver_matches(parts->range, &v);
}

bool psx_policy_key_matches(psx_str key, const psx_policy_subject *subject)
{
    psx_op op;
    psx_policy_key_parts parts = {.kind = KEY_APP};
    if (psx_str_is(key, "app") && subject->location.n == 0) return true;
    psx_op_init(&op, 1u << 16);
    bool fits =
        !psx_failed(psx_policy_parse_key(&op, key, &parts)) && psx_policy_key_fits(&parts, subject);
    psx_op_fini(&op);
    return fits;
}

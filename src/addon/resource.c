#include "addon/resource.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "formats/url.h"

enum { SCRATCH = 64 << 20, CONDITIONS_MOST = 64 };

// ---- refusing -----------------------------------------------------------------------------------

static void say(const psx_refusal *why)
{
    char line[1200];
    int n = snprintf(line, sizeof line, "%s [%s]: %s\n", why->name, why->code, why->why);
    if (n <= 0) return;
    if ((size_t)n >= sizeof line) n = sizeof line - 1;
    if (write(STDERR_FILENO, line, (size_t)n) < 0) return;
}

// What Node would have thrown, and whether "onerror" lets it pass all the same.
static bool refuse(const psx_policy *policy, const psx_manifest_error *e, psx_refusal *why)
{
    psx_onerror onerror = psx_policy_onerror(policy);
    why->name = e->name;
    why->code = e->code;
    why->exits = !e->is_final && onerror == PSX_ONERROR_EXIT;
    snprintf(why->why, sizeof why->why, "%.*s", PSX_FMT(e->message));
    if (e->is_final || onerror != PSX_ONERROR_LOG) return false;
    say(why);
    *why = (psx_refusal){0};
    return true;
}

// An error that nobody foresaw refuses.
static bool failed(const psx_op *op, psx_refusal *why)
{
    *why = (psx_refusal){.name = "Error", .code = "ERR_MANIFEST_ASSERT_INTEGRITY"};
    psx_fail_text(op, why->why, sizeof why->why);
    return false;
}

// ---- content ------------------------------------------------------------------------------------

static psx_rc mismatch(psx_op *op, psx_str url, const psx_sri *sri, psx_str bytes,
                       psx_manifest_error *out)
{
    psx_buf b;
    bool listed[PSX_SRI_ALGORITHMS] = {false};
    psx_buf_init(&b, op);
    TRY(psx_buf_format(&b, "The content of \"%.*s\" does not match the expected integrity.",
                       PSX_FMT(url)));
    TRY(psx_buf_text(&b, sri->n ? " Integrities found are:"
                                : " The resource was not found in the policy."));
    for (size_t i = 0; i < sri->n; i++) {
        psx_str found;
        if (listed[sri->v[i].algorithm]) continue;
        listed[sri->v[i].algorithm] = true;
        TRY(psx_digest_sri(op, sri->v[i].algorithm, bytes, &found));
        TRY(psx_buf_format(&b, " %.*s", PSX_FMT(found)));
    }
    *out = (psx_manifest_error){"Error", "ERR_MANIFEST_ASSERT_INTEGRITY", psx_buf_str(&b), false};
    return PSX_OK;
}

// out->name stays NULL when all is well.
static psx_rc compare(psx_op *op, const psx_manifest *m, psx_str url, psx_str bytes,
                      psx_manifest_error *out)
{
    psx_resource r;
    psx_sri sri = {0};
    *out = (psx_manifest_error){0};
    TRY(psx_manifest_resource(op, m, url, &r));
    if (r.kind == PSX_RESOURCE_ANY) return PSX_OK;
    if (r.kind == PSX_RESOURCE_ONE_OF && psx_failed(psx_sri_parse(op, r.integrity, &sri))) {
        psx_str message = psx_str_from(op->fail.message);
        TRY(psx_op_copy(op, message, &message));
        psx_fail_clear(op);
        *out = (psx_manifest_error){"SyntaxError", "ERR_SRI_PARSE", message, true};
        return PSX_OK;
    }
    if (sri.n && psx_digest_matches(&sri, bytes)) return PSX_OK;
    return mismatch(op, url, &sri, bytes, out);
}

bool psx_resource_allows(const psx_policy *policy, psx_str url, psx_str bytes, psx_refusal *why)
{
    psx_op op;
    psx_url u;
    psx_manifest_error e = {0};
    psx_op_init(&op, SCRATCH);
    psx_rc rc = psx_url_parse(&op, url, NULL, &u);
    if (!psx_failed(rc)) rc = compare(&op, psx_policy_manifest(policy), u.href, bytes, &e);
    bool ok = psx_failed(rc) ? failed(&op, why) : !e.name || refuse(policy, &e, why);
    psx_op_fini(&op);
    return ok;
}

bool psx_resource_allows_file(const psx_policy *policy, psx_str path, psx_str bytes,
                              psx_refusal *why)
{
    psx_op op;
    psx_url u;
    psx_op_init(&op, SCRATCH);
    bool ok = psx_failed(psx_url_of_path(&op, path, &u))
                  ? failed(&op, why)
                  : psx_resource_allows(policy, u.href, bytes, why);
    psx_op_fini(&op);
    return ok;
}

// ---- dependencies -------------------------------------------------------------------------------

static size_t split_conditions(psx_str text, psx_str out[CONDITIONS_MOST])
{
    size_t n = 0;
    while (text.n && n < CONDITIONS_MOST) {
        size_t end = psx_str_search(text, PSX_STR(", "));
        out[n++] = psx_str_slice(text, 0, end);
        text = psx_str_slice(text, end + 2, text.n);
    }
    return n;
}

static psx_rc from_url(psx_op *op, const psx_resource_request *r, psx_url *out)
{
    return r->asker == PSX_ASKS_URL ? psx_url_parse(op, r->from, NULL, out)
                                    : psx_url_of_path(op, r->from, out);
}

static psx_rc missing(psx_op *op, const psx_resource_request *r, const char *conditions,
                      psx_manifest_error *out)
{
    psx_url url;
    psx_str shown = r->from;
    if (r->asker == PSX_ASKS_IMPORT) TRY(from_url(op, r, &url));
    if (r->asker == PSX_ASKS_IMPORT) shown = url.href;
    if (r->shown.p) shown = r->shown;
    *out = (psx_manifest_error){"Error", "ERR_MANIFEST_DEPENDENCY_MISSING", {0}, false};
    return psx_op_format(op, &out->message,
                         "Manifest resource %.*s does not list %.*s as a dependency specifier for "
                         "conditions: %s",
                         PSX_FMT(shown), PSX_FMT(r->specifier), conditions);
}

static psx_rc redirect(psx_op *op, const psx_policy *policy, const psx_resource_request *r,
                       psx_str *to, psx_manifest_error *e)
{
    psx_url from;
    psx_redirect found;
    psx_str conditions[CONDITIONS_MOST], text;
    size_t n = split_conditions(r->conditions, conditions);
    *to = (psx_str){0};
    TRY(from_url(op, r, &from));
    TRY(psx_manifest_redirect(op, psx_policy_manifest(policy), from.href, r->specifier, conditions,
                              n, &found));
    if (found.kind == PSX_REDIRECT_DEFAULT) return PSX_OK;
    if (found.kind == PSX_REDIRECT_ERROR) *e = found.error;
    if (found.kind == PSX_REDIRECT_ERROR) return PSX_OK;
    bool usable = found.kind == PSX_REDIRECT_TO;
    // require knows files and builtins only
    if (usable && r->asker == PSX_ASKS_REQUIRE) {
        usable = psx_str_starts(found.url, PSX_STR("node:")) ||
                 psx_str_starts(found.url, PSX_STR("file:"));
    }
    if (usable) *to = found.url;
    if (usable) return PSX_OK;
    TRY(psx_op_copy(op, r->conditions, &text));
    return missing(op, r, text.p ? text.p : "", e);
}

bool psx_resource_redirect(psx_op *op, const psx_policy *policy, const psx_resource_request *r,
                           psx_str *to, psx_refusal *why)
{
    psx_manifest_error e = {0};
    if (psx_failed(redirect(op, policy, r, to, &e))) return failed(op, why);
    return !e.name || refuse(policy, &e, why);
}

// As Node shows the list: "[ 'node', 'import', 'node-addons' ]".
static psx_rc show_conditions(psx_op *op, psx_str text, const char **out)
{
    psx_buf b;
    psx_str conditions[CONDITIONS_MOST];
    size_t n = split_conditions(text, conditions);
    psx_buf_init(&b, op);
    for (size_t i = 0; i < n; i++) {
        TRY(psx_buf_format(&b, "%s'%.*s'", i ? ", " : "[ ", PSX_FMT(conditions[i])));
    }
    TRY(psx_buf_text(&b, n ? " ]" : "[]"));
    return psx_buf_cstr(&b, out);
}

static psx_rc might(psx_op *op, const psx_policy *policy, const psx_resource_request *r,
                    psx_str url, psx_manifest_error *e)
{
    psx_url u;
    bool may;
    const char *conditions;
    TRY(psx_str_starts(url, PSX_STR("/")) ? psx_url_of_path(op, url, &u)
                                          : psx_url_parse(op, url, NULL, &u));
    TRY(psx_manifest_might(op, psx_policy_manifest(policy), u.href, &may));
    if (may) return PSX_OK;
    TRY(show_conditions(op, r->conditions, &conditions));
    return missing(op, r, conditions, e);
}

bool psx_resource_might(const psx_policy *policy, const psx_resource_request *r, psx_str url,
                        psx_refusal *why)
{
    psx_op op;
    psx_manifest_error e = {0};
    psx_op_init(&op, SCRATCH);
    psx_rc rc = might(&op, policy, r, url, &e);
    bool ok = psx_failed(rc) ? failed(&op, why) : !e.name || refuse(policy, &e, why);
    psx_op_fini(&op);
    return ok;
}

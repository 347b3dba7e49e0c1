// psx.node's part for the manifest: what runtime/ asks before it follows a specifier, and before it
// runs a text that is no file.
#include "addon/args.h"

#include "addon/addon.h"
#include "addon/resource.h"

enum { SCRATCH = 64 << 20 };

static napi_value js_has_manifest(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "hasManifest", 0);
    bool has = !a.failed && psx_policy_manifest(s->monitor->policy);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, has);
}

static const psx_policy *manifest_policy(psx_args *a, const psx_state *s)
{
    if (!a->failed && !psx_policy_manifest(s->monitor->policy))
        psx_args_fail(a, "there is no manifest");
    return a->failed ? NULL : s->monitor->policy;
}

// from, asker, specifier, conditions, and how messages call `from`
static psx_resource_request arg_request(psx_args *a)
{
    psx_resource_request r = {.from = psx_args_str(a, 0),
                              .asker = psx_args_uint(a, 1, PSX_ASKS_IMPORT + 1)};
    r.specifier = psx_args_str(a, 2);
    r.conditions = psx_args_str(a, 3);
    if (!a->failed && psx_args_has(a, 4)) r.shown = psx_args_str(a, 4);
    return r;
}

static napi_value js_redirect(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_op op;
    psx_str to = {0};
    psx_refusal why = {0};
    psx_state *s = psx_addon_begin_alone(&a, env, info, "redirect", 4);
    const psx_policy *policy = manifest_policy(&a, s);
    psx_resource_request r = arg_request(&a);
    psx_op_init(&op, SCRATCH);
    if (!a.failed && !psx_resource_redirect(&op, policy, &r, &to, &why)) psx_addon_refuse(&a, &why);
    napi_value v = NULL;
    if (!a.failed) v = to.p ? psx_value_str(env, to) : psx_value_bool(env, true);
    psx_op_fini(&op);
    psx_args_end(&a);
    return v;
}

static napi_value js_might(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_refusal why = {0};
    psx_state *s = psx_addon_begin_alone(&a, env, info, "might", 6);
    const psx_policy *policy = manifest_policy(&a, s);
    psx_resource_request r = arg_request(&a);
    psx_str url = psx_args_str(&a, 5);
    if (!a.failed && !psx_resource_might(policy, &r, url, &why)) psx_addon_refuse(&a, &why);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_undefined(env);
}

// The content of a URL, or of what would be a file of that path.
static napi_value js_vouch(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_refusal why = {0};
    psx_state *s = psx_addon_begin_alone(&a, env, info, "vouch", 2);
    const psx_policy *policy = manifest_policy(&a, s);
    psx_str at = psx_args_str(&a, 0), text = psx_args_str(&a, 1);
    bool file = psx_str_starts(at, PSX_STR("/")), ok = true;
    if (!a.failed) {
        ok = file ? psx_resource_allows_file(policy, at, text, &why)
                  : psx_resource_allows(policy, at, text, &why);
    }
    if (!ok) psx_addon_refuse(&a, &why);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_undefined(env);
}

const psx_addon_function psx_addon_manifest_functions[] = {
    {"hasManifest", js_has_manifest},
    {"redirect", js_redirect},
    {"might", js_might},
    {"vouch", js_vouch},
    {NULL, NULL},
};

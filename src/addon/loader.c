// The loader's half of psx.node: reading, scanning, caching.
#include "addon/args.h"

#include <errno.h>
#include <fcntl.h>

#include "addon/addon.h"
#include "os/beneath.h"
#include "os/memfd.h"
#include "scan/scan.h"

enum { SCAN_BYTES = 1 << 30 };

// Nothing of the program has run yet, or the program itself is refused: no script can handle that.
static void refuse_start(psx_process *all, const char *why)
{
    (void)!write(STDERR_FILENO, "npsx: ", 6);
    (void)!write(STDERR_FILENO, why, strlen(why));
    (void)!write(STDERR_FILENO, "\n", 1);
    pthread_mutex_lock(&all->lock);
    psx_addon_finish(all);
    _exit(126);
}

// What must not become code is an Error; a pinned program that is not what it was does not start.
static void refuse(psx_args *a, psx_state *s, psx_str path)
{
    psx_process *all = psx_process_of();
    const psx_refusal *why = &s->sources.refusal;
    // one of Node's manifests refuses as Node did, the main script too
    bool as_node = why->name && psx_policy_is_node_manifest(s->monitor->policy);
    bool main = s->thread == 1 && psx_str_eq(path, s->monitor->plan.main);
    bool first = main || !atomic_load(&all->began);
    if (first && (why->ends || (why->name && !as_node))) refuse_start(all, why->why);
    psx_addon_refuse(a, why);
    s->sources.refusal = (psx_refusal){0};
}

// ---- what is there ------------------------------------------------------------------------------

// The list of pins answers for what it lists: a file that was taken away is found, and then
// refused, where the search would have gone on to another one.
static psx_os_kind kind_of(psx_args *a, psx_state *s, psx_str path)
{
    const psx_vouch *v = s->sources.vouch;
    psx_pinned_kind pinned = v->has_pins ? psx_pinned_kind_of(&v->pinned, path) : PSX_PINNED_ASK;
    if (pinned == PSX_PINNED_A_FILE) return PSX_OS_FILE;
    if (pinned == PSX_PINNED_A_DIR) return PSX_OS_DIR;
    psx_os_kind kind = psx_os_kind_of(path.p);
    if (pinned == PSX_PINNED_A_LINK && kind == PSX_OS_NOTHING &&
        !psx_vouch_absent(v, path, &s->sources.refusal))
        refuse(a, s, path);
    return kind;
}

static napi_value js_kind(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_os_kind kind = PSX_OS_NOTHING;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "kind", 1);
    psx_str path = psx_args_str(&a, 0);
    if (!a.failed && path.n && !psx_str_has_nul(path)) kind = kind_of(&a, s, path);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_int(env, (int32_t)kind);
}

static napi_value js_realpath(napi_env env, napi_callback_info info)
{
    psx_args a;
    char real[PSX_LEXPATH_MAX];
    int n = -1;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "realpath", 1);
    psx_str path = psx_args_str(&a, 0);
    if (!a.failed && path.n && !psx_str_has_nul(path))
        n = psx_os_realpath(path.p, real, sizeof real);
    psx_str to = {real, n > 0 ? (size_t)n : 0};
    if (n > 0 && !psx_str_eq(to, path) &&
        !psx_vouch_way(s->sources.vouch, path, to, &s->sources.refusal))
        refuse(&a, s, path);
    psx_args_end(&a);
    if (a.failed) return NULL;
    return n < 0 ? psx_value_undefined(env) : psx_value_str(env, (psx_str){real, (size_t)n});
}

// ---- what the scanner found ---------------------------------------------------------------------

static void set(napi_env env, napi_value object, const char *key, napi_value v)
{
    if (v) napi_set_named_property(env, object, key, v);
}

// A Buffer over the pack's own memory, which stays as long as the addon does. Where the engine
// wants no foreign memory, a copy.
static napi_value code_value(napi_env env, psx_str code)
{
    napi_value v = NULL;
    void *p = (void *)(uintptr_t)code.p;
    if ((uintptr_t)p % 16 == 0 &&
        napi_create_external_buffer(env, code.n, p, NULL, NULL, &v) == napi_ok)
        return v;
    if (napi_create_buffer_copy(env, code.n, p, NULL, &v) != napi_ok) return NULL;
    return v;
}

static napi_value entry_value(napi_env env, const psx_pack_facts *f, const psx_str *code)
{
    napi_value v = NULL;
    if (napi_create_object(env, &v) != napi_ok) return NULL;
    set(env, v, "flags", psx_value_int(env, (int32_t)f->flags));
    set(env, v, "kind", psx_value_int(env, (int32_t)f->kind));
    set(env, v, "free", psx_value_str(env, f->free));
    set(env, v, "assigned", psx_value_str(env, f->assigned));
    set(env, v, "exports", psx_value_str(env, f->exports));
    set(env, v, "reexports", psx_value_str(env, f->reexports));
    set(env, v, "code", code ? code_value(env, *code) : psx_value_undefined(env));
    return v;
}

static uint32_t flags_of(const psx_scan *s)
{
    const bool bits[] = {
        s->has_esm_syntax, s->has_top_level_await, s->calls_function_ctor,
        s->mentions_eval,  s->mentions_stack_api,  s->parse_errors,
        s->is_strict,      s->has_dynamic_import,  s->redeclares_commonjs,
    };
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        flags |= (uint32_t)bits[i] << i;
    }
    return flags;
}

static psx_rc join(psx_op *op, psx_scan_names names, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    for (size_t i = 0; i < names.n; i++) {
        if (i) TRY(psx_buf_byte(&b, ','));
        TRY(psx_buf_add(&b, names.at[i]));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc scan_facts(psx_op *op, psx_str source, psx_scan_kind kind, psx_pack_facts *out)
{
    psx_scan *s;
    TRY(psx_scan_source(op, source, kind, &s));
    out->flags = flags_of(s);
    out->kind = kind;
    TRY(join(op, s->free, &out->free));
    TRY(join(op, s->assigned, &out->assigned));
    TRY(join(op, s->exports, &out->exports));
    return join(op, s->reexports, &out->reexports);
}

// Scanning is done alone; the pack is everybody's.
static void keep_facts(psx_pack *pack, const psx_digest *digest, const psx_pack_facts *facts)
{
    pthread_mutex_t *lock = &psx_process_of()->lock;
    if (!pack) return;
    pthread_mutex_lock(lock);
    psx_pack_put_facts(pack, digest, facts);
    pthread_mutex_unlock(lock);
}

static bool known_facts(psx_pack *pack, const psx_digest *digest, psx_pack_facts *facts,
                        psx_str *code)
{
    pthread_mutex_t *lock = &psx_process_of()->lock;
    *code = (psx_str){0};
    if (!pack) return false;
    pthread_mutex_lock(lock);
    bool found = psx_pack_facts_of(pack, digest, facts);
    if (found && !psx_pack_code_of(pack, digest, (psx_str){0}, code)) *code = (psx_str){0};
    pthread_mutex_unlock(lock);
    return found;
}

// Scans and, when it has a digest, keeps what was found.
static napi_value scan_value(psx_args *a, psx_state *s, psx_str source, psx_scan_kind kind,
                             const psx_digest *digest)
{
    psx_op op;
    psx_pack_facts facts;
    char why[1024];
    napi_value v = NULL;
    psx_op_init(&op, SCAN_BYTES);
    if (psx_failed(scan_facts(&op, source, kind, &facts))) {
        psx_fail_text(&op, why, sizeof why);
        psx_args_throw(a, why);
    } else {
        if (digest) keep_facts(s->sources.pack, digest, &facts);
        v = entry_value(a->env, &facts, NULL);
    }
    psx_op_fini(&op);
    return v;
}

static psx_source_token *arg_token(psx_args *a, psx_state *s)
{
    uint32_t i = psx_args_uint(a, 0, s ? s->sources.n : 0);
    return a->failed ? NULL : psx_sources_get(&s->sources, i);
}

static napi_value js_scan(napi_env env, napi_callback_info info)
{
    psx_args a;
    napi_value v = NULL;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "scan", 2);
    psx_source_token *t = arg_token(&a, s);
    psx_scan_kind kind = psx_args_uint(&a, 1, PSX_SCAN_MODULE + 1);
    if (!a.failed && !t->bytes) psx_args_throw(&a, "psx.scan: the bytes are gone");
    if (!a.failed) v = scan_value(&a, s, (psx_str){t->bytes, t->n}, kind, &t->digest);
    if (!a.failed) psx_sources_drop_bytes(t);
    psx_args_end(&a);
    return a.failed ? NULL : v;
}

static napi_value js_scan_text(napi_env env, napi_callback_info info)
{
    psx_args a;
    napi_value v = NULL;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "scanText", 2);
    psx_str text = psx_args_str(&a, 0);
    psx_scan_kind kind = psx_args_uint(&a, 1, PSX_SCAN_MODULE + 1);
    if (!a.failed) v = scan_value(&a, s, text, kind, NULL);
    psx_args_end(&a);
    return a.failed ? NULL : v;
}

static napi_value js_pure_wrapper(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_op op;
    bool pure = false;
    (void)psx_addon_begin_alone(&a, env, info, "pureWrapper", 2);
    psx_str params = psx_args_str(&a, 0), body = psx_args_str(&a, 1);
    psx_op_init(&op, SCAN_BYTES);
    if (!a.failed && psx_failed(psx_scan_is_pure_wrapper(&op, params, body, &pure))) pure = false;
    psx_op_fini(&op);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, pure);
}

// ---- reading ------------------------------------------------------------------------------------

static napi_value source_value(psx_args *a, psx_state *s, uint32_t token)
{
    psx_source_token *t = psx_sources_get(&s->sources, token);
    psx_pack_facts facts;
    psx_str code;
    napi_value v = NULL, entry = psx_value_null(a->env);
    if (napi_create_object(a->env, &v) != napi_ok) return NULL;
    set(a->env, v, "text", psx_value_str(a->env, (psx_str){t->bytes, t->n}));
    set(a->env, v, "token", psx_value_int(a->env, (int32_t)token));
    if (known_facts(s->sources.pack, &t->digest, &facts, &code))
        entry = entry_value(a->env, &facts, code.p ? &code : NULL);
    set(a->env, v, "entry", entry);
    return v;
}

// 0, or -errno: there is no such file, or none that can be read. What is refused is thrown.
static int read_code(psx_args *a, psx_state *s, psx_code_kind kind, psx_code *out)
{
    psx_str root = psx_args_str(a, 0), path = psx_args_str(a, 1);
    if (a->failed) return -EINVAL;
    int e = psx_sources_read(&s->sources, root, path, kind, out);
    if (e == -EKEYREJECTED) refuse(a, s, path);
    if (e == 0 && kind != PSX_CODE_DESCRIPTION && kind != PSX_CODE_IDENTITY)
        atomic_store(&psx_process_of()->began, true);
    return e;
}

static napi_value js_source(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_code code;
    uint32_t token;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "source", 2);
    int e = read_code(&a, s, PSX_CODE_SOURCE, &code);
    napi_value v = a.failed ? NULL : psx_value_null(env);
    if (e == 0 && psx_sources_token(&s->sources, &code, &token)) v = source_value(&a, s, token);
    psx_args_end(&a);
    return v;
}

static void free_bytes(napi_env env, void *data, void *hint)
{
    (void)env, (void)hint;
    free(data);
}

static napi_value js_read(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_code c;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "read", 2);
    int e = read_code(&a, s, PSX_CODE_BYTES, &c);
    napi_value v = a.failed ? NULL : psx_value_null(env);
    if (e == 0 && napi_create_external_buffer(env, c.n, c.bytes, free_bytes, NULL, &v) != napi_ok) {
        if (napi_create_buffer_copy(env, c.n, c.bytes, NULL, &v) != napi_ok)
            v = psx_value_null(env);
        free(c.bytes);
    }
    psx_args_end(&a);
    return v;
}

// As text, for package.json: no Buffer is made, which costs more than the file. A third argument
// that is true: only the package's identity is taken from it.
static napi_value js_text(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_code c;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "text", 2);
    bool identity = psx_args_has(&a, 2) && psx_args_flag(&a, 2);
    int e = read_code(&a, s, identity ? PSX_CODE_IDENTITY : PSX_CODE_DESCRIPTION, &c);
    napi_value v = a.failed ? NULL : psx_value_null(env);
    if (e == 0) v = psx_value_str(env, (psx_str){c.bytes, c.n});
    if (e == 0) free(c.bytes);
    psx_args_end(&a);
    return v;
}

// ---- addons -------------------------------------------------------------------------------------

// Verified bytes, where nobody can change them any more. A library that is found from where the
// addon lies ($ORIGIN) is found from a file only.
static psx_rc seal_native(psx_process *all, psx_str path, const psx_code *code, psx_str *name)
{
    int fd;
    psx_op *op = &all->monitor.op;
    psx_str bytes = {code->bytes, code->n}, key;
    if (psx_str_search(bytes, PSX_STR("$ORIGIN")) < bytes.n) return PSX_OK;
    TRY(psx_os_memfd_seal(op, "packsec-addon", bytes, &fd));
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return psx_fail(op, PSX_E_OS, "cannot keep an addon");
    TRY(psx_op_format(op, name, "/proc/self/fd/%d", fd));
    TRY(psx_op_copy(op, path, &key));
    return psx_map_put(&all->natives, key, (void *)(uintptr_t)name->p);
}

// The very file that was checked, by its descriptor, which stays open: its number is its name, and
// the dynamic loader must not meet that name with another file behind it.
static psx_rc hold_native(psx_process *all, psx_str path, psx_code *code, psx_str *name)
{
    psx_str key;
    psx_op *op = &all->monitor.op;
    TRY(psx_op_format(op, name, "/proc/self/fd/%d", code->fd));
    TRY(psx_op_copy(op, path, &key));
    TRY(psx_map_put(&all->natives, key, (void *)(uintptr_t)name->p));
    code->fd = -1;
    return PSX_OK;
}

// Sealed memory where bytes were compared, the descriptor where the file was checked; where both
// were and the addon leans on what lies beside it, the descriptor: then it does not find that.
static psx_rc fix_native(psx_process *all, psx_str path, psx_code *code, psx_str *name)
{
    *name = path;
    if (psx_vouch_reads(&all->vouch)) TRY(seal_native(all, path, code, name));
    bool by_path = name->p == path.p;
    return by_path && psx_vouch_is_strict(&all->vouch) ? hold_native(all, path, code, name)
                                                       : PSX_OK;
}

// One file for all threads: the second to load an addon gets what the first one loaded.
static psx_str native_name(psx_args *a, psx_str path, psx_code *code)
{
    char why[1024];
    psx_process *all = psx_process_of();
    psx_str name = path;
    pthread_mutex_lock(&all->lock);
    const char *known = psx_map_get(&all->natives, path);
    if (known) {
        name = psx_str_from(known);
    } else if (psx_failed(fix_native(all, path, code, &name))) {
        psx_fail_text(&all->monitor.op, why, sizeof why);
        psx_fail_clear(&all->monitor.op);
        psx_args_throw(a, why);
    }
    pthread_mutex_unlock(&all->lock);
    return name;
}

// Before the first addon: what the system's loader will find by itself.
static void vouch_libraries(psx_args *a, psx_state *s, psx_str path)
{
    psx_process *all = psx_process_of();
    if (atomic_load(&all->has_libraries)) return;
    if (psx_vouch_libraries(s->sources.vouch, &s->sources.refusal))
        atomic_store(&all->has_libraries, true);
    else
        refuse(a, s, path);
}

// What to give to dlopen, which goes by name: the file, or sealed memory with the bytes that were
// verified. null: there is no such file.
static napi_value js_native(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_code code = {.fd = -1};
    psx_state *s = psx_addon_begin_alone(&a, env, info, "native", 2);
    int e = read_code(&a, s, PSX_CODE_NATIVE, &code);
    psx_str name = psx_args_str(&a, 1);
    if (e == 0 && psx_vouch_reads(s->sources.vouch)) vouch_libraries(&a, s, name);
    if (e == 0 && !a.failed && psx_vouch_asks(s->sources.vouch))
        name = native_name(&a, name, &code);
    if (e == 0 && code.fd >= 0) psx_os_close(code.fd);
    free(code.bytes);
    napi_value v = a.failed ? NULL : e == 0 ? psx_value_str(env, name) : psx_value_null(env);
    psx_args_end(&a);
    return v;
}

// Are files of code asked about? Then what loads native code by other ways than require() asks,
// too.
static napi_value js_vouches(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin_alone(&a, env, info, "vouches", 0);
    bool asks = !a.failed && psx_vouch_asks(s->sources.vouch);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, asks);
}

// ---- compiled code ------------------------------------------------------------------------------

static napi_value js_keep(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_state *s = psx_addon_begin(&a, env, info, "keep", 2);
    psx_source_token *t = arg_token(&a, s);
    psx_str code = psx_args_bytes(&a, 1);
    psx_str shape = !a.failed && psx_args_has(&a, 2) ? psx_args_str(&a, 2) : PSX_STR("");
    if (!a.failed && s->sources.pack) psx_pack_put_code(s->sources.pack, &t->digest, shape, code);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_undefined(env);
}

static napi_value js_code(napi_env env, napi_callback_info info)
{
    psx_args a;
    psx_str code;
    psx_state *s = psx_addon_begin(&a, env, info, "code", 2);
    psx_source_token *t = arg_token(&a, s);
    psx_str shape = psx_args_str(&a, 1);
    psx_pack *pack = s->sources.pack;
    bool kept = !a.failed && pack && psx_pack_keeps_code(pack);
    bool found = kept && psx_pack_code_of(pack, &t->digest, shape, &code);
    psx_args_end(&a);
    if (a.failed) return NULL;
    if (!kept) return psx_value_null(env);
    return found ? code_value(env, code) : psx_value_undefined(env);
}

const psx_addon_function psx_addon_loader_functions[] = {
    {"kind", js_kind},
    {"realpath", js_realpath},
    {"source", js_source},
    {"scan", js_scan},
    {"scanText", js_scan_text},
    {"pureWrapper", js_pure_wrapper},
    {"keep", js_keep},
    {"code", js_code},
    {"native", js_native},
    {"vouches", js_vouches},
    {"read", js_read},
    {"text", js_text},
    {NULL, NULL},
};

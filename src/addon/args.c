#include "addon/args.h"

void psx_args_begin(psx_args *a, napi_env env, napi_callback_info info, const char *name,
                    size_t least)
{
    // Not cleared: a kilobyte of zeros on every call would be half of its cost.
    a->env = env;
    a->name = name;
    a->n = PSX_ARGS_MAX;
    a->state = NULL;
    a->used = 0;
    a->n_blocks = 0;
    a->held = NULL;
    a->failed = false;
    if (napi_get_cb_info(env, info, &a->n, a->v, NULL, NULL) != napi_ok || a->n < least)
        psx_args_fail(a, "arguments are missing");
    if (a->n > PSX_ARGS_MAX) a->n = PSX_ARGS_MAX;
    if (!a->failed && (napi_get_instance_data(env, &a->state) != napi_ok || !a->state))
        psx_args_fail(a, "the addon is not set up");
}

void psx_args_end(psx_args *a)
{
    for (size_t i = 0; i < a->n_blocks; i++) {
        free(a->blocks[i]);
    }
    if (a->held) pthread_mutex_unlock(a->held);
}

void psx_args_fail(psx_args *a, const char *what)
{
    char message[128];
    if (a->failed) return;
    a->failed = true;
    snprintf(message, sizeof message, "psx.%s: %s", a->name, what);
    napi_throw_type_error(a->env, "ERR_INVALID_ARG_TYPE", message);
}

void psx_args_throw(psx_args *a, const char *message)
{
    if (a->failed) return;
    a->failed = true;
    napi_throw_error(a->env, NULL, message);
}

// A long one: its length first, then memory of its own.
static psx_str long_str(psx_args *a, napi_value v)
{
    size_t n = 0;
    if (napi_get_value_string_utf8(a->env, v, NULL, 0, &n) != napi_ok) n = SIZE_MAX;
    char *p = n < SIZE_MAX && a->n_blocks < PSX_ARGS_MAX ? malloc(n + 1) : NULL;
    if (!p) {
        psx_args_fail(a, "out of memory");
        return (psx_str){"", 0};
    }
    a->blocks[a->n_blocks++] = p;
    if (napi_get_value_string_utf8(a->env, v, p, n + 1, &n) != napi_ok) n = 0;
    return (psx_str){p, n};
}

psx_str psx_args_str(psx_args *a, size_t i)
{
    size_t n = 0, room = sizeof a->text - a->used;
    char *p = a->text + a->used;
    if (a->failed) return (psx_str){"", 0};
    if (i >= a->n || napi_get_value_string_utf8(a->env, a->v[i], p, room, &n) != napi_ok) {
        psx_args_fail(a, "not a string");
        return (psx_str){"", 0};
    }
    // It may have been cut, up to three bytes early in the middle of a character.
    if (n + 4 >= room) return long_str(a, a->v[i]);
    a->used += n + 1;
    return (psx_str){p, n};
}

int32_t psx_args_int(psx_args *a, size_t i)
{
    double d = 0;
    if (a->failed) return 0;
    if (i >= a->n || napi_get_value_double(a->env, a->v[i], &d) != napi_ok ||
        !(d >= INT32_MIN && d <= INT32_MAX) || d != (double)(int32_t)d) {
        psx_args_fail(a, "not an integer");
        return 0;
    }
    return (int32_t)d;
}

uint32_t psx_args_uint(psx_args *a, size_t i, uint32_t limit)
{
    int32_t n = psx_args_int(a, i);
    if (!a->failed && (n < 0 || (uint32_t)n >= limit)) psx_args_fail(a, "out of range");
    return a->failed ? 0 : (uint32_t)n;
}

bool psx_args_has(psx_args *a, size_t i)
{
    napi_valuetype t;
    if (a->failed || i >= a->n || napi_typeof(a->env, a->v[i], &t) != napi_ok) return false;
    return t != napi_undefined && t != napi_null;
}

bool psx_args_flag(psx_args *a, size_t i)
{
    bool on = false;
    if (a->failed) return false;
    if (i >= a->n || napi_get_value_bool(a->env, a->v[i], &on) != napi_ok)
        psx_args_fail(a, "not a boolean");
    return on;
}

psx_str psx_args_bytes(psx_args *a, size_t i)
{
    void *p = NULL;
    size_t n = 0;
    bool is_buffer = false;
    if (a->failed) return (psx_str){"", 0};
    if (i >= a->n || napi_is_buffer(a->env, a->v[i], &is_buffer) != napi_ok || !is_buffer ||
        napi_get_buffer_info(a->env, a->v[i], &p, &n) != napi_ok) {
        psx_args_fail(a, "not a Buffer");
        return (psx_str){"", 0};
    }
    return (psx_str){p ? p : "", n};
}

napi_value psx_value_bool(napi_env env, bool b)
{
    napi_value v = NULL;
    napi_get_boolean(env, b, &v);
    return v;
}

napi_value psx_value_int(napi_env env, int32_t n)
{
    napi_value v = NULL;
    napi_create_int32(env, n, &v);
    return v;
}

static bool is_ascii(psx_str s)
{
    size_t i = 0;
    uint64_t w, all = 0;
    for (; s.n - i >= 8; i += 8) {
        memcpy(&w, s.p + i, 8);
        all |= w;
    }
    for (; i < s.n; i++) {
        all |= (unsigned char)s.p[i];
    }
    return !(all & 0x8080808080808080u);
}

napi_value psx_value_str(napi_env env, psx_str s)
{
    napi_value v = NULL;
    if (is_ascii(s)) {
        napi_create_string_latin1(env, s.n ? s.p : "", s.n, &v);
    } else {
        napi_create_string_utf8(env, s.p, s.n, &v);
    }
    return v;
}

napi_value psx_value_null(napi_env env)
{
    napi_value v = NULL;
    napi_get_null(env, &v);
    return v;
}

napi_value psx_value_undefined(napi_env env)
{
    napi_value v = NULL;
    napi_get_undefined(env, &v);
    return v;
}

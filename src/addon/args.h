// Arguments and results of Node-API functions. Every argument is checked for its type; a wrong one
// is a defect of the runtime, told by a TypeError. Include first: node_api.h must not see the
// poisoned names of base/banned.h.
#ifndef PSX_ADDON_ARGS_H
#define PSX_ADDON_ARGS_H

#define NAPI_VERSION 10
#include <node_api.h>
#include <pthread.h>

#include "base/op.h"

enum { PSX_ARGS_MAX = 6, PSX_ARGS_TEXT = 1024 };

// One call. Strings live in `text` or, when long, in malloc, until psx_args_end.
typedef struct {
    napi_env env;
    const char *name; // of the function, for messages
    napi_value v[PSX_ARGS_MAX];
    size_t n;
    void *state; // the instance data
    char text[PSX_ARGS_TEXT];
    size_t used;
    void *blocks[PSX_ARGS_MAX];
    size_t n_blocks;
    pthread_mutex_t *held; // until psx_args_end
    bool failed;           // an exception is pending: return NULL
} psx_args;

void psx_args_begin(psx_args *a, napi_env env, napi_callback_info info, const char *name,
                    size_t least);
// Nothing that other threads may change is touched from here on.
void psx_args_end(psx_args *a);
// Throws a TypeError "psx.<name>: <what>" unless something is thrown already.
void psx_args_fail(psx_args *a, const char *what);
// Throws an Error with this message.
void psx_args_throw(psx_args *a, const char *message);

// After a failure they give 0 or "" and do nothing.
psx_str psx_args_str(psx_args *a, size_t i);
int32_t psx_args_int(psx_args *a, size_t i);
uint32_t psx_args_uint(psx_args *a, size_t i, uint32_t limit); // less than limit
bool psx_args_has(psx_args *a, size_t i);                      // given and not undefined or null
bool psx_args_flag(psx_args *a, size_t i);
psx_str psx_args_bytes(psx_args *a, size_t i); // of a Buffer

napi_value psx_value_bool(napi_env env, bool b);
napi_value psx_value_int(napi_env env, int32_t n);
napi_value psx_value_str(napi_env env, psx_str utf8);
napi_value psx_value_null(napi_env env);
napi_value psx_value_undefined(napi_env env);

#endif

// The attempts as an addon: go(outside, inside, port, parent, thread) -> {name: what the kernel
// said}. thread: in one that the addon makes itself. die(name): one that ends the process.
#include <errno.h>
#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "attempts.h"

static void *go_all(void *results)
{
    long *v = results;
    for (size_t i = 0; i < ATTEMPTS; i++)
        v[i] = attempts[i].go();
    return NULL;
}

static char *text_of(napi_env env, napi_value v)
{
    size_t n = 0;
    napi_get_value_string_utf8(env, v, NULL, 0, &n);
    char *s = malloc(n + 1);
    napi_get_value_string_utf8(env, v, s, n + 1, &n);
    return s;
}

static napi_value go(napi_env env, napi_callback_info info)
{
    size_t n = 5;
    napi_value args[5], all, number;
    int64_t of_parent = 0;
    bool thread = false;
    long results[ATTEMPTS];
    pthread_t other;
    napi_get_cb_info(env, info, &n, args, NULL, NULL);
    outside = text_of(env, args[0]);
    inside = text_of(env, args[1]);
    napi_get_value_int32(env, args[2], &port);
    napi_get_value_int64(env, args[3], &of_parent);
    napi_get_value_bool(env, args[4], &thread);
    parent = (long)of_parent;
    if (!thread) {
        go_all(results);
    } else {
        if (pthread_create(&other, NULL, go_all, results)) return NULL;
        pthread_join(other, NULL);
    }
    napi_create_object(env, &all);
    for (size_t i = 0; i < ATTEMPTS; i++) {
        napi_create_int64(env, results[i], &number);
        napi_set_named_property(env, all, attempts[i].name, number);
    }
    return all;
}

static napi_value die(napi_env env, napi_callback_info info)
{
    size_t n = 1;
    napi_value arg, number;
    long said = -1;
    napi_get_cb_info(env, info, &n, &arg, NULL, NULL);
    char *name = text_of(env, arg);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        if (strcmp(name, deadly[i].name) == 0) said = deadly[i].go();
    }
    napi_create_int64(env, said, &number);
    return number;
}

NAPI_MODULE_INIT()
{
    napi_value f;
    napi_create_function(env, "go", NAPI_AUTO_LENGTH, go, NULL, &f);
    napi_set_named_property(env, exports, "go", f);
    napi_create_function(env, "die", NAPI_AUTO_LENGTH, die, NULL, &f);
    napi_set_named_property(env, exports, "die", f);
    return exports;
}

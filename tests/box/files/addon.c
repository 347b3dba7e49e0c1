// System calls from native code: call(number, ...arguments) -> what the kernel said, or -errno. A
// string is a path, a buffer its bytes. race(rounds, ...): what is named changes between the look
// and the act.
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *text_of(napi_env env, napi_value v)
{
    size_t n = 0;
    napi_get_value_string_utf8(env, v, NULL, 0, &n);
    char *s = malloc(n + 1); // never given back: a test
    napi_get_value_string_utf8(env, v, s, n + 1, &n);
    return s;
}

static long argument(napi_env env, napi_value v)
{
    napi_valuetype type;
    int64_t number = 0;
    void *bytes;
    size_t n;
    napi_typeof(env, v, &type);
    if (type == napi_string) return (long)text_of(env, v);
    if (type == napi_object && napi_get_buffer_info(env, v, &bytes, &n) == napi_ok)
        return (long)bytes;
    napi_get_value_int64(env, v, &number);
    return number;
}

static napi_value call(napi_env env, napi_callback_info info)
{
    size_t n = 7;
    napi_value args[7], said;
    long a[7] = {0};
    napi_get_cb_info(env, info, &n, args, NULL, NULL);
    for (size_t i = 0; i < n && i < 7; i++)
        a[i] = argument(env, args[i]);
    long r = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    napi_create_int64(env, r < 0 ? -errno : r, &said);
    return said;
}

static atomic_bool over;
static char *swapped, *one, *other; // a link, and where it leads in turn
static char memory[4096];           // a path that changes while it is read

static void *swap(void *unused)
{
    (void)unused;
    char name[4096];
    snprintf(name, sizeof name, "%s.new", swapped);
    for (unsigned i = 0; !over; i++) {
        if (symlink(i & 1 ? one : other, name) == 0) rename(name, swapped);
    }
    return NULL;
}

static void *scribble(void *unused)
{
    (void)unused;
    size_t n = strlen(other) + 1, m = strlen(one) + 1;
    for (unsigned i = 0; !over; i++)
        memcpy(memory, i & 1 ? one : other, i & 1 ? m : n);
    return NULL;
}

// race(rounds, link, granted, outside, inMemory) -> how often chmod succeeded. A granted file
// behind the link, or in the string, may be changed; the one outside never.
static napi_value race(napi_env env, napi_callback_info info)
{
    size_t n = 5;
    napi_value args[5], said;
    int32_t rounds;
    bool in_memory;
    long done = 0;
    pthread_t thread;
    napi_get_cb_info(env, info, &n, args, NULL, NULL);
    napi_get_value_int32(env, args[0], &rounds);
    swapped = text_of(env, args[1]);
    one = text_of(env, args[2]);
    other = text_of(env, args[3]);
    napi_get_value_bool(env, args[4], &in_memory);
    over = false;
    memcpy(memory, one, strlen(one) + 1);
    if (pthread_create(&thread, NULL, in_memory ? scribble : swap, NULL)) return NULL;
    for (int i = 0; i < rounds; i++)
        done += syscall(SYS_chmod, in_memory ? memory : swapped, 0751) == 0;
    over = true;
    pthread_join(thread, NULL);
    napi_create_int64(env, done, &said);
    return said;
}

NAPI_MODULE_INIT()
{
    napi_value f;
    napi_create_function(env, "call", NAPI_AUTO_LENGTH, call, NULL, &f);
    napi_set_named_property(env, exports, "call", f);
    napi_create_function(env, "race", NAPI_AUTO_LENGTH, race, NULL, &f);
    napi_set_named_property(env, exports, "race", f);
    return exports;
}

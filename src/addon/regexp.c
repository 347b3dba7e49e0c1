// RegExp.prototype frozen without losing V8's speed.
//
// V8 runs replace, match, split and matchAll on a short way only while the map (hidden class) of
// RegExp.prototype is the one that the native context remembers. Freezing gives the prototype
// another map with the same properties at the same places, and everything becomes 3 to 13 times
// slower. V8 stores the map anew when it adds a property to the prototype itself, and offers that
// to nobody else: so the one word is written here.
//
// This is the only place that looks into V8's heap. It reads the layout of exactly the version that
// it was compiled for, checks all that it relies on, and on any doubt writes nothing: then the
// prototype is frozen all the same, and slow.
#include "addon/args.h"

#include "addon/addon.h"

#include <v8-version.h>

// Whoever changes the engine looks whether these offsets still hold (tests/runtime/test_addon.js
// fails when they do not).
_Static_assert(V8_MAJOR_VERSION == 14 && V8_MINOR_VERSION == 6,
               "the layouts below are those of V8 14.6");
_Static_assert(sizeof(uintptr_t) == 8, "pointers of V8's heap are whole words");

// v8::Isolate::GetCurrent(), v8::Isolate::GetCurrentContext(), v8::V8::GetVersion()
extern void *v8_isolate(void) __asm__("_ZN2v87Isolate10GetCurrentEv");
extern uintptr_t *v8_context(void *isolate) __asm__("_ZN2v87Isolate17GetCurrentContextEv");
extern const char *v8_version(void) __asm__("_ZN2v82V810GetVersionEv");

typedef uintptr_t tagged; // the address of a heap object plus one

enum {
    // words of a map
    MAP_SHAPE = 1, // sizes, type, flags, kind of elements
    MAP_PROTOTYPE = 3,
    MAP_CONSTRUCTOR = 4,
    MAP_DESCRIPTORS = 5,
    // words of a descriptor array: map, counts, enum cache, then key, details and value of each
    DESCRIPTORS_COUNT = 1,
    DESCRIPTORS_FIRST = 3,
    DESCRIPTOR_WORDS = 3,
    // words of a context: map, length, slots
    CONTEXT_LENGTH = 1,
    CONTEXT_FIRST = 2,
    CONTEXT_MOST = 1024,
};
static const uintptr_t SHAPE_MASK =
    0x00ffffffffffffff; // all but the byte that says extensible or frozen
static const uintptr_t PAGE_MASK = ~(uintptr_t)0x3ffff; // 256 KiB
static const uintptr_t PAGE_IS_MARKING = 1 << 1 | 1 << 5;

static uintptr_t word(tagged object, size_t i)
{
    return *(const uintptr_t *)(object - 1 + 8 * i);
}

static bool is_known_engine(void)
{
    char known[32];
    int n = snprintf(known, sizeof known, "%d.%d.%d.%d-", V8_MAJOR_VERSION, V8_MINOR_VERSION,
                     V8_BUILD_NUMBER, V8_PATCH_LEVEL);
    return n > 0 && strncmp(v8_version(), known, (size_t)n) == 0;
}

// The only slot of the context that holds the map; 0: none, or several.
static size_t find_slot(tagged context, tagged map)
{
    size_t found = 0, n = word(context, CONTEXT_LENGTH) >> 32; // a small integer
    if (n > CONTEXT_MOST) return 0;
    for (size_t i = CONTEXT_FIRST; i < CONTEXT_FIRST + n; i++) {
        if (word(context, i) != map) continue;
        if (found) return 0;
        found = i;
    }
    return found;
}

// The same properties in the same order? What V8 checks on its short way, it finds by position.
static bool same_properties(tagged a, tagged b)
{
    size_t n = word(a, DESCRIPTORS_COUNT) & 0xffff;
    if (n < 2 || (word(b, DESCRIPTORS_COUNT) & 0xffff) != n) return false;
    for (size_t i = 0; i < n; i++) {
        size_t key = DESCRIPTORS_FIRST + i * DESCRIPTOR_WORDS;
        if (word(a, key) != word(b, key)) return false;
    }
    return true;
}

static bool is_frozen_copy(tagged map, tagged old)
{
    return map != old && word(map, 0) == word(old, 0) &&
           (word(map, MAP_SHAPE) & SHAPE_MASK) == (word(old, MAP_SHAPE) & SHAPE_MASK) &&
           word(map, MAP_PROTOTYPE) == word(old, MAP_PROTOTYPE) &&
           word(map, MAP_CONSTRUCTOR) == word(old, MAP_CONSTRUCTOR) &&
           same_properties(word(map, MAP_DESCRIPTORS), word(old, MAP_DESCRIPTORS));
}

// While the collector marks, a store has to be told to it, and nobody outside of V8 can.
static bool is_marking(tagged object)
{
    return (*(const uintptr_t *)(object & PAGE_MASK) & PAGE_IS_MARKING) != 0;
}

// A handle is a pointer to a word that the collector keeps up to date.
static tagged map_of(napi_value object)
{
    return word(*(const tagged *)object, 0);
}

static bool freeze_fast(napi_env env, napi_value prototype)
{
    const tagged *context = v8_context(v8_isolate());
    tagged old = map_of(prototype);
    size_t slot = find_slot(*context, old);
    // the old map must outlive the freeze, to be compared: the context holds it
    if (napi_object_freeze(env, prototype) != napi_ok || !slot) return false;
    // nothing below allocates, so nothing moves
    tagged map = map_of(prototype);
    old = word(*context, slot);
    if (map == old) return true;
    if (is_marking(*context) || !is_frozen_copy(map, old)) return false;
    *(uintptr_t *)(*context - 1 + 8 * slot) = map;
    return true;
}

static napi_value js_freeze_regexp(napi_env env, napi_callback_info info)
{
    psx_args a;
    napi_valuetype type;
    bool is_fast = false;
    psx_args_begin(&a, env, info, "freezeRegExp", 1);
    if (!a.failed && (napi_typeof(env, a.v[0], &type) != napi_ok || type != napi_object))
        psx_args_fail(&a, "an object is missing");
    if (!a.failed && is_known_engine())
        is_fast = freeze_fast(env, a.v[0]);
    else if (!a.failed)
        (void)napi_object_freeze(env, a.v[0]);
    psx_args_end(&a);
    return a.failed ? NULL : psx_value_bool(env, is_fast);
}

const psx_addon_function psx_addon_regexp_functions[] = {
    {"freezeRegExp", js_freeze_regexp},
    {NULL, NULL},
};

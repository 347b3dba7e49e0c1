// The capabilities as a table: name, shape of the value, an example of it.
#include "policy/model.h"

typedef struct {
    const char *name;
    psx_value_kind kind;
    const char *example;
} cap_row;

static const cap_row rows[PSX_CAP_COUNT] = {
    [PSX_CAP_FS_READ] = {"fs.read", VALUE_PATHS, "[\"./public/\"]"},
    [PSX_CAP_FS_WRITE] = {"fs.write", VALUE_PATHS, "[\"${tmp}/\"]"},
    [PSX_CAP_NET_CONNECT] = {"net.connect", VALUE_HOSTS, "[\"api.example.com:443\"]"},
    [PSX_CAP_NET_LISTEN] = {"net.listen", VALUE_HOSTS, "[\"127.0.0.1:3000\"]"},
    [PSX_CAP_SPAWN] = {"spawn", VALUE_SPAWN, "[\"git\"]"},
    [PSX_CAP_ENV] = {"env", VALUE_ENV, "[\"NODE_ENV\"]"},
    [PSX_CAP_STDIO] = {"stdio", VALUE_WORDS, "[\"stdout\", \"stderr\"]"},
    [PSX_CAP_CLOCK] = {"clock", VALUE_OPTION, "true"},
    [PSX_CAP_RANDOM] = {"random", VALUE_OPTION, "true"},
    [PSX_CAP_TIMERS] = {"timers", VALUE_TRUE, "true"},
    [PSX_CAP_PROCESS] = {"process", VALUE_WORDS, "[\"exit\"]"},
    [PSX_CAP_SYSTEM] = {"system", VALUE_WORDS, "[\"cpus\"]"},
    [PSX_CAP_NATIVE] = {"native", VALUE_NATIVE, "true"},
    [PSX_CAP_WORKER] = {"worker", VALUE_TRUE, "true"},
    [PSX_CAP_EVAL] = {"eval", VALUE_TRUE, "true"},
    [PSX_CAP_GC] = {"gc", VALUE_TRUE, "true"},
    [PSX_CAP_BUILTINS] = {"builtins", VALUE_MODULES, "[\"node:inspector\"]"},
    [PSX_CAP_IMPORT] = {"import", VALUE_PACKAGES, "[\"ejs\"]"},
    [PSX_CAP_AMBIENT] = {"ambient", VALUE_TRUE, "true"},
};

const char *psx_cap_name(psx_cap cap)
{
    return (unsigned)cap < PSX_CAP_COUNT ? rows[cap].name : "unknown";
}

bool psx_cap_is_hatch(psx_cap cap)
{
    return cap == PSX_CAP_AMBIENT || cap == PSX_CAP_NATIVE || cap == PSX_CAP_BUILTINS;
}

bool psx_cap_from_name(psx_str name, psx_cap *out)
{
    for (unsigned i = 0; i < PSX_CAP_COUNT; i++) {
        if (!psx_str_is(name, rows[i].name)) continue;
        *out = (psx_cap)i;
        return true;
    }
    return false;
}

psx_value_kind psx_cap_value_kind(psx_cap cap)
{
    return rows[cap].kind;
}

const char *psx_cap_example(psx_cap cap)
{
    return rows[cap].example;
}

bool psx_cap_takes_true(psx_cap cap)
{
    psx_value_kind kind = rows[cap].kind;
    return kind == VALUE_TRUE || kind == VALUE_OPTION || kind == VALUE_NATIVE;
}

bool psx_cap_takes_list(psx_cap cap)
{
    return rows[cap].kind != VALUE_TRUE && rows[cap].kind != VALUE_OPTION;
}

const char *psx_cap_candidate(size_t i)
{
    return i < PSX_CAP_COUNT ? rows[i].name : NULL;
}

void psx_policy_suggest(psx_op *op, psx_str word, psx_candidate candidate)
{
    const char *best = NULL;
    size_t least = 3;
    for (size_t i = 0; candidate(i); i++) {
        size_t d = psx_str_distance(word, psx_str_from(candidate(i)), 2);
        if (d >= least || d >= word.n) continue; // "a" is not near to "gc"
        least = d;
        best = candidate(i);
    }
    if (best) psx_fail_suggest(op, "did you mean \"%s\"?", best);
}

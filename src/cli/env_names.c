// Variables of the environment by their names alone.
#include "cli/env.h"

// Names that make the engine, its libraries or the dynamic loader load or write something, or run
// otherwise than npsx decided. "X*": every name that starts with X.
static const char *const steering[] = {
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_REPL_*",
    "NODE_COMPILE_CACHE*",
    "NODE_V8_COVERAGE",
    "NODE_ICU_DATA",
    "NODE_REDIRECT_WARNINGS",
    "NODE_PRESERVE_SYMLINKS*",
    "NODE_DEBUG_NATIVE",
    "NODE_TEST_CONTEXT",
    "NODE_SEA_*",
    "LD_*",
    "GCONV_PATH",
    "LOCPATH",
    "GLIBC_TUNABLES",
    "MALLOC_*",
    "OPENSSL_CONF*",
    "OPENSSL_MODULES",
    "OPENSSL_ENGINES",
    "ICU_DATA",
};

// What the engine and every terminal program look at; tells little about the user.
static const char *const plain[] = {
    "PATH",
    "HOME",
    "TMPDIR",
    "TZ",
    "TZDIR",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
    "NODE_DISABLE_COLORS",
    "XDG_CACHE_HOME",
    "NODE_CHANNEL_FD",
    "NODE_CHANNEL_SERIALIZATION_MODE", // fork(): the way to the parent
};

static bool matches(psx_str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        psx_str pattern = psx_str_from(list[i]);
        psx_str stem = psx_str_slice(pattern, 0, pattern.n - 1);
        if (psx_str_ends(pattern, PSX_STR("*")) ? psx_str_starts(name, stem)
                                                : psx_str_eq(name, pattern)) {
            return true;
        }
    }
    return false;
}

bool psx_cli_env_steers(psx_str name)
{
    return matches(name, steering, sizeof steering / sizeof *steering);
}

bool psx_cli_env_is_plain(psx_str name)
{
    return matches(name, plain, sizeof plain / sizeof *plain);
}

bool psx_cli_env_is_everyday(psx_str name)
{
    static const char *const everyday[] = {
        "CI",        "COLORTERM",           "COLUMNS",  "DEBUG*",   "FORCE_COLOR", "HOST", "LINES",
        "LOG_LEVEL", "NODE_DISABLE_COLORS", "NODE_ENV", "NO_COLOR", "PORT",        "TERM", "TZ",
    };
    return matches(name, everyday, sizeof everyday / sizeof *everyday);
}

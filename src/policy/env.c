// Names of environment variables that are more than data: they tell a loader, a shell or an
// interpreter to run something else.
#include "policy/model.h"

// A star stands for any rest.
// Of this process: Node, its libraries and the loader read them whenever they like.
static const char *const of_the_process[] = {
    "NODE_*",      "LD_*",         "DYLD_*",    "OPENSSL_*",  "SSL_*",    "UV_*", "V8_*",
    "GLIBC_*",     "PATH",         "HOME",      "SHELL",      "MALLOC_*", "TMP*", "TEMP*",
    "HTTP_PROXY*", "HTTPS_PROXY*", "NO_PROXY*", "ALL_PROXY*", NULL,
};
// A proxy may be named by the application: it is the first to speak, and the names steer no loader.
static const char *const proxies[] = {
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", NULL,
};
// Of whatever program a child is.
static const char *const of_a_child[] = {
    "LD_*",
    "DYLD_*",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "NODE_*",
    "NPSX_*",
    "BASH_ENV",
    "BASH_FUNC_*",
    "ENV",
    "IFS",
    "CDPATH",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "PROMPT_COMMAND",
    "PYTHON*",
    "PERL*",
    "RUBY*",
    "GEM_*",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "CLASSPATH",
    "LUA_*",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_EXEC_PATH",
    "GIT_PROXY_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG*",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "PAGER",
    "GIT_PAGER",
    "EDITOR",
    "VISUAL",
    "GIT_EDITOR",
    "BROWSER",
    "OPENSSL_*",
    "SSLKEYLOGFILE",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "TMPDIR",
    "ZDOTDIR",
    "MAKEFLAGS",
    "GNUMAKEFLAGS",
    "GIT_DIR",
    "GIT_TEMPLATE_DIR",
    "MANPAGER",
    "LESSOPEN",
    "LESSCLOSE",
    "VIMINIT",
    "EXINIT",
    "JDK_JAVA_OPTIONS",
    "DOTNET_*",
    "CORECLR_*",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "RUSTC*",
    "CARGO_*",
    "ELECTRON_*",
    "BUN_*",
    "DENO_*",
    "COREPACK_*",
    "LOCPATH",
    "NLSPATH",
    "QT_PLUGIN_PATH",
    "GTK_MODULES",
    "GTK_PATH",
    NULL,
};
// And these in whatever case: npm and yarn do not tell them apart.
static const char *const of_a_child_in_any_case[] = {
    "NPM_CONFIG_*",
    "YARN_*",
    NULL,
};

static bool fits(psx_str name, const char *pattern, bool any_case)
{
    size_t n = strlen(pattern);
    bool open = pattern[n - 1] == '*';
    if (open) n--;
    if (open ? name.n < n : name.n != n) return false;
    psx_str head = psx_str_slice(name, 0, n), text = {pattern, n};
    return any_case ? psx_str_eq_nocase(text, head) : psx_str_eq(text, head);
}

static bool is_in(psx_str name, const char *const *list, bool any_case)
{
    for (size_t i = 0; list[i]; i++) {
        if (fits(name, list[i], any_case)) return true;
    }
    return false;
}

bool psx_policy_steers(psx_str name, psx_policy_use use, bool is_main)
{
    if (use == PSX_USE_CHILD)
        return is_in(name, of_a_child, false) || is_in(name, of_a_child_in_any_case, true);
    if (use != PSX_USE_SET || fits(name, "NODE_ENV", true)) return false;
    if (is_main && is_in(name, proxies, true)) return false;
    return is_in(name, of_the_process, true);
}

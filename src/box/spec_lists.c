#include "box/spec_lists.h"

enum {
    R = PSX_BOX_READ,
    RL = PSX_BOX_READ | PSX_BOX_LIST,
    RW = PSX_BOX_READ | PSX_BOX_WRITE,
    RX = PSX_BOX_READ | PSX_BOX_EXEC,
};

const psx_box_need psx_box_needs[] = {
    // the dynamic linker: its cache, and libraries with what they load themselves (gconv, locales)
    {"/etc/ld.so.cache", R, PSX_BOX_ALWAYS},
    {"/etc/ld.so.preload", R, PSX_BOX_ALWAYS},
    {"/lib", RL, PSX_BOX_ALWAYS},
    {"/lib64", RL, PSX_BOX_ALWAYS},
    {"/usr/lib", RL, PSX_BOX_ALWAYS},
    {"/usr/lib64", RL, PSX_BOX_ALWAYS},
    {"/usr/local/lib", RL, PSX_BOX_FOR_NATIVE},
    {"/opt", RL, PSX_BOX_FOR_COMMAND},
    // the kernel starts the engine through it
    {"/lib64/ld-linux-x86-64.so.2", RX, PSX_BOX_ALWAYS},
    {"/lib/ld-linux-aarch64.so.1", RX, PSX_BOX_ALWAYS},
    {"/lib/ld-musl-x86_64.so.1", RX, PSX_BOX_ALWAYS},
    // time zones, and the local one
    {"/etc/localtime", R, PSX_BOX_ALWAYS},
    {"/etc/timezone", R, PSX_BOX_ALWAYS},
    {"/usr/share/zoneinfo", RL, PSX_BOX_ALWAYS},
    {"/usr/share/icu", RL, PSX_BOX_ALWAYS},
    {"/usr/share/locale", RL, PSX_BOX_ALWAYS},
    // OpenSSL's configuration is read before the first line of the program
    {"/etc/ssl/openssl.cnf", R, PSX_BOX_ALWAYS},
    {"/usr/lib/ssl/openssl.cnf", R, PSX_BOX_ALWAYS},
    {"/etc/pki/tls/openssl.cnf", R, PSX_BOX_ALWAYS},
    {"/etc/crypto-policies", RL, PSX_BOX_ALWAYS},
    // devices that lead nowhere
    {"/dev/null", RW, PSX_BOX_ALWAYS},
    {"/dev/zero", RW, PSX_BOX_ALWAYS},
    {"/dev/full", RW, PSX_BOX_ALWAYS},
    {"/dev/random", R, PSX_BOX_ALWAYS},
    {"/dev/urandom", R, PSX_BOX_ALWAYS},
    // how large the machine is: libuv, V8, malloc
    {"/proc/cpuinfo", R, PSX_BOX_ALWAYS},
    {"/proc/meminfo", R, PSX_BOX_ALWAYS},
    {"/proc/stat", R, PSX_BOX_ALWAYS},
    {"/proc/uptime", R, PSX_BOX_ALWAYS},
    {"/proc/loadavg", R, PSX_BOX_ALWAYS},
    {"/proc/version", R, PSX_BOX_ALWAYS},
    {"/proc/version_signature", R, PSX_BOX_ALWAYS},
    {"/proc/filesystems", R, PSX_BOX_ALWAYS},
    {"/proc/sys/vm/overcommit_memory", R, PSX_BOX_ALWAYS},
    {"/proc/sys/vm/max_map_count", R, PSX_BOX_ALWAYS},
    {"/proc/sys/kernel/osrelease", R, PSX_BOX_ALWAYS},
    {"/proc/sys/kernel/ngroups_max", R, PSX_BOX_ALWAYS},
    {"/proc/sys/kernel/cap_last_cap", R, PSX_BOX_ALWAYS},
    {"/proc/sys/net/core/somaxconn", R, PSX_BOX_ALWAYS},
    {"/sys/fs/cgroup", RL, PSX_BOX_ALWAYS},
    {"/sys/devices/system/cpu", RL, PSX_BOX_ALWAYS},
    {"/sys/devices/system/node", RL, PSX_BOX_ALWAYS},
    {"/sys/kernel/mm/transparent_hugepage", R, PSX_BOX_ALWAYS},
    // names and certificates
    {"/etc/resolv.conf", R, PSX_BOX_FOR_NET},
    {"/etc/hosts", R, PSX_BOX_FOR_NET},
    {"/etc/host.conf", R, PSX_BOX_FOR_NET},
    {"/etc/gai.conf", R, PSX_BOX_FOR_NET},
    {"/etc/services", R, PSX_BOX_FOR_NET},
    {"/etc/protocols", R, PSX_BOX_FOR_NET},
    {"/etc/networks", R, PSX_BOX_FOR_NET},
    {"/etc/nsswitch.conf", R, PSX_BOX_FOR_NET},
    {"/etc/ssl/certs", RL, PSX_BOX_FOR_NET},
    {"/etc/ssl/cert.pem", R, PSX_BOX_FOR_NET},
    {"/etc/pki/tls/certs", RL, PSX_BOX_FOR_NET},
    {"/etc/pki/tls/cert.pem", R, PSX_BOX_FOR_NET},
    {"/etc/pki/ca-trust/extracted", RL, PSX_BOX_FOR_NET},
    {"/etc/ca-certificates", RL, PSX_BOX_FOR_NET},
    {"/usr/share/ca-certificates", RL, PSX_BOX_FOR_NET},
    {"/usr/local/share/ca-certificates", RL, PSX_BOX_FOR_NET},
    // os.userInfo
    {"/etc/nsswitch.conf", R, PSX_BOX_FOR_USERS},
    {"/etc/passwd", R, PSX_BOX_FOR_USERS},
    {"/etc/group", R, PSX_BOX_FOR_USERS},
    // what programs of the system lie in and look up
    {"/usr", RL, PSX_BOX_FOR_COMMAND},
    {"/bin", RL, PSX_BOX_FOR_COMMAND},
    {"/sbin", RL, PSX_BOX_FOR_COMMAND},
    {"/etc/alternatives", RL, PSX_BOX_FOR_COMMAND},
    {"/etc/nsswitch.conf", R, PSX_BOX_FOR_COMMAND},
    {"/etc/passwd", R, PSX_BOX_FOR_COMMAND},
    {"/etc/group", R, PSX_BOX_FOR_COMMAND},
    {"/etc/hostname", R, PSX_BOX_FOR_COMMAND},
    {"/etc/os-release", R, PSX_BOX_FOR_COMMAND},
    {"/etc/debian_version", R, PSX_BOX_FOR_COMMAND},
    {"/etc/mime.types", R, PSX_BOX_FOR_COMMAND},
    {"/etc/inputrc", R, PSX_BOX_FOR_COMMAND},
    {"/etc/locale.alias", R, PSX_BOX_FOR_COMMAND},
    {"/etc/fonts", RL, PSX_BOX_FOR_COMMAND},
    // ps, pgrep, a shell's own: what is in there of others is told by nobody's file system rule
    {"/proc", RL, PSX_BOX_FOR_COMMAND},
    {"/dev/tty", RW, PSX_BOX_FOR_COMMAND},
    {NULL, 0, PSX_BOX_ALWAYS},
};

const psx_box_need psx_box_parts[] = {
    {"npsx-engine", RX, PSX_BOX_FOR_ENGINE},
    {"psx.node", R,
     PSX_BOX_FOR_ENGINE}, // each thread loads it by its descriptor: it is opened anew
    {"npsx-spawn", RX, PSX_BOX_FOR_SPAWN},
    {NULL, 0, PSX_BOX_ALWAYS},
};

// Yarn's, and what frameworks build into and run from.
static const char *const directories[] = {
    ".yarn",      ".pnpm",      ".next",     ".nuxt",       ".output", ".svelte-kit",
    ".astro",     ".vite",      ".vinxi",    ".angular",    ".solid",  ".react-router",
    ".storybook", ".vitepress", ".vuepress", ".docusaurus", ".dumi",   ".umi",
    ".webpack",   ".erb",       ".vercel",   ".netlify",    ".husky",
};

static const char *const endings[] = {".js",  ".cjs", ".mjs",  ".ts",
                                      ".cts", ".mts", ".wasm", ".node"};

bool psx_box_hidden_is_code(psx_str name, psx_box_thing thing)
{
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        if (psx_str_is(name, directories[i])) return thing == PSX_BOX_DIR;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (psx_str_ends(name, psx_str_from(endings[i]))) return thing == PSX_BOX_FILE;
    }
    return false;
}

// systemd.exec(5) and systemd.resource-control(5): a drop-in for the [Service] that starts npsx.
#include "cli/export.h"
#include "cli/files.h"
#include "cli/parts.h"

#include <sys/stat.h>

// ---- words --------------------------------------------------------------------------------------

// A directive is a line; a bind has a colon between its parts.
static bool can_say(psx_str path, bool in_bind)
{
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c < 0x20 || c == 0x7f || (in_bind && c == ':')) return false;
    }
    return psx_cli_export_yaml_can(path); // systemd refuses what is not UTF-8
}

// Quotes and backslashes are unquoted, "%" begins a specifier, "$" nothing in these directives.
static psx_rc add_word(psx_buf *b, psx_str word)
{
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        if (c == '"' || c == '\\') TRY(psx_buf_byte(b, '\\'));
        if (c == '%') TRY(psx_buf_byte(b, '%'));
        TRY(psx_buf_byte(b, c));
    }
    return psx_buf_byte(b, '"');
}

typedef enum { MUST = 0, IF_THERE = 1, BIND = 2 } how;

// "Name=" and one path; a path that cannot be said is left out, which is narrower.
static psx_rc put_path(psx_cli_export *e, const char *name, psx_str path, unsigned flags)
{
    psx_str word = path;
    if (!can_say(path, flags & BIND)) {
        psx_buf told;
        psx_buf_init(&told, e->op);
        TRY(psx_cli_export_comment(&told, path));
        return psx_cli_export_lose(e,
                                   "%s: the path \"%.*s\" cannot be written there, and is denied",
                                   name, PSX_FMT(psx_buf_str(&told)));
    }
    if (flags & IF_THERE) TRY(psx_op_format(e->op, &word, "-%.*s", PSX_FMT(path)));
    TRY(psx_buf_format(&e->text, "%s=", name));
    TRY(add_word(&e->text, word));
    return psx_buf_byte(&e->text, '\n');
}

// ---- files --------------------------------------------------------------------------------------

// Where nothing of the system lies that a program needs: hidden, but for what is granted there.
static const char *const hidden[] = {"/home", "/root", "/run/user", "/mnt",  "/media",
                                     "/opt",  "/srv",  "/var",      "/boot", NULL};
static const char *const private[] = {"/tmp", "/var/tmp", NULL}; // PrivateTmp

static bool is_in(psx_str path, const char *const *dirs)
{
    for (; *dirs; dirs++) {
        psx_str dir = psx_str_from(*dirs);
        if (psx_str_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/')) return true;
    }
    return false;
}

static bool is_hidden(psx_str path)
{
    return is_in(path, hidden) || is_in(path, private);
}

// A directory that is granted by itself, without what is beneath: a bind is of all.
static psx_rc is_bare_dir(psx_cli_export *e, const psx_cli_path *path, bool *is)
{
    struct stat st;
    psx_str file;
    *is = false;
    if (path->tree) return PSX_OK;
    TRY(psx_op_copy(e->op, path->root, &file));
    *is = stat(file.p, &st) == 0 && S_ISDIR(st.st_mode);
    if (!*is) return PSX_OK;
    return psx_cli_export_lose(
        e, "%.*s is a directory, which systemd takes for all beneath it; it is denied",
        PSX_FMT(path->root));
}

static psx_rc put_reads(psx_cli_export *e)
{
    bool bare;
    for (size_t i = 0; i < e->reads.n; i++) {
        psx_str root = e->reads.v[i].root;
        TRY(is_bare_dir(e, &e->reads.v[i], &bare));
        if (bare) continue;
        bool written = psx_cli_paths_have(&e->writes, root);
        if (is_hidden(root) && !written)
            TRY(put_path(e, "BindReadOnlyPaths", root, BIND | IF_THERE));
    }
    return PSX_OK;
}

static psx_rc put_writes(psx_cli_export *e)
{
    bool bare;
    for (size_t i = 0; i < e->writes.n; i++) {
        psx_str root = e->writes.v[i].root;
        bool temporary = psx_str_is(root, "/tmp") || psx_str_is(root, "/var/tmp");
        if (temporary) continue; // the private one is writable
        TRY(is_bare_dir(e, &e->writes.v[i], &bare));
        if (bare) continue;
        TRY(put_path(e, is_hidden(root) ? "BindPaths" : "ReadWritePaths", root,
                     IF_THERE | (is_hidden(root) ? BIND : 0)));
        if (!psx_cli_paths_have(&e->reads, root))
            TRY(psx_cli_export_lose(e, "what may be written may be read as well"));
        if (!e->writes.v[i].tree)
            TRY(psx_cli_export_lose(e, "a file that may be written must be there when the service "
                                       "starts"));
    }
    return PSX_OK;
}

// npsx keeps compiled code, and the serials of signed policies.
static psx_rc put_own(psx_cli_export *e)
{
    const psx_cli_place *p = e->place;
    TRY(psx_cli_export_put(
        e, "# PackSec itself: its parts, compiled code, serials of signed policies"));
    TRY(put_path(e, "BindReadOnlyPaths", psx_cli_dirname(p->program), BIND | IF_THERE));
    TRY(put_path(e, "BindReadOnlyPaths", PSX_STR("/etc/packsec"), BIND | IF_THERE));
    if (p->cache.n) TRY(put_path(e, "BindPaths", p->cache, BIND | IF_THERE));
    if (p->state.n) TRY(put_path(e, "BindPaths", p->state, BIND | IF_THERE));
    return PSX_OK;
}

static psx_rc put_files(psx_cli_export *e)
{
    psx_str root = PSX_STR("/");
    TRY(psx_cli_export_put(e, "\n# files"));
    TRY(psx_cli_export_put(e, "ProtectSystem=strict\nPrivateDevices=yes"));
    TRY(psx_cli_export_put(e, "ProtectKernelTunables=yes\nProtectControlGroups=yes"));
    TRY(psx_cli_export_lose(e, "files outside /home, /root, /run/user, /mnt, /media, /opt, /srv, "
                               "/var, /boot and /tmp stay readable (/usr, /etc)"));
    TRY(psx_cli_export_lose(e, "the whole project is readable, not each package to itself"));
    if (psx_cli_paths_have(&e->reads, root)) {
        TRY(put_writes(e));
        return put_own(e);
    }
    TRY(psx_cli_export_put(e, "PrivateTmp=yes"));
    for (size_t i = 0; hidden[i]; i++) {
        TRY(psx_buf_format(&e->text, "TemporaryFileSystem=%s:ro\n", hidden[i]));
    }
    TRY(put_reads(e));
    TRY(put_writes(e));
    return put_own(e);
}

// ---- programs -----------------------------------------------------------------------------------

static psx_rc put_programs(psx_cli_export *e)
{
    psx_cli_list parts = {0};
    TRY(psx_cli_export_put(e, "\n# programs and libraries"));
    TRY(psx_cli_export_put(e, "NoExecPaths=/"));
    TRY(psx_cli_export_put(e,
                           "ExecPaths=-/lib -/lib64 -/lib32 -/usr/lib -/usr/lib64 -/usr/libexec"));
    TRY(psx_cli_part_list(e->op, e->place->program, &parts));
    for (size_t i = 0; i < parts.n; i++) {
        TRY(put_path(e, "ExecPaths", parts.v[i], IF_THERE));
    }
    if (e->native) TRY(put_path(e, "ExecPaths", e->place->project, IF_THERE));
    if (e->native) TRY(psx_cli_export_lose(e, "any file of the project may be loaded as an addon"));
    for (size_t i = 0; i < e->commands.n; i++) {
        TRY(put_path(e, "ExecPaths", e->commands.v[i], IF_THERE));
    }
    if (e->spawn)
        TRY(psx_cli_export_lose(e, "a granted command that starts others needs those in ExecPaths "
                                   "as well"));
    return PSX_OK;
}

// ---- network ------------------------------------------------------------------------------------

static bool all_loopback(const psx_cli_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        if (!psx_cli_export_is_loopback(rules->v[i])) return false;
    }
    return true;
}

// Only addresses are known to the kernel; whoever may listen for others must hear them.
static bool by_address(const psx_cli_export *e)
{
    for (size_t i = 0; i < e->connect.n; i++) {
        const psx_policy_rule *r = e->connect.v[i];
        if (r->kind != PSX_RULE_CIDR && !psx_cli_export_is_loopback(r)) return false;
    }
    return all_loopback(&e->listen);
}

static psx_rc put_addresses(psx_cli_export *e)
{
    if (!by_address(e)) {
        return psx_cli_export_lose(e,
                                   "which hosts may be reached: systemd knows addresses only, and "
                                   "the policy has names, or listens for everybody");
    }
    TRY(psx_cli_export_put(e, "IPAddressDeny=any"));
    if (e->listen.n) TRY(psx_cli_export_put(e, "IPAddressAllow=localhost"));
    for (size_t i = 0; i < e->connect.n; i++) {
        psx_str cidr = PSX_STR("localhost");
        if (e->connect.v[i]->kind == PSX_RULE_CIDR)
            TRY(psx_cli_export_cidr(e->op, e->connect.v[i], &cidr));
        TRY(psx_buf_format(&e->text, "IPAddressAllow=%.*s\n", PSX_FMT(cidr)));
        if (e->connect.v[i]->port >= 0) TRY(psx_cli_export_lose(e, "the ports of net.connect"));
    }
    return PSX_OK;
}

static psx_rc put_ports(psx_cli_export *e)
{
    for (size_t i = 0; i < e->listen.n; i++) {
        if (e->listen.v[i]->port > 0) continue;
        return psx_cli_export_lose(e,
                                   "which ports may be listened on: the policy grants any, or 0");
    }
    TRY(psx_cli_export_put(e, "SocketBindDeny=any"));
    for (size_t i = 0; i < e->listen.n; i++) {
        TRY(psx_buf_format(&e->text, "SocketBindAllow=%d\n", e->listen.v[i]->port));
    }
    if (e->listen.n) TRY(psx_cli_export_lose(e, "on which address a port may be listened on"));
    return PSX_OK;
}

static psx_rc put_network(psx_cli_export *e)
{
    bool ip = e->connect.n || e->listen.n, unixes = e->sockets.n || e->spawn;
    TRY(psx_cli_export_put(e, "\n# network"));
    if (!ip) TRY(psx_cli_export_put(e, "PrivateNetwork=yes\nIPAddressDeny=any"));
    TRY(psx_buf_format(&e->text, "RestrictAddressFamilies=%s%s\n", unixes ? "AF_UNIX" : "",
                       ip       ? " AF_INET AF_INET6 AF_NETLINK"
                       : unixes ? ""
                                : "none"));
    if (e->sockets.n)
        TRY(psx_cli_export_lose(e, "which unix sockets: their directories must be writable"));
    if (!ip) return PSX_OK;
    TRY(put_addresses(e));
    return put_ports(e);
}

// ---- the process --------------------------------------------------------------------------------

static psx_rc put_calls(psx_cli_export *e)
{
    size_t i = 0;
    const char *name;
    TRY(psx_buf_text(&e->text, "SystemCallArchitectures=native\nSystemCallErrorNumber=EPERM\n"
                               "SystemCallFilter="));
    for (size_t n = 0; (name = psx_cli_export_call(e, &i)); n++) {
        TRY(psx_buf_format(&e->text, "%s%s", n ? " " : "", name));
    }
    // Families and namespaces are restricted above. What systemd itself does between loading the
    // filter and starting the program is @default.
    return psx_cli_export_put(e, " socket clone clone3 @default");
}

static psx_rc put_process(psx_cli_export *e)
{
    bool low = psx_cli_export_low_port(e);
    TRY(psx_cli_export_put(e, "\n# the process"));
    TRY(psx_cli_export_put(e, "NoNewPrivileges=yes"));
    TRY(psx_buf_format(&e->text, "CapabilityBoundingSet=%s\n", low ? "CAP_NET_BIND_SERVICE" : ""));
    TRY(psx_buf_format(&e->text, "AmbientCapabilities=%s\n", low ? "CAP_NET_BIND_SERVICE" : ""));
    TRY(psx_cli_export_put(
        e, "LockPersonality=yes\nRestrictNamespaces=yes\nRestrictRealtime=yes\n"
           "RestrictSUIDSGID=yes\nRemoveIPC=yes\nKeyringMode=private\nProtectClock=yes\n"
           "ProtectHostname=yes\nProtectKernelLogs=yes\nProtectKernelModules=yes\n"
           "ProtectProc=invisible"));
    TRY(psx_cli_export_put(e,
                           "# V8 compiles to memory that it then runs\nMemoryDenyWriteExecute=no"));
    return put_calls(e);
}

static bool is_variable(psx_str name)
{
    bool ok = name.n > 0 && !(name.p[0] >= '0' && name.p[0] <= '9');
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        ok = ok && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_');
    }
    return ok;
}

// A service gets nothing of the manager's environment but what is named.
static psx_rc put_environment(psx_cli_export *e)
{
    TRY(psx_cli_export_put(e, "\n# environment"));
    for (size_t i = 0; i < e->env.n; i++) {
        const psx_policy_rule *r = e->env.v[i];
        if (r->kind == PSX_RULE_WORD && is_variable(r->value))
            TRY(psx_buf_format(&e->text, "PassEnvironment=%.*s\n", PSX_FMT(r->value)));
        else
            TRY(psx_cli_export_lose(e, "env: patterns of names; PassEnvironment takes names only"));
    }
    return PSX_OK;
}

psx_rc psx_cli_export_systemd(psx_cli_export *e)
{
    TRY(psx_cli_export_lose(e, "which package may do what: a service is one process"));
    TRY(psx_cli_export_put(e, "[Service]"));
    TRY(put_files(e));
    TRY(put_programs(e));
    TRY(put_network(e));
    TRY(put_process(e));
    TRY(put_environment(e));
    return psx_cli_export_head(e);
}

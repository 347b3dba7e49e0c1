// The permission model of Node itself: what `node --permission` takes.
#include "cli/export.h"

#include <sys/stat.h>

// A star in a path is a pattern to Node, and so is the name of a directory that is there.
static psx_rc flag_of(psx_cli_export *e, const char *name, const psx_cli_path *path, psx_str *out)
{
    struct stat st;
    psx_str file;
    bool odd = psx_str_find(path->root, '*') < path->root.n;
    for (size_t i = 0; i < path->root.n; i++) {
        odd = odd || (unsigned char)path->root.p[i] < 0x20 || path->root.p[i] == 0x7f;
    }
    *out = (psx_str){0};
    if (odd) {
        psx_buf told;
        psx_buf_init(&told, e->op);
        TRY(psx_cli_export_comment(&told, path->root));
        return psx_cli_export_lose(e,
                                   "%s: the path \"%.*s\" cannot be written there, and is denied",
                                   name, PSX_FMT(psx_buf_str(&told)));
    }
    TRY(psx_op_copy(e->op, path->root, &file));
    if (!path->tree && stat(file.p, &st) == 0 && S_ISDIR(st.st_mode)) {
        return psx_cli_export_lose(
            e, "%s: %.*s is a directory, which Node takes for all beneath it; it is denied", name,
            PSX_FMT(path->root));
    }
    return psx_op_format(e->op, out, "--%s=%.*s", name, PSX_FMT(path->root));
}

// A tree is its directory and all beneath it: two patterns to Node.
static psx_rc beneath(psx_op *op, psx_str flag, psx_str *out)
{
    bool slash = psx_str_ends(flag, PSX_STR("/"));
    return psx_op_format(op, out, "%.*s%s*", PSX_FMT(flag), slash ? "" : "/");
}

static psx_rc put(psx_cli_export *e, psx_str flag)
{
    if (!flag.n) return PSX_OK;
    if (e->text.n) TRY(psx_buf_byte(&e->text, ' '));
    return psx_policy_quote(&e->text, flag);
}

static psx_rc put_paths(psx_cli_export *e, const char *name, const psx_cli_paths *paths)
{
    psx_str flag;
    for (size_t i = 0; i < paths->n; i++) {
        TRY(flag_of(e, name, &paths->v[i], &flag));
        TRY(put(e, flag));
        if (!flag.n || !paths->v[i].tree) continue;
        TRY(beneath(e->op, flag, &flag));
        TRY(put(e, flag));
    }
    return PSX_OK;
}

psx_rc psx_cli_export_node(psx_cli_export *e)
{
    TRY(psx_cli_export_lose(e, "which package may do what: Node asks nobody who calls"));
    TRY(psx_cli_export_lose(e, "the whole project is readable, not each package to itself"));
    TRY(put(e, PSX_STR("--permission")));
    TRY(put_paths(e, "allow-fs-read", &e->reads));
    TRY(put_paths(e, "allow-fs-write", &e->writes));
    if (e->connect.n || e->listen.n || e->sockets.n) {
        TRY(put(e, PSX_STR("--allow-net")));
        TRY(psx_cli_export_lose(e,
                                "which hosts and ports: Node allows all of the network or none"));
    }
    if (e->spawn) {
        TRY(put(e, PSX_STR("--allow-child-process")));
        TRY(psx_cli_export_lose(e, "which commands: Node allows every program or none, and a child "
                                   "may do anything"));
    }
    if (e->worker) TRY(put(e, PSX_STR("--allow-worker")));
    if (e->native) {
        TRY(put(e, PSX_STR("--allow-addons")));
        TRY(psx_cli_export_lose(e, "which addons: Node allows all or none, and an addon may do "
                                   "anything"));
    }
    TRY(psx_cli_export_lose(
        e, "env, clock, random, eval, process, system: Node has no such permission, "
           "and everybody has them"));
    return psx_buf_byte(&e->text, '\n');
}

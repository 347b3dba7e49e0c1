#include <fcntl.h>
#include <sys/stat.h>

#include "addon/commands.h"
#include "addon/lexpath.h"

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static bool search(psx_str path, psx_str name, psx_lexpath *out)
{
    while (path.n) {
        size_t n = psx_str_find(path, ':');
        psx_str dir = psx_str_slice(path, 0, n);
        path = psx_str_slice(path, n + 1, path.n);
        if (!dir.n || dir.p[0] != '/') continue; // never the current directory
        if (psx_lexpath_resolve(dir, name, out) == PSX_LEXPATH_OK && is_program(out->p))
            return true;
    }
    return false;
}

static bool has_slash(psx_str name)
{
    return psx_str_find(name, '/') < name.n;
}

static bool find(psx_monitor *m, psx_str name, psx_str path, psx_lexpath *out)
{
    if (has_slash(name))
        return psx_lexpath_resolve(m->plan.cwd, name, out) == PSX_LEXPATH_OK && is_program(out->p);
    return search(path, name, out);
}

// Remembered per package, so that a file that appears earlier in PATH meanwhile changes nothing.
static bool find_trusted(psx_monitor *m, psx_package *p, psx_str name, psx_lexpath *out)
{
    psx_str *known = psx_map_get(&p->commands, name);
    if (known) return psx_lexpath_resolve(PSX_STR("/"), *known, out) == PSX_LEXPATH_OK;
    if (!search(m->path_env, name, out)) return false;
    psx_str *keep = PSX_NEW(&m->op, psx_str), key;
    if (!keep || psx_failed(psx_op_copy(&m->op, psx_lexpath_str(out), keep)) ||
        psx_failed(psx_op_copy(&m->op, name, &key)) ||
        psx_failed(psx_map_put(&p->commands, key, keep))) {
        psx_fail_clear(&m->op);
        return false;
    }
    return true;
}

static psx_command_result decide(psx_monitor *m, uint32_t id, psx_str name, const psx_lexpath *at,
                                 bool by_name, psx_str *out)
{
    psx_question q = {id, PSX_CAP_SPAWN, psx_lexpath_str(at), by_name ? name : (psx_str){0},
                      -1, PSX_USE_ITSELF};
    if (!psx_monitor_decide(m, &q).allowed) return PSX_COMMAND_DENIED;
    psx_rc rc = psx_op_copy(&m->op, psx_lexpath_str(at), out);
    psx_fail_clear(&m->op);
    return psx_failed(rc) ? PSX_COMMAND_DENIED : PSX_COMMAND_OK;
}

psx_command_result psx_command_find(psx_monitor *m, uint32_t id, psx_str name, psx_str path,
                                    psx_str *out)
{
    psx_lexpath found, trusted;
    if (id >= m->n || !name.n || psx_str_has_nul(name) || psx_str_has_nul(path))
        return PSX_COMMAND_DENIED;
    bool bare = !has_slash(name);
    bool has_trusted = bare && find_trusted(m, &m->packages[id], name, &trusted);
    if (bare && psx_str_eq(path, m->path_env)) {
        if (has_trusted) return decide(m, id, name, &trusted, true, out);
    } else if (find(m, name, path, &found)) {
        bool same = has_trusted && psx_str_eq(psx_lexpath_str(&found), psx_lexpath_str(&trusted));
        return decide(m, id, name, &found, same, out);
    }
    // Whether it exists is nobody's business who may not run it.
    return psx_monitor_holds(m, id, PSX_CAP_SPAWN) ? PSX_COMMAND_NOT_FOUND : PSX_COMMAND_DENIED;
}

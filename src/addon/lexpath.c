#include "addon/lexpath.h"

psx_str psx_lexpath_str(const psx_lexpath *p)
{
    return (psx_str){p->p, p->n};
}

static void pop(psx_lexpath *out)
{
    while (out->n && out->p[out->n - 1] != '/') {
        out->n--;
    }
    if (out->n) out->n--;
}

static bool push(psx_lexpath *out, psx_str part)
{
    if (part.n + 2 > sizeof out->p - out->n) return false;
    out->p[out->n++] = '/';
    memcpy(out->p + out->n, part.p, part.n);
    out->n += part.n;
    return true;
}

// One component after the other. While building, "" stands for "/".
static bool append(psx_lexpath *out, psx_str path)
{
    while (path.n) {
        size_t n = psx_str_find(path, '/');
        psx_str part = psx_str_slice(path, 0, n);
        path = psx_str_slice(path, n + 1, path.n);
        if (part.n == 0 || psx_str_is(part, ".")) continue;
        if (psx_str_is(part, "..")) {
            pop(out);
        } else if (!push(out, part)) {
            return false;
        }
    }
    return true;
}

static bool ends_as_dir(psx_str path)
{
    psx_str last = psx_lexpath_leaf(path);
    return last.n == 0 || psx_str_is(last, ".") || psx_str_is(last, "..");
}

psx_lexpath_result psx_lexpath_resolve(psx_str cwd, psx_str path, psx_lexpath *out)
{
    out->n = 0;
    if (path.n == 0) return PSX_LEXPATH_EMPTY;
    if (psx_str_has_nul(path)) return PSX_LEXPATH_NUL;
    if (path.p[0] != '/' && !append(out, cwd)) return PSX_LEXPATH_LONG;
    if (!append(out, path)) return PSX_LEXPATH_LONG;
    if (out->n == 0) out->p[out->n++] = '/';
    out->p[out->n] = '\0';
    out->wants_dir = ends_as_dir(path);
    return PSX_LEXPATH_OK;
}

psx_str psx_lexpath_parent(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return psx_str_slice(path, 0, slash ? slash : 1);
}

psx_str psx_lexpath_leaf(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return slash < path.n ? psx_str_slice(path, slash + 1, path.n) : path;
}

bool psx_lexpath_within(psx_str path, psx_str dir)
{
    if (psx_str_is(dir, "/")) return path.n && path.p[0] == '/';
    return dir.n && psx_str_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/');
}

psx_str psx_lexpath_rest(psx_str path, psx_str dir)
{
    size_t skip = psx_str_is(dir, "/") ? 1 : dir.n + 1;
    psx_str rest = psx_str_slice(path, skip, path.n);
    return rest.n ? rest : PSX_STR(".");
}

bool psx_lexpath_is_tidy(psx_str path)
{
    if (path.n == 0 || path.p[0] != '/' || path.n >= PSX_LEXPATH_MAX) return false;
    if (path.n == 1) return true;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '\0') return false;
        if (path.p[i] != '/') continue;
        // What follows a slash: the end, another slash, "." or ".."?
        psx_str rest = psx_str_slice(path, i + 1, i + 4);
        if (rest.n == 0 || rest.p[0] == '/') return false;
        if (rest.p[0] != '.') continue;
        size_t dots = rest.n > 1 && rest.p[1] == '.' ? 2 : 1;
        if (rest.n == dots || rest.p[dots] == '/') return false;
    }
    return true;
}

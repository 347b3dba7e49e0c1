#include "policy/path.h"

// Appends one component to the path built so far.
static size_t add_component(char *p, size_t n, psx_str part)
{
    if (part.n == 0 || psx_str_eq(part, PSX_STR("."))) return n;
    if (psx_str_eq(part, PSX_STR(".."))) {
        while (n > 0 && p[--n] != '/') {
        }
        return n;
    }
    p[n++] = '/';
    memcpy(p + n, part.p, part.n);
    return n + part.n;
}

static size_t add_components(char *p, size_t n, psx_str path)
{
    while (path.n) {
        size_t slash = psx_str_find(path, '/');
        n = add_component(p, n, psx_str_slice(path, 0, slash));
        path = psx_str_slice(path, slash + 1, path.n);
    }
    return n;
}

psx_rc psx_path_join(psx_op *op, psx_str base, psx_str path, psx_str *out)
{
    size_t n = 0;
    char *p = psx_op_alloc(op, base.n + path.n + 3);
    if (!p) return psx_fail_nomem(op);
    if (path.n == 0 || path.p[0] != '/') n = add_components(p, n, base);
    n = add_components(p, n, path);
    if (n == 0) p[n++] = '/';
    p[n] = '\0';
    *out = (psx_str){p, n};
    return PSX_OK;
}

static bool is_dots(const char *p, size_t n)
{
    return n == 0 || (p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.')));
}

bool psx_path_is_normal(psx_str path)
{
    if (path.n == 0 || path.p[0] != '/' || psx_str_has_nul(path)) return false;
    const char *p = path.p + 1, *end = path.p + path.n;
    while (p < end) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        const char *stop = slash ? slash : end;
        if (is_dots(p, (size_t)(stop - p))) return false;
        p = stop + 1;
    }
    return true;
}

bool psx_path_under(psx_str root, psx_str path)
{
    if (root.n == 1) return true;
    if (root.n == 0 || path.n < root.n) return false;
    // The byte behind the root tells most misses without reading both paths.
    if (path.n > root.n && path.p[root.n] != '/') return false;
    return memcmp(path.p, root.p, root.n) == 0;
}

psx_str psx_path_base(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return slash == path.n ? path : psx_str_slice(path, slash + 1, path.n);
}

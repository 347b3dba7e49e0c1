// Grouping paths and names (see learn.h). Values are the policy's own patterns at the end.
#include "cli/learn.h"

#include "base/map.h"
#include "cli/files.h"

enum {
    PATHS_EXPLAIN_DIR = 3,
    NAMES_EXPLAIN_PREFIX = 4,
    HEX_RUN = 16,
    DIGIT_RUN = 8,
    RANDOM_TAIL = 6
};

typedef struct {
    psx_str path; // absolute, without a slash at its end
    bool tree;
} node;

static bool is_under(psx_str path, psx_str dir)
{
    if (!dir.n || !psx_str_starts(path, dir)) return false;
    return path.n == dir.n || dir.n == 1 || path.p[dir.n] == '/';
}

static size_t depth(psx_str path)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) {
        n += path.p[i] == '/';
    }
    return path.n == 1 ? 0 : n;
}

// A directory that no handful of files explains.
static bool is_wide(const psx_cli_narrowing *how, psx_str dir)
{
    if (depth(dir) < 2 || is_under(how->project, dir) || is_under(how->home, dir)) return true;
    if (is_under(how->tmp, dir)) return true;
    // Writing there is writing other packages' code.
    if (how->writing && psx_str_is(psx_cli_basename(dir), "node_modules")) return true;
    bool is_ours = is_under(dir, how->project) || is_under(dir, how->home);
    return !is_ours && depth(dir) < 3 && is_under(dir, PSX_STR("/usr"));
}

static int by_path(const void *a, const void *b)
{
    const node *x = a, *y = b;
    int order = psx_str_cmp(x->path, y->path);
    return order ? order : (int)y->tree - (int)x->tree; // a tree before the same as a file
}

static bool is_beneath_one(const psx_map *trees, psx_str path)
{
    while (path.n > 1) {
        path = psx_cli_dirname(path);
        if (psx_map_has(trees, path)) return true;
    }
    return false;
}

// Sorted, without doubles and without what a tree covers already.
static psx_rc tidy(psx_op *op, node *v, size_t *n)
{
    psx_map trees;
    psx_map_init(&trees, op);
    for (size_t i = 0; i < *n; i++) {
        if (v[i].tree) TRY(psx_map_put(&trees, v[i].path, v));
    }
    size_t kept = 0;
    qsort(v, *n, sizeof *v, by_path);
    for (size_t i = 0; i < *n; i++) {
        if (kept && psx_str_eq(v[kept - 1].path, v[i].path)) continue;
        if (!is_beneath_one(&trees, v[i].path)) v[kept++] = v[i];
    }
    *n = kept;
    return PSX_OK;
}

// One step: the deepest directories with enough children become trees. *more: there were some.
static psx_rc gather(psx_op *op, const psx_cli_narrowing *how, node *v, size_t *n, bool *more)
{
    psx_map children; // directory -> how many
    psx_map_init(&children, op);
    size_t deepest = 0;
    for (size_t i = 0; i < *n; i++) {
        psx_str dir = psx_cli_dirname(v[i].path);
        uintptr_t count = (uintptr_t)psx_map_get(&children, dir) + 1;
        TRY(psx_map_put(&children, dir, (void *)count));
        bool enough = count >= PATHS_EXPLAIN_DIR && !is_wide(how, dir);
        if (enough && depth(dir) > deepest) deepest = depth(dir);
    }
    *more = deepest > 0;
    for (size_t i = 0; *more && i < *n; i++) {
        psx_str dir = psx_cli_dirname(v[i].path);
        while (depth(dir) > deepest) {
            dir = psx_cli_dirname(dir);
        }
        bool enough = (uintptr_t)psx_map_get(&children, dir) >= PATHS_EXPLAIN_DIR;
        if (depth(dir) == deepest && enough && !is_wide(how, dir)) v[i] = (node){dir, true};
    }
    return tidy(op, v, n);
}

static bool may_be_tree(const psx_cli_narrowing *how, psx_str path)
{
    bool is_ours = is_under(path, how->project) && !is_under(how->project, path);
    return is_ours && !how->writing && !is_wide(how, path) && how->is_dir(path);
}

// "tmp-1-7hxOqw4PN7MT", "jest-aB3cD4": what mkdtemp and its like make up.
static bool has_random_look(psx_str name)
{
    size_t telling = 0;
    for (size_t i = name.n > RANDOM_TAIL ? name.n - RANDOM_TAIL : 0; i < name.n; i++) {
        char c = name.p[i];
        telling += (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    }
    return telling && psx_str_find(name, '.') != 0;
}

// Temporary files have another name next time. A look around on the way up from a project that lies
// there itself is no temporary file.
static bool is_temporary(const psx_cli_narrowing *how, psx_str path)
{
    if (how->tmp.n < 2 || !is_under(path, how->tmp) || is_under(path, how->project)) return false;
    return !is_under(how->project, psx_cli_dirname(path)) ||
           has_random_look(psx_cli_basename(path));
}

// "8eb9c8f7df48d8e2df667bd16429b73c", "1f0c-...", "app-2026-11-21.log", "report.1732183200.json": a
// name that was made up for this run, by hash, identifier or time. Next time there is another one.
static bool is_made_up(psx_str name)
{
    size_t hex = 0, digits = 0;
    bool has_digit = false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
        if (c == '-' && hex) continue; // within dates and identifiers
        digits = digit ? digits + 1 : 0;
        hex = digit || letter ? hex + 1 : 0;
        has_digit = hex && (has_digit || digit);
        if (digits >= DIGIT_RUN || (hex >= HEX_RUN && has_digit)) return true;
    }
    return false;
}

// Such a name is explained by its directory.
static void widen_made_up(const psx_cli_narrowing *how, node *one)
{
    psx_str dir = psx_cli_dirname(one->path);
    if (!is_made_up(psx_cli_basename(one->path)) || is_wide(how, dir)) return;
    *one = (node){dir, true};
}

// The pattern as a person writes it.
static psx_rc write_pattern(psx_op *op, const psx_cli_narrowing *how, const node *v, psx_str *out)
{
    const char *slash = v->tree ? "/" : "";
    const psx_str roots[] = {how->project, how->tmp, how->home};
    const char *const names[] = {".", "${tmp}", "${home}"};
    for (size_t i = 0; i < 3; i++) {
        if (roots[i].n < 2 || !is_under(v->path, roots[i])) continue;
        psx_str rest = psx_str_slice(v->path, roots[i].n, v->path.n);
        // "." is no pattern, and "./" the whole project: the directory itself has another spelling.
        if (!rest.n && i == 0) return psx_op_format(op, out, "${project}%s", slash);
        return psx_op_format(op, out, "%s%.*s%s", names[i], PSX_FMT(rest), slash);
    }
    return psx_op_format(op, out, "%.*s%s", PSX_FMT(v->path), slash);
}

psx_rc psx_cli_learn_tree(psx_op *op, const psx_cli_narrowing *how, psx_str path, bool is_entry,
                          psx_str *out)
{
    psx_str dir = is_entry ? psx_cli_dirname(path) : path;
    *out = path;
    if (is_temporary(how, path) || is_wide(how, dir)) return PSX_OK;
    return psx_op_format(op, out, "%.*s/", PSX_FMT(dir));
}

psx_rc psx_cli_learn_paths(psx_op *op, const psx_cli_narrowing *how, const psx_str *paths, size_t n,
                           psx_str **out, size_t *out_n)
{
    node *v = PSX_ARRAY(op, node, n);
    *out = PSX_ARRAY(op, psx_str, n);
    if (!v || !*out) return psx_fail_nomem(op);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (paths[i].n < 2) continue; // "/" is never granted
        bool tree = paths[i].p[paths[i].n - 1] == '/';
        node one = {psx_str_slice(paths[i], 0, paths[i].n - tree), tree};
        if (!tree) one.tree = may_be_tree(how, one.path);
        if (is_temporary(how, one.path))
            one = (node){how->tmp, true};
        else if (!tree)
            widen_made_up(how, &one);
        v[used++] = one;
    }
    TRY(tidy(op, v, &used));
    for (bool more = true; more;) {
        TRY(gather(op, how, v, &used, &more));
    }
    for (size_t i = 0; i < used; i++) {
        TRY(write_pattern(op, how, &v[i], &(*out)[i]));
    }
    *out_n = used;
    return PSX_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return psx_str_cmp(*(const psx_str *)a, *(const psx_str *)b);
}

// "npm_config_" of "npm_config_cache": up to the last underscore that four names share.
static psx_str shared_prefix(const psx_str *names, size_t n, psx_str name)
{
    for (size_t end = name.n; end-- > 1;) {
        psx_str prefix = psx_str_slice(name, 0, end + 1);
        if (name.p[end] != '_') continue;
        size_t count = 0;
        for (size_t i = 0; i < n; i++) {
            count += psx_str_starts(names[i], prefix) && names[i].n > prefix.n;
        }
        if (count >= NAMES_EXPLAIN_PREFIX) return prefix;
    }
    return (psx_str){0};
}

psx_rc psx_cli_learn_names(psx_op *op, const psx_str *names, size_t n, psx_str **out, size_t *out_n)
{
    psx_str *sorted = PSX_ARRAY(op, psx_str, n);
    *out = PSX_ARRAY(op, psx_str, n);
    *out_n = 0;
    if (!sorted || !*out) return psx_fail_nomem(op);
    if (n) memcpy(sorted, names, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < n; i++) {
        psx_str pattern = sorted[i], prefix = shared_prefix(sorted, n, sorted[i]);
        if (prefix.n) TRY(psx_op_format(op, &pattern, "%.*s*", PSX_FMT(prefix)));
        bool seen = false;
        for (size_t k = 0; k < *out_n && !seen; k++) {
            seen = psx_str_eq((*out)[k], pattern);
        }
        if (!seen) (*out)[(*out_n)++] = pattern;
    }
    return PSX_OK;
}

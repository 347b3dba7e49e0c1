#include "cli/project.h"

#include "cli/files.h"
#include "formats/json.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PACKAGE_JSON_MAX = 4 << 20, LOCKFILE_MAX = 256 << 20 };

static const char POLICY[] = "packsec.policy.json";
static const char *const extensions[] = {".js", ".json", ".node"};

// What a path is for the search; anything but "nothing there" ends it.
typedef enum { NOTHING, SCRIPT, DIRECTORY } place;

static psx_rc look(psx_op *op, psx_str path, place *out)
{
    struct stat st;
    if (stat(path.p, &st) != 0) {
        *out = NOTHING;
        if (errno == ENOENT || errno == ENOTDIR) return PSX_OK;
        if (errno == ELOOP) {
            return psx_fail(op, PSX_E_VALUE, "cannot run %.*s: its symbolic links go in circles",
                            PSX_FMT(path));
        }
        return psx_fail(op, PSX_E_VALUE, "cannot run %.*s: %s", PSX_FMT(path), strerror(errno));
    }
    *out = S_ISDIR(st.st_mode) ? DIRECTORY : SCRIPT;
    if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "cannot run %.*s: it is no regular file", PSX_FMT(path));
}

// path, or path.js, path.json, path.node, when that is a file.
static psx_rc try_extensions(psx_op *op, psx_str path, psx_str *out)
{
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        psx_str with;
        place p;
        TRY(psx_op_format(op, &with, "%.*s%s", PSX_FMT(path), extensions[i]));
        TRY(look(op, with, &p));
        if (p == SCRIPT) {
            *out = with;
            return PSX_OK;
        }
    }
    *out = (psx_str){0};
    return PSX_OK;
}

static psx_rc try_index(psx_op *op, psx_str dir, psx_str *out)
{
    psx_str index;
    TRY(psx_op_format(op, &index, "%.*s/index", PSX_FMT(dir)));
    return try_extensions(op, index, out);
}

static psx_rc load_package_json(psx_op *op, psx_str dir, psx_json_doc **out)
{
    psx_str path, bytes;
    *out = NULL;
    TRY(psx_op_format(op, &path, "%.*s/package.json", PSX_FMT(dir)));
    psx_rc rc = psx_cli_read(op, "package description", path, PACKAGE_JSON_MAX, &bytes);
    if (rc.code == PSX_E_NOT_FOUND) {
        psx_fail_clear(op);
        return PSX_OK;
    }
    TRY(rc);
    rc = psx_json_parse(op, bytes, path, PACKAGE_JSON_MAX, out);
    // npm and node take the last of two equal keys; nothing here is signed, so it may pass.
    if (rc.code == PSX_E_DUPLICATE) {
        psx_fail_clear(op);
        return PSX_OK;
    }
    return rc;
}

psx_rc psx_cli_project_package(psx_op *op, psx_str dir, psx_str *name, psx_str *version)
{
    psx_json_doc *doc;
    *name = *version = PSX_STR("");
    TRY(load_package_json(op, dir, &doc));
    if (!doc) return PSX_OK;
    psx_str n = psx_json_get_str(&doc->root, PSX_STR("name"));
    psx_str v = psx_json_get_str(&doc->root, PSX_STR("version"));
    if (n.p) *name = n;
    if (v.p) *version = v;
    return PSX_OK;
}

static psx_rc try_main_field(psx_op *op, psx_str dir, psx_str *out)
{
    psx_json_doc *doc;
    *out = (psx_str){0};
    TRY(load_package_json(op, dir, &doc));
    psx_str main = doc ? psx_json_get_str(&doc->root, PSX_STR("main")) : (psx_str){0};
    if (!main.n) return PSX_OK;
    psx_str path;
    place p;
    TRY(psx_cli_join(op, dir, main, &path));
    TRY(look(op, path, &p));
    if (p == SCRIPT) *out = path;
    if (!out->n) TRY(try_extensions(op, path, out));
    if (!out->n && p == DIRECTORY) TRY(try_index(op, path, out));
    return PSX_OK;
}

// "Did you mean": the entry of the same directory whose name is nearest.
static void suggest_near(psx_op *op, psx_str path)
{
    psx_str dir, base = psx_cli_basename(path);
    char best[NAME_MAX + 1] = "";
    size_t nearest = 3;
    if (psx_failed(psx_op_copy(op, psx_cli_dirname(path), &dir))) return;
    DIR *d = opendir(dir.p);
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t far = psx_str_distance(base, psx_str_from(e->d_name), nearest - 1);
        if (e->d_name[0] == '.' || far >= nearest) continue;
        nearest = far;
        snprintf(best, sizeof best, "%s", e->d_name);
    }
    if (d) closedir(d);
    if (best[0]) psx_fail_suggest(op, "did you mean %s?", best);
}

static psx_rc real(psx_op *op, psx_str path, psx_str *out)
{
    char resolved[PATH_MAX];
    size_t bad;
    if (!realpath(path.p, resolved)) {
        return psx_fail(op, PSX_E_VALUE, "cannot run %.*s: %s", PSX_FMT(path), strerror(errno));
    }
    if (!psx_str_is_utf8(psx_str_from(resolved), &bad)) {
        return psx_fail(op, PSX_E_VALUE, "cannot run %.*s: its path is not valid UTF-8",
                        PSX_FMT(path));
    }
    TRY(psx_op_copy(op, psx_str_from(resolved), out));
    if (access(out->p, R_OK) != 0) {
        return psx_fail(op, PSX_E_VALUE, "cannot read the script %.*s: %s", PSX_FMT(*out),
                        strerror(errno));
    }
    return PSX_OK;
}

psx_rc psx_cli_script_find(psx_op *op, psx_str cwd, psx_str typed, psx_str *named, psx_str *out)
{
    psx_str path, joined, found = {0};
    place p;
    if (!typed.n) return psx_fail(op, PSX_E_USAGE, "the script's name is empty");
    TRY(psx_cli_join(op, cwd, typed, &joined));
    TRY(psx_op_copy(op, joined, &path));
    *named = path;
    bool as_directory = typed.p[typed.n - 1] == '/';
    TRY(look(op, path, &p));
    if (!as_directory) {
        if (p == SCRIPT) return real(op, path, out);
        TRY(try_extensions(op, path, &found));
    }
    if (!found.n && p == DIRECTORY) {
        TRY(try_main_field(op, path, &found));
        if (!found.n) TRY(try_index(op, path, &found));
        if (!found.n) {
            return psx_fail(op, PSX_E_VALUE,
                            "cannot run the directory %.*s: it has neither index.js nor a "
                            "package.json whose \"main\" names a file",
                            PSX_FMT(path));
        }
    }
    *named = found;
    if (found.n) return real(op, found, out);
    psx_rc rc = psx_fail(op, PSX_E_NOT_FOUND, "there is no script %.*s", PSX_FMT(path));
    suggest_near(op, path);
    return rc;
}

static bool has_file(psx_op *op, psx_str dir, const char *name)
{
    psx_str path;
    struct stat st;
    if (psx_failed(psx_op_format(op, &path, "%.*s/%s", PSX_FMT(dir), name))) return false;
    return stat(path.p, &st) == 0;
}

// The nearest directory upwards that has such a file, or an absent string.
static psx_str find_up(psx_op *op, psx_str from, const char *name)
{
    for (psx_str dir = from;; dir = psx_cli_dirname(dir)) {
        if (has_file(op, dir, name)) return dir;
        if (dir.n <= 1) return (psx_str){0};
    }
}

// Offset of the first whole path component "node_modules", or path.n.
static size_t find_node_modules(psx_str path)
{
    static const char name[] = "/node_modules";
    const size_t n = sizeof name - 1;
    for (size_t i = 0; i + n <= path.n; i++) {
        if (memcmp(path.p + i, name, n) == 0 && (i + n == path.n || path.p[i + n] == '/')) return i;
    }
    return path.n;
}

// Who may say what holds for a script in `from`: root, the user, and whose directory it is. Anybody
// could lay a policy in /tmp, above what others keep there.
static bool may_rule(const struct stat *policy, const struct stat *from)
{
    return policy->st_uid == 0 || policy->st_uid == geteuid() || policy->st_uid == from->st_uid;
}

static psx_rc check_owner(psx_op *op, psx_str from, psx_str dir)
{
    psx_str path, start;
    struct stat entry, file, at;
    TRY(psx_op_copy(op, from, &start));
    TRY(psx_op_format(op, &path, "%.*s/%s", dir.n > 1 ? (int)dir.n : 0, dir.p, POLICY));
    if (lstat(path.p, &entry) != 0 || stat(path.p, &file) != 0 || stat(start.p, &at) != 0) {
        return psx_fail(op, PSX_E_OS, "cannot look at %.*s: %s", PSX_FMT(path), strerror(errno));
    }
    if (may_rule(&entry, &at) && may_rule(&file, &at)) return PSX_OK;
    psx_rc rc = psx_fail(op, PSX_E_VALUE,
                         "the policy %.*s belongs to neither root, nor you, nor the owner of %.*s",
                         PSX_FMT(path), PSX_FMT(start));
    psx_fail_suggest(op, "--policy FILE says which policy holds");
    return rc;
}

// Where the search starts, and what it comes to without a policy.
static psx_str without_policy(psx_op *op, psx_str *from)
{
    size_t inside = find_node_modules(*from);
    if (inside < from->n) {
        *from = inside ? psx_str_slice(*from, 0, inside) : PSX_STR("/");
        return *from; // whatever a package brings along
    }
    psx_str package = find_up(op, *from, "package.json");
    return package.p ? package : *from;
}

bool psx_cli_project_by_files(psx_str from)
{
    return find_node_modules(from) == from.n;
}

psx_rc psx_cli_project_find(psx_op *op, psx_str from, bool chosen, psx_str *root)
{
    psx_json_doc *doc;
    bool installed = find_node_modules(from) < from.n;
    *root = without_policy(op, &from);
    psx_str policy = find_up(op, from, POLICY);
    psx_rc rc = policy.n < from.n && policy.p ? check_owner(op, from, policy) : PSX_OK;
    if (psx_failed(rc) && !chosen) return rc;
    if (psx_failed(rc))
        psx_fail_clear(op);
    else if (policy.p)
        *root = policy;
    return installed ? PSX_OK : load_package_json(op, *root, &doc);
}

psx_rc psx_cli_project_lock(psx_op *op, psx_str root, psx_lockfile **out)
{
    static const char *const names[] = {"npm-shrinkwrap.json", "package-lock.json"};
    *out = NULL;
    for (size_t i = 0; i < 2; i++) {
        psx_str path, bytes;
        TRY(psx_op_format(op, &path, "%.*s/%s", PSX_FMT(root), names[i]));
        psx_rc rc = psx_cli_read(op, "lockfile", path, LOCKFILE_MAX, &bytes);
        if (rc.code == PSX_E_NOT_FOUND) {
            psx_fail_clear(op);
            continue;
        }
        TRY(rc);
        return psx_lockfile_parse(op, bytes, path, out);
    }
    return PSX_OK;
}

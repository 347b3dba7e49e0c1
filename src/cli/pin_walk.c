#include "cli/pin_walk.h"

#include "cli/files.h"
#include "os/beneath.h"
#include "os/verity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

typedef struct {
    psx_op *op;
    const psx_pin_plan *plan;
    psx_pin_set *out;
    psx_pinned base; // for keys and what is covered
    size_t told;
} walker;

enum { FILE_MAX = 1 << 30, TELL_EVERY = 500, DEPTH_MAX = 200 };

// ---- which files --------------------------------------------------------------------------------

static bool has(const psx_cli_list *list, psx_str path)
{
    for (size_t i = 0; i < list->n; i++) {
        if (psx_str_eq(list->v[i], path)) return true;
    }
    return false;
}

// Of the application's own files those that the loader takes for code; of a package all, as nobody
// can say what it loads.
static bool is_code(psx_str name)
{
    static const char *const extensions[] = {"js",  "cjs", "mjs",  "ts",   "cts",
                                             "mts", "jsx", "json", "node", "wasm"};
    size_t dot = psx_str_find_last(name, '.');
    if (dot == name.n || dot == 0) return dot == name.n;
    if (psx_str_search(name, PSX_STR(".so")) < name.n) return true;
    psx_str e = psx_str_slice(name, dot + 1, name.n);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        if (psx_str_is(e, extensions[i])) return true;
    }
    return false;
}

static bool is_lockfile(psx_str key)
{
    return psx_str_is(key, "package-lock.json") || psx_str_is(key, "npm-shrinkwrap.json");
}

static bool takes(const walker *w, psx_str key, psx_str name, bool all)
{
    psx_pinned everything = w->base;
    everything.pins.packages_only = true;
    if (all || psx_pinned_covers(&everything, key)) return true;
    return w->plan->packages_only ? is_lockfile(key) : is_code(name);
}

// What tools keep: no part of the application.
static bool enters(psx_str dir, psx_str name)
{
    if (psx_str_is(name, ".git") || psx_str_is(name, ".hg") || psx_str_is(name, ".svn"))
        return false;
    return !(psx_str_is(name, ".cache") && psx_str_ends(dir, PSX_STR("/node_modules")));
}

// ---- one file -----------------------------------------------------------------------------------

static psx_rc fail_read(psx_op *op, psx_str path, int e)
{
    return psx_fail(op, PSX_E_VALUE, "cannot pin %.*s: %s", PSX_FMT(path),
                    e == -EFBIG ? "it is larger than a gigabyte" : strerror(-e));
}

static psx_rc measure(walker *w, int fd, psx_str path, psx_pin *pin)
{
    size_t n;
    int e = psx_os_verity_measure(fd, pin->digest, &n);
    if (e < 0)
        return psx_fail(w->op, PSX_E_VALUE, "%.*s has no fs-verity digest: %s", PSX_FMT(path),
                        e == -ENOTTY || e == -EOPNOTSUPP ? "its file system has none"
                                                         : strerror(-e));
    pin->kind = PSX_PIN_VERITY;
    pin->algorithm = n == 32 ? PSX_SRI_SHA256 : PSX_SRI_SHA512;
    return PSX_OK;
}

static psx_rc digest(walker *w, int fd, psx_str path, psx_pin *pin)
{
    char *bytes;
    size_t n;
    int e = psx_os_read_whole(fd, FILE_MAX, &bytes, &n);
    if (e < 0) return fail_read(w->op, path, e);
    psx_digest d = psx_digest_of((psx_str){bytes, n});
    free(bytes);
    memcpy(pin->digest, d.b, sizeof d.b);
    w->out->bytes += n;
    return PSX_OK;
}

// --check: as the list has it, unless the file has no such digest any more.
static bool by_verity(const walker *w, psx_str key, int fd)
{
    psx_pin pin;
    uint8_t room[PSX_OS_VERITY_MOST];
    size_t n;
    return w->plan->as_listed && psx_pins_find(w->plan->as_listed, key, &pin) &&
           pin.kind == PSX_PIN_VERITY && psx_os_verity_measure(fd, room, &n) == 0;
}

static psx_rc add(walker *w, const psx_pin *pin)
{
    psx_pin_set *out = w->out;
    if (!psx_pins_path_ok(pin->path))
        return psx_fail(w->op, PSX_E_VALUE,
                        "cannot pin %.*s: a name with control characters, a backslash or no UTF-8 "
                        "cannot stand in a list",
                        PSX_FMT(pin->path));
    TRY(PSX_ROOM(w->op, out->v, out->n, &out->cap));
    out->v[out->n++] = *pin;
    if (!w->plan->progress || out->n - w->told < TELL_EVERY) return PSX_OK;
    w->told = out->n;
    fprintf(stderr, "\r%zu files, %llu MB", out->n, (unsigned long long)(out->bytes >> 20));
    return PSX_OK;
}

static psx_rc add_file(walker *w, psx_str path, psx_str key)
{
    psx_pin pin = {.kind = PSX_PIN_SHA256, .path = key};
    int e = w->plan->verity ? psx_os_verity_enable(path.p) : 0;
    if (e < 0 && e != -EEXIST)
        return psx_fail(w->op, PSX_E_VALUE, "cannot make %.*s a file of fs-verity: %s",
                        PSX_FMT(path),
                        e == -ENOTTY || e == -EOPNOTSUPP
                            ? "its file system, or the kernel, has none (ext4: mkfs -O verity)"
                            : strerror(-e));
    int fd = psx_os_open_any(path.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return fail_read(w->op, path, fd);
    bool verity = w->plan->verity || by_verity(w, key, fd);
    psx_rc rc = verity ? measure(w, fd, path, &pin) : digest(w, fd, path, &pin);
    psx_os_close(fd);
    TRY(rc);
    return add(w, &pin);
}

static psx_rc add_link(walker *w, psx_str path, psx_str key)
{
    char text[PSX_PIN_PATH_MAX];
    psx_pin pin = {.kind = PSX_PIN_LINK, .path = key};
    int n = psx_os_readlink(path.p, text, sizeof text);
    if (n < 0) return fail_read(w->op, path, n);
    psx_digest d = psx_digest_of((psx_str){text, (size_t)n});
    memcpy(pin.digest, d.b, sizeof d.b);
    w->out->links++;
    return add(w, &pin);
}

// ---- directories --------------------------------------------------------------------------------

static psx_rc walk(walker *w, psx_str dir, unsigned depth, bool all);

static psx_rc visit(walker *w, psx_str path, psx_str name, unsigned depth, bool all)
{
    struct stat st;
    psx_str key = psx_pinned_key(&w->base, path);
    if (lstat(path.p, &st) != 0) return fail_read(w->op, path, -errno);
    if (has(&w->plan->skip, path)) return PSX_OK;
    if (S_ISDIR(st.st_mode)) return walk(w, path, depth + 1, all);
    if (S_ISLNK(st.st_mode)) {
        // One that leads nowhere is not there for the loader, and must not become so.
        bool wanted = stat(path.p, &st) == 0 && (all || psx_pinned_covers(&w->base, key));
        return wanted ? add_link(w, path, key) : PSX_OK;
    }
    if (!S_ISREG(st.st_mode) || !takes(w, key, name, all)) return PSX_OK;
    return add_file(w, path, key);
}

static psx_rc walk_open(walker *w, DIR *d, psx_str dir, unsigned depth, bool all)
{
    for (struct dirent *e; (e = readdir(d));) {
        psx_str path, name = psx_str_from(e->d_name);
        if (psx_str_is(name, ".") || psx_str_is(name, "..") || !enters(dir, name)) continue;
        TRY(psx_op_copy(w->op, name, &name));
        TRY(psx_op_format(w->op, &path, "%.*s/%s", PSX_FMT(dir), name.p));
        TRY(visit(w, path, name, depth, all));
    }
    return PSX_OK;
}

static psx_rc walk(walker *w, psx_str dir, unsigned depth, bool all)
{
    if (depth > DEPTH_MAX) return fail_read(w->op, dir, -ELOOP);
    DIR *d = opendir(dir.p);
    if (!d) return fail_read(w->op, dir, -errno);
    psx_rc rc = walk_open(w, d, dir, depth, all);
    closedir(d);
    return rc;
}

static int by_path(const void *a, const void *b)
{
    return psx_str_cmp(((const psx_pin *)a)->path, ((const psx_pin *)b)->path);
}

// A directory that was named as well as walked gives its files twice.
static void sort(psx_pin_set *set)
{
    size_t n = 0;
    if (set->n) qsort(set->v, set->n, sizeof *set->v, by_path);
    for (size_t i = 0; i < set->n; i++) {
        if (n == 0 || by_path(&set->v[n - 1], &set->v[i]) != 0) set->v[n++] = set->v[i];
    }
    set->n = n;
}

psx_rc psx_pin_walk(psx_op *op, const psx_pin_plan *plan, psx_pin_set *out)
{
    psx_str project;
    walker w = {.op = op, .plan = plan, .out = out};
    w.base.project = plan->project;
    w.base.pins.packages_only = plan->packages_only;
    TRY(psx_op_copy(op, plan->project, &project));
    if (!plan->only_more) TRY(walk(&w, project, 0, false));
    for (size_t i = 0; i < plan->more.n; i++) {
        psx_str path;
        TRY(psx_op_copy(op, plan->more.v[i], &path));
        TRY(visit(&w, path, psx_cli_basename(path), 0, true));
    }
    if (w.told) fputs("\r\033[K", stderr);
    sort(out);
    return PSX_OK;
}

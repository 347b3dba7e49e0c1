#include "cli/as.h"

#include "base/buf.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/launch.h"
#include "cli/project.h"
#include "formats/json.h"
#include "policy/path.h"

#include <limits.h>
#include <sys/stat.h>

enum { AS_MAX = 1 << 20, FD_MAX = 1 << 10 };

static psx_rc wrong(psx_op *op, const char *what)
{
    return psx_fail(op, PSX_E_USAGE, "--as: %s", what);
}

static psx_rc real_directory(psx_op *op, psx_str dir, psx_str *out)
{
    char buf[PATH_MAX];
    psx_str named;
    struct stat st;
    if (!dir.n || dir.p[0] != '/' || psx_str_has_nul(dir)) {
        return wrong(op, "it takes the absolute path of a package's directory");
    }
    TRY(psx_op_copy(op, dir, &named));
    if (!realpath(named.p, buf) || stat(buf, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return wrong(op, "there is no such directory");
    }
    return psx_op_copy(op, psx_str_from(buf), out);
}

// A member that is an absolute path, normalised; or, when it may be, none.
static psx_rc take_path(psx_op *op, const psx_json *root, const char *key, bool may_be_null,
                        psx_str *out)
{
    const psx_json *v = psx_json_get(root, psx_str_from(key));
    *out = (psx_str){0};
    if ((!v || v->kind == PSX_JSON_NULL) && may_be_null) return PSX_OK;
    if (!v || v->kind != PSX_JSON_STRING || !v->string.n || v->string.p[0] != '/') {
        return psx_fail(op, PSX_E_USAGE, "--as: \"%s\" must be an absolute path", key);
    }
    return psx_cli_join(op, PSX_STR("/"), v->string, out);
}

static psx_rc take_number(psx_op *op, const psx_json *root, const char *key, int *out)
{
    const psx_json *v = psx_json_get(root, psx_str_from(key));
    uint64_t n = 0;
    if (!v || v->kind == PSX_JSON_NULL) return PSX_OK;
    bool is_number = v->kind == PSX_JSON_NUMBER && psx_str_to_u64(v->string, &n);
    if (!is_number || n > FD_MAX) {
        return psx_fail(op, PSX_E_USAGE, "--as: \"%s\" must be a number of descriptors", key);
    }
    *out = (int)n;
    return PSX_OK;
}

static psx_rc take_box(psx_op *op, const psx_json *root, psx_cli_as *out)
{
    psx_str mode = psx_json_get_str(root, PSX_STR("box"));
    if (mode.p) TRY(psx_box_mode_parse(op, mode, &out->box));
    out->box_pretend = psx_json_get_str(root, PSX_STR("boxPretend"));
    out->command = psx_json_get_bool(root, PSX_STR("command"));
    out->quiet = psx_json_get_bool(root, PSX_STR("quiet"));
    TRY(take_path(op, root, "spawned", true, &out->spawned));
    TRY(take_number(op, root, "descriptors", &out->descriptors));
    TRY(take_number(op, root, "parent", &out->parent));
    return take_number(op, root, "environment", &out->environment);
}

static psx_rc take_all(psx_op *op, const psx_json *root, psx_cli_as *out)
{
    const psx_json *path = psx_json_get(root, PSX_STR("path"));
    psx_str dir;
    TRY(take_path(op, root, "dir", false, &dir));
    TRY(take_path(op, root, "project", false, &out->project));
    TRY(take_path(op, root, "policy", true, &out->policy_file));
    TRY(take_path(op, root, "cwd", false, &out->cwd));
    TRY(take_path(op, root, "tmp", false, &out->tmp));
    TRY(take_path(op, root, "home", true, &out->home));
    TRY(take_path(op, root, "cache", true, &out->cache));
    TRY(take_path(op, root, "signature", true, &out->signature));
    TRY(take_path(op, root, "trust", true, &out->trust));
    TRY(take_path(op, root, "state", true, &out->state));
    const psx_json *integrity = psx_json_get(root, PSX_STR("integrity"));
    if (integrity && integrity->kind == PSX_JSON_STRING) {
        out->integrity = integrity->string;
    } else if (integrity && integrity->kind != PSX_JSON_NULL) {
        return wrong(op, "\"integrity\" must be a string");
    }
    if (!path || path->kind != PSX_JSON_STRING) return wrong(op, "\"path\" must be a string");
    out->path = path->string;
    TRY(take_path(op, root, "audit", true, &out->audit));
    TRY(take_path(op, root, "learn", true, &out->learn));
    TRY(take_box(op, root, out));
    out->told = true;
    return real_directory(op, dir, &out->dir);
}

psx_rc psx_cli_as_parse(psx_op *op, psx_str value, psx_cli_as *out)
{
    psx_json_doc *doc;
    *out = (psx_cli_as){.environment = -1, .parent = -1};
    if (!psx_str_starts(value, PSX_STR("{"))) return real_directory(op, value, &out->dir);
    TRY(psx_json_parse(op, value, PSX_STR("--as"), AS_MAX, &doc));
    return take_all(op, &doc->root, out);
}

static const psx_lockfile_entry *locked(const psx_lockfile *lock, psx_str location)
{
    for (size_t i = 0; lock && i < lock->n; i++) {
        if (psx_str_eq(lock->entries[i].location, location)) return &lock->entries[i];
    }
    return NULL;
}

static psx_str location_of(psx_str dir, psx_str project)
{
    if (psx_str_eq(dir, project)) return PSX_STR("");
    if (psx_str_eq(project, PSX_STR("/"))) return psx_str_slice(dir, 1, dir.n);
    bool inside = psx_str_starts(dir, project) && dir.p[project.n] == '/';
    return inside ? psx_str_slice(dir, project.n + 1, dir.n) : dir;
}

// As runtime/compartment.js names what no lockfile lists.
static psx_rc name_unlisted(psx_op *op, psx_policy_subject *s)
{
    psx_str name;
    TRY(psx_cli_project_package(op, s->dir, &name, &s->version));
    bool installed = false;
    static const char mark[] = "/node_modules/";
    for (size_t i = 0; i + sizeof mark - 1 < s->dir.n && !installed; i++) {
        installed = memcmp(s->dir.p + i, mark, sizeof mark - 1) == 0;
    }
    s->name = installed ? psx_lockfile_location_name(s->dir) : name.n ? name : s->dir;
    return PSX_OK;
}

psx_rc psx_cli_as_subject(psx_op *op, psx_str dir, psx_str project, const psx_lockfile *lock,
                          psx_policy_subject *out)
{
    psx_policy_subject s = {.location = location_of(dir, project), .dir = dir, .listed = true};
    s.name = s.version = PSX_STR("");
    *out = s;
    if (!s.location.n) {
        out->name = PSX_STR("app");
        return PSX_OK;
    }
    TRY(name_unlisted(op, out));
    const psx_lockfile_entry *e = locked(lock, s.location);
    out->listed = e || !lock;
    if (!e) return PSX_OK;
    if (e->name.n) out->name = e->name;
    if (e->version.n) out->version = e->version;
    out->integrity = e->integrity;
    return PSX_OK;
}

psx_rc psx_cli_as_check(psx_op *op, const psx_policy *policy, const psx_policy_subject *subject,
                        psx_str project, psx_str path)
{
    psx_policy_holder *holder;
    psx_policy_request request = {.cap = PSX_CAP_FS_READ, .value = path, .port = -1};
    psx_str fix, who = subject->name;
    TRY(psx_policy_bind(op, policy, subject, &holder));
    // The application may load whatever lies in its project: so may its child.
    bool own = !subject->location.n && location_of(path, project).n < path.n;
    if (own || psx_policy_decide(policy, holder, &request).allowed) return PSX_OK;
    psx_rc rc = psx_fail(op, PSX_E_UNSUPPORTED, "%.*s may not run %.*s: it may not fs.read it",
                         PSX_FMT(who), PSX_FMT(path));
    psx_op scratch;
    psx_op_init(&scratch, AS_MAX);
    if (!psx_failed(psx_policy_fix(&scratch, holder, &request, &fix))) {
        psx_fail_suggest(op, "to allow: %.*s", PSX_FMT(fix));
    }
    psx_op_fini(&scratch);
    return rc;
}

// In it, in a node_modules above it, or what its own node_modules links to. Without a lockfile a
// package.json says who a directory is, and any on this machine may say the same.
static psx_rc is_of_project(psx_op *op, const psx_policy_subject *s, psx_str project, bool *out)
{
    static const char modules[] = "/node_modules/";
    char real[PATH_MAX];
    psx_str link;
    *out = psx_path_under(project, s->dir);
    for (size_t i = 0; i + sizeof modules - 1 < s->dir.n && !*out; i++) {
        if (memcmp(s->dir.p + i, modules, sizeof modules - 1) != 0) continue;
        *out = i == 0 || psx_path_under(psx_str_slice(s->dir, 0, i), project);
    }
    if (*out) return PSX_OK;
    TRY(psx_op_format(op, &link, "%.*s%s%.*s", PSX_FMT(project), modules, PSX_FMT(s->name)));
    *out = !psx_str_has_nul(link) && realpath(link.p, real) && psx_str_is(s->dir, real);
    return PSX_OK;
}

psx_rc psx_cli_as_check_spawn(psx_op *op, const psx_policy *policy,
                              const psx_policy_subject *subject, psx_str project,
                              const psx_policy_request *request)
{
    psx_policy_holder *holder;
    psx_str fix;
    bool known;
    TRY(is_of_project(op, subject, project, &known));
    if (!known) {
        return psx_fail(op, PSX_E_UNSUPPORTED, "%.*s is no package of %.*s", PSX_FMT(subject->dir),
                        PSX_FMT(project));
    }
    TRY(psx_policy_bind(op, policy, subject, &holder));
    if (psx_policy_decide(policy, holder, request).allowed) return PSX_OK;
    psx_rc rc = psx_fail(op, PSX_E_UNSUPPORTED, "%.*s may not spawn %.*s", PSX_FMT(subject->name),
                         PSX_FMT(request->value));
    psx_op scratch;
    psx_op_init(&scratch, AS_MAX);
    if (!psx_failed(psx_policy_fix(&scratch, holder, request, &fix))) {
        psx_fail_suggest(op, "to allow: %.*s", PSX_FMT(fix));
    }
    psx_op_fini(&scratch);
    return rc;
}

// ---- for children -------------------------------------------------------------------------------

static psx_rc add(psx_buf *b, const char *key, psx_str value)
{
    TRY(psx_buf_format(b, "%s\"%s\":", b->n ? "," : "", key));
    return value.p ? psx_cli_json_string(b, value) : psx_buf_text(b, "null");
}

psx_str psx_cli_as_path(const psx_cli_as *as)
{
    const char *path = getenv("PATH");
    return as->told ? as->path : psx_str_from(path ? path : "");
}

psx_rc psx_cli_as_write(psx_op *op, const psx_cli_place *place, const psx_cli_run *run,
                        psx_str learn_to, psx_str *out)
{
    static const char *const modes[] = {"required", "best-effort", "off"};
    const psx_cli_as *as = &place->as;
    const psx_cli_gate *gate = &place->gate;
    bool has_policy = place->policy_text.p, told = as->told;
    psx_str none = {0};
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(add(&b, "project", place->project));
    TRY(add(&b, "policy", has_policy ? place->policy_file : none));
    TRY(add(&b, "signature", gate->facts.verified ? gate->signature_file : none));
    TRY(add(&b, "integrity", has_policy ? gate->facts.integrity : none));
    TRY(add(&b, "trust", gate->trust_file));
    TRY(add(&b, "state", place->state));
    TRY(add(&b, "cwd", told ? as->cwd : place->cwd));
    TRY(add(&b, "tmp", place->tmp));
    TRY(add(&b, "home", place->home));
    TRY(add(&b, "cache", place->cache));
    TRY(add(&b, "path", psx_cli_as_path(as)));
    TRY(add(&b, "audit", psx_cli_place_audit(place)));
    TRY(add(&b, "learn", learn_to));
    TRY(add(&b, "box", psx_str_from(modes[psx_cli_box_mode(run, place)])));
    TRY(add(&b, "boxPretend", psx_cli_box_pretend(run, place)));
    if (run->quiet || as->quiet) TRY(psx_buf_text(&b, ",\"quiet\":true"));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

#include "cli/learn.h"

#include "base/map.h"
#include "cli/env.h"
#include "cli/files.h"
#include "cli/reach.h"
#include "formats/json.h"
#include "policy/path.h"

#include <sys/stat.h>

enum {
    LINE_MAX_BYTES = 1 << 20,
    PACKAGES_EXPLAIN_STAR = 3,
    EPHEMERAL = 32768,
    NAMES_MAKE_LIST = 4
};

// Whose word is it that this was asked for?
typedef enum {
    BY_SCRIPT, // JavaScript: the compartments decide, and the box with them
    BY_CHILD,  // a program that the package started: its own box decides
    BY_NATIVE, // native code in the engine: the engine's box decides
} seen_by;

// What was asked for once.
typedef struct {
    size_t who; // index of the subject
    psx_policy_request request;
    seen_by by;
    bool makes; // an entry of a directory
    bool explained;
} use;

typedef struct {
    psx_policy_subject subject;
    psx_str key;
    const psx_policy_holder *holder; // by the policy as it stands
    psx_cli_reach reach;             // of its commands
    bool starts, loads;              // commands; native code
} user;

typedef struct {
    psx_op *op;
    const psx_cli_place *place;
    const psx_cli_run *run;
    psx_policy_doc *doc;
    psx_cli_reach reach; // of the engine
    psx_policy *policy;  // doc as a model
    user *users;
    size_t n_users, cap_users;
    use *uses;
    size_t n_uses, cap_uses;
    const psx_box_seen *seen;
    size_t n_seen;
    psx_map opened;      // files that an engine really opened
    psx_map by_location; // of users: index + 1
    bool listens_anywhere;
    psx_map env; // names of the run's environment
    psx_cli_grants *out;
} learner;

// ---- reading ------------------------------------------------------------------------------------

static const psx_lockfile_entry *locked(const psx_cli_place *place, psx_str location)
{
    for (size_t i = 0; place->lock && i < place->lock->n; i++) {
        if (psx_str_eq(place->lock->entries[i].location, location)) return &place->lock->entries[i];
    }
    return NULL;
}

static psx_rc add_user(learner *l, const psx_box_who *who)
{
    TRY(PSX_ROOM(l->op, l->users, l->n_users, &l->cap_users));
    psx_str location = who->location;
    const psx_lockfile_entry *entry = locked(l->place, location);
    user *u = &l->users[l->n_users++];
    *u = (user){.subject = {.name = who->name,
                            .version = who->version,
                            .location = location,
                            .listed = entry || !l->place->lock || !location.n}};
    if (entry) u->subject.integrity = entry->integrity;
    TRY(psx_cli_join(l->op, l->place->project, location, &u->subject.dir));
    // People think in names; where the name does not count, the place is meant.
    bool by_name = u->subject.listed && u->subject.name.n && !psx_str_is(u->subject.name, "app");
    u->key = !location.n ? PSX_STR("app") : by_name ? u->subject.name : location;
    if (location.n && !by_name && psx_str_find(location, '/') == location.n) {
        TRY(psx_op_format(l->op, &u->key, "./%.*s", PSX_FMT(location)));
    }
    return psx_map_put(&l->by_location, location, (void *)(uintptr_t)l->n_users);
}

static psx_rc find_user(learner *l, const psx_box_who *who, size_t *out)
{
    uintptr_t known = (uintptr_t)psx_map_get(&l->by_location, who->location);
    if (!known) {
        TRY(add_user(l, who));
        known = l->n_users;
    }
    *out = known - 1;
    return PSX_OK;
}

static psx_rc add_use(learner *l, const use *one)
{
    TRY(PSX_ROOM(l->op, l->uses, l->n_uses, &l->cap_uses));
    l->uses[l->n_uses++] = *one;
    return PSX_OK;
}

static psx_rc read_use(learner *l, const psx_json *line)
{
    use one = {.request.port = -1};
    psx_box_who who = {.location = psx_json_get_str(line, PSX_STR("location")),
                       .name = psx_json_get_str(line, PSX_STR("name")),
                       .version = psx_json_get_str(line, PSX_STR("version"))};
    psx_str resolved = psx_json_get_str(line, PSX_STR("resolved"));
    const psx_json *port = psx_json_get(line, PSX_STR("port"));
    if (!psx_cap_from_name(psx_json_get_str(line, PSX_STR("cap")), &one.request.cap)) return PSX_OK;
    if (one.request.cap == PSX_CAP_AMBIENT) return PSX_OK; // asked, but never learnt
    one.request.value = psx_json_get_str(line, PSX_STR("value"));
    if (resolved.n) {
        one.request.asked = one.request.value;
        one.request.value = resolved;
    }
    if (port && port->kind == PSX_JSON_NUMBER && port->number >= 0 && port->number <= 65535) {
        one.request.port = (int)port->number;
    }
    if (one.request.cap == PSX_CAP_NET_LISTEN && one.request.port == 0) l->listens_anywhere = true;
    TRY(find_user(l, &who, &one.who));
    if (one.request.cap == PSX_CAP_NATIVE) l->users[one.who].loads = true;
    return add_use(l, &one);
}

static psx_rc read_lines(learner *l, psx_str lines)
{
    while (lines.n) {
        size_t end = psx_str_find(lines, '\n');
        psx_str text = psx_str_slice(lines, 0, end);
        lines = psx_str_slice(lines, end + 1, lines.n);
        psx_json_doc *doc;
        if (!text.n) continue;
        psx_rc rc = psx_json_parse(l->op, text, PSX_STR("learned"), LINE_MAX_BYTES, &doc);
        if (psx_error_class(rc.code) == PSX_CLASS_CORRUPT && rc.code != PSX_E_CEILING) {
            psx_fail_clear(l->op);
            continue;
        }
        TRY(rc);
        TRY(read_use(l, &doc->root));
    }
    return PSX_OK;
}

// A bare name stands for what PATH leads to.
static psx_rc name_program(learner *l, psx_policy_request *r)
{
    psx_str path;
    psx_str name = psx_cli_basename(r->value);
    TRY(psx_cli_reach_command(l->op, name, &path));
    if (path.n && psx_cli_reach_is_same(path, r->value)) {
        r->asked = name;
        r->value = path;
    }
    return PSX_OK;
}

static psx_rc add_seen(learner *l, const psx_box_seen *seen, seen_by by, size_t who)
{
    use one = {
        .who = who,
        .request = {.cap = seen->cap, .value = seen->value, .port = seen->port},
        .by = by,
        .makes = seen->makes,
    };
    if (seen->cap == PSX_CAP_NET_LISTEN && seen->port == 0) l->listens_anywhere = true;
    if (seen->cap == PSX_CAP_SPAWN) TRY(name_program(l, &one.request));
    return add_use(l, &one);
}

static psx_rc read_seen(learner *l)
{
    psx_map_init(&l->opened, l->op);
    for (size_t i = 0; i < l->n_seen; i++) {
        size_t who;
        if (!l->seen[i].by_child) {
            TRY(psx_map_put(&l->opened, l->seen[i].value, l));
            TRY(psx_map_put(&l->opened, l->seen[i].named, l));
            continue;
        }
        TRY(find_user(l, &l->seen[i].who, &who));
        l->users[who].starts = true;
        TRY(add_seen(l, &l->seen[i], BY_CHILD, who));
    }
    return PSX_OK;
}

// ---- what the policy says already ---------------------------------------------------------------

// A package's own directory is its own without a grant. But the box shows nobody what is hidden in
// the project: who really opened that needs one.
static bool is_hidden(const learner *l, const use *u, const psx_policy_verdict *v)
{
    bool is_own = v->rule && v->rule->kind == PSX_RULE_OWN;
    return is_own && psx_map_has(&l->opened, u->request.value) &&
           !psx_cli_reach_has(&l->reach, u->request.cap, u->request.value, false);
}

// What a box decides is not what the compartments decide: it knows files and directories, and has
// some for everybody.
static bool is_explained(const learner *l, const use *u)
{
    const user *who = &l->users[u->who];
    const psx_cli_reach *reach = u->by == BY_CHILD ? &who->reach : &l->reach;
    const psx_policy_request *r = &u->request;
    bool is_file = r->cap == PSX_CAP_FS_READ || r->cap == PSX_CAP_FS_WRITE;
    bool in_box = u->by != BY_SCRIPT && is_file;
    if (in_box && psx_cli_reach_has(reach, r->cap, r->value, u->makes)) return true;
    // What no rule of the kernel's lets anybody make, the supervisor makes.
    if (in_box && !u->makes) return false;
    psx_policy_verdict v = psx_policy_decide(l->policy, who->holder, r);
    return v.allowed && !v.recorded_only && !is_hidden(l, u, &v);
}

static psx_rc refresh_reach(learner *l)
{
    psx_cli_place place = *l->place;
    place.policy = l->policy;
    for (size_t i = 0; i < l->n_users; i++) {
        user *u = &l->users[i];
        if (u->starts) TRY(psx_cli_reach_make(l->op, l->run, &place, u->holder, &u->reach));
    }
    return psx_cli_reach_make(l->op, l->run, &place, NULL, &l->reach);
}

static psx_rc refresh(learner *l)
{
    const psx_cli_place *p = l->place;
    psx_str text;
    TRY(psx_policy_doc_write(l->op, l->doc, &text));
    TRY(psx_policy_parse(l->op, text, p->policy_file, &l->policy));
    TRY(psx_cli_place_resolve(l->op, p, l->policy));
    for (size_t i = 0; i < l->n_users; i++) {
        psx_policy_holder *h;
        TRY(psx_policy_bind(l->op, l->policy, &l->users[i].subject, &h));
        l->users[i].holder = h;
    }
    TRY(refresh_reach(l));
    for (size_t i = 0; i < l->n_uses; i++) {
        l->uses[i].explained = is_explained(l, &l->uses[i]);
    }
    return PSX_OK;
}

static psx_rc grant(learner *l, psx_str key, psx_cap cap, psx_str value)
{
    psx_cli_grants *out = l->out;
    psx_str text = psx_str_from(psx_cap_name(cap));
    bool changed;
    if (value.n) {
        TRY(psx_op_format(l->op, &text, "%s:%.*s", psx_cap_name(cap), PSX_FMT(value)));
    }
    psx_rc rc = psx_policy_grant(l->op, l->doc, key, text, &changed);
    if (rc.code == PSX_E_NOMEM || rc.code == PSX_E_CEILING) return rc;
    if (psx_failed(rc)) {
        psx_fail_clear(l->op); // counted as unexplained at the end
        return PSX_OK;
    }
    if (!changed) return PSX_OK;
    TRY(PSX_ROOM(l->op, out->v, out->n, &out->cap));
    out->v[out->n++] = (psx_cli_grant){key, text};
    return PSX_OK;
}

// ---- grouping -----------------------------------------------------------------------------------

static bool is_dir(psx_str path)
{
    char text[4096];
    struct stat st;
    if (path.n >= sizeof text) return false;
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    return stat(text, &st) == 0 && S_ISDIR(st.st_mode);
}

// The values of one capability that users with this key still need. *n_out of them.
static psx_rc collect(learner *l, psx_str key, psx_cap cap, const psx_cli_narrowing *how,
                      psx_str **out, size_t *n_out)
{
    psx_map seen;
    psx_map_init(&seen, l->op);
    for (size_t i = 0; i < l->n_uses; i++) {
        use *u = &l->uses[i];
        if (u->explained || u->request.cap != cap) continue;
        if (!psx_str_eq(l->users[u->who].key, key)) continue;
        psx_str value = u->request.value;
        if (u->makes || (u->by != BY_SCRIPT && cap == PSX_CAP_FS_READ && is_dir(value)))
            TRY(psx_cli_learn_tree(l->op, how, value, u->makes, &value));
        TRY(psx_map_put(&seen, value, u));
    }
    *out = PSX_ARRAY(l->op, psx_str, seen.n);
    if (!*out) return psx_fail_nomem(l->op);
    *n_out = seen.n;
    for (size_t i = 0; i < seen.n; i++) {
        (*out)[i] = seen.slots[i].key;
    }
    return PSX_OK;
}

static psx_rc grant_paths(learner *l, psx_str key, psx_cap cap)
{
    psx_cli_narrowing how = {l->place->project, l->place->tmp, l->place->home, is_dir,
                             cap == PSX_CAP_FS_WRITE};
    psx_str *paths, *patterns;
    size_t n, n_patterns;
    TRY(collect(l, key, cap, &how, &paths, &n));
    TRY(psx_cli_learn_paths(l->op, &how, paths, n, &patterns, &n_patterns));
    for (size_t i = 0; i < n_patterns; i++) {
        TRY(grant(l, key, cap, patterns[i]));
    }
    return PSX_OK;
}

// Did it list the environment? Then what it asked for says nothing about what it needs.
static bool is_list(const learner *l, const psx_str *names, size_t n)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++) {
        there += psx_map_has(&l->env, names[i]);
    }
    return there >= NAMES_MAKE_LIST && there * 4 >= l->env.n * 3;
}

static psx_rc narrow_list(learner *l, psx_str key, psx_str *names, size_t *n)
{
    if (!is_list(l, names, *n)) return PSX_OK;
    if (psx_str_is(key, "app")) {
        names[0] = PSX_STR("*");
        *n = 1;
        return PSX_OK;
    }
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        bool keep = !psx_map_has(&l->env, names[i]) || psx_cli_env_is_everyday(names[i]);
        if (keep) names[kept++] = names[i];
    }
    *n = kept;
    return psx_cli_list_add(l->op, &l->out->listers, key);
}

static psx_rc grant_names(learner *l, psx_str key, psx_cap cap)
{
    psx_str *names, *patterns;
    size_t n, n_patterns;
    TRY(collect(l, key, cap, NULL, &names, &n));
    if (cap != PSX_CAP_ENV) {
        patterns = names;
        n_patterns = n;
    } else {
        TRY(narrow_list(l, key, names, &n));
        TRY(psx_cli_learn_names(l->op, names, n, &patterns, &n_patterns));
    }
    for (size_t i = 0; i < n_patterns; i++) {
        TRY(grant(l, key, cap, patterns[i]));
    }
    return PSX_OK;
}

static bool is_loopback(psx_str host)
{
    return psx_str_is(host, "localhost") || psx_str_starts(host, PSX_STR("127.")) ||
           psx_str_is(host, "::1");
}

static psx_rc path_pattern(learner *l, psx_str path, psx_str *out)
{
    psx_str project = l->place->project;
    *out = path;
    if (project.n > 1 && psx_str_starts(path, project) && path.n > project.n &&
        path.p[project.n] == '/') {
        psx_str rest = psx_str_slice(path, project.n, path.n);
        return psx_op_format(l->op, out, ".%.*s", PSX_FMT(rest));
    }
    return PSX_OK;
}

static psx_rc host_pattern(learner *l, const psx_policy_request *r, psx_str *out)
{
    static const psx_str unix_mark = PSX_STR_INIT("unix:");
    psx_str host = r->value;
    if (psx_str_starts(host, unix_mark)) {
        psx_str path;
        TRY(path_pattern(l, psx_str_slice(host, unix_mark.n, host.n), &path));
        return psx_op_format(l->op, out, "unix:%.*s", PSX_FMT(path));
    }
    bool any = psx_str_is(host, "::") || psx_str_is(host, "0.0.0.0");
    if (any && r->cap == PSX_CAP_NET_LISTEN) host = PSX_STR(""); // ":3000", as people write it
    bool is_v6 = psx_str_find(host, ':') < host.n && host.p[0] != '[';
    TRY(psx_op_format(l->op, out, is_v6 ? "[%.*s]" : "%.*s", PSX_FMT(host)));
    // A server on a port that the system picked has another one next time.
    bool is_picked = r->cap == PSX_CAP_NET_CONNECT && l->listens_anywhere && r->port >= EPHEMERAL &&
                     is_loopback(host);
    if (r->port < 0 || is_picked) return PSX_OK;
    return psx_op_format(l->op, out, "%.*s:%d", PSX_FMT(*out), r->port);
}

static psx_rc grant_each(learner *l, psx_str key, psx_cap cap)
{
    for (size_t i = 0; i < l->n_uses; i++) {
        use *u = &l->uses[i];
        const psx_policy_request *r = &u->request;
        psx_str value = {0};
        if (u->explained || r->cap != cap || !psx_str_eq(l->users[u->who].key, key)) continue;
        if (cap == PSX_CAP_NET_CONNECT || cap == PSX_CAP_NET_LISTEN) {
            TRY(host_pattern(l, r, &value));
        } else if (cap == PSX_CAP_SPAWN && r->asked.n &&
                   psx_str_find(r->asked, '/') == r->asked.n) {
            value = r->asked;
        } else if (cap == PSX_CAP_SPAWN || cap == PSX_CAP_NATIVE) {
            TRY(path_pattern(l, r->value, &value));
        }
        TRY(grant(l, key, cap, value));
    }
    return PSX_OK;
}

static psx_rc grant_capability(learner *l, psx_str key, psx_cap cap)
{
    switch (cap) {
    case PSX_CAP_FS_READ:
    case PSX_CAP_FS_WRITE: return grant_paths(l, key, cap);
    case PSX_CAP_ENV:
    case PSX_CAP_STDIO:
    case PSX_CAP_PROCESS:
    case PSX_CAP_SYSTEM:
    case PSX_CAP_IMPORT:
    case PSX_CAP_BUILTINS: return grant_names(l, key, cap);
    default: return grant_each(l, key, cap);
    }
}

// Harmless everyday powers that several packages need are said once, for all.
static psx_rc grant_to_all(learner *l, psx_cap cap)
{
    psx_map keys;
    psx_map_init(&keys, l->op);
    for (size_t i = 0; i < l->n_uses; i++) {
        use *u = &l->uses[i];
        psx_str key = l->users[u->who].key;
        if (u->explained || u->request.cap != cap || psx_str_is(key, "app")) continue;
        if (l->users[u->who].subject.listed) TRY(psx_map_put(&keys, key, u));
    }
    return keys.n >= PACKAGES_EXPLAIN_STAR ? grant(l, PSX_STR("*"), cap, (psx_str){0}) : PSX_OK;
}

static psx_rc grant_keys(learner *l)
{
    psx_map keys;
    psx_map_init(&keys, l->op);
    for (size_t i = 0; i < l->n_users; i++) {
        psx_str key = l->users[i].key;
        if (psx_map_has(&keys, key)) continue;
        TRY(psx_map_put(&keys, key, &l->users[i]));
        for (int cap = 0; cap < PSX_CAP_AMBIENT; cap++) {
            TRY(grant_capability(l, key, (psx_cap)cap));
        }
    }
    return PSX_OK;
}

// What the application reads of its own project may have a name that no pattern can spell ("*"), or
// lie in a node_modules: then the project as a whole explains it.
static psx_rc grant_own_project(learner *l)
{
    psx_str project = l->place->project;
    for (size_t i = 0; i < l->n_uses; i++) {
        const use *u = &l->uses[i];
        psx_str path = u->request.value;
        if (u->explained || u->request.cap != PSX_CAP_FS_READ || project.n < 2) continue;
        if (u->by != BY_SCRIPT) continue; // whoever lists that does not need all of it
        if (!psx_str_is(l->users[u->who].key, "app")) continue;
        if (!psx_str_starts(path, project) || path.n <= project.n || path.p[project.n] != '/') {
            continue;
        }
        TRY(grant(l, PSX_STR("app"), PSX_CAP_FS_READ, PSX_STR("./")));
        return refresh(l);
    }
    return PSX_OK;
}

// Where what JavaScript asked for really lies.
static psx_rc find_asked(learner *l, psx_map *out)
{
    psx_map_init(out, l->op);
    for (size_t i = 0; i < l->n_uses; i++) {
        const psx_policy_request *r = &l->uses[i].request;
        psx_str real;
        bool is_file = r->cap == PSX_CAP_FS_READ || r->cap == PSX_CAP_FS_WRITE;
        if (!is_file || l->uses[i].by != BY_SCRIPT) continue;
        TRY(psx_map_put(out, r->value, l));
        TRY(psx_cli_reach_real(l->op, r->value, &real));
        if (real.n) TRY(psx_map_put(out, real, l));
    }
    return PSX_OK;
}

// What npsx keeps for itself: no code of the application's, and never anybody's.
static bool is_kept(const learner *l, psx_str path)
{
    const psx_str dirs[] = {l->place->cache, l->place->state};
    for (size_t i = 0; i < 2; i++) {
        if (dirs[i].n && psx_path_under(dirs[i], path)) return true;
    }
    return false;
}

static bool is_in_own_name(const learner *l, const psx_box_seen *s, const psx_map *asked)
{
    if (is_kept(l, s->value) || is_kept(l, s->named)) return false;
    // Hosts are asked for by name and connected to by address: nothing tells them apart here.
    bool is_file = s->cap == PSX_CAP_FS_READ || s->cap == PSX_CAP_FS_WRITE;
    return !s->by_child && is_file && !psx_map_has(asked, s->value) &&
           !psx_map_has(asked, s->named) && !psx_cli_reach_has(&l->reach, s->cap, s->value, false);
}

// What the engine did, that no JavaScript asked for and no engine needs, native code did. Of whom,
// nobody can tell when several have some.
static psx_rc grant_native(learner *l)
{
    psx_map asked;
    size_t before = l->n_uses;
    TRY(find_asked(l, &asked));
    for (size_t i = 0; l->reach.n && i < l->n_seen; i++) {
        if (!is_in_own_name(l, &l->seen[i], &asked)) continue;
        for (size_t who = 0; who < l->n_users; who++) {
            if (l->users[who].loads) TRY(add_seen(l, &l->seen[i], BY_NATIVE, who));
        }
    }
    if (l->n_uses == before) return PSX_OK;
    TRY(refresh(l));
    TRY(grant_keys(l));
    return refresh(l);
}

static psx_rc list_unexplained(learner *l)
{
    for (size_t i = 0; i < l->n_uses; i++) {
        const use *u = &l->uses[i];
        psx_str text;
        if (u->explained) continue;
        if (u->request.cap == PSX_CAP_ENV && l->out->listers.n) continue; // on purpose
        TRY(psx_op_format(l->op, &text, "%.*s %s%s%.*s", PSX_FMT(l->users[u->who].key),
                          psx_cap_name(u->request.cap), u->request.value.n ? ":" : "",
                          PSX_FMT(u->request.value)));
        if (u->request.port >= 0) {
            TRY(psx_op_format(l->op, &text, "%.*s:%d", PSX_FMT(text), u->request.port));
        }
        TRY(psx_cli_list_add(l->op, &l->out->unexplained, text));
    }
    return PSX_OK;
}

psx_rc psx_cli_learn_grants(psx_op *op, const psx_cli_learning *how, psx_policy_doc *doc,
                            char *const *env, psx_cli_grants *out)
{
    learner l = {
        .op = op,
        .place = how->place,
        .run = how->run,
        .doc = doc,
        .seen = how->seen,
        .n_seen = how->n_seen,
        .out = out,
    };
    *out = (psx_cli_grants){0};
    psx_map_init(&l.by_location, op);
    psx_map_init(&l.env, op);
    for (; *env; env++) {
        psx_str variable = psx_str_from(*env);
        TRY(psx_map_put(&l.env, psx_str_slice(variable, 0, psx_str_find(variable, '=')), out));
    }
    TRY(read_lines(&l, how->lines));
    TRY(read_seen(&l));
    TRY(refresh(&l));
    TRY(grant_to_all(&l, PSX_CAP_CLOCK));
    TRY(grant_to_all(&l, PSX_CAP_RANDOM));
    TRY(grant_to_all(&l, PSX_CAP_TIMERS));
    TRY(refresh(&l));
    TRY(grant_keys(&l));
    TRY(refresh(&l)); // asks the policy that would be written, not this file's idea of it
    TRY(grant_own_project(&l));
    TRY(grant_native(&l));
    return list_unexplained(&l);
}

#include "box/spec.h"

#include "box/spec_lists.h"
#include "policy/path.h"

enum {
    READS = PSX_BOX_READ | PSX_BOX_LIST,
    WRITES = PSX_BOX_WRITE | PSX_BOX_MAKE,
    LINKS_MAX = 64,       // directories outside that a project's node_modules link to
    SPLIT_MAX = 4096,     // entries beside what is protected
    INTERPRETERS_MAX = 4, // of an interpreter of an interpreter
};

typedef struct {
    psx_op *op;
    const psx_box_request *r;
    const psx_box_world *w;
    psx_box_spec *s;
    size_t cap;
    const psx_policy_rule **rules[PSX_CAP_COUNT];
    size_t n[PSX_CAP_COUNT];
    psx_str *protect; // as written, and where that is
    size_t n_protect;
    psx_str linked[LINKS_MAX]; // code outside of the project
    size_t n_linked;
} making;

// ---- what is granted ----------------------------------------------------------------------------

static psx_rc take_rules(making *m, psx_cap cap)
{
    size_t n = psx_policy_rules(m->r->held, cap, NULL, 0);
    m->rules[cap] = PSX_ARRAY(m->op, const psx_policy_rule *, n);
    if (!m->rules[cap]) return psx_fail_nomem(m->op);
    m->n[cap] = psx_policy_rules(m->r->held, cap, m->rules[cap], n);
    return PSX_OK;
}

static psx_rc take_all_rules(making *m)
{
    static const psx_cap caps[] = {
        PSX_CAP_FS_READ, PSX_CAP_FS_WRITE, PSX_CAP_NET_CONNECT, PSX_CAP_NET_LISTEN,
        PSX_CAP_SPAWN,   PSX_CAP_PROCESS,  PSX_CAP_SYSTEM,
    };
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        TRY(take_rules(m, caps[i]));
    }
    return PSX_OK;
}

static bool is_whole(const psx_policy_rule *rule)
{
    return rule->kind == PSX_RULE_ALL && rule->port < 0;
}

static psx_box_extent extent_of(const making *m, psx_cap cap)
{
    psx_box_extent e = PSX_BOX_NONE;
    for (size_t i = 0; i < m->n[cap]; i++) {
        const psx_policy_rule *rule = m->rules[cap][i];
        if (is_whole(rule)) return PSX_BOX_ALL;
        if (rule->kind != PSX_RULE_OWN) e = PSX_BOX_SOME;
    }
    return e;
}

static bool has_word(const making *m, psx_cap cap, const char *word)
{
    for (size_t i = 0; i < m->n[cap]; i++) {
        const psx_policy_rule *rule = m->rules[cap][i];
        if (rule->kind == PSX_RULE_ALL || psx_str_is(rule->value, word)) return true;
    }
    return false;
}

static bool has_sockets(const making *m, psx_cap cap)
{
    for (size_t i = 0; i < m->n[cap]; i++) {
        if (m->rules[cap][i]->is_unix) return true;
    }
    return false;
}

// Hosts, ports, addresses or sockets that the kernel cannot tell apart.
static bool must_tell_apart(const making *m, psx_cap cap)
{
    bool hosts = false, sockets = false, some = m->n[cap] > 0;
    for (size_t i = 0; i < m->n[cap]; i++) {
        const psx_policy_rule *rule = m->rules[cap][i];
        if (is_whole(rule) && rule->is_unix) return false; // what is left of ambient
        hosts |= is_whole(rule);
        sockets |= rule->is_unix;
    }
    return some && (sockets || !hosts);
}

static void take_extents(making *m)
{
    psx_box_spec *s = m->s;
    s->read = extent_of(m, PSX_CAP_FS_READ);
    s->write = extent_of(m, PSX_CAP_FS_WRITE);
    s->connect = extent_of(m, PSX_CAP_NET_CONNECT);
    s->listen = extent_of(m, PSX_CAP_NET_LISTEN);
    s->spawn = extent_of(m, PSX_CAP_SPAWN);
    s->sockets = has_sockets(m, PSX_CAP_NET_CONNECT) || has_sockets(m, PSX_CAP_NET_LISTEN);
    s->signals = has_word(m, PSX_CAP_PROCESS, "kill");
    s->kill = s->signals || s->spawn != PSX_BOX_NONE;
    s->interfaces = has_word(m, PSX_CAP_SYSTEM, "network");
    s->native = psx_policy_holds(m->r->held, PSX_CAP_NATIVE);
}

// ---- paths --------------------------------------------------------------------------------------

static psx_rc add_path(making *m, psx_box_path path)
{
    psx_box_spec *s = m->s;
    TRY(PSX_ROOM(m->op, s->paths, s->n_paths, &m->cap));
    s->paths[s->n_paths++] = path;
    return PSX_OK;
}

static psx_rc add(making *m, psx_str path, unsigned rights)
{
    return add_path(m, (psx_box_path){.path = path, .rights = rights, .links = path.n});
}

static psx_rc join(making *m, psx_str dir, psx_str name, psx_str *out)
{
    return psx_op_format(m->op, out, "%.*s%s%.*s", PSX_FMT(dir), dir.n > 1 ? "/" : "",
                         PSX_FMT(name));
}

static psx_str parent_of(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return psx_str_slice(path, 0, slash ? slash : 1);
}

static bool is_within(psx_str root, psx_str path)
{
    return root.n && psx_path_under(root, path);
}

// How much of a granted path is the user's own layout: links in what packages can write may be
// theirs, and the grant would be one of whatever they lead to.
static size_t layout_of(const making *m, psx_str path)
{
    size_t least = path.n;
    for (size_t i = 0; i < m->n[PSX_CAP_FS_WRITE]; i++) {
        psx_str root = m->rules[PSX_CAP_FS_WRITE][i]->root;
        if (is_within(root, path) && root.n < least) least = root.n;
    }
    return least;
}

// Somebody may write this very entry: then it is no link, whatever lies there.
static bool is_entry_writable(const making *m, psx_str path)
{
    for (size_t i = 0; i < m->n[PSX_CAP_FS_WRITE]; i++) {
        psx_str root = m->rules[PSX_CAP_FS_WRITE][i]->root;
        if (is_within(root, path)) return true;
    }
    return false;
}

// ---- fs.read ------------------------------------------------------------------------------------

static bool is_there(const making *m, psx_str path)
{
    return m->w->look(m->w, path) != PSX_BOX_NOTHING;
}

static psx_rc add_read_file(making *m, psx_str path)
{
    size_t links = layout_of(m, path);
    if (links == path.n && is_entry_writable(m, path)) links = parent_of(path).n;
    unsigned rights = PSX_BOX_READ;
    if (!is_there(m, path)) m->s->late = true;
    // A directory alone: its names. Those of the directories in it are told with them, no content.
    if (m->w->look(m->w, path) == PSX_BOX_DIR) rights = PSX_BOX_LIST;
    return add_path(m, (psx_box_path){.path = path, .rights = rights, .links = links});
}

static psx_rc add_reads(making *m)
{
    for (size_t i = 0; i < m->n[PSX_CAP_FS_READ]; i++) {
        const psx_policy_rule *rule = m->rules[PSX_CAP_FS_READ][i];
        psx_str root = rule->root;
        switch (rule->kind) {
        case PSX_RULE_ALL: TRY(add(m, PSX_STR("/"), READS)); break;
        case PSX_RULE_FILE: TRY(add_read_file(m, root)); break;
        case PSX_RULE_TREE:
            if (!is_there(m, root)) m->s->late = true;
            TRY(add_path(
                m, (psx_box_path){.path = root, .rights = READS, .links = layout_of(m, root)}));
            break;
        case PSX_RULE_OWN: // what lies in the project is its code anyway
            if (!is_within(m->r->project, root)) TRY(add(m, root, READS));
            break;
        default: break;
        }
    }
    return PSX_OK;
}

// ---- fs.write -----------------------------------------------------------------------------------

static psx_rc take_protected(making *m)
{
    const psx_box_request *r = m->r;
    if (!m->n[PSX_CAP_FS_WRITE]) return PSX_OK;
    m->protect = PSX_ARRAY(m->op, psx_str, 2 * r->n_protect);
    if (!m->protect) return psx_fail_nomem(m->op);
    for (size_t i = 0; i < r->n_protect; i++) {
        psx_str path = r->protect[i], real;
        while (path.n > 1 && path.p[path.n - 1] == '/') {
            path.n--;
        }
        TRY(psx_op_copy(m->op, path, &path));
        m->protect[m->n_protect++] = path;
        TRY(m->w->real(m->w, m->op, path, &real));
        if (real.p && !psx_str_eq(real, path)) m->protect[m->n_protect++] = real;
    }
    return PSX_OK;
}

static bool is_protected(const making *m, psx_str path)
{
    for (size_t i = 0; i < m->n_protect; i++) {
        if (psx_path_under(m->protect[i], path)) return true;
    }
    return false;
}

static bool has_protected(const making *m, psx_str path)
{
    for (size_t i = 0; i < m->n_protect; i++) {
        if (psx_path_under(path, m->protect[i])) return true;
    }
    return false;
}

static psx_rc add_write(making *m, psx_str path, unsigned rights, size_t links)
{
    return add_path(m, (psx_box_path){.path = path, .rights = rights, .links = links});
}

static psx_rc split(making *m, psx_str dir, size_t links);

// One entry beside, or on the way to, what is protected.
static psx_rc add_beside(making *m, psx_str path, psx_box_thing thing, size_t links)
{
    if (is_protected(m, path)) return PSX_OK;
    bool above = has_protected(m, path);
    if (thing == PSX_BOX_DIR && above) return split(m, path, links);
    if (above || thing == PSX_BOX_LINK) return PSX_OK;
    return add_write(m, path, thing == PSX_BOX_DIR ? WRITES : PSX_BOX_WRITE, links);
}

// The kernel's rules only add. So a directory with something protected in it gets none itself (who
// may change its entries can replace that one); each other entry gets its own, and what is made
// or removed right there goes through the supervisor.
static psx_rc split(making *m, psx_str dir, size_t links)
{
    psx_box_entry *v;
    size_t n;
    m->s->makes = true;
    TRY(m->w->list(m->w, m->op, dir, &v, &n));
    if (n > SPLIT_MAX) return PSX_OK;
    for (size_t i = 0; i < n; i++) {
        psx_str path;
        TRY(join(m, dir, v[i].name, &path));
        TRY(add_beside(m, path, v[i].thing, links));
    }
    return PSX_OK;
}

static psx_rc add_write_tree(making *m, psx_str root)
{
    if (is_protected(m, root)) return PSX_OK;
    size_t links = layout_of(m, root);
    psx_str real;
    if (!is_there(m, root)) m->s->makes = m->s->grows = true;
    TRY(m->w->real(m->w, m->op, root, &real));
    if (!has_protected(m, root) && !(real.p && has_protected(m, real)))
        return add_write(m, root, WRITES, links);
    return split(m, root, links);
}

static psx_rc add_write_file(making *m, psx_str path)
{
    if (is_protected(m, path) || m->w->look(m->w, path) == PSX_BOX_DIR) return PSX_OK;
    size_t links = layout_of(m, path), above = parent_of(path).n;
    m->s->makes = true;
    return add_write(m, path, PSX_BOX_WRITE, links < above ? links : above);
}

static psx_rc add_writes(making *m)
{
    for (size_t i = 0; i < m->n[PSX_CAP_FS_WRITE]; i++) {
        const psx_policy_rule *rule = m->rules[PSX_CAP_FS_WRITE][i];
        if (rule->kind == PSX_RULE_ALL) TRY(add_write_tree(m, PSX_STR("/")));
        if (rule->kind == PSX_RULE_TREE) TRY(add_write_tree(m, rule->root));
        if (rule->kind == PSX_RULE_FILE) TRY(add_write_file(m, rule->root));
    }
    return PSX_OK;
}

// ---- code ---------------------------------------------------------------------------------------

// Code may lie outside of the project where a node_modules leads by a link (workspaces, npm link):
// that directory, and what it finds from there.
static psx_rc add_linked(making *m, psx_str dir)
{
    if (is_within(m->r->project, dir) || m->n_linked == LINKS_MAX) return PSX_OK;
    for (size_t i = 0; i < m->n_linked; i++) {
        if (is_within(m->linked[i], dir)) return PSX_OK;
    }
    m->linked[m->n_linked++] = dir;
    return add(m, dir, READS);
}

static psx_rc follow(making *m, psx_str dir, size_t depth)
{
    psx_box_entry *v;
    size_t n;
    psx_str path, real;
    TRY(m->w->list(m->w, m->op, dir, &v, &n));
    for (size_t i = 0; i < n; i++) {
        bool is_scope = v[i].thing == PSX_BOX_DIR && v[i].name.p[0] == '@' && depth == 0;
        if (v[i].thing != PSX_BOX_LINK && !is_scope) continue;
        TRY(join(m, dir, v[i].name, &path));
        if (is_scope) {
            TRY(follow(m, path, 1));
            continue;
        }
        TRY(m->w->real(m->w, m->op, path, &real));
        if (real.p && m->w->look(m->w, real) == PSX_BOX_DIR) TRY(add_linked(m, real));
    }
    return PSX_OK;
}

// From here upwards, as require looks for packages.
static psx_rc add_ways_up(making *m, psx_str dir)
{
    for (bool first = true;; first = false) {
        psx_str modules;
        TRY(join(m, dir, PSX_STR("node_modules"), &modules));
        psx_box_thing thing = m->w->look(m->w, modules);
        // A link to another place is what a project's own rules do not cover.
        if (thing == PSX_BOX_LINK || (thing == PSX_BOX_DIR && !first)) TRY(add(m, modules, READS));
        if (thing == PSX_BOX_LINK || thing == PSX_BOX_DIR) TRY(follow(m, modules, 0));
        if (dir.n == 1) return PSX_OK;
        dir = parent_of(dir);
    }
}

// The entry at the top of the project that a path of it lies in.
static psx_str top_of(psx_str project, psx_str path)
{
    if (!is_within(project, path)) return (psx_str){0};
    psx_str rest = psx_str_slice(path, project.n + (project.n > 1), path.n);
    return psx_str_slice(rest, 0, psx_str_find(rest, '/'));
}

static bool is_started(const making *m, psx_str name)
{
    if (psx_str_eq(name, top_of(m->r->project, m->r->main))) return true;
    for (size_t i = 0; i < m->r->n_preload; i++) {
        if (psx_str_eq(name, top_of(m->r->project, m->r->preload[i]))) return true;
    }
    return false;
}

static psx_rc add_project(making *m)
{
    psx_box_entry *v;
    size_t n;
    psx_str project = m->r->project;
    // Names are no secret: an application may look what lies in its directory.
    TRY(add_path(
        m,
        (psx_box_path){.path = project, .rights = PSX_BOX_LIST, .links = project.n, .must = true}));
    TRY(m->w->list(m->w, m->op, project, &v, &n));
    for (size_t i = 0; i < n; i++) {
        psx_str path, name = v[i].name;
        bool hidden = name.p[0] == '.';
        // Where a link leads in here has its own rule; where it leads elsewhere, that is no code of
        // this project's. node_modules is looked at below.
        if (v[i].thing == PSX_BOX_LINK) continue;
        if (hidden && !psx_box_hidden_is_code(name, v[i].thing) && !is_started(m, name)) continue;
        TRY(join(m, project, name, &path));
        TRY(add_path(m, (psx_box_path){
                            .path = path,
                            .rights = v[i].thing == PSX_BOX_FILE ? PSX_BOX_READ : READS,
                            .links = layout_of(m, path),
                        }));
    }
    return PSX_OK;
}

static psx_rc add_started(making *m, psx_str path)
{
    if (!path.n || path.p[0] != '/' || is_within(m->r->project, path)) return PSX_OK;
    return add(m, path, PSX_BOX_READ);
}

static psx_rc add_code(making *m)
{
    TRY(add_project(m));
    TRY(add_ways_up(m, m->r->project));
    for (size_t i = 0; i < m->n_linked; i++) { // grows while it is walked
        TRY(add_ways_up(m, m->linked[i]));
    }
    TRY(add_started(m, m->r->main));
    for (size_t i = 0; i < m->r->n_preload; i++) {
        TRY(add_started(m, m->r->preload[i]));
    }
    return PSX_OK;
}

// ---- programs -----------------------------------------------------------------------------------

// A program, and what the kernel starts in order to run it.
static psx_rc add_program(making *m, psx_str path)
{
    for (int i = 0; path.p && i <= INTERPRETERS_MAX; i++) {
        TRY(add(m, path, PSX_BOX_READ | PSX_BOX_EXEC));
        TRY(m->w->interpreter(m->w, m->op, path, &path));
    }
    return PSX_OK;
}

// A command that is granted by name is the first of this name in PATH.
static psx_rc add_command(making *m, psx_str name)
{
    psx_str rest = m->r->path;
    while (rest.n) {
        size_t colon = psx_str_find(rest, ':');
        psx_str dir = psx_str_slice(rest, 0, colon), path;
        rest = psx_str_slice(rest, colon + 1, rest.n);
        if (!dir.n || dir.p[0] != '/') continue;
        TRY(join(m, dir, name, &path));
        psx_box_thing thing = m->w->look(m->w, path);
        if (thing == PSX_BOX_FILE || thing == PSX_BOX_LINK) return add_program(m, path);
    }
    return PSX_OK;
}

static psx_rc add_programs(making *m)
{
    if (m->r->program.n) TRY(add_program(m, m->r->program));
    for (size_t i = 0; i < m->n[PSX_CAP_SPAWN]; i++) {
        const psx_policy_rule *rule = m->rules[PSX_CAP_SPAWN][i];
        if (rule->kind == PSX_RULE_ALL) TRY(add(m, PSX_STR("/"), PSX_BOX_EXEC));
        if (rule->kind == PSX_RULE_FILE) TRY(add_program(m, rule->root));
        if (rule->kind == PSX_RULE_WORD) TRY(add_command(m, rule->value));
    }
    return PSX_OK;
}

// ---- what nobody grants -------------------------------------------------------------------------

static bool applies(const making *m, psx_box_when when)
{
    const psx_box_spec *s = m->s;
    bool net = s->connect != PSX_BOX_NONE || s->listen != PSX_BOX_NONE;
    switch (when) {
    case PSX_BOX_ALWAYS: return true;
    case PSX_BOX_FOR_NET: return net;
    case PSX_BOX_FOR_USERS: return has_word(m, PSX_CAP_SYSTEM, "user");
    case PSX_BOX_FOR_NATIVE: return s->native || s->kind == PSX_BOX_COMMAND;
    case PSX_BOX_FOR_COMMAND: return s->kind == PSX_BOX_COMMAND;
    case PSX_BOX_FOR_SPAWN: return s->kind == PSX_BOX_ENGINE && s->spawn != PSX_BOX_NONE;
    case PSX_BOX_FOR_ENGINE: return s->kind == PSX_BOX_ENGINE;
    }
    return false;
}

static psx_rc add_parts(making *m, psx_str dir)
{
    for (const psx_box_need *need = psx_box_parts; need->path; need++) {
        psx_str path;
        if (!applies(m, need->when)) continue;
        TRY(join(m, dir, psx_str_from(need->path), &path));
        TRY(add(m, path, need->rights));
    }
    return PSX_OK;
}

static psx_rc add_needs(making *m)
{
    for (const psx_box_need *need = psx_box_needs; need->path; need++) {
        if (applies(m, need->when)) TRY(add(m, psx_str_from(need->path), need->rights));
    }
    if (m->r->pack.n) TRY(add(m, m->r->pack, READS | PSX_BOX_WRITE | PSX_BOX_MAKE));
    return add_parts(m, m->r->parts);
}

bool psx_box_names_paths(const psx_box_spec *spec)
{
    return spec->read != PSX_BOX_NONE || spec->write != PSX_BOX_NONE || spec->sockets ||
           spec->spawn != PSX_BOX_NONE;
}

// ---- all of it ----------------------------------------------------------------------------------

static bool is_supervised(const making *m)
{
    const psx_box_spec *s = m->s;
    return must_tell_apart(m, PSX_CAP_NET_CONNECT) || must_tell_apart(m, PSX_CAP_NET_LISTEN) ||
           s->spawn != PSX_BOX_NONE || s->write != PSX_BOX_NONE || s->audited || s->late;
}

psx_rc psx_box_spec_make(psx_op *op, const psx_box_request *request, psx_box_spec *out)
{
    making m = {.op = op, .r = request, .s = out};
    m.w = request->world ? request->world : &psx_box_system;
    *out = (psx_box_spec){
        .kind = request->kind,
        .policy = request->policy,
        .held = request->held,
        .audited = request->audited,
    };
    TRY(take_all_rules(&m));
    take_extents(&m);
    TRY(take_protected(&m));
    TRY(add_needs(&m));
    if (out->kind == PSX_BOX_ENGINE) TRY(add_code(&m));
    if (out->kind == PSX_BOX_COMMAND) TRY(add_programs(&m));
    TRY(add_reads(&m));
    TRY(add_writes(&m));
    out->supervised = is_supervised(&m);
    return PSX_OK;
}

#include "cli/launch.h"

#include "cli/env.h"
#include "cli/files.h"
#include "cli/parts.h"
#include "cli/pins.h"
#include "cli/plan.h"
#include "cli/project.h"
#include "cli/union.h"
#include "os/beneath.h"
#include "os/code.h"
#include "os/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>

enum { SOURCE_MAX = 64 << 20 };

extern char **environ;

static psx_rc find_cwd(psx_op *op, psx_str *out)
{
    char buf[PATH_MAX];
    if (!getcwd(buf, sizeof buf)) {
        return psx_fail(op, PSX_E_VALUE, "the current directory cannot be used: %s",
                        strerror(errno));
    }
    return psx_op_copy(op, psx_str_from(buf), out);
}

// Absolute and normalised, or absent.
static psx_rc take_dir(psx_op *op, psx_str dir, psx_str *out)
{
    *out = (psx_str){0};
    if (!dir.n || dir.p[0] != '/') return PSX_OK;
    return psx_cli_join(op, PSX_STR("/"), dir, out);
}

static psx_rc find_user_dirs(psx_op *op, psx_cli_place *place)
{
    static const char *const tmps[] = {"TMPDIR", "TMP", "TEMP"}; // the order of os.tmpdir()
    for (size_t i = 0; i < 3 && !place->tmp.n; i++) {
        TRY(take_dir(op, psx_str_from(getenv(tmps[i])), &place->tmp));
    }
    if (!place->tmp.n) place->tmp = PSX_STR("/tmp");
    TRY(take_dir(op, psx_str_from(getenv("HOME")), &place->home));
    if (!place->home.n) {
        struct passwd *me = getpwuid(geteuid());
        TRY(take_dir(op, psx_str_from(me ? me->pw_dir : NULL), &place->home));
    }
    psx_str cache;
    TRY(take_dir(op, psx_str_from(getenv("XDG_CACHE_HOME")), &cache));
    if (!cache.n && place->home.n) TRY(psx_cli_join(op, place->home, PSX_STR(".cache"), &cache));
    if (cache.n) TRY(psx_cli_join(op, cache, PSX_STR("packsec"), &place->cache));
    psx_str state;
    TRY(take_dir(op, psx_str_from(getenv("XDG_STATE_HOME")), &state));
    if (!state.n && place->home.n) {
        TRY(psx_cli_join(op, place->home, PSX_STR(".local/state"), &state));
    }
    if (state.n) TRY(psx_cli_join(op, state, PSX_STR("packsec"), &place->state));
    return PSX_OK;
}

// The policy and its signature, what says which package is which, what PackSec keeps, what the
// system demands, and PackSec itself.
static psx_rc find_protected(psx_op *op, psx_cli_place *place, psx_str usual_policy)
{
    static const char *const lockfiles[] = {"package-lock.json", "npm-shrinkwrap.json"};
    psx_str path, policies[] = {place->policy_file, usual_policy};
    size_t n_policies = psx_str_eq(policies[0], policies[1]) ? 1 : 2;
    for (size_t i = 0; i < n_policies; i++) {
        TRY(psx_cli_list_add(op, &place->protect, policies[i]));
        TRY(psx_op_format(op, &path, "%.*s.p7s", PSX_FMT(policies[i])));
        TRY(psx_cli_list_add(op, &place->protect, path));
        TRY(psx_cli_join(op, psx_cli_dirname(policies[i]), PSX_STR("packsec.pins"), &path));
        TRY(psx_cli_list_add(op, &place->protect, path));
    }
    for (size_t i = 0; i < 2; i++) {
        TRY(psx_cli_join(op, place->project, psx_str_from(lockfiles[i]), &path));
        TRY(psx_cli_list_add(op, &place->protect, path));
    }
    TRY(psx_cli_part_self(op, &place->program));
    TRY(psx_cli_list_add(op, &place->protect, PSX_STR("/etc/packsec/")));
    psx_str dirs[] = {place->cache, place->state};
    for (size_t i = 0; i < 2; i++) {
        if (dirs[i].n < 2) continue;
        TRY(psx_op_format(op, &path, "%.*s/", PSX_FMT(dirs[i])));
        TRY(psx_cli_list_add(op, &place->protect, path));
    }
    TRY(psx_cli_part_list(op, place->program, &place->protect));
    return PSX_OK;
}

// Between the script and its project lies no package.json where none is: with --policy it would say
// what the policy's paths mean, and where code is pinned it would end the next run. (A
// packsec.policy.json is made by no package anywhere: psx_policy_is_name.)
static psx_rc protect_way(psx_op *op, psx_cli_place *place, psx_str from)
{
    psx_str path;
    if (!psx_cli_project_by_files(from)) return PSX_OK;
    for (; from.n > place->project.n; from = psx_cli_dirname(from)) {
        TRY(psx_cli_join(op, from, PSX_STR("package.json"), &path));
        TRY(psx_cli_list_add(op, &place->protect, path));
    }
    return PSX_OK;
}

static psx_rc choose_policy_file(psx_op *op, psx_str chosen, psx_cli_place *place)
{
    psx_str usual;
    TRY(psx_cli_join(op, place->project, PSX_STR("packsec.policy.json"), &usual));
    place->policy_file = usual;
    if (chosen.n) TRY(psx_cli_join(op, place->cwd, chosen, &place->policy_file));
    return find_protected(op, place, usual);
}

// Read once: these bytes are verified, parsed, and handed on in the plan.
static psx_rc read_policy(psx_op *op, psx_cli_place *place, bool must_exist)
{
    psx_rc rc = psx_cli_read_admitted(op, &place->admit, "policy", place->policy_file,
                                      PSX_POLICY_MAX_BYTES, &place->policy_text);
    if (rc.code == PSX_E_DENIED) {
        return psx_trust_violation_of(op, rc, PSX_STR("the system"),
                                      "demands a policy that it vouches for");
    }
    if (rc.code == PSX_E_NOT_FOUND && must_exist) {
        rc.code = op->fail.code = PSX_E_VALUE; // 127 is about the script
        psx_fail_suggest(op, "npsx init writes one to start from");
    }
    const psx_trust_rules *rules = &place->gate.rules;
    if (psx_failed(rc) && rc.code != PSX_E_NOT_FOUND && rules->enforce) {
        return psx_trust_violation_of(op, rc, rules->enforce_by, "demands a signed policy");
    }
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    psx_fail_clear(op);
    place->policy_text = (psx_str){0};
    return PSX_OK;
}

// The policy's text is there, or absent: what holds without a policy file.
static psx_rc take_policy(psx_op *op, psx_cli_place *place)
{
    TRY(psx_cli_gate_policy(op, place));
    if (place->policy_text.p) {
        TRY(psx_policy_parse(op, place->policy_text, place->policy_file, &place->policy));
    } else {
        TRY(psx_policy_default(op, &place->policy));
    }
    TRY(psx_cli_gate_grants(op, place));
    return psx_cli_place_resolve(op, place, place->policy);
}

psx_rc psx_cli_place_policy(psx_op *op, psx_cli_place *place, bool must_exist)
{
    psx_rc rc = read_policy(op, place, must_exist);
    if (!psx_failed(rc)) rc = take_policy(op, place);
    place->policy_wrong = rc.code == PSX_E_DIGEST || psx_error_class(rc.code) == PSX_CLASS_CORRUPT;
    return rc;
}

psx_rc psx_cli_place_resolve(psx_op *op, const psx_cli_place *place, psx_policy *policy)
{
    psx_str cwd = place->as.told ? place->as.cwd : place->cwd;
    psx_policy_dirs dirs = {place->project, place->tmp, place->home, cwd};
    TRY(psx_policy_resolve(op, policy, &dirs));
    for (size_t i = 0; i < place->protect.n; i++) {
        psx_str path = place->protect.v[i];
        if (psx_str_ends(path, PSX_STR("/"))) path.n--;
        TRY(psx_policy_protect(op, policy, path));
    }
    return PSX_OK;
}

psx_rc psx_cli_place_lock(psx_op *op, psx_cli_place *place)
{
    return psx_cli_project_lock(op, place->project, &place->lock);
}

psx_rc psx_cli_place_here(psx_op *op, psx_str policy, psx_cli_place *out)
{
    *out = (psx_cli_place){.env = environ};
    TRY(find_cwd(op, &out->cwd));
    TRY(psx_cli_project_find(op, out->cwd, policy.n > 0, &out->project));
    TRY(find_user_dirs(op, out));
    return choose_policy_file(op, policy, out);
}

// /dev/stderr and the like: a link of the system's, and another thing for each process.
static bool is_systems(psx_str path)
{
    return psx_str_starts(path, PSX_STR("/dev/")) || psx_str_starts(path, PSX_STR("/proc/"));
}

static psx_rc open_audit(psx_op *op, psx_str path, int *fd)
{
    psx_str named;
    *fd = -1;
    if (!path.n) return PSX_OK;
    TRY(psx_op_copy(op, path, &named));
    // A link could have been laid to make npsx write elsewhere.
    int link = is_systems(path) ? 0 : O_NOFOLLOW;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | link;
    *fd = open(named.p, flags, 0600);
    if (*fd >= 0) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "cannot write the audit file %.*s: %s", PSX_FMT(path),
                    errno == ELOOP ? "it is a symbolic link" : strerror(errno));
}

psx_str psx_cli_place_audit(const psx_cli_place *place)
{
    return is_systems(place->audit) ? (psx_str){0} : place->audit;
}

// No package rewrites what is recorded about it. Open before anything is read: what is refused is
// recorded, too.
static psx_rc find_audit(psx_op *op, psx_str audit, psx_cli_place *place)
{
    if (!audit.n) return PSX_OK;
    TRY(psx_cli_join(op, place->cwd, audit, &place->audit));
    TRY(psx_cli_list_add(op, &place->protect, place->audit));
    TRY(open_audit(op, place->audit, &place->admit.audit_fd));
    place->admit.has_audit = true;
    return PSX_OK;
}

// Everything but the script is as --as says; what it does not say is found as for a script in that
// directory.
static psx_rc find_as(psx_op *op, const psx_cli_run *run, psx_cli_place *out)
{
    psx_cli_as *as = &out->as;
    TRY(psx_cli_as_parse(op, run->as, as));
    TRY(find_audit(op, as->audit, out));
    if (as->told) {
        out->project = as->project;
        out->tmp = as->tmp;
        out->home = as->home;
        out->cache = as->cache;
        out->state = as->state;
        TRY(choose_policy_file(op, as->policy_file, out));
    } else {
        TRY(psx_cli_project_find(op, as->dir, run->policy.n > 0, &out->project));
        TRY(find_user_dirs(op, out));
        TRY(choose_policy_file(op, run->policy, out));
    }
    TRY(psx_cli_gate_told(op, run, out));
    if (!as->told || as->policy_file.n) TRY(read_policy(op, out, as->told || run->policy.n));
    TRY(take_policy(op, out));
    TRY(psx_cli_place_lock(op, out));
    return psx_cli_as_subject(op, as->dir, out->project, out->lock, &out->subject);
}

// Nothing will run. One of Node's manifests that is wrong is told of first, as Node does.
static psx_rc tell_of_manifest(psx_op *op, const psx_cli_run *run, psx_str cwd, psx_rc rc)
{
    psx_failure first = op->fail;
    psx_str path, text;
    psx_policy *policy;
    psx_fail_clear(op);
    TRY(psx_cli_join(op, cwd, run->policy, &path));
    psx_rc wrong = psx_cli_read(op, "policy", path, PSX_POLICY_MAX_BYTES, &text);
    if (!psx_failed(wrong)) wrong = psx_policy_parse(op, text, path, &policy);
    if (wrong.code == PSX_E_MANIFEST) return wrong;
    op->fail = first;
    return rc;
}

static psx_rc find_script(psx_op *op, const psx_cli_run *run, psx_cli_place *out)
{
    TRY(psx_cli_join(op, out->cwd, run->script, &out->main_asked));
    out->asked_directory = psx_str_ends(run->script, PSX_STR("/"));
    psx_rc rc = psx_cli_script_find(op, out->cwd, run->script, &out->main_found, &out->main);
    bool as_node = rc.code == PSX_E_NOT_FOUND && run->policy_as_node && !run->as.p;
    return as_node ? tell_of_manifest(op, run, out->cwd, rc) : rc;
}

// The script is a file that the package may read; whether there is one is told to nobody else.
static psx_rc find_script_as(psx_op *op, const psx_cli_run *run, psx_cli_place *out)
{
    psx_str path;
    if (run->main != PSX_CLI_MAIN_FILE) return PSX_OK;
    psx_rc rc = find_script(op, run, out);
    if (!psx_failed(rc)) {
        if (out->as.learn.n) return PSX_OK; // the engine records what would be checked here
        return psx_cli_as_check(op, out->policy, &out->subject, out->project, out->main);
    }
    psx_fail_clear(op);
    TRY(psx_cli_join(op, out->cwd, run->script, &path));
    TRY(psx_cli_as_check(op, out->policy, &out->subject, out->project, path));
    if (rc.code != PSX_E_NOT_FOUND) rc.code = PSX_E_VALUE;
    return psx_fail(op, rc.code, "there is no script %.*s", PSX_FMT(path));
}

// An attacker in the engine says which package wants a child, and a package may read its own
// directory: any directory would be one, if it had not to hold what starts the child.
static psx_rc check_spawned(psx_op *op, const psx_cli_place *place)
{
    psx_str path = place->as.spawned;
    psx_policy_request r = {.cap = PSX_CAP_SPAWN, .value = path, .port = -1};
    if (!path.n || place->as.learn.n) return PSX_OK;
    r.asked = psx_cli_basename(path);
    return psx_cli_as_check_spawn(op, place->policy, &place->subject, place->project, &r);
}

static psx_rc find_for_package(psx_op *op, const psx_cli_run *run, psx_cli_place *out)
{
    TRY(find_as(op, run, out));
    if (out->as.environment >= 0) TRY(psx_cli_env_take(op, out->as.environment, &out->env));
    if (out->as.command) return PSX_OK;
    TRY(check_spawned(op, out));
    TRY(find_script_as(op, run, out));
    return run->main == PSX_CLI_MAIN_FILE ? psx_cli_admit_script(op, &out->admit, out->main)
                                          : PSX_OK;
}

psx_rc psx_cli_place_find(psx_op *op, const psx_cli_run *run, psx_cli_place *out)
{
    *out = (psx_cli_place){.env = environ};
    TRY(psx_cli_gate_enter(op, run, out));
    TRY(find_cwd(op, &out->cwd));
    if (run->as.p) return find_for_package(op, run, out);
    psx_str from = out->cwd;
    if (run->main == PSX_CLI_MAIN_FILE) {
        TRY(find_script(op, run, out));
        from = psx_cli_dirname(out->main);
    }
    TRY(psx_cli_project_find(op, from, run->policy.n > 0, &out->project));
    TRY(protect_way(op, out, from));
    TRY(find_user_dirs(op, out));
    TRY(choose_policy_file(op, run->policy, out));
    TRY(find_audit(op, run->audit, out));
    if (run->main == PSX_CLI_MAIN_FILE) TRY(psx_cli_admit_script(op, &out->admit, out->main));
    TRY(psx_cli_gate_told(op, run, out));
    TRY(psx_cli_place_policy(op, out, run->policy.n > 0));
    return psx_cli_place_lock(op, out);
}

psx_rc psx_cli_place_bind(psx_op *op, const psx_cli_place *place, const psx_lockfile_entry *entry,
                          psx_policy_holder **out)
{
    psx_policy_subject s = {
        .name = PSX_STR(""),
        .version = PSX_STR(""),
        .location = PSX_STR(""),
        .dir = place->project,
        .listed = true,
    };
    if (entry) {
        s.name = entry->name;
        s.version = entry->version;
        s.location = entry->location;
        s.integrity = entry->integrity;
        TRY(psx_cli_join(op, place->project, entry->location, &s.dir));
    }
    return psx_policy_bind(op, place->policy, &s, out);
}

// Where the kernel's word on standard input counts, it is about the bytes that are read
// (os/code.h).
static psx_rc read_stdin(psx_op *op, const psx_cli_admit *admit, psx_str *source)
{
    psx_os_stamp before = psx_os_code_stamp(STDIN_FILENO), after;
    TRY(psx_cli_admit_stdin(op, admit));
    TRY(psx_cli_read_stream(op, "the script on standard input", STDIN_FILENO, SOURCE_MAX, source));
    after = psx_os_code_stamp(STDIN_FILENO);
    if (!admit->rules.deny_interactive || psx_os_code_is_same(&before, &after)) return PSX_OK;
    return psx_fail(op, PSX_E_DENIED, "the script on standard input changed while it was read");
}

static psx_rc take_source(psx_op *op, const psx_cli_run *run, const psx_cli_admit *admit,
                          psx_str *source)
{
    *source = (psx_str){0};
    if (run->main == PSX_CLI_MAIN_FILE) return PSX_OK;
    *source = run->script;
    if (run->main == PSX_CLI_MAIN_STDIN) TRY(read_stdin(op, admit, source));
    if (!psx_str_has_nul(*source)) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "the script on standard input has a NUL byte: it is no text");
}

static psx_rc make_argv(psx_op *op, const psx_cli_run *run, int plan_fd, int node_fd,
                        psx_cli_start *out)
{
    psx_str options, plan, node;
    size_t n = 0;
    TRY(psx_cli_options_engine(op, run, &options));
    TRY(psx_op_format(op, &plan, "%d", plan_fd));
    TRY(psx_op_format(op, &node, "%d", node_fd));
    out->argv[n++] = (char *)"node";
    if (options.n) out->argv[n++] = (char *)options.p;
    out->argv[n++] = (char *)plan.p;
    out->argv[n++] = (char *)node.p;
    out->argv[n] = NULL;
    return PSX_OK;
}

// Where this run learns, and where its children find that. A child that npsx learn did not start
// cannot learn: only learn itself has such memory.
static psx_rc join_learning(psx_op *op, const psx_cli_as *as, int learn_fd, psx_cli_plan *plan)
{
    plan->learn_fd = learn_fd;
    if (as->learn.n) {
        TRY(psx_os_memfd_join(op, PSX_CLI_LEARN_MEMORY, as->learn, &plan->learn_fd));
        plan->learn_to = as->learn;
    } else if (learn_fd >= 0) {
        TRY(psx_op_format(op, &plan->learn_to, "/proc/%d/fd/%d", (int)getpid(), learn_fd));
    }
    plan->learn = plan->learn_fd >= 0;
    return PSX_OK;
}

// What a child was given beyond the standard three is its own; any run has the channel of whoever
// forked it.
psx_rc psx_cli_keep_make(psx_op *op, const psx_cli_place *place, const int *own, size_t n_own,
                         int **keep, size_t *n)
{
    size_t given = place->as.descriptors > 3 ? (size_t)place->as.descriptors - 3 : 0;
    uint64_t channel;
    *n = 0;
    *keep = PSX_ARRAY(op, int, given + n_own + 1);
    if (!*keep) return psx_fail_nomem(op);
    for (size_t i = 0; i < given; i++) {
        (*keep)[(*n)++] = (int)i + 3;
    }
    for (size_t i = 0; i < n_own; i++) {
        if (own[i] >= 0) (*keep)[(*n)++] = own[i];
    }
    bool forked = psx_str_to_u64(psx_str_from(getenv("NODE_CHANNEL_FD")), &channel);
    if (forked && channel > 2 && channel < INT_MAX) (*keep)[(*n)++] = (int)channel;
    return PSX_OK;
}

psx_rc psx_cli_start_make(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                          psx_str argv0, int learn_fd, psx_cli_start *out)
{
    psx_str text;
    int plan_fd, node_fd;
    psx_cli_plan plan = {
        .run = run,
        .project = place->project,
        .cwd = place->cwd,
        .main = place->main,
        .argv0 = argv0,
        .exec_path = place->program,
        .policy_file = place->policy_file,
        .policy_text = place->policy_text,
        .policy_integrity = place->gate.facts.integrity,
        .policy_is_bound = place->gate.integrity.n > 0,
        .trust_file = place->gate.trust_file,
        .state = place->state,
        .lock = place->lock,
        .tmp = place->tmp,
        .home = place->home,
        // What V8 compiled in an earlier run is code that nobody signed.
        .cache = place->gate.rules.enforce ? (psx_str){0} : place->cache,
        .protect = &place->protect,
        .as = place->as.dir.n ? &place->as : NULL,
        .subject = &place->subject,
        .code_rules = place->admit.rules,
        .pins_fd = -1,
    };
    if (place->gate.facts.verified) plan.signature_file = place->gate.signature_file;
    TRY(join_learning(op, &place->as, learn_fd, &plan));
    TRY(psx_cli_part_open(op, place->program, "npsx-engine", &out->engine_fd));
    TRY(psx_cli_part_open(op, place->program, "psx.node", &node_fd));
    if (fcntl(node_fd, F_SETFD, 0) != 0) {
        return psx_fail(op, PSX_E_OS, "cannot hand psx.node over: %s", strerror(errno));
    }
    TRY(psx_cli_pins_hand_over(op, place, &plan.pins_fd));
    TRY(take_source(op, run, &place->admit, &plan.source));
    plan.audit_fd = place->admit.has_audit ? place->admit.audit_fd : -1;
    plan.audit = psx_cli_place_audit(place);
    psx_policy_holder *holder = NULL;
    if (!plan.learn) TRY(psx_cli_union_make(op, place, &holder));
    TRY(psx_cli_box_make(op, run, place, holder, (psx_str){0}, &out->box));
    TRY(psx_cli_as_write(op, place, run, plan.learn_to, &out->box.how.as));
    TRY(psx_op_copy(op, psx_cli_as_path(&place->as), &out->box.how.path));
    plan.box = &out->box;
    if (out->box.active) plan.cache = out->box.pack;
    plan.box_mode = psx_cli_box_mode(run, place);
    plan.box_pretend = psx_cli_box_pretend(run, place);
    TRY(psx_cli_env_make(op, place->env, run, place->cwd, &place->admit, place->policy, holder,
                         &out->envp, &plan.hidden_env));
    TRY(psx_cli_plan_write(op, &plan, &text));
    TRY(psx_os_memfd_seal(op, "packsec-plan", text, &plan_fd));
    int keep[] = {out->engine_fd,         plan_fd,       node_fd,
                  plan.pins_fd,           plan.audit_fd, plan.learn_fd,
                  out->box.how.control_fd};
    TRY(psx_cli_keep_make(op, place, keep, sizeof keep / sizeof *keep, &out->keep, &out->n_keep));
    return make_argv(op, run, plan_fd, node_fd, out);
}

psx_rc psx_cli_start_exec(psx_op *op, psx_cli_start *start)
{
    psx_cli_box *box = &start->box;
    if (box->active) {
        TRY(psx_box_enter(op, &box->spec, &box->kernel, &box->how, start->keep, start->n_keep));
    }
    int err = -psx_os_code_exec(start->engine_fd, start->argv, start->envp);
    return psx_fail(op, PSX_E_OS, "cannot start npsx-engine: %s",
                    err == EACCES ? "it may not be executed (chmod +x, or a noexec mount)"
                                  : strerror(err));
}

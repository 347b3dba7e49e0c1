#include "cli/win/place.h"

#include "cli/files.h"
#include "cli/parts.h"
#include "cli/win/files.h"
#include "os/win/path.h"
#include "os/win/self.h"
#include "trust/win/wldp.h"

enum { LOCKFILE_MAX = 256 << 20 };

static bool has_file(psx_op *op, psx_str dir, const char *name)
{
    psx_str path;
    if (psx_failed(psx_win_path_full(op, dir, psx_str_from(name), &path))) return false;
    return psx_win_path_kind(op, path) == PSX_WIN_FILE;
}

psx_rc psx_win_script_find(psx_op *op, psx_str cwd, psx_str typed, psx_str *out)
{
    static const char *const extensions[] = {"", ".js", ".json", ".node"};
    psx_str path;
    TRY(psx_win_path_full(op, cwd, typed, &path));
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        psx_str with;
        TRY(psx_op_format(op, &with, "%.*s%s", PSX_FMT(path), extensions[i]));
        if (psx_win_path_kind(op, with) == PSX_WIN_FILE) return psx_win_path_real(op, with, out);
    }
    if (psx_win_path_kind(op, path) == PSX_WIN_DIRECTORY) {
        return psx_fail(op, PSX_E_VALUE, "cannot run the directory %.*s: name the file in it",
                        PSX_FMT(path));
    }
    return psx_fail(op, PSX_E_NOT_FOUND, "there is no script %.*s", PSX_FMT(path));
}

// Offset of the first whole component "node_modules", in any case, or path.n.
static size_t find_node_modules(psx_str path)
{
    const psx_str name = PSX_STR("\\node_modules");
    for (size_t i = 0; i + name.n <= path.n; i++) {
        bool ends = i + name.n == path.n || path.p[i + name.n] == '\\';
        if (ends && psx_str_eq_nocase(psx_str_slice(path, i, i + name.n), name)) return i;
    }
    return path.n;
}

// The nearest directory upwards that has such a file, or an absent string.
static psx_str find_up(psx_op *op, psx_str from, const char *name)
{
    for (psx_str dir = from, up;; dir = up) {
        if (has_file(op, dir, name)) return dir;
        up = psx_win_path_parent(dir);
        if (up.n == dir.n) return (psx_str){0};
    }
}

psx_rc psx_win_project_find(psx_op *op, psx_str from, psx_str *root)
{
    size_t inside = find_node_modules(from);
    psx_str package = {0};
    if (inside < from.n) {
        psx_str dir = psx_str_slice(from, 0, inside + 1);
        TRY(psx_win_path_full(op, (psx_str){0}, dir, &from));
        package = from;
    }
    psx_str policy = find_up(op, from, "packsec.policy.json");
    if (!package.p) package = find_up(op, from, "package.json");
    *root = policy.p ? policy : package.p ? package : from;
    return PSX_OK;
}

static psx_rc protect_file(psx_op *op, psx_cli_place *place, psx_str dir, psx_str name)
{
    psx_str path;
    TRY(psx_win_path_full(op, dir, name, &path));
    return psx_cli_list_add(op, &place->protect, path);
}

static psx_rc choose_policy(psx_op *op, psx_str chosen, psx_cli_place *place)
{
    static const char *const usual[] = {"packsec.policy.json", "packsec.policy.json.p7s",
                                        "package-lock.json", "npm-shrinkwrap.json"};
    static const char *const parts[] = {"npsx.exe", "npsx-engine.exe"};
    psx_str signature;
    psx_str dir = chosen.n ? place->cwd : place->project;
    psx_str name = chosen.n ? chosen : psx_str_from(usual[0]);
    TRY(psx_win_path_full(op, dir, name, &place->policy_file));
    TRY(psx_win_path_self(op, &place->program));
    TRY(psx_op_format(op, &signature, "%.*s.p7s", PSX_FMT(place->policy_file)));
    if (chosen.n) {
        TRY(psx_cli_list_add(op, &place->protect, place->policy_file));
        TRY(psx_cli_list_add(op, &place->protect, signature));
    }
    for (size_t i = 0; i < 4; i++)
        TRY(protect_file(op, place, place->project, psx_str_from(usual[i])));
    psx_str own = psx_win_path_parent(place->program);
    for (size_t i = 0; i < 2; i++)
        TRY(protect_file(op, place, own, psx_str_from(parts[i])));
    return PSX_OK;
}

static psx_rc find_user_dirs(psx_op *op, psx_cli_place *place)
{
    psx_str temp, home;
    TRY(psx_win_self_variable(op, L"TEMP", &temp));
    TRY(psx_win_self_variable(op, L"USERPROFILE", &home));
    if (temp.n) TRY(psx_win_path_full(op, place->cwd, temp, &place->tmp));
    if (home.n) TRY(psx_win_path_full(op, place->cwd, home, &place->home));
    return psx_win_path_state(op, &place->state);
}

psx_rc psx_win_place_find(psx_op *op, const psx_cli_run *run, psx_cli_place *place)
{
    TRY(psx_win_path_cwd(op, &place->cwd));
    psx_str from = place->cwd;
    if (run->main == PSX_CLI_MAIN_FILE) {
        TRY(psx_win_script_find(op, place->cwd, run->script, &place->main));
        from = psx_win_path_parent(place->main);
    }
    TRY(psx_win_project_find(op, from, &place->project));
    TRY(find_user_dirs(op, place));
    return choose_policy(op, run->policy, place);
}

static psx_rc read_policy(psx_op *op, psx_cli_place *place, bool must_exist)
{
    psx_rc rc =
        psx_cli_read(op, "policy", place->policy_file, PSX_POLICY_MAX_BYTES, &place->policy_text);
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    if (must_exist) {
        op->fail.code = PSX_E_VALUE; // 127 is about the script
        return (psx_rc){PSX_E_VALUE};
    }
    psx_fail_clear(op);
    place->policy_text = (psx_str){0};
    return PSX_OK;
}

static psx_rc parse_policy(psx_op *op, psx_cli_place *place)
{
    if (!place->policy_text.p) return psx_policy_default(op, &place->policy);
    return psx_policy_parse(op, place->policy_text, place->policy_file, &place->policy);
}

// Trust is both: our own verification, and Windows' own about the very handles that were read.
static psx_rc ask_windows(psx_op *op, const psx_cli_place *place)
{
    const psx_cli_gate *gate = &place->gate;
    if (!gate->facts.verified) return PSX_OK;
    return psx_wldp_vouch(op, psx_win_files_handle(place->policy_file),
                          psx_win_files_handle(gate->signature_file), place->policy_file,
                          gate->rules.enforce);
}

static psx_rc pass_gate(psx_op *op, psx_cli_place *place, bool must_exist)
{
    TRY(read_policy(op, place, must_exist));
    TRY(psx_cli_gate_policy(op, place));
    return ask_windows(op, place);
}

psx_rc psx_win_place_policy(psx_op *op, const psx_cli_run *run, psx_cli_place *place)
{
    psx_rc rc = pass_gate(op, place, run->policy.n > 0);
    if (psx_failed(rc) && place->gate.rules.enforce) {
        return psx_trust_violation_of(op, rc, place->gate.rules.enforce_by,
                                      "demands a signed policy");
    }
    TRY(rc);
    TRY(parse_policy(op, place));
    return psx_cli_gate_grants(op, place);
}

// npsx-verify is no program here: src/trust/win verifies inside npsx.exe.
psx_rc psx_cli_part_open(psx_op *op, psx_str self, const char *name, int *fd)
{
    (void)self;
    *fd = -1;
    if (!strcmp(name, "npsx-verify")) return PSX_OK;
    return psx_fail(op, PSX_E_INTERNAL, "%s is no part of PackSec on Windows", name);
}

// ---- what the commands ask for, behind cli/launch.h ---------------------------------------------

psx_rc psx_cli_place_here(psx_op *op, psx_str policy, psx_cli_place *out)
{
    psx_cli_run run = {.policy = policy};
    *out = (psx_cli_place){0};
    return psx_win_place_find(op, &run, out);
}

psx_rc psx_cli_place_policy(psx_op *op, psx_cli_place *place, bool must_exist)
{
    TRY(read_policy(op, place, must_exist));
    return parse_policy(op, place);
}

psx_rc psx_cli_place_lock(psx_op *op, psx_cli_place *place)
{
    static const char *const names[] = {"npm-shrinkwrap.json", "package-lock.json"};
    place->lock = NULL;
    for (size_t i = 0; i < 2; i++) {
        psx_str path, bytes;
        TRY(psx_win_path_full(op, place->project, psx_str_from(names[i]), &path));
        psx_rc rc = psx_cli_read(op, "lockfile", path, LOCKFILE_MAX, &bytes);
        if (rc.code == PSX_E_NOT_FOUND) {
            psx_fail_clear(op);
            continue;
        }
        TRY(rc);
        return psx_lockfile_parse(op, bytes, path, &place->lock);
    }
    return PSX_OK;
}

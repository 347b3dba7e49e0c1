#include "cli/box.h"

#include "cli/files.h"
#include "cli/launch.h"
#include "cli/pack_dir.h"
#include "cli/parts.h"
#include "cli/project.h"

psx_box_mode psx_cli_box_mode(const psx_cli_run *run, const psx_cli_place *place)
{
    return place->as.told ? place->as.box : run->box;
}

psx_str psx_cli_box_pretend(const psx_cli_run *run, const psx_cli_place *place)
{
    return place->as.told ? place->as.box_pretend : run->box_pretend;
}

// Scripts that are loaded first, by their paths; packages are found among the project's.
static psx_rc find_preload(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                           psx_cli_list *out)
{
    for (size_t i = 0; i < run->preload.n; i++) {
        psx_str path;
        if (!psx_cli_is_path(run->preload.v[i])) continue;
        TRY(psx_cli_join(op, place->cwd, run->preload.v[i], &path));
        TRY(psx_cli_list_add(op, out, path));
    }
    return PSX_OK;
}

psx_rc psx_cli_box_request(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                           psx_box_kind kind, const psx_policy_holder *held, psx_box_request *out)
{
    psx_cli_list preload = {0};
    psx_str engine;
    TRY(find_preload(op, run, place, &preload));
    TRY(psx_cli_part_path(op, place->program, "npsx-engine", &engine));
    *out = (psx_box_request){
        .kind = kind,
        .parts = psx_cli_dirname(engine),
        .policy = place->policy,
        .held = held,
        .project = place->project,
        .cwd = place->cwd,
        .tmp = place->tmp,
        .home = place->home,
        .main = place->main,
        .path = place->as.told ? place->as.path : psx_str_from(getenv("PATH")),
        .preload = preload.v,
        .n_preload = preload.n,
        .protect = place->protect.v,
        .n_protect = place->protect.n,
        .audited = place->admit.has_audit,
    };
    return PSX_OK;
}

psx_rc psx_cli_box_make(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                        const psx_policy_holder *held, psx_str program, psx_cli_box *out)
{
    psx_box_mode mode = psx_cli_box_mode(run, place);
    psx_box_kind kind = program.p ? PSX_BOX_COMMAND : PSX_BOX_ENGINE;
    psx_box_request request;
    psx_str missing;
    *out = (psx_cli_box){0};
    out->how.control_fd = out->how.audit_fd = out->how.learn_fd = -1;
    // A policy that only records holds nothing back.
    bool records = psx_policy_onerror(place->policy) == PSX_ONERROR_LOG;
    if (!held || records || mode == PSX_BOX_OFF) return PSX_OK;
    TRY(psx_cli_box_request(op, run, place, kind, held, &request));
    request.program = program;
    if (!program.p) TRY(psx_cli_pack_dir(op, place, &request.pack));
    out->pack = request.pack;
    TRY(psx_cli_part_path(op, place->program, "npsx-spawn", &out->how.spawner));
    TRY(psx_box_kernel_probe(op, psx_cli_box_pretend(run, place), &out->kernel));
    TRY(psx_box_spec_make(op, &request, &out->spec));
    // Without it each program would seem not to be there.
    if (!program.p && out->spec.spawn != PSX_BOX_NONE) {
        TRY(psx_cli_part_there(op, place->program, "npsx-spawn", out->how.spawner));
    }
    TRY(psx_box_check(op, &out->kernel, mode, &out->spec, &missing));
    if (missing.n && !(run->quiet || place->as.quiet)) fprintf(stderr, "%.*s", PSX_FMT(missing));
    out->active = true;
    out->how.program = place->program;
    out->how.audit_who = PSX_STR("box");
    out->how.audit_fd = place->admit.has_audit ? place->admit.audit_fd : -1;
    out->how.quiet = (run->quiet || place->as.quiet);
    return psx_box_prepare(op, &out->spec, &out->how);
}

#include "cli/box.h"

#include "cli/files.h"
#include "cli/launch.h"
#include "cli/project.h"

psx_rc psx_cli_box_request(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                           psx_box_kind kind, const psx_policy_holder *held, psx_box_request *out)
{
    (void)op, (void)run;
    *out = (psx_box_request){
        .kind = kind,
        .policy = place->policy,
        .held = held,
        .project = place->project,
        .cwd = place->cwd,
        .tmp = place->tmp,
        .home = place->home,
        .cache = place->cache,
        .state = place->state,
        .main = place->main,
        .parts = psx_cli_dirname(place->program),
        .audited = place->admit.has_audit,
    };
    return PSX_OK;
}

psx_rc psx_cli_box_make(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                        const psx_policy_holder *held, psx_cli_box *out)
{
    psx_str missing;
    *out = (psx_cli_box){0};
    out->how.control_fd = out->how.audit_fd = out->how.learn_fd = -1;
    if (!held || run->box == PSX_BOX_OFF) return PSX_OK;
    psx_box_request request;
    TRY(psx_cli_box_request(op, run, place, PSX_BOX_ENGINE, held, &request));
    TRY(psx_box_kernel_probe(op, run->box_pretend, &out->kernel));
    TRY(psx_box_spec_make(op, &request, &out->spec));
    TRY(psx_box_check(op, &out->kernel, run->box, &out->spec, &missing));
    if (missing.n && !run->quiet) fprintf(stderr, "%.*s", PSX_FMT(missing));
    out->active = true;
    out->how.program = place->program;
    out->how.audit_who = PSX_STR("box");
    out->how.audit_fd = place->admit.has_audit ? place->admit.audit_fd : -1;
    out->how.quiet = run->quiet;
    return psx_box_prepare(op, &out->spec, &out->how);
}

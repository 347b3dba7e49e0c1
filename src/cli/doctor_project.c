// Ring 2: what this project says, and how well it can be told who is who.
#include "cli/doctor.h"
#include "cli/union.h"
#include "cli/version.h"

static psx_rc tell_lockfile(psx_doctor *d, const psx_cli_place *place)
{
    size_t bare = 0;
    if (!place->lock) {
        return psx_doctor_tell(
            d, PSX_DOCTOR_WEAKER, "lockfile", "npm install --package-lock-only writes one",
            "none in %.*s: packages are whatever they call themselves", PSX_FMT(place->project));
    }
    for (size_t i = 0; i < place->lock->n; i++) {
        const psx_lockfile_entry *e = &place->lock->entries[i];
        bool installed = psx_str_search(e->location, PSX_STR("node_modules/")) < e->location.n;
        if (installed && !e->integrity.n && !e->bundled) bare++;
    }
    TRY(psx_doctor_tell(d, PSX_DOCTOR_OK, "lockfile", NULL, "%.*s, %zu packages",
                        PSX_FMT(place->lock->file_name), place->lock->n));
    if (!bare) return PSX_OK;
    return psx_doctor_tell(
        d, PSX_DOCTOR_WEAKER, "identity", "npsx policy pin binds the code itself",
        "%zu packages have no integrity in the lockfile (git, files, links)", bare);
}

static psx_rc tell_hatches(psx_doctor *d, const psx_policy *policy)
{
    const psx_policy_rule *first = psx_policy_hatch(policy, 0);
    size_t n = 0;
    while (psx_policy_hatch(policy, n)) {
        n++;
    }
    if (!n) {
        return psx_doctor_tell(d, PSX_DOCTOR_OK, "escape hatches", NULL,
                               "nobody holds ambient, native or builtins");
    }
    return psx_doctor_tell(
        d, PSX_DOCTOR_WEAKER, "escape hatches", "npsx policy union tells what each costs",
        "%zu, the first %s of \"%.*s\"", n, psx_cap_name(first->cap), PSX_FMT(first->key));
}

// The box that the application here would get.
static psx_rc tell_box(psx_doctor *d, const psx_cli_place *place, const psx_box_kernel *kernel)
{
    psx_cli_run run = {0};
    psx_policy_holder *held;
    psx_box_request request;
    psx_box_spec spec;
    psx_str missing;
    TRY(psx_cli_union_make(d->op, place, &held));
    if (!held) {
        return psx_doctor_tell(d, PSX_DOCTOR_WEAKER, "box of this project",
                               "npsx learn --write takes ambient away",
                               "none: somebody is ambient, and nothing limits the process");
    }
    TRY(psx_cli_box_request(d->op, &run, place, PSX_BOX_ENGINE, held, &request));
    TRY(psx_box_spec_make(d->op, &request, &spec));
    psx_rc rc = psx_box_check(d->op, kernel, PSX_BOX_REQUIRED, &spec, &missing);
    if (psx_failed(rc)) {
        return psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, "box of this project", rc);
    }
    return psx_doctor_tell(d, PSX_DOCTOR_OK, "box of this project", NULL, "%s",
                           spec.supervised ? "supervised" : "without a supervisor: none is needed");
}

psx_rc psx_doctor_project(psx_doctor *d, const psx_box_kernel *kernel)
{
    psx_cli_place place;
    d->ring = 2;
    TRY(psx_doctor_tell(d, PSX_DOCTOR_NOTE, "engine", NULL, "node v" PSX_ENGINE_VERSION));
    psx_rc rc = psx_cli_place_here(d->op, (psx_str){0}, &place);
    if (psx_failed(rc)) return psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, "project", rc);
    TRY(psx_doctor_tell(d, PSX_DOCTOR_NOTE, "project", NULL, "%.*s", PSX_FMT(place.project)));
    rc = psx_cli_place_policy(d->op, &place, false);
    if (psx_failed(rc)) return psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, "policy", rc);
    rc = psx_cli_place_lock(d->op, &place);
    if (psx_failed(rc)) return psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, "lockfile", rc);
    if (!place.policy_text.p) {
        TRY(psx_doctor_tell(d, PSX_DOCTOR_WEAKER, "policy", "npsx learn --write app.js writes one",
                            "none: the application may do everything"));
    } else {
        TRY(psx_doctor_tell(d, PSX_DOCTOR_OK, "policy", NULL, "%.*s", PSX_FMT(place.policy_file)));
        TRY(tell_hatches(d, place.policy));
    }
    TRY(tell_lockfile(d, &place));
    return tell_box(d, &place, kernel);
}

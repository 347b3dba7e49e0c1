// What does this system demand? Linux: securebits, and root's file.
#include "os/code.h"
#include "os/system_file.h"
#include "trust/gate.h"

static psx_rc load_file(psx_op *op, psx_trust_system **out)
{
    psx_str bytes, name = PSX_STR(PSX_TRUST_SYSTEM_FILE);
    *out = NULL;
    psx_rc rc = psx_os_system_read(op, name, PSX_TRUST_SYSTEM_MAX_BYTES, &bytes);
    if (rc.code == PSX_E_NOT_FOUND) {
        psx_fail_clear(op);
        return PSX_OK;
    }
    TRY(rc);
    return psx_trust_system_parse(op, bytes, name, out);
}

psx_rc psx_trust_rules_load(psx_op *op, psx_trust_rules *out)
{
    psx_os_exec_policy bits = psx_os_code_exec_policy();
    psx_str file = PSX_STR(PSX_TRUST_SYSTEM_FILE);
    psx_trust_system *system;
    *out = (psx_trust_rules){
        .restrict_file = bits.restrict_file,
        .deny_interactive = bits.deny_interactive,
        .interactive_by = PSX_STR("the process's securebits (EXEC_DENY_INTERACTIVE)"),
        .enforce_by = file,
        .forbid_by = file,
    };
    psx_rc rc = load_file(op, &system);
    if (psx_failed(rc)) {
        return psx_trust_violation_of(op, rc, PSX_STR("what the system demands"), "cannot be told");
    }
    out->system = system;
    if (!system) return PSX_OK;
    out->enforce = system->enforce;
    out->forbid_ambient = system->forbid_ambient;
    out->forbid_builtins = system->forbid_builtins;
    // A policy that somebody vouches for is held to by the kernel as well.
    out->require_box = system->require_box || system->enforce;
    if (!out->deny_interactive && system->disable_interactive) {
        out->deny_interactive = true;
        out->interactive_by = file;
    }
    return PSX_OK;
}

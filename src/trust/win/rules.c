// What does this system demand? Windows: WLDP, and the administrator's file.
#include "os/system_file.h"
#include "trust/gate.h"
#include "trust/win/wldp.h"

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

// A question that Windows does not answer counts as the stricter answer.
static psx_rc ask_windows(psx_op *op, const wchar_t *setting, const char *name, bool *demanded,
                          psx_str *by)
{
    unsigned long error = 0;
    psx_wldp_answer answer = psx_wldp_setting(setting, &error);
    if (answer == PSX_WLDP_NO) return PSX_OK;
    *demanded = true;
    if (answer == PSX_WLDP_YES) return psx_op_format(op, by, "Windows (%s in WLDP)", name);
    return psx_op_format(op, by, "Windows (WLDP does not tell %s, 0x%08lx, so)", name, error);
}

static psx_rc add_file(psx_op *op, psx_trust_rules *out)
{
    psx_str file = PSX_STR(PSX_TRUST_SYSTEM_FILE);
    psx_trust_system *system;
    TRY(load_file(op, &system));
    out->system = system;
    if (!system) return PSX_OK;
    if (!out->enforce) out->enforce_by = file;
    if (!out->deny_interactive) out->interactive_by = file;
    out->forbid_by = file;
    out->enforce |= system->enforce;
    out->deny_interactive |= system->disable_interactive;
    out->forbid_ambient = system->forbid_ambient;
    out->forbid_builtins = system->forbid_builtins;
    if (!system->require_box) return PSX_OK;
    return psx_fail(op, PSX_E_KERNEL, "%s demands a box (requireBox), and Windows has none",
                    file.p);
}

psx_rc psx_trust_rules_load(psx_op *op, psx_trust_rules *out)
{
    *out = (psx_trust_rules){0};
    TRY(ask_windows(op, L"EnforceCodeIntegrity", "EnforceCodeIntegrity", &out->enforce,
                    &out->enforce_by));
    TRY(ask_windows(op, L"DisableInteractiveMode", "DisableInteractiveMode", &out->deny_interactive,
                    &out->interactive_by));
    psx_rc rc = add_file(op, out);
    if (!psx_failed(rc)) return PSX_OK;
    return psx_trust_violation_of(op, rc, PSX_STR("what the system demands"), "cannot be told");
}

#include "cli/gate.h"

#include "cli/files.h"
#include "cli/launch.h"
#include "cli/parts.h"

psx_rc psx_cli_gate_enter(psx_op *op, const psx_cli_run *run, psx_cli_place *place)
{
    psx_trust_rules *rules = &place->gate.rules;
    TRY(psx_trust_rules_load(op, rules));
    place->gate.on = true;
    place->admit.rules = (psx_os_exec_policy){rules->restrict_file, rules->deny_interactive};
    place->admit.interactive_by = rules->interactive_by;
    return psx_cli_admit_commands(op, &place->admit, run);
}

// Learning allows everything, which is more than any policy says.
static psx_rc check_learning(psx_op *op, const psx_cli_run *run, const psx_cli_place *place)
{
    const psx_trust_rules *rules = &place->gate.rules;
    bool demands =
        rules->enforce || rules->forbid_ambient || rules->forbid_builtins || rules->require_box;
    if (!demands || (!run->learn && !place->as.learn.n)) return PSX_OK;
    psx_rc rc = psx_trust_violation(op, rules->forbid_by,
                                    rules->enforce       ? "demands a signed policy"
                                    : rules->require_box ? "demands the whole box"
                                                         : "limits policies",
                                    "npsx learn allows everything");
    psx_fail_suggest(op, "learn on another machine, then sign the policy");
    return rc;
}

// The mode of a child is what the first npsx was told; somebody may have written --as by hand.
static psx_rc check_box(psx_op *op, const psx_cli_run *run, const psx_cli_place *place)
{
    const psx_trust_rules *rules = &place->gate.rules;
    psx_box_mode mode = psx_cli_box_mode(run, place);
    if (!rules->require_box || mode == PSX_BOX_REQUIRED) return PSX_OK;
    return psx_trust_violation(op, rules->forbid_by, "demands the whole box",
                               "--box=%s is not for this system",
                               mode == PSX_BOX_OFF ? "off" : "best-effort");
}

psx_rc psx_cli_gate_told(psx_op *op, const psx_cli_run *run, psx_cli_place *place)
{
    psx_cli_gate *gate = &place->gate;
    const psx_cli_as *as = &place->as;
    psx_str signature = as->told ? as->signature : run->policy_signature;
    psx_str trust = as->told ? as->trust : run->trust;
    TRY(check_learning(op, run, place));
    TRY(check_box(op, run, place));
    gate->integrity = as->told ? as->integrity : run->policy_integrity;
    gate->signature_told = signature.n > 0;
    if (signature.n) {
        TRY(psx_cli_join(op, place->cwd, signature, &gate->signature_file));
        TRY(psx_cli_list_add(op, &place->protect, gate->signature_file));
    }
    if (!trust.n) return PSX_OK;
    TRY(psx_cli_join(op, place->cwd, trust, &gate->trust_file));
    return psx_cli_list_add(op, &place->protect, gate->trust_file);
}

// What was said about a policy that is not there.
static psx_rc check_no_policy(psx_op *op, const psx_cli_place *place)
{
    const char *said = place->gate.signature_told ? "--policy-signature"
                       : place->gate.integrity.p  ? "--policy-integrity"
                                                  : NULL;
    if (place->policy_text.p || !said) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE, "%s is about a policy, and there is none: no file %.*s", said,
                    PSX_FMT(place->policy_file));
}

static psx_rc read_signature(psx_op *op, psx_cli_place *place, psx_str *bytes)
{
    psx_cli_gate *gate = &place->gate;
    *bytes = (psx_str){0};
    if (!gate->signature_told) {
        TRY(psx_op_format(op, &gate->signature_file, "%.*s.p7s", PSX_FMT(place->policy_file)));
    }
    if (!place->policy_text.p) return PSX_OK;
    psx_rc rc = psx_cli_read(op, "signature", gate->signature_file, PSX_SIGNATURE_MAX_BYTES, bytes);
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    if (gate->signature_told) {
        op->fail.code = PSX_E_VALUE; // 127 is about the script
        return (psx_rc){PSX_E_VALUE};
    }
    psx_fail_clear(op);
    return PSX_OK;
}

static psx_rc read_trust(psx_op *op, const psx_cli_place *place, psx_str *text)
{
    psx_str file = place->gate.trust_file;
    *text = (psx_str){0};
    if (!file.n) return PSX_OK;
    psx_rc rc = psx_cli_read(op, "trust anchor", file, PSX_SIGNATURE_ANCHORS_MAX, text);
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    op->fail.code = PSX_E_VALUE;
    return (psx_rc){PSX_E_VALUE};
}

static psx_rc open_verifier(psx_op *op, const void *arg, int *fd)
{
    const psx_cli_place *place = arg;
    return psx_cli_part_open(op, place->program, "npsx-verify", fd);
}

static psx_rc ask(psx_op *op, psx_cli_place *place)
{
    psx_cli_gate *gate = &place->gate;
    psx_trust_question q = {
        .policy_path = place->policy_file,
        .policy = place->policy_text,
        .integrity = gate->integrity,
        .open_verifier = open_verifier,
        .arg = place,
    };
    TRY(check_no_policy(op, place));
    TRY(read_trust(op, place, &q.trust_text));
    TRY(read_signature(op, place, &q.signature));
    q.signature_path = gate->signature_file;
    return psx_trust_policy(op, &gate->rules, &q, &gate->facts);
}

// Who vouched for the policy, or why nobody did. The reason may not get lost while it is written
// down, and what cannot be written down is a reason as well.
static psx_rc record(psx_op *op, psx_cli_place *place, psx_rc asked)
{
    const psx_cli_gate *gate = &place->gate;
    const psx_signature_facts *by = &gate->facts.signed_by;
    psx_failure why = op->fail;
    bool failed = psx_failed(asked), verified = gate->facts.verified;
    if (asked.code == PSX_E_NOMEM || (!failed && !place->policy_text.p)) return asked;
    psx_cli_fact facts[] = {
        {"check", PSX_STR("policy")},
        {"path", place->policy_file},
        {"integrity", gate->facts.integrity},
        {"signature", verified ? gate->signature_file : (psx_str){0}},
        {"signer", by->signer},
        {"fingerprint", by->fingerprint},
        {"anchor", by->anchor},
        {"result", failed     ? PSX_STR("refused")
                   : verified ? PSX_STR("verified")
                              : PSX_STR("unsigned")},
        {"why", failed ? psx_str_from(why.message) : (psx_str){0}},
        {"decided", failed ? PSX_STR("denied") : PSX_STR("allowed")},
    };
    psx_fail_clear(op);
    psx_rc rc = psx_cli_admit_record(op, &place->admit, facts, sizeof facts / sizeof *facts);
    if (!failed) return rc;
    op->fail = why;
    return asked;
}

psx_rc psx_cli_gate_policy(psx_op *op, psx_cli_place *place)
{
    const psx_trust_rules *rules = &place->gate.rules;
    if (!place->gate.on) return PSX_OK;
    psx_rc rc = ask(op, place);
    if (place->admit.has_audit) rc = record(op, place, rc);
    if (!psx_failed(rc) || !rules->enforce) return rc;
    return psx_trust_violation_of(op, rc, rules->enforce_by, "demands a signed policy");
}

static psx_rc forbid(psx_op *op, const psx_trust_rules *rules, psx_str file, const char *key,
                     const char *what, unsigned line)
{
    char where[24] = "";
    if (line) snprintf(where, sizeof where, ":%u", line);
    psx_rc rc = psx_trust_violation(op, rules->forbid_by, key, "%.*s%s grants %s", PSX_FMT(file),
                                    where, what);
    psx_fail_suggest(op, "grant what is needed by name; npsx learn finds out what that is");
    return rc;
}

// "log" allows what it denies, and only tells of it.
psx_rc psx_cli_gate_hatches(psx_op *op, const psx_trust_rules *rules, psx_str policy_file,
                            const psx_policy *policy)
{
    const psx_policy_rule *rule;
    bool logs = psx_policy_onerror(policy) == PSX_ONERROR_LOG;
    if (logs && (rules->forbid_ambient || rules->forbid_builtins)) {
        const char *key = rules->forbid_ambient ? "forbids ambient" : "forbids builtins";
        return forbid(op, rules, policy_file, key, "everything: onerror is \"log\"", 0);
    }
    for (size_t i = 0; (rule = psx_policy_hatch(policy, i)); i++) {
        if (rules->forbid_ambient && rule->cap == PSX_CAP_AMBIENT) {
            return forbid(op, rules, policy_file, "forbids ambient", "ambient", rule->line);
        }
        if (rules->forbid_builtins && rule->cap == PSX_CAP_BUILTINS) {
            return forbid(op, rules, policy_file, "forbids builtins", "builtins", rule->line);
        }
    }
    return PSX_OK;
}

// Then the application holds everything, and nobody has raw builtins.
static psx_rc check_without(psx_op *op, const psx_cli_place *place)
{
    const psx_trust_rules *rules = &place->gate.rules;
    if (!rules->forbid_ambient) return PSX_OK;
    psx_rc rc = psx_trust_violation(op, rules->forbid_by, "forbids ambient",
                                    "without a policy the application holds ambient");
    psx_fail_suggest(op, "write %.*s; npsx init --help tells how", PSX_FMT(place->policy_file));
    return rc;
}

psx_rc psx_cli_gate_grants(psx_op *op, psx_cli_place *place)
{
    psx_cli_gate *gate = &place->gate;
    psx_str warning;
    uint64_t serial = 0;
    if (!gate->on) return PSX_OK;
    if (!place->policy_text.p) return check_without(op, place);
    TRY(psx_cli_gate_hatches(op, &gate->rules, place->policy_file, place->policy));
    if (!gate->facts.verified) return PSX_OK;
    bool has = psx_policy_serial(place->policy, &serial);
    TRY(psx_trust_serial(op, &gate->rules, place->policy_file, has, serial, place->state,
                         &warning));
    if (warning.p) fprintf(stderr, "npsx: %.*s\n", PSX_FMT(warning));
    return PSX_OK;
}

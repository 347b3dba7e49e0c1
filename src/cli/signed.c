#include "cli/signed.h"

#include "cli/files.h"
#include "cli/parts.h"
#include "trust/gate.h"

// What is no anchor here may be one where the policy is used.
static psx_rc find_anchors(psx_op *op, const psx_cli_place *place, psx_str trust,
                           psx_signature_request *r)
{
    psx_str path, text = {0};
    psx_trust_rules rules;
    if (trust.n) {
        TRY(psx_cli_join(op, place->cwd, trust, &path));
        psx_rc read = psx_cli_read(op, "trust anchor", path, PSX_SIGNATURE_ANCHORS_MAX, &text);
        if (read.code == PSX_E_NOT_FOUND) op->fail.code = read.code = PSX_E_VALUE; // no script
        TRY(read);
    }
    TRY(psx_trust_rules_load(op, &rules));
    psx_rc rc = psx_trust_anchors(op, &rules, text, &r->anchors, &r->crls);
    if (rc.code != PSX_E_ANCHOR || trust.n || rules.system) return rc;
    psx_fail_clear(op);
    r->anchors = (psx_str){0};
    return PSX_OK;
}

psx_rc psx_cli_signed_check(psx_op *op, const psx_cli_place *place, psx_str signature,
                            psx_str trust, psx_cli_signed *out)
{
    int verifier;
    psx_signature_request request = {
        .policy = place->policy_text, .signature = signature, .now = (int64_t)time(NULL)};
    *out = (psx_cli_signed){0};
    TRY(find_anchors(op, place, trust, &request));
    if (!request.anchors.n) return PSX_OK;
    TRY(psx_cli_part_open(op, place->program, "npsx-verify", &verifier));
    TRY(psx_signature_verify(op, verifier, &request, &out->facts));
    out->verified = true;
    return PSX_OK;
}

const char *psx_cli_signed_time(int64_t seconds, char text[PSX_CLI_TIME_SIZE])
{
    time_t at = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&at, &tm)) return "?";
    return strftime(text, PSX_CLI_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) ? text : "?";
}

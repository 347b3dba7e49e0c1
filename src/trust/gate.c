#include "trust/gate.h"

#include "os/beneath.h"
#include "trust/digest.h"

#include <stdarg.h>

#define DEMAND "demands a signed policy"

psx_rc psx_trust_violation(psx_op *op, psx_str who, const char *what, const char *fmt, ...)
{
    char reason[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    return psx_fail(op, PSX_E_MANDATORY, PSX_TRUST_VIOLATION ": %.*s %s: %s", PSX_FMT(who), what,
                    reason);
}

psx_rc psx_trust_violation_of(psx_op *op, psx_rc failed, psx_str who, const char *what)
{
    psx_failure why = op->fail;
    char reason[400], suggestion[sizeof why.suggestion];
    if (failed.code == PSX_E_NOMEM || failed.code == PSX_E_MANDATORY) return failed;
    memcpy(suggestion, why.suggestion, sizeof suggestion);
    op->fail.suggestion[0] = '\0';
    psx_fail_text(op, reason, sizeof reason);
    psx_fail_clear(op);
    psx_rc rc = psx_trust_violation(op, who, what, "%s", reason);
    if (suggestion[0]) psx_fail_suggest(op, "%s", suggestion);
    return rc;
}

// The digest is also what children of this run are held to.
static psx_rc check_integrity(psx_op *op, const psx_trust_question *q, psx_trust_facts *out)
{
    psx_sri expected;
    if (!q->policy.p) return PSX_OK;
    TRY(psx_digest_sri(op, PSX_SRI_SHA256, q->policy, &out->integrity));
    if (!q->integrity.p) return PSX_OK;
    psx_rc rc = psx_sri_parse(op, q->integrity, &expected);
    if (psx_failed(rc)) {
        psx_fail_at(op, PSX_STR("ERR_SRI_PARSE: --policy-integrity"), 0, 0);
        return rc;
    }
    if (psx_digest_matches(&expected, q->policy)) return PSX_OK;
    return psx_fail(op, PSX_E_DIGEST,
                    "ERR_MANIFEST_ASSERT_INTEGRITY: The content of \"%.*s\" does not match the "
                    "expected integrity. Integrities found are: %.*s",
                    PSX_FMT(q->policy_path), PSX_FMT(out->integrity));
}

static psx_rc check_signature(psx_op *op, const psx_trust_rules *rules, const psx_trust_question *q,
                              psx_trust_facts *out)
{
    int verifier;
    psx_signature_request request = {
        .policy = q->policy,
        .signature = q->signature,
        .now = (int64_t)time(NULL),
    };
    if (!q->signature.p) return PSX_OK;
    TRY(psx_trust_anchors(op, rules, q->trust_text, &request.anchors, &request.crls));
    TRY(q->open_verifier(op, q->arg, &verifier));
    psx_rc rc = psx_signature_verify(op, verifier, &request, &out->signed_by);
    psx_os_close(verifier);
    out->verified = !psx_failed(rc);
    if (psx_failed(rc)) psx_fail_at(op, q->signature_path, 0, 0);
    return rc;
}

static psx_rc check_missing(psx_op *op, const psx_trust_rules *rules, const psx_trust_question *q)
{
    psx_rc rc;
    if (!rules->enforce || (q->policy.p && q->signature.p)) return PSX_OK;
    if (!q->policy.p) {
        rc = psx_trust_violation(op, rules->enforce_by, DEMAND, "there is no policy file %.*s",
                                 PSX_FMT(q->policy_path));
        psx_fail_suggest(op, "--policy FILE names another; npsx policy sign signs one");
        return rc;
    }
    rc = psx_trust_violation(op, rules->enforce_by, DEMAND, "%.*s has no signature %.*s",
                             PSX_FMT(q->policy_path), PSX_FMT(q->signature_path));
    psx_fail_suggest(op, "npsx policy sign makes one");
    return rc;
}

static psx_rc check_all(psx_op *op, const psx_trust_rules *rules, const psx_trust_question *q,
                        psx_trust_facts *out)
{
    if (q->trust_text.p && rules->enforce) {
        return psx_trust_violation(op, rules->enforce_by, "names who is trusted",
                                   "--trust is not for this system");
    }
    TRY(check_missing(op, rules, q));
    TRY(check_integrity(op, q, out));
    return check_signature(op, rules, q, out);
}

psx_rc psx_trust_policy(psx_op *op, const psx_trust_rules *rules, const psx_trust_question *q,
                        psx_trust_facts *out)
{
    *out = (psx_trust_facts){0};
    psx_rc rc = check_all(op, rules, q, out);
    if (!psx_failed(rc)) return rc;
    *out = (psx_trust_facts){0};
    if (!rules->enforce) return rc;
    return psx_trust_violation_of(op, rc, rules->enforce_by, DEMAND);
}

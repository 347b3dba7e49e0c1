#include "box/answers.h"

enum { LONGEST = 86400 };

// Alike in all that the answer depends on.
static bool is_same(const psx_dns_question *a, const psx_dns_question *b)
{
    return a->type == b->type && a->name.n == b->name.n && a->recurse == b->recurse &&
           a->checking_disabled == b->checking_disabled && a->wants_ad == b->wants_ad &&
           a->has_opt == b->has_opt && a->wants_dnssec == b->wants_dnssec &&
           memcmp(a->name.text, b->name.text, a->name.n) == 0;
}

void psx_answers_put(psx_answers *answers, const psx_dns_question *asked, psx_str message,
                     const psx_dns_answer *answer, uint64_t now)
{
    bool kept = answer->rcode == PSX_DNS_OK || answer->rcode == PSX_DNS_NXDOMAIN;
    if (!kept || !answer->ttl || answer->truncated || message.n > PSX_ANSWERS_BYTES) return;
    psx_answer *at = &answers->v[0];
    for (size_t i = 0; i < PSX_ANSWERS; i++) {
        psx_answer *a = &answers->v[i];
        if (a->until < at->until) at = a;
        if (a->until <= now || !is_same(&a->asked, asked)) continue;
        at = a;
        break;
    }
    uint32_t ttl = answer->ttl < LONGEST ? answer->ttl : LONGEST;
    *at = (psx_answer){.from = now, .until = now + ttl, .asked = *asked, .n = message.n};
    memcpy(at->bytes, message.p, message.n);
}

size_t psx_answers_get(const psx_answers *answers, const psx_dns_question *asked, uint64_t now,
                       uint8_t *dst, uint16_t *id)
{
    for (size_t i = 0; i < PSX_ANSWERS; i++) {
        const psx_answer *a = &answers->v[i];
        if (a->until <= now || !is_same(&a->asked, asked)) continue;
        memcpy(dst, a->bytes, a->n);
        *id = (uint16_t)(a->bytes[0] << 8 | a->bytes[1]);
        psx_dns_age(dst, a->n, (uint32_t)(now - a->from));
        return a->n;
    }
    return 0;
}

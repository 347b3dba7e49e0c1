#include "addon/vouch.h"

const psx_digest *psx_code_digest(psx_code *code)
{
    if (!code->digested) code->digest = psx_digest_of((psx_str){code->bytes, code->n});
    code->digested = true;
    return &code->digest;
}

bool psx_vouch_reads(const psx_vouch *v)
{
    (void)v;
    return false;
}

bool psx_vouch_for(const psx_vouch *v, psx_code *code, psx_refusal *why)
{
    (void)v, (void)code, (void)why;
    return true;
}

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

// package.json is asked where files lie and what kind of module they are: none of its bytes run,
// and what it leads to is checked. Loaded as a module it comes as any other JSON.
static bool may_execute(const psx_vouch *v, const psx_code *code, psx_refusal *why)
{
    static const char *const names[] = {
        [PSX_CODE_SOURCE] = "module", [PSX_CODE_BYTES] = "module", [PSX_CODE_NATIVE] = "addon"};
    psx_os_exec_verdict verdict;
    if (code->kind == PSX_CODE_DESCRIPTION) return true;
    if (psx_admit_file(&v->admit, names[code->kind], code->path, code->fd, &verdict)) return true;
    why->code = "ERR_NOT_EXECUTABLE";
    psx_admit_reason(code->path, &verdict, why->why, sizeof why->why);
    return false;
}

// The descriptor is checked after it was read: a writer that still holds it open is refused, too.
bool psx_vouch_for(const psx_vouch *v, psx_code *code, psx_refusal *why)
{
    return may_execute(v, code, why);
}

#include "addon/vouch.h"

#include <fcntl.h>

#include "addon/lexpath.h"

#include "addon/resource.h"
#include "os/beneath.h"

enum { LIBRARY_MAX = 1 << 30 };

const psx_digest *psx_code_digest(psx_code *code)
{
    if (!code->digested) code->digest = psx_digest_of((psx_str){code->bytes, code->n});
    code->digested = true;
    return &code->digest;
}

bool psx_vouch_asks(const psx_vouch *v)
{
    return v->admit.rules.restrict_file || psx_vouch_reads(v);
}

bool psx_vouch_reads(const psx_vouch *v)
{
    return v->has_pins || psx_policy_manifest(v->policy);
}

// ---- pins ---------------------------------------------------------------------------------------

static bool answer(psx_pinned_verdict verdict, psx_str path, psx_refusal *why)
{
    if (verdict == PSX_PINNED_YES) return true;
    why->code = psx_pinned_code(verdict);
    why->ends = true;
    psx_pinned_text(verdict, path, why->why, sizeof why->why);
    return false;
}

bool psx_vouch_way(const psx_vouch *v, psx_str path, psx_str real, psx_refusal *why)
{
    char at[PSX_PIN_PATH_MAX];
    if (!v->has_pins) return true;
    psx_pinned_verdict verdict = psx_pinned_way(&v->pinned, path, at);
    // Somebody may have changed the way since: it must lead where it led.
    if (verdict == PSX_PINNED_YES && !psx_str_is(real, at)) verdict = PSX_PINNED_LINK;
    return answer(verdict, psx_str_from(at), why);
}

static bool is_description(const psx_code *code)
{
    return code->kind == PSX_CODE_DESCRIPTION || code->kind == PSX_CODE_IDENTITY;
}

// A package.json is asked for by a path that may have links in it; everything else by its real one,
// which is opened without following any.
static bool real_path(const psx_vouch *v, const psx_code *code, char *real, psx_str *out,
                      psx_refusal *why)
{
    *out = code->path;
    if (!is_description(code)) return true;
    int n = psx_os_fd_path(code->fd, real, PSX_PIN_PATH_MAX);
    if (n < 0) return answer(PSX_PINNED_CHANGED, code->path, why);
    *out = (psx_str){real, (size_t)n};
    return psx_str_eq(*out, code->path) || psx_vouch_way(v, code->path, *out, why);
}

static bool is_pinned(const psx_vouch *v, psx_code *code, psx_refusal *why)
{
    char real[PSX_PIN_PATH_MAX];
    psx_str path;
    if (!v->has_pins) return true;
    if (!real_path(v, code, real, &path, why)) return false;
    const psx_digest *digest = psx_code_digest(code);
    return answer(psx_pinned_file(&v->pinned, path, code->fd, digest), path, why);
}

static bool is_library(psx_str path)
{
    psx_str name = psx_str_slice(path, psx_str_find_last(path, '/'), path.n);
    return psx_str_search(name, PSX_STR(".so")) < name.n;
}

// -> 0, or -errno when it cannot be read at all.
static int compare_library(const psx_vouch *v, psx_str path, psx_pinned_verdict *verdict)
{
    psx_code code = {0};
    code.fd = psx_os_open_any(path.p, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
    if (code.fd < 0) return code.fd;
    int e = psx_os_read_whole(code.fd, LIBRARY_MAX, &code.bytes, &code.n);
    if (e == 0) *verdict = psx_pinned_file(&v->pinned, path, code.fd, psx_code_digest(&code));
    psx_os_close(code.fd);
    free(code.bytes);
    return e;
}

bool psx_vouch_libraries(const psx_vouch *v, psx_refusal *why)
{
    psx_pin pin;
    psx_lexpath path;
    for (size_t at = 0; v->has_pins && psx_pins_next(&v->pinned.pins, &at, &pin);) {
        psx_pinned_verdict verdict = PSX_PINNED_MISSING;
        if (pin.kind == PSX_PIN_LINK || !is_library(pin.path)) continue;
        if (psx_lexpath_resolve(v->pinned.project, pin.path, &path) != PSX_LEXPATH_OK) continue;
        if (compare_library(v, psx_lexpath_str(&path), &verdict) < 0) verdict = PSX_PINNED_MISSING;
        if (!answer(verdict, psx_lexpath_str(&path), why)) return false;
    }
    return true;
}

// ---- the kernel ---------------------------------------------------------------------------------

// package.json is asked where files lie and what kind of module they are: none of its bytes run,
// and what it leads to is checked. Loaded as a module it comes as any other JSON.
bool psx_vouch_admits(const psx_vouch *v, const psx_code *code, psx_refusal *why)
{
    static const char *const names[] = {
        [PSX_CODE_SOURCE] = "module", [PSX_CODE_BYTES] = "module", [PSX_CODE_NATIVE] = "addon"};
    psx_os_exec_verdict verdict;
    if (is_description(code)) return true;
    if (psx_admit_file(&v->admit, names[code->kind], code->path, code->fd, &verdict)) return true;
    why->code = "ERR_NOT_EXECUTABLE";
    why->ends = true;
    psx_admit_reason(code->path, &verdict, why->why, sizeof why->why);
    return false;
}

void psx_vouch_unsteady(const psx_code *code, psx_refusal *why)
{
    why->code = "ERR_NOT_EXECUTABLE";
    why->ends = true;
    snprintf(why->why, sizeof why->why,
             "%.*s was not loaded: it changes while it is read, and only executable files run here "
             "(securebits EXEC_RESTRICT_FILE)",
             PSX_FMT(code->path));
}

bool psx_vouch_is_strict(const psx_vouch *v)
{
    return v->admit.rules.restrict_file;
}

// ---- the manifest -------------------------------------------------------------------------------

static bool is_listed(const psx_vouch *v, psx_code *code, psx_refusal *why)
{
    psx_str bytes = {code->bytes, code->n};
    if (!psx_policy_manifest(v->policy) || code->kind == PSX_CODE_IDENTITY) return true;
    return psx_resource_allows_file(v->policy, code->path, bytes, why);
}

// ---- the question -------------------------------------------------------------------------------

bool psx_vouch_for(const psx_vouch *v, psx_code *code, psx_refusal *why)
{
    return is_pinned(v, code, why) && is_listed(v, code, why);
}

bool psx_vouch_absent(const psx_vouch *v, psx_str path, psx_refusal *why)
{
    return !v->has_pins || answer(psx_pinned_absent(&v->pinned, path), path, why);
}

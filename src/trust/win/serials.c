// The last serial that was accepted for a policy, in the user's own directory: one file for each
// policy, named by the digest of its path, with a number of twenty digits in it.
#include <windows.h>

#include "trust/gate.h"
#include "os/win/path.h"
#include "os/win/text.h"
#include "trust/digest.h"

enum { DIGITS = 20, TRIES = 40, PAUSE_MS = 50 };

typedef struct {
    psx_str path;
    HANDLE file;
    bool has;
    uint64_t last;
} record;

static psx_rc find(psx_op *op, psx_str state_dir, psx_str policy, record *r)
{
    char hex[2 * PSX_DIGEST_SIZE + 1];
    psx_str folded;
    wchar_t *wide;
    TRY(psx_win_wide(op, "a path", policy, &wide));
    // Windows does not tell A.json from a.json.
    int n = (int)wcslen(wide);
    if (n) LCMapStringEx(LOCALE_NAME_INVARIANT, LCMAP_LOWERCASE, wide, n, wide, n, NULL, NULL, 0);
    TRY(psx_win_utf8(op, "a path", wide, &folded));
    psx_digest d = psx_digest_of(folded);
    psx_digest_hex(&d, PSX_DIGEST_SIZE, hex);
    return psx_op_format(op, &r->path, "%.*s\\%s.serial", PSX_FMT(state_dir), hex);
}

// Nobody else may so much as read it meanwhile: another npsx waits.
static DWORD open_record(psx_op *op, psx_str state_dir, record *r)
{
    wchar_t *dir, *file;
    r->file = INVALID_HANDLE_VALUE;
    if (psx_failed(psx_win_path_wide(op, state_dir, &dir)) ||
        psx_failed(psx_win_path_wide(op, r->path, &file))) {
        return ERROR_INVALID_NAME;
    }
    if (!CreateDirectoryW(dir, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return GetLastError();
    for (int i = 0; i < TRIES; i++) {
        r->file = CreateFileW(file, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
                              FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (r->file != INVALID_HANDLE_VALUE) return ERROR_SUCCESS;
        if (GetLastError() != ERROR_SHARING_VIOLATION) return GetLastError();
        Sleep(PAUSE_MS);
    }
    return ERROR_SHARING_VIOLATION;
}

static psx_rc read_record(psx_op *op, record *r)
{
    char text[DIGITS + 1];
    DWORD n = 0;
    bool read = ReadFile(r->file, text, sizeof text, &n, NULL);
    if (read && !n) return PSX_OK; // just made
    r->has = read && n == DIGITS && psx_str_to_u64((psx_str){text, n}, &r->last);
    if (r->has) return PSX_OK;
    psx_rc rc = psx_fail(op, PSX_E_VALUE,
                         "which serial was accepted before cannot be told: %.*s is damaged",
                         PSX_FMT(r->path));
    psx_fail_suggest(op, "removing it forgets that serial");
    return rc;
}

static DWORD write_record(const record *r, uint64_t serial)
{
    char text[DIGITS + 1];
    DWORD n = 0;
    snprintf(text, sizeof text, "%020llu", (unsigned long long)serial);
    bool done = SetFilePointerEx(r->file, (LARGE_INTEGER){0}, NULL, FILE_BEGIN) &&
                WriteFile(r->file, text, DIGITS, &n, NULL) && n == DIGITS &&
                FlushFileBuffers(r->file);
    return done ? ERROR_SUCCESS : GetLastError() ? GetLastError() : ERROR_WRITE_FAULT;
}

static psx_rc fail_older(psx_op *op, psx_str policy, bool has, uint64_t serial, uint64_t least,
                         const char *why)
{
    char own[40] = "has no serial";
    if (has) snprintf(own, sizeof own, "has serial %llu", (unsigned long long)serial);
    return psx_fail(op, PSX_E_ROLLBACK, "the policy %.*s %s, and %llu %s", PSX_FMT(policy), own,
                    (unsigned long long)least, why);
}

static psx_rc compare(psx_op *op, record *r, psx_str policy, bool has, uint64_t serial,
                      DWORD *error)
{
    TRY(read_record(op, r));
    if (r->has && (!has || serial < r->last)) {
        psx_rc rc =
            fail_older(op, policy, has, serial, r->last, "was accepted before: it is an older one");
        psx_fail_suggest(op, "to go back on purpose, give it a higher serial and sign it again");
        return rc;
    }
    if (has && !(r->has && serial == r->last)) *error = write_record(r, serial);
    return PSX_OK;
}

static psx_rc cannot_keep(psx_op *op, const psx_trust_rules *rules, psx_str why, psx_str *warning)
{
    if (rules->enforce) {
        return psx_trust_violation(op, rules->enforce_by, "demands a signed policy",
                                   "its serial cannot be kept (%.*s): an older policy would not be "
                                   "noticed",
                                   PSX_FMT(why));
    }
    return psx_op_format(op, warning,
                         "the policy's serial cannot be kept (%.*s): an older policy would not be "
                         "noticed",
                         PSX_FMT(why));
}

static psx_rc check(psx_op *op, const psx_trust_rules *rules, psx_str policy, bool has,
                    uint64_t serial, psx_str state_dir, psx_str *warning)
{
    uint64_t least;
    record r = {0};
    bool has_minimum = psx_trust_system_minimum(rules->system, policy, &least);
    if (has_minimum && (!has || serial < least)) {
        return fail_older(op, policy, has, serial, least,
                          "is the least that " PSX_TRUST_SYSTEM_FILE " allows");
    }
    DWORD error = ERROR_PATH_NOT_FOUND;
    psx_rc rc = PSX_OK;
    if (state_dir.n) {
        TRY(find(op, state_dir, policy, &r));
        error = open_record(op, state_dir, &r);
        if (!error) {
            rc = compare(op, &r, policy, has, serial, &error);
            CloseHandle(r.file);
        }
    }
    if (psx_failed(rc) || !error || (!has && !rules->enforce)) return rc;
    return has_minimum ? PSX_OK : cannot_keep(op, rules, psx_win_error(op, error), warning);
}

psx_rc psx_trust_serial(psx_op *op, const psx_trust_rules *rules, psx_str policy_path, bool has,
                        uint64_t serial, psx_str state_dir, psx_str *warning)
{
    psx_str real;
    *warning = (psx_str){0};
    TRY(psx_win_path_real(op, policy_path, &real));
    psx_rc rc = check(op, rules, real, has, serial, state_dir, warning);
    if (!psx_failed(rc) || !rules->enforce) return rc;
    bool rollback = rc.code == PSX_E_ROLLBACK;
    rc = psx_trust_violation_of(op, rc, rules->enforce_by, "demands a signed policy");
    if (rollback) op->fail.code = PSX_E_ROLLBACK;
    return (psx_rc){op->fail.code};
}

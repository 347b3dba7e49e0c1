#include <windows.h>
#include <aclapi.h>

#include "os/win/owner.h"
#include "os/win/text.h"

// S-1-5-18, S-1-5-32-544, S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464
static bool is_systems(PSID sid)
{
    static const DWORD installer[] = {80,         956008885,  3418522649,
                                      1831038044, 1853292631, 2271478464};
    static const SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    if (!sid || !IsValidSid(sid)) return false;
    if (IsWellKnownSid(sid, WinLocalSystemSid)) return true;
    if (IsWellKnownSid(sid, WinBuiltinAdministratorsSid)) return true;
    const SID *s = sid;
    return s->SubAuthorityCount == 6 && !memcmp(&s->IdentifierAuthority, &nt, sizeof nt) &&
           !memcmp(s->SubAuthority, installer, sizeof installer);
}

// The rights by which somebody could put other bytes there, now or after one more step.
static bool may_write(ACCESS_MASK mask)
{
    const ACCESS_MASK writing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA |
                                FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER |
                                ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED | GENERIC_WRITE |
                                GENERIC_ALL;
    return mask & writing;
}

static bool ace_is_harmless(const ACE_HEADER *ace)
{
    if (ace->AceType == ACCESS_DENIED_ACE_TYPE) return true;
    // Only for what is made inside later, which is asked about when it is opened.
    if (ace->AceFlags & INHERIT_ONLY_ACE) return true;
    if (ace->AceType != ACCESS_ALLOWED_ACE_TYPE) return false;
    const ACCESS_ALLOWED_ACE *a = (const ACCESS_ALLOWED_ACE *)ace;
    return !may_write(a->Mask) || is_systems((PSID)&a->SidStart);
}

bool psx_win_owner_is_system(void *descriptor)
{
    PSID owner = NULL;
    PACL list = NULL;
    BOOL present = FALSE, defaulted;
    if (!GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) || !is_systems(owner))
        return false;
    if (!GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted)) return false;
    if (!present || !list) return false; // no list: everybody may do everything
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *ace;
        if (!GetAce(list, i, &ace) || !ace_is_harmless(ace)) return false;
    }
    return true;
}

psx_rc psx_win_owner_check(psx_op *op, void *handle, psx_str path)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD why = GetSecurityInfo(handle, SE_FILE_OBJECT,
                                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
                                NULL, NULL, &descriptor);
    if (why != ERROR_SUCCESS) {
        return psx_fail(op, PSX_E_ANCHOR, "cannot tell who may change %.*s: %.*s", PSX_FMT(path),
                        PSX_FMT(psx_win_error(op, why)));
    }
    bool fine = psx_win_owner_is_system(descriptor);
    LocalFree(descriptor);
    if (fine) return PSX_OK;
    return psx_fail(op, PSX_E_ANCHOR,
                    "%.*s must belong to Administrators or SYSTEM and be writable by nobody else "
                    "(icacls shows it)",
                    PSX_FMT(path));
}

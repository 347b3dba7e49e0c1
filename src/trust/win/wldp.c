#include <windows.h>

#include "trust/win/wldp.h"
#include "os/win/text.h"

#define NOT_SET ((HRESULT)0x80070490) // ERROR_NOT_FOUND as an HRESULT

// MinGW has no wldp.h.
typedef enum { BLOCKED = 0, ALLOWED = 1, REQUIRE_SANDBOX = 2 } execution_policy;
typedef enum {
    SETTING_BOOLEAN = 0,
    SETTING_ULONG = 1
} setting_type; // and others, which are errors
typedef struct {
    USHORT length, room; // bytes
    const wchar_t *text;
} unicode_string;
typedef HRESULT(WINAPI *get_boolean_fn)(PCWSTR id, PCWSTR setting, BOOL *result);
typedef HRESULT(WINAPI *query_policy_fn)(const unicode_string *provider, const unicode_string *key,
                                         const unicode_string *value, int *type, void *data,
                                         ULONG *size);
typedef HRESULT(WINAPI *can_execute_fn)(REFGUID host, int options, HANDLE content, HANDLE signature,
                                        PCWSTR audit, int *policy);

// WLDP_HOST_OTHER
static const GUID host_other = {
    0x626cbec3, 0xe1fa, 0x4227, {0x98, 0x00, 0xed, 0x21, 0x02, 0x74, 0xcf, 0x7c}};

typedef struct {
    bool asked, broken; // broken: the library is there and cannot be loaded
    DWORD why;
    get_boolean_fn get_boolean;
    query_policy_fn query_policy;
    can_execute_fn can_execute;
} library;

static void take(HMODULE from, const char *name, void *slot)
{
    FARPROC f = GetProcAddress(from, name);
    memcpy(slot, &f, sizeof f);
}

// Newer Wine exports WldpQuerySecurityPolicy as a stub that ends the process when it is called. A
// library that says it is no part of Wine (the one of the tests) is asked all the same.
static bool is_wines_own(HMODULE wldp)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    bool wine = ntdll && GetProcAddress(ntdll, "wine_get_version");
    return wine && !GetProcAddress(wldp, "PackSecTestDouble");
}

static library *load(void)
{
    static library l;
    if (l.asked) return &l;
    l.asked = true;
    HMODULE wldp = LoadLibraryExW(L"wldp.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!wldp) {
        l.why = GetLastError();
        l.broken = l.why != ERROR_MOD_NOT_FOUND;
        return &l;
    }
    take(wldp, "WldpGetApplicationSettingBoolean", &l.get_boolean);
    take(wldp, "WldpCanExecuteFileFromDetachedSignature", &l.can_execute);
    if (!is_wines_own(wldp)) take(wldp, "WldpQuerySecurityPolicy", &l.query_policy);
    return &l;
}

static psx_wldp_answer unknown(unsigned long *error, HRESULT why)
{
    *error = (unsigned long)why;
    return PSX_WLDP_UNKNOWN;
}

static unicode_string counted(const wchar_t *text)
{
    USHORT n = (USHORT)(wcslen(text) * sizeof *text);
    return (unicode_string){n, (USHORT)(n + sizeof *text), text};
}

static psx_wldp_answer query(const library *l, const wchar_t *provider, const wchar_t *setting,
                             unsigned long *error)
{
    unicode_string p = counted(provider), key = counted(L"Settings"), value = counted(setting);
    unsigned char data[16] = {0}; // a BOOLEAN is one byte, a ULONG four
    ULONG size = sizeof data, said = 0;
    int type = -1;
    HRESULT hr = l->query_policy(&p, &key, &value, &type, data, &size);
    if (hr == NOT_SET) return PSX_WLDP_NO;
    if (FAILED(hr)) return unknown(error, hr);
    if ((type != SETTING_BOOLEAN && type != SETTING_ULONG) || !size || size > sizeof said) {
        return unknown(error, E_UNEXPECTED);
    }
    memcpy(&said, data, size);
    return said ? PSX_WLDP_YES : PSX_WLDP_NO;
}

// One application id. The older function where the newer is not there or knows nothing of it.
static psx_wldp_answer ask(const library *l, const wchar_t *id, const wchar_t *setting,
                           unsigned long *error)
{
    if (l->get_boolean) {
        BOOL said = FALSE; // four bytes: a `bool` here would be written past its end
        HRESULT hr = l->get_boolean(id, setting, &said);
        if (SUCCEEDED(hr)) return said ? PSX_WLDP_YES : PSX_WLDP_NO;
        if (hr != NOT_SET) return unknown(error, hr);
    }
    return l->query_policy ? query(l, id, setting, error) : PSX_WLDP_NO;
}

psx_wldp_answer psx_wldp_setting(const wchar_t *setting, unsigned long *error)
{
    static const wchar_t *const ids[] = {L"npsx", L"nodejs", L"Node.js"};
    const library *l = load();
    psx_wldp_answer all = l->broken ? unknown(error, HRESULT_FROM_WIN32(l->why)) : PSX_WLDP_NO;
    for (size_t i = 0; i < sizeof ids / sizeof *ids && all != PSX_WLDP_YES; i++) {
        psx_wldp_answer one = ask(l, ids[i], setting, error);
        if (one != PSX_WLDP_NO) all = one;
    }
    return all;
}

psx_rc psx_wldp_vouch(psx_op *op, void *content, void *signature, psx_str name, bool must)
{
    const library *l = load();
    int policy = BLOCKED;
    if (!l->can_execute) {
        if (!must && !l->broken) return PSX_OK;
        return psx_fail(op, PSX_E_SIGNATURE,
                        "Windows cannot be asked about %.*s: wldp.dll has no "
                        "WldpCanExecuteFileFromDetachedSignature; it comes with updates of Windows",
                        PSX_FMT(name));
    }
    HRESULT hr = l->can_execute(&host_other, 0, content, signature, L"npsx: policy", &policy);
    if (FAILED(hr)) {
        return psx_fail(op, PSX_E_SIGNATURE, "Windows gives no answer about %.*s: 0x%08lx",
                        PSX_FMT(name), (unsigned long)hr);
    }
    if (policy == ALLOWED) return PSX_OK;
    return psx_fail(op, PSX_E_SIGNATURE,
                    policy == REQUIRE_SANDBOX
                        ? "Windows allows %.*s in a sandbox only, and npsx has none here"
                        : "Windows blocks %.*s: its code integrity policy does not know the signer",
                    PSX_FMT(name));
}

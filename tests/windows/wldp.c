// A wldp.dll that answers as it is told in the environment. Each variable: "yes", "no", "unset"
// (0x80070490), a number (that HRESULT, or that verdict), or absent.
//   PACKSEC_WLDP_EnforceCodeIntegrity, PACKSEC_WLDP_DisableInteractiveMode
//   WldpGetApplicationSettingBoolean PACKSEC_QUERY_EnforceCodeIntegrity, ..., and
//   PACKSEC_QUERY_TYPE            WldpQuerySecurityPolicy PACKSEC_WLDP_ID         the application
//   that the settings are for; absent: any PACKSEC_WLDP_VERDICT
//   WldpCanExecuteFileFromDetachedSignature; "yes" is ALLOWED PACKSEC_WLDP_POKE       a program
//   that is run while the verdict is asked for
#include <windows.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

#define UNSET ((HRESULT)0x80070490)

typedef struct {
    USHORT length, room;
    wchar_t *text;
} unicode_string;

static const wchar_t *told(const wchar_t *prefix, const wchar_t *name)
{
    static wchar_t value[1024];
    wchar_t variable[256];
    swprintf(variable, 256, L"%ls%ls", prefix, name);
    DWORD n = GetEnvironmentVariableW(variable, value, 1024);
    return n && n < 1024 ? value : NULL;
}

static HRESULT answer(const wchar_t *value, const wchar_t *id, int *yes)
{
    wchar_t copy[1024] = L"unset";
    if (value) wcscpy(copy, value);
    const wchar_t *only = told(L"PACKSEC_WLDP_ID", L"");
    if (only && wcscmp(only, id)) return UNSET;
    if (!wcscmp(copy, L"unset")) return UNSET;
    if (copy[0] == L'0') return (HRESULT)wcstoul(copy, NULL, 0);
    *yes = !wcscmp(copy, L"yes");
    return S_OK;
}

__declspec(dllexport) int PackSecTestDouble = 1;

#ifndef OLD_WINDOWS
__declspec(dllexport) HRESULT WINAPI
    WldpGetApplicationSettingBoolean(PCWSTR id, PCWSTR setting, BOOL *result)
{
    return answer(told(L"PACKSEC_WLDP_", setting), id, result);
}
#endif

__declspec(dllexport) HRESULT WINAPI
    WldpQuerySecurityPolicy(const unicode_string *provider, const unicode_string *key,
                            const unicode_string *value, int *type, void *data, ULONG *size)
{
    int yes = 0;
    bool right = key->length == 2 * wcslen(L"Settings") && !wcsncmp(key->text, L"Settings", 8) &&
                 provider->length == 2 * wcslen(provider->text) &&
                 value->length == 2 * wcslen(value->text);
    if (!right) return E_INVALIDARG;
    HRESULT hr = answer(told(L"PACKSEC_QUERY_", value->text), provider->text, &yes);
    if (FAILED(hr)) return hr;
    const wchar_t *t = told(L"PACKSEC_QUERY_TYPE", L"");
    *type = t ? (int)wcstol(t, NULL, 10) : 0;
    *size = *type == 1 ? 4 : 1;
    memcpy(data, &yes, *size);
    return S_OK;
}

static void poke(HANDLE content, HANDLE signature)
{
    const wchar_t *program = told(L"PACKSEC_WLDP_POKE", L"");
    wchar_t a[1024], b[1024], line[4096];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    if (!program) return;
    GetFinalPathNameByHandleW(content, a, 1024, 0);
    GetFinalPathNameByHandleW(signature, b, 1024, 0);
    swprintf(line, 4096, L"\"%ls\" \"%ls\" \"%ls\"", program, a, b);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) {
        fprintf(stderr, "poke: error %lu\n", GetLastError());
        return;
    }
    WaitForSingleObject(made.hProcess, 20000);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

__declspec(dllexport) HRESULT WINAPI
    WldpCanExecuteFileFromDetachedSignature(REFGUID host, int options, HANDLE content,
                                            HANDLE signature, PCWSTR audit, int *policy)
{
    static const GUID other = {
        0x626cbec3, 0xe1fa, 0x4227, {0x98, 0, 0xed, 0x21, 2, 0x74, 0xcf, 0x7c}};
    LARGE_INTEGER n;
    if (memcmp(host, &other, sizeof other) || options || !audit || !GetFileSizeEx(content, &n) ||
        !GetFileSizeEx(signature, &n)) {
        return E_INVALIDARG;
    }
    poke(content, signature);
    const wchar_t *v = told(L"PACKSEC_WLDP_VERDICT", L"");
    if (v && v[0] == L'0' && v[1]) return (HRESULT)wcstoul(v, NULL, 0);
    *policy = !v || !wcscmp(v, L"yes") ? 1 : (int)wcstol(v, NULL, 10);
    return S_OK;
}

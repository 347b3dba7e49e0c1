#include "trust/win/crypt.h"

static HMODULE library(const wchar_t *name)
{
    return LoadLibraryExW(name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

static void find(HMODULE from, const char *name, void *slot)
{
    FARPROC f = from ? GetProcAddress(from, name) : NULL;
    if (!f) {
        fprintf(stderr, "npsx: Windows lacks %s, without which no signature can be verified\n",
                name);
        exit(125);
    }
    memcpy(slot, &f, sizeof f);
}

const psx_crypt_api *psx_crypt(void)
{
    static psx_crypt_api api;
    static bool loaded;
    if (loaded) return &api;
    HMODULE crypt32 = library(L"crypt32.dll"), bcrypt = library(L"bcrypt.dll");
#define X(name) find(crypt32, #name, &api.name);
    PSX_CRYPT32(X)
#undef X
#define X(name) find(bcrypt, #name, &api.name);
    PSX_BCRYPT(X)
#undef X
    loaded = true;
    return &api;
}

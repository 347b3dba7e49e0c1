// Stands in for npsx-engine.exe: prints, as one JSON object, what it was given.
#include <windows.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static void put_text(const wchar_t *s)
{
    putchar('"');
    for (; *s; s++) {
        if (*s < 0x20 || *s > 0x7e || *s == '"' || *s == '\\')
            printf("\\u%04x", (unsigned)*s);
        else
            putchar((int)*s);
    }
    putchar('"');
}

static void put_bytes(const unsigned char *p, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++)
        printf("%02x", p[i]);
    putchar('"');
}

// Does any handle here lead to the file that leak.c opened?
static bool holds_secret(void)
{
    wchar_t name[1024];
    for (uintptr_t h = 4; h < 4096; h += 4) {
        if (GetFileType((HANDLE)h) != FILE_TYPE_DISK) continue;
        DWORD n = GetFinalPathNameByHandleW((HANDLE)h, name, 1024, 0);
        if (n && n < 1024 && wcsstr(name, L"packsec-secret")) return true;
    }
    return false;
}

static void show_plan(HANDLE memory, size_t n)
{
    const void *p = MapViewOfFile(memory, FILE_MAP_READ, 0, 0, n);
    void *w = MapViewOfFile(memory, FILE_MAP_WRITE, 0, 0, 0);
    printf(",\"writable\":%s,\"plan\":", w ? "true" : "false");
    if (p)
        put_bytes(p, n);
    else
        printf("null");
}

// What PACKSEC_TEST_ENGINE asks for: "status N"; "wait", for tests/windows/end.c.
static int act(const wchar_t *what)
{
    int status = 0;
    if (what && !wcscmp(what, L"wait")) Sleep(20000);
    if (what) swscanf(what, L"status %d", &status);
    return status;
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t cwd[MAX_PATH] = L"", options[256] = L"";
    printf("{\"pid\":%lu,\"argv\":[", GetCurrentProcessId());
    for (int i = 0; i < argc; i++) {
        if (i) putchar(',');
        put_text(argv[i]);
    }
    printf("]");
    unsigned long long memory = 0, n = 0;
    if (argc > 1 && swscanf(argv[1], L"--packsec-plan=%llu,%llu", &memory, &n) == 2) {
        show_plan((HANDLE)(uintptr_t)memory, (size_t)n);
    }
    GetCurrentDirectoryW(MAX_PATH, cwd);
    GetEnvironmentVariableW(L"NODE_OPTIONS", options, 256);
    printf(",\"secret\":%s,\"cwd\":", holds_secret() ? "true" : "false");
    put_text(cwd);
    printf(",\"nodeOptions\":");
    put_text(options);
    printf("}\n");
    fflush(stdout);
    return act(_wgetenv(L"PACKSEC_TEST_ENGINE"));
}

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

// Every handle that leads to something, by asking about all small numbers.
static unsigned count_files(void)
{
    unsigned n = 0;
    for (uintptr_t h = 4; h < 4096; h += 4)
        n += GetFileType((HANDLE)h) == FILE_TYPE_DISK;
    return n;
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

// What the script's first argument asks for: "status N", "stdin".
static int act(const wchar_t *what)
{
    int status = 0;
    if (what && swscanf(what, L"--title=status %d", &status) == 1) return status;
    if (what && wcscmp(what, L"--title=crash") == 0)
        TerminateProcess(GetCurrentProcess(), 0xC0000005);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t cwd[MAX_PATH] = L"", options[256] = L"";
    printf("{\"argv\":[");
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
    printf(",\"files\":%u,\"cwd\":", count_files());
    put_text(cwd);
    printf(",\"nodeOptions\":");
    put_text(options);
    printf("}\n");
    fflush(stdout);
    const wchar_t *asked = _wgetenv(L"PACKSEC_TEST_ENGINE");
    return act(asked);
}

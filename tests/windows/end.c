// end NPSX SCRIPT: ends npsx while its engine waits; says what becomes of the engine.
#include <windows.h>
#include <stdbool.h>
#include <stdio.h>

static PROCESS_INFORMATION npsx;

// The engine has printed a whole line when it is there.
static DWORD engine_of(HANDLE out)
{
    static char text[1 << 16];
    DWORD n = 0, got = 0, pid = 0;
    while (n < sizeof text - 1 && ReadFile(out, text + n, 1, &got, NULL) && got && text[n] != '\n')
        n++;
    const char *at = strstr(text, "\"pid\":");
    if (at) sscanf(at, "\"pid\":%lu", &pid);
    return pid;
}

int wmain(int argc, wchar_t **argv)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    wchar_t line[4096];
    HANDLE out;
    if (argc != 3) return 64;
    if (!CreatePipe(&out, &start.hStdOutput, &inherit, 0)) return 65;
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    swprintf(line, 4096, L"\"%ls\" \"%ls\"", argv[1], argv[2]);
    SetEnvironmentVariableW(L"PACKSEC_TEST_ENGINE", L"wait");
    if (!CreateProcessW(argv[1], line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &npsx)) return 66;
    CloseHandle(start.hStdOutput);
    HANDLE engine = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, engine_of(out));
    if (!engine) return 67;
    TerminateProcess(npsx.hProcess, 9);
    bool gone = WaitForSingleObject(engine, 10000) == WAIT_OBJECT_0;
    puts(gone ? "the engine ended" : "the engine stays");
    if (!gone) TerminateProcess(engine, 9);
    return 0;
}

// leak NPSX SCRIPT: starts npsx with an inheritable handle to a file, as a careless parent would.
#include <windows.h>
#include <stdio.h>

int wmain(int argc, wchar_t **argv)
{
    wchar_t dir[MAX_PATH], path[MAX_PATH], line[4096];
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD status = 99;
    if (argc != 3) return 64;
    GetTempPathW(MAX_PATH, dir);
    swprintf(path, MAX_PATH, L"%lspacksec-secret.txt", dir);
    HANDLE h = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 7, &inherit, CREATE_ALWAYS, 0, NULL);
    if (h == INVALID_HANDLE_VALUE) return 65;
    swprintf(line, 4096, L"\"%ls\" \"%ls\"", argv[1], argv[2]);
    if (!CreateProcessW(argv[1], line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) return 66;
    HANDLE theirs;
    // That the handle arrived in npsx: it can be copied back from there under the same number.
    if (DuplicateHandle(made.hProcess, h, GetCurrentProcess(), &theirs, 0, FALSE,
                        DUPLICATE_SAME_ACCESS)) {
        wchar_t name[MAX_PATH];
        DWORD n = GetFinalPathNameByHandleW(theirs, name, MAX_PATH, 0);
        if (n && wcsstr(name, L"packsec-secret")) fprintf(stderr, "npsx holds it\n");
    }
    WaitForSingleObject(made.hProcess, 30000);
    GetExitCodeProcess(made.hProcess, &status);
    return (int)status;
}

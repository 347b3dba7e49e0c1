// Tries to change, rename and remove each file named, and says on standard error what came of it.
#include <windows.h>
#include <stdio.h>

static const char *outcome(BOOL done)
{
    return done ? "done" : GetLastError() == ERROR_SHARING_VIOLATION ? "shared out" : "failed";
}

static BOOL open_for(const wchar_t *path, DWORD access)
{
    HANDLE h = CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                           NULL, OPEN_EXISTING, 0, NULL);
    if (h == INVALID_HANDLE_VALUE) return FALSE;
    CloseHandle(h);
    return TRUE;
}

int wmain(int argc, wchar_t **argv)
{
    for (int i = 1; i < argc; i++) {
        wchar_t other[1024];
        swprintf(other, 1024, L"%ls.moved", argv[i]);
        fprintf(stderr, "poke: read %s,", outcome(open_for(argv[i], GENERIC_READ)));
        fprintf(stderr, " write %s,", outcome(open_for(argv[i], GENERIC_WRITE)));
        fprintf(stderr, " delete access %s,", outcome(open_for(argv[i], DELETE)));
        fprintf(stderr, " rename %s,",
                outcome(MoveFileExW(argv[i], other, MOVEFILE_REPLACE_EXISTING)));
        fprintf(stderr, " remove %s\n", outcome(DeleteFileW(argv[i])));
    }
    return 0;
}

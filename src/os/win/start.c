#include <windows.h>

#include "os/win/command.h"
#include "os/win/path.h"
#include "os/win/start.h"
#include "os/win/text.h"

enum { COMMAND_MAX = 32767 }; // units, of CreateProcessW

typedef struct {
    HANDLE inherit[4]; // the memory, then the standard handles that there are
    DWORD n;
    STARTUPINFOEXW info;
    HANDLE file, job;
    PROCESS_INFORMATION made;
} launch;

static psx_rc fail_system(psx_op *op, const char *doing)
{
    DWORD why = GetLastError();
    return psx_fail(op, PSX_E_OS, "cannot %s: %.*s", doing, PSX_FMT(psx_win_error(op, why)));
}

// The handle that is passed on may be mapped for reading and nothing else.
static psx_rc seal(psx_op *op, psx_str bytes, launch *l)
{
    uint64_t size = bytes.n ? bytes.n : 1;
    HANDLE self = GetCurrentProcess();
    HANDLE memory = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
                                       (DWORD)(size >> 32), (DWORD)size, NULL);
    if (!memory) return fail_system(op, "make memory for the plan");
    void *at = MapViewOfFile(memory, FILE_MAP_WRITE, 0, 0, 0);
    bool done = at && DuplicateHandle(self, memory, self, &l->inherit[0], FILE_MAP_READ, TRUE, 0);
    if (done) memcpy(at, bytes.p ? bytes.p : "", bytes.n);
    psx_rc rc = done ? PSX_OK : fail_system(op, "make memory for the plan");
    if (at) UnmapViewOfFile(at);
    CloseHandle(memory);
    l->n = done ? 1 : 0;
    return rc;
}

static psx_rc add_standard(psx_op *op, DWORD which, launch *l, HANDLE *slot)
{
    HANDLE self = GetCurrentProcess(), h = GetStdHandle(which);
    *slot = NULL;
    if (!h || h == INVALID_HANDLE_VALUE) return PSX_OK; // a program of no console has none
    if (!DuplicateHandle(self, h, self, slot, 0, TRUE, DUPLICATE_SAME_ACCESS)) {
        return fail_system(op, "hand the standard handles over");
    }
    l->inherit[l->n++] = *slot;
    return PSX_OK;
}

static psx_rc name_handles(psx_op *op, launch *l)
{
    STARTUPINFOW *s = &l->info.StartupInfo;
    SIZE_T size = 0;
    s->cb = sizeof l->info;
    s->dwFlags = STARTF_USESTDHANDLES;
    TRY(add_standard(op, STD_INPUT_HANDLE, l, &s->hStdInput));
    TRY(add_standard(op, STD_OUTPUT_HANDLE, l, &s->hStdOutput));
    TRY(add_standard(op, STD_ERROR_HANDLE, l, &s->hStdError));
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = psx_op_alloc(op, size);
    if (!list) return psx_fail_nomem(op);
    if (!InitializeProcThreadAttributeList(list, 1, 0, &size) ||
        !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, l->inherit,
                                   l->n * sizeof(HANDLE), NULL, NULL)) {
        return fail_system(op, "name the handles to hand over");
    }
    l->info.lpAttributeList = list;
    return PSX_OK;
}

static psx_rc write_command(psx_op *op, const psx_win_start_request *request, const launch *l,
                            wchar_t **out)
{
    psx_buf line;
    psx_str plan;
    psx_buf_init(&line, op);
    for (size_t i = 0; i < request->n; i++) {
        TRY(psx_win_command_add(&line, request->argv[i]));
        if (i) continue;
        TRY(psx_op_format(op, &plan, "--packsec-plan=%zu,%zu", (size_t)l->inherit[0],
                          request->plan.n));
        TRY(psx_win_command_add(&line, plan));
    }
    TRY(psx_win_wide(op, "the command line", psx_buf_str(&line), out));
    if (wcslen(*out) < COMMAND_MAX) return PSX_OK;
    return psx_fail(op, PSX_E_VALUE,
                    "the command line is too long: Windows takes 32766 characters");
}

// Held without the right to share writing or deleting: what was opened is what is started.
static psx_rc open_program(psx_op *op, psx_str program, launch *l, wchar_t **wide)
{
    TRY(psx_win_path_wide(op, program, wide));
    l->file = CreateFileW(*wide, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (l->file != INVALID_HANDLE_VALUE) return PSX_OK;
    DWORD why = GetLastError();
    if (why == ERROR_FILE_NOT_FOUND || why == ERROR_PATH_NOT_FOUND) {
        return psx_fail(op, PSX_E_OS,
                        "a part of PackSec is missing: %.*s is not there; install PackSec again",
                        PSX_FMT(program));
    }
    return psx_fail(op, PSX_E_OS, "cannot open %.*s: %.*s", PSX_FMT(program),
                    PSX_FMT(psx_win_error(op, why)));
}

// The program ends with this process however that ends; what it starts itself does not.
static psx_rc bind_to_this(psx_op *op, launch *l)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    l->job = CreateJobObjectW(NULL, NULL);
    if (l->job &&
        SetInformationJobObject(l->job, JobObjectExtendedLimitInformation, &limits,
                                sizeof limits) &&
        AssignProcessToJobObject(l->job, l->made.hProcess)) {
        l->job = NULL; // never closed but by the end of this process
        return PSX_OK;
    }
    return fail_system(op, "keep npsx and its engine together");
}

static psx_rc start(psx_op *op, const psx_win_start_request *request, launch *l)
{
    wchar_t *program, *line;
    TRY(open_program(op, request->program, l, &program));
    TRY(seal(op, request->plan, l));
    TRY(name_handles(op, l));
    TRY(write_command(op, request, l, &line));
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT;
    if (!CreateProcessW(program, line, NULL, NULL, TRUE, flags, NULL, NULL, &l->info.StartupInfo,
                        &l->made)) {
        return fail_system(op, "start npsx-engine.exe");
    }
    psx_rc rc = bind_to_this(op, l);
    if (!psx_failed(rc) && ResumeThread(l->made.hThread) == (DWORD)-1) {
        rc = fail_system(op, "start npsx-engine.exe");
    }
    if (psx_failed(rc)) TerminateProcess(l->made.hProcess, 125);
    return rc;
}

static BOOL WINAPI leave_to_engine(DWORD event)
{
    (void)event; // the console tells the engine as well; this process waits for what it does
    return TRUE;
}

psx_rc psx_win_start(psx_op *op, const psx_win_start_request *request, void **process)
{
    launch l = {.file = INVALID_HANDLE_VALUE};
    SetConsoleCtrlHandler(leave_to_engine, TRUE);
    psx_rc rc = start(op, request, &l);
    for (DWORD i = 0; i < l.n; i++)
        CloseHandle(l.inherit[i]);
    if (l.info.lpAttributeList) DeleteProcThreadAttributeList(l.info.lpAttributeList);
    if (l.file != INVALID_HANDLE_VALUE) CloseHandle(l.file);
    if (l.job) CloseHandle(l.job);
    if (l.made.hThread) CloseHandle(l.made.hThread);
    if (psx_failed(rc) && l.made.hProcess) CloseHandle(l.made.hProcess);
    *process = l.made.hProcess;
    return rc;
}

psx_rc psx_win_start_wait(psx_op *op, void *process, unsigned long *status)
{
    DWORD code = 0;
    if (WaitForSingleObject(process, INFINITE) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess(process, &code)) {
        return fail_system(op, "wait for npsx-engine.exe");
    }
    *status = code;
    return PSX_OK;
}

#include "addon/admit.h"
#include "addon/audit.h"

bool psx_admit_file(const psx_admit *admit, const char *what, psx_str path, int fd,
                    psx_os_exec_verdict *verdict)
{
    bool strict = admit->rules.restrict_file;
    *verdict = (psx_os_exec_verdict){.result = PSX_OS_EXEC_ALLOWED};
    if (!strict && !admit->monitor) return true;
    *verdict = psx_os_code_exec_verdict(fd);
    bool fine = verdict->result == PSX_OS_EXEC_ALLOWED;
    if (admit->monitor) {
        pthread_mutex_lock(admit->lock);
        psx_audit_file(admit->monitor, what, path, verdict, strict);
        pthread_mutex_unlock(admit->lock);
    }
    return fine || !strict;
}

void psx_admit_reason(psx_str path, const psx_os_exec_verdict *verdict, char *dst, size_t size)
{
    bool fix = verdict->chmod_helps;
    psx_str again = fix ? path : PSX_STR("");
    snprintf(dst, size,
             "%.*s was not loaded: %s, and only executable files run here (securebits "
             "EXEC_RESTRICT_FILE)%s%.*s",
             PSX_FMT(path), verdict->why ? verdict->why : "the kernel refuses it",
             fix ? "; to allow: chmod +x " : "", PSX_FMT(again));
}

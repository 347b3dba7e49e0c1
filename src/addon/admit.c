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

psx_rc psx_admit_reason(psx_op *op, psx_str path, const psx_os_exec_verdict *verdict, psx_str *out)
{
    psx_str fix = PSX_STR("");
    if (verdict->chmod_helps)
        TRY(psx_op_format(op, &fix, "; to allow: chmod +x %.*s", PSX_FMT(path)));
    return psx_op_format(op, out,
                         "%.*s was not loaded: %s, and the system allows executable files only "
                         "(securebits EXEC_RESTRICT_FILE)%.*s",
                         PSX_FMT(path), verdict->why ? verdict->why : "the kernel refuses it",
                         PSX_FMT(fix));
}

// May the bytes behind this descriptor become code? The kernel is asked (AT_EXECVE_CHECK) where the
// system restricts code to executable files, and where an audit was asked for. A plain run asks
// nothing.
#ifndef PSX_ADDON_ADMIT_H
#define PSX_ADDON_ADMIT_H

#include <pthread.h>

#include "addon/monitor.h"
#include "os/code.h"

typedef struct {
    psx_os_exec_policy rules; // the stricter of the plan's and this thread's own
    psx_monitor *monitor;     // for the audit; NULL: none was asked for
    pthread_mutex_t *lock;    // of the monitor
} psx_admit;

// `what`: "module", "addon", "library". Records it. *verdict: also why not.
bool psx_admit_file(const psx_admit *admit, const char *what, psx_str path, int fd,
                    psx_os_exec_verdict *verdict);

// One line: which file, why not, what to do.
void psx_admit_reason(psx_str path, const psx_os_exec_verdict *verdict, char *dst, size_t size);

#endif

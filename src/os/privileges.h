// What a process gives up for good before it starts another program.
#ifndef PSX_OS_PRIVILEGES_H
#define PSX_OS_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Closes every descriptor above 2 that is not among `keep`, which is sorted here. 0 or -errno.
int psx_os_close_others(int *keep, size_t n);

// Every descriptor above 2 ends here: nothing that is started has them unless it is given them.
// 0 or -errno.
int psx_os_keep_descriptors(void);

// No core files (memory holds secrets), no realtime priority, no locked queues. 0 or -errno.
int psx_os_limit(void);

// Capabilities by their numbers; bits of a mask.
#define PSX_OS_CAP(number) (UINT64_C(1) << (number))
enum {
    PSX_OS_CAP_CHOWN = 0,
    PSX_OS_CAP_DAC_OVERRIDE = 1,
    PSX_OS_CAP_DAC_READ_SEARCH = 2,
    PSX_OS_CAP_FOWNER = 3,
    PSX_OS_CAP_FSETID = 4,
    PSX_OS_CAP_KILL = 5,
    PSX_OS_CAP_NET_BIND_SERVICE = 10,
};
// Gives up all others, also for what it starts. 0 or -errno.
int psx_os_keep_capabilities(uint64_t keep);

// Nothing that is started from now on gains anything by it (set-user-ID, file capabilities).
int psx_os_no_new_privileges(void);

#endif

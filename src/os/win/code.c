// What the gate asks of os/code.h and os/beneath.h. Windows has no check of execution by descriptor
// that holds for an interpreter's text; WLDP is asked in src/trust/win.
#include "os/beneath.h"
#include "os/code.h"

psx_os_exec psx_os_code_exec_check(int fd)
{
    (void)fd;
    return PSX_OS_EXEC_UNKNOWN;
}

int psx_os_close(int fd)
{
    return fd < 0 ? 0 : -1;
}

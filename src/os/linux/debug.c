#include <signal.h>
#include <stddef.h>

#include "os/debug.h"

void psx_os_debug_signal_ignore(void)
{
    struct sigaction now;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    // A pending one goes away with this.
    if (sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        now.sa_handler = SIG_IGN;
        sigaction(SIGUSR1, &now, NULL);
    }
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

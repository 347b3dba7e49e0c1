// Ways in from outside of the program.
#ifndef PSX_OS_DEBUG_H
#define PSX_OS_DEBUG_H

// Node opens a debugger on SIGUSR1, which reaches into every compartment. The engine is started
// with the signal blocked (--disable-sigusr1); from here on it is ignored in place of that, so that
// a program that listens for it still hears it.
void psx_os_debug_signal_ignore(void);

#endif

// A process that gives up everything but what it was given as standard input and output.
#ifndef PSX_OS_CONFINE_H
#define PSX_OS_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

// Closes all descriptors but 0 and 1; then the only system calls left are read, write and the end
// of this thread (seccomp's strict mode), and the processor time is limited. Irrevocable; any other
// system call kills. False: the kernel refused, and nothing may be trusted to run.
bool psx_os_confine_to_pipes(void);

// What still works then. read and write whole; -errno, or the number of bytes.
long psx_os_confined_read(char *dst, size_t size);
bool psx_os_confined_write(const char *bytes, size_t n);
_Noreturn void psx_os_confined_exit(int status);

#endif

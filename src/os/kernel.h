// What bookworm's kernel headers (6.1) lack. The one place in the project that defines them.
#ifndef PSX_OS_KERNEL_H
#define PSX_OS_KERNEL_H

#include <linux/openat2.h>
#include <linux/securebits.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif
#ifndef SECBIT_EXEC_RESTRICT_FILE
#define SECBIT_EXEC_RESTRICT_FILE           (1 << 8)
#define SECBIT_EXEC_RESTRICT_FILE_LOCKED    (1 << 9)
#define SECBIT_EXEC_DENY_INTERACTIVE        (1 << 10)
#define SECBIT_EXEC_DENY_INTERACTIVE_LOCKED (1 << 11)
#endif

#endif

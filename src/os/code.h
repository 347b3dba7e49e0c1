// Files whose content will run. They are opened once and checked by that descriptor, so that what
// was checked is what runs.
#ifndef PSX_OS_CODE_H
#define PSX_OS_CODE_H

#include "base/op.h"

// Opens dir/name (no link as the last component). Both must belong to root or to the effective
// user and not be writable by group or others; the file must be regular. PSX_E_UNTRUSTED classes
// for a file that anybody could have changed. The descriptor is close-on-exec and readable.
psx_rc psx_os_code_open(psx_op *op, const char *dir, const char *name, int *fd);

// Is it a program or library of this machine with every part that its headers promise? A copy that
// broke off would be mapped, and die of SIGBUS somewhere later.
bool psx_os_code_is_whole(int fd);

typedef enum {
    PSX_OS_EXEC_ALLOWED,
    PSX_OS_EXEC_REFUSED, // the mode bits, a noexec mount, or a security module says no
    PSX_OS_EXEC_UNKNOWN, // this kernel cannot answer
} psx_os_exec;

// May the file behind fd be executed, by the kernel's own check (AT_EXECVE_CHECK)? Runs nothing.
psx_os_exec psx_os_code_exec_check(int fd);

typedef struct {
    psx_os_exec result;
    bool chmod_helps;
    const char *why; // half a sentence; NULL when allowed
} psx_os_exec_verdict;
// The same, with what it was that refused. The answer is the kernel's; why is found out afterwards.
psx_os_exec_verdict psx_os_code_exec_verdict(int fd);

// When a file's content and mode last changed. Two equal stamps and a check that allowed in
// between: what was read after the check is what was checked, because the check refuses (ETXTBSY)
// as long as anybody has the file open for writing, and whoever opens it later and writes, or
// changes its mode, changes the stamp. Since Linux 6.13, and on file systems with fine time stamps
// (ext4, XFS, Btrfs, tmpfs): elsewhere a change within the same tick of the clock is not seen.
typedef struct {
    uint64_t dev, ino, size;
    int64_t seconds, nanoseconds;
} psx_os_stamp;
// All zero for what cannot be asked.
psx_os_stamp psx_os_code_stamp(int fd);
bool psx_os_code_is_same(const psx_os_stamp *a, const psx_os_stamp *b);

typedef struct {
    bool restrict_file;    // script files must pass the check
    bool deny_interactive; // no commands from stdin or the command line
} psx_os_exec_policy;
// What this thread's securebits ask of interpreters. Everything, where they are there
// and cannot be read.
psx_os_exec_policy psx_os_code_exec_policy(void);

// Starts the program behind fd in place of this one. Returns only to tell why not: -errno.
int psx_os_code_exec(int fd, char *const argv[], char *const envp[]);

#endif

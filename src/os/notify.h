// seccomp's user notification: system calls of other processes that this one answers, and what is
// needed to act in their place. Results are a count, a descriptor or 0, or -errno.
#ifndef PSX_OS_NOTIFY_H
#define PSX_OS_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A system call that waits. args are registers: they cannot change any more; memory can.
typedef struct {
    uint64_t id;
    pid_t tid; // 0: in no process id namespace of ours
    int nr;
    uint64_t args[6];
} psx_os_notice;

// Blocks unless the listener is readable. -ENOENT: the caller is gone meanwhile.
int psx_os_notify_receive(int listener, psx_os_notice *out);
// Is the caller still waiting? What was read by its thread id before this was true is its own.
bool psx_os_notify_is_valid(int listener, uint64_t id);
// result: what the call returns, or -errno. -ENOENT: the caller is gone.
int psx_os_notify_answer(int listener, uint64_t id, long result);
// The kernel performs the call itself, with whatever the caller's memory holds then: only where
// no memory and no descriptor of the caller decides anything.
int psx_os_notify_continue(int listener, uint64_t id);
// Puts fd into the caller's table, and answers the call with its number there.
int psx_os_notify_answer_fd(int listener, uint64_t id, int fd, bool close_on_exec);

// A descriptor of a process, or (since 6.9; before, -EINVAL) of one thread, which may have a table
// of descriptors of its own; close-on-exec.
int psx_os_pidfd_open(pid_t pid);
int psx_os_pidfd_open_thread(pid_t tid);
// A duplicate of a descriptor of that process, close-on-exec.
int psx_os_pidfd_take(int pidfd, int fd);
int psx_os_pidfd_signal(int pidfd, int signal);

// The whole of n bytes, or -EFAULT; -ESRCH, -EPERM.
int psx_os_memory_read(pid_t tid, uint64_t at, void *dst, size_t n);
int psx_os_memory_write(pid_t tid, uint64_t at, const void *src, size_t n);
// Up to n bytes until a NUL, which is not counted and always there in dst. -EFAULT, -ENAMETOOLONG.
int psx_os_memory_string(pid_t tid, uint64_t at, char *dst, size_t size);

#endif

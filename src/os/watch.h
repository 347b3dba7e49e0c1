// Looking on at the system calls of a process and of all that it starts. Nothing is decided: every
// call goes on as it was made, once it has been seen. So this protects from nothing.
#ifndef PSX_OS_WATCH_H
#define PSX_OS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    uint64_t id; // of this call, while it waits
    pid_t tid;
    int call; // its number
    uint64_t args[6];
} psx_os_watched;

// From now on these calls of this process wait to be seen. Irrevocable, inherited, and no program
// gains privileges by being executed any more. The listener (close-on-exec), or -errno.
int psx_os_watch_start(const int *calls, size_t n);

// The next call that waits: 1; 0 when there is none (its thread was killed); -errno.
int psx_os_watch_next(int listener, psx_os_watched *out);
// Is that thread still waiting in it? Otherwise what was read of it may be somebody else's.
bool psx_os_watch_waits(int listener, uint64_t id);
void psx_os_watch_go_on(int listener, uint64_t id);

// Memory of another process: at most n bytes, fewer where its mapping ends; -errno.
long psx_os_peek(pid_t tid, uint64_t address, void *dst, size_t n);
// A string there, with its NUL: its length, or -errno (-ENAMETOOLONG when it does not fit).
long psx_os_peek_text(pid_t tid, uint64_t address, char *dst, size_t size);

// A descriptor goes to the process at the other end of a socket. Neither side makes a call that may
// be watched: the listener itself goes this way. Both wait for each other; 0 or -errno; the
// descriptor (close-on-exec) or -errno.
int psx_os_fd_offer(int socket, int fd);
int psx_os_fd_take(int socket, int pidfd);

#endif

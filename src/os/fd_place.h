// Where a file or directory is, told without readlink: for a process that has lost it.
#ifndef PSX_OS_FD_PLACE_H
#define PSX_OS_FD_PLACE_H

#include <stddef.h>

// The path of what is behind fd: n bytes with a NUL behind, or -errno (-ENOENT: it was removed).
// The kernel tells everybody where it works, so a thread that has a working directory of its own,
// started when it is first needed, goes there and asks. And it tells which files are mapped where:
// that goes for regular files that may be read.
int psx_os_fd_place(int fd, char *dst, size_t size);

#endif

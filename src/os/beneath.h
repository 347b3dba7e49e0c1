// Files beneath a directory descriptor. The kernel resolves the path and refuses to leave the
// directory (openat2 RESOLVE_BENEATH) or to follow /proc's magic links: `..`, symbolic links and
// swaps during the walk cannot escape. Descriptors are always close-on-exec.
//
// Results are a descriptor (or 0), or -errno. Leaving the directory is -EACCES.
#ifndef PSX_OS_BENEATH_H
#define PSX_OS_BENEATH_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/op.h"

typedef enum {
    PSX_OS_FOLLOW,   // symbolic links beneath the root are followed
    PSX_OS_NO_LINKS, // none at all: a link anywhere in the path is -ELOOP
} psx_os_walk;

// `path` is relative; "." is the root itself.
int psx_os_open_beneath(int root, const char *path, int flags, mode_t mode, psx_os_walk walk);
// As open() would from there, wherever it leads, but over none of /proc's magic links (-ELOOP):
// they would mean this process.
int psx_os_open_from(int dir, const char *path, int flags);
// An O_PATH descriptor of a directory; links are followed.
int psx_os_open_dir(const char *path);
// A plain open, as the program would do it itself: for those who hold everything.
int psx_os_open_any(const char *path, int flags, mode_t mode);
int psx_os_close(int fd);

// Where a descriptor leads now, by /proc: n bytes with a NUL behind, or -errno. A removed file is
// -ENOENT.
int psx_os_fd_path(int fd, char *dst, size_t size);
// The directory behind this descriptor was removed (and perhaps made anew under its old name).
bool psx_os_fd_is_removed(int fd);

// 1: the file lies in /proc's file system; 0: it does not; -errno.
int psx_os_fd_is_procfs(int fd);

typedef enum { PSX_OS_NOTHING, PSX_OS_FILE, PSX_OS_DIR, PSX_OS_OTHER } psx_os_kind;
psx_os_kind psx_os_kind_of(const char *path);
// The path without symbolic links, or -errno; as psx_os_fd_path.
int psx_os_realpath(const char *path, char *dst, size_t size);

// The text of a symbolic link, with a NUL behind: its length, -EINVAL when it is no link.
int psx_os_readlink(const char *path, char *dst, size_t size);

// A regular file, whole, into memory from malloc (the caller frees *bytes). -EFBIG beyond max,
// -EINVAL when it is no regular file. It may change while it is read: what was read is what counts.
int psx_os_read_whole(int fd, size_t max, char **bytes, size_t *n);
// All bytes, in one write when the kernel takes them so; waits up to wait_ms for a reader of a full
// pipe. 0 or -errno.
int psx_os_write_whole(int fd, const char *bytes, size_t n, int wait_ms);

#endif

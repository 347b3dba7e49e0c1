// fs-verity: the kernel vouches for the content of a file, page by page, when it is read.
#ifndef PSX_OS_VERITY_H
#define PSX_OS_VERITY_H

#include "base/op.h"

enum { PSX_OS_VERITY_MOST = 64 };

// The digest of the file behind fd, of *n bytes: 32 for SHA-256, 64 for SHA-512. 0, -ENODATA when
// the file has none, or another -errno where the file system or the kernel does not know.
int psx_os_verity_measure(int fd, uint8_t *digest, size_t *n);
// Makes the file what it is, for good, with SHA-256 and blocks of the page's size: 0 or -errno.
// -EEXIST when it was before.
int psx_os_verity_enable(const char *path);

#endif

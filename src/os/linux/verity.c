#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <sys/ioctl.h>
#include <stdalign.h>

#include "os/beneath.h"
#include "os/verity.h"

int psx_os_verity_measure(int fd, uint8_t *digest, size_t *n)
{
    alignas(
        struct fsverity_digest) char room[sizeof(struct fsverity_digest) + PSX_OS_VERITY_MOST] = {
        0};
    struct fsverity_digest *d = (struct fsverity_digest *)room;
    d->digest_size = PSX_OS_VERITY_MOST;
    if (ioctl(fd, FS_IOC_MEASURE_VERITY, d) < 0) return -errno;
    bool known = (d->digest_algorithm == FS_VERITY_HASH_ALG_SHA256 && d->digest_size == 32) ||
                 (d->digest_algorithm == FS_VERITY_HASH_ALG_SHA512 && d->digest_size == 64);
    if (!known) return -EOPNOTSUPP;
    *n = d->digest_size;
    memcpy(digest, d->digest, *n);
    return 0;
}

int psx_os_verity_enable(const char *path)
{
    struct fsverity_enable_arg how = {
        .version = 1,
        .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
        .block_size = (uint32_t)sysconf(_SC_PAGESIZE),
    };
    int fd = psx_os_open_any(path, O_RDONLY | O_NOFOLLOW, 0);
    if (fd < 0) return fd;
    int e = ioctl(fd, FS_IOC_ENABLE_VERITY, &how) < 0 ? -errno : 0;
    psx_os_close(fd);
    return e;
}

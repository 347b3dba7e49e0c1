#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "os/beneath.h"
#include "os/kernel.h"
#include "os/memfd.h"

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

// Never a program: a box lets nothing else be made. Kernels before 6.3 do not know the difference.
static int make(const char *name, unsigned flags)
{
    int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
    return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

static psx_rc fill(psx_op *op, int fd, psx_str bytes)
{
    int e = psx_os_write_whole(fd, bytes.p, bytes.n, 0);
    if (e < 0) return psx_fail(op, PSX_E_IO, "cannot write to memory: %s", strerror(-e));
    if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        return psx_fail(op, PSX_E_KERNEL, "cannot seal memory: %s", strerror(errno));
    return PSX_OK;
}

psx_rc psx_os_memfd_seal(psx_op *op, const char *name, psx_str bytes, int *fd)
{
    int made = make(name, MFD_ALLOW_SEALING);
    if (made < 0) return psx_fail(op, PSX_E_KERNEL, "cannot make a memfd: %s", strerror(errno));
    psx_rc rc = fill(op, made, bytes);
    if (psx_failed(rc)) {
        close(made);
        return rc;
    }
    *fd = made;
    return PSX_OK;
}

psx_rc psx_os_memfd_shared(psx_op *op, const char *name, int *fd)
{
    int made = make(name, 0);
    // Appending: each writer's line stays whole (write(2), O_APPEND).
    if (made < 0 || fcntl(made, F_SETFL, O_APPEND) < 0)
        return psx_fail(op, PSX_E_OS, "cannot make a memory file: %s", strerror(errno));
    *fd = made;
    return PSX_OK;
}

// By the descriptor that will be written to: what the place names may change meanwhile.
static bool is_memory(int fd, const char *name)
{
    char self[32], is[PATH_MAX], expected[PATH_MAX];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    snprintf(expected, sizeof expected, "/memfd:%s (deleted)", name);
    ssize_t n = readlink(self, is, sizeof is);
    struct stat st;
    return n > 0 && (size_t)n == strlen(expected) && memcmp(is, expected, (size_t)n) == 0 &&
           fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0;
}

psx_rc psx_os_memfd_join(psx_op *op, const char *name, psx_str place, int *fd)
{
    psx_str path;
    TRY(psx_op_copy(op, place, &path));
    int opened = open(path.p, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
    if (opened >= 0 && is_memory(opened, name)) {
        *fd = opened;
        return PSX_OK;
    }
    if (opened >= 0) close(opened);
    return psx_fail(op, PSX_E_VALUE, "%s is not shared memory of PackSec", path.p);
}

psx_rc psx_os_memfd_map(psx_op *op, int fd, psx_str *bytes)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS)
        return psx_fail(op, PSX_E_VALUE, "descriptor %d is not sealed memory", fd);
    if (fstat(fd, &st) < 0 || st.st_size <= 0)
        return psx_fail(op, PSX_E_TRUNCATED, "the sealed memory is empty");
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) return psx_fail(op, PSX_E_OS, "cannot map: %s", strerror(errno));
    *bytes = (psx_str){p, (size_t)st.st_size};
    return PSX_OK;
}

int psx_os_memfd_plain(const char *name, bool sealing)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    if (fd < 0) return -errno;
    if (!sealing && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) < 0) {
        int e = errno;
        close(fd);
        return -e;
    }
    return fd;
}

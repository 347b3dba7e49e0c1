#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "os/kernel.h"
#include "os/beneath.h"
#include "os/fd_place.h"

// The kernel answers EAGAIN when a rename or mount elsewhere raced with a `..` in the walk.
enum { TRIES = 64 };

static int open2(int root, const char *path, const struct open_how *how)
{
    long fd = -1;
    for (int i = 0; i < TRIES; i++) {
        fd = syscall(SYS_openat2, root, path, how, sizeof *how);
        if (fd >= 0) return (int)fd;
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return errno == EXDEV ? -EACCES : -errno;
}

static uint64_t resolve_of(psx_os_walk walk)
{
    uint64_t always = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return walk == PSX_OS_FOLLOW ? always : always | RESOLVE_NO_SYMLINKS;
}

int psx_os_open_beneath(int root, const char *path, int flags, mode_t mode, psx_os_walk walk)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        // openat2 refuses a mode that nothing uses.
        .mode = flags & O_CREAT ? mode & 07777 : 0,
        .resolve = resolve_of(walk),
    };
    return open2(root, path, &how);
}

int psx_os_open_from(int dir, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_NO_MAGICLINKS,
    };
    return open2(dir, path, &how);
}

int psx_os_open_dir(const char *path)
{
    return psx_os_open_any(path, O_PATH | O_DIRECTORY, 0);
}

int psx_os_open_any(const char *path, int flags, mode_t mode)
{
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int psx_os_close(int fd)
{
    // Linux has closed it even when it says EINTR.
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

// A process that is granted no files has lost readlink (addon/seal.c), for good.
static bool sealed;

static bool is_sealed(void)
{
    if (errno == EPERM || errno == EACCES) sealed = true;
    return sealed;
}

int psx_os_fd_path(int fd, char *dst, size_t size)
{
    static const char gone[] = " (deleted)";
    char link[40];
    struct stat st, named;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, dst, size);
    if (n < 0 && is_sealed()) return psx_os_fd_place(fd, dst, size);
    if (n < 0) return -errno;
    if ((size_t)n >= size || n > INT_MAX) return -ENAMETOOLONG;
    dst[n] = '\0';
    if (n == 0 || dst[0] != '/') return -ENOENT; // a pipe, a memfd, a detached mount
    size_t tail = sizeof gone - 1;
    if ((size_t)n > tail && memcmp(dst + n - tail, gone, tail) == 0) {
        // A removed file, unless its name really ends so.
        bool same = fstat(fd, &st) == 0 && lstat(dst, &named) == 0 && named.st_ino == st.st_ino &&
                    named.st_dev == st.st_dev;
        if (!same) return -ENOENT;
    }
    return (int)n;
}

bool psx_os_fd_is_removed(int fd)
{
    char path[PATH_MAX];
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_nlink == 0) return true;
    // Some file systems never count directory links.
    return st.st_nlink == 1 && psx_os_fd_path(fd, path, sizeof path) == -ENOENT;
}

int psx_os_fd_is_procfs(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) < 0 ? -errno : fs.f_type == PROC_SUPER_MAGIC;
}

psx_os_kind psx_os_kind_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0) return PSX_OS_NOTHING;
    return S_ISREG(st.st_mode) ? PSX_OS_FILE : S_ISDIR(st.st_mode) ? PSX_OS_DIR : PSX_OS_OTHER;
}

static int copy_path(psx_str path, char *dst, size_t size)
{
    if (path.n >= size) return -ENAMETOOLONG;
    memcpy(dst, path.p, path.n);
    dst[path.n] = '\0';
    return (int)path.n;
}

static bool is_same(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

// A file that is no directory: where its directory is, and its own name, unless that is a link.
static int place_of_file(int fd, const char *path, char *dst, size_t size)
{
    char dir[PATH_MAX];
    psx_str text = psx_str_from(path);
    size_t slash = psx_str_find_last(text, '/');
    if (slash == text.n || text.n >= sizeof dir || !is_same(fd, path)) return -EACCES;
    (void)copy_path(psx_str_slice(text, 0, slash ? slash : 1), dir, sizeof dir);
    int n = psx_os_realpath(dir, dst, size);
    if (n < 0) return n;
    psx_str leaf = psx_str_slice(text, n == 1 ? slash + 1 : slash, text.n);
    int more = copy_path(leaf, dst + n, size - (size_t)n);
    return more < 0 ? more : n + more;
}

static bool is_normal(psx_str path)
{
    static const char *const parts[] = {"//", "/./", "/../"};
    if (path.n < 2 || path.p[0] != '/') return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (psx_str_search(path, psx_str_from(parts[i])) < path.n) return false;
    }
    return !psx_str_ends(path, PSX_STR("/")) && !psx_str_ends(path, PSX_STR("/.")) &&
           !psx_str_ends(path, PSX_STR("/.."));
}

// Most paths are real: the kernel finds no link on the way.
static bool is_real(const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    if (!is_normal(psx_str_from(path))) return false;
    int fd = open2(AT_FDCWD, path, &how);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

int psx_os_realpath(const char *path, char *dst, size_t size)
{
    if (sealed && is_real(path)) return copy_path(psx_str_from(path), dst, size);
    // The kernel's own name of what it opened: three calls, where realpath(3) makes one for each
    // component.
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return -errno;
    int n = psx_os_fd_path(fd, dst, size);
    if (n == -EACCES) n = place_of_file(fd, path, dst, size);
    close(fd);
    return n;
}

int psx_os_readlink(const char *path, char *dst, size_t size)
{
    ssize_t n = readlink(path, dst, size);
    if (n < 0) return -errno;
    if ((size_t)n >= size) return -ENAMETOOLONG;
    dst[n] = '\0';
    return (int)n;
}

// Reads until the end or until size bytes are there; the count, or -errno.
static ssize_t read_up_to(int fd, char *p, size_t size)
{
    size_t n = 0;
    while (n < size) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

int psx_os_read_whole(int fd, size_t max, char **bytes, size_t *n)
{
    struct stat st;
    if (fstat(fd, &st) < 0) return -errno;
    if (!S_ISREG(st.st_mode)) return -EINVAL;
    if ((uint64_t)st.st_size > max) return -EFBIG;
    size_t size = (size_t)st.st_size, cap = size + 1; // one more, to see a file that grew
    char *p = malloc(cap);
    for (size_t have = 0; p;) {
        ssize_t got = read_up_to(fd, p + have, cap - have);
        if (got < 0) {
            free(p);
            return (int)got;
        }
        have += (size_t)got;
        if (have < cap) {
            *bytes = p;
            *n = have;
            return 0;
        }
        if (cap > max) {
            free(p);
            return -EFBIG;
        }
        cap = cap * 2 > max + 1 ? max + 1 : cap * 2 + 4096;
        char *more = realloc(p, cap);
        if (!more) free(p);
        p = more;
    }
    return -ENOMEM;
}

int psx_os_write_whole(int fd, const char *bytes, size_t n, int wait_ms)
{
    while (n) {
        ssize_t put = write(fd, bytes, n);
        if (put >= 0) {
            bytes += put;
            n -= (size_t)put;
        } else if (errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, wait_ms) <= 0) return -EAGAIN;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "os/kernel.h"
#include "os/beneath.h"
#include "os/system_file.h"

enum { NAMES_MAX = 4096 };

static psx_rc fail_errno(psx_op *op, const char *path, int err)
{
    if (err == ENOENT) return psx_fail(op, PSX_E_NOT_FOUND, "there is no %s", path);
    if (err == ELOOP) {
        return psx_fail(op, PSX_E_ANCHOR, "%s is a symbolic link, or is reached through one", path);
    }
    return psx_fail(op, PSX_E_OS, "cannot read %s: %s", path, strerror(err));
}

static psx_rc check_owner(psx_op *op, int fd, const char *path, struct stat *st)
{
    if (fstat(fd, st) < 0) return fail_errno(op, path, errno);
    if (st->st_uid != 0) return psx_fail(op, PSX_E_ANCHOR, "%s does not belong to root", path);
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        return psx_fail(op, PSX_E_ANCHOR, "%s can be changed by others than root (mode %04o)", path,
                        st->st_mode & 07777u);
    }
    return PSX_OK;
}

// The directory that path lies in, each one above it checked before the next is opened in it.
// *name is what is left: the last component. The text is cut while it is walked, for the messages.
static psx_rc open_parent(psx_op *op, char *path, const char **name, int *fd)
{
    struct stat st;
    int dir = psx_os_open_dir("/");
    if (dir < 0) return fail_errno(op, "/", -dir);
    psx_rc rc = check_owner(op, dir, "/", &st);
    char *at = path + 1;
    for (char *slash; !psx_failed(rc) && (slash = strchr(at, '/')); at = slash + 1) {
        *slash = '\0';
        int next = psx_os_open_beneath(dir, at, O_PATH | O_DIRECTORY, 0, PSX_OS_NO_LINKS);
        psx_os_close(dir);
        dir = next;
        if (dir < 0) return fail_errno(op, path, -dir);
        rc = check_owner(op, dir, path, &st);
        *slash = '/';
    }
    if (psx_failed(rc)) {
        psx_os_close(dir);
        return rc;
    }
    *name = at;
    *fd = dir;
    return PSX_OK;
}

static int open_quick(const char *path)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

// Opened for reading, and root's alone, as every directory above it is.
static psx_rc open_checked(psx_op *op, psx_str path, psx_str *named, int *fd, struct stat *st)
{
    const char *name;
    int dir;
    TRY(psx_op_copy(op, path, named));
    int quick = open_quick(named->p);
    if (quick == -ENOENT) return fail_errno(op, named->p, ENOENT);
    if (quick >= 0) psx_os_close(quick); // what counts is found step by step
    TRY(open_parent(op, (char *)named->p, &name, &dir));
    // Not waiting for the other end of a FIFO.
    int file = psx_os_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, PSX_OS_NO_LINKS);
    psx_os_close(dir);
    if (file < 0) return fail_errno(op, named->p, -file);
    psx_rc rc = check_owner(op, file, named->p, st);
    if (psx_failed(rc)) {
        psx_os_close(file);
        return rc;
    }
    *fd = file;
    return PSX_OK;
}

static psx_rc read_all(psx_op *op, int fd, const char *path, size_t max, psx_str *bytes)
{
    char *p;
    size_t n;
    int e = psx_os_read_whole(fd, max, &p, &n);
    if (e == -EINVAL) return psx_fail(op, PSX_E_TYPE, "%s is not a regular file", path);
    if (e == -EFBIG) {
        return psx_fail(op, PSX_E_SIZE, "%s is too large: at most %zu bytes are read", path, max);
    }
    if (e == -ENOMEM) return psx_fail_nomem(op);
    if (e < 0) return psx_fail(op, PSX_E_IO, "cannot read %s: %s", path, strerror(-e));
    psx_rc rc = psx_op_copy(op, (psx_str){p, n}, bytes);
    free(p);
    return rc;
}

psx_rc psx_os_system_read(psx_op *op, psx_str path, size_t max, psx_str *bytes)
{
    psx_str named;
    struct stat st;
    int fd;
    TRY(open_checked(op, path, &named, &fd, &st));
    psx_rc rc = read_all(op, fd, named.p, max, bytes);
    psx_os_close(fd);
    return rc;
}

static int by_bytes(const void *a, const void *b)
{
    return psx_str_cmp(*(const psx_str *)a, *(const psx_str *)b);
}

static psx_rc list_all(psx_op *op, DIR *dir, const char *path, psx_str **names, size_t *n)
{
    size_t cap = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry && errno) return fail_errno(op, path, errno);
        if (!entry) break;
        if (entry->d_name[0] == '.') continue;
        if (*n == NAMES_MAX) {
            return psx_fail(op, PSX_E_SIZE, "%s holds more than %d files", path, NAMES_MAX);
        }
        TRY(PSX_ROOM(op, *names, *n, &cap));
        TRY(psx_op_copy(op, psx_str_from(entry->d_name), &(*names)[*n]));
        ++*n;
    }
    if (*n) qsort(*names, *n, sizeof **names, by_bytes);
    return PSX_OK;
}

psx_rc psx_os_system_list(psx_op *op, psx_str path, bool *is_dir, psx_str **names, size_t *n)
{
    psx_str named;
    struct stat st;
    int fd;
    *names = NULL;
    *n = 0;
    *is_dir = false;
    TRY(open_checked(op, path, &named, &fd, &st));
    *is_dir = S_ISDIR(st.st_mode);
    DIR *dir = *is_dir ? fdopendir(fd) : NULL;
    if (!dir) {
        int err = errno;
        psx_os_close(fd);
        return *is_dir ? fail_errno(op, named.p, err) : PSX_OK;
    }
    psx_rc rc = list_all(op, dir, named.p, names, n);
    closedir(dir);
    return rc;
}

#include "cli/files.h"

#include "base/buf.h"
#include "cli/admit.h"
#include "os/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static psx_rc fail_open(psx_op *op, const char *what, psx_str path, int err)
{
    if (err == ENOENT || err == ENOTDIR) {
        return psx_fail(op, PSX_E_NOT_FOUND, "there is no %s %.*s", what, PSX_FMT(path));
    }
    if (err == ELOOP) {
        return psx_fail(op, PSX_E_VALUE,
                        "cannot read the %s %.*s: its symbolic links go in circles", what,
                        PSX_FMT(path));
    }
    return psx_fail(op, PSX_E_VALUE, "cannot read the %s %.*s: %s", what, PSX_FMT(path),
                    strerror(err));
}

static psx_rc read_fd(psx_op *op, const char *what, psx_str path, int fd, size_t max,
                      psx_str *bytes)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_open(op, what, path, errno);
    if (!S_ISREG(st.st_mode)) {
        return psx_fail(op, PSX_E_VALUE, "the %s %.*s is %s, not a file", what, PSX_FMT(path),
                        S_ISDIR(st.st_mode)    ? "a directory"
                        : S_ISFIFO(st.st_mode) ? "a pipe"
                        : S_ISCHR(st.st_mode)  ? "a device"
                                               : "something else");
    }
    if (st.st_size < 0 || (uint64_t)st.st_size > max) {
        return psx_fail(op, PSX_E_SIZE,
                        "the %s %.*s is too large: %lld bytes, at most %zu are read", what,
                        PSX_FMT(path), (long long)st.st_size, max);
    }
    // One more byte than it said: a file that grows meanwhile is read no further.
    size_t want = (size_t)st.st_size;
    char *p = psx_op_alloc(op, want + 1);
    if (!p) return psx_fail_nomem(op);
    size_t n = 0;
    while (n < want) {
        ssize_t got = read(fd, p + n, want - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_open(op, what, path, errno);
        if (got == 0) break;
        n += (size_t)got;
    }
    *bytes = (psx_str){p, n};
    return PSX_OK;
}

// Where the check counts, what is read must be what was checked (os/code.h).
static psx_rc read_admitted(psx_op *op, const psx_cli_admit *admit, const char *what, psx_str path,
                            int fd, size_t max, psx_str *bytes)
{
    psx_os_stamp before = psx_os_code_stamp(fd), after;
    TRY(psx_cli_admit_file(op, admit, what, path, fd));
    TRY(read_fd(op, what, path, fd, max, bytes));
    after = psx_os_code_stamp(fd);
    if (!admit->rules.restrict_file || psx_os_code_is_same(&before, &after)) return PSX_OK;
    return psx_fail(op, PSX_E_DENIED, "the %s %.*s changed while it was read", what, PSX_FMT(path));
}

psx_rc psx_cli_read(psx_op *op, const char *what, psx_str path, size_t max, psx_str *bytes)
{
    static const psx_cli_admit anything = {0};
    return psx_cli_read_admitted(op, &anything, what, path, max, bytes);
}

psx_rc psx_cli_read_admitted(psx_op *op, const psx_cli_admit *admit, const char *what, psx_str path,
                             size_t max, psx_str *bytes)
{
    psx_str named; // with a NUL behind
    TRY(psx_op_copy(op, path, &named));
    int fd = open(named.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat link;
    if (fd < 0 && errno == ENOENT && lstat(named.p, &link) == 0) {
        // Not the same as absent: somebody meant a file to be here.
        return psx_fail(op, PSX_E_VALUE, "the %s %.*s is a symbolic link to nothing", what,
                        PSX_FMT(path));
    }
    if (fd < 0) return fail_open(op, what, path, errno);
    psx_rc rc = read_admitted(op, admit, what, path, fd, max, bytes);
    close(fd);
    return rc;
}

psx_rc psx_cli_read_stream(psx_op *op, const char *what, int fd, size_t max, psx_str *bytes)
{
    psx_buf b;
    psx_buf_init(&b, op);
    char block[16384];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return psx_fail(op, PSX_E_IO, "cannot read %s: %s", what, strerror(errno));
        if (got == 0) break;
        if (b.n + (size_t)got > max) {
            return psx_fail(op, PSX_E_SIZE, "%s is too large: at most %zu bytes are read", what,
                            max);
        }
        TRY(psx_buf_add(&b, (psx_str){block, (size_t)got}));
    }
    *bytes = b.n ? psx_buf_str(&b) : PSX_STR("");
    return PSX_OK;
}

static psx_rc write_all(psx_op *op, psx_str path, int fd, unsigned mode, psx_str bytes)
{
    size_t n = 0;
    while (n < bytes.n) {
        ssize_t put = write(fd, bytes.p + n, bytes.n - n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) break;
        n += (size_t)put;
    }
    if (n < bytes.n || fchmod(fd, mode) != 0 || fsync(fd) != 0) {
        return psx_fail(op, PSX_E_IO, "cannot write %.*s: %s", PSX_FMT(path), strerror(errno));
    }
    return PSX_OK;
}

psx_rc psx_cli_replace(psx_op *op, const char *what, psx_str path, unsigned mode, psx_str bytes)
{
    psx_str target, temp;
    TRY(psx_op_copy(op, path, &target));
    char real[4096];
    int n = psx_os_realpath(target.p, real, sizeof real);
    if (n > 0) TRY(psx_op_copy(op, (psx_str){real, (size_t)n}, &target));
    struct stat st;
    if (stat(target.p, &st) == 0) mode = st.st_mode & 07777u;
    TRY(psx_op_format(op, &temp, "%.*s.XXXXXX", PSX_FMT(target)));
    int fd = mkostemp((char *)temp.p, O_CLOEXEC); // the arena's own copy
    if (fd < 0) {
        return psx_fail(op, PSX_E_IO, "cannot write the %s %.*s: %s", what, PSX_FMT(path),
                        strerror(errno));
    }
    // Ctrl-C leaves either file, and no third one.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    psx_rc rc = write_all(op, path, fd, mode, bytes);
    close(fd);
    if (!psx_failed(rc) && rename(temp.p, target.p) != 0) {
        rc = psx_fail(op, PSX_E_IO, "cannot replace the %s %.*s: %s", what, PSX_FMT(path),
                      strerror(errno));
    }
    if (psx_failed(rc)) unlink(temp.p);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

// Appends the parts of `path` to the n bytes at p.
static size_t add_parts(char *p, size_t n, psx_str path)
{
    while (path.n) {
        size_t slash = psx_str_find(path, '/');
        psx_str part = psx_str_slice(path, 0, slash);
        path = psx_str_slice(path, slash + 1, path.n);
        if (!part.n || psx_str_is(part, ".")) continue;
        if (psx_str_is(part, "..")) {
            while (n && p[--n] != '/') {
            }
            continue;
        }
        p[n++] = '/';
        memcpy(p + n, part.p, part.n);
        n += part.n;
    }
    return n;
}

psx_rc psx_cli_join(psx_op *op, psx_str base, psx_str path, psx_str *out)
{
    bool is_absolute = path.n && path.p[0] == '/';
    char *p = psx_op_alloc(op, base.n + path.n + 3);
    if (!p) return psx_fail_nomem(op);
    size_t n = is_absolute ? 0 : add_parts(p, 0, base);
    n = add_parts(p, n, path);
    if (!n) p[n++] = '/';
    p[n] = '\0';
    *out = (psx_str){p, n};
    return PSX_OK;
}

psx_str psx_cli_dirname(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return slash == 0 || slash == path.n ? PSX_STR("/") : psx_str_slice(path, 0, slash);
}

psx_str psx_cli_basename(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return slash == path.n ? path : psx_str_slice(path, slash + 1, path.n);
}

bool psx_cli_is_path(psx_str typed)
{
    return psx_str_starts(typed, PSX_STR("./")) || psx_str_starts(typed, PSX_STR("../")) ||
           psx_str_starts(typed, PSX_STR("/"));
}

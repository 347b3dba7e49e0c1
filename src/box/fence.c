#include "box/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/beneath.h"

static unsigned rights_of(unsigned rights)
{
    static const unsigned pairs[][2] = {
        {PSX_BOX_READ, PSX_OS_LANDLOCK_READ},
        {PSX_BOX_LIST, PSX_OS_LANDLOCK_LIST},
        {PSX_BOX_WRITE, PSX_OS_LANDLOCK_WRITE | PSX_OS_LANDLOCK_DEVICE},
        {PSX_BOX_MAKE, PSX_OS_LANDLOCK_MAKE},
        {PSX_BOX_EXEC, PSX_OS_LANDLOCK_EXEC},
    };
    unsigned out = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (rights & pairs[i][0]) out |= pairs[i][1];
    }
    return out;
}

static psx_rc failed(psx_op *op, const char *what, psx_str path, int e)
{
    return psx_fail(op, PSX_E_OS, "cannot %s the box%s%.*s: %s", what, path.n ? ": " : "",
                    PSX_FMT(path), strerror(-e));
}

// Links are followed in the head of the path; what lies beneath is what it is.
static int open_split(char *text, size_t links)
{
    char *rest = text + links;
    while (*rest == '/') {
        *rest++ = '\0';
    }
    int head = psx_os_open_any(links ? text : "/", O_PATH | O_DIRECTORY, 0);
    if (head < 0) return head;
    int fd = psx_os_open_beneath(head, *rest ? rest : ".", O_PATH, 0, PSX_OS_NO_LINKS);
    psx_os_close(head);
    return fd;
}

static int open_path(const psx_box_path *p)
{
    char text[PATH_MAX];
    if (p->path.n >= sizeof text) return -ENAMETOOLONG;
    memcpy(text, p->path.p, p->path.n);
    text[p->path.n] = '\0';
    if (p->links >= p->path.n) return psx_os_open_any(text, O_PATH, 0);
    return open_split(text, p->links);
}

static psx_rc add_path(psx_op *op, psx_box_fence *f, const psx_box_path *p)
{
    struct stat st;
    int fd = open_path(p);
    if (fd < 0 && !p->must) return PSX_OK; // then there is nothing to allow
    if (fd < 0) return failed(op, "open what is needed for", p->path, fd);
    int e = fstat(fd, &st) == 0 ? 0 : -errno;
    // Landlock knows no rule for what lies in no file system (a pipe behind /dev/stdout).
    if (e == 0)
        e = psx_os_landlock_allow(f->fd, &f->how, fd, S_ISDIR(st.st_mode), rights_of(p->rights));
    psx_os_close(fd);
    return e == 0 || e == -EBADFD || e == -EBADF ? PSX_OK : failed(op, "make", p->path, e);
}

// Its own directory in /proc, and no other process's. Once nobody has that directory open, the
// kernel may forget it and make another for the same process, which the rule does not know.
static psx_rc add_self(psx_op *op, psx_box_fence *f)
{
    f->self = open("/proc/self", O_PATH | O_DIRECTORY); // inherited
    if (f->self < 0) return PSX_OK;                     // no /proc here
    int e = psx_os_landlock_allow(f->fd, &f->how, f->self, true,
                                  PSX_OS_LANDLOCK_READ | PSX_OS_LANDLOCK_LIST);
    return e == 0 ? PSX_OK : failed(op, "make", PSX_STR("/proc/self"), e);
}

// A terminal that it was started on is opened anew (libuv makes it non-blocking for itself alone).
static psx_rc add_terminals(psx_op *op, psx_box_fence *f)
{
    unsigned all = PSX_OS_LANDLOCK_READ | PSX_OS_LANDLOCK_WRITE | PSX_OS_LANDLOCK_DEVICE;
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (!isatty(fd)) continue;
        int e = psx_os_landlock_allow(f->fd, &f->how, fd, false, all);
        if (e < 0) return failed(op, "make", PSX_STR("the terminal"), e);
    }
    return PSX_OK;
}

static psx_rc fill(psx_op *op, const psx_box_spec *spec, psx_box_fence *f)
{
    for (size_t i = 0; i < spec->n_paths; i++) {
        TRY(add_path(op, f, &spec->paths[i]));
    }
    TRY(add_self(op, f));
    return add_terminals(op, f);
}

psx_rc psx_box_fence_make(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                          psx_box_fence *out)
{
    bool net = spec->connect != PSX_BOX_NONE || spec->listen != PSX_BOX_NONE;
    *out = (psx_box_fence){
        .how =
            {
                .abi = kernel->landlock,
                // What is supervised is connected and bound outside of the fence.
                .ports = spec->supervised || !net,
                .abstract = true,
                .signals = !spec->signals,
                .log = spec->audited,
            },
        .fd = -1,
        .self = -1,
    };
    if (kernel->landlock == 0) {
        if (spec->without_fence) return PSX_OK;
        return psx_fail(op, PSX_E_KERNEL, "this kernel has no Landlock");
    }
    out->fd = psx_os_landlock_open(&out->how);
    if (out->fd < 0) return failed(op, "make", (psx_str){0}, out->fd);
    return fill(op, spec, out);
}

psx_rc psx_box_fence_enter(psx_op *op, psx_box_fence *fence)
{
    if (fence->fd < 0) return PSX_OK;
    int e = psx_os_landlock_enter(fence->fd, &fence->how);
    psx_os_close(fence->fd);
    fence->fd = -1;
    return e == 0 ? PSX_OK : failed(op, "enter", (psx_str){0}, e);
}

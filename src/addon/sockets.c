#include <errno.h>
#include <fcntl.h>

#include "addon/lexpath.h"
#include "addon/sockets.h"
#include "os/beneath.h"

enum { ADDRESS_MAX = 2 * PSX_LEXPATH_MAX + 8 };

// "unix:" and the path, with the leaf of a file that is not there yet.
static bool allows(psx_files *f, uint32_t id, psx_cap cap, psx_str dir, psx_str leaf)
{
    char text[ADDRESS_MAX];
    const char *slash = leaf.n && dir.n > 1 ? "/" : "";
    int n = snprintf(text, sizeof text, "unix:%.*s%s%.*s", PSX_FMT(dir), slash, PSX_FMT(leaf));
    if (n < 0 || (size_t)n >= sizeof text) return false;
    psx_question q = {id, cap, (psx_str){text, (size_t)n}, {0}, -1, PSX_USE_ITSELF};
    return psx_monitor_decide(f->m, &q).allowed;
}

static int open_real(psx_files *f, uint32_t id, psx_cap cap, psx_str path, psx_str leaf)
{
    char at[PSX_LEXPATH_MAX], real[PSX_LEXPATH_MAX];
    snprintf(at, sizeof at, "%.*s", PSX_FMT(path));
    int fd = psx_os_open_any(at, O_PATH | (leaf.n ? O_DIRECTORY : 0), 0);
    if (fd < 0) return fd;
    int n = psx_os_fd_path(fd, real, sizeof real);
    if (n > 0 && allows(f, id, cap, (psx_str){real, (size_t)n}, leaf)) return fd;
    psx_os_close(fd);
    return n < 0 ? n : -EACCES;
}

int psx_sockets_open(psx_files *f, uint32_t id, psx_cap cap, psx_str path)
{
    psx_lexpath p;
    if (id >= f->m->n) return -EACCES;
    if (psx_lexpath_resolve(f->m->plan.cwd, path, &p) != PSX_LEXPATH_OK) return -EINVAL;
    psx_str text = psx_lexpath_str(&p), none = {0};
    if (!allows(f, id, cap, text, none)) return -EACCES;
    bool is_new = cap == PSX_CAP_NET_LISTEN;
    psx_str at = is_new ? psx_lexpath_parent(text) : text;
    int fd = open_real(f, id, cap, at, is_new ? psx_lexpath_leaf(text) : none);
    return psx_files_adopt(f, fd);
}

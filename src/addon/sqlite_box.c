#include <errno.h>
#include <fcntl.h>

#include "addon/lexpath.h"
#include "addon/sqlite_box.h"
#include "box/client.h"
#include "os/beneath.h"

static pthread_mutex_t *process_lock;
static int supervisor = -1;

// "/proc/self/fd/7/name", as src/addon/sqlite.c names files, by its real path.
static bool real_path(const char *path, char out[2 * PSX_LEXPATH_MAX])
{
    static const char front[] = "/proc/self/fd/";
    char *end;
    if (supervisor < 0 || strncmp(path, front, sizeof front - 1) != 0) return false;
    long fd = strtol(path + sizeof front - 1, &end, 10);
    if (fd < 0 || fd > INT32_MAX || *end != '/' || !end[1] || strchr(end + 1, '/')) return false;
    int n = psx_os_fd_path((int)fd, out, PSX_LEXPATH_MAX);
    if (n <= 0) return false;
    snprintf(out + n, PSX_LEXPATH_MAX, "%s%s", n > 1 ? "/" : "", end + 1);
    return true;
}

static int result_of(int r)
{
    if (r >= 0) return r;
    errno = -r;
    return -1;
}

// What SQLite calls in place of open() and unlink(). It asks for permission in no other way.
static int box_open(const char *path, int flags, int mode)
{
    char real[2 * PSX_LEXPATH_MAX];
    int fd = open(path, flags, mode);
    if (fd >= 0 || errno != EACCES || !real_path(path, real)) return fd;
    pthread_mutex_lock(process_lock);
    fd = psx_box_client_open(supervisor, psx_str_from(real), flags, (mode_t)mode);
    pthread_mutex_unlock(process_lock);
    return result_of(fd);
}

static int box_unlink(const char *path)
{
    char real[2 * PSX_LEXPATH_MAX];
    int r = unlink(path);
    if (r >= 0 || errno != EACCES || !real_path(path, real)) return r;
    pthread_mutex_lock(process_lock);
    r = psx_box_client_unlink(supervisor, psx_str_from(real));
    pthread_mutex_unlock(process_lock);
    return result_of(r);
}

void psx_sqlite_box_remove(int dir, const char *leaf)
{
    char path[PSX_LEXPATH_MAX];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, leaf);
    box_unlink(path);
}

void psx_sqlite_box(sqlite_vfs *plain, int control, pthread_mutex_t *lock)
{
    if (supervisor >= 0 || control < 0 || plain->version < 3) return;
    sqlite_vfs_calls *calls = (sqlite_vfs_calls *)plain;
    process_lock = lock;
    supervisor = control;
    calls->set_call(plain, "open", (void (*)(void))box_open);
    calls->set_call(plain, "unlink", (void (*)(void))box_unlink);
}

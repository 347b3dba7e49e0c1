#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fd_place.h"

enum { STACK = 64 << 10 };
enum { NONE, ASKED, ANSWERED };

// One question at a time.
static struct {
    pthread_mutex_t turn, lock;
    pthread_cond_t change;
    bool runs;
    int state, fd, answer;
    char path[PATH_MAX];
} place = {.turn = PTHREAD_MUTEX_INITIALIZER,
           .lock = PTHREAD_MUTEX_INITIALIZER,
           .change = PTHREAD_COND_INITIALIZER};

static int look(bool alone)
{
    if (!alone) return -ENOSYS; // the whole process would move
    if (fchdir(place.fd) != 0) return -errno;
    long n = syscall(SYS_getcwd, place.path, sizeof place.path);
    int e = n < 0 ? -errno : (int)n - 1; // it counts the NUL
    if (chdir("/") != 0) return -errno;
    return e >= 0 && place.path[0] != '/' ? -ENOENT : e; // "(unreachable)"
}

static void *run(void *arg)
{
    bool alone = unshare(CLONE_FS) == 0;
    pthread_mutex_lock(&place.lock);
    for (;;) {
        while (place.state != ASKED) {
            pthread_cond_wait(&place.change, &place.lock);
        }
        place.answer = look(alone);
        place.state = ANSWERED;
        pthread_cond_broadcast(&place.change);
    }
    return arg;
}

// Signals are for the program's own threads.
static bool start(void)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    if (place.runs) return true;
    if (pthread_attr_init(&attr) != 0) return false;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    place.runs = pthread_create(&thread, &attr, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return place.runs;
}

static int ask(int fd, char *dst, size_t size)
{
    if (!start()) return -EAGAIN;
    pthread_mutex_lock(&place.lock);
    place.fd = fd;
    place.state = ASKED;
    pthread_cond_broadcast(&place.change);
    while (place.state != ANSWERED) {
        pthread_cond_wait(&place.change, &place.lock);
    }
    place.state = NONE;
    int n = place.answer;
    if (n >= 0 && (size_t)n >= size) n = -ENAMETOOLONG;
    if (n >= 0) memcpy(dst, place.path, (size_t)n + 1);
    pthread_mutex_unlock(&place.lock);
    return n;
}

// ---- files: where the kernel says that this process has mapped one
// -------------------------------

enum { LINE = 4 * PATH_MAX + 128, PAGE = 4096 };

static bool is_at(const struct stat *file, const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

// A line break in a name is written as \012; whether a name has just these characters only the file
// system knows.
static void unescape(char *path)
{
    char *to = path;
    for (const char *from = path; *from; to++) {
        bool is_break = strncmp(from, "\\012", 4) == 0;
        *to = is_break ? '\n' : *from;
        from += is_break ? 4 : 1;
    }
    *to = '\0';
}

static int take_line(char *line, const struct stat *file, char *dst, size_t size)
{
    char *path = strchr(line, '/');
    if (!path) return -ENOENT;
    path[strcspn(path, "\n")] = '\0';
    if (!is_at(file, path)) unescape(path);
    if (!is_at(file, path)) return -ENOENT; // removed
    size_t n = strlen(path);
    if (n >= size) return -ENAMETOOLONG;
    memcpy(dst, path, n + 1);
    return (int)n;
}

static int find_line(const void *at, const struct stat *file, char *dst, size_t size)
{
    char line[LINE];
    int n = -ENOENT;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps) return -errno;
    while (fgets(line, sizeof line, maps)) {
        if (strtoull(line, NULL, 16) != (uintptr_t)at) continue;
        n = take_line(line, file, dst, size);
        break;
    }
    fclose(maps);
    return n;
}

// A descriptor that can be mapped: it must be open for reading.
static int readable(int fd)
{
    char name[40];
    int flags = fcntl(fd, F_GETFL);
    bool reads = flags >= 0 && !(flags & O_PATH) && (flags & O_ACCMODE) != O_WRONLY;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return reads ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static int path_of_file(int fd, char *dst, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return -EACCES;
    int file = readable(fd);
    if (file < 0) return -EACCES;
    void *at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE, file, 0);
    int n = at == MAP_FAILED ? -errno : find_line(at, &st, dst, size);
    if (at != MAP_FAILED) munmap(at, PAGE);
    close(file);
    return n;
}

int psx_os_fd_place(int fd, char *dst, size_t size)
{
    pthread_mutex_lock(&place.turn);
    int n = ask(fd, dst, size);
    pthread_mutex_unlock(&place.turn);
    return n == -ENOTDIR ? path_of_file(fd, dst, size) : n;
}

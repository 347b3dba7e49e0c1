#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "addon/prune.h"
#include "base/str.h"

enum { DAY = 24 * 60 * 60, HOUR = 60 * 60, FILES_MAX = 65536 };

typedef struct {
    char name[32]; // of our making, so longer ones are none of ours
    time_t modified;
    uint64_t size;
} pack_file;

static int oldest_first(const void *a, const void *b)
{
    const pack_file *x = a, *y = b;
    return (x->modified > y->modified) - (x->modified < y->modified);
}

static bool is_stale_temp(psx_str name, time_t modified)
{
    return psx_str_starts(name, PSX_STR(".")) && psx_str_find(name, 'p') < name.n &&
           time(NULL) - modified > HOUR;
}

// Fills `out` with what there is; removes temporary files on the way.
static uint32_t list(DIR *d, pack_file *out, uint32_t max)
{
    struct stat st;
    uint32_t n = 0;
    for (struct dirent *e; n < max && (e = readdir(d));) {
        psx_str name = psx_str_from(e->d_name);
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
            continue;
        if (is_stale_temp(name, st.st_mtime)) (void)unlinkat(dirfd(d), e->d_name, 0);
        if (!psx_str_ends(name, PSX_STR(".pack")) || name.n >= sizeof out->name) continue;
        out[n] = (pack_file){.modified = st.st_mtime, .size = (uint64_t)st.st_size};
        memcpy(out[n].name, name.p, name.n + 1);
        n++;
    }
    return n;
}

static void remove_oldest(int dir, pack_file *files, uint32_t n, uint32_t most, uint64_t bytes)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        total += files[i].size;
    }
    qsort(files, n, sizeof *files, oldest_first);
    for (uint32_t i = 0; i < n && (n - i > most || total > bytes); i++) {
        (void)unlinkat(dir, files[i].name, 0);
        total -= files[i].size;
    }
}

void psx_prune(int dir, uint32_t most, uint64_t bytes)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    pack_file *files = d ? calloc(FILES_MAX, sizeof *files) : NULL;
    if (files) remove_oldest(dir, files, list(d, files, FILES_MAX), most, bytes);
    free(files);
    if (d) {
        closedir(d);
    } else if (fd >= 0) {
        close(fd);
    }
}

void psx_prune_mark_used(int dir, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (time(NULL) - st.st_mtime > DAY) (void)utimensat(dir, name, NULL, AT_SYMLINK_NOFOLLOW);
}

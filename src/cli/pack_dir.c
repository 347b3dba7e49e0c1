#include "cli/pack_dir.h"

#include "cli/files.h"
#include "cli/version.h"
#include "trust/digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define PREFIX "boxed-"

enum { NAME_BYTES = 16, LOCK_MAX = 64 << 20, DAY = 24 * 60 * 60, DIRS_MAX = 1024 };

// What is installed, as whichever package manager says it.
static psx_rc find_lock(psx_op *op, const psx_cli_place *place, psx_str *out)
{
    static const char *const others[] = {"pnpm-lock.yaml", "yarn.lock", "bun.lock",
                                         "node_modules/.package-lock.json"};
    *out = place->lock ? place->lock->text : (psx_str){0};
    for (size_t i = 0; i < sizeof others / sizeof *others && !out->n; i++) {
        psx_str path;
        TRY(psx_cli_join(op, place->project, psx_str_from(others[i]), &path));
        if (access(path.p, R_OK) != 0) continue;
        psx_rc rc = psx_cli_read(op, "lockfile", path, LOCK_MAX, out);
        if (!psx_failed(rc)) continue;
        psx_fail_clear(op); // then nothing is kept
        *out = (psx_str){0};
    }
    return PSX_OK;
}

static void digest_hex(psx_str bytes, char hex[2 * sizeof(psx_digest) + 1])
{
    psx_digest d = psx_digest_of(bytes);
    psx_digest_hex(&d, sizeof d.b, hex);
}

// Where the run starts is no part of a box that does not speak of it.
static psx_str cwd_of(const psx_cli_place *place)
{
    psx_str text = place->policy_text;
    if (!text.n || !memmem(text.p, text.n, "cwd", 3)) return PSX_STR("");
    return place->as.told ? place->as.cwd : place->cwd;
}

// A later npsx at the same path has closed the hole, and must not run what was left through it.
static psx_rc tell_program(psx_op *op, const psx_cli_place *place, psx_str *out)
{
    struct stat st;
    if (stat(place->program.p, &st) != 0) st = (struct stat){0};
    return psx_op_format(op, out, PSX_VERSION "\n%.*s\n%llu\n%lld\n%lld.%09ld",
                         PSX_FMT(place->program), (unsigned long long)st.st_ino,
                         (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static psx_rc name_it(psx_op *op, const psx_cli_place *place, psx_str lock, psx_str *out)
{
    char policy_hex[2 * sizeof(psx_digest) + 1], lock_hex[2 * sizeof(psx_digest) + 1];
    psx_str text, program;
    TRY(tell_program(op, place, &program));
    digest_hex(place->policy_text, policy_hex);
    digest_hex(lock, lock_hex);
    TRY(psx_op_format(op, &text, "%s\n%s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", policy_hex, lock_hex,
                      PSX_FMT(program), PSX_FMT(place->project), PSX_FMT(place->as.dir),
                      PSX_FMT(cwd_of(place)), PSX_FMT(place->tmp), PSX_FMT(place->home)));
    char hex[2 * NAME_BYTES + 1];
    psx_digest d = psx_digest_of(text);
    psx_digest_hex(&d, NAME_BYTES, hex);
    return psx_op_format(op, out, "%.*s/" PREFIX "%s", PSX_FMT(place->cache), hex);
}

static void make_dirs(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
}

typedef struct {
    time_t used;
    char name[64];
} pack_dir;

static int oldest_first(const void *a, const void *b)
{
    time_t x = ((const pack_dir *)a)->used, y = ((const pack_dir *)b)->used;
    return x < y ? -1 : x > y;
}

// Engines could have left anything in there: only what lies directly in it is removed, by name, and
// no link is followed.
static void remove_dir(int cache, const char *name)
{
    int fd = openat(cache, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0) close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(d));) {
        (void)unlinkat(fd, e->d_name, 0);
    }
    closedir(d);
    (void)unlinkat(cache, name, AT_REMOVEDIR);
}

static void prune(psx_op *op, const char *cache)
{
    struct stat st;
    size_t n = 0;
    pack_dir *dirs = PSX_ARRAY(op, pack_dir, DIRS_MAX);
    DIR *d = opendir(cache);
    if (!dirs || !d) {
        psx_fail_clear(op);
        if (d) closedir(d);
        return;
    }
    for (struct dirent *e; n < DIRS_MAX && (e = readdir(d));) {
        psx_str name = psx_str_from(e->d_name);
        if (!psx_str_starts(name, PSX_STR(PREFIX)) || name.n >= sizeof dirs->name) continue;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        dirs[n].used = st.st_mtime;
        memcpy(dirs[n++].name, name.p, name.n + 1);
    }
    qsort(dirs, n, sizeof *dirs, oldest_first);
    for (size_t i = 0; i + PSX_CLI_PACK_DIRS < n; i++) {
        remove_dir(dirfd(d), dirs[i].name);
    }
    closedir(d);
}

psx_rc psx_cli_pack_dir(psx_op *op, const psx_cli_place *place, psx_str *out)
{
    struct stat st;
    psx_str lock, dir;
    *out = (psx_str){0};
    if (place->cache.n < 2 || place->gate.rules.enforce) return PSX_OK;
    // A home that is not there (/nonexistent) is not made.
    if (place->home.n && access(place->home.p, F_OK) != 0) return PSX_OK;
    TRY(find_lock(op, place, &lock));
    if (!lock.n) return PSX_OK;
    TRY(name_it(op, place, lock, &dir));
    if (lstat(dir.p, &st) != 0) {
        make_dirs((char *)dir.p);
        if (mkdir(dir.p, 0700) != 0 || lstat(dir.p, &st) != 0) return PSX_OK;
        prune(op, place->cache.p);
    }
    // The engine looks again, by its descriptor (addon/pack.h).
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077)) return PSX_OK;
    if (time(NULL) - st.st_mtime > DAY) (void)utimensat(AT_FDCWD, dir.p, NULL, 0);
    *out = dir;
    return PSX_OK;
}

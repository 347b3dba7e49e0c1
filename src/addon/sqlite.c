// The file system that SQLite sees (sqlite.h). Nothing is opened by its path: the directory is,
// beneath the grant, and SQLite's own code gets /proc/self/fd/<directory>/<name>, where it follows
// no link. Journals (-journal, -wal, -shm) belong to their database and are decided by its name.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>

#include "addon/lexpath.h"
#include "addon/sqlite.h"
#include "addon/sqlite_abi.h"
#include "addon/sqlite_box.h"
#include "os/beneath.h"

static int (*enrol)(sqlite_vfs *, int);
static sqlite_vfs *plain, *memory; // SQLite's own

enum { NAME_MAX_ = 48 };

struct psx_sqlite {
    sqlite_vfs vfs; // first: SQLite's pointer is ours
    psx_sqlite *next;
    psx_files *files; // NULL: the thread has ended
    psx_sqlite_rights rights;
    sqlite_vfs *base, *memory;
    pthread_mutex_t *lock; // of the files
    bool opening;
    char name[NAME_MAX_];
};

// ---- loading ------------------------------------------------------------------------------------

static bool make_name(char out[NAME_MAX_])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return false;
    size_t n = (size_t)snprintf(out, NAME_MAX_, "npsx-");
    for (size_t i = 0; i < sizeof bytes; i++, n += 2)
        snprintf(out + n, NAME_MAX_ - n, "%02x", bytes[i]);
    return true;
}

// A database in memory that has a name is everybody's, by its name and by its shared cache: here
// each has another.
static int open_memory(sqlite_vfs *vfs, const char *name, sqlite_file *file, int flags, int *out)
{
    (void)vfs;
    return memory->open(memory, name && name[0] == '/' ? NULL : name, file, flags, out);
}
static int path_of_memory(sqlite_vfs *vfs, const char *name, int size, char *out)
{
    static atomic_ullong made;
    (void)vfs, (void)name;
    int n = snprintf(out, (size_t)size, "npsx-%llu", (unsigned long long)++made);
    return n > 0 && n < size ? SQLITE_OK_ : SQLITE_CANTOPEN_;
}

// Every new database goes without what reaches beyond it. fts3_tokenizer() takes a blob for the
// address of native code, and tells such addresses.
static int tame_database(void *db, char **error, const sqlite_api *api)
{
    (void)error;
    for (int n = 1; n <= 2; n++) {
        int rc =
            api->create_function(db, "fts3_tokenizer", n, SQLITE_UTF8_, NULL, NULL, NULL, NULL);
        if (rc != SQLITE_OK_) return rc;
    }
    return SQLITE_OK_;
}

// SQL may name a file system (ATTACH 'file:x?vfs=unix'): those that ask nobody lose their names.
static bool hide_plain(const sqlite_api *api)
{
    static const char *const names[] = {"unix", "unix-none", "unix-dotfile", "unix-excl"};
    static char name[NAME_MAX_];
    static sqlite_vfs hidden, tame;
    if (!make_name(name)) return false;
    hidden = *plain;
    hidden.name = name;
    tame = *memory;
    tame.open = open_memory;
    tame.full_path = path_of_memory;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sqlite_vfs *v = api->vfs_find(names[i]);
        if (v) api->vfs_unregister(v);
    }
    api->vfs_unregister(memory);
    return api->vfs_register(&hidden, 1) == SQLITE_OK_ &&
           api->vfs_register(&tame, 0) == SQLITE_OK_ &&
           api->auto_extension((void (*)(void))tame_database) == SQLITE_OK_;
}

// Called by SQLite when it loads psx.node as an extension.
__attribute__((visibility("default"))) int sqlite3_extension_init(void *db, char **error,
                                                                  const sqlite_api *api);
__attribute__((visibility("default"))) int sqlite3_extension_init(void *db, char **error,
                                                                  const sqlite_api *api)
{
    (void)db, (void)error;
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&once);
    if (!enrol) {
        plain = api->vfs_find("unix");
        memory = api->vfs_find("memdb");
        bool good = plain && memory && plain->version >= 2 && memory->file_size <= plain->file_size;
        if (good && hide_plain(api)) enrol = api->vfs_register;
    }
    pthread_mutex_unlock(&once);
    return enrol ? SQLITE_OK_ : SQLITE_ERROR_;
}

// ---- names --------------------------------------------------------------------------------------

// The database that a journal belongs to; any other name is its own.
static psx_str owner_of(psx_str path)
{
    static const char *const ends[] = {"-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        psx_str end = psx_str_from(ends[i]);
        if (path.n > end.n && psx_str_eq((psx_str){path.p + path.n - end.n, end.n}, end))
            return (psx_str){path.p, path.n - end.n};
    }
    return path;
}

// With the lock held from here to leave().
static bool enter(psx_sqlite *s)
{
    pthread_mutex_lock(s->lock);
    return s->files != NULL;
}

static void leave(psx_sqlite *s)
{
    pthread_mutex_unlock(s->lock);
}

// A descriptor of the entry's directory (PSX_AT_PARENT) or of the file itself (PSX_AT_TARGET), the
// caller's to close, or -errno.
static int open_at(psx_sqlite *s, psx_str path, psx_files_need need, psx_files_how how)
{
    int fd = -EACCES;
    if (enter(s)) fd = psx_files_at(s->files, s->rights.id, path, need, how);
    if (fd >= 0) psx_files_forget(s->files, fd);
    leave(s);
    return fd;
}

// What is there must be what was decided, where it really is, and no link: a database behind one
// would have its journals elsewhere.
static bool is_granted_there(psx_sqlite *s, psx_str path, psx_files_need need, int dir,
                             const char *leaf)
{
    struct stat here, there;
    if (fstatat(dir, leaf, &here, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT && need & PSX_NEED_WRITE;
    int fd = open_at(s, path, need, PSX_AT_TARGET);
    if (fd < 0) return false;
    bool same =
        fstat(fd, &there) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev;
    psx_os_close(fd);
    return same && S_ISREG(here.st_mode);
}

// Room for a name as SQLite lays names out: four zeros in front, parameters (none) and another zero
// behind.
enum { FRONT = 4, NAME = 320 };

static bool name_in(char *out, int dir, psx_str leaf)
{
    int n = snprintf(out + FRONT, NAME - FRONT - 3, "/proc/self/fd/%d/%.*s", dir, PSX_FMT(leaf));
    return n > 0 && n < NAME - FRONT - 3;
}

// ---- open files ---------------------------------------------------------------------------------

// What SQLite's own file does not know: the directory that it was opened in. Its methods are
// copied, so that ours is called at the end.
typedef struct {
    sqlite_methods methods; // first
    const sqlite_methods *real;
    int dir;
    char name[NAME];
} opened;

static int close_file(sqlite_file *file)
{
    opened *o = (opened *)(uintptr_t)file->methods;
    file->methods = o->real;
    int rc = o->real->close(file);
    psx_os_close(o->dir);
    free(o);
    return rc;
}

// SQLite would remove the index under the name that whoever opened it first gave it, whose
// directory may be closed and its number another's.
static int unmap_file(sqlite_file *file, int remove)
{
    opened *o = (opened *)(uintptr_t)file->methods;
    int rc = o->real->shm_unmap(file, 0);
    char name[NAME];
    psx_str leaf = psx_lexpath_leaf(psx_str_from(o->name + FRONT));
    int n = snprintf(name, sizeof name, "%.*s-shm", PSX_FMT(leaf));
    if (remove && rc == SQLITE_OK_ && n > 0 && n < NAME) psx_sqlite_box_remove(o->dir, name);
    return rc;
}

// From here on `dir` is the file's.
static int open_in(psx_sqlite *s, int dir, psx_str leaf, sqlite_file *file, int flags, int *out)
{
    opened *o = calloc(1, sizeof *o);
    int rc = SQLITE_CANTOPEN_;
    if (o && name_in(o->name, dir, leaf))
        rc = s->base->open(s->base, o->name + FRONT, file, flags & ~SQLITE_OPEN_URI_, out);
    if (rc != SQLITE_OK_ || !file->methods) {
        psx_os_close(dir);
        free(o);
        return rc;
    }
    o->real = file->methods;
    o->methods = *o->real;
    o->methods.close = close_file;
    if (o->real->version >= 2) o->methods.shm_unmap = unmap_file;
    o->dir = dir;
    file->methods = &o->methods;
    return SQLITE_OK_;
}

static psx_files_need need_of(int flags)
{
    return flags & SQLITE_OPEN_READWRITE_ ? PSX_NEED_BOTH : PSX_NEED_READ;
}

static int open_granted(psx_sqlite *s, const char *name, sqlite_file *file, int flags, int *out)
{
    char leaf[256];
    psx_str path = psx_str_from(name), base = psx_lexpath_leaf(path);
    psx_str decided = flags & SQLITE_OPEN_MAIN_DB_ ? path : owner_of(path);
    psx_files_need need = need_of(flags);
    if (!base.n || base.n >= sizeof leaf) return SQLITE_CANTOPEN_;
    memcpy(leaf, base.p, base.n);
    leaf[base.n] = 0;
    int dir = open_at(s, decided, need, PSX_AT_PARENT);
    if (dir < 0) return SQLITE_CANTOPEN_;
    bool journal = decided.n != path.n;
    if (!journal && !is_granted_there(s, path, need, dir, leaf)) {
        psx_os_close(dir);
        return SQLITE_CANTOPEN_;
    }
    return open_in(s, dir, base, file, flags, out);
}

static int vfs_open(sqlite_vfs *vfs, const char *name, sqlite_file *file, int flags, int *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    file->methods = NULL;
    // what is only temporary stays in memory
    if (!name && !s->rights.free)
        return s->memory->open(s->memory, NULL, file, flags & ~SQLITE_OPEN_DELETEONCLOSE_, out);
    if (name && flags & SQLITE_OPEN_MAIN_DB_ && !s->rights.others && !s->opening)
        return SQLITE_CANTOPEN_;
    if (s->rights.free) return s->base->open(s->base, name, file, flags, out);
    return open_granted(s, name, file, flags, out);
}

// ---- entries ------------------------------------------------------------------------------------

static int vfs_remove(sqlite_vfs *vfs, const char *name, int sync)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    char text[NAME] = {0};
    psx_str path = psx_str_from(name);
    if (s->rights.free) return s->base->remove(s->base, name, sync);
    int dir = open_at(s, owner_of(path), PSX_NEED_WRITE, PSX_AT_PARENT);
    if (dir < 0) return SQLITE_CANTOPEN_;
    int rc = name_in(text, dir, psx_lexpath_leaf(path))
                 ? s->base->remove(s->base, text + FRONT, sync)
                 : SQLITE_CANTOPEN_;
    psx_os_close(dir);
    return rc;
}

// Is there something in it? Anything else (may I write in this directory, for a setting of the
// whole process) is answered no.
static int vfs_access(sqlite_vfs *vfs, const char *name, int how, int *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    char text[NAME] = {0};
    struct stat st;
    psx_str path = psx_str_from(name);
    if (s->rights.free) return s->base->access(s->base, name, how, out);
    *out = 0;
    if (how != SQLITE_ACCESS_EXISTS_) return SQLITE_OK_;
    int dir = open_at(s, owner_of(path), PSX_NEED_READ, PSX_AT_PARENT);
    if (dir < 0) return SQLITE_OK_;
    if (name_in(text, dir, psx_lexpath_leaf(path)))
        *out = fstatat(AT_FDCWD, text + FRONT, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               (!S_ISREG(st.st_mode) || st.st_size > 0);
    psx_os_close(dir);
    return SQLITE_OK_;
}

static int vfs_full_path(sqlite_vfs *vfs, const char *name, int size, char *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    psx_lexpath p;
    if (s->rights.free) return s->base->full_path(s->base, name, size, out);
    if (!s->files ||
        psx_lexpath_resolve(s->files->m->plan.cwd, psx_str_from(name), &p) != PSX_LEXPATH_OK ||
        p.n >= (size_t)size)
        return SQLITE_CANTOPEN_;
    memcpy(out, p.p, p.n + 1);
    return SQLITE_OK_;
}

// ---- the rest -----------------------------------------------------------------------------------

static void *no_library(sqlite_vfs *vfs, const char *name)
{
    (void)vfs, (void)name;
    return NULL;
}
static void why_no_library(sqlite_vfs *vfs, int size, char *out)
{
    (void)vfs;
    if (size > 0)
        snprintf(out, (size_t)size, "npsx: an extension is native code, and no database loads any");
}
static void (*no_symbol(sqlite_vfs *vfs, void *library, const char *name))(void)
{
    (void)vfs, (void)library, (void)name;
    return NULL;
}
static void no_close(sqlite_vfs *vfs, void *library)
{
    (void)vfs, (void)library;
}
static void *free_library(sqlite_vfs *vfs, const char *name)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return s->base->dl_open(s->base, name);
}
static void free_error(sqlite_vfs *vfs, int size, char *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    s->base->dl_error(s->base, size, out);
}
static void (*free_symbol(sqlite_vfs *vfs, void *library, const char *name))(void)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return s->base->dl_sym(s->base, library, name);
}
static void free_close(sqlite_vfs *vfs, void *library)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    s->base->dl_close(s->base, library);
}
static int vfs_randomness(sqlite_vfs *vfs, int size, char *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return s->base->randomness(s->base, size, out);
}
static int vfs_sleep(sqlite_vfs *vfs, int microseconds)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return s->base->sleep(s->base, microseconds);
}
static int vfs_last_error(sqlite_vfs *vfs, int size, char *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return s->base->last_error(s->base, size, out);
}

// Without a clock 'now' is NULL.
static bool tells_time(psx_sqlite *s)
{
    if (s->rights.free) return true;
    psx_question q = {.id = s->rights.id, .cap = PSX_CAP_CLOCK, .value = PSX_STR(""), .port = -1};
    bool told = enter(s) && psx_monitor_decide(s->files->m, &q).allowed && s->rights.clock;
    leave(s);
    return told;
}
static int vfs_time(sqlite_vfs *vfs, double *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return tells_time(s) ? s->base->time(s->base, out) : SQLITE_ERROR_;
}
static int vfs_time64(sqlite_vfs *vfs, int64_t *out)
{
    psx_sqlite *s = (psx_sqlite *)vfs;
    return tells_time(s) ? s->base->time64(s->base, out) : SQLITE_ERROR_;
}

// ---- making one ---------------------------------------------------------------------------------

static void fill(psx_sqlite *s)
{
    bool free_ = s->rights.free;
    s->vfs = (sqlite_vfs){
        .version = 2,
        .file_size = s->base->file_size,
        .path_max = s->base->path_max,
        .name = s->name,
        .open = vfs_open,
        .remove = vfs_remove,
        .access = vfs_access,
        .full_path = vfs_full_path,
        .dl_open = free_ ? free_library : no_library,
        .dl_error = free_ ? free_error : why_no_library,
        .dl_sym = free_ ? free_symbol : no_symbol,
        .dl_close = free_ ? free_close : no_close,
        .randomness = vfs_randomness,
        .sleep = vfs_sleep,
        .time = vfs_time,
        .last_error = vfs_last_error,
        .time64 = vfs_time64,
    };
}

static bool same(const psx_sqlite_rights *a, const psx_sqlite_rights *b)
{
    return a->id == b->id && a->free == b->free && a->clock == b->clock && a->others == b->others;
}

const char *psx_sqlite_vfs(psx_sqlite **all, psx_files *f, pthread_mutex_t *lock,
                           const psx_sqlite_rights *rights)
{
    for (psx_sqlite *s = *all; s; s = s->next)
        if (same(&s->rights, rights)) return s->name;
    psx_sqlite *s = enrol ? calloc(1, sizeof *s) : NULL;
    if (!s) return NULL;
    psx_sqlite_box(plain, f->m->plan.box_control, lock);
    s->base = plain;
    s->memory = memory;
    s->files = f;
    s->rights = *rights;
    s->lock = lock;
    bool good = make_name(s->name);
    if (good) {
        fill(s);
        good = enrol(&s->vfs, 0) == SQLITE_OK_;
    }
    if (!good) {
        free(s);
        return NULL;
    }
    s->next = *all;
    *all = s;
    return s->name;
}

void psx_sqlite_opening(psx_sqlite *all, bool on)
{
    for (; all; all = all->next)
        all->opening = on;
}

void psx_sqlite_fini(psx_sqlite *all)
{
    for (; all; all = all->next) {
        (void)enter(all);
        all->files = NULL;
        leave(all);
    }
}

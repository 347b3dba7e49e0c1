// Files that are granted by themselves: what the supervisor does for whoever holds the control
// socket, and that packets of every other shape get -EINVAL and nothing else.
#include "alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "box/super.h"
#include "box/wire.h"

typedef struct {
    char dir[64], own[80];
    psx_op op;
    psx_box_spec spec;
    psx_super super;
} world;

static int path_of(const world *w, const char *name, char out[256])
{
    return snprintf(out, 256, "%s/%s", w->dir, name);
}

static void put_file(const world *w, const char *name, const char *bytes)
{
    char path[256];
    path_of(w, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
    close(fd);
}

static const char *content(const world *w, const char *name)
{
    static char bytes[64];
    char path[256];
    path_of(w, name, path);
    int fd = open(path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0) return NULL;
    ssize_t n = read(fd, bytes, sizeof bytes - 1);
    close(fd);
    assert_true(n >= 0);
    bytes[n] = '\0';
    return bytes;
}

#define CONTENT(w, name, expected)                                                                 \
    do {                                                                                           \
        const char *c_ = content((w), (name));                                                     \
        assert_non_null(c_);                                                                       \
        assert_string_equal(c_, (expected));                                                       \
    } while (0)

static void make_dir(const world *w, const char *name)
{
    char path[256];
    path_of(w, name, path);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const world *w, const char *to, const char *name)
{
    char path[256];
    path_of(w, name, path);
    assert_int_equal(symlink(to, path), 0);
}

static const char policy_text[] =
    "{\"version\": 1, \"packages\": {\"a\": {"
    "\"fs.read\": [\"./both.txt\", \"./read.txt\", \"./tree/\", \"./link.txt\", \"./db.sqlite\","
    " \"./tree/made.txt\", \"./own/.named\", \"./only/named/made.txt\"],"
    "\"net.connect\": [\"unix:./only/socket\"],"
    "\"fs.write\": [\"./out.txt\", \"./both.txt\", \"./tree/\", \"./only/\", \"./db.sqlite\","
    " \"./tree/sub/one.txt\", \"./way/out.txt\", \"./packsec.policy.json\"]}}}";

static void grant(world *w)
{
    psx_policy *policy;
    psx_policy_holder *held;
    psx_str dir = psx_str_from(w->dir), file;
    psx_policy_dirs dirs = {dir, dir, dir, dir};
    psx_policy_subject a = {.name = PSX_STR("a"),
                            .version = PSX_STR("1.0.0"),
                            .location = PSX_STR("node_modules/a"),
                            .dir = psx_str_from(w->own),
                            .listed = true};
    psx_op_init(&w->op, 4u << 20);
    assert_false(psx_failed(
        psx_policy_parse(&w->op, psx_str_from(policy_text), PSX_STR("p.json"), &policy)));
    assert_false(psx_failed(psx_policy_resolve(&w->op, policy, &dirs)));
    assert_false(psx_failed(psx_op_format(&w->op, &file, "%s/packsec.policy.json", w->dir)));
    assert_false(psx_failed(psx_policy_protect(&w->op, policy, file)));
    assert_false(psx_failed(psx_policy_bind(&w->op, policy, &a, &held)));
    w->spec = (psx_box_spec){.kind = PSX_BOX_ENGINE, .policy = policy, .held = held};
}

static int set_up(void **state)
{
    static const psx_box_supervision how = {.audit_fd = -1, .learn_fd = -1};
    world *w = calloc(1, sizeof *w);
    snprintf(w->dir, sizeof w->dir, "/tmp/psx-entries-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    make_dir(w, "tree");
    make_dir(w, "tree/sub");
    make_dir(w, "only");
    make_dir(w, "elsewhere");
    put_file(w, "both.txt", "both");
    put_file(w, "read.txt", "read");
    put_file(w, "secret.txt", "secret");
    put_file(w, "elsewhere/out.txt", "elsewhere");
    put_file(w, "tree/a", "a");
    put_file(w, "only/hidden", "hidden");
    make_link(w, "secret.txt", "link.txt");
    make_link(w, "elsewhere", "way");
    make_dir(w, "own");
    put_file(w, "own/plain", "plain");
    put_file(w, "own/.env", "secret");
    put_file(w, "own/.named", "named");
    make_link(w, ".env", "own/link");
    snprintf(w->own, sizeof w->own, "%s/own", w->dir);
    grant(w);
    w->super = (psx_super){.spec = &w->spec,
                           .how = &how,
                           .engine = getpid(),
                           .engine_pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0),
                           .listener = -1};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    char command[128];
    psx_op_fini(&w->op);
    close(w->super.engine_pidfd);
    snprintf(command, sizeof command, "rm -r %s", w->dir);
    int r = system(command);
    free(w);
    return r;
}

// ---- questions ----------------------------------------------------------------------------------

typedef struct {
    size_t n;
    uint8_t bytes[16384];
} packet;

static void put(packet *p, const void *bytes, size_t n)
{
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

static void put_u32(packet *p, uint32_t v)
{
    put(p, &v, sizeof v);
}

static void put_path(const world *w, packet *p, const char *name)
{
    char path[256];
    int n = name[0] == '/' ? snprintf(path, sizeof path, "%s", name) : path_of(w, name, path);
    put_u32(p, (uint32_t)n);
    put(p, path, (size_t)n);
}

static int ask(world *w, int what, const packet *p, int *fd)
{
    uint8_t room[256];
    psx_super_reply a = {.bytes = room, .size = sizeof room, .fd = -1};
    psx_super_entries_ask(&w->super, what, p->bytes, p->n, &a);
    assert_int_equal(a.n, 0);
    if (a.rc < 0) assert_int_equal(a.fd, -1);
    if (fd) *fd = a.fd;
    return a.rc;
}

static int ask_open(world *w, const char *name, int flags, uint32_t mode)
{
    packet p = {0};
    int fd;
    put_u32(&p, (uint32_t)flags);
    put_u32(&p, mode);
    put_path(w, &p, name);
    int rc = ask(w, PSX_BOX_ASK_OPEN, &p, &fd);
    if (rc == 0) assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    return rc < 0 ? rc : fd;
}

static int try_open(world *w, const char *name, int flags)
{
    int fd = ask_open(w, name, flags, 0644);
    if (fd >= 0) close(fd);
    return fd < 0 ? fd : 0;
}

static int ask_unlink(world *w, const char *name)
{
    packet p = {0};
    put_path(w, &p, name);
    return ask(w, PSX_BOX_ASK_UNLINK, &p, NULL);
}

static int ask_rename(world *w, const char *from, const char *to)
{
    packet p = {0};
    put_path(w, &p, from);
    put_path(w, &p, to);
    return ask(w, PSX_BOX_ASK_RENAME, &p, NULL);
}

// ---- opening ------------------------------------------------------------------------------------

static void opens_what_is_granted(void **state)
{
    world *w = *state;
    int fd = ask_open(w, "out.txt", O_WRONLY | O_CREAT | O_EXCL, 0644);
    assert_true(fd >= 0);
    assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    CONTENT(w, "out.txt", "x");
    assert_int_equal(try_open(w, "out.txt", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
    assert_int_equal(try_open(w, "out.txt", O_WRONLY | O_TRUNC), 0);
    CONTENT(w, "out.txt", "");
    assert_int_equal(try_open(w, "both.txt", O_RDWR), 0);
    assert_int_equal(try_open(w, "read.txt", O_RDONLY), 0);
}

static void opens_nothing_else(void **state)
{
    world *w = *state;
    char path[256];
    assert_int_equal(try_open(w, "out.txt", O_RDONLY), -EACCES); // written only
    assert_int_equal(try_open(w, "read.txt", O_WRONLY), -EACCES);
    assert_int_equal(try_open(w, "read.txt", O_RDONLY | O_TRUNC), -EACCES);
    assert_int_equal(try_open(w, "secret.txt", O_RDONLY), -EACCES);
    assert_int_equal(try_open(w, "absent.txt", O_RDONLY), -EACCES);
    assert_int_equal(try_open(w, "out.txt", O_WRONLY), -ENOENT);
    assert_int_equal(try_open(w, "tree", O_RDWR), -EACCES);
    assert_int_equal(try_open(w, "packsec.policy.json", O_WRONLY | O_CREAT), -EACCES);
    assert_int_equal(try_open(w, "/etc/passwd", O_RDONLY), -EACCES);
    path_of(w, "out.txt", path);
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_int_equal(try_open(w, "out.txt", O_WRONLY), -EACCES);
    assert_int_equal(try_open(w, "out.txt", O_WRONLY | O_CREAT), -EACCES);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(try_open(w, "out.txt", O_WRONLY), -EISDIR);
}

// A package reads what lies in its own directory without a grant. What is hidden there is not
// meant.
static void keeps_what_is_hidden(void **state)
{
    world *w = *state;
    assert_int_equal(try_open(w, "own/plain", O_RDONLY), 0);
    assert_int_equal(try_open(w, "own/.env", O_RDONLY), -EACCES);
    assert_int_equal(try_open(w, "own/link", O_RDONLY), -EACCES);
    assert_int_equal(try_open(w, "own/.named", O_RDONLY), 0);
    assert_int_equal(try_open(w, "own/plain", O_WRONLY), -EACCES);
}

static void follows_no_link_of_a_package(void **state)
{
    world *w = *state;
    char path[256];
    make_link(w, "secret.txt", "out.txt");
    assert_int_equal(try_open(w, "out.txt", O_WRONLY), -EACCES);
    assert_int_equal(try_open(w, "out.txt", O_WRONLY | O_CREAT | O_TRUNC), -EACCES);
    CONTENT(w, "secret.txt", "secret");
    // the user's own: for reading it means what it leads to
    assert_int_equal(try_open(w, "link.txt", O_RDONLY), 0);
    assert_int_equal(try_open(w, "link.txt", O_RDONLY | O_NOFOLLOW), -ELOOP);
    // the user's own on the way
    assert_int_equal(try_open(w, "way/out.txt", O_WRONLY), 0);
    // beneath what a package may write, it may be the package's
    assert_int_equal(rmdir((path_of(w, "tree/sub", path), path)), 0);
    make_link(w, "../elsewhere", "tree/sub");
    put_file(w, "elsewhere/one.txt", "one");
    assert_int_equal(try_open(w, "tree/sub/one.txt", O_WRONLY), -EACCES);
    make_link(w, "../secret.txt", "tree/made.txt");
    assert_int_equal(try_open(w, "tree/made.txt", O_RDONLY), -EACCES);
}

static void makes_no_set_user_id(void **state)
{
    world *w = *state;
    struct stat st;
    char path[256];
    assert_int_equal(ask_open(w, "out.txt", O_WRONLY | O_CREAT, 04755), -EPERM);
    assert_int_equal(ask_open(w, "out.txt", O_WRONLY | O_CREAT, 02755), -EPERM);
    assert_null(content(w, "out.txt"));
    int fd = ask_open(w, "out.txt", O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(stat((path_of(w, "out.txt", path), path), &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
}

static void serves_databases(void **state)
{
    world *w = *state;
    assert_int_equal(try_open(w, "db.sqlite", O_RDWR | O_CREAT), 0);
    assert_int_equal(try_open(w, "db.sqlite-journal", O_RDWR | O_CREAT), 0);
    assert_int_equal(try_open(w, "db.sqlite-wal", O_RDWR | O_CREAT), 0);
    assert_int_equal(ask_unlink(w, "db.sqlite-journal"), 0);
    assert_int_equal(try_open(w, "db.sqlite-other", O_RDWR | O_CREAT), -EACCES);
    assert_int_equal(try_open(w, "read.txt-journal", O_RDWR | O_CREAT), -EACCES);
    assert_int_equal(try_open(w, "tree-wal", O_RDWR | O_CREAT), -EACCES);
}

// ---- directories --------------------------------------------------------------------------------

static int ask_mkdir(world *w, const char *name, uint32_t mode)
{
    packet p = {0};
    put_u32(&p, mode);
    put_path(w, &p, name);
    return ask(w, PSX_BOX_ASK_MKDIR, &p, NULL);
}

static int ask_rmdir(world *w, const char *name)
{
    packet p = {0};
    put_path(w, &p, name);
    return ask(w, PSX_BOX_ASK_RMDIR, &p, NULL);
}

static void works_in_directories(void **state)
{
    world *w = *state;
    assert_int_equal(ask_mkdir(w, "tree/new", 0755), 0);
    assert_int_equal(ask_mkdir(w, "tree/new", 0755), -EEXIST);
    assert_int_equal(try_open(w, "tree/new/file", O_RDWR | O_CREAT), 0);
    assert_int_equal(try_open(w, "tree/new", O_RDONLY | O_DIRECTORY), 0);
    assert_int_equal(ask_rmdir(w, "tree/new"), -ENOTEMPTY);
    assert_int_equal(ask_unlink(w, "tree/new/file"), 0);
    assert_int_equal(ask_rmdir(w, "tree/new"), 0);
    // the granted directory itself: made and removed, nothing else
    assert_int_equal(ask_unlink(w, "only/hidden"), 0);
    assert_int_equal(ask_rmdir(w, "only"), 0);
    assert_int_equal(ask_mkdir(w, "only", 0700), 0);
    assert_int_equal(try_open(w, "only/x", O_WRONLY | O_CREAT), 0);
    assert_int_equal(ask_rmdir(w, "elsewhere"), -EACCES);
    assert_int_equal(ask_mkdir(w, "other", 0755), -EACCES);
    assert_int_equal(ask_mkdir(w, "tree/special", 02755), -EPERM);
}

static void follows_links_that_stay(void **state)
{
    world *w = *state;
    make_link(w, "sub", "tree/inside");
    make_link(w, "a", "tree/to-a");
    make_link(w, "../secret.txt", "tree/out");
    make_link(w, "../elsewhere", "tree/away");
    make_link(w, "/etc", "tree/etc");
    assert_int_equal(try_open(w, "tree/inside/new", O_RDWR | O_CREAT), 0);
    CONTENT(w, "tree/sub/new", "");
    assert_int_equal(try_open(w, "tree/to-a", O_RDWR), 0);
    assert_int_equal(try_open(w, "tree/to-a", O_RDWR | O_NOFOLLOW), -ELOOP);
    assert_int_equal(try_open(w, "tree/out", O_RDONLY), -EACCES);
    assert_int_equal(try_open(w, "tree/away/out.txt", O_RDONLY), -EACCES);
    assert_int_equal(try_open(w, "tree/etc/passwd", O_RDONLY), -EACCES);
    assert_int_equal(ask_unlink(w, "tree/away/out.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/a", "tree/away/out.txt"), -EACCES);
    CONTENT(w, "elsewhere/out.txt", "elsewhere");
}

// ---- removing and renaming ----------------------------------------------------------------------

static void removes_what_is_granted(void **state)
{
    world *w = *state;
    assert_int_equal(ask_unlink(w, "both.txt"), 0);
    assert_null(content(w, "both.txt"));
    assert_int_equal(ask_unlink(w, "both.txt"), -ENOENT);
    assert_int_equal(ask_unlink(w, "read.txt"), -EACCES);
    assert_int_equal(ask_unlink(w, "secret.txt"), -EACCES);
    assert_int_equal(ask_unlink(w, "tree/a"), 0);
    assert_int_equal(ask_unlink(w, "tree"), -EACCES);
    assert_int_equal(ask_unlink(w, "tree/sub"), -EISDIR);
}

static void renames_what_is_granted(void **state)
{
    world *w = *state;
    assert_int_equal(ask_rename(w, "tree/a", "both.txt"), 0);
    CONTENT(w, "both.txt", "a");
    assert_int_equal(ask_rename(w, "both.txt", "tree/b"), 0);
    assert_int_equal(ask_rename(w, "tree/b", "tree/c"), 0);
    assert_int_equal(ask_rename(w, "tree/c", "tree/b"), 0);
    assert_int_equal(ask_rename(w, "tree/b", "secret.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/b", "tree"), -EACCES);
    assert_int_equal(ask_rename(w, "only", "tree/d"), -EACCES);
    assert_int_equal(ask_rename(w, "secret.txt", "both.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "read.txt", "both.txt"), -EACCES);
    CONTENT(w, "secret.txt", "secret");
}

static void gives_no_reading_by_a_name(void **state)
{
    world *w = *state;
    // may be written, not read
    assert_int_equal(ask_rename(w, "only/hidden", "both.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "only/hidden", "out.txt"), 0);
    assert_int_equal(ask_rename(w, "out.txt", "both.txt"), -EACCES);
    CONTENT(w, "both.txt", "both");
}

static void moves_files_only(void **state)
{
    world *w = *state;
    make_link(w, "../secret.txt", "tree/link");
    assert_int_equal(ask_rename(w, "tree/link", "both.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/link", "tree/other"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/sub", "both.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/sub", "out.txt"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/sub", "tree/new"), 0);
    // what is in it would be readable, or is granted, by its new name
    make_dir(w, "only/dir");
    put_file(w, "only/dir/made.txt", "hidden");
    assert_int_equal(ask_rename(w, "only/dir", "tree/dir"), -EACCES);
    assert_int_equal(ask_rename(w, "only/dir", "only/named"), -EACCES);
    assert_int_equal(ask_rename(w, "only/dir", "only/other"), 0);
    assert_int_equal(ask_rename(w, "tree/a", "only/socket"), -EACCES);
    assert_int_equal(ask_rename(w, "tree/absent", "both.txt"), -ENOENT);
    CONTENT(w, "both.txt", "both");
}

// ---- hostile packets ----------------------------------------------------------------------------

static void refuses_every_other_shape(void **state)
{
    world *w = *state;
    static const int kinds[] = {PSX_BOX_ASK_OPEN, PSX_BOX_ASK_UNLINK, PSX_BOX_ASK_RENAME,
                                PSX_BOX_ASK_MKDIR, PSX_BOX_ASK_RMDIR};
    static const size_t numbers[] = {8, 0, 0, 4, 0};
    for (int what = 0; what < 256; what++) {
        packet p = {0};
        if (what >= PSX_BOX_ASK_OPEN && what <= PSX_BOX_ASK_RMDIR && what != PSX_BOX_ASK_REFUSED)
            continue;
        put_path(w, &p, "both.txt");
        assert_int_equal(ask(w, what, &p, NULL), -EINVAL);
    }
    for (size_t k = 0; k < 5; k++) {
        packet whole = {0};
        if (k == 0) put_u32(&whole, O_WRONLY | O_TRUNC);
        if (numbers[k]) put_u32(&whole, 0);
        put_path(w, &whole, "both.txt");
        if (k == 2) put_path(w, &whole, "out.txt");
        for (size_t n = 0; n < whole.n; n++) { // cut off everywhere
            packet p = {.n = n};
            memcpy(p.bytes, whole.bytes, n);
            assert_int_equal(ask(w, kinds[k], &p, NULL), -EINVAL);
        }
        packet p = whole;
        put(&p, "", 1); // something behind the end
        assert_int_equal(ask(w, kinds[k], &p, NULL), -EINVAL);
        for (size_t at = 0; at < 4; at++) { // every wrong length
            for (unsigned v = 1; v < 256; v++) {
                p = whole;
                p.bytes[numbers[k] + at] ^= (uint8_t)v;
                int rc = ask(w, kinds[k], &p, NULL);
                assert_int_equal(rc, -EINVAL);
            }
        }
    }
    CONTENT(w, "both.txt", "both");
}

static void refuses_untidy_paths(void **state)
{
    world *w = *state;
    static const char *const paths[] = {
        "both.txt/", "./both.txt", "tree/../both.txt", "tree//a", "/", "tree/.", "..", "/proc/.."};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(ask_unlink(w, paths[i]), -EINVAL);
    packet p = {0};
    put_u32(&p, 8);
    put(&p, "both.txt", 8); // relative
    assert_int_equal(ask(w, PSX_BOX_ASK_UNLINK, &p, NULL), -EINVAL);
    p.n = 0;
    put_path(w, &p, "both.txt");
    p.bytes[p.n - 1] = '\0';
    assert_int_equal(ask(w, PSX_BOX_ASK_UNLINK, &p, NULL), -EINVAL);
    p.n = 0;
    put_u32(&p, 5000);
    memset(p.bytes + p.n, 'x', 5000);
    p.bytes[p.n] = '/';
    p.n += 5000;
    assert_int_equal(ask(w, PSX_BOX_ASK_UNLINK, &p, NULL), -EINVAL);
    p.n = 0; // one name that is too long
    put_u32(&p, 300);
    memset(p.bytes + p.n, 'x', 300);
    p.bytes[p.n] = '/';
    p.n += 300;
    assert_int_equal(ask(w, PSX_BOX_ASK_UNLINK, &p, NULL), -EINVAL);
    CONTENT(w, "both.txt", "both");
}

static void refuses_unknown_flags(void **state)
{
    world *w = *state;
    for (int bit = 0; bit < 32; bit++) {
        const int known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
                          O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | O_NOFOLLOW |
                          O_NOATIME | O_CLOEXEC | O_DIRECTORY;
        int flag = (int)(1u << bit);
        if (flag & known) continue;
        assert_int_equal(try_open(w, "both.txt", O_RDWR | flag), -EINVAL);
    }
    assert_int_equal(try_open(w, "both.txt", O_ACCMODE), -EINVAL);
    assert_int_equal(ask_open(w, "both.txt", O_RDWR, 010000), -EINVAL);
}

// Whatever it is, nothing but what is granted changes, and nobody falls over.
static void survives_noise(void **state)
{
    world *w = *state;
    uint32_t seed = 1;
    for (int i = 0; i < 50000; i++) {
        packet p = {0};
        for (p.n = 0; p.n < (size_t)(i % 64); p.n++) {
            seed = seed * 1664525 + 1013904223;
            p.bytes[p.n] = (uint8_t)(seed >> 24);
        }
        int fd = -1, rc = ask(w, i % 9, &p, &fd);
        assert_int_equal(rc, -EINVAL);
        assert_int_equal(fd, -1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    umask(022);
    const struct CMUnitTest tests[] = {
        TEST(opens_what_is_granted),      TEST(opens_nothing_else),
        TEST(keeps_what_is_hidden),       TEST(follows_no_link_of_a_package),
        TEST(makes_no_set_user_id),       TEST(serves_databases),
        TEST(works_in_directories),       TEST(follows_links_that_stay),
        TEST(removes_what_is_granted),    TEST(renames_what_is_granted),
        TEST(gives_no_reading_by_a_name), TEST(moves_files_only),
        TEST(refuses_every_other_shape),  TEST(refuses_untidy_paths),
        TEST(refuses_unknown_flags),      TEST(survives_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "box/place.h"
#include "os/beneath.h"
#include "policy/path.h"

enum { RULES_MAX = 512 };

// ---- text ---------------------------------------------------------------------------------------

bool psx_box_place_is_tidy(psx_str path)
{
    return path.n >= 2 && path.n < PATH_MAX && path.p[path.n - 1] != '/' &&
           psx_path_is_normal(path) && psx_path_base(path).n <= NAME_MAX;
}

static psx_str parent_of(psx_str path)
{
    size_t slash = psx_str_find_last(path, '/');
    return psx_str_slice(path, 0, slash ? slash : 1);
}

// What is left of path under root.
static psx_str rest_of(psx_str path, psx_str root)
{
    if (path.n <= root.n) return PSX_STR(".");
    return psx_str_slice(path, root.n + (root.n > 1), path.n);
}

static bool terminate(psx_str s, char out[PATH_MAX])
{
    if (s.n >= PATH_MAX) return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

// ---- directories --------------------------------------------------------------------------------

// The deepest directory above path (or path itself) that the holder may write to.
static psx_str writable_above(const psx_policy_holder *held, psx_str path, bool itself)
{
    const psx_policy_rule *rules[RULES_MAX];
    psx_str best = {0};
    size_t n = psx_policy_rules(held, PSX_CAP_FS_WRITE, rules, RULES_MAX);
    // More than can be looked at: everything is its own work.
    if (n > RULES_MAX) return path.n > 1 ? PSX_STR("/") : best;
    for (size_t i = 0; i < n; i++) {
        psx_str root = rules[i]->root;
        if (!root.n || !psx_path_under(root, path)) continue;
        if ((itself || root.n < path.n) && root.n > best.n) best = root;
    }
    return best;
}

// Each step is strictly shorter, so this ends.
int psx_box_place_dir(const psx_policy_holder *held, psx_str path)
{
    char text[PATH_MAX];
    psx_str above = writable_above(held, path, false);
    if (!above.n) return terminate(path, text) ? psx_os_open_dir(text) : -ENAMETOOLONG;
    int outer = psx_box_place_dir(held, above);
    if (outer < 0) return outer;
    int fd = -ENAMETOOLONG;
    if (terminate(rest_of(path, above), text))
        fd = psx_os_open_beneath(outer, text, O_PATH | O_DIRECTORY, 0, PSX_OS_NO_LINKS);
    psx_os_close(outer);
    return fd == -ELOOP ? -EACCES : fd;
}

int psx_box_place_open(const psx_policy_holder *held, psx_str path, psx_box_place *out)
{
    psx_str leaf = psx_path_base(path);
    if (!psx_box_place_is_tidy(path)) return -EINVAL;
    memcpy(out->leaf, leaf.p, leaf.n);
    out->leaf[leaf.n] = '\0';
    out->dir = psx_box_place_dir(held, parent_of(path));
    if (out->dir < 0) return out->dir;
    if (psx_os_fd_is_procfs(out->dir) == 0) return 0;
    psx_os_close(out->dir);
    return -EACCES;
}

bool psx_box_place_is_writable(const psx_policy_holder *held, psx_str path)
{
    return writable_above(held, path, true).n > 0;
}

// ---- files --------------------------------------------------------------------------------------

// What there is: looked at before it is opened, because opening a pipe or a device does something.
static int open_there(const psx_box_place *place, int flags)
{
    char self[40];
    struct stat st;
    int seen = openat(place->dir, place->leaf, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd = -EACCES;
    if (seen < 0) return -errno;
    if (fstat(seen, &st) < 0) fd = -errno;
    if (S_ISLNK(st.st_mode)) fd = -ELOOP;
    if (S_ISDIR(st.st_mode)) fd = flags & O_ACCMODE ? -EISDIR : -EACCES;
    if (S_ISREG(st.st_mode)) {
        snprintf(self, sizeof self, "/proc/self/fd/%d", seen);
        fd = psx_os_open_any(self, (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_NONBLOCK, 0);
    }
    psx_os_close(seen);
    return fd;
}

static int open_waiting_for_nobody(const psx_box_place *place, int flags, mode_t mode)
{
    const int made = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    for (int tries = 0; tries < 8; tries++) {
        if (flags & O_CREAT) {
            int fd = openat(place->dir, place->leaf, flags | made, mode);
            if (fd >= 0) return fd;
            if (errno != EEXIST || flags & O_EXCL) return -errno;
        }
        int fd = open_there(place, flags);
        if (fd != -ENOENT || !(flags & O_CREAT)) return fd;
    }
    return -EACCES;
}

int psx_box_place_file(const psx_box_place *place, int flags, mode_t mode)
{
    int fd = open_waiting_for_nobody(place, flags, mode);
    if (fd < 0 || flags & O_NONBLOCK) return fd;
    int now = fcntl(fd, F_GETFL);
    if (now >= 0 && fcntl(fd, F_SETFL, now & ~O_NONBLOCK) == 0) return fd;
    psx_os_close(fd);
    return -EACCES;
}

// ---- real paths ---------------------------------------------------------------------------------

static bool replace_front(psx_str path, psx_str front, psx_str with, char out[PATH_MAX],
                          psx_str *text)
{
    psx_str rest = path.n > front.n ? rest_of(path, front) : PSX_STR("");
    const char *slash = rest.n && with.n > 1 ? "/" : "";
    int n = snprintf(out, PATH_MAX, "%.*s%s%.*s", PSX_FMT(with), slash, PSX_FMT(rest));
    if (n < 0 || n >= PATH_MAX) return false;
    *text = (psx_str){out, (size_t)n};
    return true;
}

// The real path of a rule's root (of a single file: of the directory that it is in).
static bool real_root(const psx_policy_holder *held, psx_str root, char real[PATH_MAX],
                      psx_str *out)
{
    int dir = psx_box_place_dir(held, root);
    if (dir < 0) return false;
    int n = psx_os_fd_path(dir, real, PATH_MAX);
    psx_os_close(dir);
    *out = (psx_str){real, n > 0 ? (size_t)n : 0};
    return n > 0;
}

bool psx_box_place_in_words(const psx_policy_holder *held, psx_cap cap, psx_str real,
                            char words[PATH_MAX], psx_str *out, size_t *next)
{
    const psx_policy_rule *rules[RULES_MAX];
    char text[PATH_MAX];
    size_t n = psx_policy_rules(held, cap, rules, RULES_MAX);
    for (; *next < n && *next < RULES_MAX; ++*next) {
        psx_str root = rules[*next]->root, there;
        if (root.n < 2) continue;
        if (rules[*next]->kind == PSX_RULE_FILE) root = parent_of(root);
        if (psx_path_under(root, real) || !real_root(held, root, text, &there)) continue;
        if (!psx_path_under(there, real)) continue;
        ++*next;
        return replace_front(real, there, root, words, out);
    }
    return false;
}

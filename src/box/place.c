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

static bool join(psx_str a, psx_str b, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%.*s%s%.*s", PSX_FMT(a), a.n > 1 ? "/" : "", PSX_FMT(b));
    return n > 0 && n < PATH_MAX;
}

// What is behind fd, which was opened beneath the root, in the words of the rule.
static bool tell(const psx_box_place *p, psx_str root, int fd, psx_str leaf, char out[PATH_MAX])
{
    char above[PATH_MAX], below[PATH_MAX], dir[PATH_MAX];
    int n = psx_os_fd_path(p->root, above, sizeof above);
    int m = psx_os_fd_path(fd, below, sizeof below);
    if (n <= 0 || m <= 0) return false;
    psx_str top = {above, (size_t)n}, real = {below, (size_t)m};
    if (!psx_path_under(top, real)) return false;
    psx_str rest = real.n > top.n ? rest_of(real, top) : PSX_STR("");
    if (rest.n ? !join(root, rest, dir) : !terminate(root, dir)) return false;
    return leaf.n ? join(psx_str_from(dir), leaf, out) : terminate(psx_str_from(dir), out);
}

static psx_str root_of(const psx_policy_rule *rule, psx_str path)
{
    if (rule->kind == PSX_RULE_FILE) return parent_of(path);
    return rule->root.n ? rule->root : PSX_STR("/");
}

static int open_dir(const psx_policy_holder *held, psx_str root, psx_str path, psx_box_place *p)
{
    char rest[PATH_MAX];
    if (psx_str_eq(root, path)) return psx_box_place_dir(held, parent_of(path));
    if (!terminate(rest_of(parent_of(path), root), rest)) return -ENAMETOOLONG;
    return psx_os_open_beneath(p->root, rest, O_PATH | O_DIRECTORY, 0, PSX_OS_FOLLOW);
}

static int open_place(const psx_policy_holder *held, const psx_policy_rule *rule, psx_str path,
                      psx_box_place *p)
{
    psx_str root = root_of(rule, path), leaf = psx_path_base(path);
    bool is_root = psx_str_eq(root, path);
    if (!terminate(path, p->path)) return -ENAMETOOLONG;
    memcpy(p->leaf, leaf.p, leaf.n);
    p->leaf[leaf.n] = '\0';
    p->single = rule->kind == PSX_RULE_FILE;
    p->rest = is_root ? "." : p->path + root.n + (root.n > 1);
    p->root = is_root ? -1 : psx_box_place_dir(held, root);
    if (p->root < 0 && !is_root) return p->root;
    p->dir = open_dir(held, root, path, p);
    if (p->dir < 0) return p->dir;
    if (psx_os_fd_is_procfs(p->dir) != 0) return -EACCES;
    bool told = is_root ? terminate(path, p->words) : tell(p, root, p->dir, leaf, p->words);
    return told ? 0 : -EACCES;
}

int psx_box_place_open(const psx_policy_holder *held, const psx_policy_rule *rule, psx_str path,
                       bool whole, psx_box_place *out)
{
    out->root = out->dir = -1;
    if (!psx_box_place_is_tidy(path)) return -EINVAL;
    if (!whole && rule->kind != PSX_RULE_FILE && psx_str_eq(rule->root, path)) return -EACCES;
    int e = open_place(held, rule, path, out);
    if (e < 0) psx_box_place_close(out);
    return e;
}

void psx_box_place_close(psx_box_place *place)
{
    if (place->root >= 0) psx_os_close(place->root);
    if (place->dir >= 0) psx_os_close(place->dir);
    place->root = place->dir = -1;
}

bool psx_box_place_is_writable(const psx_policy_holder *held, psx_str path)
{
    return writable_above(held, path, true).n > 0;
}

// ---- files --------------------------------------------------------------------------------------

// It was opened so that it waits for nobody; from now on it does as it was asked to.
static int unblock(int fd, int flags)
{
    if (fd < 0 || flags & O_NONBLOCK) return fd;
    int now = fcntl(fd, F_GETFL);
    if (now >= 0 && fcntl(fd, F_SETFL, now & ~O_NONBLOCK) == 0) return fd;
    psx_os_close(fd);
    return -EACCES;
}

int psx_box_place_reopen(int seen, int flags)
{
    char self[40];
    struct stat st;
    if (fstat(seen, &st) < 0) return -errno;
    if (S_ISLNK(st.st_mode)) return -ELOOP;
    if (S_ISDIR(st.st_mode) && flags & (O_ACCMODE | O_CREAT | O_TRUNC)) return -EISDIR;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return -EACCES;
    snprintf(self, sizeof self, "/proc/self/fd/%d", seen);
    int with = (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_NONBLOCK;
    return unblock(psx_os_open_any(self, with, 0), flags);
}

// What there is: looked at before it is opened, because opening a pipe or a device does something.
static int open_there(const psx_box_place *place, int flags)
{
    int seen = openat(place->dir, place->leaf, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (seen < 0) return -errno;
    int fd = psx_box_place_reopen(seen, flags);
    psx_os_close(seen);
    return fd;
}

int psx_box_place_follow(psx_box_place *place, const psx_policy_rule *rule)
{
    if (place->single || place->root < 0) return -EACCES;
    int fd = psx_os_open_beneath(place->root, place->rest, O_PATH, 0, PSX_OS_FOLLOW);
    if (fd < 0) return fd;
    psx_str root = root_of(rule, psx_str_from(place->path));
    if (psx_os_fd_is_procfs(fd) == 0 && tell(place, root, fd, (psx_str){0}, place->words))
        return fd;
    psx_os_close(fd);
    return -EACCES;
}

int psx_box_place_file(const psx_box_place *place, int flags, mode_t mode)
{
    const int made = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    for (int tries = 0; tries < 8; tries++) {
        if (flags & O_CREAT) {
            int fd = openat(place->dir, place->leaf, flags | made, mode);
            if (fd >= 0) return unblock(fd, flags);
            if (errno != EEXIST || flags & O_EXCL) return -errno;
        }
        int fd = open_there(place, flags);
        if (fd != -ENOENT || !(flags & O_CREAT)) return fd;
    }
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

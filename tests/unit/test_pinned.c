#include "alloc.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/verity.h"
#include "trust/pinned.h"

// What the kernel would measure: file systems with fs-verity are rare where tests run.
static struct {
    int e;
    size_t n;
    uint8_t digest[PSX_OS_VERITY_MOST];
} measured;

int psx_os_verity_measure(int fd, uint8_t *digest, size_t *n)
{
    if (fd < 0) fail_msg("measured without a descriptor");
    if (measured.e < 0) return measured.e;
    memcpy(digest, measured.digest, measured.n);
    *n = measured.n;
    return 0;
}

#define A          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEAD(what) "# packsec pins 1 " what "\n"

static psx_pinned list_of(const char *text, const char *project)
{
    psx_pinned p = {.project = psx_str_from(project)};
    assert_true(psx_pins_open(psx_str_from(text), &p.pins));
    return p;
}

static void by_fs_verity(void **state)
{
    (void)state;
    static const char list[] =
        HEAD("project") "fsverity:sha256:" A "  a.js\nfsverity:sha512:" A A "  b.js\n";
    psx_pinned p = list_of(list, "/p");
    const psx_str a = PSX_STR("/p/a.js"), b = PSX_STR("/p/b.js");
    psx_digest other = psx_digest_of(PSX_STR("whatever the bytes are"));
    memset(&measured, 0, sizeof measured);
    measured.n = 32;
    memset(measured.digest, 0xaa, sizeof measured.digest);
    assert_int_equal(psx_pinned_file(&p, a, 3, &other), PSX_PINNED_YES);
    assert_int_equal(psx_pinned_file(&p, b, 3, &other), PSX_PINNED_CHANGED); // of another length
    measured.n = 64;
    assert_int_equal(psx_pinned_file(&p, b, 3, &other), PSX_PINNED_YES);
    assert_int_equal(psx_pinned_file(&p, a, 3, &other), PSX_PINNED_CHANGED);
    measured.n = 32;
    measured.digest[31] ^= 1;
    assert_int_equal(psx_pinned_file(&p, a, 3, &other), PSX_PINNED_CHANGED);
    measured.digest[31] ^= 1;
    assert_int_equal(psx_pinned_file(&p, a, -1, &other), PSX_PINNED_CHANGED); // nothing to measure
    static const int errors[] = {-ENODATA, -ENOTTY, -EOPNOTSUPP, -EIO};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        measured.e = errors[i];
        assert_int_equal(psx_pinned_file(&p, a, 3, &other), PSX_PINNED_CHANGED);
    }
    measured.e = 0;
}

static void what_is_covered(void **state)
{
    (void)state;
    psx_pinned all = list_of(HEAD("project"), "/p"), packages = list_of(HEAD("packages"), "/p");
    static const struct {
        const char *path, *key;
        bool package;
    } rows[] = {
        {"/p/a.js", "a.js", false},
        {"/p/node_modules/x/i.js", "node_modules/x/i.js", true},
        {"/p/sub/node_modules/x/i.js", "sub/node_modules/x/i.js", true},
        {"/p/my_node_modules/x.js", "my_node_modules/x.js", false},
        {"/p/node_modules", "node_modules", true},
        {"/pp/a.js", "/pp/a.js", false},
        {"/usr/lib/node_modules/x/i.js", "/usr/lib/node_modules/x/i.js", true},
        {"/p", "/p", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        psx_str path = psx_str_from(rows[i].path), key = psx_pinned_key(&all, path);
        psx_digest d = {0};
        assert_true(psx_str_is(key, rows[i].key));
        assert_int_equal(psx_pinned_file(&all, path, -1, &d), PSX_PINNED_UNLISTED);
        assert_int_equal(psx_pinned_file(&packages, path, -1, &d),
                         rows[i].package ? PSX_PINNED_UNLISTED : PSX_PINNED_YES);
    }
    psx_pinned root = list_of(HEAD("project"), "/");
    assert_true(psx_str_is(psx_pinned_key(&root, PSX_STR("/a/b.js")), "a/b.js"));
}

static void ways(void **state)
{
    (void)state;
    char dir[] = "/tmp/psx-pinned-XXXXXX", at[PSX_PIN_PATH_MAX], line[512], path[256];
    assert_non_null(mkdtemp(dir));
    psx_digest d = psx_digest_of(PSX_STR("real"));
    char hex[65];
    psx_digest_hex(&d, 32, hex);
    snprintf(line, sizeof line, HEAD("project") "link:%s  link\n" A "  real/f.js\n", hex);
    psx_pinned p = list_of(line, dir);
    const struct {
        const char *make, *text, *path;
        psx_pinned_verdict v;
    } rows[] = {
        {NULL, NULL, "real", PSX_PINNED_YES},
        {"link", "real", "link", PSX_PINNED_YES},
        {NULL, NULL, "link/f.js", PSX_PINNED_MISSING},
        {"other", "real", "other", PSX_PINNED_LINK}, // not listed
        {"loop", "loop", "loop", PSX_PINNED_LINK},
        {"real/up", "../link", "real/up", PSX_PINNED_LINK},
        {NULL, NULL, "nothing", PSX_PINNED_MISSING},
        {NULL, NULL, "real/../link/.", PSX_PINNED_YES},
        {"link", "other", "link", PSX_PINNED_LINK}, // listed with another text
    };
    snprintf(path, sizeof path, "%s/real", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, rows[i].make ? rows[i].make : ".");
        if (rows[i].make) (void)unlink(path);
        if (rows[i].make) assert_int_equal(symlink(rows[i].text, path), 0);
        snprintf(path, sizeof path, "%s/%s", dir, rows[i].path);
        psx_pinned_verdict v = psx_pinned_way(&p, psx_str_from(path), at);
        if (v != rows[i].v) fail_msg("row %zu: %d at %s", i, (int)v, at);
    }
    static const char *const made[] = {"link", "other", "loop", "real/up"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, made[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/real", dir);
    (void)rmdir(path);
    (void)rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_fs_verity),
        cmocka_unit_test(what_is_covered),
        cmocka_unit_test(ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>

#include "alloc.h"

#include "addon/pack.h"
#include "addon/prune.h"

static psx_digest digest(const char *text)
{
    return psx_digest_of(psx_str_from(text));
}

static char *fresh_dir(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/psx-test-pack-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static void remove_dir(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        (void)unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d) closedir(d);
    (void)rmdir(path);
}

static psx_pack *open_in(const char *dir)
{
    psx_digest name = digest("main"), stamp = digest("stamp");
    psx_pack *p = psx_pack_open(psx_str_from(dir), &name, &stamp);
    assert_non_null(p);
    return p;
}

static const psx_pack_facts some_facts = {
    .flags = 5,
    .kind = 1,
    .free = PSX_STR_INIT("exports,require"),
    .exports = PSX_STR_INIT("a,b"),
};

static void put_some(psx_pack *p)
{
    psx_digest a = digest("a"), b = digest("b");
    psx_pack_put_facts(p, &a, &some_facts);
    psx_pack_put_facts(p, &b, &(psx_pack_facts){0});
    psx_pack_put_code(p, &a, PSX_STR("x"), PSX_STR("code of a with x"));
    psx_pack_put_code(p, &a, PSX_STR("y"), PSX_STR("code of a with y, a little longer"));
    psx_pack_put_code(p, &b, (psx_str){0}, (psx_str){"", 0});
}

static void check_some(psx_pack *p)
{
    psx_pack_facts f;
    psx_str code;
    psx_digest a = digest("a"), c = digest("c");
    assert_true(psx_pack_facts_of(p, &a, &f));
    assert_int_equal(f.flags, 5);
    assert_int_equal(f.kind, 1);
    assert_true(psx_str_is(f.free, "exports,require"));
    assert_true(psx_str_is(f.assigned, ""));
    assert_true(psx_str_is(f.exports, "a,b"));
    assert_true(psx_pack_code_of(p, &a, PSX_STR("y"), &code));
    assert_true(psx_str_is(code, "code of a with y, a little longer"));
    assert_int_equal((uintptr_t)code.p % 16, 0);
    assert_false(psx_pack_code_of(p, &a, PSX_STR("z"), &code));
    assert_false(psx_pack_facts_of(p, &c, &f));
}

static void what_was_put_is_found_again(void **state)
{
    (void)state;
    const char *dir = fresh_dir();
    psx_pack *p = open_in(dir);
    put_some(p);
    check_some(p); // in the same run
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    p = open_in(dir);
    check_some(p); // in the next one
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    remove_dir(dir);
}

static void another_stamp_finds_nothing(void **state)
{
    (void)state;
    const char *dir = fresh_dir();
    psx_pack_facts f;
    psx_digest name = digest("main"), stamp = digest("another engine"), a = digest("a");
    psx_pack *p = open_in(dir);
    put_some(p);
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    p = psx_pack_open(psx_str_from(dir), &name, &stamp);
    assert_false(psx_pack_facts_of(p, &a, &f));
    psx_pack_close(p);
    remove_dir(dir);
}

static void unused_entries_age_out(void **state)
{
    (void)state;
    const char *dir = fresh_dir();
    psx_pack_facts f;
    psx_digest a = digest("a"), b = digest("b");
    psx_pack *p = open_in(dir);
    put_some(p);
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    for (int run = 0; run < 12; run++) {
        char text[16];
        snprintf(text, sizeof text, "new %d", run);
        psx_digest fresh = digest(text);
        p = open_in(dir);
        assert_true(psx_pack_facts_of(p, &a, &f)); // used in every run
        psx_pack_put_facts(p, &fresh, &some_facts);
        assert_int_equal(psx_pack_write(p), 0);
        psx_pack_close(p);
    }
    p = open_in(dir);
    assert_true(psx_pack_facts_of(p, &a, &f));
    assert_false(psx_pack_facts_of(p, &b, &f));
    psx_pack_close(p);
    remove_dir(dir);
}

static bool is_on(const char *dir)
{
    psx_pack_facts f;
    psx_digest a = digest("a");
    psx_pack *p = open_in(dir);
    put_some(p);
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    p = open_in(dir);
    bool found = psx_pack_facts_of(p, &a, &f);
    psx_pack_close(p);
    return found;
}

static void a_directory_that_others_can_reach_is_not_used(void **state)
{
    (void)state;
    const char *dir = fresh_dir();
    char path[128];
    static const mode_t open_to_others[] = {0777, 0770, 0755, 0701};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(chmod(dir, open_to_others[i]), 0);
        assert_false(is_on(dir));
    }
    assert_int_equal(chmod(dir, 0700), 0);
    assert_true(is_on(dir));
    remove_dir(dir);
    assert_false(is_on("relative"));
    assert_false(is_on(""));
    assert_false(is_on("/dev/null"));
    // A link as the directory; and directories that are not there yet are made.
    dir = fresh_dir();
    snprintf(path, sizeof path, "%s/deep/cache", dir);
    assert_true(is_on(path));
    remove_dir(path);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_false(is_on(path));
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/deep", dir);
    remove_dir(path);
    remove_dir(dir);
}

static char *read_only_file(const char *dir, size_t *n)
{
    char path[512] = "";
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] != '.') snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
    }
    closedir(d);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    char *p = aligned_alloc(16, 65536);
    ssize_t got = read(fd, p, 65536);
    close(fd);
    assert_true(got > 0 && got < 65536);
    *n = (size_t)got;
    return p;
}

// Whatever the bytes say, looking things up stays inside them. AddressSanitizer watches: each
// variant lies in a block of exactly its size.
static void try_bytes(const char *bytes, size_t n)
{
    psx_digest stamp = digest("stamp"), a = digest("a"), b = digest("b"), c = digest("c");
    psx_pack_facts f;
    psx_str code;
    char *exact = malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    psx_pack *p = psx_pack_over((psx_str){exact, n}, &stamp);
    (void)psx_pack_facts_of(p, &a, &f);
    (void)psx_pack_facts_of(p, &b, &f);
    (void)psx_pack_facts_of(p, &c, &f);
    (void)psx_pack_code_of(p, &a, PSX_STR("x"), &code);
    (void)psx_pack_code_of(p, &a, PSX_STR("y"), &code);
    psx_pack_close(p);
    free(exact);
}

static void hostile_bytes_are_survived(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 0x7F, 0x80, 0xFF, 16, 64};
    const char *dir = fresh_dir();
    size_t n;
    psx_pack *p = open_in(dir);
    put_some(p);
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    char *bytes = read_only_file(dir, &n), *work = aligned_alloc(16, 65536);
    remove_dir(dir);
    for (size_t cut = 0; cut <= n; cut++) {
        try_bytes(bytes, cut);
    }
    for (size_t at = 0; at < n; at++) {
        for (size_t v = 0; v < sizeof values; v++) {
            memcpy(work, bytes, n);
            work[at] = (char)values[v];
            try_bytes(work, n);
        }
    }
    // Several bytes at once, by a fixed sequence.
    uint64_t x = 88172645463325252u;
    for (int round = 0; round < 20000; round++) {
        memcpy(work, bytes, n);
        for (int k = 0; k < 4; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            work[x % n] = (char)(x >> 32);
        }
        try_bytes(work, n);
    }
    free(bytes);
    free(work);
}

static void a_damaged_payload_is_not_used(void **state)
{
    (void)state;
    const char *dir = fresh_dir();
    size_t n;
    psx_str code;
    psx_digest stamp = digest("stamp"), a = digest("a");
    psx_pack *p = open_in(dir);
    put_some(p);
    assert_int_equal(psx_pack_write(p), 0);
    psx_pack_close(p);
    char *bytes = read_only_file(dir, &n);
    remove_dir(dir);
    char *at = memmem(bytes, n, "a little", 8);
    assert_non_null(at);
    at[3] ^= 1;
    p = psx_pack_over((psx_str){bytes, n}, &stamp);
    assert_true(psx_pack_code_of(p, &a, PSX_STR("x"), &code));
    assert_false(psx_pack_code_of(p, &a, PSX_STR("y"), &code));
    psx_pack_close(p);
    free(bytes);
}

static void the_oldest_packs_are_removed(void **state)
{
    (void)state;
    const char *dir = fresh_dir();
    char name[32];
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, i < 9 ? "%d.pack" : ".9.pack.123", i);
        int file = openat(fd, name, O_CREAT | O_WRONLY, 0600);
        assert_int_equal(write(file, name, 6), 6);
        struct timespec old[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        assert_int_equal(futimens(file, old), 0);
        close(file);
    }
    psx_prune(fd, 5, 1000);
    assert_int_equal(faccessat(fd, "3.pack", F_OK, 0), -1);
    assert_int_equal(faccessat(fd, "4.pack", F_OK, 0), 0);
    assert_int_equal(faccessat(fd, ".9.pack.123", F_OK, 0), -1);
    psx_prune(fd, 5, 12);
    assert_int_equal(faccessat(fd, "6.pack", F_OK, 0), -1);
    assert_int_equal(faccessat(fd, "7.pack", F_OK, 0), 0);
    close(fd);
    remove_dir(dir);
}

static void sha256_is_sha256(void **state)
{
    (void)state;
    char hex[65];
    psx_digest d = psx_digest_of(PSX_STR("abc"));
    psx_digest_hex(&d, 32, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    d = psx_digest_of((psx_str){0});
    psx_digest_hex(&d, 4, hex);
    assert_string_equal(hex, "e3b0c442");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_again),
        cmocka_unit_test(another_stamp_finds_nothing),
        cmocka_unit_test(unused_entries_age_out),
        cmocka_unit_test(a_directory_that_others_can_reach_is_not_used),
        cmocka_unit_test(hostile_bytes_are_survived),
        cmocka_unit_test(a_damaged_payload_is_not_used),
        cmocka_unit_test(the_oldest_packs_are_removed),
        cmocka_unit_test(sha256_is_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

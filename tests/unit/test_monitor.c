#include <fcntl.h>
#include <sys/wait.h>

#include "alloc.h"

#include "addon/files.h"
#include "addon/lexpath.h"
#include "addon/monitor.h"
#include "base/text.h"
#include "os/beneath.h"
#include "os/code.h"
#include "os/memfd.h"

static const struct {
    const char *path, *expected; // NULL: refused
    bool wants_dir;
} paths[] = {
    {"/", "/", true},
    {"/a", "/a", false},
    {"/a/", "/a", true},
    {"a", "/cwd/a", false},
    {".", "/cwd", true},
    {"..", "/", true},
    {"../../../..", "/", true},
    {"./a//b/./c", "/cwd/a/b/c", false},
    {"a/../b", "/cwd/b", false},
    {"/a/../../b", "/b", false},
    {"/a/b/..", "/a", true},
    {"//x", "/x", false},
    {"/...", "/...", false},
    {"/a/..b", "/a/..b", false},
    {"/.a", "/.a", false},
    {"", NULL, false},
};

static void paths_collapse_by_their_text(void **state)
{
    (void)state;
    psx_lexpath p;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        psx_str path = psx_str_from(paths[i].path);
        bool ok = psx_lexpath_resolve(PSX_STR("/cwd"), path, &p) == PSX_LEXPATH_OK;
        assert_int_equal(ok, paths[i].expected != NULL);
        if (!ok) continue;
        assert_string_equal(p.p, paths[i].expected);
        assert_int_equal(p.wants_dir, paths[i].wants_dir);
        assert_true(psx_lexpath_is_tidy(psx_lexpath_str(&p)));
        assert_int_equal(psx_lexpath_is_tidy(path), psx_str_eq(path, psx_lexpath_str(&p)));
    }
    assert_int_equal(psx_lexpath_resolve(PSX_STR("/"), PSX_STR("/a\0b"), &p), PSX_LEXPATH_NUL);
    assert_false(psx_lexpath_is_tidy(PSX_STR("/a\0b")));
    static char many[3 * PSX_LEXPATH_MAX];
    memset(many, 'a', sizeof many);
    many[0] = '/';
    psx_str big = {many, sizeof many};
    assert_int_equal(psx_lexpath_resolve(PSX_STR("/"), big, &p), PSX_LEXPATH_LONG);
    for (size_t n = PSX_LEXPATH_MAX - 4; n < PSX_LEXPATH_MAX + 4; n++) {
        psx_lexpath_result r = psx_lexpath_resolve(PSX_STR("/"), (psx_str){many, n}, &p);
        assert_int_equal(r == PSX_LEXPATH_OK, n < PSX_LEXPATH_MAX);
    }
}

static void within_means_whole_components(void **state)
{
    (void)state;
    assert_true(psx_lexpath_within(PSX_STR("/a"), PSX_STR("/a")));
    assert_true(psx_lexpath_within(PSX_STR("/a/b"), PSX_STR("/a")));
    assert_false(psx_lexpath_within(PSX_STR("/ab"), PSX_STR("/a")));
    assert_false(psx_lexpath_within(PSX_STR("/a"), PSX_STR("/a/b")));
    assert_true(psx_lexpath_within(PSX_STR("/a"), PSX_STR("/")));
    assert_false(psx_lexpath_within(PSX_STR("/a"), PSX_STR("")));
    assert_true(psx_str_is(psx_lexpath_rest(PSX_STR("/a/b"), PSX_STR("/a")), "b"));
    assert_true(psx_str_is(psx_lexpath_rest(PSX_STR("/a"), PSX_STR("/a")), "."));
    assert_true(psx_str_is(psx_lexpath_rest(PSX_STR("/a"), PSX_STR("/")), "a"));
    assert_true(psx_str_is(psx_lexpath_rest(PSX_STR("/"), PSX_STR("/")), "."));
    assert_true(psx_str_is(psx_lexpath_parent(PSX_STR("/a")), "/"));
    assert_true(psx_str_is(psx_lexpath_parent(PSX_STR("/a/b")), "/a"));
    assert_true(psx_str_is(psx_lexpath_parent(PSX_STR("/")), "/"));
}

// Package a may read ./d/ and the variable X; `pinned` is not what the policy pinned.
static const char plan[] =
    "{\"plan\": 1, \"project\": \"/p\", \"cwd\": \"/p\", \"mode\": \"enforce\", \"tm"
    "p\": \"/tmp\", \"home\": \"/h\", \"main\": {\"kind\": \"file\", \"path\": \"/p/a"
    ".js\"}, \"protected\": [\"/p/x\"], \"lock\": {\"version\": 3, \"packages\":"
    " [[\"node_modules/a\", \"a\", \"1.0.0\", \"sha512-x\"], [\"node_modules/p"
    "inned\", \"pinned\", \"1.0.0\", \"sha512-BBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB==\"]]},"
    " \"policy\": {\"file\": \"f\", \"text\": \"{\\\"version\\\": 1, \\\"packages\\\":"
    " {\\\"a\\\": {\\\"fs.read\\\": [\\\"./d/\\\"], \\\"env\\\": [\\\"X\\\"]}, \\\"pinned@1"
    ".0.0\\\": {\\\"integrity\\\": \\\"sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\\\", \\\"c"
    "lock\\\": true}}}\"}}";

static psx_rc open_and_ask(psx_op *op, const void *arg)
{
    (void)arg;
    psx_monitor m;
    uint32_t id = 0;
    psx_str why;
    psx_rc rc = psx_monitor_open(&m, psx_str_from(plan), "/bin");
    if (!psx_failed(rc))
        rc =
            psx_monitor_identify(&m, PSX_STR("/p/node_modules/a"), (psx_str){0}, (psx_str){0}, &id);
    if (!psx_failed(rc)) {
        psx_question yes = {id, PSX_CAP_FS_READ, PSX_STR("/p/./d/f"), {0}, -1, PSX_USE_ITSELF};
        psx_question no = {id, PSX_CAP_FS_READ, PSX_STR("/p/d/../e"), {0}, -1, PSX_USE_ITSELF};
        // Memory for the record may be missing; the answer may not change for that.
        assert_true(psx_monitor_decide(&m, &yes).allowed);
        assert_false(psx_monitor_decide(&m, &no).allowed);
        assert_true(psx_monitor_peek(&m, &yes));
        rc = psx_monitor_reason(&m, op, &no, &why);
    } else {
        op->fail = m.op.fail;
    }
    psx_monitor_close(&m);
    return rc;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    check_all_allocations(open_and_ask, NULL, PSX_E_OK);
}

static void a_full_record_still_decides(void **state)
{
    (void)state;
    psx_monitor m;
    uint32_t id;
    char name[32];
    assert_int_equal(psx_monitor_open(&m, psx_str_from(plan), "/bin").code, PSX_E_OK);
    assert_int_equal(
        psx_monitor_identify(&m, PSX_STR("/p/node_modules/a"), (psx_str){0}, (psx_str){0}, &id)
            .code,
        PSX_E_OK);
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "E%d", i);
        psx_question q = {id, PSX_CAP_ENV, psx_str_from(name), {0}, -1, PSX_USE_ITSELF};
        assert_false(psx_monitor_decide(&m, &q).allowed);
    }
    assert_int_equal(m.record.n, PSX_RECORD_MAX / 2);
    assert_int_equal(m.record.denials, 100000);
    assert_int_equal(m.record.lost, 100000 - PSX_RECORD_MAX / 2);
    psx_question yes = {id, PSX_CAP_ENV, PSX_STR("X"), {0}, -1, PSX_USE_ITSELF};
    assert_true(psx_monitor_decide(&m, &yes).allowed);
    psx_question other = {0, PSX_CAP_ENV, PSX_STR("X"), {0}, -1, PSX_USE_ITSELF};
    assert_false(psx_monitor_decide(&m, &other).allowed);
    assert_int_equal(m.record.n, PSX_RECORD_MAX / 2 + 1);
    psx_monitor_close(&m);
}

static void a_pinned_package_must_be_the_pinned_one(void **state)
{
    (void)state;
    psx_monitor m;
    uint32_t id;
    psx_str dir = PSX_STR("/p/node_modules/pinned"), name = PSX_STR("pinned");
    assert_int_equal(psx_monitor_open(&m, psx_str_from(plan), "/bin").code, PSX_E_OK);
    assert_int_equal(psx_monitor_identify(&m, dir, name, PSX_STR("1.0.0"), &id).code, PSX_E_DIGEST);
    psx_fail_clear(&m.op);
    // Asking again does not make it true.
    assert_int_equal(psx_monitor_identify(&m, dir, name, PSX_STR("1.0.0"), &id).code, PSX_E_DIGEST);
    psx_monitor_close(&m);
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    psx_op op;
    psx_buf b;
    psx_op_init(&op, 1 << 20);
    psx_buf_init(&b, &op);
    (void)psx_text_json(&b, PSX_STR("a\"\\\x1b\n\x7f\xC2\x9B\xC3\xA9"));
    assert_true(psx_str_is(psx_buf_str(&b), "\"a\\\"\\\\\\u001b\\u000a\\u007f\\u009b\xC3\xA9\""));
    b.n = 0;
    (void)psx_text_plain(&b, PSX_STR("a\x1b[1m\xC3\xA9\xC3\xA9zz"), 9);
    assert_true(psx_str_is(psx_buf_str(&b), "a\\x1b[1m\xC3\xA9\xC3\xA9..."));
    psx_op_fini(&op);
}

static void sealed_memory_cannot_change(void **state)
{
    (void)state;
    psx_op op;
    psx_str back;
    int fd;
    psx_op_init(&op, 1 << 20);
    assert_int_equal(psx_os_memfd_seal(&op, "t", PSX_STR("hello"), &fd).code, PSX_E_OK);
    assert_int_equal(psx_os_memfd_map(&op, fd, &back).code, PSX_E_OK);
    assert_true(psx_str_is(back, "hello"));
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    close(fd);
    int plain = open("/dev/null", O_RDONLY);
    assert_int_equal(psx_os_memfd_map(&op, plain, &back).code, PSX_E_VALUE);
    close(plain);
    psx_op_fini(&op);
}

static void code_files_must_be_the_owners(void **state)
{
    (void)state;
    char dir[] = "/tmp/psx-test-code-XXXXXX", file[64], link[64];
    psx_op op;
    int fd = -1;
    psx_op_init(&op, 1 << 20);
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/f", dir);
    snprintf(link, sizeof link, "%s/l", dir);
    close(open(file, O_CREAT | O_WRONLY, 0755));
    assert_int_equal(symlink("f", link), 0);
    assert_int_equal(psx_os_code_open(&op, dir, "f", &fd).code, PSX_E_OK);
    assert_int_equal(psx_os_code_exec_check(fd) == PSX_OS_EXEC_REFUSED, 0);
    assert_false(psx_os_code_is_whole(fd));
    close(fd);
    assert_int_equal(psx_os_code_open(&op, dir, "l", &fd).code, PSX_E_ANCHOR);
    psx_fail_clear(&op);
    assert_int_equal(psx_os_code_open(&op, dir, "none", &fd).code, PSX_E_NOT_FOUND);
    psx_fail_clear(&op);
    chmod(file, 0775);
    assert_int_equal(psx_os_code_open(&op, dir, "f", &fd).code, PSX_E_ANCHOR);
    psx_fail_clear(&op);
    chmod(file, 0755);
    chmod(dir, 0777);
    assert_int_equal(psx_os_code_open(&op, dir, "f", &fd).code, PSX_E_ANCHOR);
    unlink(file);
    unlink(link);
    rmdir(dir);
    psx_op_fini(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_collapse_by_their_text),
        cmocka_unit_test(within_means_whole_components),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_full_record_still_decides),
        cmocka_unit_test(a_pinned_package_must_be_the_pinned_one),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(sealed_memory_cannot_change),
        cmocka_unit_test(code_files_must_be_the_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

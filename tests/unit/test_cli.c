// The pure parts of the command line: options, environment files, and how learn groups.
#include "alloc.h"
#include "cli/env.h"
#include "cli/files.h"
#include "cli/learn.h"
#include "cli/options.h"

static psx_rc parse_options(psx_op *op, const void *args)
{
    psx_cli_run run;
    psx_str engine, help;
    TRY(psx_cli_options_parse(op, 8, (char *const *)args, false, &run));
    TRY(psx_cli_options_engine(op, &run, &engine));
    return psx_cli_options_help(op, &help);
}

static void options_survive_failed_allocations(void **state)
{
    (void)state;
    static const char *const args[] = {"--title", "a \"b", "--env-file=x", "--stack-size=1000",
                                       "-r",      "./x",   "app.js",       "arg"};
    check_all_allocations(parse_options, args, PSX_E_OK);
}

static psx_rc parse_dotenv(psx_op *op, const void *text)
{
    psx_cli_list list;
    return psx_cli_dotenv_parse(op, psx_str_from(text), &list);
}

static void environment_files_survive_failed_allocations(void **state)
{
    (void)state;
    check_all_allocations(parse_dotenv, "A=\"x\\ny\"\nB='1'\nexport C=2 # x\n", PSX_E_OK);
}

static bool ends_like_dir(psx_str path)
{
    return psx_str_ends(path, PSX_STR("dir"));
}

typedef struct {
    const char *why;
    const char *paths[8];
    const char *expected[8];
} paths_case;

static const psx_cli_narrowing how = {PSX_STR_INIT("/home/u/app"), PSX_STR_INIT("/tmp"),
                                      PSX_STR_INIT("/home/u"), ends_like_dir, false};

static psx_rc group(psx_op *op, const void *arg)
{
    const paths_case *c = arg;
    psx_str paths[8], *out;
    size_t n = 0, out_n;
    for (; n < 8 && c->paths[n]; n++) {
        paths[n] = psx_str_from(c->paths[n]);
    }
    TRY(psx_cli_learn_paths(op, &how, paths, n, &out, &out_n));
    for (size_t i = 0; i < out_n; i++) {
        if (!c->expected[i] || !psx_str_is(out[i], c->expected[i])) {
            fail_msg("%s: %.*s instead of %s", c->why, PSX_FMT(out[i]), c->expected[i]);
        }
    }
    if (out_n < 8 && c->expected[out_n]) fail_msg("%s: lacks %s", c->why, c->expected[out_n]);
    return PSX_OK;
}

static void paths_are_grouped(void **state)
{
    (void)state;
    static const paths_case cases[] = {
        {"nothing", {NULL}, {NULL}},
        {"two files stay two",
         {"/home/u/app/views/a", "/home/u/app/views/b"},
         {"./views/a", "./views/b"}},
        {"three files are a directory",
         {"/home/u/app/views/c", "/home/u/app/views/a", "/home/u/app/views/b"},
         {"./views/"}},
        {"doubles count once",
         {"/home/u/app/v/a", "/home/u/app/v/a", "/home/u/app/v/b"},
         {"./v/a", "./v/b"}},
        {"directories are grouped in turn",
         {"/home/u/app/x/1dir", "/home/u/app/x/2dir", "/home/u/app/x/3dir", "/home/u/app/y"},
         {"./x/", "./y"}},
        {"what a directory covers is not listed",
         {"/home/u/app/dir", "/home/u/app/dir/a", "/home/u/app/dir-b", "/home/u/app/dir/c/d"},
         {"./dir/", "./dir-b"}},
        {"never the project",
         {"/home/u/app/a", "/home/u/app/b", "/home/u/app/c"},
         {"./a", "./b", "./c"}},
        {"the project itself has a spelling", {"/home/u/app"}, {"${project}"}},
        {"never the root", {"/", "/a", "/b", "/c"}, {"/a", "/b", "/c"}},
        {"never a home",
         {"/home/u/.a", "/home/u/.b", "/home/u/.c", "/home/u"},
         {"${home}", "${home}/.a", "${home}/.b", "${home}/.c"}},
        {"a directory in a home may be",
         {"/home/u/.x/a", "/home/u/.x/b", "/home/u/.x/c"},
         {"${home}/.x/"}},
        {"never a system directory",
         {"/usr/lib/a", "/usr/lib/b", "/usr/lib/c", "/etc/d"},
         {"/etc/d", "/usr/lib/a", "/usr/lib/b", "/usr/lib/c"}},
        {"but one beneath it",
         {"/usr/share/zoneinfo/a", "/usr/share/zoneinfo/b", "/usr/share/zoneinfo/c"},
         {"/usr/share/zoneinfo/"}},
        {"temporary files have other names next time", {"/tmp/x-a1B2c3/file"}, {"${tmp}/"}},
        {"a made-up name has another one next time",
         {"/home/u/app/up/8eb9c8f7df48d8e2df667bd16429b73c", "/home/u/app/log/x-2026-11-21.log"},
         {"./log/", "./up/"}},
        {"but not in the project itself",
         {"/home/u/app/8eb9c8f7df48d8e2df667bd16429b73c"},
         {"./8eb9c8f7df48d8e2df667bd16429b73c"}},
        {"words and versions are not made up",
         {"/home/u/app/up/facade-decade", "/home/u/app/up/v1.2.345"},
         {"./up/facade-decade", "./up/v1.2.345"}},
        {"a directory outside the project is taken as itself",
         {"/srv/data/dir"},
         {"/srv/data/dir"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_all_allocations(group, &cases[i], PSX_E_OK);
    }
}

static void written_directories_are_no_trees(void **state)
{
    (void)state;
    psx_cli_narrowing writing = how;
    const psx_str paths[] = {PSX_STR("/home/u/app/dir"), PSX_STR("/home/u/app/node_modules/a"),
                             PSX_STR("/home/u/app/node_modules/b"),
                             PSX_STR("/home/u/app/node_modules/c")};
    psx_op op;
    psx_str *out;
    size_t n;
    psx_op_init(&op, 1 << 20);
    writing.writing = true;
    psx_rc rc = psx_cli_learn_paths(&op, &writing, paths, 4, &out, &n);
    assert_int_equal(rc.code, PSX_E_OK);
    assert_int_equal(n, 4);
    assert_true(psx_str_is(out[0], "./dir"));
    psx_op_fini(&op);
}

static void names_are_grouped(void **state)
{
    (void)state;
    const psx_str names[] = {PSX_STR("npm_config_b"), PSX_STR("A_1"),          PSX_STR("A_2"),
                             PSX_STR("npm_config_a"), PSX_STR("npm_config_c"), PSX_STR("PORT"),
                             PSX_STR("npm_config_d"), PSX_STR("A_3"),          PSX_STR("npm_x")};
    static const char *const expected[] = {"A_1", "A_2", "A_3", "PORT", "npm_config_*", "npm_*"};
    psx_op op;
    psx_str *out;
    size_t n;
    psx_op_init(&op, 1 << 20);
    psx_rc rc = psx_cli_learn_names(&op, names, 9, &out, &n);
    assert_int_equal(rc.code, PSX_E_OK);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        if (!psx_str_is(out[i], expected[i])) fail_msg("%.*s", PSX_FMT(out[i]));
    }
    psx_op_fini(&op);
}

static void paths_are_joined(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"/a/b", "c", "/a/b/c"},
        {"/a/b", "../c", "/a/c"},
        {"/a", "../../../c", "/c"},
        {"/a", "/x//y/./z/", "/x/y/z"},
        {"/", "", "/"},
        {"/a/bcd/e", "../../x", "/a/x"},
        {"/a", ".", "/a"},
        {"/a", "...", "/a/..."},
        {"/", "..", "/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        psx_op op;
        psx_str out;
        psx_op_init(&op, 1 << 20);
        psx_rc rc = psx_cli_join(&op, psx_str_from(cases[i][0]), psx_str_from(cases[i][1]), &out);
        assert_int_equal(rc.code, PSX_E_OK);
        assert_string_equal(out.p, cases[i][2]);
        psx_op_fini(&op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_survive_failed_allocations),
        cmocka_unit_test(environment_files_survive_failed_allocations),
        cmocka_unit_test(paths_are_grouped),
        cmocka_unit_test(written_directories_are_no_trees),
        cmocka_unit_test(names_are_grouped),
        cmocka_unit_test(paths_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

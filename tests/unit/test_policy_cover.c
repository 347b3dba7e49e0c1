// Which rule allows more: what psx_policy_rule_covers says must be true of psx_policy_decide, for
// every pair of patterns and every request; and what a change grants, pair by pair.
#include "alloc.h"

#include "policy/policy.h"

static const psx_policy_dirs dirs = {PSX_STR_INIT("/p"), PSX_STR_INIT("/tmp"),
                                     PSX_STR_INIT("/home/u"), PSX_STR_INIT("/p")};

static psx_policy *parse(psx_op *op, const char *text)
{
    psx_policy *p = NULL;
    psx_rc rc = psx_policy_parse(op, psx_str_from(text), PSX_STR("p.json"), &p);
    if (psx_failed(rc)) fail_msg("%s: %s", text, op->fail.message);
    assert_false(psx_failed(psx_policy_resolve(op, p, &dirs)));
    return p;
}

// ---- rules --------------------------------------------------------------------------------------

typedef struct {
    const char *cap;
    const char *patterns[20]; // JSON values
    const char *values[24];
} kind;

static const kind kinds[] = {
    {"fs.read",
     {"[\"./a\"]", "[\"./a/\"]", "[\"./a/b\"]", "[\"./a/b/\"]", "[\"./ab\"]", "[\"/\"]", "[\"./\"]",
      "[\"${tmp}/\"]", "[\"/tmp/x\"]", "[\"${home}/a/\"]", "[\"../q/\"]"},
     {"/p/a", "/p/a/b", "/p/a/b/c", "/p/ab", "/p", "/", "/tmp", "/tmp/x", "/home/u/a/z", "/q/r",
      "/p/a/b/c/d"}},
    {"net.connect",
     {"[\"*\"]", "[\":80\"]", "[\"*:443\"]", "[\"a.example\"]", "[\"a.example:443\"]",
      "[\"*.example\"]", "[\"*.a.example\"]", "[\"*.example:80\"]", "[\"10.0.0.0/8\"]",
      "[\"10.1.0.0/16:80\"]", "[\"10.1.2.3\"]", "[\"::1\"]", "[\"::/0\"]", "[\"0.0.0.0/0\"]",
      "[\"::ffff:10.0.0.0/104\"]", "[\"unix:/s\"]", "[\"unix:/d/\"]", "[\"unix:@x\"]",
      "[\"[fd00::1]:80\"]"},
     {"a.example", "example", "b.a.example", "c.b.a.example", "xa.example", "10.1.2.3", "10.2.0.1",
      "11.0.0.1", "::1", "::ffff:10.1.2.3", "fd00::1", "unix:/s", "unix:/d/s", "unix:@x",
      "2130706433", "0.0.0.0"}},
    {"env",
     {"[\"*\"]", "[\"A\"]", "[\"A*\"]", "[\"AB*\"]", "[\"ABC\"]", "[\"LD_PRELOAD\"]", "[\"LD_*\"]",
      "[\"NODE_OPTIONS\"]", "[\"HTTP_PROXY\"]"},
     {"A", "AB", "ABC", "B", "LD_PRELOAD", "LD_X", "NODE_OPTIONS", "HTTP_PROXY"}},
    {"spawn",
     {"[\"git\"]", "[\"/usr/bin/git\"]", "[\"./bin/t\"]", "[\"sh\"]"},
     {"/usr/bin/git", "/p/bin/t", "/bin/sh"}},
    {"stdio", {"[\"stdout\"]", "[\"stderr\"]"}, {"stdout", "stderr", "stdin"}},
    {"native", {"true", "[\"./a.node\"]", "[\"./b.node\"]"}, {"/p/a.node", "/p/b.node", "/x.node"}},
    {"builtins", {"[\"node:inspector\"]", "[\"v8\"]"}, {"node:inspector", "inspector", "v8"}},
    {"clock", {"true", "\"coarse:100ms\""}, {""}},
};

static const int ports[] = {0, 80, 443, 8080};

typedef struct {
    psx_policy *policy;
    psx_policy_holder *holder;
    const psx_policy_rule *rule;
} granted;

static granted grant(psx_op *op, const char *cap, const char *pattern)
{
    psx_str text;
    granted g = {0};
    psx_policy_subject s = {.location = PSX_STR(""), .dir = PSX_STR("/p"), .listed = true};
    assert_false(
        psx_failed(psx_op_format(op, &text, "{\"version\":1,\"app\":{\"%s\":%s}}", cap, pattern)));
    g.policy = parse(op, text.p);
    assert_false(psx_failed(psx_policy_bind(op, g.policy, &s, &g.holder)));
    g.rule = psx_policy_key_rule(g.policy, (size_t)PSX_POLICY_APP, 0);
    return g;
}

// The implicit grant of the own directory is not what is compared here.
static bool allows(const granted *g, const psx_policy_request *r)
{
    psx_policy_verdict v = psx_policy_decide(g->policy, g->holder, r);
    return v.allowed && v.rule->kind != PSX_RULE_OWN;
}

static size_t compare_requests(const kind *k, const granted *wide, const granted *narrow)
{
    size_t more = 0;
    for (size_t v = 0; k->values[v]; v++) {
        for (unsigned i = 0; i < 4 * 3; i++) {
            psx_policy_request r = {.cap = wide->rule->cap,
                                    .value = psx_str_from(k->values[v]),
                                    .port = ports[i % 4],
                                    .use = (psx_policy_use)(i / 4)};
            if (r.cap == PSX_CAP_SPAWN) r.asked = PSX_STR("git");
            if (allows(narrow, &r) && !allows(wide, &r)) more++;
        }
    }
    return more;
}

static void test_rules(void **state)
{
    (void)state;
    size_t covered = 0, apart = 0, missed = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (size_t a = 0; kinds[k].patterns[a]; a++) {
            for (size_t b = 0; kinds[k].patterns[b]; b++) {
                psx_op op;
                psx_op_init(&op, 4u << 20);
                granted wide = grant(&op, kinds[k].cap, kinds[k].patterns[a]);
                granted narrow = grant(&op, kinds[k].cap, kinds[k].patterns[b]);
                bool covers = psx_policy_rule_covers(wide.rule, narrow.rule);
                size_t more = compare_requests(&kinds[k], &wide, &narrow);
                if (covers && more)
                    fail_msg("%s %s does not cover %s", kinds[k].cap, kinds[k].patterns[a],
                             kinds[k].patterns[b]);
                covered += covers;
                apart += more > 0;
                missed += !covers && !more;
                if (a == b) assert_true(covers);
                psx_op_fini(&op);
            }
        }
    }
    // Not vacuous; and in doubt rarely, for the requests above cannot tell all patterns apart.
    assert_true(covered > 90);
    assert_true(apart > 200);
    assert_true(missed < 60);
}

// ---- policies -----------------------------------------------------------------------------------

typedef struct {
    const char *why, *before, *now;
    size_t granted; // rules of `now` that were not held in `before`
} change_row;

static const change_row changes[] = {
    {"the same", "{\"send\":{\"env\":[\"A\"]}}", "{\"send\":{\"env\":[\"A\"]}}", 0},
    {"one more", "{\"send\":{\"env\":[\"A\"]}}", "{\"send\":{\"env\":[\"A\",\"B\"]}}", 1},
    {"within what was held", "{\"send\":{\"env\":[\"A*\"]}}", "{\"send\":{\"env\":[\"AB\"]}}", 0},
    {"for all, then for one", "{\"*\":{\"env\":[\"A\"]}}", "{\"send\":{\"env\":[\"A\"]}}", 0},
    {"for one, then for all", "{\"send\":{\"env\":[\"A\"]}}", "{\"*\":{\"env\":[\"A\"]}}", 1},
    {"for a name, then a range", "{\"send\":{\"gc\":true}}", "{\"send@1\":{\"gc\":true}}", 0},
    {"for a range, then the name", "{\"send@1\":{\"gc\":true}}", "{\"send\":{\"gc\":true}}", 1},
    {"a wider range", "{\"send@1\":{\"gc\":true}}", "{\"send@1 || 2\":{\"gc\":true}}", 1},
    {"a place may be unlisted: \"*\" does not mean it", "{\"*\":{\"gc\":true}}",
     "{\"node_modules/a\":{\"gc\":true}}", 1},
    {"the same place", "{\"./node_modules/a/\":{\"gc\":true}}",
     "{\"node_modules/a\":{\"gc\":true}}", 0},
    {"ambient held it", "{\"send\":{\"ambient\":true}}", "{\"send\":{\"fs.read\":[\"/\"]}}", 0},
    {"ambient with a denial holds no hatches", "{\"send\":{\"ambient\":true,\"deny\":[\"spawn\"]}}",
     "{\"send\":{\"native\":true,\"gc\":true}}", 1},
    {"a denial that is gone", "{\"send\":{\"env\":[\"A\"],\"deny\":[\"env\"]}}",
     "{\"send\":{\"env\":[\"A\"]}}", 1},
    {"a denial that is gone, under another key",
     "{\"*\":{\"env\":[\"A\"]},\"send\":{\"deny\":[\"env\"]}}", "{\"*\":{\"env\":[\"A\"]}}", 1},
    {"a denial that stays", "{\"*\":{\"env\":[\"A\"]},\"send\":{\"deny\":[\"env\"]}}",
     "{\"*\":{\"env\":[\"A\"]},\"send\":{\"deny\":[\"env\"]}}", 0},
    {"a denial that is wider now", "{\"*\":{\"env\":[\"A\"]},\"send\":{\"deny\":[\"env\"]}}",
     "{\"*\":{\"env\":[\"A\"],\"deny\":[\"env\"]}}", 0},
    {"granted, but denied", "{}", "{\"send\":{\"env\":[\"A\"],\"deny\":[\"env\"]}}", 0},
    {"granted, but denied to all", "{}", "{\"*\":{\"deny\":[\"env\"]},\"send\":{\"env\":[\"A\"]}}",
     0},
    {"granted, denied to another", "{}", "{\"x\":{\"deny\":[\"env\"]},\"send\":{\"env\":[\"A\"]}}",
     1},
    {"ambient, and one denial less", "{\"a\":{\"ambient\":true,\"deny\":[\"gc\",\"env\"]}}",
     "{\"a\":{\"ambient\":true,\"deny\":[\"gc\"]}}", 1},
    {"ambient that was denied held nothing",
     "{\"*\":{\"deny\":[\"ambient\"]},\"a\":{\"ambient\":true}}",
     "{\"*\":{\"deny\":[\"ambient\"]},\"a\":{\"fs.read\":[\"/\"]}}", 1},
    {"the true clock in place of a fixed one for one",
     "{\"*\":{\"clock\":true},\"a\":{\"clock\":\"coarse:1s\"}}", "{\"*\":{\"clock\":true}}", 1},
    {"... and a fixed one that stays", "{\"*\":{\"clock\":true},\"a\":{\"clock\":\"coarse:1s\"}}",
     "{\"*\":{\"clock\":true},\"a\":{\"clock\":\"coarse:1s\"}}", 0},
    {"... but is passed over for a version",
     "{\"*\":{\"clock\":true},\"a\":{\"clock\":\"coarse:1s\"}}",
     "{\"*\":{\"clock\":true},\"a\":{\"clock\":\"coarse:1s\"},\"a@1\":{\"clock\":true}}", 1},
    {"a fixed one in place of the true clock", "{\"*\":{\"clock\":true}}",
     "{\"*\":{\"clock\":\"coarse:1s\"}}", 0},
    {"ambient, and its clock no longer coarse",
     "{\"a\":{\"ambient\":true,\"clock\":\"coarse:1s\"}}", "{\"a\":{\"ambient\":true}}", 1},
    {"the project's directory by name is another one elsewhere",
     "{\"a\":{\"fs.read\":[\"/p/d/\"]}}", "{\"a\":{\"fs.read\":[\"./d/\"]}}", 1},
    {"and so is the home directory", "{\"a\":{\"fs.read\":[\"/home/u/\"]}}",
     "{\"a\":{\"fs.read\":[\"${home}/\"]}}", 1},
    {"up and down again is not here", "{\"a\":{\"fs.read\":[\"./d/\"]}}",
     "{\"a\":{\"fs.read\":[\"../p/d/\"]}}", 1},
    {"./ and ${project} are one", "{\"a\":{\"fs.read\":[\"${project}/d/\"]}}",
     "{\"a\":{\"fs.read\":[\"./d/\"]}}", 0},
    {"${package}: within", "{\"*\":{\"fs.read\":[\"${package}/d/\"]}}",
     "{\"a\":{\"fs.read\":[\"${package}/d/e/\"]}}", 0},
    {"${package}: beside", "{\"*\":{\"fs.read\":[\"${package}/d/\"]}}",
     "{\"a\":{\"fs.read\":[\"${package}/de/\"]}}", 1},
    {"${package} and the project", "{\"a\":{\"fs.read\":[\"./\"]}}",
     "{\"a\":{\"fs.read\":[\"${package}/d/\"]}}", 1},
};

static size_t count_new(const psx_policy *before, const psx_policy *now)
{
    size_t n = 0;
    const psx_policy_rule *r;
    for (size_t i = 0; psx_policy_key(now, i).p; i++) {
        for (size_t k = 0; (r = psx_policy_key_rule(now, i, k)); k++) {
            if (r->kind != PSX_RULE_DENY && !psx_policy_held_before(before, now, i, r).held) n++;
        }
    }
    return n;
}

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        psx_op op;
        psx_str before, now;
        psx_op_init(&op, 4u << 20);
        const change_row *c = &changes[i];
        assert_false(
            psx_failed(psx_op_format(&op, &before, "{\"version\":1,\"packages\":%s}", c->before)));
        assert_false(
            psx_failed(psx_op_format(&op, &now, "{\"version\":1,\"packages\":%s}", c->now)));
        size_t n = count_new(parse(&op, before.p), parse(&op, now.p));
        if (n != c->granted) fail_msg("%s: %zu, expected %zu", c->why, n, c->granted);
        psx_op_fini(&op);
    }
}

// ---- policies by chance -------------------------------------------------------------------------

static uint32_t seed = 1;

static uint32_t chance(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static const char *const grants[] = {"\"fs.read\":[\"./d/\"]",
                                     "\"fs.read\":[\"./d/x\"]",
                                     "\"fs.read\":[\"${package}/e/\"]",
                                     "\"fs.write\":[\"./d/\"]",
                                     "\"env\":[\"A\"]",
                                     "\"env\":[\"A*\"]",
                                     "\"env\":[\"*\"]",
                                     "\"clock\":true",
                                     "\"clock\":\"coarse:1s\"",
                                     "\"clock\":\"coarse:2s\"",
                                     "\"gc\":true",
                                     "\"native\":true",
                                     "\"native\":[\"./x.node\"]",
                                     "\"builtins\":[\"v8\"]",
                                     "\"ambient\":true",
                                     "\"ambient\":true",
                                     "\"deny\":[\"ambient\"]",
                                     "\"deny\":[\"fs.read\"]",
                                     "\"deny\":[\"clock\"]",
                                     "\"deny\":[\"env\",\"gc\"]",
                                     "\"deny\":[\"native\"]"};
enum { GRANTS = sizeof grants / sizeof *grants };

static const char *const keys[] = {"*", "a", "a@1", "a@2", "b", "node_modules/a"};
enum { KEYS = sizeof keys / sizeof *keys };

// For each key up to two members; one[] says which, so that the next policy may differ little.
static psx_policy *by_chance(psx_op *op, uint8_t one[KEYS][2])
{
    psx_buf b;
    psx_str text;
    psx_buf_init(&b, op);
    assert_false(psx_failed(psx_buf_text(&b, "{\"version\":1,\"packages\":{")));
    for (size_t k = 0; k < KEYS; k++) {
        const char *x = one[k][0] < GRANTS ? grants[one[k][0]] : "";
        const char *y = one[k][1] < GRANTS ? grants[one[k][1]] : "";
        bool same = strncmp(x, y, 4) == 0; // one member of a name
        assert_false(psx_failed(psx_buf_format(&b, "%s\"%s\":{%s%s%s}", k ? "," : "", keys[k], x,
                                               *x && *y && !same ? "," : "", same ? "" : y)));
    }
    assert_false(psx_failed(psx_buf_text(&b, "}}")));
    text = psx_buf_str(&b);
    assert_false(psx_failed(psx_op_copy(op, text, &text)));
    return parse(op, text.p);
}

static const psx_policy_subject subjects[] = {
#define SUBJECT(name, version, at, is_listed)                                                      \
    {                                                                                              \
        PSX_STR_INIT(name), PSX_STR_INIT(version), PSX_STR_INIT(at), PSX_STR_INIT("/p/" at), {0},  \
            is_listed                                                                              \
    }
    SUBJECT("a", "1.0.0", "node_modules/a", true),
    SUBJECT("a", "2.0.0", "node_modules/b/node_modules/a", true),
    SUBJECT("b", "1.0.0", "node_modules/b", true),
    SUBJECT("a", "1.0.0", "node_modules/a", false),
};

static const psx_policy_request requests[] = {
    {.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/p/d/x")},
    {.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/p/d/y")},
    {.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/etc/x")},
    {.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/p/node_modules/a/e/x")},
    {.cap = PSX_CAP_FS_WRITE, .value = PSX_STR_INIT("/p/d/x")},
    {.cap = PSX_CAP_ENV, .value = PSX_STR_INIT("A")},
    {.cap = PSX_CAP_ENV, .value = PSX_STR_INIT("AB")},
    {.cap = PSX_CAP_ENV, .value = PSX_STR_INIT("B")},
    {.cap = PSX_CAP_CLOCK},
    {.cap = PSX_CAP_GC},
    {.cap = PSX_CAP_NATIVE, .value = PSX_STR_INIT("/p/x.node")},
    {.cap = PSX_CAP_NATIVE, .value = PSX_STR_INIT("/p/y.node")},
    {.cap = PSX_CAP_BUILTINS, .value = PSX_STR_INIT("v8")},
    {.cap = PSX_CAP_SPAWN, .value = PSX_STR_INIT("/bin/sh")},
    {.cap = PSX_CAP_AMBIENT},
};

// Which clock: the last rule says so.
static psx_str clock_of(const psx_policy_holder *h)
{
    const psx_policy_rule *rules[16];
    size_t n = psx_policy_rules(h, PSX_CAP_CLOCK, rules, 16);
    return n && rules[n - 1]->kind == PSX_RULE_OPTION ? rules[n - 1]->text : PSX_STR("true");
}

static bool more(const psx_policy *before, const psx_policy *now, const psx_policy_subject *s,
                 const psx_policy_request *r)
{
    psx_op op;
    psx_policy_holder *old, *new;
    psx_op_init(&op, 1u << 20);
    assert_false(psx_failed(psx_policy_bind(&op, before, s, &old)));
    assert_false(psx_failed(psx_policy_bind(&op, now, s, &new)));
    bool had = psx_policy_decide(before, old, r).allowed;
    bool is_more = psx_policy_decide(now, new, r).allowed && !had;
    if (r->cap == PSX_CAP_CLOCK && had && psx_policy_decide(now, new, r).allowed)
        is_more = !psx_str_is(clock_of(old), "true") && !psx_str_eq(clock_of(old), clock_of(new));
    psx_op_fini(&op);
    return is_more;
}

static bool tells(const psx_policy *before, const psx_policy *now)
{
    const psx_policy_rule *r;
    if (count_new(before, now)) return true;
    for (size_t i = 0; psx_policy_key(before, i).p; i++) {
        for (size_t k = 0; (r = psx_policy_key_rule(before, i, k)); k++) {
            bool reading = r->kind == PSX_RULE_DENY && r->cap == PSX_CAP_FS_READ;
            if (reading && !psx_policy_denies_all(now, before, i, r->cap)) return true;
        }
    }
    return false;
}

// Nothing new is told: then nobody may do anything that he might not.
static void test_chance(void **state)
{
    (void)state;
    size_t silent = 0, told = 0;
    for (size_t round = 0; round < 20000; round++) {
        psx_op op;
        uint8_t one[KEYS][2], two[KEYS][2];
        psx_op_init(&op, 4u << 20);
        for (size_t k = 0; k < KEYS; k++)
            for (size_t i = 0; i < 2; i++)
                one[k][i] = (uint8_t)chance(2 * GRANTS);
        memcpy(two, one, sizeof two);
        for (uint32_t n = 1 + chance(3); n; n--)
            two[chance(KEYS)][chance(2)] = (uint8_t)chance(2 * GRANTS);
        psx_policy *before = by_chance(&op, one), *now = by_chance(&op, two);
        bool tell = tells(before, now);
        *(tell ? &told : &silent) += 1;
        for (size_t s = 0; !tell && s < sizeof subjects / sizeof *subjects; s++) {
            for (size_t r = 0; r < sizeof requests / sizeof *requests; r++) {
                if (more(before, now, &subjects[s], &requests[r]))
                    fail_msg("round %zu: subject %zu, request %zu", round, s, r);
            }
        }
        psx_op_fini(&op);
    }
    assert_true(silent > 1000 && told > 1000);
}

// ---- links --------------------------------------------------------------------------------------

static void check_link(const char *before_text, const char *now_text, bool unless_link)
{
    psx_op op;
    psx_op_init(&op, 4u << 20);
    psx_policy *before = parse(&op, before_text), *now = parse(&op, now_text);
    const psx_policy_rule *r = psx_policy_key_rule(now, (size_t)PSX_POLICY_APP, 0);
    psx_policy_before was = psx_policy_held_before(before, now, (size_t)PSX_POLICY_APP, r);
    assert_true(was.held);
    assert_int_equal(was.unless_link, unless_link);
    psx_op_fini(&op);
}

// What is granted by itself is opened by itself, with the links on the way to it.
static void test_links(void **state)
{
    (void)state;
#define READ(path)  "{\"version\":1,\"app\":{\"fs.read\":[\"" path "\"]}}"
#define WRITE(path) "{\"version\":1,\"app\":{\"fs.write\":[\"" path "\"]}}"
    check_link(READ("./d/"), READ("./d/x"), true);
    check_link(READ("./d/"), READ("./d/x/"), true);
    check_link(WRITE("./d/"), WRITE("./d/x/"), true);
    check_link(WRITE("./d/"), WRITE("./d/x/y"), true);
    check_link(READ("./d/"), READ("./d/"), false);
    check_link(READ("${project}/d/"), READ("./d/"), false);
    check_link(READ("/"), READ("./d/x/"), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

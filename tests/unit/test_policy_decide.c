// One policy, one package, many requests: each row says why.
#include "alloc.h"

#include "policy/policy.h"

static const char text[] =
    "{\"version\": 1, \"app\": {\"ambient\": true, \"deny\": [\"spawn\"]},\n"
    " \"packages\": {\n"
    "  \"*\": {\"clock\": true, \"stdio\": [\"stderr\"]},\n"
    "  \"a\": {\"fs.read\": [\"./one.txt\", \"./dir/\", \"${tmp}/x/\", \"${package}/s/\"],\n"
    "        \"fs.write\": [\"./out/\", \"./\"],\n"
    "        \"env\": [\"NODE_ENV\", \"AWS_*\"], \"spawn\": [\"git\", \"/usr/bin/convert\", "
    "\"./bin/t\"],\n"
    "        \"random\": \"seed:42\", \"process\": [\"exit\"], \"builtins\": "
    "[\"node:inspector\"]},\n"
    "  \"a@^1.2\": {\"net.connect\": [\"Api.Example.com:443\", \"*.sub.example.com\", "
    "\"10.0.0.0/8:5432\",\n"
    "        \"[::1]:80\", \"127.0.0.1:9000\", \"fd00::/8\", \"unix:/run/x.sock\", \"unix:./s/\", "
    "\"unix:@bus\"],\n"
    "        \"net.listen\": [\":0\", \"127.0.0.1:3000\", \"localhost:4000\"]},\n"
    "  \"a@2\": {\"eval\": true},\n"
    "  \"node_modules/a\": {\"gc\": true, \"clock\": \"fixed:2026-01-01T00:00:00Z\", \"worker\": "
    "true, \"deny\": [\"worker\"]},\n"
    "  \"node_modules/a/node_modules/stray\": {\"timers\": true},\n"
    "  \"@s/n@>=3\": {\"native\": true}, \"all\": {\"env\": [\"*\"], \"net.connect\": [\"*\"]}\n"
    " }}";

static const psx_policy_dirs dirs = {PSX_STR_INIT("/proj"), PSX_STR_INIT("/tmp"),
                                     PSX_STR_INIT("/home/u"), PSX_STR_INIT("/proj")};

typedef struct {
    psx_op op;
    psx_policy *policy;
    psx_policy_holder *a, *app, *stray, *scoped, *all;
} world;

static psx_policy_holder *bind(world *w, const char *name, const char *version,
                               const char *location, const char *dir, bool listed)
{
    psx_policy_holder *h = NULL;
    psx_policy_subject s = {.name = psx_str_from(name),
                            .version = psx_str_from(version),
                            .location = psx_str_from(location),
                            .dir = psx_str_from(dir),
                            .listed = listed};
    psx_rc rc = psx_policy_bind(&w->op, w->policy, &s, &h);
    if (psx_failed(rc)) fail_msg("%s", w->op.fail.message);
    return h;
}

static void build(world *w)
{
    psx_op_init(&w->op, 4u << 20);
    psx_rc rc = psx_policy_parse(&w->op, psx_str_from(text), PSX_STR("p.json"), &w->policy);
    if (psx_failed(rc))
        fail_msg("%u:%u %s", w->op.fail.line, w->op.fail.column, w->op.fail.message);
    assert_false(psx_failed(psx_policy_resolve(&w->op, w->policy, &dirs)));
    assert_false(
        psx_failed(psx_policy_protect(&w->op, w->policy, PSX_STR("/proj/packsec.policy.json"))));
    w->a = bind(w, "a", "1.2.3", "node_modules/a", "/proj/node_modules/a", true);
    w->app = bind(w, "proj", "0.0.0", "", "/proj", true);
    w->stray = bind(w, "a", "1.2.3", "node_modules/a/node_modules/stray",
                    "/proj/node_modules/a/node_modules/stray", false);
    w->scoped = bind(w, "@s/n", "3.1.0", "node_modules/@s/n", "/proj/node_modules/@s/n", true);
    w->all = bind(w, "all", "1.0.0", "node_modules/all", "/proj/node_modules/all", true);
}

typedef struct {
    psx_cap cap;
    psx_str value;
    int port;
    bool is_address, allowed;
    const char *why;
} row;

#define YES true
#define NO  false
#define FS(cap, path, ok, why)                                                                     \
    {                                                                                              \
        PSX_CAP_FS_##cap, PSX_STR_INIT(path), -1, false, ok, why                                   \
    }
#define NET(cap, host, port, ok, why)                                                              \
    {                                                                                              \
        PSX_CAP_NET_##cap, PSX_STR_INIT(host), port, false, ok, why                                \
    }
#define IP(cap, host, port, ok, why)                                                               \
    {                                                                                              \
        PSX_CAP_NET_##cap, PSX_STR_INIT(host), port, true, ok, why                                 \
    }
#define X(cap, value, ok, why)                                                                     \
    {                                                                                              \
        PSX_CAP_##cap, PSX_STR_INIT(value), -1, false, ok, why                                     \
    }

static const row rows[] = {
    FS(READ, "/proj/one.txt", YES, "the file"),
    FS(READ, "/proj/one.txt/x", NO, "beneath a file"),
    FS(READ, "/proj/one.txt2", NO, "a name that only starts alike"),
    FS(READ, "/proj/dir", YES, "the directory itself"),
    FS(READ, "/proj/dir/", YES, "with a slash"),
    FS(READ, "/proj/dir/a/b", YES, "beneath"),
    FS(READ, "/proj/dirx", NO, "a sibling that starts alike"),
    FS(READ, "/proj/dir/../secret", NO, "not normalised"),
    FS(READ, "/proj/dir//x", NO, "not normalised"),
    FS(READ, "/proj/dir/./x", NO, "not normalised"),
    FS(READ, "proj/dir/x", NO, "relative"),
    FS(READ, "", NO, "empty"),
    FS(READ, "/proj/dir/a\0b", NO, "NUL"),
    FS(READ, "/tmp/x/y", YES, "a variable"),
    FS(READ, "/tmp/y", NO, "beside it"),
    FS(READ, "/proj/node_modules/a/data.json", YES, "its own directory"),
    FS(READ, "/proj/node_modules/a", YES, "its own directory itself"),
    FS(READ, "/proj/node_modules/ab/x", NO, "a package whose name starts alike"),
    FS(READ, "/proj/node_modules/a/node_modules/b/x", NO, "another package inside"),
    FS(READ, "/proj/node_modules/a/node_modules", YES, "whether packages lie inside, and which"),
    FS(READ, "/proj/node_modules/a/lib/node_modules/b", NO, "deeper inside"),
    FS(READ, "/proj/node_modules/a/node_modules_x/b", YES, "only named alike"),
    FS(READ, "/proj/out/x", NO, "writing does not mean reading"),
    FS(WRITE, "/proj/out/x", YES, "the tree"),
    FS(WRITE, "/proj/dir/x", YES, "the project tree"),
    FS(WRITE, "/proj/packsec.policy.json", NO, "the policy itself"),
    FS(WRITE, "/proj/packsec.policy.json/", NO, "the policy itself, with a slash"),
    FS(WRITE, "/proj", NO, "the directory the policy is in"),
    FS(WRITE, "/proj/packsec.policy.json5", YES, "only named alike"),
    FS(WRITE, "/etc/passwd", NO, "elsewhere"),

    NET(CONNECT, "api.example.com", 443, YES, "name and port"),
    NET(CONNECT, "API.EXAMPLE.COM.", 443, YES, "case and the final dot"),
    NET(CONNECT, "api.example.com", 80, NO, "another port"),
    NET(CONNECT, "xapi.example.com", 443, NO, "ends alike"),
    NET(CONNECT, "api.example.com.evil.net", 443, NO, "starts alike"),
    NET(CONNECT, "b.sub.example.com", 1, YES, "a sub-domain, any port"),
    NET(CONNECT, "c.b.sub.example.com", 1, YES, "a sub-sub-domain"),
    NET(CONNECT, "sub.example.com", 1, NO, "the domain itself"),
    NET(CONNECT, ".sub.example.com", 1, NO, "an empty label"),
    NET(CONNECT, "evilsub.example.com", 1, NO, "no dot between"),
    NET(CONNECT, "", 443, NO, "empty"),
    IP(CONNECT, "10.1.2.3", 5432, YES, "in the network"),
    IP(CONNECT, "::ffff:10.1.2.3", 5432, YES, "mapped"),
    IP(CONNECT, "::ffff:0a01:0203", 5432, YES, "mapped, in hexadecimal"),
    NET(CONNECT, "10.1.2.3", 5432, YES, "an address given as a name"),
    NET(CONNECT, "167838211", 5432, YES, "10.1.2.3 as one number"),
    NET(CONNECT, "0xa.1.2.3", 5432, YES, "10.1.2.3 with hexadecimal"),
    NET(CONNECT, "012.1.2.3", 5432, YES, "10.1.2.3 with octal"),
    IP(CONNECT, "11.1.2.3", 5432, NO, "outside"),
    IP(CONNECT, "10.1.2.3", 5433, NO, "another port"),
    IP(CONNECT, "::1", 80, YES, "IPv6"),
    IP(CONNECT, "[::1]", 80, YES, "in brackets"),
    IP(CONNECT, "0:0:0:0:0:0:0:1", 80, YES, "written out"),
    IP(CONNECT, "fd12::1%eth0", 80, YES, "with a zone"),
    IP(CONNECT, "fe12::1", 80, NO, "another network"),
    NET(CONNECT, "2130706433", 9000, YES, "127.0.0.1 as one number"),
    NET(CONNECT, "127.1", 9000, YES, "127.0.0.1 short"),
    NET(CONNECT, "2130706433", 443, NO, "not what is granted for a name"),
    IP(CONNECT, "api.example.com", 443, NO, "a name where an address should be"),
    NET(CONNECT, "unix:/run/x.sock", -1, YES, "a socket"),
    NET(CONNECT, "unix:/run/y.sock", -1, NO, "another socket"),
    NET(CONNECT, "unix:/proj/s/any", -1, YES, "a tree of sockets"),
    NET(CONNECT, "unix:@bus", -1, YES, "an abstract socket"),
    NET(CONNECT, "unix:@bus2", -1, NO, "another one"),
    NET(CONNECT, "unix:@", -1, NO, "nameless"),
    IP(LISTEN, "0.0.0.0", 0, YES, "any free port"),
    IP(LISTEN, "::", 0, YES, "any free port"),
    IP(LISTEN, "::", 80, NO, "a chosen port"),
    IP(LISTEN, "127.0.0.1", 3000, YES, "address and port"),
    IP(LISTEN, "0.0.0.0", 3000, NO, "all addresses are more than one"),
    IP(LISTEN, "::", 3000, NO, "all addresses are more than one"),
    NET(LISTEN, "localhost", 4000, YES, "by name"),
    IP(LISTEN, "127.0.0.1", 4000, NO, "a name does not grant an address"),

    X(ENV, "NODE_ENV", YES, "the name"),
    X(ENV, "node_env", NO, "case counts"),
    X(ENV, "AWS_KEY", YES, "a prefix"),
    X(ENV, "AWS_", YES, "nothing behind the prefix"),
    X(ENV, "AWS", NO, "shorter than the prefix"),
    X(STDIO, "stderr", YES, "from *"),
    X(STDIO, "stdin", NO, "not granted"),
    X(CLOCK, "", YES, "from * and its location"),
    X(RANDOM, "", YES, "a seed"),
    X(TIMERS, "", NO, "not granted"),
    X(PROCESS, "exit", YES, "granted"),
    X(PROCESS, "kill", NO, "not granted"),
    X(BUILTINS, "node:inspector", YES, "with node:"),
    X(BUILTINS, "inspector", YES, "without node:"),
    X(BUILTINS, "node:vm", NO, "another module"),
    X(EVAL, "", NO, "granted to version 2 only"),
    X(GC, "", YES, "by location"),
    X(WORKER, "", NO, "deny wins"),
    X(NATIVE, "/proj/x.node", NO, "not granted"),
    X(AMBIENT, "", NO, "not granted"),
};

static void try_rows(const world *w)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        psx_policy_request q = {
            .cap = r->cap, .value = r->value, .port = r->port, .is_address = r->is_address};
        psx_policy_verdict v = psx_policy_decide(w->policy, w->a, &q);
        if (v.allowed != r->allowed || v.recorded_only || (v.allowed && !v.rule)) {
            fail_msg("%s %.*s: %s", psx_cap_name(r->cap), PSX_FMT(r->value), r->why);
        }
    }
}

static void rows_hold(void **state)
{
    world w;
    (void)state;
    build(&w);
    try_rows(&w);
    psx_op_fini(&w.op);
}

// Under AddressSanitizer: nothing of it is in the memory that it came from.
static void rows_hold_for_a_copy(void **state)
{
    world w, copy = {0};
    psx_str before, after;
    psx_policy_request q = {.cap = PSX_CAP_FS_READ, .value = PSX_STR("/proj/new.txt")};
    (void)state;
    build(&w);
    psx_op_init(&copy.op, 4u << 20);
    assert_false(psx_failed(psx_policy_copy(&copy.op, w.policy, w.a, &copy.policy, &copy.a)));
    assert_false(psx_failed(psx_policy_fix(&w.op, w.a, &q, &before)));
    assert_false(psx_failed(psx_op_copy(&copy.op, before, &before)));
    psx_op_fini(&w.op);
    try_rows(&copy);
    assert_false(psx_failed(psx_policy_fix(&copy.op, copy.a, &q, &after)));
    assert_true(psx_str_eq(before, after));
    psx_op_fini(&copy.op);
}

static bool asks(world *w, const psx_policy_holder *h, psx_cap cap, const char *value,
                 const char *asked)
{
    psx_policy_request q = {.cap = cap, .value = psx_str_from(value), .asked = psx_str_from(asked)};
    return psx_policy_decide(w->policy, h, &q).allowed;
}

static bool uses(world *w, const psx_policy_holder *h, const char *name, psx_policy_use use,
                 bool is_main)
{
    psx_policy_request q = {
        .cap = PSX_CAP_ENV, .value = psx_str_from(name), .use = use, .is_main = is_main};
    return psx_policy_decide(w->policy, h, &q).allowed;
}

static void names_that_steer_need_their_own_grant(void **state)
{
    world w;
    (void)state;
    build(&w);
    assert_true(uses(&w, w.all, "LD_PRELOAD", PSX_USE_ITSELF, false));
    assert_false(uses(&w, w.all, "LD_PRELOAD", PSX_USE_CHILD, false));
    assert_false(uses(&w, w.all, "BASH_FUNC_x%%", PSX_USE_CHILD, false));
    assert_false(uses(&w, w.all, "npm_config_x", PSX_USE_CHILD, false));
    assert_false(uses(&w, w.all, "Npm_Config_Node_Options", PSX_USE_CHILD, false));
    assert_false(uses(&w, w.all, "JDK_JAVA_OPTIONS", PSX_USE_CHILD, false));
    assert_true(uses(&w, w.all, "LANG", PSX_USE_CHILD, false));
    assert_true(uses(&w, w.all, "PATH", PSX_USE_CHILD, false));
    assert_true(uses(&w, w.a, "NODE_ENV", PSX_USE_CHILD, false)); // by its name
    assert_false(uses(&w, w.all, "NODE_ENV", PSX_USE_CHILD, false));
    assert_false(uses(&w, w.all, "PATH", PSX_USE_SET, true));
    assert_false(uses(&w, w.all, "node_options", PSX_USE_SET, true));
    assert_true(uses(&w, w.all, "NODE_ENV", PSX_USE_SET, false));
    assert_true(uses(&w, w.all, "https_proxy", PSX_USE_SET, true));
    assert_false(uses(&w, w.all, "https_proxy", PSX_USE_SET, false));
    // what stands in front of "=" would be the name
    assert_false(uses(&w, w.all, "PAGER=/x", PSX_USE_CHILD, false));
    assert_false(uses(&w, w.all, "PAGER=/x", PSX_USE_ITSELF, false));
    psx_op_fini(&w.op);
}

static void who_is_being_loaded_gets_a_constant(void **state)
{
    world w;
    (void)state;
    build(&w);
    psx_policy_request q = {.cap = PSX_CAP_CLOCK, .use = PSX_USE_LOADING};
    psx_policy_verdict v = psx_policy_decide(w.policy, w.all, &q);
    assert_true(v.allowed != v.constant);
    q.cap = PSX_CAP_EVAL;
    v = psx_policy_decide(w.policy, w.all, &q);
    assert_false(v.allowed || v.constant);
    q = (psx_policy_request){.cap = PSX_CAP_TIMERS, .use = PSX_USE_LOADING};
    assert_false(psx_policy_decide(w.policy, w.a, &q).constant);
    psx_op_fini(&w.op);
}

static void commands_match_by_name_or_by_path(void **state)
{
    world w;
    (void)state;
    build(&w);
    assert_true(asks(&w, w.a, PSX_CAP_SPAWN, "/usr/bin/git", "git"));
    assert_false(asks(&w, w.a, PSX_CAP_SPAWN, "/tmp/evil/git", "/tmp/evil/git"));
    assert_false(asks(&w, w.a, PSX_CAP_SPAWN, "/tmp/evil/git", "./git"));
    assert_false(asks(&w, w.a, PSX_CAP_SPAWN, "/usr/bin/git", NULL));
    assert_true(asks(&w, w.a, PSX_CAP_SPAWN, "/usr/bin/convert", "convert"));
    assert_true(asks(&w, w.a, PSX_CAP_SPAWN, "/usr/bin/convert", "/usr/bin/convert"));
    assert_false(asks(&w, w.a, PSX_CAP_SPAWN, "/usr/local/bin/convert", "convert"));
    assert_true(asks(&w, w.a, PSX_CAP_SPAWN, "/proj/bin/t", "./bin/t"));
    assert_false(asks(&w, w.a, PSX_CAP_SPAWN, "git", "git"));
    psx_op_fini(&w.op);
}

static void ambient_allows_all_but_what_is_denied(void **state)
{
    world w;
    (void)state;
    build(&w);
    assert_true(asks(&w, w.app, PSX_CAP_FS_WRITE, "/etc/x", NULL));
    assert_true(asks(&w, w.app, PSX_CAP_EVAL, "", NULL));
    assert_true(asks(&w, w.app, PSX_CAP_NET_CONNECT, "unix:/run/x", NULL));
    assert_true(asks(&w, w.app, PSX_CAP_NET_CONNECT, "example.com", NULL));
    // What could give the denied back: raw modules, native code, another policy.
    assert_false(asks(&w, w.app, PSX_CAP_FS_WRITE, "/proj/packsec.policy.json", NULL));
    assert_false(asks(&w, w.app, PSX_CAP_BUILTINS, "node:child_process", NULL));
    assert_false(asks(&w, w.app, PSX_CAP_NATIVE, "/x.node", NULL));
    assert_false(psx_policy_holds(w.app, PSX_CAP_AMBIENT));
    assert_false(asks(&w, w.app, PSX_CAP_SPAWN, "/usr/bin/git", "git"));
    assert_true(psx_policy_holds(w.app, PSX_CAP_GC));
    assert_false(psx_policy_holds(w.app, PSX_CAP_SPAWN));
    psx_policy_request q = {.cap = PSX_CAP_SPAWN, .value = PSX_STR("/bin/sh")};
    psx_policy_verdict v = psx_policy_decide(w.policy, w.app, &q);
    assert_non_null(v.rule);
    assert_int_equal(v.rule->kind, PSX_RULE_DENY);
    assert_true(psx_str_is(v.rule->key, "app"));
    psx_op_fini(&w.op);
}

static void strays_hold_what_their_location_holds(void **state)
{
    world w;
    (void)state;
    build(&w);
    assert_true(asks(&w, w.stray, PSX_CAP_TIMERS, "", NULL));
    assert_false(asks(&w, w.stray, PSX_CAP_CLOCK, "", NULL));
    assert_false(asks(&w, w.stray, PSX_CAP_ENV, "NODE_ENV", NULL));
    assert_true(
        asks(&w, w.stray, PSX_CAP_FS_READ, "/proj/node_modules/a/node_modules/stray/x", NULL));
    assert_true(asks(&w, w.scoped, PSX_CAP_NATIVE, "/x.node", NULL));
    psx_op_fini(&w.op);
}

static void the_most_specific_option_comes_last(void **state)
{
    world w;
    const psx_policy_rule *rules[4];
    (void)state;
    build(&w);
    assert_int_equal(psx_policy_rules(w.a, PSX_CAP_CLOCK, rules, 4), 2);
    assert_true(psx_str_is(rules[0]->key, "*"));
    assert_true(psx_str_is(rules[1]->text, "fixed:2026-01-01T00:00:00Z"));
    assert_int_equal(rules[1]->line, 12);
    assert_int_equal(psx_policy_rules(w.a, PSX_CAP_WORKER, rules, 4), 0);
    assert_int_equal(psx_policy_rules(w.a, PSX_CAP_ENV, rules, 1), 2);
    assert_false(psx_policy_holds(w.scoped, PSX_CAP_FS_READ));
    assert_true(psx_policy_holds(w.a, PSX_CAP_FS_READ));
    psx_op_fini(&w.op);
}

static void rules_tell_where_to_open(void **state)
{
    world w;
    (void)state;
    build(&w);
    psx_policy_request q = {.cap = PSX_CAP_FS_READ, .value = PSX_STR("/proj/dir/x")};
    const psx_policy_rule *r = psx_policy_decide(w.policy, w.a, &q).rule;
    assert_true(psx_str_is(r->root, "/proj/dir"));
    assert_true(psx_str_is(r->text, "./dir/"));
    assert_true(psx_str_is(r->key, "a"));
    assert_int_equal(r->kind, PSX_RULE_TREE);
    psx_op_fini(&w.op);
}

static const struct {
    const char *asked, *address;
    int port;
    bool ok;
} rebinding[] = {
    {"api.example.com", "93.184.216.34", 443, true},
    {"api.example.com", "2606:2800:220:1::1", 443, true},
    {"api.example.com", "192.168.1.1", 443, true},
    {"api.example.com", "127.0.0.1", 443, false},
    {"api.example.com", "::ffff:127.0.0.1", 443, false},
    {"api.example.com", "64:ff9b::7f00:1", 443, false},
    {"api.example.com", "::7f00:1", 443, false},
    {"api.example.com", "127.0.0.1", 9000, true}, // granted as an address
    {"api.example.com", "::1", 443, false},
    {"api.example.com", "::1", 80, true}, // granted as an address
    {"api.example.com", "169.254.169.254", 443, false},
    {"api.example.com", "fe80::1", 443, false},
    {"api.example.com", "fd00:ec2::254", 443, true}, // granted: fd00::/8
    {"api.example.com", "0.0.0.0", 443, false},
    {"api.example.com", "::", 443, false},
    {"api.example.com", "nonsense", 443, false},
    {"localhost", "127.0.0.1", 443, true},
    {"LOCALHOST.", "::1", 443, true},
    {"x.localhost", "127.8.0.1", 443, true},
    {"localhost", "169.254.169.254", 443, false},
    {"evillocalhost", "127.0.0.1", 443, false},
};

static void names_do_not_lead_inside(void **state)
{
    world w;
    (void)state;
    build(&w);
    psx_policy_request q = {
        .cap = PSX_CAP_NET_CONNECT, .value = PSX_STR("api.example.com"), .port = 443};
    const psx_policy_rule *rule = psx_policy_decide(w.policy, w.a, &q).rule;
    for (size_t i = 0; i < sizeof rebinding / sizeof *rebinding; i++) {
        bool ok = psx_policy_address_ok(w.a, rule, psx_str_from(rebinding[i].asked),
                                        psx_str_from(rebinding[i].address), rebinding[i].port);
        if (ok != rebinding[i].ok) fail_msg("%s -> %s", rebinding[i].asked, rebinding[i].address);
    }
    rule = psx_policy_decide(w.policy, w.all, &q).rule; // "*" means every address as well
    assert_true(psx_policy_address_ok(w.all, rule, q.value, PSX_STR("127.0.0.1"), 443));
    assert_true(asks(&w, w.all, PSX_CAP_ENV, "ANY", NULL));
    assert_false(asks(&w, w.all, PSX_CAP_NET_CONNECT, "unix:/run/x.sock", NULL));
    psx_op_fini(&w.op);
}

static void the_union_holds_what_anyone_holds(void **state)
{
    world w;
    psx_policy_holder *u;
    (void)state;
    build(&w);
    const psx_policy_holder *some[] = {w.a, w.a, w.stray, w.scoped};
    assert_false(psx_failed(psx_policy_union(&w.op, w.policy, some, 4, &u)));
    assert_true(asks(&w, u, PSX_CAP_TIMERS, "", NULL));
    assert_true(asks(&w, u, PSX_CAP_NATIVE, "/x.node", NULL));
    assert_true(asks(&w, u, PSX_CAP_ENV, "AWS_X", NULL));
    assert_false(asks(&w, u, PSX_CAP_WORKER, "", NULL));
    assert_false(asks(&w, u, PSX_CAP_EVAL, "", NULL));
    assert_int_equal(psx_policy_rules(u, PSX_CAP_ENV, NULL, 0), 2); // listed once
    const psx_policy_holder *both[] = {w.a, w.app};
    assert_false(psx_failed(psx_policy_union(&w.op, w.policy, both, 2, &u)));
    assert_true(asks(&w, u, PSX_CAP_SPAWN, "/usr/bin/git", "git"));
    assert_true(asks(&w, u, PSX_CAP_EVAL, "", NULL));
    const psx_policy_holder *one[] = {w.app};
    assert_false(psx_failed(psx_policy_union(&w.op, w.policy, one, 1, &u)));
    assert_false(asks(&w, u, PSX_CAP_SPAWN, "/usr/bin/git", "git"));
    psx_op_fini(&w.op);
}

static void audit_mode_records_and_allows(void **state)
{
    psx_op op;
    psx_policy *policy;
    psx_policy_holder *h;
    psx_str bytes =
        PSX_STR("{\"version\": 1, \"onerror\": \"log\", \"packages\": {\"a\": {\"eval\": true, "
                "\"fs.write\": [\"./o/\"]}}}");
    psx_policy_subject s = {
        .name = PSX_STR("a"), .location = PSX_STR("node_modules/a"), .listed = true};
    (void)state;
    psx_op_init(&op, 1u << 20);
    assert_false(psx_failed(psx_policy_parse(&op, bytes, PSX_STR("p"), &policy)));
    assert_false(psx_failed(psx_policy_resolve(&op, policy, &dirs)));
    assert_false(psx_failed(psx_policy_protect(&op, policy, PSX_STR("/proj/p.json"))));
    assert_false(psx_failed(psx_policy_bind(&op, policy, &s, &h)));
    psx_policy_request q = {.cap = PSX_CAP_EVAL};
    psx_policy_verdict v = psx_policy_decide(policy, h, &q);
    assert_true(v.allowed && !v.recorded_only);
    q.cap = PSX_CAP_GC;
    v = psx_policy_decide(policy, h, &q);
    assert_true(v.allowed && v.recorded_only && !v.rule);
    q = (psx_policy_request){.cap = PSX_CAP_FS_WRITE, .value = PSX_STR("/proj/p.json")};
    assert_false(psx_policy_decide(policy, h, &q).allowed);
    q.value = PSX_STR("/proj/./p.json");
    assert_false(psx_policy_decide(policy, h, &q).allowed);
    psx_op_fini(&op);
}

static void a_missing_directory_is_told_with_its_place(void **state)
{
    psx_op op;
    psx_policy *policy;
    psx_policy_dirs no_home = {.project = PSX_STR("/proj"), .tmp = PSX_STR("/tmp")};
    psx_str bytes = PSX_STR("{\"version\": 1,\n\"app\": {\"fs.read\": [\"${home}/x\"]}}");
    (void)state;
    psx_op_init(&op, 1u << 20);
    assert_false(psx_failed(psx_policy_parse(&op, bytes, PSX_STR("p"), &policy)));
    assert_int_equal(psx_policy_resolve(&op, policy, &no_home).code, PSX_E_VALUE);
    assert_int_equal(op.fail.line, 2);
    assert_int_equal(op.fail.column, 21);
    psx_op_fini(&op);
}

static void pinned_integrity_must_match(void **state)
{
#define A88                                                                                        \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
    psx_op op;
    psx_policy *policy;
    psx_policy_holder *h;
    psx_policy_subject s = {
        .name = PSX_STR("a"), .location = PSX_STR("node_modules/a"), .listed = true};
    (void)state;
    psx_op_init(&op, 1u << 20);
    assert_false(psx_failed(psx_policy_parse(
        &op,
        PSX_STR("{\"version\": 1, \"packages\": {\"a\": {\"integrity\": \"sha512-" A88 "\"}}}"),
        PSX_STR("p"), &policy)));
    assert_false(psx_failed(psx_policy_resolve(&op, policy, &dirs)));
    s.integrity = PSX_STR("sha1-xyz sha512-" A88);
    assert_false(psx_failed(psx_policy_bind(&op, policy, &s, &h)));
    s.integrity = PSX_STR("sha512-B");
    assert_int_equal(psx_policy_bind(&op, policy, &s, &h).code, PSX_E_DIGEST);
    psx_fail_clear(&op);
    s.integrity = (psx_str){0};
    assert_int_equal(psx_policy_bind(&op, policy, &s, &h).code, PSX_E_DIGEST);
    psx_op_fini(&op);
}

static void keys_match_subjects(void **state)
{
    psx_policy_subject s = {.name = PSX_STR("a"),
                            .version = PSX_STR("1.2.3"),
                            .location = PSX_STR("packages/a"),
                            .listed = true};
    psx_policy_subject app = {.location = PSX_STR("")};
    (void)state;
    assert_true(psx_policy_key_matches(PSX_STR("*"), &s));
    assert_true(psx_policy_key_matches(PSX_STR("a@1.x"), &s));
    assert_true(psx_policy_key_matches(PSX_STR("./packages/a/"), &s));
    assert_false(psx_policy_key_matches(PSX_STR("a@2"), &s));
    assert_false(psx_policy_key_matches(PSX_STR("app"), &s));
    assert_true(psx_policy_key_matches(PSX_STR("app"), &app));
    assert_false(psx_policy_key_matches(PSX_STR("*"), &app));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(rows_hold_for_a_copy),
        cmocka_unit_test(names_that_steer_need_their_own_grant),
        cmocka_unit_test(who_is_being_loaded_gets_a_constant),
        cmocka_unit_test(commands_match_by_name_or_by_path),
        cmocka_unit_test(ambient_allows_all_but_what_is_denied),
        cmocka_unit_test(strays_hold_what_their_location_holds),
        cmocka_unit_test(the_most_specific_option_comes_last),
        cmocka_unit_test(rules_tell_where_to_open),
        cmocka_unit_test(names_do_not_lead_inside),
        cmocka_unit_test(the_union_holds_what_anyone_holds),
        cmocka_unit_test(audit_mode_records_and_allows),
        cmocka_unit_test(a_missing_directory_is_told_with_its_place),
        cmocka_unit_test(pinned_integrity_must_match),
        cmocka_unit_test(keys_match_subjects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

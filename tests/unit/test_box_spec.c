// What a box lets through, over a world that is a table: each row is a policy, and the rights that
// a path must have, or must not.
#include "alloc.h"

#include "box/spec.h"

typedef struct {
    const char *path;
    psx_box_thing thing;
    const char *target; // of a link
} row;

static const row table[] = {
    {"/p", PSX_BOX_DIR, NULL},
    {"/p/app.js", PSX_BOX_FILE, NULL},
    {"/p/.env", PSX_BOX_FILE, NULL},
    {"/p/.git", PSX_BOX_DIR, NULL},
    {"/p/.pnp.cjs", PSX_BOX_FILE, NULL},
    {"/p/.next", PSX_BOX_DIR, NULL},
    {"/p/.tool", PSX_BOX_DIR, NULL},
    {"/p/.tool/main.js", PSX_BOX_FILE, NULL},
    {"/p/data", PSX_BOX_DIR, NULL},
    {"/p/data/a", PSX_BOX_FILE, NULL},
    {"/p/data/l", PSX_BOX_LINK, "/secret"},
    {"/p/out", PSX_BOX_LINK, "/secret"},
    {"/p/node_modules", PSX_BOX_DIR, NULL},
    {"/p/node_modules/w", PSX_BOX_LINK, "/ws/w"},
    {"/p/packsec.policy.json", PSX_BOX_FILE, NULL},
    {"/node_modules", PSX_BOX_DIR, NULL},
    {"/ws", PSX_BOX_DIR, NULL},
    {"/ws/w", PSX_BOX_DIR, NULL},
    {"/ws/node_modules", PSX_BOX_DIR, NULL},
    {"/secret", PSX_BOX_DIR, NULL},
    {"/usr/bin/git", PSX_BOX_FILE, NULL},
    {"/usr/bin/sh", PSX_BOX_FILE, NULL},
};
enum { ROWS = sizeof table / sizeof *table };

static const row *find(psx_str path)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (psx_str_is(path, table[i].path)) return &table[i];
    }
    return NULL;
}

static psx_box_thing look(const psx_box_world *w, psx_str path)
{
    (void)w;
    return find(path) ? find(path)->thing : PSX_BOX_NOTHING;
}

static psx_rc list(const psx_box_world *w, psx_op *op, psx_str dir, psx_box_entry **v, size_t *n)
{
    (void)w;
    *n = 0;
    *v = PSX_ARRAY(op, psx_box_entry, ROWS);
    if (!*v) return psx_fail_nomem(op);
    for (size_t i = 0; i < ROWS; i++) {
        psx_str path = psx_str_from(table[i].path);
        size_t slash = psx_str_find_last(path, '/');
        if (!psx_str_eq(psx_str_slice(path, 0, slash ? slash : 1), dir)) continue;
        (*v)[(*n)++] = (psx_box_entry){psx_str_slice(path, slash + 1, path.n), table[i].thing};
    }
    return PSX_OK;
}

static psx_rc real(const psx_box_world *w, psx_op *op, psx_str path, psx_str *out)
{
    (void)w, (void)op;
    const row *r = find(path);
    *out = r ? r->target ? psx_str_from(r->target) : path : (psx_str){0};
    return PSX_OK;
}

static psx_rc interpreter(const psx_box_world *w, psx_op *op, psx_str path, psx_str *out)
{
    (void)w, (void)op;
    *out = psx_str_is(path, "/usr/bin/git") ? PSX_STR("/usr/bin/sh") : (psx_str){0};
    return PSX_OK;
}

static const psx_box_world world = {NULL, look, list, real, interpreter};
static const psx_policy_dirs dirs = {PSX_STR_INIT("/p"), PSX_STR_INIT("/tmp"),
                                     PSX_STR_INIT("/home/u"), PSX_STR_INIT("/p")};

static psx_box_request request_of(const psx_policy *policy, const psx_policy_holder *held)
{
    static const psx_str protect[] = {PSX_STR_INIT("/p/packsec.policy.json")};
    return (psx_box_request){
        .policy = policy,
        .held = held,
        .project = PSX_STR("/p"),
        .main = PSX_STR("/p/app.js"),
        .parts = PSX_STR("/parts"),
        .path = PSX_STR("/usr/bin:/bin"),
        .protect = protect,
        .n_protect = 1,
        .world = &world,
    };
}

static void make(psx_op *op, const char *grants, psx_box_kind kind, psx_box_spec *out)
{
    psx_policy *policy;
    psx_policy_holder *held;
    psx_str text;
    psx_policy_subject app = {.name = PSX_STR(""), .location = PSX_STR(""), .dir = PSX_STR("/p")};
    assert_int_equal(psx_op_format(op, &text, "{\"version\":1,\"app\":{%s}}", grants).code, 0);
    psx_rc rc = psx_policy_parse(op, text, PSX_STR("/p/packsec.policy.json"), &policy);
    if (psx_failed(rc)) fail_msg("%s: %s", grants, op->fail.message);
    assert_false(psx_failed(psx_policy_resolve(op, policy, &dirs)));
    assert_false(psx_failed(psx_policy_bind(op, policy, &app, &held)));
    psx_box_request r = request_of(policy, held);
    r.kind = kind;
    if (kind == PSX_BOX_COMMAND) r.program = PSX_STR("/usr/bin/git");
    assert_false(psx_failed(psx_box_spec_make(op, &r, out)));
}

// What the rules give to this path itself: all of those at it or above it.
static unsigned rights_at(const psx_box_spec *s, const char *path)
{
    unsigned rights = 0;
    psx_str at = psx_str_from(path);
    for (size_t i = 0; i < s->n_paths; i++) {
        psx_str root = s->paths[i].path;
        bool above =
            psx_str_starts(at, root) && (at.n == root.n || root.n == 1 || at.p[root.n] == '/');
        if (above) rights |= s->paths[i].rights;
    }
    return rights;
}

enum {
    R = PSX_BOX_READ,
    L = PSX_BOX_LIST,
    W = PSX_BOX_WRITE,
    M = PSX_BOX_MAKE,
    X = PSX_BOX_EXEC,
};

typedef struct {
    const char *grants;
    const char *path;
    unsigned rights;
    const char *why;
} vector;

static const vector vectors[] = {
    {"", "/p/app.js", R | L, "the code"},
    {"", "/p/.env", L, "no secrets of the project; names are told"},
    {"", "/p/.git/config", L, "nor its history"},
    {"", "/p/.pnp.cjs", R | L, "code, although it is hidden"},
    {"", "/p/.next/server.js", R | L, "what a framework built"},
    {"", "/p/.tool/main.js", L, "another hidden directory"},
    {"", "/p/out", L, "a link at the top is followed for nobody"},
    {"", "/secret", 0, "what a link leads to"},
    {"", "/ws/w/index.js", R | L, "but a package that is linked to is code"},
    {"", "/ws/node_modules/x", R | L, "with what it finds above it"},
    {"", "/ws/other", 0, "and nothing beside it"},
    {"", "/node_modules/x", R | L, "above the project"},
    {"", "/home/u/.ssh/id", 0, "nobody was granted that"},
    {"", "/etc/passwd", 0, "nor users"},
    {"", "/etc/hosts", 0, "nor a network"},
    {"", "/proc/1/environ", 0, "other processes"},
    {"", "/proc/meminfo", R, "the machine"},
    {"", "/dev/null", R | W, "leads nowhere"},
    {"", "/parts/npsx-engine", R | X, "the kernel starts it"},
    {"", "/parts/npsx-spawn", 0, "nothing is spawned"},
    {"", "/usr/bin/git", 0, "no programs"},
    {"\"fs.read\":[\"./.env\"]", "/p/.env", R | L, "granted"},
    {"\"fs.read\":[\"./\"]", "/p/.git/config", R | L, "the whole tree"},
    {"\"fs.read\":[\"/secret\"]", "/secret", L, "a directory alone: its names"},
    {"\"fs.read\":[\"./data/a\"]", "/p/data/a", R | L, "a file"},
    {"\"fs.write\":[\"./data/\"]", "/p/data/new", R | L | W | M, "a tree"},
    {"\"fs.write\":[\"./data/a\"]", "/p/data/a", R | L | W,
     "a file: its entry is not to be changed"},
    {"\"fs.write\":[\"./data/a\"]", "/p/data/b", R | L, "nor its neighbour"},
    {"\"fs.write\":[\"./\"]", "/p/packsec.policy.json", R | L, "the policy holds against all"},
    {"\"fs.write\":[\"./\"]", "/p/new", L, "who may change entries there could replace it"},
    {"\"fs.write\":[\"./\"]", "/p/data/new", R | L | W | M, "what lies beside it is granted"},
    {"\"fs.write\":[\"./\"]", "/p/app.js", R | L | W, "one by one"},
    {"\"fs.write\":[\"/\"]", "/p/packsec.policy.json", R | L, "from however far above"},
    {"\"fs.write\":[\"/\"]", "/p/data/a", R | L | W | M, ""},
    {"\"fs.write\":[\"/\"]", "/secret/a", W | M, ""},
    {"\"fs.write\":[\"./packsec.policy.json\"]", "/p/packsec.policy.json", R | L, "by name"},
    {"\"net.connect\":[\"a.example\"]", "/etc/hosts", R, "names"},
    {"\"spawn\":[\"git\"]", "/parts/npsx-spawn", R | X, "the only program of an engine"},
    {"\"spawn\":[\"git\"]", "/usr/bin/git", 0, "which is started outside"},
    {"\"system\":[\"user\"]", "/etc/passwd", R, "os.userInfo"},
};

static void rights(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const vector *v = &vectors[i];
        psx_box_spec s;
        psx_op op;
        psx_op_init(&op, 4u << 20);
        make(&op, v->grants, PSX_BOX_ENGINE, &s);
        if (rights_at(&s, v->path) != v->rights)
            fail_msg("{%s} %s: %#x, not %#x (%s)", v->grants, v->path, rights_at(&s, v->path),
                     v->rights, v->why);
        psx_op_fini(&op);
    }
}

static void commands(void **state)
{
    (void)state;
    psx_box_spec s;
    psx_op op;
    psx_op_init(&op, 4u << 20);
    make(&op, "", PSX_BOX_COMMAND, &s);
    assert_int_equal(rights_at(&s, "/usr/bin/git"), R | L | X);
    assert_int_equal(rights_at(&s, "/usr/bin/sh"), R | L | X); // it runs the other one
    assert_int_equal(rights_at(&s, "/usr/bin/other"), R | L);
    assert_int_equal(rights_at(&s, "/p/app.js"), 0);
    assert_int_equal(rights_at(&s, "/parts/npsx-engine"), 0);
    psx_op_fini(&op);
}

// How far links are followed: what packages can write may have links of theirs.
static void links(void **state)
{
    (void)state;
    psx_box_spec s;
    psx_op op;
    size_t seen = 0;
    psx_op_init(&op, 4u << 20);
    make(&op, "\"fs.read\":[\"./data/l\",\"/secret/x/\"],\"fs.write\":[\"./data/\"]",
         PSX_BOX_ENGINE, &s);
    for (size_t i = 0; i < s.n_paths; i++) {
        const psx_box_path *p = &s.paths[i];
        if (psx_str_is(p->path, "/p/data/l")) {
            seen++;
            assert_int_equal(p->links, strlen("/p/data"));
        }
        if (psx_str_is(p->path, "/secret/x")) {
            seen++;
            assert_int_equal(p->links, p->path.n);
        }
    }
    assert_int_equal(seen, 2);
    psx_op_fini(&op);
}

typedef struct {
    const char *grants;
    bool supervised;
    psx_box_extent connect, listen, read, write;
} needs;

static const needs supervision[] = {
    {"", false, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE},
    {"\"fs.read\":[\"./data/a\"]", false, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_SOME, PSX_BOX_NONE},
    {"\"fs.read\":[\"./later\"]", true, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_SOME, PSX_BOX_NONE},
    {"\"fs.write\":[\"./data/\"]", true, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_SOME},
    {"\"net.connect\":[\"*\"]", false, PSX_BOX_ALL, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE},
    {"\"net.connect\":[\"*\",\"a.example:1\"]", false, PSX_BOX_ALL, PSX_BOX_NONE, PSX_BOX_NONE,
     PSX_BOX_NONE},
    {"\"net.connect\":[\"*:443\"]", true, PSX_BOX_SOME, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE},
    {"\"net.connect\":[\"*\",\"unix:/run/x\"]", true, PSX_BOX_ALL, PSX_BOX_NONE, PSX_BOX_NONE,
     PSX_BOX_NONE},
    {"\"net.listen\":[\"127.0.0.1\"]", true, PSX_BOX_NONE, PSX_BOX_SOME, PSX_BOX_NONE,
     PSX_BOX_NONE},
    {"\"spawn\":[\"git\"]", true, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE, PSX_BOX_NONE},
};

static void supervisors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof supervision / sizeof *supervision; i++) {
        const needs *n = &supervision[i];
        psx_box_spec s;
        psx_op op;
        psx_op_init(&op, 4u << 20);
        make(&op, n->grants, PSX_BOX_ENGINE, &s);
        bool same = s.supervised == n->supervised && s.connect == n->connect &&
                    s.listen == n->listen && s.read == n->read && s.write == n->write;
        if (!same) fail_msg("{%s}: another box", n->grants);
        psx_op_fini(&op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights),
        cmocka_unit_test(commands),
        cmocka_unit_test(links),
        cmocka_unit_test(supervisors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

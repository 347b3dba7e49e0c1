// What npsx-spawn may order: whole or nothing, for an attacker may write it.
#include "alloc.h"

#include "box/order.h"

enum { ROOM = 256 };

typedef struct {
    char bytes[ROOM];
    size_t n;
} message;

static void put(message *m, const char *text)
{
    size_t n = strlen(text) + 1;
    memcpy(m->bytes + m->n, text, n);
    m->n += n;
}

// dir, path, argv0, two arguments, one variable
static message whole(void)
{
    message m = {.n = sizeof(psx_box_order_head)};
    static const char *const strings[] = {"/p/a", "/usr/bin/git", "git", "log", "", "A=1"};
    for (size_t i = 0; i < 6; i++) {
        put(&m, strings[i]);
    }
    psx_box_order_head head = {.kind = PSX_BOX_ORDER_COMMAND, .n_fds = 4, .mask = 022};
    head.uid = head.gid = -1;
    head.n_args = 2;
    head.n_env = 1;
    head.n = (uint32_t)(m.n - sizeof head);
    memcpy(m.bytes, &head, sizeof head);
    return m;
}

static bool parse(const message *m, psx_box_order *out)
{
    char *exact = malloc(m->n ? m->n : 1); // what lies behind it is not there
    memcpy(exact, m->bytes, m->n);
    bool good = psx_box_order_parse((psx_str){exact, m->n}, out);
    free(exact);
    return good;
}

static void test_whole(void **state)
{
    (void)state;
    message m = whole();
    psx_box_order o;
    assert_true(psx_box_order_parse((psx_str){m.bytes, m.n}, &o));
    assert_true(psx_str_is(o.dir, "/p/a"));
    assert_true(psx_str_is(o.path, "/usr/bin/git"));
    assert_true(psx_str_is(o.argv0, "git"));
    assert_string_equal(o.args, "log");
    assert_string_equal(o.args + 4, "");
    assert_int_equal(o.env.n, 4);
    assert_string_equal(o.env.p, "A=1");
}

static void test_cut(void **state)
{
    (void)state;
    message m = whole();
    psx_box_order o;
    for (size_t n = 0; n < m.n; n++) {
        message cut = m;
        cut.n = n;
        assert_false(parse(&cut, &o));
        if (n < sizeof o.head) continue;
        uint32_t left = (uint32_t)(n - sizeof o.head); // the head says so, too
        memcpy(cut.bytes, &left, sizeof left);
        assert_false(parse(&cut, &o));
    }
    put(&m, "more");
    assert_false(parse(&m, &o));
}

#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        message m_ = whole();                                                                      \
        psx_box_order o_;                                                                          \
        psx_box_order_head h_;                                                                     \
        memcpy(&h_, m_.bytes, sizeof h_);                                                          \
        h_.member = (value);                                                                       \
        memcpy(m_.bytes, &h_, sizeof h_);                                                          \
        assert_false(parse(&m_, &o_));                                                             \
    } while (0)

static void test_head(void **state)
{
    (void)state;
    REFUSED(n, 0);
    REFUSED(n, UINT32_MAX);
    REFUSED(n, PSX_BOX_ORDER_MAX + 1);
    REFUSED(kind, 2);
    REFUSED(n_fds, PSX_BOX_ORDER_FDS + 1);
    REFUSED(n_fds, UINT32_MAX);
    REFUSED(mask, 01000);
    REFUSED(uid, -2);
    REFUSED(gid, INT32_MIN);
    REFUSED(n_args, 3);
    REFUSED(n_args, UINT32_MAX);
    REFUSED(n_env, 0);
    REFUSED(n_env, 2);
    REFUSED(n_env, UINT32_MAX);
}

static void test_relative(void **state)
{
    (void)state;
    static const size_t places[] = {sizeof(psx_box_order_head), sizeof(psx_box_order_head) + 5};
    for (size_t i = 0; i < 2; i++) {
        message m = whole();
        psx_box_order o;
        m.bytes[places[i]] = 'x'; // dir, path
        assert_false(parse(&m, &o));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_relative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

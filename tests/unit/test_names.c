// Addresses and the names they are known under: who may connect where, and until when.
#include <arpa/inet.h>

#include "alloc.h"

#include "box/names.h"

static const char text[] = "{\"version\": 1, \"app\": {\"net.connect\": [\"api.example.com:443\", "
                           "\"*.wild.example\", \"db\", \"localhost:3000\", \"meta.example\", "
                           "\"169.254.169.254:80\", \"fe80::/16\"], "
                           "\"net.listen\": [\"host.example:80\"]}}";

typedef struct {
    psx_op op;
    psx_policy *policy;
    psx_names_rules rules;
} world;

static psx_names names;

static void build(world *w, const char *policy)
{
    static const psx_policy_dirs dirs = {PSX_STR_INIT("/proj"), PSX_STR_INIT("/tmp"),
                                         PSX_STR_INIT("/home/u"), PSX_STR_INIT("/proj")};
    psx_policy_holder *h = NULL;
    psx_policy_subject app = {.name = PSX_STR("app"), .dir = PSX_STR("/proj"), .listed = true};
    psx_op_init(&w->op, 4u << 20);
    psx_rc rc = psx_policy_parse(&w->op, psx_str_from(policy), PSX_STR("p.json"), &w->policy);
    if (psx_failed(rc)) fail_msg("%s", w->op.fail.message);
    assert_false(psx_failed(psx_policy_resolve(&w->op, w->policy, &dirs)));
    assert_false(psx_failed(psx_policy_bind(&w->op, w->policy, &app, &h)));
    assert_false(psx_failed(psx_names_rules_make(&w->op, w->policy, h, &w->rules)));
    names = (psx_names){0};
}

static void address_of(const char *written, uint8_t out[16])
{
    memset(out, 0, 16);
    out[10] = out[11] = 0xFF;
    if (inet_pton(AF_INET, written, out + 12) == 1) return;
    assert_int_equal(inet_pton(AF_INET6, written, out), 1);
}

static bool add(const char *name, const char *address, uint32_t ttl, uint64_t now)
{
    psx_dns_name n;
    uint8_t bytes[16];
    assert_true(psx_dns_name_of(psx_str_from(name), &n));
    address_of(address, bytes);
    return psx_names_add(&names, &n, bytes, ttl, now);
}

static bool allows(world *w, const char *address, int port, uint64_t now)
{
    uint8_t bytes[16];
    address_of(address, bytes);
    return psx_names_allow(&names, &w->rules, PSX_CAP_NET_CONNECT, bytes, port, now);
}

static const struct {
    const char *name, *address; // what a name server said
    int port;                   // of the connect
    bool allowed;
    const char *why;
} rows[] = {
    // clang-format off
    {"api.example.com", "93.184.216.34", 443, true, "granted"},
    {"api.example.com", "93.184.216.34", 80, false, "another port"},
    {"api.example.com", "2001:db8::1", 443, true, "IPv6"},
    {"example.com", "93.184.216.34", 443, false, "the domain above"},
    {"x.api.example.com", "93.184.216.34", 443, false, "a name beneath"},
    {"a.wild.example", "93.184.216.34", 1, true, "a wildcard, any port"},
    {"a.b.wild.example", "93.184.216.34", 65535, true, "a wildcard, two labels"},
    {"wild.example", "93.184.216.34", 1, false, "a wildcard is not the name itself"},
    {"evilwild.example", "93.184.216.34", 1, false, "nor one that ends alike"},
    {"db", "10.0.0.7", 5432, true, "private addresses are addresses"},
    {"api.example.com", "127.0.0.1", 443, false, "rebinding: loopback"},
    {"api.example.com", "127.8.9.1", 443, false, "rebinding: loopback, all of it"},
    {"api.example.com", "0.0.0.0", 443, false, "rebinding: unspecified"},
    {"api.example.com", "169.254.169.254", 443, false, "rebinding: metadata"},
    {"api.example.com", "::1", 443, false, "rebinding: loopback in IPv6"},
    {"api.example.com", "::ffff:127.0.0.1", 443, false, "rebinding: loopback, mapped"},
    {"api.example.com", "64:ff9b::7f00:1", 443, false, "rebinding: loopback behind NAT64"},
    {"api.example.com", "fd00:ec2::254", 443, false, "rebinding: metadata in IPv6"},
    {"meta.example", "169.254.169.254", 80, true, "metadata, granted as an address as well"},
    {"meta.example", "169.254.169.254", 81, false, "but not with this port"},
    {"meta.example", "fe80::1", 9, true, "link-local, granted as an address as well"},
    {"localhost", "127.0.0.1", 3000, true, "localhost may be loopback"},
    {"localhost", "127.0.0.1", 3001, false, "with its port"},
    {"localhost", "169.254.169.254", 3000, false, "and nothing else"},
    // clang-format on
};

static void test_rows(void **state)
{
    (void)state;
    world w;
    build(&w, text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        names = (psx_names){0};
        assert_false(allows(&w, rows[i].address, rows[i].port, 0));
        assert_true(add(rows[i].name, rows[i].address, 300, 0));
        if (allows(&w, rows[i].address, rows[i].port, 0) != rows[i].allowed)
            fail_msg("%s %s:%d: %s", rows[i].name, rows[i].address, rows[i].port, rows[i].why);
    }
    psx_op_fini(&w.op);
}

// An address of several names may be used when one of them may.
static void test_several_names(void **state)
{
    (void)state;
    world w;
    build(&w, text);
    assert_true(add("evil.net", "1.2.3.4", 300, 0));
    assert_true(add("other.net", "1.2.3.4", 300, 0));
    assert_false(allows(&w, "1.2.3.4", 443, 0));
    assert_true(add("api.example.com", "1.2.3.4", 300, 0));
    assert_true(add("third.net", "1.2.3.4", 300, 0));
    assert_true(allows(&w, "1.2.3.4", 443, 0));
    assert_false(allows(&w, "1.2.3.5", 443, 0));
    uint8_t bytes[16];
    address_of("1.2.3.4", bytes);
    assert_true(psx_names_knows(&names, &w.rules, bytes, 0));
    assert_false(psx_names_allow(&names, &w.rules, PSX_CAP_NET_LISTEN, bytes, 443, 0));
    psx_op_fini(&w.op);
}

static void test_expiry(void **state)
{
    (void)state;
    world w;
    build(&w, text);
    assert_true(add("api.example.com", "1.2.3.4", 0, 1000)); // no TTL: the grace alone
    assert_true(allows(&w, "1.2.3.4", 443, 1000 + PSX_NAMES_GRACE - 1));
    assert_false(allows(&w, "1.2.3.4", 443, 1000 + PSX_NAMES_GRACE));
    assert_true(add("api.example.com", "1.2.3.5", 300, 1000));
    assert_true(allows(&w, "1.2.3.5", 443, 1300 + PSX_NAMES_GRACE - 1));
    assert_false(allows(&w, "1.2.3.5", 443, 1300 + PSX_NAMES_GRACE));
    // told again: longer, never shorter
    assert_true(add("api.example.com", "1.2.3.5", 300, 1100));
    assert_true(add("api.example.com", "1.2.3.5", 0, 1100));
    assert_true(allows(&w, "1.2.3.5", 443, 1400 + PSX_NAMES_GRACE - 1));
    // not for weeks, whatever was said
    assert_true(add("api.example.com", "1.2.3.6", INT32_MAX, 0));
    assert_false(allows(&w, "1.2.3.6", 443, PSX_NAMES_TTL_MAX + PSX_NAMES_GRACE));
    psx_op_fini(&w.op);
}

// A slot that somebody else had does not make the new name's address out of the old one's.
static void test_reused_slots(void **state)
{
    (void)state;
    world w;
    build(&w, text);
    assert_true(add("evil.net", "6.6.6.6", 0, 0));
    assert_true(add("api.example.com", "1.2.3.4", 300, 100));
    assert_int_equal(names.n_texts, 1);
    assert_int_equal(names.n_pairs, 1);
    assert_true(allows(&w, "1.2.3.4", 443, 100));
    assert_false(allows(&w, "6.6.6.6", 443, 100));
    psx_op_fini(&w.op);
}

static void test_full(void **state)
{
    (void)state;
    world w;
    char name[64], address[64];
    build(&w, text);
    for (int i = 0; i < PSX_NAMES_TEXTS; i++) {
        snprintf(name, sizeof name, "n%d.wild.example", i);
        assert_true(add(name, "1.2.3.4", 300, 0));
    }
    assert_false(add("api.example.com", "1.2.3.4", 300, 0));
    assert_false(allows(&w, "9.9.9.9", 443, 0));
    for (int i = PSX_NAMES_TEXTS; i < PSX_NAMES_PAIRS; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        assert_true(add("n1.wild.example", address, 300, 0));
    }
    assert_false(add("n1.wild.example", "11.0.0.1", 300, 0));
    assert_true(add("n1.wild.example", "10.0.8.1", 300, 100)); // known already
    assert_false(allows(&w, "11.0.0.1", 1, 0));
    assert_true(allows(&w, "10.0.8.1", 1, 0));
    // all but two have expired: their places are taken
    assert_true(add("api.example.com", "11.0.0.1", 300, 400));
    assert_true(allows(&w, "11.0.0.1", 443, 400));
    assert_false(allows(&w, "10.0.8.2", 1, 400));
    assert_true(allows(&w, "10.0.8.1", 1, 400));
    for (int i = 0; i < PSX_NAMES_PAIRS - 2; i++) {
        snprintf(address, sizeof address, "12.0.%d.%d", i / 256, i % 256);
        assert_true(add("api.example.com", address, 300, 400));
    }
    assert_false(add("api.example.com", "13.0.0.1", 300, 400));
    for (int i = 0; i < PSX_NAMES_PAIRS - 2; i++) {
        snprintf(address, sizeof address, "12.0.%d.%d", i / 256, i % 256);
        assert_true(allows(&w, address, 443, 400));
    }
    psx_op_fini(&w.op);
}

static const char hosts[] = "# comment\n"
                            "10.1.1.1\tapi.example.com  db # db2\n"
                            "  10.1.1.2 other.net\r\n"
                            "10.1.1.3\n"
                            "nonsense api.example.com\n"
                            "127.0.1.1 meta.example\n"
                            "2001:db8::5 X.Wild.Example\r\n"
                            "10.1.1.4 host.example";

static void test_hosts(void **state)
{
    (void)state;
    world w;
    uint8_t bytes[16];
    build(&w, text);
    psx_names_read_hosts(&names, &w.rules, psx_str_from(hosts));
    uint64_t late = UINT64_MAX - 1;
    assert_true(allows(&w, "10.1.1.1", 443, late));
    assert_true(allows(&w, "10.1.1.1", 5432, late)); // db
    assert_true(allows(&w, "2001:db8::5", 7, late));
    assert_true(allows(&w, "127.0.0.1", 3000, late)); // localhost, without a line
    assert_false(allows(&w, "10.1.1.2", 443, late));
    assert_false(allows(&w, "10.1.1.3", 443, late));
    assert_false(allows(&w, "127.0.1.1", 80, late)); // a name does not lead inside
    address_of("10.1.1.4", bytes);
    assert_true(psx_names_allow(&names, &w.rules, PSX_CAP_NET_LISTEN, bytes, 80, late));
    assert_int_equal(names.n_texts, 6); // the granted ones and localhost alone
    psx_op_fini(&w.op);
}

static void test_granted(void **state)
{
    (void)state;
    world w;
    build(&w, text);
    static const struct {
        const char *name;
        bool granted;
    } table[] = {{"api.example.com", true},  {"API.example.com", true},
                 {"example.com", false},     {"x.wild.example", true},
                 {"wild.example", false},    {"db", true},
                 {"db.example", false},      {"169.254.169.254", true},
                 {"169.254.169.253", false}, {"", false},
                 {"host.example", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        psx_str name = psx_str_from(table[i].name);
        if (psx_names_is_granted(&w.rules, PSX_CAP_NET_CONNECT, name, true) != table[i].granted)
            fail_msg("%s", table[i].name);
    }
    psx_op_fini(&w.op);
    build(&w, "{\"version\": 1, \"onerror\": \"log\", \"app\": {}}");
    assert_true(psx_names_is_granted(&w.rules, PSX_CAP_NET_CONNECT, PSX_STR("x.net"), true));
    assert_false(psx_names_is_granted(&w.rules, PSX_CAP_NET_CONNECT, PSX_STR("x.net"), false));
    psx_op_fini(&w.op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_several_names),
        cmocka_unit_test(test_expiry),  cmocka_unit_test(test_reused_slots),
        cmocka_unit_test(test_full),    cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

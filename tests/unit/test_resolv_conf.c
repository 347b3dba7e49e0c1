// resolv.conf(5), as the C library reads it; and answers that are kept for their time.
#include <arpa/inet.h>
#include <netinet/in.h>

#include "alloc.h"

#include "box/answers.h"
#include "box/resolv_conf.h"

static void show(const psx_resolv_conf *c, char *dst, size_t size)
{
    size_t n = 0;
    char text[INET6_ADDRSTRLEN + 16];
    for (size_t i = 0; i < c->n_servers; i++) {
        struct sockaddr_storage to;
        psx_resolv_sockaddr(&c->servers[i], &to);
        const struct sockaddr_in *four = (const struct sockaddr_in *)&to;
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&to;
        bool is_four = to.ss_family == AF_INET;
        inet_ntop(to.ss_family, is_four ? (const void *)&four->sin_addr : &six->sin6_addr, text,
                  sizeof text);
        assert_int_equal(ntohs(four->sin_port), 53);
        n += (size_t)snprintf(dst + n, size - n, "%s%%%u ", text, is_four ? 0 : six->sin6_scope_id);
    }
    for (size_t i = 0; i < c->n_domains; i++)
        n += (size_t)snprintf(dst + n, size - n, ".%s ", c->domains[i].text);
    snprintf(dst + n, size - n, "%u*%u%s%s", c->timeout, c->attempts, c->rotate ? " rotate" : "",
             c->use_tcp ? " tcp" : "");
}

static const struct {
    const char *text, *shown;
} table[] = {
    // clang-format off
    {"", "127.0.0.1%0 .corp.example 5*2"},
    {"nameserver 10.0.0.53", "10.0.0.53%0 .corp.example 5*2"},
    {"nameserver 10.0.0.53\r\nnameserver\t2001:db8::53\n", "10.0.0.53%0 2001:db8::53%0 .corp.example 5*2"},
    {"nameserver ::ffff:10.0.0.53\n", "10.0.0.53%0 .corp.example 5*2"},
    {"nameserver fe80::1%7\n", "fe80::1%7 .corp.example 5*2"},
    {"nameserver fe80::1%lo\n", "fe80::1%1 .corp.example 5*2"},
    {"nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\n", "1.1.1.1%0 1.1.1.2%0 1.1.1.3%0 .corp.example 5*2"},
    {"nameserver\nnameserver dns.example\nnameserver 1.1.1.1 2.2.2.2\n", "1.1.1.1%0 .corp.example 5*2"},
    {"# nameserver 1.1.1.1\n; nameserver 1.1.1.2\n#\n", "127.0.0.1%0 .corp.example 5*2"},
    {"Nameserver 1.1.1.1\nxnameserver 1.1.1.1\n", "127.0.0.1%0 .corp.example 5*2"},
    {"search a.example  B.example. c\n", "127.0.0.1%0 .a.example .b.example .c 5*2"},
    {"search a.example\nsearch b.example\n", "127.0.0.1%0 .b.example 5*2"},
    {"search a.example\ndomain b.example c.example\n", "127.0.0.1%0 .b.example 5*2"},
    {"domain b.example\nsearch a.example\n", "127.0.0.1%0 .a.example 5*2"},
    {"search .\n", "127.0.0.1%0 5*2"},
    {"search a/b x.example\n", "127.0.0.1%0 .x.example 5*2"},
    {"options timeout:2 attempts:3 rotate use-vc ndots:5 edns0\n", "127.0.0.1%0 .corp.example 2*3 rotate tcp"},
    {"options timeout:99 attempts:99\n", "127.0.0.1%0 .corp.example 30*5"},
    {"options timeout:0 attempts:0\n", "127.0.0.1%0 .corp.example 1*1"},
    {"options timeout:x timeout: timeout:-1 timeouts:3\n", "127.0.0.1%0 .corp.example 5*2"},
    // clang-format on
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        psx_resolv_conf c;
        char shown[1024];
        psx_resolv_conf_parse(psx_str_from(table[i].text), PSX_STR("host.corp.example"), &c);
        show(&c, shown, sizeof shown);
        if (strcmp(shown, table[i].shown)) fail_msg("%zu: %s", i, shown);
    }
}

static void test_hosts_without_domain(void **state)
{
    (void)state;
    psx_resolv_conf c;
    psx_resolv_conf_parse(PSX_STR(""), PSX_STR("host"), &c);
    assert_int_equal(c.n_domains, 0);
    psx_resolv_conf_parse(PSX_STR(""), PSX_STR(""), &c);
    assert_int_equal(c.n_domains, 0);
}

// ---- answers ------------------------------------------------------------------------------------

static psx_answers answers;

static psx_dns_question question_of(const char *name)
{
    psx_dns_question q = {.type = PSX_DNS_A, .recurse = true};
    assert_true(psx_dns_name_of(psx_str_from(name), &q.name));
    return q;
}

static void put(const char *name, uint32_t ttl, unsigned rcode, size_t n, uint64_t now)
{
    static uint8_t bytes[4096] = {0x12, 0x34, 0x81, 0x80};
    psx_dns_question q = question_of(name);
    psx_dns_answer a = {.ttl = ttl, .rcode = rcode};
    psx_answers_put(&answers, &q, (psx_str){(const char *)bytes, n}, &a, now);
}

static bool has_question(const psx_dns_question *q, uint64_t now)
{
    uint8_t bytes[PSX_ANSWERS_BYTES];
    uint16_t id = 0;
    if (!psx_answers_get(&answers, q, now, bytes, &id)) return false;
    assert_int_equal(id, 0x1234);
    return true;
}

static bool has(const char *name, uint64_t now)
{
    psx_dns_question q = question_of(name);
    return has_question(&q, now);
}

static void test_answers(void **state)
{
    (void)state;
    answers = (psx_answers){0};
    put("a", 10, 0, 100, 1000);
    assert_true(has("a", 1009));
    assert_false(has("a", 1010));
    assert_false(has("b", 1000));
    put("b", 0, 0, 100, 1000);
    put("c", 10, PSX_DNS_SERVFAIL, 100, 1000);
    put("d", 10, PSX_DNS_NXDOMAIN, 100, 1000);
    put("e", 10, 0, PSX_ANSWERS_BYTES + 1, 1000);
    put("f", 10, 0, PSX_ANSWERS_BYTES, 1000);
    assert_true(!has("b", 1000) && !has("c", 1000) && has("d", 1000));
    assert_true(!has("e", 1000) && has("f", 1000));
    put("g", UINT32_MAX, 0, 100, 1000);
    assert_true(has("g", 1000 + 86399) && !has("g", 1000 + 86400));
}

// Who asks in another way is answered in another way.
static void test_other_questions(void **state)
{
    (void)state;
    answers = (psx_answers){0};
    put("a", 10, 0, 100, 0);
    for (int i = 0; i < 6; i++) {
        psx_dns_question q = question_of("a");
        if (i == 0) q.type = PSX_DNS_AAAA;
        if (i == 1) q.recurse = false;
        if (i == 2) q.has_opt = true;
        if (i == 3) q.wants_dnssec = true;
        if (i == 4) q.checking_disabled = true;
        if (i == 5) q.wants_ad = true;
        assert_false(has_question(&q, 0));
    }
    assert_true(has("a", 0));
}

static void test_full(void **state)
{
    (void)state;
    char name[32];
    answers = (psx_answers){0};
    for (int i = 0; i < PSX_ANSWERS; i++) {
        snprintf(name, sizeof name, "n%d", i);
        put(name, i == 7 ? 5 : 100, 0, 100, 0);
    }
    put("n9", 200, 0, 100, 0); // again: in its own place
    assert_true(has("n7", 0));
    put("new", 100, 0, 100, 0);
    assert_true(has("new", 0) && has("n9", 150) && !has("n7", 0));
    for (int i = 0; i < PSX_ANSWERS; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_true(has(name, 0) == (i != 7));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),   cmocka_unit_test(test_hosts_without_domain),
        cmocka_unit_test(test_answers), cmocka_unit_test(test_other_questions),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

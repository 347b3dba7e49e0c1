#include <arpa/inet.h>

#include "alloc.h"

#include "formats/dns.h"

// ---- messages written by hand -------------------------------------------------------------------

typedef struct {
    uint8_t v[2048];
    size_t n;
} message;

static void put(message *m, unsigned v, size_t bytes) // more than 4: zeros in front
{
    while (bytes--)
        m->v[m->n++] = (uint8_t)(bytes < sizeof v ? v >> 8 * bytes & 0xFF : 0);
}

// "www.example.com", "" (the root), "*12" (a pointer), "www*12" (a label, then a pointer).
static void put_name(message *m, psx_str text)
{
    while (text.n && text.p[0] != '*') {
        size_t n = 0;
        while (n < text.n && text.p[n] != '.' && text.p[n] != '*')
            n++;
        put(m, (unsigned)n, 1);
        memcpy(m->v + m->n, text.p, n);
        m->n += n;
        text = psx_str_slice(text, n < text.n && text.p[n] == '.' ? n + 1 : n, text.n);
    }
    uint64_t to = 0;
    if (!text.n)
        put(m, 0, 1);
    else if (psx_str_to_u64(psx_str_slice(text, 1, text.n), &to))
        put(m, 0xC000 | (unsigned)to, 2);
}

static psx_str word(psx_str *rest)
{
    while (rest->n && rest->p[0] == ' ')
        *rest = psx_str_slice(*rest, 1, rest->n);
    size_t n = psx_str_find(*rest, ' ');
    psx_str w = psx_str_slice(*rest, 0, n);
    *rest = psx_str_slice(*rest, n, rest->n);
    return w;
}

static unsigned number(psx_str text)
{
    uint64_t v = 0;
    assert_true(psx_str_to_u64(text, &v));
    return (unsigned)v;
}

static void put_data(message *m, unsigned type, psx_str text)
{
    char address[64];
    size_t at = m->n;
    put(m, 0, 2);
    snprintf(address, sizeof address, "%.*s", PSX_FMT(text));
    if (type == PSX_DNS_A && inet_pton(AF_INET, address, m->v + m->n) == 1)
        m->n += 4;
    else if (type == PSX_DNS_AAAA && inet_pton(AF_INET6, address, m->v + m->n) == 1)
        m->n += 16;
    else if (type == PSX_DNS_CNAME)
        put_name(m, text);
    else if (type == PSX_DNS_SOA)
        put_name(m, PSX_STR("")), put_name(m, PSX_STR("*12")), put(m, 0, 16),
            put(m, number(text), 4);
    else
        memcpy(m->v + m->n, text.p, text.n), m->n += text.n;
    size_t n = m->n - at - 2, end = m->n;
    m->n = at;
    put(m, (unsigned)n, 2);
    m->n = end;
}

static const struct {
    const char *name;
    unsigned type;
} types[] = {{"A", 1}, {"CNAME", 5}, {"SOA", 6}, {"TXT", 16}, {"AAAA", 28}};

// "owner type ttl data"
static void put_record(message *m, psx_str text)
{
    unsigned type = 0;
    psx_str owner = word(&text), name = word(&text);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (psx_str_is(name, types[i].name)) type = types[i].type;
    assert_int_not_equal(type, 0);
    put_name(m, psx_str_is(owner, ".") ? PSX_STR("") : owner);
    put(m, type, 2);
    put(m, 1, 2);
    put(m, number(word(&text)), 4);
    put_data(m, type, word(&text));
}

static unsigned put_records(message *m, const char *text)
{
    unsigned n = 0;
    psx_str rest = psx_str_from(text);
    for (; rest.n; n++) {
        size_t end = psx_str_find(rest, ';');
        put_record(m, psx_str_slice(rest, 0, end));
        rest = psx_str_slice(rest, end + 1, rest.n);
    }
    return n;
}

static void put_header(message *m, unsigned id, unsigned flags, unsigned additional)
{
    *m = (message){0};
    put(m, id, 2);
    put(m, flags, 2);
    put(m, 1, 2);
    put(m, 0, 4);
    put(m, additional, 2);
}

static void put_question(message *m, const char *name, unsigned type)
{
    put_name(m, psx_str_from(name));
    put(m, type, 2);
    put(m, 1, 2);
}

static psx_str bytes_of(const message *m)
{
    return (psx_str){(const char *)m->v, m->n};
}

// ---- questions ----------------------------------------------------------------------------------

#define HEAD     "\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
#define HEAD_OPT "\x12\x34\x01\x20\0\1\0\0\0\0\0\1"
#define TAIL     "\0\1\0\1"

static const struct {
    const char *why;
    psx_str bytes;
    const char *name; // NULL: refused
    int rcode;
} questions[] = {
    // clang-format off
    {"plain", PSX_STR_INIT(HEAD "\3www\7example\3com\0" TAIL), "www.example.com", 0},
    {"lower-cased", PSX_STR_INIT(HEAD "\3wWw\7EXAMPLE\3com\0" TAIL), "www.example.com", 0},
    {"digits, minus, underscore", PSX_STR_INIT(HEAD "\5_x-42\3com\0" TAIL), "_x-42.com", 0},
    {"with an OPT", PSX_STR_INIT(HEAD_OPT "\1a\0" TAIL "\0\0\x29\4\xd0\0\0\x80\0\0\0"), "a", 0},
    {"with options in it", PSX_STR_INIT(HEAD_OPT "\1a\0" TAIL "\0\0\x29\4\xd0\0\0\0\0\0\6\0\12\0\2ab"), "a", 0},
    {"the root", PSX_STR_INIT(HEAD "\0" TAIL), "", 0},
    {"too short to answer", PSX_STR_INIT("\x12\x34\x01\x00\0\1\0\0\0\0\0"), NULL, -1},
    {"an answer", PSX_STR_INIT("\x12\x34\x81\x00\0\1\0\0\0\0\0\0\1a\0" TAIL), NULL, -1},
    {"an update", PSX_STR_INIT("\x12\x34\x28\x00\0\1\0\0\0\0\0\0\1a\0" TAIL), NULL, PSX_DNS_NOTIMP},
    {"no question", PSX_STR_INIT("\x12\x34\x01\x00\0\0\0\0\0\0\0\0"), NULL, PSX_DNS_FORMERR},
    {"two questions", PSX_STR_INIT("\x12\x34\x01\x00\0\2\0\0\0\0\0\0\1a\0" TAIL "\1b\0" TAIL), NULL, PSX_DNS_FORMERR},
    {"bytes behind", PSX_STR_INIT(HEAD "\1a\0" TAIL "x"), NULL, PSX_DNS_FORMERR},
    {"cut off in the name", PSX_STR_INIT(HEAD "\3ww"), NULL, PSX_DNS_FORMERR},
    {"cut off before the class", PSX_STR_INIT(HEAD "\1a\0\0\1"), NULL, PSX_DNS_FORMERR},
    {"a pointer", PSX_STR_INIT(HEAD "\1a\xc0\x0c" TAIL), NULL, PSX_DNS_FORMERR},
    {"a length that is none", PSX_STR_INIT(HEAD "\x40" "a\0" TAIL), NULL, PSX_DNS_FORMERR},
    {"an OPT that is none", PSX_STR_INIT(HEAD_OPT "\1a\0" TAIL "\0\0\1\4\xd0\0\0\0\0\0\0"), NULL, PSX_DNS_FORMERR},
    {"an OPT of version 1", PSX_STR_INIT(HEAD_OPT "\1a\0" TAIL "\0\0\x29\4\xd0\0\1\0\0\0\0"), NULL, PSX_DNS_FORMERR},
    {"an OPT with a name", PSX_STR_INIT(HEAD_OPT "\1a\0" TAIL "\1x\0\0\x29\4\xd0\0\0\0\0\0\0"), NULL, PSX_DNS_FORMERR},
    {"an OPT cut off", PSX_STR_INIT(HEAD_OPT "\1a\0" TAIL "\0\0\x29\4\xd0\0\0\0\0\0\6\0"), NULL, PSX_DNS_FORMERR},
    {"a dot in a label", PSX_STR_INIT(HEAD "\3a.b\0" TAIL), NULL, PSX_DNS_REFUSED},
    {"a NUL in a label", PSX_STR_INIT(HEAD "\3a\0b\0" TAIL), NULL, PSX_DNS_REFUSED},
    {"beyond ASCII", PSX_STR_INIT(HEAD "\2\xc3\xa9\0" TAIL), NULL, PSX_DNS_REFUSED},
    {"a backslash", PSX_STR_INIT(HEAD "\2a\\\0" TAIL), NULL, PSX_DNS_REFUSED},
    {"class CHAOS", PSX_STR_INIT(HEAD "\1a\0\0\20\0\3"), NULL, PSX_DNS_REFUSED},
    {"a zone transfer", PSX_STR_INIT(HEAD "\1a\0\0\xfc\0\1"), NULL, PSX_DNS_REFUSED},
    // clang-format on
};

static void test_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        psx_dns_question q;
        int rcode;
        bool good = psx_dns_parse_question(questions[i].bytes, &q, &rcode);
        if (good != (questions[i].name != NULL) || rcode != questions[i].rcode)
            fail_msg("%s: %d, rcode %d", questions[i].why, good, rcode);
        if (good) assert_string_equal(q.name.text, questions[i].name);
        if (good) assert_int_equal(q.end + 2 >= PSX_DNS_HEADER, 1);
    }
}

static void test_what_the_asker_understands(void **state)
{
    (void)state;
    int rcode;
    psx_dns_question q;
    assert_true(psx_dns_parse_question(questions[0].bytes, &q, &rcode));
    assert_true(q.id == 0x1234 && q.type == 1 && q.recurse && !q.has_opt);
    assert_int_equal(q.room, 512);
    assert_true(psx_dns_parse_question(questions[3].bytes, &q, &rcode));
    assert_true(q.has_opt && q.wants_dnssec && q.wants_ad && !q.checking_disabled);
    assert_int_equal(q.room, 0x4d0);
}

// Longest names: 253 characters, 63 a label.
static void test_long_names(void **state)
{
    (void)state;
    psx_dns_name name;
    char text[300];
    memset(text, 'a', sizeof text);
    for (size_t i = 63; i < sizeof text; i += 64)
        text[i] = '.';
    assert_true(psx_dns_name_of((psx_str){text, 253}, &name));
    assert_true(psx_dns_name_of((psx_str){text, 191 + 1}, &name)); // a dot at the end
    assert_int_equal(name.n, 191);
    assert_false(psx_dns_name_of((psx_str){text, 254}, &name));
    assert_false(psx_dns_name_of((psx_str){text, 255}, &name));
    text[63] = 'a';
    assert_false(psx_dns_name_of((psx_str){text, 100}, &name));
    static const char *const wrong[] = {"",    ".",   "..",  "a..b",    ".a",
                                        "a..", "a b", "a/b", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(psx_dns_name_of(psx_str_from(wrong[i]), &name));
    assert_true(psx_dns_name_of(PSX_STR("WWW.Example.COM."), &name));
    assert_string_equal(name.text, "www.example.com");
}

// ---- answers ------------------------------------------------------------------------------------

// To a question for example.com (its name lies at 12, the records begin at 29).
static const struct {
    const char *why, *answers, *others; // answer section; authority section
    const char *addresses;              // "address/ttl" each; NULL: refused as a whole
    uint32_t ttl;
} answers[] = {
    // clang-format off
    {"nothing", "", "", "", 0},
    {"one address", "*12 A 300 93.184.216.34", "", "93.184.216.34/300", 300},
    {"two, the least counts", "*12 A 300 1.2.3.4;*12 A 60 1.2.3.5", "", "1.2.3.4/300 1.2.3.5/60", 60},
    {"another spelling", "EXAMPLE.com A 300 1.2.3.4", "", "1.2.3.4/300", 300},
    {"an IPv6 address", "*12 AAAA 5 2001:db8::1", "", "2001:db8::1/5", 5},
    {"for no time", "*12 A 0 1.2.3.4", "", "1.2.3.4/0", 0},
    {"a time beyond 31 bits is none", "*12 A 4294967295 1.2.3.4", "", "1.2.3.4/0", 0},
    {"another name's address", "evil.net A 300 1.2.3.4", "", "", 300},
    {"and beside the right one", "*12 A 300 1.2.3.4;evil.net A 300 6.6.6.6", "", "1.2.3.4/300", 300},
    {"a name beneath is another", "www*12 A 300 6.6.6.6", "", "", 300},
    {"a name above is another", "com A 300 6.6.6.6", "", "", 300},
    {"a CNAME", "*12 CNAME 300 cdn.net;cdn.net A 60 1.2.3.4", "", "1.2.3.4/60", 60},
    {"the CNAME's time counts", "*12 CNAME 7 cdn.net;cdn.net A 60 1.2.3.4", "", "1.2.3.4/7", 7},
    {"in the other order", "cdn.net A 60 1.2.3.4;*12 CNAME 300 cdn.net", "", "1.2.3.4/60", 60},
    {"two CNAMEs", "*12 CNAME 300 a.net;a.net CNAME 300 b.net;b.net A 60 1.2.3.4", "", "1.2.3.4/60", 60},
    {"a chain with a gap", "*12 CNAME 300 a.net;c.net CNAME 300 b.net;b.net A 60 6.6.6.6", "", "", 60},
    {"the first CNAME of a name", "*12 CNAME 300 a.net;*12 CNAME 300 b.net;b.net A 60 6.6.6.6", "", "", 60},
    {"a CNAME to itself", "*12 CNAME 300 *12", "", "", 300},
    {"a ring of CNAMEs", "*12 CNAME 300 a.net;a.net CNAME 300 *12", "", "", 300},
    {"a target with odd bytes", "*12 CNAME 300 a/b.net;a/b.net A 60 1.2.3.4", "", "1.2.3.4/60", 60},
    {"records beside", "*12 TXT 9 hello;*12 A 300 1.2.3.4", "", "1.2.3.4/300", 9},
    {"addresses of others in other sections", "*12 A 300 1.2.3.4", "*12 A 1 6.6.6.6", "1.2.3.4/300", 300},
    {"nothing, for as long as the zone says", "", "com SOA 900 30", "", 30},
    {"nothing, for as long as the record is good", "", "com SOA 9 30", "", 9},
    {"a pointer to itself", "*29 A 300 1.2.3.4", "", NULL, 0},
    {"a pointer to the front of its own name", "www*29 A 300 1.2.3.4", "", NULL, 0},
    {"a pointer ahead", "*40 A 300 1.2.3.4", "", NULL, 0},
    {"a pointer into the header", "*4 A 300 1.2.3.4", "", NULL, 0},
    // clang-format on
};

static void show(const psx_dns_answer *a, char *dst, size_t size)
{
    size_t at = 0;
    char text[64];
    dst[0] = '\0';
    for (size_t i = 0; i < a->n; i++) {
        bool four = a->v[i].bytes[10] == 0xFF;
        inet_ntop(four ? AF_INET : AF_INET6, a->v[i].bytes + (four ? 12 : 0), text, sizeof text);
        at += (size_t)snprintf(dst + at, size - at, "%s%s/%u", at ? " " : "", text, a->v[i].ttl);
    }
}

static const psx_dns_question asked = {.type = PSX_DNS_A, .name = {"example.com", 11}};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        message m;
        psx_dns_answer a;
        char text[512];
        put_header(&m, 7, 0x8180, 0);
        put_question(&m, "example.com", PSX_DNS_A);
        m.v[7] = (uint8_t)put_records(&m, answers[i].answers);
        m.v[9] = (uint8_t)put_records(&m, answers[i].others);
        bool good = psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a);
        if (good != (answers[i].addresses != NULL)) fail_msg("%s: %d", answers[i].why, good);
        if (!good) continue;
        show(&a, text, sizeof text);
        if (strcmp(text, answers[i].addresses) || a.ttl != answers[i].ttl)
            fail_msg("%s: %s, for %u", answers[i].why, text, a.ttl);
    }
}

// A chain is followed 16 times, not for ever.
static void test_a_long_chain(void **state)
{
    (void)state;
    for (unsigned links = 14; links <= 17; links++) {
        message m;
        psx_dns_answer a;
        char text[128];
        put_header(&m, 7, 0x8180, 0);
        put_question(&m, "example.com", PSX_DNS_A);
        put_records(&m, "*12 CNAME 9 n0.net");
        for (unsigned i = 0; i + 1 < links; i++) {
            snprintf(text, sizeof text, "n%u.net CNAME 9 n%u.net", i, i + 1);
            put_records(&m, text);
        }
        snprintf(text, sizeof text, "n%u.net A 9 1.2.3.4", links - 1);
        put_records(&m, text);
        m.v[7] = (uint8_t)(links + 1);
        assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
        assert_int_equal(a.n, links < 16);
    }
}

// One byte more or less, another id, another question: not the answer.
static void test_answers_that_are_none(void **state)
{
    (void)state;
    message m;
    psx_dns_answer a;
    put_header(&m, 7, 0x8180, 0);
    put_question(&m, "example.com", PSX_DNS_A);
    m.v[7] = (uint8_t)put_records(&m, "*12 CNAME 9 a.net;a.net A 9 1.2.3.4");
    assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    assert_int_equal(a.n, 1);
    assert_false(psx_dns_parse_answer(bytes_of(&m), &asked, 8, &a));
    for (size_t n = 0; n < m.n; n++)
        assert_false(psx_dns_parse_answer((psx_str){(const char *)m.v, n}, &asked, 7, &a));
    m.n++;
    assert_false(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    m.n--;
    static const struct {
        size_t at;
        uint8_t bit;
    } changes[] = {{2, 0x80}, {2, 0x08}, {5, 1}, {5, 2}, {13, 1}, {26, 1}, {28, 2}, {7, 1}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        m.v[changes[i].at] ^= changes[i].bit;
        assert_false(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
        m.v[changes[i].at] ^= changes[i].bit;
    }
    // what was truncated is told, and has no addresses
    m.v[2] |= 0x02;
    assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    assert_true(a.truncated && a.n == 0);
    m.v[2] &= (uint8_t)~0x02;
    // nor has what does not exist
    m.v[3] |= PSX_DNS_NXDOMAIN;
    assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    assert_true(a.rcode == PSX_DNS_NXDOMAIN && a.n == 0);
}

static void test_age(void **state)
{
    (void)state;
    message m;
    psx_dns_answer a;
    char text[128];
    put_header(&m, 7, 0x8180, 1);
    put_question(&m, "example.com", PSX_DNS_A);
    m.v[7] = (uint8_t)put_records(&m, "*12 CNAME 300 a.net;a.net A 100 1.2.3.4");
    static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0};
    memcpy(m.v + m.n, opt, sizeof opt);
    m.n += sizeof opt;
    psx_dns_age(m.v, m.n, 40);
    assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    show(&a, text, sizeof text);
    assert_string_equal(text, "1.2.3.4/60");
    assert_memory_equal(m.v + m.n - sizeof opt, opt, sizeof opt);
    psx_dns_age(m.v, m.n, 200);
    assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    show(&a, text, sizeof text);
    assert_string_equal(text, "1.2.3.4/0");
    for (size_t n = 0; n < m.n; n++)
        psx_dns_age(m.v, n, 1); // stays within
}

static void test_more_addresses_than_room(void **state)
{
    (void)state;
    message m;
    psx_dns_answer a;
    put_header(&m, 7, 0x8180, 0);
    put_question(&m, "example.com", PSX_DNS_A);
    for (int i = 0; i < 125; i++) // all that the hand-written message holds
        put_records(&m, "*12 A 9 1.2.3.4");
    m.v[7] = 125;
    assert_true(psx_dns_parse_answer(bytes_of(&m), &asked, 7, &a));
    assert_int_equal(a.n, 125);
}

// ---- writing ------------------------------------------------------------------------------------

// What is sent on holds nothing of the asker's bytes but what was understood.
static void test_written_queries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        int rcode;
        uint8_t bytes[PSX_DNS_QUERY_MAX];
        psx_dns_question q, again;
        if (!psx_dns_parse_question(questions[i].bytes, &q, &rcode)) continue;
        size_t n = psx_dns_write_query(&q, 99, bytes);
        assert_true(psx_dns_parse_question((psx_str){(const char *)bytes, n}, &again, &rcode));
        assert_int_equal(again.id, 99);
        assert_string_equal(again.name.text, q.name.text);
        assert_true(again.type == q.type && again.has_opt == q.has_opt);
        assert_true(again.wants_dnssec == q.wants_dnssec && again.recurse == q.recurse);
        assert_int_equal(again.end, q.end);
        assert_int_equal(n, q.end + (q.has_opt ? 11 : 0));
    }
}

static void test_written_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        int rcode;
        uint8_t bytes[PSX_DNS_QUERY_MAX];
        psx_dns_question q;
        psx_dns_answer a;
        bool good = psx_dns_parse_question(questions[i].bytes, &q, &rcode);
        if (rcode < 0) continue;
        size_t n = psx_dns_write_answer(questions[i].bytes, &q, PSX_DNS_NXDOMAIN, false, bytes);
        assert_true(n >= PSX_DNS_HEADER && bytes[0] == 0x12 && bytes[1] == 0x34);
        assert_int_equal(bytes[2] & 0x80, 0x80);
        assert_int_equal(bytes[3] & 0x0f, PSX_DNS_NXDOMAIN);
        if (!good) continue;
        assert_true(psx_dns_parse_answer((psx_str){(const char *)bytes, n}, &q, 0x1234, &a));
        assert_int_equal(a.rcode, PSX_DNS_NXDOMAIN);
        assert_true(!a.truncated && a.ttl == 0);
    }
}

// ---- reverse lookups ----------------------------------------------------------------------------

static const struct {
    const char *name, *address; // NULL: about no address
} reverses[] = {
    // clang-format off
    {"4.3.2.1.in-addr.arpa", "::ffff:1.2.3.4"},
    {"255.0.0.10.in-addr.arpa", "::ffff:10.0.0.255"},
    {"3.2.1.in-addr.arpa", NULL},
    {"5.4.3.2.1.in-addr.arpa", NULL},
    {"04.3.2.1.in-addr.arpa", NULL},
    {"256.3.2.1.in-addr.arpa", NULL},
    {"x.3.2.1.in-addr.arpa", NULL},
    {"4.3.2.1.in-addr.arpa.net", NULL},
    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::1"},
    {"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", NULL},
    {"g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", NULL},
    // clang-format on
};

static void test_reverse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reverses / sizeof *reverses; i++) {
        psx_dns_name name;
        uint8_t address[16], wanted[16];
        assert_true(psx_dns_name_of(psx_str_from(reverses[i].name), &name));
        bool good = psx_dns_reverse(&name, address);
        if (good != (reverses[i].address != NULL)) fail_msg("%s: %d", reverses[i].name, good);
        if (!good) continue;
        assert_int_equal(inet_pton(AF_INET6, reverses[i].address, wanted), 1);
        assert_memory_equal(address, wanted, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_what_the_asker_understands),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_long_chain),
        cmocka_unit_test(test_answers_that_are_none),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_more_addresses_than_room),
        cmocka_unit_test(test_written_queries),
        cmocka_unit_test(test_written_answers),
        cmocka_unit_test(test_reverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

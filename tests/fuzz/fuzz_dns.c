// DNS messages: no crash, and what is accepted is within bounds: a name that can be asked for
// again, an answer that is one to its own question only.
#include "formats/dns.h"
#include "fuzz.h"

static void check_question(psx_str bytes)
{
    int rcode;
    uint8_t text[PSX_DNS_QUERY_MAX];
    psx_dns_question q, again;
    bool good = psx_dns_parse_question(bytes, &q, &rcode);
    PROMISE(good == (rcode == PSX_DNS_OK));
    PROMISE(q.end <= bytes.n);
    if (rcode >= 0) {
        size_t n = psx_dns_write_answer(bytes, &q, (unsigned)rcode, false, text);
        PROMISE(n <= sizeof text);
        PROMISE(!good || n >= PSX_DNS_HEADER);
    }
    if (!good) return;
    PROMISE(q.name.n <= PSX_DNS_NAME_MAX && q.name.text[q.name.n] == '\0');
    for (size_t i = 0; i < q.name.n; i++)
        PROMISE(q.name.text[i] >= '-' && q.name.text[i] <= 'z');
    size_t n = psx_dns_write_query(&q, 1, text);
    PROMISE(n && n <= sizeof text);
    PROMISE(psx_dns_parse_question((psx_str){(const char *)text, n}, &again, &rcode));
    PROMISE(again.type == q.type && again.name.n == q.name.n);
    PROMISE(memcmp(again.name.text, q.name.text, q.name.n) == 0);
}

// An older answer is the same one, for a shorter time.
static void check_age(psx_str bytes, const psx_dns_question *q, uint16_t id,
                      const psx_dns_answer *fresh)
{
    static uint8_t copy[PSX_DNS_MESSAGE_MAX];
    psx_dns_answer a;
    memcpy(copy, bytes.p, bytes.n);
    psx_dns_age(copy, bytes.n, 7);
    PROMISE(fresh->truncated || psx_dns_parse_answer((psx_str){(char *)copy, bytes.n}, q, id, &a));
    PROMISE(fresh->truncated || a.n == fresh->n);
}

static void check_answer(psx_str bytes)
{
    static const psx_dns_name names[] = {{"example.com", 11}, {"a", 1}, {"", 0}};
    if (bytes.n < 2) return;
    uint16_t id = (uint16_t)((uint8_t)bytes.p[0] << 8 | (uint8_t)bytes.p[1]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        psx_dns_answer a;
        psx_dns_question q = {.type = i ? PSX_DNS_AAAA : PSX_DNS_A, .name = names[i]};
        if (!psx_dns_parse_answer(bytes, &q, id, &a)) continue;
        PROMISE(a.end <= bytes.n && a.n <= PSX_DNS_ADDRESSES_MAX);
        PROMISE(!a.n || (!a.truncated && a.rcode == PSX_DNS_OK));
        check_age(bytes, &q, id, &a);
        PROMISE(!psx_dns_parse_answer(bytes, &q, (uint16_t)(id ^ 1), &a));
        q.type ^= 1;
        PROMISE(!psx_dns_parse_answer(bytes, &q, id, &a));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_str bytes = {(const char *)data, size};
    check_question(bytes);
    check_answer(bytes);
    return 0;
}

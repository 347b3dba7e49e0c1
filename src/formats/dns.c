#include "formats/dns.h"

enum {
    FLAG_ANSWER = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RECURSE = 0x0100,
    FLAG_CAN_RECURSE = 0x0080,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
    OPT_DO = 0x8000,
    OUR_ROOM = 1232, // of a datagram: no fragments on any usual network
    CHAIN_MAX = 16,  // CNAMEs one after the other
};

// ---- bytes --------------------------------------------------------------------------------------

typedef struct {
    const uint8_t *p;
    size_t n, at;
    bool bad; // something lay outside; stays
} reader;

static reader reader_of(psx_str message, size_t at)
{
    return (reader){.p = (const uint8_t *)message.p, .n = message.n, .at = at};
}

static const uint8_t *take(reader *r, size_t n)
{
    if (r->bad || n > r->n - r->at) {
        r->bad = true;
        return NULL;
    }
    r->at += n;
    return r->p + r->at - n;
}

static unsigned u8(reader *r)
{
    const uint8_t *p = take(r, 1);
    return p ? p[0] : 0;
}

static unsigned u16(reader *r)
{
    const uint8_t *p = take(r, 2);
    return p ? (unsigned)(p[0] << 8 | p[1]) : 0;
}

static uint32_t u32(reader *r)
{
    uint32_t high = u16(r);
    return high << 16 | u16(r);
}

static size_t put16(uint8_t *dst, size_t at, unsigned v)
{
    dst[at] = (uint8_t)(v >> 8);
    dst[at + 1] = (uint8_t)(v & 0xFF);
    return at + 2;
}

// ---- names --------------------------------------------------------------------------------------

// As lengths and bytes, lower case, with the empty label at the end.
typedef struct {
    uint8_t v[PSX_DNS_WIRE_MAX];
    size_t n;
} wire_name;

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool add_label(wire_name *name, const uint8_t *label, size_t n)
{
    if (n + 1 > sizeof name->v - name->n) return false;
    name->v[name->n++] = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        name->v[name->n++] = lower(label[i]);
    }
    return true;
}

// A pointer leads to before the place where this run of labels began: so each leads further to the
// front, and there is an end.
static bool follow(reader *r, unsigned first, size_t *run)
{
    unsigned to = (first & 0x3F) << 8 | u8(r);
    if (r->bad || to >= *run || to < PSX_DNS_HEADER) return false;
    r->at = *run = to;
    return true;
}

// Moves r behind the name.
static bool read_name(reader *r, bool may_point, wire_name *out)
{
    reader at = *r;
    size_t run = at.at;
    bool jumped = false;
    out->n = 0;
    for (;;) {
        unsigned n = u8(&at);
        if (at.bad || (n > 63 && (n < 0xC0 || !may_point))) break;
        if (n > 63) {
            if (!jumped) r->at = at.at + 1;
            jumped = true;
            if (!follow(&at, n, &run)) break;
            continue;
        }
        const uint8_t *label = take(&at, n);
        if (at.bad || !add_label(out, label, n)) break;
        if (n) continue;
        if (!jumped) r->at = at.at;
        return true;
    }
    r->bad = true;
    return false;
}

static bool same_name(const wire_name *a, const wire_name *b)
{
    return a->n == b->n && memcmp(a->v, b->v, a->n) == 0;
}

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool name_to_text(const wire_name *wire, psx_dns_name *out)
{
    out->n = 0;
    for (size_t at = 0; wire->v[at]; at += wire->v[at] + 1u) {
        if (out->n) out->text[out->n++] = '.';
        for (size_t i = 1; i <= wire->v[at]; i++) {
            if (!is_plain(wire->v[at + i])) return false;
            out->text[out->n++] = (char)wire->v[at + i];
        }
    }
    out->text[out->n] = '\0';
    return true;
}

static bool text_to_name(psx_str text, wire_name *out)
{
    out->n = 0;
    while (text.n) {
        size_t dot = psx_str_find(text, '.');
        if (dot == 0 || dot > 63 || !add_label(out, (const uint8_t *)text.p, dot)) return false;
        if (dot + 1 == text.n) return false; // a second dot at the end, or one alone
        text = psx_str_slice(text, dot + 1, text.n);
    }
    return add_label(out, NULL, 0);
}

bool psx_dns_name_of(psx_str text, psx_dns_name *out)
{
    wire_name wire;
    if (text.n > 1 && text.p[text.n - 1] == '.') text.n--;
    return text.n && text_to_name(text, &wire) && name_to_text(&wire, out);
}

// ---- the question -------------------------------------------------------------------------------

typedef struct {
    unsigned id, flags, questions, answers, authorities, additional;
} header;

static header read_header(reader *r)
{
    header h;
    h.id = u16(r);
    h.flags = u16(r);
    h.questions = u16(r);
    h.answers = u16(r);
    h.authorities = u16(r);
    h.additional = u16(r);
    return h;
}

// The pseudo-record that says what the asker understands. Its options are passed over.
static bool read_opt(reader *r, psx_dns_question *out)
{
    if (u8(r) != 0 || u16(r) != PSX_DNS_OPT) return false;
    unsigned room = u16(r);
    uint32_t flags = u32(r);
    take(r, u16(r));
    out->has_opt = true;
    out->wants_dnssec = (flags & OPT_DO) != 0;
    if (room > out->room) out->room = room;
    return !r->bad && (flags >> 16 & 0xFF) == 0; // the version
}

static bool is_asked_for_data(unsigned type)
{
    bool transfer = type == 251 || type == 252; // zones
    return type != 0 && type != PSX_DNS_OPT && type != 249 && type != 250 && !transfer;
}

static int read_question(reader *r, const header *h, psx_dns_question *out)
{
    wire_name name;
    if (h->flags & FLAG_OPCODE) return PSX_DNS_NOTIMP;
    if (h->questions != 1 || h->answers || h->authorities || h->additional > 1)
        return PSX_DNS_FORMERR;
    if (!read_name(r, false, &name)) return PSX_DNS_FORMERR;
    out->type = (uint16_t)u16(r);
    unsigned class = u16(r);
    if (r->bad) return PSX_DNS_FORMERR;
    out->end = r->at;
    if (h->additional && !read_opt(r, out)) return PSX_DNS_FORMERR;
    if (r->at != r->n) return PSX_DNS_FORMERR;
    if (class != PSX_DNS_IN || !is_asked_for_data(out->type)) return PSX_DNS_REFUSED;
    return name_to_text(&name, &out->name) ? PSX_DNS_OK : PSX_DNS_REFUSED;
}

bool psx_dns_parse_question(psx_str message, psx_dns_question *out, int *rcode)
{
    reader r = reader_of(message, 0);
    header h = read_header(&r);
    *out = (psx_dns_question){.room = PSX_DNS_UDP_MIN};
    *rcode = -1;
    if (r.bad || (h.flags & FLAG_ANSWER)) return false;
    out->id = (uint16_t)h.id;
    out->recurse = (h.flags & FLAG_RECURSE) != 0;
    out->wants_ad = (h.flags & FLAG_AD) != 0;
    out->checking_disabled = (h.flags & FLAG_CD) != 0;
    *rcode = message.n > PSX_DNS_QUERY_MAX ? PSX_DNS_FORMERR : read_question(&r, &h, out);
    return *rcode == PSX_DNS_OK;
}

// ---- the answer ---------------------------------------------------------------------------------

typedef struct {
    wire_name owner;
    unsigned type, class;
    uint32_t ttl;
    size_t data, n; // where its data lies
} record;

static bool read_record(reader *r, record *out)
{
    if (!read_name(r, true, &out->owner)) return false;
    out->type = u16(r);
    out->class = u16(r);
    out->ttl = u32(r);
    if (out->ttl >> 31) out->ttl = 0; // RFC 2181
    out->n = u16(r);
    out->data = r->at;
    take(r, out->n);
    return !r->bad;
}

static bool is_address(const record *rr)
{
    return (rr->type == PSX_DNS_A && rr->n == 4) || (rr->type == PSX_DNS_AAAA && rr->n == 16);
}

static void add_address(psx_dns_answer *out, const uint8_t *data, size_t n, uint32_t ttl)
{
    if (out->n == PSX_DNS_ADDRESSES_MAX) return;
    psx_dns_address *a = &out->v[out->n++];
    *a = (psx_dns_address){.bytes = {[10] = 0xFF, [11] = 0xFF}, .ttl = ttl};
    memcpy(a->bytes + 16 - n, data, n);
}

// How long may it be kept that there is nothing? RFC 2308: as long as the zone's SOA says.
static uint32_t soa_ttl(psx_str message, const record *rr)
{
    wire_name ignored;
    reader r = reader_of(psx_str_slice(message, 0, rr->data + rr->n), rr->data);
    if (!read_name(&r, true, &ignored) || !read_name(&r, true, &ignored)) return 0;
    take(&r, 16);
    uint32_t minimum = u32(&r);
    if (r.bad) return 0;
    return minimum < rr->ttl ? minimum : rr->ttl;
}

// Every record lies within the message; how long all of it may be kept.
static bool walk(psx_str message, reader r, const header *h, psx_dns_answer *out)
{
    uint32_t ttl = UINT32_MAX;
    unsigned total = h->answers + h->authorities + h->additional;
    for (unsigned i = 0; i < total; i++) {
        record rr;
        if (!read_record(&r, &rr)) return false;
        bool negative = !h->answers && i < h->authorities && rr.type == PSX_DNS_SOA;
        uint32_t its = i < h->answers ? rr.ttl : negative ? soa_ttl(message, &rr) : UINT32_MAX;
        if (its < ttl) ttl = its;
    }
    out->ttl = ttl == UINT32_MAX ? 0 : ttl;
    return r.at == r.n;
}

// Addresses of `name` among the answers, and the name that it is another name for.
static bool collect(psx_str message, reader r, const header *h, wire_name *name, uint32_t *ttl,
                    psx_dns_answer *out)
{
    bool found = false;
    wire_name next = {.n = 0};
    uint32_t next_ttl = *ttl;
    for (unsigned i = 0; i < h->answers; i++) {
        record rr;
        if (!read_record(&r, &rr)) return false;
        if (rr.class != PSX_DNS_IN || !same_name(&rr.owner, name)) continue;
        uint32_t least = rr.ttl < *ttl ? rr.ttl : *ttl;
        if (is_address(&rr)) add_address(out, r.p + rr.data, rr.n, least);
        if (rr.type != PSX_DNS_CNAME || found) continue;
        reader data = reader_of(psx_str_slice(message, 0, rr.data + rr.n), rr.data);
        found = read_name(&data, true, &next) && data.at == data.n;
        next_ttl = least;
    }
    if (!found) return false;
    *name = next;
    *ttl = next_ttl;
    return true;
}

// Is it the question that we wrote?
static bool is_same_question(reader *r, const psx_dns_question *asked, wire_name *name)
{
    wire_name ours;
    if (!text_to_name((psx_str){asked->name.text, asked->name.n}, &ours)) return false;
    if (!read_name(r, false, name) || !same_name(name, &ours)) return false;
    unsigned type = u16(r), class = u16(r);
    return !r->bad && type == asked->type && class == PSX_DNS_IN;
}

bool psx_dns_parse_answer(psx_str message, const psx_dns_question *asked, uint16_t id,
                          psx_dns_answer *out)
{
    wire_name name;
    uint32_t ttl = INT32_MAX;
    if (message.n > PSX_DNS_MESSAGE_MAX) return false;
    reader r = reader_of(message, 0);
    header h = read_header(&r);
    out->n = 0;
    out->ttl = 0;
    out->rcode = h.flags & 0xF;
    out->truncated = (h.flags & FLAG_TRUNCATED) != 0;
    if (r.bad || h.id != id || !(h.flags & FLAG_ANSWER) || (h.flags & FLAG_OPCODE)) return false;
    if (h.questions != 1 || !is_same_question(&r, asked, &name)) return false;
    out->end = r.at;
    if (out->truncated) return true;
    if (!walk(message, r, &h, out)) return false;
    if (out->rcode != PSX_DNS_OK) return true;
    for (int i = 0; i < CHAIN_MAX && collect(message, r, &h, &name, &ttl, out); i++) {
    }
    return true;
}

void psx_dns_age(uint8_t *message, size_t n, uint32_t seconds)
{
    wire_name name;
    reader r = reader_of((psx_str){(const char *)message, n}, 0);
    header h = read_header(&r);
    if (!read_name(&r, false, &name)) return;
    take(&r, 4);
    unsigned total = h.answers + h.authorities + h.additional;
    for (unsigned i = 0; i < total; i++) {
        record rr;
        if (!read_record(&r, &rr)) return;
        if (rr.type == PSX_DNS_OPT) continue; // no time stands there
        uint32_t ttl = rr.ttl > seconds ? rr.ttl - seconds : 0;
        size_t at = put16(message, rr.data - 6, ttl >> 16);
        put16(message, at, ttl & 0xFFFF);
    }
}

// ---- writing ------------------------------------------------------------------------------------

static size_t put_opt(uint8_t *dst, size_t at, bool wants_dnssec)
{
    dst[at++] = 0;
    at = put16(dst, at, PSX_DNS_OPT);
    at = put16(dst, at, OUR_ROOM);
    at = put16(dst, at, 0);
    at = put16(dst, at, wants_dnssec ? OPT_DO : 0);
    return put16(dst, at, 0);
}

size_t psx_dns_write_query(const psx_dns_question *asked, uint16_t id, uint8_t *dst)
{
    wire_name name;
    unsigned flags = (asked->recurse ? FLAG_RECURSE : 0u) | (asked->wants_ad ? FLAG_AD : 0u) |
                     (asked->checking_disabled ? FLAG_CD : 0u);
    if (!text_to_name((psx_str){asked->name.text, asked->name.n}, &name)) return 0;
    size_t at = put16(dst, 0, id);
    at = put16(dst, at, flags);
    at = put16(dst, at, 1);
    at = put16(dst, at, 0);
    at = put16(dst, at, 0);
    at = put16(dst, at, asked->has_opt);
    memcpy(dst + at, name.v, name.n);
    at = put16(dst, at + name.n, asked->type);
    at = put16(dst, at, PSX_DNS_IN);
    return asked->has_opt ? put_opt(dst, at, asked->wants_dnssec) : at;
}

size_t psx_dns_write_answer(psx_str query, const psx_dns_question *asked, unsigned rcode,
                            bool truncated, uint8_t *dst)
{
    size_t end = asked->end ? asked->end : PSX_DNS_HEADER;
    if (query.n < end || end > PSX_DNS_QUERY_MAX - 11) return 0;
    unsigned opcode = (unsigned)((uint8_t)query.p[2] << 8) & FLAG_OPCODE;
    unsigned flags = FLAG_ANSWER | opcode | FLAG_CAN_RECURSE | (asked->recurse ? FLAG_RECURSE : 0u);
    memcpy(dst, query.p, end);
    put16(dst, 2, flags | (truncated ? FLAG_TRUNCATED : 0u) | rcode);
    put16(dst, 4, asked->end ? 1 : 0);
    put16(dst, 6, 0);
    put16(dst, 8, 0);
    put16(dst, 10, asked->has_opt);
    return asked->has_opt ? put_opt(dst, end, asked->wants_dnssec) : end;
}

// ---- reverse lookups ----------------------------------------------------------------------------

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool reverse_ipv6(psx_str text, uint8_t address[16])
{
    if (text.n != 63) return false;
    for (size_t i = 0; i < 32; i++) {
        int digit = hex(text.p[2 * i]);
        if (digit < 0 || (i < 31 && text.p[2 * i + 1] != '.')) return false;
        size_t at = 15 - i / 2;
        address[at] = (uint8_t)(i % 2 ? address[at] | digit << 4 : digit);
    }
    return true;
}

static bool reverse_ipv4(psx_str text, uint8_t address[16])
{
    memset(address, 0, 10);
    address[10] = address[11] = 0xFF;
    for (size_t i = 0; i < 4; i++) {
        uint64_t part;
        size_t dot = psx_str_find(text, '.');
        psx_str digits = psx_str_slice(text, 0, dot);
        if (digits.n > 3 || !psx_str_to_u64(digits, &part) || part > 255) return false;
        if ((digits.n > 1 && digits.p[0] == '0') || (dot < text.n) != (i < 3)) return false;
        address[15 - i] = (uint8_t)part;
        text = psx_str_slice(text, dot + 1, text.n);
    }
    return true;
}

bool psx_dns_reverse(const psx_dns_name *name, uint8_t address[16])
{
    static const psx_str ipv4 = PSX_STR_INIT(".in-addr.arpa"), ipv6 = PSX_STR_INIT(".ip6.arpa");
    psx_str text = {name->text, name->n};
    if (psx_str_ends(text, ipv4))
        return reverse_ipv4(psx_str_slice(text, 0, text.n - ipv4.n), address);
    return psx_str_ends(text, ipv6) &&
           reverse_ipv6(psx_str_slice(text, 0, text.n - ipv6.n), address);
}

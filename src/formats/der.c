#include "formats/der.h"

enum { DEPTH_MAX = 24, CONSTRUCTED = 0x20, CLASS = 0xC0, NUMBER = 0x1F };

typedef enum { OK, SHORT, HIGH_TAG, INDEFINITE, LONG_LENGTH } head_fault;

// The identifier and length at the beginning of rest. Content is at most 4 GiB.
static head_fault read_head(psx_str rest, psx_der *out, size_t *head)
{
    const uint8_t *b = (const uint8_t *)rest.p;
    size_t n, used = 2;
    if (rest.n < 2) return SHORT;
    if ((b[0] & NUMBER) == NUMBER) return HIGH_TAG;
    if (b[1] == 0x80) return INDEFINITE;
    n = b[1];
    if (n > 0x80) {
        size_t octets = n - 0x80;
        if (octets > 4) return LONG_LENGTH;
        if (rest.n < 2 + octets) return SHORT;
        n = 0;
        for (size_t i = 0; i < octets; i++)
            n = n << 8 | b[2 + i];
        if (n < 0x80 || b[2] == 0) return LONG_LENGTH; // a shorter form exists
        used += octets;
    }
    if (n > rest.n - used) return SHORT;
    *head = used;
    *out = (psx_der){b[0], {rest.p + used, n}, {rest.p, used + n}};
    return OK;
}

bool psx_der_next(psx_str *rest, psx_der *out)
{
    size_t head;
    if (read_head(*rest, out, &head) != OK) return false;
    *rest = psx_str_slice(*rest, out->whole.n, rest->n);
    return true;
}

bool psx_der_take(psx_str *rest, uint8_t tag, psx_der *out)
{
    if (!rest->n || (uint8_t)rest->p[0] != tag) return false;
    return psx_der_next(rest, out);
}

bool psx_der_is_sorted(psx_str elements)
{
    psx_der last = {0}, e;
    while (psx_der_next(&elements, &e)) {
        if (last.whole.p && psx_str_cmp(last.whole, e.whole) > 0) return false;
        last = e;
    }
    return elements.n == 0;
}

typedef struct {
    psx_op *op;
    const char *what;
    psx_str all;
} checker;

static psx_rc refuse(checker *c, const char *at, const char *why)
{
    return psx_fail(c->op, PSX_E_SIGNATURE, "%s is not DER at byte %zu: %s", c->what,
                    (size_t)(at - c->all.p), why);
}

static psx_rc refuse_head(checker *c, psx_str rest, head_fault fault)
{
    switch (fault) {
    case SHORT:
        return psx_fail(c->op, PSX_E_SIGNATURE,
                        "%s is cut off or damaged: an element at byte %zu does not fit", c->what,
                        (size_t)(rest.p - c->all.p));
    case INDEFINITE: return refuse(c, rest.p, "an indefinite length (BER)");
    case HIGH_TAG: return refuse(c, rest.p, "a tag that no signature has");
    default: return refuse(c, rest.p, "a length that is not as short as possible (BER)");
    }
}

// One encoding for each number: no leading octet that says nothing.
static bool is_integer(psx_str v)
{
    const uint8_t *b = (const uint8_t *)v.p;
    if (v.n == 0) return false;
    if (v.n == 1) return true;
    return !(b[0] == 0x00 && b[1] < 0x80) && !(b[0] == 0xFF && b[1] >= 0x80);
}

static bool is_oid(psx_str v)
{
    bool begins = true;
    for (size_t i = 0; i < v.n; i++) {
        uint8_t b = (uint8_t)v.p[i];
        if (begins && b == 0x80) return false; // leading zeros
        begins = b < 0x80;
    }
    return v.n > 0 && begins;
}

static bool is_bit_string(psx_str v)
{
    if (v.n == 0) return false;
    uint8_t unused = (uint8_t)v.p[0];
    if (unused > 7 || (v.n == 1 && unused)) return false;
    return !unused || !((uint8_t)v.p[v.n - 1] & ((1u << unused) - 1));
}

static const char *fault_of_leaf(const psx_der *e)
{
    psx_str v = e->value;
    switch (e->tag) {
    case 0x00: return "an end-of-contents mark (BER)";
    case PSX_DER_BOOLEAN:
        return v.n == 1 && (v.p[0] == 0 || (uint8_t)v.p[0] == 0xFF)
                   ? NULL
                   : "a truth value that is neither 00 nor FF";
    case PSX_DER_INTEGER: return is_integer(v) ? NULL : "a number that is not as short as possible";
    case PSX_DER_BIT_STRING: return is_bit_string(v) ? NULL : "a bit string with odd unused bits";
    case PSX_DER_NULL: return v.n == 0 ? NULL : "a NULL that holds something";
    case PSX_DER_OID: return is_oid(v) ? NULL : "an object identifier that is none";
    case PSX_DER_SEQUENCE & ~CONSTRUCTED:
    case PSX_DER_SET & ~CONSTRUCTED: return "a sequence without elements inside";
    default: return NULL;
    }
}

static psx_rc check_elements(checker *c, psx_str rest, unsigned depth);

static psx_rc check_element(checker *c, const psx_der *e, unsigned depth)
{
    if (!(e->tag & CONSTRUCTED)) {
        const char *fault = fault_of_leaf(e);
        return fault ? refuse(c, e->whole.p, fault) : PSX_OK;
    }
    bool universal = (e->tag & CLASS) == 0;
    if (universal && e->tag != PSX_DER_SEQUENCE && e->tag != PSX_DER_SET)
        return refuse(c, e->whole.p, "a string in pieces (BER)");
    if (depth == DEPTH_MAX) return refuse(c, e->whole.p, "nested too deeply");
    TRY(check_elements(c, e->value, depth + 1));
    if (e->tag == PSX_DER_SET && !psx_der_is_sorted(e->value))
        return refuse(c, e->whole.p, "a set that is not in order");
    return PSX_OK;
}

static psx_rc check_elements(checker *c, psx_str rest, unsigned depth)
{
    psx_der e;
    size_t head;
    while (rest.n) {
        head_fault fault = read_head(rest, &e, &head);
        if (fault != OK) return refuse_head(c, rest, fault);
        TRY(check_element(c, &e, depth));
        rest = psx_str_slice(rest, e.whole.n, rest.n);
    }
    return PSX_OK;
}

psx_rc psx_der_check(psx_op *op, const char *what, psx_str bytes)
{
    checker c = {op, what, bytes};
    psx_der e;
    size_t head;
    head_fault fault = read_head(bytes, &e, &head);
    if (fault != OK) return refuse_head(&c, bytes, fault);
    if (e.whole.n < bytes.n)
        return psx_fail(op, PSX_E_SIGNATURE, "%zu bytes follow the end of %s", bytes.n - e.whole.n,
                        what);
    return check_element(&c, &e, 0);
}

void psx_der_oid_text(psx_str oid, char *dst, size_t size)
{
    uint64_t arc = 0;
    size_t at = 0;
    bool first = true;
    if (size) dst[0] = '\0';
    for (size_t i = 0; i < oid.n && at < size; i++) {
        uint8_t b = (uint8_t)oid.p[i];
        arc = arc << 7 | (b & 0x7F);
        if (b >= 0x80) continue;
        uint64_t top = !first ? 0 : arc < 80 ? arc / 40 : 2;
        int n = first ? snprintf(dst, size, "%u.%llu", (unsigned)top,
                                 (unsigned long long)(arc - top * 40))
                      : snprintf(dst + at, size - at, ".%llu", (unsigned long long)arc);
        at += n > 0 ? (size_t)n : 0;
        first = false;
        arc = 0;
    }
}

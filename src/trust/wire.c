#include "trust/wire.h"

#include "base/buf.h"

// "PSV" and the version. Numbers are little-endian.
static const psx_str request_magic = PSX_STR_INIT("PSVQ\x01\0\0\0"),
                     answer_magic = PSX_STR_INIT("PSVA\x01\0\0\0");

enum { PARTS = 4, REQUEST_HEAD = 8 + 8 + PARTS * 8 };

psx_rc psx_wire_request_write(psx_op *op, const psx_signature_request *r, psx_str *out)
{
    psx_str parts[PARTS] = {r->policy, r->signature, r->anchors, r->crls};
    size_t n = REQUEST_HEAD;
    psx_buf b;
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].n > SIZE_MAX / 8) return psx_fail(op, PSX_E_SIZE, "too large");
        n += parts[i].n;
    }
    psx_buf_init(&b, op);
    TRY(psx_buf_reserve(&b, n));
    TRY(psx_buf_add(&b, request_magic));
    TRY(psx_buf_u64le(&b, (uint64_t)r->now));
    for (size_t i = 0; i < PARTS; i++)
        TRY(psx_buf_u64le(&b, parts[i].n));
    for (size_t i = 0; i < PARTS; i++)
        TRY(psx_buf_add(&b, parts[i]));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static uint64_t read_u64(const char *p)
{
    uint64_t v = 0;
    for (size_t i = 8; i-- > 0;)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

psx_rc psx_wire_request_read(psx_op *op, psx_str bytes, psx_signature_request *out)
{
    psx_str *parts[PARTS] = {&out->policy, &out->signature, &out->anchors, &out->crls};
    const char *head = bytes.p + 8;
    *out = (psx_signature_request){0};
    if (bytes.n < REQUEST_HEAD || !psx_str_starts(bytes, request_magic))
        return psx_fail(op, PSX_E_INTERNAL, "npsx-verify is of another build than npsx");
    out->now = (int64_t)read_u64(head);
    psx_str rest = psx_str_slice(bytes, REQUEST_HEAD, bytes.n);
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t n = read_u64(head + 8 + 8 * i);
        if (n > rest.n) return psx_fail(op, PSX_E_INTERNAL, "npsx-verify was asked by halves");
        *parts[i] = psx_str_slice(rest, 0, (size_t)n);
        rest = psx_str_slice(rest, (size_t)n, rest.n);
    }
    return rest.n ? psx_fail(op, PSX_E_INTERNAL, "npsx-verify was asked too much") : PSX_OK;
}

// ---- the answer: fields of fixed size, filled up with NUL
// -------------------------------------------

typedef enum { CODE, REASON, SIGNER, ISSUER, ANCHOR, FINGERPRINT, DIGEST, FROM, TO, FIELDS } field;

static const struct {
    size_t at, size;
} fields[FIELDS] = {
    [CODE] = {8, 24},       [REASON] = {32, 800},   [SIGNER] = {832, 256},
    [ISSUER] = {1088, 256}, [ANCHOR] = {1344, 256}, [FINGERPRINT] = {1600, 72},
    [DIGEST] = {1672, 16},  [FROM] = {1688, 24},    [TO] = {1712, 24},
};

// Which reasons can be told. Whatever else it says, nobody vouched for the policy.
static const psx_error told[] = {PSX_E_OK,      PSX_E_SIGNATURE, PSX_E_ANCHOR,  PSX_E_NOMEM,
                                 PSX_E_CEILING, PSX_E_KERNEL,    PSX_E_INTERNAL};

static void put(char *out, field f, psx_str s)
{
    size_t n = s.n < fields[f].size ? s.n : fields[f].size - 1;
    char *dst = out + fields[f].at;
    for (size_t i = 0; i < n; i++)
        dst[i] = s.p[i] >= 0x20 && s.p[i] < 0x7F ? s.p[i] : '?';
}

static void put_time(char *out, field f, int64_t seconds)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)seconds);
    put(out, f, psx_str_from(text));
}

void psx_wire_answer_write(const psx_op *op, psx_rc rc, const psx_signature_facts *facts,
                           char out[static PSX_WIRE_ANSWER_BYTES])
{
    memset(out, 0, PSX_WIRE_ANSWER_BYTES);
    memcpy(out, answer_magic.p, answer_magic.n);
    put(out, CODE, psx_str_from(psx_error_name(rc.code)));
    if (psx_failed(rc)) {
        put(out, REASON, psx_str_from(op->fail.message));
        return;
    }
    put(out, SIGNER, facts->signer);
    put(out, ISSUER, facts->issuer);
    put(out, ANCHOR, facts->anchor);
    put(out, FINGERPRINT, facts->fingerprint);
    put(out, DIGEST, facts->digest);
    put_time(out, FROM, facts->not_before);
    put_time(out, TO, facts->not_after);
}

// Printable, then NUL to the end: at least one.
static bool take(psx_str bytes, field f, psx_str *out)
{
    psx_str whole = psx_str_slice(bytes, fields[f].at, fields[f].at + fields[f].size);
    size_t n = psx_str_find(whole, '\0');
    if (n == whole.n) return false;
    for (size_t i = 0; i < whole.n; i++) {
        bool printable = whole.p[i] >= 0x20 && whole.p[i] < 0x7F;
        if (i < n ? !printable : whole.p[i] != '\0') return false;
    }
    *out = psx_str_slice(whole, 0, n);
    return true;
}

static bool take_time(psx_str text, int64_t *out)
{
    uint64_t v;
    bool minus = psx_str_starts(text, PSX_STR("-"));
    if (!psx_str_to_u64(psx_str_slice(text, minus, text.n), &v) || v > INT64_MAX) return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

static bool take_code(psx_str name, psx_error *out)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        *out = told[i];
        if (psx_str_is(name, psx_error_name(told[i]))) return true;
    }
    return false;
}

static bool take_all(psx_str bytes, psx_str text[static FIELDS])
{
    if (bytes.n != PSX_WIRE_ANSWER_BYTES || !psx_str_starts(bytes, answer_magic)) return false;
    for (field f = CODE; f < FIELDS; f++) {
        if (!take(bytes, f, &text[f])) return false;
    }
    size_t end = fields[TO].at + fields[TO].size;
    for (size_t i = end; i < bytes.n; i++) {
        if (bytes.p[i]) return false;
    }
    return true;
}

static psx_rc copy_facts(psx_op *op, const psx_str text[static FIELDS], psx_signature_facts *out)
{
    TRY(psx_op_copy(op, text[SIGNER], &out->signer));
    TRY(psx_op_copy(op, text[ISSUER], &out->issuer));
    TRY(psx_op_copy(op, text[ANCHOR], &out->anchor));
    TRY(psx_op_copy(op, text[FINGERPRINT], &out->fingerprint));
    return psx_op_copy(op, text[DIGEST], &out->digest);
}

psx_rc psx_wire_answer_read(psx_op *op, psx_str bytes, psx_signature_facts *out)
{
    psx_str text[FIELDS] = {0};
    psx_error code;
    psx_signature_facts facts = {0};
    *out = facts;
    if (!take_all(bytes, text) || !take_code(text[CODE], &code))
        return psx_fail(op, PSX_E_SIGNATURE, "npsx-verify gave no proper answer");
    if (code != PSX_E_OK) return psx_fail(op, code, "%.*s", PSX_FMT(text[REASON]));
    bool whole = !text[REASON].n && text[SIGNER].n && text[ISSUER].n && text[ANCHOR].n &&
                 text[FINGERPRINT].n == 64 && text[DIGEST].n &&
                 take_time(text[FROM], &facts.not_before) && take_time(text[TO], &facts.not_after);
    if (!whole) return psx_fail(op, PSX_E_SIGNATURE, "npsx-verify gave no proper answer");
    TRY(copy_facts(op, text, &facts));
    *out = facts;
    return PSX_OK;
}

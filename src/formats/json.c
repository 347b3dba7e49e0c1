#include "formats/json.h"

#include <float.h>
#include <stdarg.h>

// Objects up to this size are searched one by one: faster than hashing, and most are smaller.
enum { SMALL_OBJECT = 8, NUMBER_MAX = 320 };

typedef struct {
    psx_op *op;
    psx_json_doc *doc;
    const char *start, *p, *end;
    unsigned depth;
    // Children of the containers that are still open, innermost last: a container's are copied out
    // in one piece when it closes.
    psx_json_member *stack;
    size_t top, cap;
} parser;

void psx_json_place_next(const psx_json_doc *doc, psx_json_cursor *cursor, uint32_t at)
{
    psx_json_cursor c = *cursor;
    if (c.line == 0 || at < c.at) c = (psx_json_cursor){.line = 1, .column = 1};
    for (; c.at < at && c.at < doc->bytes.n; c.at++) {
        unsigned char b = (unsigned char)doc->bytes.p[c.at];
        if (b == '\n') {
            c.line++;
            c.column = 1;
        } else if ((b & 0xC0) != 0x80) {
            c.column++; // continuation bytes of UTF-8 are not characters
        }
    }
    *cursor = c;
}

void psx_json_place(const psx_json_doc *doc, uint32_t at, unsigned *line, unsigned *column)
{
    psx_json_cursor c = {0};
    psx_json_place_next(doc, &c, at);
    *line = c.line;
    *column = c.column;
}

psx_rc psx_json_fail(psx_op *op, const psx_json_doc *doc, uint32_t at, psx_error code,
                     const char *fmt, ...)
{
    char text[sizeof op->fail.message];
    unsigned line, column;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (op->fail.code != PSX_E_OK) return (psx_rc){op->fail.code};
    psx_rc rc = psx_fail(op, code, "%s", text);
    psx_json_place(doc, at, &line, &column);
    psx_fail_at(op, doc->name, line, column);
    return rc;
}

static psx_rc fail_here(parser *s, psx_error code, const char *what)
{
    return psx_json_fail(s->op, s->doc, (uint32_t)(s->p - s->start), code, "%s", what);
}

static psx_rc fail_expected(parser *s, const char *what)
{
    if (s->p == s->end) {
        return psx_json_fail(s->op, s->doc, (uint32_t)(s->p - s->start), PSX_E_TRUNCATED,
                             "the file ends where %s was expected", what);
    }
    unsigned char c = (unsigned char)*s->p;
    if (c > ' ' && c < 0x7F) {
        return psx_json_fail(s->op, s->doc, (uint32_t)(s->p - s->start), PSX_E_SYNTAX,
                             "expected %s, not \"%c\"", what, c);
    }
    return psx_json_fail(s->op, s->doc, (uint32_t)(s->p - s->start), PSX_E_SYNTAX,
                         "expected %s, not the byte 0x%02x", what, c);
}

static void skip_blank(parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t')) {
        s->p++;
    }
}

// ---- strings ------------------------------------------------------------------------------------

static bool has_byte(uint64_t w, unsigned char c)
{
    uint64_t x = w ^ (0x0101010101010101u * c);
    return ((x - 0x0101010101010101u) & ~x & 0x8080808080808080u) != 0;
}

// The first quote, backslash or control character from p on. The word test may stop early at a
// byte above 0x7F followed by nothing special; the byte loop then goes on.
static const char *plain_end(const char *p, const char *end)
{
    for (;;) {
        uint64_t w;
        while (end - p >= 8) {
            memcpy(&w, p, 8);
            bool control = ((w - 0x2020202020202020u) & ~w & 0x8080808080808080u) != 0;
            if (control || has_byte(w, '"') || has_byte(w, '\\')) break;
            p += 8;
        }
        const char *stop = end - p >= 8 ? p + 8 : end;
        for (; p < stop; p++) {
            if (*p == '"' || *p == '\\' || (unsigned char)*p < 0x20) return p;
        }
        if (p == end) return p;
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static psx_rc hex4(parser *s, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, s->p++) {
        int d = s->p < s->end ? hex_digit(*s->p) : -1;
        if (d < 0) return fail_expected(s, "four hexadecimal digits after \\u");
        *out = *out << 4 | (uint32_t)d;
    }
    return PSX_OK;
}

static char *put_utf8(char *dst, uint32_t c)
{
    if (c < 0x80) {
        *dst++ = (char)c;
    } else if (c < 0x800) {
        *dst++ = (char)(0xC0 | c >> 6);
        *dst++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *dst++ = (char)(0xE0 | c >> 12);
        *dst++ = (char)(0x80 | (c >> 6 & 0x3F));
        *dst++ = (char)(0x80 | (c & 0x3F));
    } else {
        *dst++ = (char)(0xF0 | c >> 18);
        *dst++ = (char)(0x80 | (c >> 12 & 0x3F));
        *dst++ = (char)(0x80 | (c >> 6 & 0x3F));
        *dst++ = (char)(0x80 | (c & 0x3F));
    }
    return dst;
}

// Behind "\u". Surrogates count in pairs only.
static psx_rc unicode_escape(parser *s, char **dst)
{
    uint32_t c, low;
    TRY(hex4(s, &c));
    if (c == 0) return fail_here(s, PSX_E_VALUE, "a string holds NUL");
    if (c >= 0xDC00 && c < 0xE000) return fail_here(s, PSX_E_ENCODING, "a lone low surrogate");
    if (c >= 0xD800 && c < 0xDC00) {
        if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u') {
            return fail_here(s, PSX_E_ENCODING, "a lone high surrogate");
        }
        s->p += 2;
        TRY(hex4(s, &low));
        if (low < 0xDC00 || low >= 0xE000) {
            return fail_here(s, PSX_E_ENCODING, "a lone high surrogate");
        }
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    *dst = put_utf8(*dst, c);
    return PSX_OK;
}

// At the backslash.
static psx_rc escape(parser *s, char **dst)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    s->p++;
    if (s->p == s->end) return fail_expected(s, "the rest of a string");
    char c = *s->p;
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        *(*dst)++ = to[at - from];
        s->p++;
        return PSX_OK;
    }
    if (c != 'u') return fail_here(s, PSX_E_SYNTAX, "an unknown escape in a string");
    s->p++;
    return unicode_escape(s, dst);
}

// Finds the closing quote without interpreting, to size the copy: unescaping never makes longer.
static size_t raw_length(const parser *s)
{
    const char *p = s->p;
    while (p < s->end && *p != '"') {
        p += *p == '\\' && s->end - p > 1 ? 2 : 1;
    }
    return (size_t)(p - s->p);
}

static psx_rc escaped_string(parser *s, const char *first, psx_str *out)
{
    size_t done = (size_t)(s->p - first);
    char *buf = psx_op_alloc(s->op, done + raw_length(s) + 1), *dst = buf;
    if (!buf) return psx_fail_nomem(s->op);
    memcpy(dst, first, done);
    dst += done;
    while (s->p < s->end && *s->p == '\\') {
        TRY(escape(s, &dst));
        const char *stop = plain_end(s->p, s->end);
        memcpy(dst, s->p, (size_t)(stop - s->p));
        dst += stop - s->p;
        s->p = stop;
    }
    *out = (psx_str){buf, (size_t)(dst - buf)};
    return PSX_OK;
}

// At the opening quote.
static psx_rc parse_string(parser *s, psx_str *out)
{
    const char *first = ++s->p;
    s->p = plain_end(first, s->end);
    *out = (psx_str){first, (size_t)(s->p - first)};
    if (s->p < s->end && *s->p == '\\') TRY(escaped_string(s, first, out));
    if (s->p == s->end) return fail_expected(s, "the end of a string");
    if (*s->p != '"') return fail_here(s, PSX_E_SYNTAX, "a control character in a string");
    s->p++;
    return PSX_OK;
}

// ---- numbers ------------------------------------------------------------------------------------

static bool is_digit(const parser *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static psx_rc digits(parser *s)
{
    if (!is_digit(s)) return fail_expected(s, "a digit");
    while (is_digit(s)) {
        s->p++;
    }
    return PSX_OK;
}

static psx_rc scan_number(parser *s)
{
    if (*s->p == '-') s->p++;
    bool zero = s->p < s->end && *s->p == '0';
    if (zero) {
        s->p++;
        if (is_digit(s)) return fail_here(s, PSX_E_SYNTAX, "a number starts with 0");
    } else {
        TRY(digits(s));
    }
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        TRY(digits(s));
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
        TRY(digits(s));
    }
    return PSX_OK;
}

static psx_rc parse_number(parser *s, psx_json *v)
{
    char text[NUMBER_MAX + 1];
    uint64_t small;
    const char *first = s->p;
    TRY(scan_number(s));
    v->kind = PSX_JSON_NUMBER;
    v->string = (psx_str){first, (size_t)(s->p - first)};
    if (v->string.n <= 15 && psx_str_to_u64(v->string, &small)) {
        v->number = (double)small;
        return PSX_OK;
    }
    if (v->string.n > NUMBER_MAX) return fail_here(s, PSX_E_SIZE, "a number is too long");
    memcpy(text, first, v->string.n);
    text[v->string.n] = '\0';
    v->number = strtod(text, NULL); // PackSec sets no locale, so the point is a point
    if (v->number > DBL_MAX || v->number < -DBL_MAX)
        return fail_here(s, PSX_E_VALUE, "a number is out of range");
    return PSX_OK;
}

// ---- containers ---------------------------------------------------------------------------------

static psx_rc parse_value(parser *s, psx_json *v);

static psx_rc push(parser *s, const psx_json_member *m)
{
    TRY(PSX_ROOM(s->op, s->stack, s->top, &s->cap));
    s->stack[s->top++] = *m;
    return PSX_OK;
}

static psx_rc enter(parser *s)
{
    if (s->depth == PSX_JSON_DEPTH) return fail_here(s, PSX_E_DEPTH, "nested too deeply");
    s->depth++;
    s->p++;
    skip_blank(s);
    return PSX_OK;
}

// After a child: true when another follows.
static psx_rc separator(parser *s, char close, const char *expected, bool *more)
{
    skip_blank(s);
    if (s->p == s->end || (*s->p != ',' && *s->p != close)) return fail_expected(s, expected);
    *more = *s->p++ == ',';
    skip_blank(s);
    if (*more && s->p < s->end && *s->p == close) {
        return fail_here(s, PSX_E_SYNTAX, "a comma before the closing bracket");
    }
    return PSX_OK;
}

static psx_rc close_array(parser *s, size_t base, psx_json *v)
{
    v->n = (uint32_t)(s->top - base);
    v->items = PSX_ARRAY(s->op, psx_json, v->n);
    if (!v->items) return psx_fail_nomem(s->op);
    for (size_t i = 0; i < v->n; i++) {
        v->items[i] = s->stack[base + i].value;
    }
    s->top = base;
    s->depth--;
    return PSX_OK;
}

static psx_rc parse_array(parser *s, psx_json *v)
{
    size_t base = s->top;
    v->kind = PSX_JSON_ARRAY;
    TRY(enter(s));
    bool more = s->p == s->end || *s->p != ']';
    if (!more) s->p++;
    while (more) {
        psx_json_member m = {0};
        TRY(parse_value(s, &m.value));
        TRY(push(s, &m));
        TRY(separator(s, ']', "\",\" or \"]\"", &more));
    }
    return close_array(s, base, v);
}

static psx_rc fail_duplicate(parser *s, const psx_json_member *m)
{
    return psx_json_fail(s->op, s->doc, m->key_at, PSX_E_DUPLICATE,
                         "the key \"%.*s\" is here twice", PSX_FMT(m->key));
}

static psx_rc check_small(parser *s, const psx_json *v)
{
    for (size_t i = 1; i < v->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (psx_str_eq(v->members[i].key, v->members[k].key)) {
                return fail_duplicate(s, &v->members[i]);
            }
        }
    }
    return PSX_OK;
}

static psx_rc index_large(parser *s, psx_json *v)
{
    v->index = PSX_NEW(s->op, psx_map);
    if (!v->index) return psx_fail_nomem(s->op);
    psx_map_init(v->index, s->op);
    for (size_t i = 0; i < v->n; i++) {
        TRY(psx_map_put(v->index, v->members[i].key, &v->members[i]));
        if (v->index->n != i + 1) return fail_duplicate(s, &v->members[i]);
    }
    return PSX_OK;
}

static psx_rc close_object(parser *s, size_t base, psx_json *v)
{
    v->n = (uint32_t)(s->top - base);
    v->members = PSX_ARRAY(s->op, psx_json_member, v->n);
    if (!v->members) return psx_fail_nomem(s->op);
    if (v->n) memcpy(v->members, s->stack + base, v->n * sizeof *v->members);
    v->index = NULL;
    s->top = base;
    s->depth--;
    return v->n <= SMALL_OBJECT ? check_small(s, v) : index_large(s, v);
}

static psx_rc parse_member(parser *s, psx_json_member *m)
{
    if (s->p == s->end || *s->p != '"') return fail_expected(s, "a key in double quotes");
    m->key_at = (uint32_t)(s->p - s->start);
    TRY(parse_string(s, &m->key));
    skip_blank(s);
    if (s->p == s->end || *s->p != ':') return fail_expected(s, "\":\" after the key");
    s->p++;
    skip_blank(s);
    return parse_value(s, &m->value);
}

static psx_rc parse_object(parser *s, psx_json *v)
{
    size_t base = s->top;
    v->kind = PSX_JSON_OBJECT;
    TRY(enter(s));
    bool more = s->p == s->end || *s->p != '}';
    if (!more) s->p++;
    while (more) {
        psx_json_member m = {0};
        TRY(parse_member(s, &m));
        TRY(push(s, &m));
        TRY(separator(s, '}', "\",\" or \"}\"", &more));
    }
    return close_object(s, base, v);
}

static psx_rc parse_word(parser *s, psx_json *v)
{
    static const struct {
        psx_str word;
        psx_json_kind kind;
        bool boolean;
    } words[] = {
        {PSX_STR_INIT("true"), PSX_JSON_BOOL, true},
        {PSX_STR_INIT("false"), PSX_JSON_BOOL, false},
        {PSX_STR_INIT("null"), PSX_JSON_NULL, false},
    };
    psx_str rest = {s->p, (size_t)(s->end - s->p)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!psx_str_starts(rest, words[i].word)) continue;
        v->kind = words[i].kind;
        v->boolean = words[i].boolean;
        s->p += words[i].word.n;
        return PSX_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (rest.n && psx_str_starts(words[i].word, rest)) s->p = s->end;
    }
    return fail_expected(s, "a value");
}

// Recursion is bounded by PSX_JSON_DEPTH.
static psx_rc parse_value(parser *s, psx_json *v)
{
    v->at = (uint32_t)(s->p - s->start);
    char c = s->p < s->end ? *s->p : '\0';
    if (c == '{') return parse_object(s, v);
    if (c == '[') return parse_array(s, v);
    if (c == '-' || is_digit(s)) return parse_number(s, v);
    if (c != '"') return parse_word(s, v);
    v->kind = PSX_JSON_STRING;
    return parse_string(s, &v->string);
}

// ---- the whole ----------------------------------------------------------------------------------

static psx_rc check_bytes(parser *s, size_t max_bytes)
{
    psx_str bytes = s->doc->bytes;
    size_t bad = 0;
    if (bytes.n > max_bytes || bytes.n >= UINT32_MAX) {
        psx_rc rc =
            psx_fail(s->op, PSX_E_SIZE, "%zu bytes; at most %zu are allowed", bytes.n, max_bytes);
        psx_fail_at(s->op, s->doc->name, 0, 0);
        return rc;
    }
    if (psx_str_starts(bytes, PSX_STR("\xEF\xBB\xBF"))) {
        return fail_here(s, PSX_E_ENCODING, "a byte order mark; save it as UTF-8 without BOM");
    }
    if (!psx_str_is_utf8(bytes, &bad)) {
        return psx_json_fail(s->op, s->doc, (uint32_t)bad, PSX_E_ENCODING,
                             "the byte 0x%02x is not valid UTF-8", (unsigned char)bytes.p[bad]);
    }
    bad = psx_str_find(bytes, '\0');
    if (bad < bytes.n) {
        return psx_json_fail(s->op, s->doc, (uint32_t)bad, PSX_E_SYNTAX, "a NUL byte");
    }
    return PSX_OK;
}

psx_rc psx_json_parse(psx_op *op, psx_str bytes, psx_str name, size_t max_bytes, psx_json_doc **out)
{
    psx_json_doc *doc = PSX_NEW(op, psx_json_doc);
    if (!doc) return psx_fail_nomem(op);
    doc->bytes = bytes;
    doc->name = name;
    const char *p = bytes.p ? bytes.p : "";
    parser s = {.op = op, .doc = doc, .start = p, .p = p, .end = p + bytes.n};
    TRY(check_bytes(&s, max_bytes));
    skip_blank(&s);
    TRY(parse_value(&s, &doc->root));
    skip_blank(&s);
    if (s.p != s.end) return fail_here(&s, PSX_E_TRAILING, "there is something after the end");
    *out = doc;
    return PSX_OK;
}

static psx_json_member *find_member(const psx_json *object, psx_str key)
{
    if (!object || object->kind != PSX_JSON_OBJECT) return NULL;
    if (object->index) return psx_map_get(object->index, key);
    for (size_t i = 0; i < object->n; i++) {
        if (psx_str_eq(object->members[i].key, key)) return &object->members[i];
    }
    return NULL;
}

const psx_json *psx_json_get(const psx_json *object, psx_str key)
{
    psx_json_member *m = find_member(object, key);
    return m ? &m->value : NULL;
}

psx_str psx_json_get_str(const psx_json *object, psx_str key)
{
    const psx_json *v = psx_json_get(object, key);
    return v && v->kind == PSX_JSON_STRING ? v->string : (psx_str){0};
}

bool psx_json_get_bool(const psx_json *object, psx_str key)
{
    const psx_json *v = psx_json_get(object, key);
    return v && v->kind == PSX_JSON_BOOL && v->boolean;
}

const char *psx_json_kind_name(psx_json_kind kind)
{
    static const char *const names[] = {"null",     "true or false", "a number",
                                        "a string", "a list",        "an object"};
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "nothing";
}

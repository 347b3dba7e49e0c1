#include "formats/url.h"

#include "base/buf.h"

typedef struct {
    psx_str *v;
    size_t n, cap;
} segments;

typedef struct {
    psx_op *op;
    const psx_url *base;
    psx_str scheme; // without the colon, lower case
    bool special, file;
    psx_str host; // absent: none
    segments path;
    psx_str opaque; // absent: segments
    psx_str query, fragment;
} parser;

static psx_rc invalid(parser *p)
{
    return psx_fail(p->op, PSX_E_VALUE, "Invalid URL");
}

// ---- characters ---------------------------------------------------------------------------------

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

// What is written as %XX: controls and everything beyond ASCII always, and these.
static const char in_path[] = " \"#<>?`{}", in_query[] = " \"#<>", in_special_query[] = " \"#<>'",
                  in_fragment[] = " \"<>`", in_opaque[] = "";

static psx_rc encode(psx_op *op, psx_str s, const char *set, psx_str *out)
{
    static const char hex[] = "0123456789ABCDEF";
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_reserve(&b, s.n + 1));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c > 0x1f && c < 0x7f && !strchr(set, c)) {
            TRY(psx_buf_byte(&b, (char)c));
            continue;
        }
        char code[] = {'%', hex[c >> 4], hex[c & 15]};
        TRY(psx_buf_add(&b, (psx_str){code, 3}));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

// Blanks and controls around it go, tabs and line ends anywhere.
static psx_rc clean(psx_op *op, psx_str text, psx_str *out)
{
    psx_buf b;
    while (text.n && (unsigned char)text.p[0] <= ' ') {
        text = psx_str_slice(text, 1, text.n);
    }
    while (text.n && (unsigned char)text.p[text.n - 1] <= ' ') {
        text.n--;
    }
    psx_buf_init(&b, op);
    TRY(psx_buf_reserve(&b, text.n + 1));
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c != '\t' && c != '\n' && c != '\r') TRY(psx_buf_byte(&b, c));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc to_lower(psx_op *op, psx_str s, psx_str *out)
{
    char *p = psx_op_alloc(op, s.n + 1);
    if (!p) return psx_fail_nomem(op);
    for (size_t i = 0; i < s.n; i++) {
        p[i] = lower(s.p[i]);
    }
    *out = (psx_str){p, s.n};
    return PSX_OK;
}

// ---- schemes ------------------------------------------------------------------------------------

static const struct {
    psx_str name;
    const char *port;
} special_schemes[] = {{PSX_STR_INIT("file"), ""},   {PSX_STR_INIT("ftp"), "21"},
                       {PSX_STR_INIT("http"), "80"}, {PSX_STR_INIT("https"), "443"},
                       {PSX_STR_INIT("ws"), "80"},   {PSX_STR_INIT("wss"), "443"}};

// The default port, or NULL when the scheme is not special.
static const char *default_port(psx_str scheme)
{
    for (size_t i = 0; i < sizeof special_schemes / sizeof *special_schemes; i++) {
        if (psx_str_eq(special_schemes[i].name, scheme)) return special_schemes[i].port;
    }
    return NULL;
}

// Length of "scheme" in front of a colon; 0: none.
static size_t scheme_length(psx_str s)
{
    if (!s.n || !is_alpha(s.p[0])) return 0;
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (c == ':') return i;
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return 0;
    }
    return 0;
}

// ---- hosts --------------------------------------------------------------------------------------

static bool ends_in_number(psx_str host)
{
    if (host.n && host.p[host.n - 1] == '.') host.n--;
    size_t dot = psx_str_find_last(host, '.');
    psx_str last = dot < host.n ? psx_str_slice(host, dot + 1, host.n) : host;
    return last.n && is_digit(last.p[0]);
}

static bool is_plain_ipv4(psx_str host)
{
    for (unsigned part = 0; part < 4; part++) {
        uint64_t n;
        size_t dot = psx_str_find(host, '.');
        psx_str digits = psx_str_slice(host, 0, dot);
        if (!psx_str_to_u64(digits, &n) || n > 255) return false;
        if (digits.n > 1 && digits.p[0] == '0') return false;
        if ((dot < host.n) != (part < 3)) return false;
        host = psx_str_slice(host, dot + 1, host.n);
    }
    return true;
}

static bool is_host(psx_str host)
{
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.p[i];
        if (c <= ' ' || c > 0x7e || strchr("#%/:<>?@[\\]^|", c)) return false;
    }
    return true;
}

static psx_rc set_port(parser *p, psx_str host, psx_str port)
{
    uint64_t n;
    const char *usual = default_port(p->scheme);
    p->host = host;
    if (!port.n) return PSX_OK;
    if (!psx_str_to_u64(port, &n) || n > 65535) return invalid(p);
    TRY(psx_op_format(p->op, &port, "%u", (unsigned)n));
    if (usual && psx_str_is(port, usual)) return PSX_OK;
    return psx_op_format(p->op, &p->host, "%.*s:%.*s", PSX_FMT(host), PSX_FMT(port));
}

static psx_rc set_host(parser *p, psx_str text)
{
    size_t colon = psx_str_find(text, ':');
    psx_str host = psx_str_slice(text, 0, colon), port = psx_str_slice(text, colon + 1, text.n);
    if (!is_host(host)) return invalid(p);
    if (!host.p) host.p = "";
    if (!p->special) return host.n || !port.n ? set_port(p, host, port) : invalid(p);
    TRY(to_lower(p->op, host, &host));
    if (ends_in_number(host) && !is_plain_ipv4(host)) return invalid(p);
    if (!p->file) return host.n ? set_port(p, host, port) : invalid(p);
    if (colon < text.n) return invalid(p);
    if (psx_str_is(host, "localhost")) host.n = 0;
    p->host = host;
    return PSX_OK;
}

// ---- paths --------------------------------------------------------------------------------------

static bool is_slash(const parser *p, char c)
{
    return c == '/' || (p->special && c == '\\');
}

static bool starts_with_slash(const parser *p, psx_str s)
{
    return s.n && is_slash(p, s.p[0]);
}

static bool is_drive(psx_str s)
{
    return s.n == 2 && is_alpha(s.p[0]) && (s.p[1] == ':' || s.p[1] == '|');
}

static bool starts_with_drive(psx_str s)
{
    if (s.n < 2 || !is_drive(psx_str_slice(s, 0, 2))) return false;
    return s.n == 2 || strchr("/\\?#", s.p[2]);
}

static void shorten(parser *p)
{
    segments *path = &p->path;
    bool drive = p->file && path->n == 1 && is_drive(path->v[0]) && path->v[0].p[1] == ':';
    if (path->n && !drive) path->n--;
}

static psx_rc push(parser *p, psx_str segment)
{
    TRY(PSX_ROOM(p->op, p->path.v, p->path.n, &p->path.cap));
    p->path.v[p->path.n++] = segment;
    return PSX_OK;
}

// How many dots the segment is, when it is "." or "..", a dot also written as %2e; else 0.
static unsigned dots_of(psx_str s)
{
    unsigned dots = 0;
    while (s.n) {
        bool code = s.n >= 3 && s.p[0] == '%' && s.p[1] == '2' && lower(s.p[2]) == 'e';
        if (!code && s.p[0] != '.') return 0;
        if (++dots > 2) return 0;
        s = psx_str_slice(s, code ? 3 : 1, s.n);
    }
    return dots;
}

static psx_rc add_segment(parser *p, psx_str segment, bool is_last)
{
    unsigned dots = dots_of(segment);
    if (dots == 2) shorten(p);
    if (dots) return is_last ? push(p, PSX_STR("")) : PSX_OK;
    if (p->file && !p->path.n && is_drive(segment)) {
        TRY(psx_op_copy(p->op, segment, &segment));
        ((char *)(uintptr_t)segment.p)[1] = ':';
        return push(p, segment);
    }
    TRY(encode(p->op, segment, in_path, &segment));
    return push(p, segment);
}

// Behind its first slash, or relative to the segments that are there.
static psx_rc add_path(parser *p, psx_str s)
{
    if (starts_with_slash(p, s)) s = psx_str_slice(s, 1, s.n);
    for (;;) {
        size_t end = 0;
        while (end < s.n && !is_slash(p, s.p[end])) {
            end++;
        }
        TRY(add_segment(p, psx_str_slice(s, 0, end), end == s.n));
        if (end == s.n) return PSX_OK;
        s = psx_str_slice(s, end + 1, s.n);
    }
}

static psx_rc take_base_path(parser *p)
{
    psx_str rest = p->base->path;
    while (rest.n) {
        psx_str s = psx_str_slice(rest, 1, rest.n);
        size_t end = psx_str_find(s, '/');
        TRY(push(p, psx_str_slice(s, 0, end)));
        rest = psx_str_slice(s, end, s.n);
    }
    return PSX_OK;
}

// ---- the states of the standard -----------------------------------------------------------------

static psx_rc authority(parser *p, psx_str s)
{
    size_t end = 0;
    while (end < s.n && !is_slash(p, s.p[end])) {
        end++;
    }
    TRY(set_host(p, psx_str_slice(s, 0, end)));
    s = psx_str_slice(s, end, s.n);
    return s.n || p->special ? add_path(p, s) : PSX_OK;
}

// "x" beside the base's last segment; "" is the base itself.
static psx_rc beside(parser *p, psx_str s)
{
    TRY(take_base_path(p));
    if (!s.n) {
        if (!p->query.p) p->query = psx_str_slice(p->base->query, 1, p->base->query.n);
        return PSX_OK;
    }
    shorten(p);
    return add_path(p, s);
}

static psx_rc file_host(parser *p, psx_str s)
{
    size_t end = 0;
    while (end < s.n && !is_slash(p, s.p[end])) {
        end++;
    }
    psx_str host = psx_str_slice(s, 0, end);
    p->host = PSX_STR("");
    if (is_drive(host)) return add_path(p, s);
    TRY(set_host(p, host));
    return add_path(p, psx_str_slice(s, end, s.n));
}

static psx_rc file(parser *p, psx_str s)
{
    bool from_base = p->base && psx_str_is(p->base->protocol, "file:");
    p->host = from_base ? p->base->host : PSX_STR("");
    if (starts_with_slash(p, s)) {
        psx_str rest = psx_str_slice(s, 1, s.n);
        if (starts_with_slash(p, rest)) return file_host(p, psx_str_slice(rest, 1, rest.n));
        if (from_base && !starts_with_drive(rest)) {
            psx_str first = psx_str_slice(p->base->path, 1, p->base->path.n);
            first = psx_str_slice(first, 0, psx_str_find(first, '/'));
            if (is_drive(first)) TRY(push(p, first));
        }
        return add_path(p, rest);
    }
    if (!from_base) return add_path(p, s);
    return starts_with_drive(s) ? add_path(p, s) : beside(p, s);
}

static psx_rc relative(parser *p, psx_str s)
{
    if (p->file) return file(p, s);
    p->host = p->base->host;
    if (!starts_with_slash(p, s)) return beside(p, s);
    psx_str rest = psx_str_slice(s, 1, s.n);
    if (!starts_with_slash(p, rest)) return add_path(p, rest);
    while (p->special && starts_with_slash(p, rest)) {
        rest = psx_str_slice(rest, 1, rest.n);
    }
    return authority(p, p->special ? rest : psx_str_slice(rest, 1, rest.n));
}

static psx_rc absolute(parser *p, psx_str s)
{
    if (p->file) return file(p, s);
    bool authority_follows = s.n > 1 && s.p[0] == '/' && s.p[1] == '/';
    if (p->special) {
        bool same = p->base && p->base->is_special && p->base->protocol.n == p->scheme.n + 1 &&
                    psx_str_starts(p->base->protocol, p->scheme);
        if (same && !authority_follows) return relative(p, s);
        while (starts_with_slash(p, s)) {
            s = psx_str_slice(s, 1, s.n);
        }
        return authority(p, s);
    }
    if (authority_follows) return authority(p, psx_str_slice(s, 2, s.n));
    if (starts_with_slash(p, s)) return add_path(p, s);
    TRY(encode(p->op, s, in_opaque, &p->opaque));
    if (!p->opaque.p) p->opaque.p = "";
    return PSX_OK;
}

// ---- putting it together ------------------------------------------------------------------------

static psx_rc add_all(parser *p, psx_buf *b, size_t at[5])
{
    TRY(psx_buf_add(b, p->scheme));
    TRY(psx_buf_byte(b, ':'));
    at[0] = b->n;
    if (p->host.p) {
        TRY(psx_buf_text(b, "//"));
        at[1] = b->n;
        TRY(psx_buf_add(b, p->host));
    } else if (!p->opaque.p && p->path.n > 1 && !p->path.v[0].n) {
        TRY(psx_buf_text(b, "/."));
    }
    at[2] = b->n;
    TRY(psx_buf_add(b, p->opaque));
    for (size_t i = 0; !p->opaque.p && i < p->path.n; i++) {
        TRY(psx_buf_byte(b, '/'));
        TRY(psx_buf_add(b, p->path.v[i]));
    }
    at[3] = b->n;
    if (p->query.p) TRY(psx_buf_byte(b, '?'));
    TRY(psx_buf_add(b, p->query));
    at[4] = b->n;
    if (p->fragment.p) TRY(psx_buf_byte(b, '#'));
    return psx_buf_add(b, p->fragment);
}

static psx_rc finish(parser *p, psx_url *out)
{
    psx_buf b;
    size_t at[5] = {0};
    psx_buf_init(&b, p->op);
    TRY(add_all(p, &b, at));
    psx_str href = psx_buf_str(&b);
    *out = (psx_url){.href = href, .is_special = p->special, .is_opaque = p->opaque.p != NULL};
    out->protocol = psx_str_slice(href, 0, at[0]);
    if (p->host.p) out->host = psx_str_slice(href, at[1], at[2]);
    out->path = psx_str_slice(href, at[2], at[3]);
    if (p->query.p) out->query = psx_str_slice(href, at[3], at[4]);
    return PSX_OK;
}

// Cuts off what stands behind the first c. *behind is absent when there is none.
static psx_str cut(psx_str s, char c, psx_str *behind)
{
    size_t at = psx_str_find(s, c);
    *behind = at < s.n ? (psx_str){s.p + at + 1, s.n - at - 1} : (psx_str){0};
    return psx_str_slice(s, 0, at);
}

static psx_rc encode_rest(parser *p, psx_str query, psx_str fragment)
{
    if (query.p) {
        TRY(encode(p->op, query, p->special ? in_special_query : in_query, &p->query));
        if (!p->query.p) p->query.p = "";
    }
    if (fragment.p) {
        TRY(encode(p->op, fragment, in_fragment, &p->fragment));
        if (!p->fragment.p) p->fragment.p = "";
    }
    return PSX_OK;
}

static psx_rc parse_relative(parser *p, psx_str s)
{
    const psx_url *base = p->base;
    if (!base) return invalid(p);
    // beside an opaque path there is nothing but fragments
    if (base->is_opaque && (s.n || p->query.p || !p->fragment.p)) return invalid(p);
    p->scheme = psx_str_slice(base->protocol, 0, base->protocol.n - 1);
    p->special = base->is_special;
    p->file = psx_str_is(p->scheme, "file");
    if (!base->is_opaque) return relative(p, s);
    p->opaque = base->path;
    if (base->query.p) p->query = psx_str_slice(base->query, 1, base->query.n);
    return PSX_OK;
}

psx_rc psx_url_parse(psx_op *op, psx_str text, const psx_url *base, psx_url *out)
{
    psx_str s, query, fragment;
    parser p = {.op = op, .base = base};
    if (text.n > PSX_URL_MAX) return invalid(&p);
    TRY(clean(op, text, &s));
    size_t n = scheme_length(s);
    if (n) {
        TRY(to_lower(op, psx_str_slice(s, 0, n), &p.scheme));
        p.special = default_port(p.scheme) != NULL;
        p.file = psx_str_is(p.scheme, "file");
        s = psx_str_slice(s, n + 1, s.n);
    } else if (base) {
        p.special = base->is_special;
    }
    s = cut(s, '#', &fragment);
    s = cut(s, '?', &query);
    TRY(encode_rest(&p, query, fragment));
    TRY(n ? absolute(&p, s) : parse_relative(&p, s));
    return finish(&p, out);
}

psx_rc psx_url_of_path(psx_op *op, psx_str path, psx_url *out)
{
    parser p = {.op = op};
    psx_str encoded;
    if (!path.n || path.p[0] != '/' || path.n > PSX_URL_MAX) return invalid(&p);
    TRY(encode(op, path, " \"#%?[\\]^|~", &encoded));
    TRY(psx_op_format(op, &encoded, "file://%.*s", PSX_FMT(encoded)));
    return psx_url_parse(op, encoded, NULL, out);
}

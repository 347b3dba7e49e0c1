#include "formats/semver.h"

typedef enum { CMP_ANY, CMP_EQ, CMP_LT, CMP_LE, CMP_GT, CMP_GE } cmp_op;

typedef struct {
    cmp_op op;
    psx_semver v;
} comparator;

// Comparators of all alternatives in one row; `first` marks where an alternative ("||") begins.
struct psx_semver_range {
    comparator *c;
    bool *first;
    size_t n, cap;
};

// A version of which the end may be missing: 1, 1.2, 1.x, *.
typedef struct {
    psx_semver v;
    unsigned parts; // how many numbers are there: 0..3
} partial;

typedef struct {
    psx_str s;
    size_t i;
} cursor;

static const uint64_t SAFE_MAX = 9007199254740991u; // Number.MAX_SAFE_INTEGER, npm's limit

static char peek(const cursor *c)
{
    return c->i < c->s.n ? c->s.p[c->i] : '\0';
}

static bool take(cursor *c, char ch)
{
    if (c->i >= c->s.n || c->s.p[c->i] != ch) return false;
    c->i++;
    return true;
}

static void blanks(cursor *c)
{
    while (take(c, ' ') || take(c, '\t')) {
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool number(cursor *c, uint64_t *out)
{
    size_t from = c->i;
    while (is_digit(peek(c))) {
        c->i++;
    }
    psx_str text = psx_str_slice(c->s, from, c->i);
    if (text.n > 1 && text.p[0] == '0') return false;
    return psx_str_to_u64(text, out) && *out <= SAFE_MAX;
}

static bool is_identifier_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool all_digits(psx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i])) return false;
    }
    return s.n > 0;
}

// Dot-separated identifiers after "-" or "+". Numeric ones of a prerelease have no leading zero.
static bool identifiers(cursor *c, bool strict, psx_str *out)
{
    size_t from = c->i;
    do {
        size_t start = c->i;
        while (is_identifier_char(peek(c))) {
            c->i++;
        }
        psx_str id = psx_str_slice(c->s, start, c->i);
        if (id.n == 0) return false;
        if (strict && id.n > 1 && id.p[0] == '0' && all_digits(id)) return false;
    } while (take(c, '.'));
    *out = psx_str_slice(c->s, from, c->i);
    return true;
}

static bool suffixes(cursor *c, psx_semver *v)
{
    psx_str build;
    if (take(c, '-') && !identifiers(c, true, &v->pre)) return false;
    return !take(c, '+') || identifiers(c, false, &build);
}

bool psx_semver_parse(psx_str text, psx_semver *out)
{
    cursor c = {.s = text};
    psx_semver v = {0};
    (void)take(&c, '=');
    (void)take(&c, 'v');
    bool ok = number(&c, &v.major) && take(&c, '.') && number(&c, &v.minor) && take(&c, '.') &&
              number(&c, &v.patch) && suffixes(&c, &v) && c.i == text.n;
    if (ok) *out = v;
    return ok;
}

static int cmp_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int cmp_identifier(psx_str a, psx_str b)
{
    bool na = all_digits(a), nb = all_digits(b);
    if (na != nb) return na ? -1 : 1; // numeric ones come first
    if (na && a.n != b.n) return a.n < b.n ? -1 : 1;
    return psx_str_cmp(a, b);
}

static int cmp_pre(psx_str a, psx_str b)
{
    if (a.n == 0 || b.n == 0) return (a.n == 0) - (b.n == 0); // a release comes last
    for (;;) {
        size_t i = psx_str_find(a, '.'), k = psx_str_find(b, '.');
        int c = cmp_identifier(psx_str_slice(a, 0, i), psx_str_slice(b, 0, k));
        if (c) return c;
        if (i == a.n || k == b.n) return (k == b.n) - (i == a.n);
        a = psx_str_slice(a, i + 1, a.n);
        b = psx_str_slice(b, k + 1, b.n);
    }
}

int psx_semver_cmp(const psx_semver *a, const psx_semver *b)
{
    int c = cmp_u64(a->major, b->major);
    if (!c) c = cmp_u64(a->minor, b->minor);
    if (!c) c = cmp_u64(a->patch, b->patch);
    return c ? c : cmp_pre(a->pre, b->pre);
}

// ---- ranges -------------------------------------------------------------------------------------

static bool wildcard(cursor *c)
{
    return take(c, 'x') || take(c, 'X') || take(c, '*');
}

static bool parse_partial(cursor *c, partial *out)
{
    uint64_t *fields[] = {&out->v.major, &out->v.minor, &out->v.patch};
    *out = (partial){0};
    bool wild = false;
    (void)take(c, 'v');
    for (unsigned i = 0; i < 3; i++) {
        if (i > 0 && !take(c, '.')) return true;
        if (wildcard(c)) {
            wild = true;
            continue;
        }
        // Nothing is known behind a wildcard: npm refuses 1.x.3 as well.
        if (wild || !number(c, fields[i])) return false;
        out->parts = i + 1;
    }
    return wild || suffixes(c, &out->v);
}

static psx_rc add(psx_op *op, psx_semver_range *r, bool first, cmp_op cmp, psx_semver v)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 4;
        comparator *c = PSX_ARRAY(op, comparator, cap);
        bool *f = PSX_ARRAY(op, bool, cap);
        if (!c || !f) return psx_fail_nomem(op);
        if (r->n) memcpy(c, r->c, r->n * sizeof *c);
        if (r->n) memcpy(f, r->first, r->n * sizeof *f);
        r->c = c;
        r->first = f;
        r->cap = cap;
    }
    r->c[r->n] = (comparator){cmp, v};
    r->first[r->n++] = first;
    return PSX_OK;
}

// The first version above everything that shares the first `parts` numbers, as an exclusive bound:
// 1.2 -> 1.3.0-0. The prerelease "0" keeps out prereleases of the bound itself.
static psx_semver next(const psx_semver *v, unsigned parts, bool with_pre)
{
    psx_semver n = {.major = v->major};
    if (parts <= 1) n.major++;
    if (parts >= 2) n.minor = parts == 2 ? v->minor + 1 : v->minor;
    if (parts >= 3) n.patch = v->patch + 1;
    if (with_pre) n.pre = PSX_STR("0");
    return n;
}

static psx_rc add_span(psx_op *op, psx_semver_range *r, bool first, const partial *p,
                       unsigned fixed)
{
    if (p->parts == 0) return add(op, r, first, CMP_ANY, (psx_semver){0});
    TRY(add(op, r, first, CMP_GE, p->v));
    return add(op, r, false, CMP_LT, next(&p->v, fixed, true));
}

static unsigned caret_fixed(const partial *p)
{
    if (p->v.major || p->parts == 1) return 1;
    if (p->v.minor || p->parts == 2) return 2;
    return 3;
}

static psx_rc add_nothing(psx_op *op, psx_semver_range *r, bool first)
{
    return add(op, r, first, CMP_LT, (psx_semver){.pre = PSX_STR("0")});
}

// A comparison with a version whose end is missing compares with the whole span.
static psx_rc add_comparison(psx_op *op, psx_semver_range *r, bool first, cmp_op cmp,
                             const partial *p)
{
    if (p->parts == 3) return add(op, r, first, cmp, p->v);
    if (p->parts == 0 && (cmp == CMP_LT || cmp == CMP_GT)) return add_nothing(op, r, first);
    if (p->parts == 0) return add(op, r, first, CMP_ANY, (psx_semver){0});
    psx_semver bound = p->v;
    switch (cmp) {
    case CMP_GT: return add(op, r, first, CMP_GE, next(&p->v, p->parts, false));
    case CMP_LE: return add(op, r, first, CMP_LT, next(&p->v, p->parts, true));
    case CMP_LT: bound.pre = PSX_STR("0"); return add(op, r, first, CMP_LT, bound);
    case CMP_GE: return add(op, r, first, CMP_GE, bound);
    default: return add_span(op, r, first, p, p->parts);
    }
}

static cmp_op comparison(cursor *c)
{
    if (take(c, '<')) return take(c, '=') ? CMP_LE : CMP_LT;
    if (take(c, '>')) return take(c, '=') ? CMP_GE : CMP_GT;
    (void)take(c, '=');
    return CMP_EQ;
}

static psx_rc not_a_range(psx_op *op, psx_str text)
{
    return psx_fail(op, PSX_E_VALUE, "\"%.*s\" is not a version range", PSX_FMT(text));
}

static psx_rc parse_simple(psx_op *op, cursor *c, psx_semver_range *r, bool first)
{
    partial p;
    char kind = peek(c);
    cmp_op cmp = CMP_EQ;
    if (kind == '^' || kind == '~') {
        c->i++;
        if (kind == '~') (void)take(c, '>');
    } else {
        cmp = comparison(c);
    }
    blanks(c);
    if (!parse_partial(c, &p)) return not_a_range(op, c->s);
    if (kind == '^') return add_span(op, r, first, &p, caret_fixed(&p));
    if (kind == '~') return add_span(op, r, first, &p, p.parts < 2 ? 1 : 2);
    return add_comparison(op, r, first, cmp, &p);
}

// "a - b". Tells through *is_hyphen whether it was one.
static psx_rc parse_hyphen(psx_op *op, psx_str text, psx_semver_range *r, bool *is_hyphen)
{
    cursor c = {.s = text};
    partial from, to;
    *is_hyphen = false;
    blanks(&c);
    if (!parse_partial(&c, &from) || peek(&c) != ' ') return PSX_OK;
    blanks(&c);
    if (!take(&c, '-') || peek(&c) != ' ') return PSX_OK;
    blanks(&c);
    if (!parse_partial(&c, &to)) return not_a_range(op, text);
    blanks(&c);
    if (c.i != text.n) return not_a_range(op, text);
    *is_hyphen = true;
    TRY(add_comparison(op, r, true, CMP_GE, &from));
    return add_comparison(op, r, false, CMP_LE, &to);
}

static psx_rc parse_alternative(psx_op *op, psx_str text, psx_semver_range *r)
{
    bool done = false, first = true;
    TRY(parse_hyphen(op, text, r, &done));
    if (done) return PSX_OK;
    cursor c = {.s = text};
    blanks(&c);
    if (c.i == text.n) return add(op, r, true, CMP_ANY, (psx_semver){0});
    while (c.i < text.n) {
        TRY(parse_simple(op, &c, r, first));
        if (c.i < text.n && peek(&c) != ' ' && peek(&c) != '\t') return not_a_range(op, text);
        blanks(&c);
        first = false;
    }
    return PSX_OK;
}

static size_t find_or(psx_str s, size_t from)
{
    for (size_t i = from; i + 1 < s.n; i++) {
        if (s.p[i] == '|' && s.p[i + 1] == '|') return i;
    }
    return s.n;
}

static bool is_any(const comparator *c)
{
    bool from_zero = c->op == CMP_GE && !c->v.major && !c->v.minor && !c->v.patch && !c->v.pre.n;
    return c->op == CMP_ANY || from_zero;
}

// An alternative that takes everything makes the whole range "*", as with npm: what another
// alternative says about prereleases does not count then.
static void collapse(psx_semver_range *r)
{
    for (size_t i = 0; i < r->n;) {
        bool any = true;
        do {
            any = any && is_any(&r->c[i]);
        } while (++i < r->n && !r->first[i]);
        if (!any) continue;
        r->c[0] = (comparator){.op = CMP_ANY};
        r->n = 1;
        return;
    }
}

psx_rc psx_semver_range_parse(psx_op *op, psx_str text, psx_semver_range **out)
{
    psx_semver_range *r = PSX_NEW(op, psx_semver_range);
    if (!r) return psx_fail_nomem(op);
    for (size_t from = 0;;) {
        size_t bar = find_or(text, from);
        TRY(parse_alternative(op, psx_str_slice(text, from, bar), r));
        if (bar == text.n) break;
        from = bar + 2;
    }
    collapse(r);
    *out = r;
    return PSX_OK;
}

static bool satisfies(const comparator *c, const psx_semver *v)
{
    int d = psx_semver_cmp(v, &c->v);
    switch (c->op) {
    case CMP_EQ: return d == 0;
    case CMP_LT: return d < 0;
    case CMP_LE: return d <= 0;
    case CMP_GT: return d > 0;
    case CMP_GE: return d >= 0;
    default: return true;
    }
}

static bool names_prerelease(const comparator *c, const psx_semver *v)
{
    return c->op != CMP_ANY && c->v.pre.n && c->v.major == v->major && c->v.minor == v->minor &&
           c->v.patch == v->patch;
}

bool psx_semver_matches(const psx_semver_range *range, const psx_semver *version)
{
    for (size_t i = 0; i < range->n;) {
        bool all = true, pre_ok = version->pre.n == 0;
        do {
            all = all && satisfies(&range->c[i], version);
            pre_ok = pre_ok || names_prerelease(&range->c[i], version);
        } while (++i < range->n && !range->first[i]);
        if (all && pre_ok) return true;
    }
    return false;
}

#include "scan/repair.h"

#include "scan/text.h"

psx_rc psx_repair_newlines(psx_op *op, psx_str source, psx_str *out)
{
    char *copy = NULL;
    *out = source;
    for (size_t at = psx_str_find(source, '\r'); at < source.n; at++) {
        if (source.p[at] != '\r' || psx_text_at(source, at + 1, "\n")) continue;
        if (!copy) {
            TRY(psx_op_copy(op, source, out));
            copy = (char *)(uintptr_t)out->p;
        }
        copy[at] = '\n';
    }
    return PSX_OK;
}

typedef struct {
    psx_str s;
    char *p; // the same bytes, to be changed
    bool changed;
} repair;

static void blank(repair *r, size_t from, size_t to)
{
    memset(r->p + from, ' ', to - from);
    r->changed = true;
}

static bool is_word_at(psx_str s, size_t at, const char *word)
{
    return psx_text_at(s, at, word) && psx_text_word_end(s, at) == at + strlen(word);
}

// The offset behind a word that begins at or after `at` on the same line, or 0.
static size_t name_behind(psx_str s, size_t at)
{
    bool newline = false;
    size_t name = psx_text_skip_newline(s, at, &newline), end = psx_text_word_end(s, name);
    if (newline || name == at || end == name || psx_text_is_digit((unsigned char)s.p[name]))
        return 0;
    return psx_text_is_reserved(psx_str_slice(s, name, end)) || is_word_at(s, name, "of") ? 0 : end;
}

static void await_before(repair *r, size_t at)
{
    size_t end = at;
    while (end && (r->p[end - 1] == ' ' || r->p[end - 1] == '\t')) {
        end--;
    }
    if (end == at || end < 5 || memcmp(r->p + end - 5, "await", 5) != 0) return;
    if (end > 5 && psx_text_is_word_byte((unsigned char)r->p[end - 6])) return;
    blank(r, end - 5, end);
}

static void using(repair *r, size_t at)
{
    if (!name_behind(r->s, at + 5)) return;
    memcpy(r->p + at, "const", 5);
    await_before(r, at);
    r->changed = true;
}

// `source` or `defer` behind `import`.
static void phase(repair *r, size_t at)
{
    size_t dot = psx_text_skip(r->s, at);
    size_t from = psx_text_at(r->s, dot, ".") ? psx_text_skip(r->s, dot + 1) : dot;
    if (from == at || !(is_word_at(r->s, from, "source") || is_word_at(r->s, from, "defer")))
        return;
    size_t end = psx_text_word_end(r->s, from), next = psx_text_skip(r->s, end);
    bool call = from != dot && psx_text_at(r->s, next, "(");
    bool statement = from == dot && !is_word_at(r->s, next, "from") &&
                     (psx_text_at(r->s, next, "*") || psx_text_word_end(r->s, next) > next);
    if (call || statement) blank(r, dot, end);
}

// `with { type: "json" }` behind `from "..."`: the offset behind it, or 0.
static size_t attributes_end(psx_str s, size_t at)
{
    at = psx_text_skip(s, at);
    if (!psx_text_at(s, at, "{")) return 0;
    at = psx_text_skip(s, at + 1);
    while (at < s.n && s.p[at] != '}') {
        size_t end = psx_text_string_end(s, at);
        if (!end) end = psx_text_word_end(s, at);
        size_t colon = psx_text_skip(s, end);
        if (end == at || !psx_text_at(s, colon, ":")) return 0;
        at = psx_text_string_end(s, psx_text_skip(s, colon + 1));
        if (!at) return 0;
        at = psx_text_skip(s, at);
        if (psx_text_at(s, at, ",")) at = psx_text_skip(s, at + 1);
    }
    return at < s.n ? at + 1 : 0;
}

static void attributes(repair *r, size_t from_end)
{
    size_t with = psx_text_string_end(r->s, psx_text_skip(r->s, from_end));
    if (!with) return;
    with = psx_text_skip(r->s, with);
    size_t end = is_word_at(r->s, with, "with") ? attributes_end(r->s, with + 4) : 0;
    if (end) blank(r, with, end);
}

static void words(repair *r)
{
    for (size_t at = 0; at < r->s.n;) {
        size_t end = psx_text_word_end(r->s, at);
        psx_str word = psx_str_slice(r->s, at, end);
        if (psx_str_is(word, "using"))
            using(r, at);
        else if (psx_str_is(word, "import"))
            phase(r, end);
        else if (psx_str_is(word, "from"))
            attributes(r, end);
        at = end > at ? end : at + 1;
    }
}

static void join_let(repair *r, size_t at)
{
    size_t next = psx_text_skip(r->s, at + 3);
    bool name = psx_text_word_end(r->s, next) > next;
    if (name || psx_text_at(r->s, next, "[") || psx_text_at(r->s, next, "{"))
        blank(r, at + 3, next);
}

// Does the grammar's scanner wrongly see the statement go on here? It takes `in5` for `in`.
static bool wrongly_goes_on(psx_str s, size_t at)
{
    if (psx_text_at(s, at, "[")) return true;
    return psx_text_at(s, at, "in") && psx_text_word_end(s, at) > at + 2;
}

static void end_statement(repair *r, size_t at)
{
    size_t newline = 0;
    bool seen = false;
    for (size_t n; (n = psx_text_blank(r->s, at, &seen)) > 0; at += n) {
        if (!newline && r->s.p[at] == '\n') newline = at;
    }
    if (!newline || !wrongly_goes_on(r->s, at)) return;
    r->p[newline] = ';';
    r->changed = true;
}

psx_rc psx_repair_source(psx_op *op, psx_str source, const psx_mark *marks, size_t n, psx_str *out)
{
    psx_str copy;
    TRY(psx_op_copy(op, source, &copy));
    repair r = {.s = source, .p = (char *)(uintptr_t)copy.p};
    words(&r);
    for (size_t i = 0; i < n; i++) {
        if (marks[i].is_let)
            join_let(&r, marks[i].at);
        else
            end_statement(&r, marks[i].at);
    }
    *out = r.changed ? copy : (psx_str){0};
    return PSX_OK;
}

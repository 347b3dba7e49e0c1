#include "scan/scan.h"

#include "scan/repair.h"
#include "scan/text.h"
#include "scan/walk.h"

typedef struct {
    psx_op *op;
    psx_walk walk;
    psx_scan *scan;
    bool gave_up;
} job;

static psx_rc on_tree(void *ctx, const TSNode *root)
{
    job *j = ctx;
    j->gave_up = !root;
    return root ? psx_walk_run(&j->walk, *root) : PSX_OK;
}

// ---- when it does not parse ---------------------------------------------------------------------

// The word behind a declaring keyword at the top level is not reported, wherever the damage is.
static bool declares(psx_str word)
{
    return psx_str_is(word, "let") || psx_str_is(word, "const") || psx_str_is(word, "class") ||
           psx_str_is(word, "using") || psx_str_is(word, "var") || psx_str_is(word, "function");
}

static bool is_property(psx_str s, size_t at)
{
    return at >= 1 && s.p[at - 1] == '.' && !(at >= 3 && s.p[at - 2] == '.' && s.p[at - 3] == '.');
}

// Every word of the text, in strings and comments, too: where those end is not certain.
static psx_rc add_words(psx_walk *w)
{
    psx_str s = w->source;
    bool declaring = false;
    unsigned depth = 0;
    for (size_t at = 0; at < s.n;) {
        size_t end = psx_text_word_end(s, at);
        while (psx_text_at(s, end, "\\u") && end + 2 < s.n) { // \u0061 and \u{61} belong to a word
            size_t close =
                psx_text_at(s, end, "\\u{") ? psx_str_find(psx_str_slice(s, end, s.n), '}') : 0;
            end = psx_text_word_end(s, end + (close && close < 12 ? close + 1 : 2));
        }
        if (end == at) {
            depth += s.p[at] == '{';
            depth -= s.p[at] == '}' && depth;
            bool newline = false;
            size_t blank = psx_text_blank(s, at, &newline);
            declaring &= blank > 0;
            at += blank ? blank : 1;
            continue;
        }
        psx_str word = psx_str_slice(s, at, end);
        bool wanted = !psx_text_is_digit((unsigned char)word.p[0]) && !psx_text_is_reserved(word);
        if (wanted && !is_property(s, at)) {
            psx_atom atom;
            TRY(psx_names_intern(&w->names, word, &atom));
            w->names.names[atom].forced = true;
            if (declaring) w->names.names[atom].declared = true;
            if (declaring && depth == 0) w->names.names[atom].lexical_top = true;
        }
        declaring = declares(word);
        at = end;
    }
    return PSX_OK;
}

// ---- results
// -------------------------------------------------------------------------------------

static int by_text(const void *a, const void *b)
{
    return psx_str_cmp(*(const psx_str *)a, *(const psx_str *)b);
}

static psx_rc collect_names(job *j, bool is_module)
{
    psx_names *t = &j->walk.names;
    psx_scan *s = j->scan;
    s->free.at = PSX_ARRAY(j->op, psx_str, t->n);
    s->assigned.at = PSX_ARRAY(j->op, psx_str, t->n);
    if (!s->free.at || !s->assigned.at) return psx_fail_nomem(j->op);
    for (psx_atom a = 0; a < t->n; a++) {
        psx_name_use use;
        TRY(psx_names_resolve(t, a, is_module, &use));
        psx_str text = t->names[a].text;
        if (!use.free || a == PSX_KNOWN_ARGUMENTS || !psx_str_is_utf8(text, &(size_t){0})) continue;
        s->free.at[s->free.n++] = text;
        if (use.assigned && !t->names[a].declared) s->assigned.at[s->assigned.n++] = text;
        s->calls_function_ctor |= a == PSX_KNOWN_FUNCTION && use.called;
        s->mentions_eval |= a == PSX_KNOWN_EVAL;
    }
    qsort(s->free.at, s->free.n, sizeof(psx_str), by_text);
    qsort(s->assigned.at, s->assigned.n, sizeof(psx_str), by_text);
    return PSX_OK;
}

static bool is_require(const psx_scan_import *i)
{
    return i->kind == PSX_SCAN_REQUIRE || i->kind == PSX_SCAN_REQUIRE_RESOLVE;
}

// Bundles bring their own require: those calls import nothing.
static void place_imports(psx_str source, psx_scan_import *imports, size_t n)
{
    uint32_t line = 1, start = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        for (; at < imports[i].offset; at++) {
            if (source.p[at] != '\n') continue;
            line++;
            start = at + 1;
        }
        imports[i].line = line;
        imports[i].column = at - start + 1;
    }
}

static psx_rc collect_imports(job *j, bool is_module, psx_str whole)
{
    psx_walk *w = &j->walk;
    uint32_t *at = PSX_ARRAY(j->op, uint32_t, w->n_imports);
    bool *bound = PSX_ARRAY(j->op, bool, w->n_imports);
    if (!at || !bound) return psx_fail_nomem(j->op);
    for (size_t i = 0; i < w->n_imports; i++) {
        at[i] = w->imports[i].offset;
    }
    TRY(psx_names_covers(&w->names, PSX_KNOWN_REQUIRE, is_module, at, w->n_imports, bound));
    size_t kept = 0;
    for (size_t i = 0; i < w->n_imports; i++) {
        if (bound[i] && is_require(&w->imports[i])) continue;
        w->imports[kept] = w->imports[i];
        w->imports[kept++].offset += (uint32_t)(whole.n - w->source.n);
    }
    place_imports(whole, w->imports, kept);
    j->scan->imports = w->imports;
    j->scan->n_imports = kept;
    return PSX_OK;
}

static psx_rc keys(psx_op *op, const psx_map *m, psx_scan_names *out)
{
    out->at = PSX_ARRAY(op, psx_str, m->n);
    if (!out->at) return psx_fail_nomem(op);
    for (; out->n < m->n; out->n++) {
        out->at[out->n] = m->slots[out->n].key;
    }
    return PSX_OK;
}

static psx_rc collect(job *j, psx_str whole)
{
    static const psx_atom parameters[] = {PSX_KNOWN_EXPORTS, PSX_KNOWN_REQUIRE, PSX_KNOWN_MODULE,
                                          PSX_KNOWN_FILENAME, PSX_KNOWN_DIRNAME};
    psx_walk *w = &j->walk;
    psx_scan *s = j->scan;
    s->parse_errors = j->gave_up || w->has_errors;
    s->has_esm_syntax = w->has_esm_syntax;
    s->has_top_level_await = w->has_top_level_await;
    s->has_dynamic_import = w->has_dynamic_import || j->gave_up;
    bool is_module =
        w->kind == PSX_SCAN_MODULE || (w->kind == PSX_SCAN_UNKNOWN && w->has_esm_syntax);
    s->is_strict = is_module || psx_text_is_strict(w->source, psx_text_start(w->source));
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        s->redeclares_commonjs |= w->names.names[parameters[i]].lexical_top;
    }
    if (s->parse_errors) TRY(add_words(w));
    TRY(collect_names(j, is_module));
    TRY(collect_imports(j, is_module, whole));
    s->calls_function_ctor |= j->gave_up;
    s->mentions_stack_api = psx_text_contains(whole, "prepareStackTrace") ||
                            psx_text_contains(whole, "captureStackTrace") ||
                            psx_text_contains(whole, "stackTraceLimit");
    if (is_module || w->has_esm_syntax) return PSX_OK;
    TRY(keys(j->op, &w->exports.exports, &s->exports));
    return keys(j->op, &w->exports.reexports, &s->reexports);
}

static psx_rc attempt(job *j, psx_str source, psx_scan_kind kind)
{
    TRY(psx_walk_init(&j->walk, j->op, source, kind));
    return psx_parser_run(j->op, source, on_tree, j);
}

static psx_rc run(job *j, psx_str source, psx_scan_kind kind)
{
    enum { ROUNDS = 3 };
    TRY(psx_repair_newlines(j->op, source, &source));
    TRY(attempt(j, source, kind));
    for (int i = 0; i < ROUNDS && !j->gave_up && (j->walk.has_errors || j->walk.n_marks); i++) {
        job again = {.op = j->op, .scan = j->scan};
        TRY(psx_repair_source(j->op, source, j->walk.marks, j->walk.n_marks, &source));
        if (!source.p) return PSX_OK;
        TRY(attempt(&again, source, kind));
        if (again.gave_up || again.walk.n_marks > j->walk.n_marks) return PSX_OK;
        *j = again;
    }
    return PSX_OK;
}

psx_rc psx_scan_source(psx_op *op, psx_str source, psx_scan_kind kind, psx_scan **out)
{
    if (source.n > PSX_SCAN_SOURCE_MAX)
        return psx_fail(op, PSX_E_SIZE, "a source of %zu bytes is too large to be looked at",
                        source.n);
    job j = {.op = op, .scan = PSX_NEW(op, psx_scan)};
    if (!j.scan) return psx_fail_nomem(op);
    psx_str text = source.p ? source : PSX_STR("");
    if (psx_text_at(text, 0, "\xEF\xBB\xBF")) text = psx_str_slice(text, 3, text.n);
    TRY(run(&j, text, kind));
    TRY(collect(&j, source));
    *out = j.scan;
    return PSX_OK;
}

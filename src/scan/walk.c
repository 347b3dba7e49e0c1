#include "scan/walk.h"

#include "scan/text.h"

// What an identifier is at its place in the tree; patterns hand it down to their parts.
typedef enum {
    ROLE_USE,
    ROLE_ASSIGN,
    ROLE_VAR,
    ROLE_LET, // let, const, catch, import
    ROLE_PARAMETER,
    ROLE_NAME, // of a function or class
    ROLE_NONE,
} role;

// One open node. state counts or remembers what of it has been passed; see after_child.
typedef struct {
    uint8_t kind, role, state;
    bool scope;       // has a scope of its own
    bool in_function; // counted in walker.functions
} frame;

typedef struct {
    uint32_t start, end;
    uint32_t var; // index of the scope that takes `var`
    bool strict;
} scope;

typedef struct {
    psx_walk *w;
    psx_op *op;
    TSTreeCursor cursor;
    frame *frames;
    size_t depth, cap_frames;
    scope *scopes;
    size_t n_scopes, cap_scopes;
    uint32_t functions; // open functions (and what counts as one for `await`)
    uint32_t brackets;  // open ( { ${
} walker;

psx_rc psx_walk_init(psx_walk *w, psx_op *op, psx_str source, psx_scan_kind kind)
{
    static const char *const known[] = {
#define X(name, text) text,
        PSX_SCAN_KNOWN(X)
#undef X
    };
    *w = (psx_walk){.op = op, .source = source, .kind = kind};
    psx_names_init(&w->names, op, (uint32_t)source.n);
    psx_exports_init(&w->exports, op, source);
    for (size_t i = 0; i < PSX_KNOWN_COUNT; i++) {
        psx_atom atom;
        TRY(psx_names_intern(&w->names, psx_str_from(known[i]), &atom));
    }
    return PSX_OK;
}

// ---- scopes ------------------------------------------------------------------------------------

static psx_rc push_scope(walker *k, TSNode node, bool takes_var, bool strict)
{
    TRY(PSX_ROOM(k->op, k->scopes, k->n_scopes, &k->cap_scopes));
    scope s = {.start = ts_node_start_byte(node), .end = ts_node_end_byte(node), .strict = strict};
    if (k->n_scopes == 0) { // the whole source, whatever the root node covers
        s.start = 0;
        s.end = (uint32_t)k->w->source.n + 1;
    } else {
        s.strict |= k->scopes[k->n_scopes - 1].strict;
        s.var = k->scopes[k->n_scopes - 1].var;
    }
    if (takes_var) s.var = (uint32_t)k->n_scopes;
    k->scopes[k->n_scopes++] = s;
    return PSX_OK;
}

static psx_rc bind(walker *k, psx_atom atom, size_t in, bool sloppy_only)
{
    const scope *s = &k->scopes[in];
    return psx_names_bind(&k->w->names, atom, s->start, s->end, sloppy_only);
}

// let, const, class, import.
static psx_rc bind_lexical(walker *k, psx_atom atom, size_t in)
{
    if (in == 0) k->w->names.names[atom].lexical_top = true;
    return bind(k, atom, in, false);
}

// The name of the function or class whose scope is the innermost one.
static psx_rc bind_name(walker *k, psx_atom atom, const frame *of, const frame *around)
{
    size_t inner = k->n_scopes - 1, outer = inner ? inner - 1 : 0;
    if (of->kind == NODE_CLASS_DECLARATION) return bind_lexical(k, atom, outer);
    if (of->kind == NODE_CLASS || of->kind == NODE_FUNCTION) {
        if (around->kind == NODE_EXPORT) TRY(bind(k, atom, outer, false));
        return bind(k, atom, inner, false);
    }
    TRY(bind(k, atom, outer, false));
    const scope *o = &k->scopes[outer];
    bool hoists = o->var != outer && !o->strict && of->kind == NODE_FUNCTION_DECLARATION &&
                  !psx_text_at(k->w->source, k->scopes[inner].start, "async");
    return hoists ? bind(k, atom, o->var, true) : PSX_OK;
}

// ---- imports -----------------------------------------------------------------------------------

static psx_rc add_import(walker *k, psx_scan_import_kind kind, psx_str literal, TSNode node)
{
    psx_walk *w = k->w;
    TRY(PSX_ROOM(k->op, w->imports, w->n_imports, &w->cap_imports));
    psx_scan_import *import = &w->imports[w->n_imports++];
    *import = (psx_scan_import){.kind = kind, .offset = ts_node_start_byte(node)};
    if (!literal.p) return PSX_OK;
    bool ok;
    TRY(psx_text_string_value(k->op, literal, &import->specifier, &ok));
    if (!ok) import->specifier = (psx_str){0};
    return PSX_OK;
}

static psx_str node_text(const walker *k, TSNode node)
{
    return psx_str_slice(k->w->source, ts_node_start_byte(node), ts_node_end_byte(node));
}

// An import or export statement with `from "s"`.
static psx_rc add_from(walker *k, psx_scan_import_kind kind, TSNode statement, bool *found)
{
    TSNode source = ts_node_child_by_field_name(statement, "source", 6);
    *found = !ts_node_is_null(source);
    return *found ? add_import(k, kind, node_text(k, source), statement) : PSX_OK;
}

// A template literal without substitutions counts as one, too.
static psx_str literal_at(psx_str s, size_t at, size_t *end)
{
    *end = psx_text_string_end(s, at);
    if (*end) return psx_str_slice(s, at, *end);
    if (at >= s.n || s.p[at] != '`') return (psx_str){0};
    for (size_t i = at + 1; i < s.n && s.p[i] != '$' && s.p[i] != '\\'; i++) {
        if (s.p[i] != '`') continue;
        *end = i + 1;
        return psx_str_slice(s, at, *end);
    }
    return (psx_str){0};
}

// The call whose callee ends at `at`: its first argument, when it is one literal.
static psx_rc add_call(walker *k, psx_scan_import_kind kind, size_t at, TSNode callee)
{
    psx_str s = k->w->source, literal;
    at = psx_text_skip(s, at);
    if (psx_text_at(s, at, "?.")) at = psx_text_skip(s, at + 2);
    if (!psx_text_at(s, at, "(")) return PSX_OK;
    size_t end;
    literal = literal_at(s, psx_text_skip(s, at + 1), &end);
    end = psx_text_skip(s, end);
    if (literal.p && !psx_text_at(s, end, ")") && !psx_text_at(s, end, ",")) literal.p = NULL;
    return add_import(k, kind, literal.p ? literal : (psx_str){0}, callee);
}

// `.resolve(` behind require or import.meta.
static psx_rc add_resolve(walker *k, psx_scan_import_kind kind, TSNode of)
{
    psx_str s = k->w->source;
    size_t at = psx_text_skip(s, ts_node_end_byte(of));
    if (!psx_text_at(s, at, ".")) return PSX_OK;
    at = psx_text_skip(s, at + 1);
    size_t end = psx_text_word_end(s, at);
    if (!psx_str_is(psx_str_slice(s, at, end), "resolve")) return PSX_OK;
    return add_call(k, kind, end, of);
}

static void mark(psx_walk *w, uint32_t at, bool is_let)
{
    if (w->n_marks < PSX_WALK_MARKS) w->marks[w->n_marks++] = (psx_mark){at, is_let};
}

// ---- identifiers -------------------------------------------------------------------------------

static psx_rc known_name(walker *k, psx_atom atom, TSNode node, const frame *p)
{
    bool callee = p->kind == NODE_CALL && p->state == 0;
    uint32_t at = ts_node_start_byte(node);
    psx_exports *x = &k->w->exports;
    switch (atom) {
    case PSX_KNOWN_LET: mark(k->w, at, true); return PSX_OK;
    case PSX_KNOWN_EXPORTS: return psx_exports_at_exports(x, at);
    case PSX_KNOWN_MODULE: return psx_exports_at_module(x, at);
    case PSX_KNOWN_OBJECT: return psx_exports_at_object(x, at, k->brackets == 0);
    case PSX_KNOWN_INTEROP: return k->brackets ? PSX_OK : psx_exports_at_interop(x, at);
    case PSX_KNOWN_EXPORT:
    case PSX_KNOWN_EXPORT_STAR:
        return k->brackets ? PSX_OK : psx_exports_at_star(x, ts_node_end_byte(node));
    case PSX_KNOWN_REQUIRE:
        if (k->brackets == 0) TRY(psx_exports_at_require(x, at));
        if (callee) return add_call(k, PSX_SCAN_REQUIRE, ts_node_end_byte(node), node);
        if (p->kind == NODE_MEMBER) return add_resolve(k, PSX_SCAN_REQUIRE_RESOLVE, node);
        return PSX_OK;
    default: return PSX_OK;
    }
}

static psx_rc identifier(walker *k, TSNode node, role r, const frame *p)
{
    if (r == ROLE_NONE) return PSX_OK;
    psx_str raw = node_text(k, node);
    if (raw.n == 0) return PSX_OK; // a MISSING node
    psx_atom atom;
    TRY(psx_names_intern(&k->w->names, raw, &atom));
    size_t inner = k->n_scopes - 1;
    switch (r) {
    case ROLE_VAR: return bind(k, atom, k->scopes[inner].var, false);
    case ROLE_LET: return bind_lexical(k, atom, inner);
    case ROLE_PARAMETER: return bind(k, atom, inner, false);
    case ROLE_NAME: return bind_name(k, atom, p, k->depth > 1 ? p - 1 : p);
    default: break;
    }
    if (atom < PSX_KNOWN_COUNT) TRY(known_name(k, atom, node, p));
    bool called = (p->kind == NODE_CALL || p->kind == NODE_NEW) && p->state == 0;
    return psx_names_refer(&k->w->names, atom, ts_node_start_byte(node), r == ROLE_ASSIGN, called);
}

// `tslib.__exportStar(require("x"), exports)`
static psx_rc property(walker *k, TSNode node)
{
    uint32_t start = ts_node_start_byte(node), n = ts_node_end_byte(node) - start;
    if (k->brackets || (n != 8 && n != 12)) return PSX_OK;
    psx_str text = psx_str_slice(k->w->source, start, start + n);
    if (!psx_str_is(text, "__export") && !psx_str_is(text, "__exportStar")) return PSX_OK;
    return psx_exports_at_star(&k->w->exports, start + n);
}

// ---- nodes -------------------------------------------------------------------------------------

static role child_role(const frame *p)
{
    role r = p->role;
    switch (p->kind) {
    case NODE_VAR_DECLARATION: return ROLE_VAR;
    case NODE_LET_DECLARATION: return ROLE_LET;
    case NODE_CATCH:
    case NODE_IMPORT_CLAUSE:
    case NODE_NAMESPACE_IMPORT: return ROLE_LET;
    case NODE_IMPORT_SPECIFIER: return p->state ? ROLE_LET : ROLE_NONE;
    case NODE_EXPORT: return r; // ROLE_NONE with `from`
    case NODE_EXPORT_CLAUSE: return r;
    case NODE_EXPORT_SPECIFIER: return p->state ? ROLE_NONE : r;
    case NODE_NAMESPACE_EXPORT: return ROLE_NONE;
    case NODE_DECLARATOR:
    case NODE_DEFAULT_PATTERN: return p->state ? ROLE_USE : r;
    case NODE_OBJECT_PATTERN:
    case NODE_ARRAY_PATTERN:
    case NODE_REST_PATTERN: return r;
    case NODE_PAIR_PATTERN: return p->state ? r : ROLE_USE;
    case NODE_OBJECT:
    case NODE_ARRAY:
    case NODE_PAIR:
    case NODE_SPREAD:
    case NODE_PAREN: return r == ROLE_ASSIGN ? r : ROLE_USE;
    case NODE_ASSIGNMENT:
    case NODE_AUGMENTED: return p->state ? ROLE_USE : ROLE_ASSIGN;
    case NODE_UPDATE: return ROLE_ASSIGN;
    case NODE_PARAMETERS: return ROLE_PARAMETER;
    case NODE_ARROW: return p->state ? ROLE_USE : ROLE_PARAMETER;
    case NODE_FUNCTION:
    case NODE_FUNCTION_DECLARATION:
    case NODE_GENERATOR_DECLARATION:
    case NODE_CLASS:
    case NODE_CLASS_DECLARATION: return ROLE_NAME;
    case NODE_FOR_IN: return r; // ROLE_ASSIGN, then what the tokens say, then ROLE_USE
    default: return ROLE_USE;
    }
}

static void enter_function(walker *k, frame *f)
{
    if (!f->in_function) k->functions++;
    f->in_function = true;
}

// What the parent learns from a child that has been met.
static void after_child(walker *k, frame *p, psx_node child)
{
    if (child == NODE_COMMENT) return;
    switch (p->kind) {
    case NODE_DECLARATOR:
    case NODE_DEFAULT_PATTERN:
    case NODE_ASSIGNMENT:
    case NODE_AUGMENTED:
    case NODE_IMPORT_SPECIFIER:
    case NODE_EXPORT_SPECIFIER:
    case NODE_CALL: p->state = 1; break;
    case NODE_NEW: p->state = child == NODE_TOKEN ? p->state : 1; break;
    case NODE_PAIR_PATTERN: p->state |= child == TOKEN_COLON; break;
    case NODE_ARROW: p->state |= child == TOKEN_ARROW; break;
    case NODE_FIELD:
        if (child == TOKEN_ASSIGN) enter_function(k, p);
        break;
    case NODE_FOR_IN:
        if (child == TOKEN_VAR)
            p->role = ROLE_VAR;
        else if (child == TOKEN_LET)
            p->role = ROLE_LET;
        else if (child != NODE_TOKEN && child != TOKEN_OPEN && child != TOKEN_AWAIT)
            p->role = ROLE_USE;
        break;
    default: break;
    }
}

// `await x` on one line, where x cannot continue an expression that begins with a variable
// `await`: no script may have this. (`await (x)`, `await [x]`, `await -x` may be one.)
static bool await_needs_module(psx_str s, size_t at)
{
    bool newline = false;
    at = psx_text_skip_newline(s, at + 5, &newline);
    if (newline || at >= s.n) return false;
    char c = s.p[at];
    if (c == '!') return !psx_text_at(s, at, "!=");
    if (!psx_text_is_word_byte((unsigned char)c)) return strchr("\"'{~#@\\", c) && c;
    psx_str word = psx_str_slice(s, at, psx_text_word_end(s, at));
    return !psx_str_is(word, "in") && !psx_str_is(word, "instanceof") && !psx_str_is(word, "of");
}

static void at_await(walker *k, TSNode node, bool in_for)
{
    if (k->functions) return;
    k->w->has_top_level_await = true;
    if (in_for || await_needs_module(k->w->source, ts_node_start_byte(node)))
        k->w->has_esm_syntax = true;
}

static psx_rc at_meta(walker *k, TSNode node)
{
    if (!psx_text_at(k->w->source, ts_node_start_byte(node), "import")) return PSX_OK;
    k->w->has_esm_syntax = true;
    return add_resolve(k, PSX_SCAN_META_RESOLVE, node);
}

static psx_rc at_import(walker *k, TSNode node, const frame *p)
{
    if (p->kind != NODE_CALL) return PSX_OK;
    k->w->has_dynamic_import = true;
    return add_call(k, PSX_SCAN_IMPORT_CALL, ts_node_end_byte(node), node);
}

static psx_rc at_module_statement(walker *k, TSNode node, frame *f)
{
    bool from;
    k->w->has_esm_syntax = true;
    if (f->kind == NODE_IMPORT_STATEMENT) return add_from(k, PSX_SCAN_IMPORT, node, &from);
    TRY(add_from(k, PSX_SCAN_EXPORT_FROM, node, &from));
    f->role = from ? ROLE_NONE : ROLE_USE;
    return PSX_OK;
}

static psx_rc at_block(walker *k, TSNode node, const frame *p, frame *f)
{
    bool is_body = p->kind == NODE_FUNCTION || p->kind == NODE_FUNCTION_DECLARATION ||
                   p->kind == NODE_GENERATOR_DECLARATION || p->kind == NODE_METHOD ||
                   p->kind == NODE_ARROW;
    f->scope = true;
    return push_scope(k, node, is_body || p->kind == NODE_STATIC_BLOCK,
                      is_body && psx_text_is_strict(k->w->source, ts_node_start_byte(node) + 1));
}

// Parameters are visible from here on, not in a computed key or a decorator before them.
static void at_parameters(walker *k, TSNode node, frame *p)
{
    if (p->kind != NODE_FUNCTION && p->kind != NODE_FUNCTION_DECLARATION &&
        p->kind != NODE_GENERATOR_DECLARATION && p->kind != NODE_METHOD && p->kind != NODE_ARROW)
        return;
    k->scopes[k->n_scopes - 1].start = ts_node_start_byte(node);
    enter_function(k, p);
}

// A node with children: fills its frame.
static psx_rc open_node(walker *k, TSNode node, frame *p, frame *f)
{
    switch (f->kind) {
    case NODE_IMPORT_STATEMENT:
    case NODE_EXPORT: return at_module_statement(k, node, f);
    case NODE_IMPORT_SPECIFIER:
        f->state = ts_node_is_null(ts_node_child_by_field_name(node, "alias", 5));
        return PSX_OK;
    case NODE_BLOCK: return at_block(k, node, p, f);
    case NODE_PARAMETERS: at_parameters(k, node, p); return PSX_OK;
    case NODE_FUNCTION:
    case NODE_FUNCTION_DECLARATION:
    case NODE_GENERATOR_DECLARATION:
    case NODE_METHOD: f->scope = true; return push_scope(k, node, true, false);
    case NODE_ARROW:
        f->scope = true;
        enter_function(k, f);
        return push_scope(k, node, true, false);
    case NODE_CLASS:
    case NODE_CLASS_DECLARATION: f->scope = true; return push_scope(k, node, false, true);
    case NODE_FOR_IN: f->role = ROLE_ASSIGN; [[fallthrough]];
    case NODE_FOR:
    case NODE_SWITCH_BODY:
    case NODE_CATCH: f->scope = true; return push_scope(k, node, false, false);
    case NODE_STATIC_BLOCK: enter_function(k, f); return PSX_OK;
    case NODE_AWAIT: at_await(k, node, false); return PSX_OK;
    default: return PSX_OK;
    }
}

// Meets one node. *inside: its children are wanted, and *f is its frame.
static psx_rc meet(walker *k, TSNode node, psx_node kind, frame *p, frame *f, bool *inside)
{
    *inside = false;
    switch (kind) {
    case NODE_TOKEN:
        if (k->w->has_errors && ts_node_is_missing(node))
            mark(k->w, ts_node_start_byte(node), false);
        return PSX_OK;
    case NODE_LEAF:
    case NODE_COMMENT:
    case NODE_STRING:
    case NODE_THIS: return PSX_OK;
    case NODE_ERROR: mark(k->w, ts_node_end_byte(node), false); break;
    case NODE_HTML_COMMENT: k->w->has_errors = true; return PSX_OK;
    case TOKEN_OPEN: k->brackets++; return PSX_OK;
    case TOKEN_CLOSE: k->brackets -= k->brackets > 0; return PSX_OK;
    case TOKEN_AWAIT:
        if (p->kind == NODE_FOR_IN) at_await(k, node, true);
        return PSX_OK;
    case NODE_IDENTIFIER:
    case NODE_SHORTHAND:
    case NODE_SHORTHAND_BIND: return identifier(k, node, child_role(p), p);
    case NODE_PROPERTY: return property(k, node);
    case NODE_META: return at_meta(k, node);
    case NODE_IMPORT: return at_import(k, node, p);
    default: break;
    }
    if (kind < NODE_IDENTIFIER && kind != NODE_OTHER && kind != NODE_ERROR) return PSX_OK;
    *inside = true;
    *f = (frame){.kind = (uint8_t)kind, .role = (uint8_t)child_role(p)};
    return open_node(k, node, p, f);
}

static void leave(walker *k)
{
    const frame *f = &k->frames[--k->depth];
    if (f->scope) k->n_scopes--;
    if (f->in_function) k->functions--;
}

static psx_rc step(walker *k, bool *more)
{
    TRY(PSX_ROOM(k->op, k->frames, k->depth + 1, &k->cap_frames));
    frame *p = &k->frames[k->depth - 1], *f = &k->frames[k->depth];
    TSNode node = ts_tree_cursor_current_node(&k->cursor);
    psx_node kind = psx_parser_kind(node);
    bool inside;
    TRY(meet(k, node, kind, p, f, &inside));
    after_child(k, p, kind);
    *more = true;
    if (inside) {
        k->depth++;
        if (ts_tree_cursor_goto_first_child(&k->cursor)) return PSX_OK;
        leave(k);
    }
    while (!ts_tree_cursor_goto_next_sibling(&k->cursor)) {
        if (!ts_tree_cursor_goto_parent(&k->cursor) || k->depth < 2) {
            *more = false;
            return PSX_OK;
        }
        leave(k);
    }
    return PSX_OK;
}

psx_rc psx_walk_run(psx_walk *w, TSNode root)
{
    walker k = {.w = w, .op = w->op, .cursor = ts_tree_cursor_new(root)};
    w->has_errors = ts_node_has_error(root);
    bool strict =
        w->kind == PSX_SCAN_MODULE || psx_text_is_strict(w->source, psx_text_start(w->source));
    TRY(push_scope(&k, root, true, strict));
    TRY(PSX_ROOM(k.op, k.frames, 0, &k.cap_frames));
    k.frames[0] = (frame){.kind = NODE_PROGRAM};
    k.depth = 1;
    bool more = ts_tree_cursor_goto_first_child(&k.cursor);
    while (more) {
        TRY(step(&k, &more));
    }
    return PSX_OK;
}

#include "scan/exports.h"

#include "scan/text.h"

void psx_exports_init(psx_exports *x, psx_op *op, psx_str source)
{
    *x = (psx_exports){.op = op, .source = source};
    psx_map_init(&x->exports, op);
    psx_map_init(&x->reexports, op);
    psx_map_init(&x->stars, op);
}

// ---- patterns ----------------------------------------------------------------------------------
// A pattern is tokens with blanks between; in the source, blanks and comments may stand before
// each.
//   %i identifier   %1 %2 identifier, captured   $1 $2 the same as captured
//   %s string literal, captured   %e exports or module.exports
//   %d the string default   %m the string __esModule
// Everything else stands for itself.

static size_t eat(psx_exports *x, size_t at, const char *pattern);

static size_t eat_identifier(const psx_exports *x, size_t at, psx_str *out)
{
    psx_str s = x->source;
    size_t end = psx_text_word_end(s, at);
    if (end == at || psx_text_is_digit((unsigned char)s.p[at]) || psx_text_at(s, end, "\\"))
        return 0;
    if (out) *out = psx_str_slice(s, at, end);
    return end;
}

static size_t eat_string(psx_exports *x, size_t at, const char *expected)
{
    size_t end = psx_text_string_end(x->source, at);
    if (!end) return 0;
    if (expected) return psx_str_is(psx_str_slice(x->source, at + 1, end - 1), expected) ? end : 0;
    x->literal = psx_str_slice(x->source, at, end);
    return end;
}

static size_t eat_text(const psx_exports *x, size_t at, psx_str text)
{
    return text.n && psx_str_eq(psx_str_slice(x->source, at, at + text.n), text) ? at + text.n : 0;
}

static size_t eat_token(psx_exports *x, size_t at, psx_str token)
{
    if (token.n == 2 && token.p[0] == '$')
        return eat_text(x, at, token.p[1] == '1' ? x->first : x->second);
    if (token.n != 2 || token.p[0] != '%') return eat_text(x, at, token);
    switch (token.p[1]) {
    case 'i': return eat_identifier(x, at, NULL);
    case '1': return eat_identifier(x, at, &x->first);
    case '2': return eat_identifier(x, at, &x->second);
    case 's': return eat_string(x, at, NULL);
    case 'd': return eat_string(x, at, "default");
    case 'm': return eat_string(x, at, "__esModule");
    default:
        return psx_text_at(x->source, at, "m") ? eat(x, at, "module . exports")
                                               : eat(x, at, "exports");
    }
}

// The offset behind the pattern, or 0. Nothing is found at 0, so that calls can be chained.
static size_t eat(psx_exports *x, size_t at, const char *pattern)
{
    for (const char *p = pattern; at && *p;) {
        size_t n = strcspn(p, " ");
        at = eat_token(x, psx_text_skip(x->source, at), (psx_str){p, n});
        p += n + (p[n] == ' ');
    }
    return at;
}

// The offset behind the pattern, or where it was.
static size_t maybe(psx_exports *x, size_t at, const char *pattern)
{
    size_t end = eat(x, at, pattern);
    return end ? end : at;
}

// ---- results -----------------------------------------------------------------------------------

static psx_rc add(psx_exports *x, psx_map *to, psx_str name)
{
    bool ok = true;
    if (name.n && (name.p[0] == '"' || name.p[0] == '\''))
        TRY(psx_text_string_value(x->op, name, &name, &ok));
    if (!ok || psx_map_has(to, name)) return PSX_OK;
    return psx_map_put(to, name, x);
}

static psx_rc add_literal(psx_exports *x, psx_map *to)
{
    return add(x, to, x->literal);
}

// ---- exports.a =, exports["a"] =, module.exports = ----------------------------------------------

static psx_rc at_member(psx_exports *x, size_t at)
{
    psx_str name;
    size_t dot = eat(x, at, ".");
    if (dot) {
        size_t end = eat_identifier(x, psx_text_skip(x->source, dot), &name);
        return end && eat(x, end, "=") ? add(x, &x->exports, name) : PSX_OK;
    }
    return eat(x, at, "[ %s ] =") ? add_literal(x, &x->exports) : PSX_OK;
}

// `: identifier` behind a property's name. `: require("x")` counts as well, and as a reexport, but
// detection stops behind it, and where a blank stands before the next comma.
static psx_rc literal_value(psx_exports *x, size_t at, psx_str name, size_t *end)
{
    *end = 0;
    if (eat(x, at, ": require ( %s )")) {
        TRY(add_literal(x, &x->reexports));
        return add(x, &x->exports, name);
    }
    size_t value = eat(x, at, ": %i");
    if (value && psx_text_at(x->source, value, ",")) *end = value;
    return value ? add(x, &x->exports, name) : PSX_OK;
}

static psx_rc literal_spread(psx_exports *x, size_t at, size_t *end)
{
    *end = eat(x, at, "require ( %s )");
    if (*end) return add_literal(x, &x->reexports);
    *end = eat_identifier(x, at, NULL);
    return PSX_OK;
}

// One property of `module.exports = { ... }`; *end is 0 where detection stops.
static psx_rc literal_property(psx_exports *x, size_t at, size_t *end)
{
    psx_str name;
    if (psx_text_at(x->source, at, "...")) return literal_spread(x, at + 3, end);
    *end = eat_identifier(x, at, &name);
    if (*end) {
        if (eat(x, *end, ":")) return literal_value(x, *end, name, end);
        if (!psx_str_is(name, "get") || !eat(x, *end, "%i (")) return add(x, &x->exports, name);
        *end = 0;
        return PSX_OK;
    }
    *end = eat(x, at, "%s");
    return *end && eat(x, *end, ":") ? literal_value(x, *end, x->literal, end) : PSX_OK;
}

static psx_rc at_literal(psx_exports *x, size_t at)
{
    while (at) {
        size_t end;
        TRY(literal_property(x, psx_text_skip(x->source, at), &end));
        at = end ? eat(x, end, ",") : 0;
    }
    return PSX_OK;
}

psx_rc psx_exports_at_exports(psx_exports *x, size_t at)
{
    return at_member(x, at + 7);
}

psx_rc psx_exports_at_module(psx_exports *x, size_t at)
{
    size_t end = eat(x, at + 6, ". exports");
    if (!end) return PSX_OK;
    size_t value = eat(x, end, "=");
    if (!value) return at_member(x, end);
    psx_map_init(&x->reexports, x->op); // the last assignment is the one that counts
    size_t open = eat(x, value, "{");
    if (open) return at_literal(x, open);
    return eat(x, value, "require ( %s )") ? add_literal(x, &x->reexports) : PSX_OK;
}

// ---- Object.defineProperty(exports, "a", ...) ---------------------------------------------------

static psx_rc at_define(psx_exports *x, size_t at)
{
    at = eat(x, at, "( %e , %s , {");
    if (!at) return PSX_OK;
    psx_str name = x->literal;
    if (eat(x, at, "e") && !(at = eat(x, at, "enumerable : true ,"))) return PSX_OK;
    if (eat(x, at, "value :")) return add(x, &x->exports, name);
    at = eat(x, at, "get");
    if (at && eat(x, at, ":")) {
        at = eat(x, at, ": function");
        if (at && !eat(x, at, "(")) at = eat(x, at, "%i");
    }
    at = eat(x, at, "( ) { return %i");
    if (eat(x, at, "."))
        at = eat(x, at, ". %i");
    else if (eat(x, at, "["))
        at = eat(x, at, "[ %s ]");
    at = eat(x, maybe(x, at, ";"), "}");
    at = eat(x, maybe(x, at, ","), "} )");
    return at ? add(x, &x->exports, name) : PSX_OK;
}

// ---- export * as transpilers write it
// ------------------------------------------------------------

static size_t has_own_call(psx_exports *x, size_t at)
{
    size_t end = eat(x, at, "Object . prototype . hasOwnProperty . call ( %i , $2 )");
    return end ? end : eat(x, at, "Object . hasOwnProperty . call ( %i , $2 )");
}

// if (k === "default" || k === "__esModule") return; and two more that may follow.
static size_t star_guard_equal(psx_exports *x, size_t at)
{
    at = eat(x, at, "=== %d || $2 === %m ) return");
    at = maybe(x, at, ";");
    size_t next = eat(x, at, "if (");
    if (!next) return at;
    size_t own = has_own_call(x, next);
    if (own) {
        at = maybe(x, eat(x, own, ") return"), ";");
        next = eat(x, at, "if (");
        if (!next) return at;
    }
    at = eat(x, next, "$2 in %e && %e [ $2 ] === $1 [ $2 ] ) return");
    return maybe(x, at, ";");
}

// if (k !== "default" && !x.hasOwnProperty(k))
static size_t star_guard_unequal(psx_exports *x, size_t at)
{
    at = eat(x, at, "!== %d");
    size_t and = eat(x, at, "&& !");
    if (and) {
        at = has_own_call(x, and);
        if (!at) at = eat(x, and, "%i . hasOwnProperty ( $2 )");
    }
    return eat(x, at, ")");
}

static size_t star_body(psx_exports *x, size_t at)
{
    size_t end = eat(x, at, "%e [ $2 ] = $1 [ $2 ]");
    if (end) return maybe(x, end, ";");
    at = eat(x, at, "Object . defineProperty ( %e , $2 , { enumerable : true , get");
    if (at && eat(x, at, ":")) {
        at = eat(x, at, ": function");
        if (at && !eat(x, at, "(")) at = eat(x, at, "%i");
    }
    at = eat(x, at, "( ) { return $1 [ $2 ]");
    at = eat(x, maybe(x, at, ";"), "}");
    at = eat(x, maybe(x, at, ","), "} )");
    return maybe(x, at, ";");
}

static psx_rc at_keys(psx_exports *x, size_t at)
{
    at = eat(x, at, "( %1 ) . forEach ( function ( %2 ) { if ( $2");
    if (!at) return PSX_OK;
    size_t guard = star_guard_equal(x, at);
    if (!guard) guard = star_guard_unequal(x, at);
    size_t end = star_body(x, guard);
    if (!eat(x, end, "} )")) return PSX_OK;
    const psx_str *from = psx_map_get(&x->stars, x->first);
    return from ? add(x, &x->reexports, *from) : PSX_OK;
}

psx_rc psx_exports_at_object(psx_exports *x, size_t at, bool outside_brackets)
{
    size_t end = eat(x, at + 6, ". defineProperty");
    if (end) return at_define(x, end);
    end = outside_brackets ? eat(x, at + 6, ". keys") : 0;
    return end ? at_keys(x, end) : PSX_OK;
}

// `var x = ` before at: the variable.
static bool variable_before(psx_str s, size_t at, psx_str *out)
{
    while (at && s.p[at - 1] == ' ') {
        at--;
    }
    if (!at || s.p[at - 1] != '=') return false;
    at--;
    while (at && s.p[at - 1] == ' ') {
        at--;
    }
    size_t end = at;
    while (at && psx_text_is_word_byte((unsigned char)s.p[at - 1])) {
        at--;
    }
    *out = psx_str_slice(s, at, end);
    if (at == end || !at || s.p[at - 1] != ' ' || psx_text_is_digit((unsigned char)s.p[at]))
        return false;
    while (at && s.p[at - 1] == ' ') {
        at--;
    }
    psx_str before = psx_str_slice(s, 0, at);
    return psx_str_ends(before, PSX_STR("var")) || psx_str_ends(before, PSX_STR("let")) ||
           psx_str_ends(before, PSX_STR("const"));
}

static psx_rc note_star(psx_exports *x, size_t before)
{
    psx_str variable;
    if (!variable_before(x->source, before, &variable)) return PSX_OK;
    psx_str *from = PSX_NEW(x->op, psx_str);
    if (!from) return psx_fail_nomem(x->op);
    *from = x->literal;
    return psx_map_put(&x->stars, variable, from);
}

psx_rc psx_exports_at_require(psx_exports *x, size_t at)
{
    return eat(x, at + 7, "( %s )") ? note_star(x, at) : PSX_OK;
}

psx_rc psx_exports_at_interop(psx_exports *x, size_t at)
{
    return eat(x, at + 23, "( require ( %s )") ? note_star(x, at) : PSX_OK;
}

psx_rc psx_exports_at_star(psx_exports *x, size_t end)
{
    return eat(x, end, "( require ( %s )") ? add_literal(x, &x->reexports) : PSX_OK;
}

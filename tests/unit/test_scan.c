#include "alloc.h"

#include "base/buf.h"
#include "scan/scan.h"

#define SHOW(ok, name, source)                                                                     \
    do {                                                                                           \
        if (!(ok)) print_error("in %s of: %s\n", name, source);                                    \
    } while (0)

static psx_str joined(psx_op *op, psx_scan_names names)
{
    psx_buf b;
    psx_buf_init(&b, op);
    for (size_t i = 0; i < names.n; i++) {
        if (i) assert_false(psx_failed(psx_buf_byte(&b, ' ')));
        assert_false(psx_failed(psx_buf_add(&b, names.at[i])));
    }
    psx_str s = psx_buf_str(&b);
    return s.p ? s : PSX_STR("");
}

static psx_scan *scan(psx_op *op, psx_str source, psx_scan_kind kind)
{
    psx_scan *s = NULL;
    psx_rc rc = psx_scan_source(op, source, kind, &s);
    if (psx_failed(rc)) print_error("%s\n", op->fail.message);
    assert_false(psx_failed(rc));
    return s;
}

static void same(psx_op *op, const char *what, const char *source, psx_scan_names got,
                 const char *expected)
{
    psx_str text = joined(op, got);
    if (psx_str_is(text, expected)) return;
    fail_msg("%s of: %s\n  is:       %.*s\n  expected: %s", what, source, PSX_FMT(text), expected);
}

// ---- free and assigned names -------------------------------------------------------------------

static const struct {
    psx_scan_kind kind;
    const char *source, *free, *assigned;
} names[] = {
#define CJS PSX_SCAN_COMMONJS
#define ESM PSX_SCAN_MODULE
    {CJS, "", "", ""},
    {CJS, "a", "a", ""},
    {CJS, "var a = b; a", "b", ""},
    {CJS, "a; var a", "", ""},
    {CJS, "let a; const b = a; class C extends D {}", "D", ""},
    {CJS, "f(); function f() { g() }", "g", ""},
    {CJS, "function f(a, {b, c: d, e = g, ...h}, [i, j = k], ...l) { a;b;c;d;e;h;i;j;l }", "c g k",
     ""},
    {CJS, "(function f() { f })(); f", "f", ""},
    {CJS, "x = class A { m() { A } }; A", "A x", "x"},
    {CJS, "(a, b) => a + b + c; a => a; async d => d; async (e) => e", "c", ""},
    {CJS, "function f() { arguments; () => arguments }; arguments", "", ""},
    {CJS, "{ let a; var b } a; b", "a", ""},
    {CJS, "if (x) { function f() {} } f()", "x", ""},
    {CJS, "'use strict'; { function f() {} } f()", "f", ""},
    {CJS, "{ async function f() {} function* g() {} } f(); g()", "f g", ""},
    {CJS, "function o() { { function f() {} } f() } f()", "f", ""},
    {ESM, "{ function f() {} } f()", "f", ""},
    {CJS, "for (let i = 0; i < n; i++) i; i", "i n", ""},
    {CJS, "for (var i in o) i; for (const [a, b] of p) a + b; a", "a o p", ""},
    {CJS, "for (x in o); for (y of o); for ({z} of o);", "o x y z", "x y z"},
    {CJS, "for (a.b in o);", "a o", ""},
    {CJS, "try { a } catch (e) { e } finally { e }", "a e", ""},
    {CJS, "try {} catch ({ message: m, code }) { m; code; message } try {} catch { e }",
     "e message", ""},
    {CJS, "switch (a) { case b: let c; default: c } c", "a b c", ""},
    {CJS, "l: for (;;) { break l; continue l }", "", ""},
    {CJS, "a.b.c; a['d']; a[e]; ({ f: g, [h]: i, 'j': k, l() {}, get m() {}, n })", "a e g h i k n",
     ""},
    {CJS, "({ a, b: c } = d); [e, f.g, ...h] = i", "a c d e f h i", "a c e h"},
    {CJS, "({ a: [b = c] = d } = e)", "b c d e", "b"},
    {CJS, "var { a, b: { c }, [d]: e = f, ...g } = h; a;b;c;e;g", "b d f h", ""},
    {CJS, "x++; --y; z += 1; (w) = 2; v ||= 3; u.t++", "u v w x y z", "v w x y z"},
    {CJS, "typeof a; void b; delete c.d; new E; new F(g)", "E F a b c g", ""},
    {CJS, "`a ${b} ${`${c}`}`; tag`x`", "b c tag", ""},
    {CJS,
     "class A { b = c; static d = e; #f = g; [h] = i; static { var j = k; j } l() { this.#f } }; j",
     "c e g h i j k", ""},
    {CJS, "class A { [x](x) { x } }", "x", ""},
    {CJS, "function f(a = b) { var b }", "b", ""},
    {CJS, "new.target; this; super_; null; true; undefined", "super_ undefined", ""},
    {CJS, "(function (undefined) { undefined })()", "", ""},
    {CJS, "let async, get, set, of, static_; async; get; set; of", "", ""},
    {CJS, "exports.a = require('b'); module; __filename", "__filename exports module require", ""},
    {CJS, "\\u0070rocess; \\u{67}lobal", "global process", ""},
    {CJS, "var \\u0061; a", "", ""},
    {CJS, "\xC3\xA9t\xC3\xA9; var \xE5\x90\x8D", "\xC3\xA9t\xC3\xA9", ""},
    {CJS, "\xEF\xBB\xBF#!/usr/bin/env node\na", "a", ""},
    {CJS,
     "a\r\nb\rc\xE2\x80\xA8"
     "d",
     "a b c d", ""},
    {CJS, "/a/.test(b) / c / d; e = f / g", "b c d e f g", "e"},
    {CJS, "with (a) b", "a b", ""},
    {CJS, "let // why\n  a, b = 1; a", "", ""},
    {CJS, "let x\n[x, y] = z", "y z", "y"},
    {CJS, "using r = f(); { await using s = g(r); s } s", "f g s", ""},
    {ESM, "import a, { b as c, d } from 'e'; import * as f from 'g'; a; b; c; d; f", "b", ""},
    {ESM, "import 'a'; import { default as b } from 'c'; import { 'x-y' as d } from 'e'; b; d", "",
     ""},
    {ESM, "export { a as b }; export { c } from 'd'; export * from 'e'; export * as f from 'g'",
     "a", ""},
    {ESM, "export default function f() {} f; export const g = 1; export class H {} g; H", "", ""},
    {ESM, "export default class extends A {}", "A", ""},
    {ESM, "export default (function f() {}); import j from 'j' with { type: 'json' }; j", "", ""},
    {ESM, "export * from 'a' with { type: 'json' }; import source w from 'w'; w", "", ""},
    {ESM, "import.meta.url; await a", "a", ""},
#undef CJS
#undef ESM
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        const char *source = names[i].source;
        psx_scan *s = scan(&op, psx_str_from(source), names[i].kind);
        if (s->parse_errors) fail_msg("does not parse: %s", source);
        same(&op, "free", source, s->free, names[i].free);
        same(&op, "assigned", source, s->assigned, names[i].assigned);
        psx_op_fini(&op);
    }
}

// What does not parse: every word that is not declared at the top level.
static void test_fallback(void **state)
{
    static const char *const cases[][2] = {
        {"let a; b c; d.e; 'f'", "b c d f"},
        {"process ) const x", "process"},
        {"<!-- a\nb", "a b"},
        {"\\u0061b ]] c", "ab c"},
        {"const process = 1; class Q {} ] process.env", ""},
        {"...a ] b", "a b"},
        {"`", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        psx_scan *s = scan(&op, psx_str_from(cases[i][0]), PSX_SCAN_COMMONJS);
        if (!s->parse_errors) fail_msg("parses: %s", cases[i][0]);
        same(&op, "free", cases[i][0], s->free, cases[i][1]);
        psx_op_fini(&op);
    }
}

// ---- imports -----------------------------------------------------------------------------------

static const struct {
    const char *source;
    size_t n;
    psx_scan_import_kind kind;
    const char *specifier; // of the first; NULL: not a literal
    uint32_t line, column;
} imports[] = {
    {"import a from 'b'", 1, PSX_SCAN_IMPORT, "b", 1, 1},
    {"\n  import 'b\\x63'", 1, PSX_SCAN_IMPORT, "bc", 2, 3},
    {"export * from 'a'; export { b } from 'c'", 2, PSX_SCAN_EXPORT_FROM, "a", 1, 1},
    {"export const a = 1; export { a as b }", 0, 0, NULL, 0, 0},
    {"x = require('a')", 1, PSX_SCAN_REQUIRE, "a", 1, 5},
    {"require ( /* why */ \"a\" , 1)", 1, PSX_SCAN_REQUIRE, "a", 1, 1},
    {"require(`a`)", 1, PSX_SCAN_REQUIRE, "a", 1, 1},
    {"require(`a${b}`)", 1, PSX_SCAN_REQUIRE, NULL, 1, 1},
    {"require('a' + b)", 1, PSX_SCAN_REQUIRE, NULL, 1, 1},
    {"require(a); require?.('b')", 2, PSX_SCAN_REQUIRE, NULL, 1, 1},
    {"a.require('b'); ({ require: 1 }); require", 0, 0, NULL, 0, 0},
    {"(function (require) { require('a') })(b); require('c')", 1, PSX_SCAN_REQUIRE, "c", 1, 43},
    {"require.resolve('a')", 1, PSX_SCAN_REQUIRE_RESOLVE, "a", 1, 1},
    {"import('a')", 1, PSX_SCAN_IMPORT_CALL, "a", 1, 1},
    {"import(a)", 1, PSX_SCAN_IMPORT_CALL, NULL, 1, 1},
    {"import.meta.resolve('a')", 1, PSX_SCAN_META_RESOLVE, "a", 1, 1},
    {"\xEF\xBB\xBFrequire('a')", 1, PSX_SCAN_REQUIRE, "a", 1, 4},
};

static void test_imports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        psx_scan *s = scan(&op, psx_str_from(imports[i].source), PSX_SCAN_UNKNOWN);
        SHOW(s->n_imports == imports[i].n, "imports", imports[i].source);
        assert_int_equal(s->n_imports, imports[i].n);
        if (s->n_imports) {
            const psx_scan_import *m = &s->imports[0];
            SHOW(m->kind == imports[i].kind, "import", imports[i].source);
            assert_int_equal(m->kind, imports[i].kind);
            assert_int_equal(m->line, imports[i].line);
            assert_int_equal(m->column, imports[i].column);
            if (imports[i].specifier)
                assert_true(psx_str_is(m->specifier, imports[i].specifier));
            else
                assert_null(m->specifier.p);
        }
        psx_op_fini(&op);
    }
}

// ---- flags -------------------------------------------------------------------------------------

static const struct {
    const char *source;
    const char *flags; // M module syntax, R redeclares, S strict, A await, I import(), F Function,
                       // E eval, T stack
} flags[] = {
    {"a", ""},
    {"'use strict'; a", "S"},
    {"#!x\n/* y */ 'a'; \"use strict\"", "S"},
    {"a; 'use strict'", ""},
    {"import 'a'", "MS"},
    {"export {}", "MS"},
    {"function f() { import.meta }", "MS"},
    {"import('a')", "I"},
    {"new.target", ""},
    {"await a", "MSA"},
    {"await (a)", "A"},
    {"await [a]", "A"},
    {"for await (const a of b);", "MSA"},
    {"async () => { await a }", ""},
    {"async function f() { for await (a of b); }", ""},
    {"class A { static { async () => await a } }", ""},
    {"const require = a", "R"},
    {"var module = a", ""},
    {"class exports {}", "R"},
    {"Function('a')", "F"},
    {"new Function('a')", "F"},
    {"Function.prototype; Function", ""},
    {"(function (Function) { Function('a') })()", ""},
    {"eval('a')", "E"},
    {"a.eval('a'); ({ eval: 1 })", ""},
    {"Error.captureStackTrace(a)", "T"},
    {"x['stackTraceLimit']", "T"},
};

static void test_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        psx_scan *s = scan(&op, psx_str_from(flags[i].source), PSX_SCAN_UNKNOWN);
        char got[16];
        snprintf(got, sizeof got, "%s%s%s%s%s%s%s%s", s->has_esm_syntax ? "M" : "",
                 s->redeclares_commonjs ? "R" : "", s->is_strict ? "S" : "",
                 s->has_top_level_await ? "A" : "", s->has_dynamic_import ? "I" : "",
                 s->calls_function_ctor ? "F" : "", s->mentions_eval ? "E" : "",
                 s->mentions_stack_api ? "T" : "");
        SHOW(strcmp(got, flags[i].flags) == 0, "flags", flags[i].source);
        assert_string_equal(got, flags[i].flags);
        psx_op_fini(&op);
    }
}

// ---- CommonJS exports --------------------------------------------------------------------------

#define KEYS(guard, body)                                                                          \
    "var _x = require('x'); Object.keys(_x).forEach(function (k) { " guard " " body " });"

static const struct {
    const char *source, *exports, *reexports;
} commonjs[] = {
    {"exports.a = 1; exports['b'] = 2; module.exports.c = 3; module.exports[\"d\"] = 4", "a b c d",
     ""},
    {"exports.a = exports.b = void 0; (function () { exports . c /* */ = 1 })", "a b c", ""},
    {"x.exports.a = 1; exports.b; exports[c] = 1; exports.d.e = 1", "", ""},
    {"// exports.a = 1\n'exports.b = 1'; /exports.c = 1/; `exports.d = 1 ${exports.e = 1}`", "e",
     ""},
    {"module.exports = { a, b: c, 'd': e, ...f, ...require('g') }", "a b d", "g"},
    {"module.exports = { a, b: 1, c }", "a", ""},
    {"module.exports = { a: require('b'), c }", "a", "b"},
    {"module.exports = { a, get b() {}, c }", "a", ""},
    {"module.exports = { get }", "get", ""},
    {"module.exports = require('a'); module.exports = require('b')", "", "b"},
    {"0 && (module.exports = { a, b })", "a b", ""},
    {"Object.defineProperty(exports, '__esModule', { value: true })", "__esModule", ""},
    {"Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return b.c; } });",
     "a", ""},
    {"Object.defineProperty(module.exports, 'a', { get() { return b['c'] }, })", "a", ""},
    {"Object.defineProperty(exports, 'a', { enumerable: true, get: function f() { return b(); } "
     "});",
     "", ""},
    {"Object.defineProperty(exports, 'a', { enumerable: false, value: 1 })", "", ""},
    {"__exportStar(require('a'), exports); __export(require('b')); t.__exportStar(require('c'), "
     "exports)",
     "", "a b c"},
    {"{ __exportStar(require('a'), exports) }", "", ""},
    {KEYS("if (k === 'default' || k === '__esModule') return;", "exports[k] = _x[k];"), "", "x"},
    {KEYS("if (k === \"default\" || k === \"__esModule\") return; if (k in exports && exports[k] "
          "=== _x[k]) return;",
          "Object.defineProperty(exports, k, { enumerable: true, get: function () { return _x[k]; "
          "} });"),
     "", "x"},
    {KEYS("if (k === 'default' || k === '__esModule') return; if "
          "(Object.prototype.hasOwnProperty.call(_e, k)) return; "
          "if (k in exports && exports[k] === _x[k]) return;",
          "Object.defineProperty(exports, k, { enumerable: true, get: function get() { return "
          "_x[k]; } });"),
     "", "x"},
    {KEYS("if (k !== 'default' && !exports.hasOwnProperty(k))", "exports[k] = _x[k];"), "", "x"},
    {KEYS("if (k !== 'default')", "exports[k] = _y[k];"), "", ""},
    {"var _x = _interopRequireWildcard(require('x')); Object.keys(_x).forEach(function (k) { if (k "
     "!== 'default') "
     "exports[k] = _x[k] })",
     "", "x"},
    {"exports['\\u0061\\x62'] = 1; exports['\\ud83d\\ude00'] = 1; exports['\\ud83d'] = 1",
     "ab \xF0\x9F\x98\x80", ""},
    {"exports.a = 1; export const b = 1", "", ""},
};

static void test_exports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof commonjs / sizeof *commonjs; i++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        const char *source = commonjs[i].source;
        psx_scan *s = scan(&op, psx_str_from(source), PSX_SCAN_UNKNOWN);
        same(&op, "exports", source, s->exports, commonjs[i].exports);
        same(&op, "reexports", source, s->reexports, commonjs[i].reexports);
        psx_op_fini(&op);
    }
}

// ---- pure wrappers -----------------------------------------------------------------------------

static const struct {
    const char *params, *body;
    bool pure;
} wrappers[] = {
    {"", "", true},
    {"", "return this", true},
    {"", "\"use strict\"; return (async function* () {}).constructor;", true},
    {"fn,log,deprecate,message,site",
     "\"use strict\"\nreturn function (a,b) {log.call(deprecate, message, site)\nreturn "
     "fn.apply(this, arguments)\n}",
     true},
    {"binder", "return function ($0,$1){ return binder.apply(this,arguments); }", true},
    {"", "return function*() {}", true},
    {"", "return async () => {}", true},
    {"a", "return () => Object.keys(a)", true},
    {"", "return process", false},
    {"", "return () => process", false},
    {"", "return () => globalThis", false},
    {"", "return () => eval('1')", false},
    {"", "return () => Function('1')", false},
    {"", "return () => import('fs')", false},
    {"", "return () => { x = 1 }", false},
    {"", "process.exit()", false},
    {"", "f(); return function () {}", false},
    {"", "return function () {}()", true},
    {"a", "var b = a[1]; function f(x) { return b(x) } return f", true},
    {"str", "switch (str.length) { case 6: return str == \"double\" } return false", true},
    {"o", "with (o) { return Object }", true},
    {"o", "with (o) { return name }", false},
    {"", "this.x = 1", true},
    {"a", "return a == '\\'' || /\\n/.test(a)", true},
    {"a", "return a; var b = typeof window", false},
    {"a", "b = a", false},
    {"a", "eval(a)", false},
    {"a", "return new Function(a)", false},
    {"a", "return import(a)", false},
    {"a", "return a`\\u0070`", true},
    {"a", "return a == '\xC2\xA0'", true},
    {"require", "return 1", false},
    {"a,{ b: process }", "return a", false},
    {"exports, module", "exports.a = 1", false},
    {"required, modules", "return 1", true},
    {"{ a: c } = {}", "return c", true},
    {"a = process", "return this", false},
    {"a) { process } function x(", "return this", false},
    {"/*", "*/) { process.exit()", false},
    {"", "}); process.exit(); (function () {", false},
    {"", "}, process.exit(), function () {", false},
    {"", "return this; //", true},
    {"", "return this /*", false},
    {"", "return () => \\u0070rocess", false},
    {"", "return this\n<!-- x", false},
    {"", "return ({}).constructor", true},
    {"", "return (class { static x = process })", false},
    {"", "'a'.b", true},
};

static void test_wrappers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        psx_op op;
        psx_op_init(&op, 64u << 20);
        bool pure = !wrappers[i].pure;
        psx_rc rc = psx_scan_is_pure_wrapper(&op, psx_str_from(wrappers[i].params),
                                             psx_str_from(wrappers[i].body), &pure);
        assert_false(psx_failed(rc));
        SHOW(pure == wrappers[i].pure, "wrapper", wrappers[i].body);
        assert_int_equal(pure, wrappers[i].pure);
        psx_op_fini(&op);
    }
}

// ---- hostile input -----------------------------------------------------------------------------

static void survives(const char *piece, size_t times)
{
    psx_op op;
    psx_op_init(&op, 1u << 30);
    psx_buf b;
    psx_buf_init(&b, &op);
    for (size_t i = 0; i < times; i++) {
        assert_false(psx_failed(psx_buf_text(&b, piece)));
    }
    (void)scan(&op, psx_buf_str(&b), PSX_SCAN_UNKNOWN);
    psx_op_fini(&op);
}

static void test_nesting(void **state)
{
    static const char *const pieces[] = {
        "(",
        "[",
        "{",
        "`${",
        "a=>",
        "f(",
        "({a:",
        "a.b",
        "a?b:",
        "!",
        "a=",
        "else ",
        "class A extends ",
        "function f(){",
        "export ",
        "...",
        "@",
        "<a>",
        "\"",
        "\xFF",
        "/[",
        "async(",
    };
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        survives(pieces[i], 20000);
    }
    // More than 65,535 children of one error: tree-sitter 0.20 counts them in 16 bits.
    survives("class A extends ", 80000);
}

static void test_odd_bytes(void **state)
{
    static const char nul[] = "a\0b; process\0";
    (void)state;
    psx_op op;
    psx_op_init(&op, 64u << 20);
    (void)scan(&op, (psx_str){0}, PSX_SCAN_UNKNOWN);
    psx_scan *s = scan(&op, (psx_str){nul, sizeof nul - 1}, PSX_SCAN_COMMONJS);
    assert_true(s->parse_errors);
    same(&op, "free", "NUL", s->free, "a b process");
    s = scan(&op, PSX_STR("a\xFF; b"), PSX_SCAN_COMMONJS);
    for (size_t i = 0; i < s->free.n; i++) {
        assert_true(psx_str_is_utf8(s->free.at[i], &(size_t){0}));
    }
    psx_op_fini(&op);
}

static void test_size(void **state)
{
    (void)state;
    psx_op op;
    psx_scan *s;
    psx_op_init(&op, 64u << 20);
    psx_rc rc =
        psx_scan_source(&op, (psx_str){"x", (size_t)PSX_SCAN_SOURCE_MAX + 1}, PSX_SCAN_UNKNOWN, &s);
    assert_int_equal(rc.code, PSX_E_SIZE);
    psx_op_fini(&op);
}

static psx_rc scan_subject(psx_op *op, const void *arg)
{
    psx_scan *s;
    return psx_scan_source(op, psx_str_from(arg), PSX_SCAN_UNKNOWN, &s);
}

static psx_rc wrapper_subject(psx_op *op, const void *arg)
{
    bool pure;
    return psx_scan_is_pure_wrapper(op, PSX_STR("a"), psx_str_from(arg), &pure);
}

static void test_allocations(void **state)
{
    static const char *const sources[] = {
        "var a = require('b\\x63'); exports['d\\x65'] = \\u0061 + f; module.exports = { g }",
        "let\n a; using b = c; import 'd'",
        "} a b \\u0063 ]",
        KEYS("if (k !== 'default')", "exports[k] = _x[k];"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        check_all_allocations(scan_subject, sources[i], PSX_E_OK);
    }
    check_all_allocations(wrapper_subject, "return function () { return a }", PSX_E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_fallback),
        cmocka_unit_test(test_imports), cmocka_unit_test(test_flags),
        cmocka_unit_test(test_exports), cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_nesting), cmocka_unit_test(test_odd_bytes),
        cmocka_unit_test(test_size),    cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

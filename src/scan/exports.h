// The named exports of a CommonJS module, found as Node finds them: by the shape of the text at
// certain words, without regard to scopes or to whether the code runs. (Node 26 uses merve, earlier
// versions cjs-module-lexer; where they differ, merve decides.) The walk over the syntax tree says
// where these words stand as identifiers; brackets count ( { ${ and not [.
#ifndef PSX_SCAN_EXPORTS_H
#define PSX_SCAN_EXPORTS_H

#include "base/map.h"

typedef struct {
    psx_op *op;
    psx_str source;
    psx_map exports, reexports;
    psx_map stars;         // variable -> psx_str *: what it was required from, at the top level
    psx_str first, second; // identifiers that the pattern has captured
    psx_str literal;       // and the last string literal
} psx_exports;

void psx_exports_init(psx_exports *x, psx_op *op, psx_str source);

// `at` is where the word begins.
psx_rc psx_exports_at_exports(psx_exports *x, size_t at);
psx_rc psx_exports_at_module(psx_exports *x, size_t at);
psx_rc psx_exports_at_object(psx_exports *x, size_t at, bool outside_brackets);
// The following only outside brackets.
psx_rc psx_exports_at_require(psx_exports *x, size_t at);
psx_rc psx_exports_at_interop(psx_exports *x, size_t at); // _interopRequireWildcard
psx_rc psx_exports_at_star(psx_exports *x, size_t end);   // __export, __exportStar; where it ends

#endif

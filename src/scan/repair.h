// What engines accept and the grammar does not know, written in the same number of bytes as
// something that binds and uses the same names. Only what is parsed is changed, never what runs.
#ifndef PSX_SCAN_REPAIR_H
#define PSX_SCAN_REPAIR_H

#include "base/op.h"

// Where the tree looks wrong: the end of an error or the place of a missing token, or a `let` that
// was taken for a variable's name.
typedef struct {
    uint32_t at;
    bool is_let;
} psx_mark;

// Lone carriage returns become line feeds. Always right, so it is done before the first parse.
psx_rc psx_repair_newlines(psx_op *op, psx_str source, psx_str *out);

// *out is absent when there is nothing to try. The result counts only if it parses better.
//   using x = ...                          const x = ...
//   import source x / import.source(x)     import x / import(x)
//   export * from "x" with { type: "y" }   without `with`
//   let <newline or comment> x             let x on one line
//   let x <newline> [a, b] = ...           a semicolon for the newline
//   x <newline> in5.y                      the same
psx_rc psx_repair_source(psx_op *op, psx_str source, const psx_mark *marks, size_t n, psx_str *out);

#endif

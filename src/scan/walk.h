// One pass over the syntax tree, from the first byte to the last, without recursion: binds names,
// notes references, imports and what else psx_scan tells.
#ifndef PSX_SCAN_WALK_H
#define PSX_SCAN_WALK_H

#include "scan/exports.h"
#include "scan/names.h"
#include "scan/parser.h"
#include "scan/repair.h"

// Interned first, so that they have fixed numbers.
#define PSX_SCAN_KNOWN(X)                                                                          \
    X(EXPORTS, "exports")                                                                          \
    X(MODULE, "module")                                                                            \
    X(OBJECT, "Object")                                                                            \
    X(REQUIRE, "require")                                                                          \
    X(INTEROP, "_interopRequireWildcard")                                                          \
    X(EXPORT, "__export")                                                                          \
    X(EXPORT_STAR, "__exportStar")                                                                 \
    X(FILENAME, "__filename")                                                                      \
    X(DIRNAME, "__dirname")                                                                        \
    X(FUNCTION, "Function")                                                                        \
    X(EVAL, "eval")                                                                                \
    X(ARGUMENTS, "arguments")                                                                      \
    X(LET, "let")

enum {
#define X(name, text) PSX_KNOWN_##name,
    PSX_SCAN_KNOWN(X)
#undef X
        PSX_KNOWN_COUNT
};

enum { PSX_WALK_MARKS = 256 };

typedef struct {
    psx_op *op;
    psx_str source;
    psx_scan_kind kind;
    psx_names names;
    psx_exports exports;
    psx_scan_import *imports;
    size_t n_imports, cap_imports;
    psx_mark marks[PSX_WALK_MARKS];
    size_t n_marks;
    bool has_esm_syntax, has_top_level_await, has_dynamic_import, has_errors;
} psx_walk;

psx_rc psx_walk_init(psx_walk *w, psx_op *op, psx_str source, psx_scan_kind kind);
psx_rc psx_walk_run(psx_walk *w, TSNode root);

#endif

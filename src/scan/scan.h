// What does this code try to do? One JavaScript source in, facts out: the names it takes from
// outside, what it imports, what a CommonJS module exports by name.
//
// Nothing here is trusted: the loader passes granted names as parameters, so a name that the
// analysis misses meets a scuttled global (ReferenceError), and a name too many is an unused
// parameter. Any bytes are accepted as input. What cannot be parsed is answered from its text.
#ifndef PSX_SCAN_SCAN_H
#define PSX_SCAN_SCAN_H

#include "base/op.h"

typedef enum {
    PSX_SCAN_UNKNOWN,  // .js without "type": module syntax decides
    PSX_SCAN_COMMONJS, // the body of a function(exports, require, module, __filename, __dirname)
    PSX_SCAN_MODULE,
} psx_scan_kind;

typedef enum {
    PSX_SCAN_IMPORT,          // import x from "s", import "s"
    PSX_SCAN_EXPORT_FROM,     // export ... from "s"
    PSX_SCAN_REQUIRE,         // require("s"), where require is free
    PSX_SCAN_REQUIRE_RESOLVE, // require.resolve("s")
    PSX_SCAN_IMPORT_CALL,     // import("s")
    PSX_SCAN_META_RESOLVE,    // import.meta.resolve("s")
} psx_scan_import_kind;

typedef struct {
    psx_str specifier; // decoded; absent (p == NULL) when the argument is not one literal
    psx_scan_import_kind kind;
    uint32_t offset;       // of the statement, `require` or `import` in the source, in bytes
    uint32_t line, column; // from 1; columns count bytes
} psx_scan_import;

typedef struct {
    psx_str *at;
    size_t n;
} psx_scan_names;

typedef struct {
    // Sorted by bytes, unique, with \u escapes decoded. `arguments` is never listed, and no name
    // that the file declares at its top level. CommonJS parameters are listed when they are free.
    psx_scan_names free;
    psx_scan_names assigned; // the free names that are assigned: implicit globals
    psx_scan_import *imports;
    size_t n_imports;
    // Named exports of a CommonJS module as Node finds them, in order of appearance. Empty when
    // the source has module syntax.
    psx_scan_names exports, reexports;
    bool has_esm_syntax; // import/export declarations, import.meta, `await` only a module may have
    bool redeclares_commonjs; // let/const/class require, module, ...: node retries such a file as a
                              // module
    bool is_strict;           // module syntax, or "use strict" at the top
    bool has_top_level_await;
    bool has_dynamic_import;
    bool calls_function_ctor; // Function(...) or new Function(...), where Function is free
    bool mentions_eval;       // the free name eval
    bool mentions_stack_api;  // prepareStackTrace, captureStackTrace or stackTraceLimit in the text
    bool parse_errors; // free is every word of the text that is not declared at the top level
} psx_scan;

// The largest source that is looked at, in bytes; beyond it PSX_E_SIZE.
#define PSX_SCAN_SOURCE_MAX (64u << 20)

// Memory for parsing is taken beside the op and returned before the call ends; the result lives in
// the op. Specifiers and names may point into source.
psx_rc psx_scan_source(psx_op *op, psx_str source, psx_scan_kind kind, psx_scan **out);

// Whether new Function(params, body) could only make a function that holds nothing: no name in it
// is free but the parameters and the intrinsics of the language without Function and eval, it
// imports and assigns nothing outside, and no parameter is called like the means of a module
// (require, process ...). Such a text can do what its arguments can do, and so could any closure.
// Parameters come joined by commas. When in doubt: false.
psx_rc psx_scan_is_pure_wrapper(psx_op *op, psx_str params, psx_str body, bool *out);

#endif

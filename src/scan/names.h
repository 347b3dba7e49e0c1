// Who binds which name where. Every binding is an interval of the source (the extent of the scope
// that holds it), every reference a place; a reference is free when no interval of the same name
// covers it. So no tree of scopes is kept, and the cost does not depend on the nesting.
#ifndef PSX_SCAN_NAMES_H
#define PSX_SCAN_NAMES_H

#include "scan/scan.h"

typedef uint32_t psx_atom; // index of a name

typedef struct {
    uint32_t start, end, next; // next: index + 1 into bindings, 0 = last
    bool sloppy_only;          // a function in a block: hoisted unless the file is a module
} psx_binding;

typedef struct {
    uint32_t at, next;
    bool assigned, called; // called: the callee of a call or `new`
} psx_reference;

typedef struct {
    psx_str text;
    uint64_t hash;
    uint32_t bindings, references;     // list heads, index + 1
    uint32_t covered_from, covered_to; // the last binding
    bool lexical_top;                  // let, const, class or import at the top level
    bool declared;                     // somewhere in a text that does not parse
    bool forced; // reported when not bound at the top level: nothing was resolved
} psx_name;

typedef struct {
    psx_op *op;
    psx_name *names;
    uint32_t n, cap;
    uint32_t *index; // open addressing: atom + 1
    uint32_t mask;
    psx_binding *bindings;
    uint32_t n_bindings, cap_bindings;
    psx_reference *references;
    uint32_t n_references, cap_references;
    uint32_t source_end;
} psx_names;

void psx_names_init(psx_names *t, psx_op *op, uint32_t source_end);
// raw may contain \u escapes.
psx_rc psx_names_intern(psx_names *t, psx_str raw, psx_atom *out);
psx_rc psx_names_bind(psx_names *t, psx_atom atom, uint32_t start, uint32_t end, bool sloppy_only);
psx_rc psx_names_refer(psx_names *t, psx_atom atom, uint32_t at, bool assigned, bool called);

typedef struct {
    bool free, assigned, called;
} psx_name_use;

// After the walk. References of one name must have been added in ascending order.
psx_rc psx_names_resolve(psx_names *t, psx_atom atom, bool is_module, psx_name_use *out);
// For each of n places in ascending order: whether a binding of the name covers it.
psx_rc psx_names_covers(psx_names *t, psx_atom atom, bool is_module, const uint32_t *at, size_t n,
                        bool *covered);

#endif

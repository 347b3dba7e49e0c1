// JSON (RFC 8259), strictly: UTF-8 without BOM, no NUL (raw or \u0000), no duplicate keys, no lone
// surrogates, nothing after the value, at most PSX_JSON_DEPTH levels. A signed file must mean one
// thing, so what other parsers disagree about is refused.
//
// Pure: bytes in, tree out. Strings without escapes point into the input, so the input must live as
// long as the tree. Every value and key remembers its offset; psx_json_fail turns it into line and
// column only when somebody asks.
#ifndef PSX_FORMATS_JSON_H
#define PSX_FORMATS_JSON_H

#include "base/map.h"
#include "base/op.h"

enum { PSX_JSON_DEPTH = 64 };

typedef enum {
    PSX_JSON_NULL,
    PSX_JSON_BOOL,
    PSX_JSON_NUMBER,
    PSX_JSON_STRING,
    PSX_JSON_ARRAY,
    PSX_JSON_OBJECT,
} psx_json_kind;

typedef struct psx_json psx_json;
typedef struct psx_json_member psx_json_member;

struct psx_json {
    psx_json_kind kind;
    uint32_t at; // offset of its first byte; 0 for values made by hand
    uint32_t n;  // items of an array, members of an object
    bool boolean;
    union {
        double number;
        psx_json *items;
        psx_json_member *members; // in the order of the file
    };
    union {
        psx_str string; // STRING: unescaped; NUMBER: as written
        psx_map *index; // OBJECT: key -> psx_json_member, NULL for small or edited ones
    };
};

struct psx_json_member {
    psx_str key;
    uint32_t key_at;
    psx_json value;
};

typedef struct {
    psx_str bytes, name; // borrowed
    psx_json root;
} psx_json_doc;

// max_bytes: refuse longer input before looking at it. Errors: SIZE ENCODING SYNTAX TRUNCATED
// TRAILING DUPLICATE DEPTH VALUE, with line and column.
psx_rc psx_json_parse(psx_op *op, psx_str bytes, psx_str name, size_t max_bytes,
                      psx_json_doc **out);

// The member's value, or NULL when there is none or object is not an object.
const psx_json *psx_json_get(const psx_json *object, psx_str key);
// Shorthands: the string, or an absent one; the boolean, or false.
psx_str psx_json_get_str(const psx_json *object, psx_str key);
bool psx_json_get_bool(const psx_json *object, psx_str key);

// Line and column (both from 1; columns count characters) of an offset.
void psx_json_place(const psx_json_doc *doc, uint32_t at, unsigned *line, unsigned *column);
// The same for offsets that only grow: each byte of the file is looked at once.
typedef struct {
    uint32_t at;
    unsigned line, column; // 0: not started
} psx_json_cursor;
void psx_json_place_next(const psx_json_doc *doc, psx_json_cursor *cursor, uint32_t at);
// Record a failure about the place `at`.
psx_rc psx_json_fail(psx_op *op, const psx_json_doc *doc, uint32_t at, psx_error code,
                     const char *fmt, ...) PSX_PRINTF(5, 6);
const char *psx_json_kind_name(psx_json_kind kind); // "a string"

// ---- making, editing, writing -------------------------------------------------------------------

psx_json psx_json_string(psx_str s); // borrowed
psx_json psx_json_boolean(bool b);
psx_json psx_json_object(void);
psx_json psx_json_array(void);
// Adds or replaces; the key is borrowed. *out (may be NULL) is the stored value, valid until the
// next change of this object.
psx_rc psx_json_put(psx_op *op, psx_json *object, psx_str key, psx_json value, psx_json **out);
bool psx_json_remove(psx_json *object, psx_str key);
psx_rc psx_json_append(psx_op *op, psx_json *array, psx_json value);
void psx_json_remove_at(psx_json *array, size_t i);
// Sorts members by rank(key), then by bytes. rank may be NULL.
void psx_json_sort(psx_json *object, int (*rank)(psx_str key));
// Two spaces per level, lists of scalars on one line when they fit 80 columns, one newline at the
// end. The same tree gives the same bytes.
psx_rc psx_json_write(psx_op *op, const psx_json *value, psx_str *out);

#endif

// psx_str: a borrowed slice of bytes. It owns nothing, is not NUL-terminated, and lives as long as
// what it points into (an arena, the input, a literal). An absent string has p == NULL.
#ifndef PSX_BASE_STR_H
#define PSX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/banned.h"

typedef struct {
    const char *p;
    size_t n;
} psx_str;

// A literal as a slice, usable in static initialisers (PSX_STR_INIT) and expressions (PSX_STR).
#define PSX_STR_INIT(literal)                                                                      \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define PSX_STR(literal) ((psx_str)PSX_STR_INIT(literal))
// For printf: "%.*s", PSX_FMT(s)
#define PSX_FMT(s)       (int)(s).n, (s).p ? (s).p : ""

psx_str psx_str_from(const char *cstr);                   // NULL gives the absent string
psx_str psx_str_slice(psx_str s, size_t from, size_t to); // clamped to the string
bool psx_str_eq(psx_str a, psx_str b);
bool psx_str_is(psx_str a, const char *cstr);
bool psx_str_eq_nocase(psx_str a, psx_str b); // ASCII only
bool psx_str_starts(psx_str s, psx_str prefix);
bool psx_str_ends(psx_str s, psx_str suffix);
int psx_str_cmp(psx_str a, psx_str b); // by bytes; for sorting
// Index of the first (last) byte c, or s.n when there is none.
size_t psx_str_find(psx_str s, char c);
size_t psx_str_find_last(psx_str s, char c);
// Index of the first occurrence of needle (not empty), or s.n.
size_t psx_str_search(psx_str s, psx_str needle);
bool psx_str_has_nul(psx_str s);
// Decimal digits only, no sign, no blanks, no overflow; false otherwise.
bool psx_str_to_u64(psx_str s, uint64_t *out);
// Strict UTF-8 (no surrogates, no overlong forms). *bad is the offset of the first wrong byte.
bool psx_str_is_utf8(psx_str s, size_t *bad);
// How many bytes of s at i make a character that moves a terminal's cursor or turns its text around
// (C0, DEL, C1, line separators, bidirectional overrides); 0: it is none.
size_t psx_str_control(psx_str s, size_t i);
// Edit distance with adjacent transpositions, at most `limit`; limit + 1 when farther.
size_t psx_str_distance(psx_str a, psx_str b, size_t limit);

#endif

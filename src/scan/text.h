// JavaScript text below the level of a grammar: characters, blanks, literals, escapes, words.
#ifndef PSX_SCAN_TEXT_H
#define PSX_SCAN_TEXT_H

#include "base/op.h"

// Byte classes. Every byte of a non-ASCII character counts as a part of an identifier, except where
// psx_text_blank sees a blank or a line end.
bool psx_text_is_word_byte(unsigned char c);
bool psx_text_is_digit(unsigned char c);

// The length of the blank or line end at `at` (0: none). *newline is set, never cleared.
size_t psx_text_blank(psx_str s, size_t at, bool *newline);
// The first offset at or after `at` that is neither blank nor comment.
size_t psx_text_skip(psx_str s, size_t at);
size_t psx_text_skip_newline(psx_str s, size_t at, bool *newline);
// The end of the run of word bytes at `at`.
size_t psx_text_word_end(psx_str s, size_t at);
// The offset behind a first line `#!...`.
size_t psx_text_start(psx_str s);
// Whether `literal` stands at `at`.
bool psx_text_at(psx_str s, size_t at, const char *literal);

// A '...' or "..." literal at `at`: the offset behind it, or 0 when there is none or it is broken.
size_t psx_text_string_end(psx_str s, size_t at);
// Its value, in UTF-8. *ok is false when it cannot be written in UTF-8 (a lone surrogate) or is
// malformed. `literal` includes the quotes.
psx_rc psx_text_string_value(psx_op *op, psx_str literal, psx_str *out, bool *ok);
// An identifier with \uXXXX and \u{X} decoded. Without escapes it is returned as it is.
psx_rc psx_text_identifier(psx_op *op, psx_str raw, psx_str *out);

// Whether the directive prologue at `at` has "use strict".
bool psx_text_is_strict(psx_str s, size_t at);
// Words that are no name in strict code: reserved words and literals.
bool psx_text_is_reserved(psx_str word);
// The names every realm has by the language alone, without Function and eval and globalThis.
bool psx_text_is_intrinsic(psx_str name);
bool psx_text_contains(psx_str s, const char *literal);

#endif

// Writing strings that others chose: into JSON lines and onto terminals.
#ifndef PSX_BASE_TEXT_H
#define PSX_BASE_TEXT_H

#include "base/buf.h"

// "..." with everything escaped that JSON, a log or a terminal could stumble over.
psx_rc psx_text_json(psx_buf *b, psx_str s);
// ,"key":"value" (the comma only when the object has begun)
psx_rc psx_text_member(psx_buf *b, const char *key, psx_str value);
// As it is, but control characters become \xNN and it is cut after `max` bytes: a package that is
// denied must not write to the terminal through its denial.
psx_rc psx_text_plain(psx_buf *b, psx_str s, size_t max);

#endif

// psx_buf: bytes that grow, in an op's arena. A failed append keeps the buffer as it was.
// The slice from psx_buf_str is valid until the next append.
#ifndef PSX_BASE_BUF_H
#define PSX_BASE_BUF_H

#include "base/op.h"

typedef struct {
    psx_op *op;
    char *p;
    size_t n, cap;
} psx_buf;

void psx_buf_init(psx_buf *b, psx_op *op);
psx_rc psx_buf_reserve(psx_buf *b, size_t more);
psx_rc psx_buf_add(psx_buf *b, psx_str s);
psx_rc psx_buf_byte(psx_buf *b, char c);
psx_rc psx_buf_text(psx_buf *b, const char *cstr);
psx_rc psx_buf_format(psx_buf *b, const char *fmt, ...) PSX_PRINTF(2, 3);
psx_rc psx_buf_u32le(psx_buf *b, uint32_t v); // for wire formats
psx_rc psx_buf_u64le(psx_buf *b, uint64_t v);
psx_str psx_buf_str(const psx_buf *b);
// The content with a NUL behind it (the NUL is not counted).
psx_rc psx_buf_cstr(psx_buf *b, const char **out);

#endif

#include "base/buf.h"

#include <stdarg.h>

void psx_buf_init(psx_buf *b, psx_op *op)
{
    *b = (psx_buf){.op = op};
}

psx_rc psx_buf_reserve(psx_buf *b, size_t more)
{
    if (more <= b->cap - b->n) return PSX_OK;
    if (more > SIZE_MAX / 2 - b->n) return psx_fail(b->op, PSX_E_CEILING, "a text is too long");
    size_t cap = b->cap ? b->cap * 2 : 64;
    if (cap < b->n + more) cap = b->n + more;
    char *p = psx_op_alloc(b->op, cap);
    if (!p) return psx_fail_nomem(b->op);
    if (b->n) memcpy(p, b->p, b->n);
    b->p = p;
    b->cap = cap;
    return PSX_OK;
}

psx_rc psx_buf_add(psx_buf *b, psx_str s)
{
    TRY(psx_buf_reserve(b, s.n));
    if (s.n) memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
    return PSX_OK;
}

psx_rc psx_buf_byte(psx_buf *b, char c)
{
    return psx_buf_add(b, (psx_str){&c, 1});
}

psx_rc psx_buf_text(psx_buf *b, const char *cstr)
{
    return psx_buf_add(b, psx_str_from(cstr));
}

psx_rc psx_buf_format(psx_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    psx_rc rc = n < 0 ? psx_fail(b->op, PSX_E_INTERNAL, "a text cannot be formatted")
                      : psx_buf_reserve(b, (size_t)n + 1);
    if (!psx_failed(rc)) b->n += (size_t)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    va_end(again);
    return rc;
}

psx_rc psx_buf_u32le(psx_buf *b, uint32_t v)
{
    char bytes[4];
    for (int i = 0; i < 4; i++) {
        bytes[i] = (char)(v >> (8 * i) & 0xFF);
    }
    return psx_buf_add(b, (psx_str){bytes, sizeof bytes});
}

psx_rc psx_buf_u64le(psx_buf *b, uint64_t v)
{
    TRY(psx_buf_u32le(b, (uint32_t)v));
    return psx_buf_u32le(b, (uint32_t)(v >> 32));
}

psx_str psx_buf_str(const psx_buf *b)
{
    return (psx_str){b->p ? b->p : "", b->n};
}

psx_rc psx_buf_cstr(psx_buf *b, const char **out)
{
    TRY(psx_buf_reserve(b, 1));
    b->p[b->n] = '\0';
    *out = b->p;
    return PSX_OK;
}

#include "cli/doctor.h"

#include <fcntl.h>
#include <stdarg.h>

psx_rc psx_doctor_tell(psx_doctor *d, psx_doctor_state state, const char *what, const char *remedy,
                       const char *fmt, ...)
{
    char text[512];
    va_list args;
    psx_doctor_line line = {.ring = d->ring, .state = state, .what = what};
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    TRY(psx_op_copy(d->op, psx_str_from(text), &line.text));
    if (remedy) TRY(psx_op_copy(d->op, psx_str_from(remedy), &line.remedy));
    TRY(PSX_ROOM(d->op, d->v, d->n, &d->cap));
    d->v[d->n++] = line;
    return PSX_OK;
}

psx_rc psx_doctor_tell_failure(psx_doctor *d, psx_doctor_state state, const char *what, psx_rc rc)
{
    psx_failure why = d->op->fail;
    char text[1024];
    if (rc.code == PSX_E_NOMEM) return rc;
    d->op->fail.suggestion[0] = '\0';
    psx_fail_text(d->op, text, sizeof text);
    psx_fail_clear(d->op);
    return psx_doctor_tell(d, state, what, why.suggestion[0] ? why.suggestion : NULL, "%s", text);
}

psx_rc psx_doctor_read(psx_op *op, const char *path, psx_str *out)
{
    char text[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0) close(fd);
    *out = (psx_str){0};
    if (n < 0) return PSX_OK;
    psx_str line = {text, (size_t)n};
    line.n = psx_str_find(line, '\n');
    return psx_op_copy(op, line, out);
}

#include <errno.h>

#include "box/super.h"

const psx_notice_handler psx_super_entries_calls[] = {{0}};

psx_rc psx_super_entries_start(psx_super *s)
{
    (void)s;
    return PSX_OK;
}

void psx_super_entries_ask(psx_super *s, int what, const uint8_t *q, size_t n, psx_super_reply *a)
{
    (void)s, (void)what, (void)q, (void)n;
    a->rc = -EACCES;
}

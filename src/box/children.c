#include <errno.h>

#include "box/super.h"

psx_rc psx_super_children_start(psx_super *s)
{
    (void)s;
    return PSX_OK;
}

void psx_super_children_ask(psx_super *s, psx_super_reply *a)
{
    (void)s;
    a->rc = -EPERM;
}

bool psx_super_children_busy(psx_super *s)
{
    (void)s;
    return false;
}

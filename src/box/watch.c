#include "box/super.h"

psx_rc psx_super_learn_start(psx_super *s)
{
    (void)s;
    return PSX_OK;
}

long psx_super_learn_notice(psx_super *s, psx_notice *n)
{
    (void)s, (void)n;
    return PSX_NOTICE_CONTINUE;
}

#include <errno.h>

#include "box/super.h"

void psx_super_refuse(psx_super *s, pid_t pid, const char *call, psx_cap cap, psx_str value,
                      int port)
{
    (void)s, (void)pid, (void)call, (void)cap, (void)value, (void)port;
}

long psx_super_refuse_call(psx_super *s, psx_notice *n)
{
    (void)s, (void)n;
    return -EPERM;
}

void psx_super_refused_ask(psx_super *s, psx_super_reply *a)
{
    (void)s, (void)a;
}

void psx_super_refused_end(psx_super *s)
{
    (void)s;
}

const char *psx_super_call_name(int nr)
{
    (void)nr;
    return "call";
}

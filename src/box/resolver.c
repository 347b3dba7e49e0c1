#include "box/super.h"

psx_rc psx_super_dns_open(psx_op *op, const psx_box_spec *spec, psx_box_supervision *how)
{
    (void)op, (void)spec;
    how->dns_port = 0;
    how->dns_udp = how->dns_tcp = -1;
    return PSX_OK;
}

psx_rc psx_super_dns_start(psx_super *s)
{
    (void)s;
    return PSX_OK;
}

bool psx_super_dns_redirects(psx_super *s, const struct sockaddr *to, int type,
                             struct sockaddr_storage *instead)
{
    (void)s, (void)to, (void)type, (void)instead;
    return false;
}

void psx_super_dns_joined(psx_super *s, int fd, int type)
{
    (void)s, (void)fd, (void)type;
}

bool psx_names_allows(psx_super *s, psx_cap cap, const uint8_t addr[16], int port)
{
    (void)s, (void)cap, (void)addr, (void)port;
    return false;
}

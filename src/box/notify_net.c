#include "box/super.h"

const psx_notice_handler psx_super_net_calls[] = {{0}};

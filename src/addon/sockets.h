// Unix sockets that have a file: from a path to a descriptor of what was decided, so that a link
// that appears between the decision and the connection leads nowhere.
#ifndef PSX_ADDON_SOCKETS_H
#define PSX_ADDON_SOCKETS_H

#include "addon/files.h"

// O_PATH of the socket, to connect to (cap: net.connect), or of the directory that a new one is
// made in (net.listen). Decided by the path's text and again by where it really is. A descriptor
// of the runtime's, to be closed with psx_files_close, or -errno.
int psx_sockets_open(psx_files *f, uint32_t id, psx_cap cap, psx_str path);

#endif

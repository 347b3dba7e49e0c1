// The asking side of the control socket (box/wire.h): psx.node, under its process-wide lock.
#ifndef PSX_BOX_CLIENT_H
#define PSX_BOX_CLIENT_H

#include <sys/types.h>

#include "base/str.h"

// One question, one answer. The number of bytes in `a` behind the answer's status, or -errno: the
// supervisor's, or -EPIPE when it cannot be asked (any more), -EPROTO when it answered what nobody
// expects. *fd (when fd is not NULL): the descriptor that came along, close-on-exec, or -1.
// Waits a bounded time; who was not answered in it is never answered again.
int psx_box_client_ask(int control, const void *q, size_t n, void *a, size_t size, int *fd);

// The questions themselves: a descriptor (or 0), or -errno. Paths are absolute.
int psx_box_client_channel(int control);
int psx_box_client_open(int control, psx_str path, int flags, mode_t mode);
int psx_box_client_unlink(int control, psx_str path);
int psx_box_client_rename(int control, psx_str from, psx_str to);
int psx_box_client_mkdir(int control, psx_str path, mode_t mode);
int psx_box_client_rmdir(int control, psx_str path);
// Bytes of JSON lines in dst: what was refused since the last time.
int psx_box_client_refused(int control, char *dst, size_t size);

#endif

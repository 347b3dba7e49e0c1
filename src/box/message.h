// What a supervised process sends along with its data. Pure.
#ifndef PSX_BOX_MESSAGE_H
#define PSX_BOX_MESSAGE_H

#include <sys/socket.h>

#include "base/str.h"

enum {
    PSX_MESSAGE_CONTROL = 8192, // bytes of control messages, at most
    PSX_MESSAGE_FDS = 253,      // SCM_MAX_FD
};

typedef struct {
    // What may go along, as it will be given to the kernel; without descriptors.
    _Alignas(struct cmsghdr) uint8_t control[PSX_MESSAGE_CONTROL];
    size_t control_n;
    int fds[PSX_MESSAGE_FDS]; // numbers in the caller's table
    size_t n_fds;
} psx_box_control;

// 0 or -errno. Passes what sets the packet's own fields; not what says where it goes (source
// routes, routing headers), nor in whose name it is sent.
int psx_box_control_parse(int domain, const uint8_t *bytes, size_t n, psx_box_control *out);

// Route netlink: only questions about interfaces, addresses and routes.
bool psx_box_netlink_only_asks(const uint8_t *bytes, size_t n);

#endif

// What npsx-spawn orders for the package that starts a child: one message on its channel. The
// engine may be an attacker's code, and so may whoever writes here: nothing in an order says what
// may be done, only what is wanted.
//
//     psx_box_order_head
//     strings, each with a NUL behind it: dir, path, argv0, arguments ..., environment ...
//
// Answers are psx_box_order_answer; what npsx-spawn sends afterwards is one byte for each signal.
#ifndef PSX_BOX_ORDER_H
#define PSX_BOX_ORDER_H

#include "base/str.h"

enum {
    PSX_BOX_ORDER_MAX = 8 << 20, // more than the kernel takes as arguments and environment (6 MiB)
    PSX_BOX_ORDER_FDS = 128,
};

typedef enum {
    PSX_BOX_ORDER_NODE,    // npsx itself: what path names leads to it
    PSX_BOX_ORDER_COMMAND, // the program at path
} psx_box_order_kind;

typedef struct {
    uint32_t n; // bytes behind the head
    uint32_t kind;
    uint32_t n_fds;   // 0 ... n_fds - 1 are the child's
    uint32_t mask;    // umask
    int32_t uid, gid; // -1: as the program that asks
    uint32_t n_args, n_env;
} psx_box_order_head;

typedef struct {
    psx_box_order_head head;
    psx_str dir;         // of the package, as the engine says
    psx_str path, argv0; // NUL-terminated, as everything here
    const char *args;    // n_args strings, one after the other
    psx_str env;         // the same, as bytes
} psx_box_order;

// Pure: bytes are the head and head.n more. False: no order.
bool psx_box_order_parse(psx_str bytes, psx_box_order *out);
bool psx_box_order_head_ok(const psx_box_order_head *head);

typedef enum {
    PSX_BOX_ORDER_TAKEN, // the child has the descriptors: close yours
    PSX_BOX_ORDER_ENDED, // status: as waitpid tells it
} psx_box_order_what;

typedef struct {
    uint32_t what;
    int32_t status;
} psx_box_order_answer;

#endif

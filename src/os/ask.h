// A part of PackSec that is a program of its own is asked one thing and answers once.
#ifndef PSX_OS_ASK_H
#define PSX_OS_ASK_H

#include "base/op.h"

// In that program: where the question lies (sealed memory), and where the answer goes (a pipe).
enum { PSX_OS_ASK_IN = 3, PSX_OS_ASK_OUT = 4 };

// Starts the program behind program_fd with the terminal and the environment of this process and no
// other descriptors, and waits until it ends, as it may ask a person. PSX_E_OS: it cannot be
// started, did not end by itself with status 0, or answered more than max bytes.
psx_rc psx_os_ask(psx_op *op, int program_fd, const char *name, psx_str question, size_t max,
                  psx_str *answer);

#endif

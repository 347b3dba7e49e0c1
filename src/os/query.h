// One question to a program that is to hold nothing: it is started from a checked descriptor, has
// the question as its standard input, the answer's pipe as its standard output, an empty
// environment and no other descriptor. (os/ask.h is for a program that may use what this process
// has.)
#ifndef PSX_OS_QUERY_H
#define PSX_OS_QUERY_H

#include "base/op.h"

typedef struct {
    char *bytes; // room for size; one more than that is a fault of the program
    size_t size, n;
    int status; // as waitpid tells it, or -1 when the time was over
} psx_os_reply;

// PSX_E_OS: it could not be started, or the question could not be written. It is over when this
// returns, whatever it did.
psx_rc psx_os_query(psx_op *op, int program_fd, const char *name, psx_str question, int timeout_ms,
                    psx_os_reply *out);

#endif

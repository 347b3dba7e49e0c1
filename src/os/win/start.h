// Starting a program that lies at an absolute path, with bytes that it can only read.
#ifndef PSX_OS_WIN_START_H
#define PSX_OS_WIN_START_H

#include "base/op.h"

typedef struct {
    psx_str program;     // absolute
    psx_str plan;        // handed over in memory that the program may map and never change
    const psx_str *argv; // argv[0] included
    size_t n;
} psx_win_start_request;

// The program inherits its three standard handles and that memory, nothing else; how it finds the
// memory is its first argument after argv[0]: --packsec-plan=HANDLE,BYTES (both decimal). No shell,
// no search through PATH or the current directory. It dies when this process dies; Ctrl-C is its
// own to handle.
psx_rc psx_win_start(psx_op *op, const psx_win_start_request *request, void **process);
psx_rc psx_win_start_wait(psx_op *op, void *process, unsigned long *status);

#endif

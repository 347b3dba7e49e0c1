// A command line is one string on Windows, and every program takes it apart by itself. This writes
// it so that the C runtime and CommandLineToArgvW read back exactly what went in. Pure.
#ifndef PSX_OS_WIN_COMMAND_H
#define PSX_OS_WIN_COMMAND_H

#include "base/buf.h"

// Appends one argument, with a space in front unless it is the first.
psx_rc psx_win_command_add(psx_buf *line, psx_str argument);

#endif

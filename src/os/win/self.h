// This process: how it was called, what it reads, what it passes on.
#ifndef PSX_OS_WIN_SELF_H
#define PSX_OS_WIN_SELF_H

#include "base/op.h"

// First of all, before any library is loaded: only the system's own directory is searched for them,
// and neither the program's nor the current one.
void psx_win_self_harden(void);
// The command line's words in UTF-8; *argv has n of them.
psx_rc psx_win_self_argv(psx_op *op, int argc, wchar_t **wide, char ***argv);
// Takes variables out of the environment that programs started from here get. Names are asked for
// in capitals: Windows does not tell them apart.
psx_rc psx_win_self_drop(psx_op *op, bool (*drop)(psx_str name));
// Standard input up to its end.
psx_rc psx_win_self_stdin(psx_op *op, const char *what, size_t max, psx_str *bytes);
bool psx_win_self_stdin_is_console(void);
// The user's variable, or absent.
psx_rc psx_win_self_variable(psx_op *op, const wchar_t *name, psx_str *out);
void psx_win_self_binary_output(void);

#endif

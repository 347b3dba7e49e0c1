// Files that were read stay held, so that nobody changes them before the engine has their bytes.
#ifndef PSX_CLI_WIN_FILES_H
#define PSX_CLI_WIN_FILES_H

#include "base/op.h"

// The handle of a file that psx_cli_read has read; NULL when it has not.
void *psx_win_files_handle(psx_str path);
// Lets all of them go.
void psx_win_files_release(void);

#endif

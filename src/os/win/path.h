// Windows paths as text, and what the file system says about them. Results are absolute, with
// backslashes: C:\dir\file or \\server\share\dir\file.
#ifndef PSX_OS_WIN_PATH_H
#define PSX_OS_WIN_PATH_H

#include "base/op.h"

// As the system would read `typed` (drive letters, C:file, /, ., .. and all), or against `base`
// when that is not absent and typed is relative. Refused: devices (NUL, COM1, \\.\x), streams
// (file:x).
psx_rc psx_win_path_full(psx_op *op, psx_str base, psx_str typed, psx_str *out);
// The same path for the system's calls, free of their limit of 260 characters.
psx_rc psx_win_path_wide(psx_op *op, psx_str full, wchar_t **out);
// The directory above; a root is its own.
psx_str psx_win_path_parent(psx_str full);

psx_rc psx_win_path_cwd(psx_op *op, psx_str *out);
// The running program's own file.
psx_rc psx_win_path_self(psx_op *op, psx_str *out);
// %ProgramData%, and %LOCALAPPDATA%\PackSec, told by the system and not by the environment.
psx_rc psx_win_path_program_data(psx_op *op, psx_str *out);
psx_rc psx_win_path_state(psx_op *op, psx_str *out);

// The final path behind links, junctions and substituted drives.
psx_rc psx_win_path_real(psx_op *op, psx_str full, psx_str *out);
typedef enum { PSX_WIN_NOTHING, PSX_WIN_FILE, PSX_WIN_DIRECTORY } psx_win_kind;
psx_win_kind psx_win_path_kind(psx_op *op, psx_str full);

#endif

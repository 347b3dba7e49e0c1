// Windows speaks UTF-16, PackSec UTF-8. Both directions are strict: half a surrogate pair, or bytes
// that are no UTF-8, would become one name here and another one there.
#ifndef PSX_OS_WIN_TEXT_H
#define PSX_OS_WIN_TEXT_H

#include "base/op.h"

// With a zero behind. `what` names it in messages. PSX_E_ENCODING; PSX_E_VALUE for a NUL inside.
psx_rc psx_win_wide(psx_op *op, const char *what, psx_str text, wchar_t **out);
// PSX_E_ENCODING.
psx_rc psx_win_utf8(psx_op *op, const char *what, const wchar_t *text, psx_str *out);
// The system's sentence for an error of GetLastError or an HRESULT, without its line end.
psx_str psx_win_error(psx_op *op, unsigned long code);

#endif

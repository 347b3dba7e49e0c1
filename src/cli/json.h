// JSON text for what commands print and for the plan: compact, into a buffer.
#ifndef PSX_CLI_JSON_H
#define PSX_CLI_JSON_H

#include "base/buf.h"

// A JSON string with its quotes. Any bytes: what is no UTF-8 becomes U+FFFD, as node does with
// arguments.
psx_rc psx_cli_json_string(psx_buf *b, psx_str s);

#endif

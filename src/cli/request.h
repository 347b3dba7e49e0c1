// "net.connect:host:443" as a question to psx_policy_decide: what `npsx why` takes.
#ifndef PSX_CLI_REQUEST_H
#define PSX_CLI_REQUEST_H

#include "cli/launch.h"

typedef struct {
    psx_policy_request request;
    bool has_value;
} psx_cli_request;

// Relative paths are taken beneath the project, as in the policy; commands are looked up in PATH.
psx_rc psx_cli_request_parse(psx_op *op, const psx_cli_place *place, psx_str text,
                             psx_cli_request *out);

// The absolute path that a command name leads to by PATH; the name itself when there is none.
psx_rc psx_cli_request_command(psx_op *op, psx_str cwd, psx_str name, psx_str *out);

// The program of this name in a list of directories; absent: there is none.
psx_rc psx_cli_request_search(psx_op *op, psx_str path, psx_str name, psx_str *out);

#endif

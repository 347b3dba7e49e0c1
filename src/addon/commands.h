// Programs by name: resolved once per package and run, so that what was allowed is what runs.
#ifndef PSX_ADDON_COMMANDS_H
#define PSX_ADDON_COMMANDS_H

#include "addon/monitor.h"

typedef enum { PSX_COMMAND_OK, PSX_COMMAND_DENIED, PSX_COMMAND_NOT_FOUND } psx_command_result;

// name with a slash: that file, relative to the run's cwd. Otherwise looked up in `path` (absolute
// entries only). A grant of a bare name means the program that PATH led to when the run started:
// through another PATH only a grant of the absolute path counts.
psx_command_result psx_command_find(psx_monitor *m, uint32_t id, psx_str name, psx_str path,
                                    psx_str *out);

#endif

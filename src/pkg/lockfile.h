// Which packages, and where? package-lock.json (and npm-shrinkwrap.json) of npm 7 and newer,
// lockfileVersion 2 and 3. Pure: bytes in, entries out; the input must live as long as they do.
#ifndef PSX_PKG_LOCKFILE_H
#define PSX_PKG_LOCKFILE_H

#include "base/op.h"

enum { PSX_LOCKFILE_MAX_BYTES = 256 << 20 };

typedef struct {
    psx_str location;  // under the project: "node_modules/a", "packages/x"
    psx_str name;      // the package's own name: not the alias it is installed as
    psx_str version;   // "" when the lockfile has none (a workspace member may)
    psx_str integrity; // "" when there is none (git, link, workspace)
    psx_str resolved;  // where it came from, or ""
    bool dev, optional, has_scripts, bundled;
} psx_lockfile_entry;

typedef struct {
    unsigned version;
    psx_lockfile_entry *entries; // links are not listed: what they lead to is
    size_t n;
    psx_str text, file_name; // what it was read from
} psx_lockfile;

// Errors as psx_json_parse; UNSUPPORTED for other lockfile versions; VALUE for locations that leave
// their place, all with line and column.
psx_rc psx_lockfile_parse(psx_op *op, psx_str bytes, psx_str file_name, psx_lockfile **out);

// The name that a location stands for: what follows its last "node_modules/", or its last part.
psx_str psx_lockfile_location_name(psx_str location);

#endif

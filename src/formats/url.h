// URLs as the WHATWG's parser reads them, as far as policies need them: file:, the web's schemes,
// and schemes without a hierarchy (data:, blob:, node:). Pure.
//
// Stricter than that standard where it guesses: user names, passwords, IPv6 addresses, numbers that
// are read as IPv4 addresses, and host names beyond ASCII are no URLs here.
#ifndef PSX_FORMATS_URL_H
#define PSX_FORMATS_URL_H

#include "base/op.h"

enum { PSX_URL_MAX = 64 << 10 };

typedef struct {
    psx_str href;     // the whole, normalised; the others are slices of it
    psx_str protocol; // "file:"
    psx_str host;     // with its port; absent when there is none at all ("node:fs", "x:/a")
    psx_str path;     // "/a/b", or what stands behind the colon
    psx_str query;    // with "?", or absent
    bool is_special;  // file: ftp: http: https: ws: wss:
    bool is_opaque;   // the path has no segments
} psx_url;

// base may be NULL: then text must be absolute. PSX_E_VALUE "Invalid URL" when it is none.
psx_rc psx_url_parse(psx_op *op, psx_str text, const psx_url *base, psx_url *out);
// The file: URL of an absolute path, character by character as Node 20.20.2's pathToFileURL().
psx_rc psx_url_of_path(psx_op *op, psx_str path, psx_url *out);

#endif

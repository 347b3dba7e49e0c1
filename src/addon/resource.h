// The manifest's answers, put together from policy/manifest.h and the digests: may this content be
// loaded, where does this specifier lead. What "onerror" makes of a refusal is decided here too.
#ifndef PSX_ADDON_RESOURCE_H
#define PSX_ADDON_RESOURCE_H

#include "addon/vouch.h"
#include "policy/manifest.h"

// False: it may not be loaded; *why says so. With onerror "log" it may, after a line on stderr.
bool psx_resource_allows(const psx_policy *policy, psx_str url, psx_str bytes, psx_refusal *why);
// The same for the file of this absolute path.
bool psx_resource_allows_file(const psx_policy *policy, psx_str path, psx_str bytes,
                              psx_refusal *why);

typedef enum { PSX_ASKS_URL, PSX_ASKS_REQUIRE, PSX_ASKS_IMPORT } psx_resource_asker;

typedef struct {
    psx_resource_asker asker;
    psx_str from;       // ASKS_URL: import() in the module of this URL; else in this file
    psx_str shown;      // how messages name it; absent: as Node does
    psx_str specifier;  // as given
    psx_str conditions; // "require, node, node-addons"
} psx_resource_request;

// False: *why says so. Otherwise *to is the URL that it leads to, absent for the usual way (in op).
bool psx_resource_redirect(psx_op *op, const psx_policy *policy, const psx_resource_request *r,
                           psx_str *to, psx_refusal *why);
// May `url` (or an absolute path), which import found for the request, be loaded at all?
bool psx_resource_might(const psx_policy *policy, const psx_resource_request *r, psx_str url,
                        psx_refusal *why);

#endif

// "resources" and "scopes" of a policy, with the meaning that Node 20's --experimental-policy gave
// them: which URL may be loaded with which content, and where does a specifier lead. Pure; after
// parsing nothing is written.
//
// URLs that are asked for are normalised ones (psx_url_parse, psx_url_of_path).
#ifndef PSX_POLICY_MANIFEST_H
#define PSX_POLICY_MANIFEST_H

#include "formats/json.h"

typedef struct psx_manifest psx_manifest;

// An error as Node has it: `new TypeError(message)` with a code. Messages live in the op.
typedef struct {
    const char *name; // "TypeError"; NULL: no error
    const char *code; // "ERR_MANIFEST_INVALID_RESOURCE_FIELD"
    psx_str message;
    bool is_final; // thrown whatever "onerror" says
} psx_manifest_error;

// From the members of root. file is the policy's (absolute): keys are relative to it. strict: of a
// policy with "version", in which unknown members and malformed integrity are errors at once.
// Without it, errors are PSX_E_MANIFEST with Node's code and message.
psx_rc psx_manifest_parse(psx_op *op, const psx_json_doc *doc, psx_str file, bool strict,
                          psx_manifest **out);

typedef enum {
    PSX_RESOURCE_NO,     // not listed, or without integrity
    PSX_RESOURCE_ANY,    // whatever its content is
    PSX_RESOURCE_ONE_OF, // with one of the digests in `integrity`
} psx_resource_kind;

typedef struct {
    psx_resource_kind kind;
    psx_str integrity; // ONE_OF: a string for psx_sri_parse, unchecked when not strict
} psx_resource;

// What must be true of the content of url.
psx_rc psx_manifest_resource(psx_op *op, const psx_manifest *m, psx_str url, psx_resource *out);
// Whether url could be loaded at all: what import asks before it asks the file system.
psx_rc psx_manifest_might(psx_op *op, const psx_manifest *m, psx_str url, bool *out);

typedef enum {
    PSX_REDIRECT_NO,      // not listed
    PSX_REDIRECT_DEFAULT, // where it leads without a manifest
    PSX_REDIRECT_TO,      // to `url`
    PSX_REDIRECT_ERROR,   // `error`: the manifest is wrong here
} psx_redirect_kind;

typedef struct {
    psx_redirect_kind kind;
    psx_str url;
    psx_manifest_error error;
} psx_redirect;

psx_rc psx_manifest_redirect(psx_op *op, const psx_manifest *m, psx_str from_url, psx_str specifier,
                             const psx_str *conditions, size_t n, psx_redirect *out);

#endif

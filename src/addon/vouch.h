// The one place that asks about a file of code between reading and compiling: every route by which
// bytes from disk become code of this run (source text, JSON, package.json, WebAssembly, addons)
// passes here with the descriptor that they were read from and the bytes themselves. What is
// answered holds for those bytes; nobody opens the file again.
//
// Set up once, when the process opens; read by all threads without a lock.
#ifndef PSX_ADDON_VOUCH_H
#define PSX_ADDON_VOUCH_H

#include "addon/admit.h"
#include "policy/policy.h"
#include "trust/pinned.h"

typedef enum {
    PSX_CODE_SOURCE,      // a module, JSON
    PSX_CODE_DESCRIPTION, // package.json: where specifiers lead, and what kind of module a file is
    PSX_CODE_IDENTITY,    // package.json, of which nothing but the package's name is taken
    PSX_CODE_BYTES,       // WebAssembly
    PSX_CODE_NATIVE,      // an addon
} psx_code_kind;

typedef struct {
    int fd;       // what the bytes were read from
    psx_str path; // as asked for: absolute, without "." and ".."
    psx_code_kind kind;
    char *bytes; // malloc
    size_t n;
    bool digested; // whoever needs the digest first computes it, once
    psx_digest digest;
} psx_code;

const psx_digest *psx_code_digest(psx_code *code);

typedef struct {
    const char *name; // of the class, "TypeError"; NULL: "Error"
    const char *code; // "ERR_...", for the program
    bool ends;        // as the first file of a run it is the end of it: exit status 126
    bool exits;       // the manifest says onerror "exit"
    char why[1024];   // one line: which file, what is wrong with it, what to do
} psx_refusal;

typedef struct {
    const psx_policy *policy;
    psx_admit admit; // the kernel's word on descriptors
    bool has_pins;
    psx_pinned pinned;
} psx_vouch;

// Does anybody compare bytes? An addon is read only for that.
bool psx_vouch_reads(const psx_vouch *v);
// Is anything asked about files of code at all?
bool psx_vouch_asks(const psx_vouch *v);
// Before its bytes are read: may what lies behind the descriptor run at all? False: *why says so.
bool psx_vouch_admits(const psx_vouch *v, const psx_code *code, psx_refusal *why);
// Does that count, so that what is read must be what was asked about?
bool psx_vouch_is_strict(const psx_vouch *v);
// *why: somebody kept changing it.
void psx_vouch_unsteady(const psx_code *code, psx_refusal *why);
// False: it must not become code; *why says so.
bool psx_vouch_for(const psx_vouch *v, psx_code *code, psx_refusal *why);
// An addon brings libraries with it, which the system's loader finds by itself: those of the list
// are compared before the first addon is loaded. False: one is not what it was.
bool psx_vouch_libraries(const psx_vouch *v, psx_refusal *why);
// There is no such file. False: there should be one, and the program must not go on without it.
bool psx_vouch_absent(const psx_vouch *v, psx_str path, psx_refusal *why);
// The real path behind a path that has links was found. False: a link is not what it was, or the
// way does not lead there.
bool psx_vouch_way(const psx_vouch *v, psx_str path, psx_str real, psx_refusal *why);

#endif

// Is this file as the list of pins says? Shared by npsx, which reads scripts and lockfile, and the
// engine, which reads everything else. Changes nothing and keeps nothing: any number of threads.
#ifndef PSX_TRUST_PINNED_H
#define PSX_TRUST_PINNED_H

#include "formats/pins.h"
#include "trust/digest.h"

typedef struct {
    psx_pins pins;
    psx_str project; // absolute, real
} psx_pinned;

typedef enum {
    PSX_PINNED_YES,      // the bytes are those of the list, or the list does not cover the file
    PSX_PINNED_CHANGED,  // other bytes, or no digest of fs-verity where the list has one
    PSX_PINNED_UNLISTED, // covered, and not in the list
    PSX_PINNED_LINK,     // covered and a symbolic link, and no such link is in the list
    PSX_PINNED_MISSING,  // in the list, and not there
} psx_pinned_verdict;

// The path as it stands in the list: relative to the project, or absolute outside of it. Of an
// absolute one without "." and "..".
psx_str psx_pinned_key(const psx_pinned *p, psx_str path);
bool psx_pinned_covers(const psx_pinned *p, psx_str key);

// fd: what the bytes were read from, for fs-verity; -1: there is none.
psx_pinned_verdict psx_pinned_file(const psx_pinned *p, psx_str path, int fd,
                                   const psx_digest *sha256);
// Nothing can be read at path: was there something?
psx_pinned_verdict psx_pinned_absent(const psx_pinned *p, psx_str path);
// What does the list say is there, without asking the file system? PSX_E_OK-like answers for the
// loader, which looks for files by trying names: what is listed cannot be made to look absent.
typedef enum {
    PSX_PINNED_ASK,
    PSX_PINNED_A_FILE,
    PSX_PINNED_A_DIR,
    PSX_PINNED_A_LINK
} psx_pinned_kind;
psx_pinned_kind psx_pinned_kind_of(const psx_pinned *p, psx_str path);
// Every symbolic link on the way to path, where the list covers it, is one of the list. *at (room
// for PSX_PIN_PATH_MAX) gets the link that is not, or where the way ends.
psx_pinned_verdict psx_pinned_way(const psx_pinned *p, psx_str path, char *at);

const char *psx_pinned_code(psx_pinned_verdict v); // "ERR_PIN_MISMATCH"
// One line: the file, what is wrong with it, what to do. Cut to size, no control characters.
void psx_pinned_text(psx_pinned_verdict v, psx_str path, char *dst, size_t size);

#endif

// Where is an entry that a grant names by itself? For the supervisor, which opens the directory and
// acts in it (docs/design/files.md says what the steps are for; psx.node takes the same ones).
//
// Results are a descriptor (or 0), or -errno.
#ifndef PSX_BOX_PLACE_H
#define PSX_BOX_PLACE_H

#include <limits.h>
#include <sys/types.h>

#include "policy/policy.h"

typedef struct {
    int dir; // O_PATH
    char leaf[NAME_MAX + 1];
} psx_box_place;

// Absolute, without ".", "..", "//", a slash at the end, NUL; fits the kernel's limits.
bool psx_box_place_is_tidy(psx_str path);

// A directory by its name in the policy. Links are followed but from there on where the holder may
// write: such a link may be its own work. -EACCES for what only such a link leads to.
int psx_box_place_dir(const psx_policy_holder *held, psx_str path);

// The directory of a tidy path and the name in it. The caller closes dir.
int psx_box_place_open(const psx_policy_holder *held, psx_str path, psx_box_place *out);

// Could the entry itself be a link that the holder made?
bool psx_box_place_is_writable(const psx_policy_holder *held, psx_str path);

// Opens a regular file in its place, or makes it (O_CREAT); never through a link (-ELOOP), never
// anything else (-EACCES). Waits for nobody.
int psx_box_place_file(const psx_box_place *place, int flags, mode_t mode);

// A real path in the words of the rules of a capability: where a rule's root is reached through
// links, the root stands in front. False when no rule's root is above it.
bool psx_box_place_in_words(const psx_policy_holder *held, psx_cap cap, psx_str real,
                            char words[PATH_MAX], psx_str *out, size_t *next);

#endif

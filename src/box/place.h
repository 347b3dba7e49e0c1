// Where is an entry that a grant allows? For the supervisor, which opens the directory and acts in
// it (docs/design/files.md says what the steps are for; psx.node takes the same ones).
//
// Results are a descriptor (or 0), or -errno.
#ifndef PSX_BOX_PLACE_H
#define PSX_BOX_PLACE_H

#include <limits.h>
#include <sys/types.h>

#include "policy/policy.h"

typedef struct {
    int root; // O_PATH: of the rule; of a single file the directory that it is in
    int dir;  // O_PATH: the directory of the entry
    bool single;
    const char *rest; // the entry beneath root; in `path`
    char path[PATH_MAX];
    char leaf[NAME_MAX + 1];
    // Where it really is, in the words of the rule. Decide again by it: links beneath the root may
    // lead to what is granted to others, or protected.
    char words[PATH_MAX];
} psx_box_place;

// Absolute, without ".", "..", "//", a slash at the end, NUL; fits the kernel's limits.
bool psx_box_place_is_tidy(psx_str path);

// A directory by its name in the policy. Links are followed but from there on where the holder may
// write: such a link may be its own work. -EACCES for what only such a link leads to.
int psx_box_place_dir(const psx_policy_holder *held, psx_str path);

// The place of a tidy path that this rule allows. Links beneath a granted directory are followed
// as long as they stay there. The root itself is an entry only where `whole` says so (mkdir and
// rmdir: replacing it by something else would move the grant).
int psx_box_place_open(const psx_policy_holder *held, const psx_policy_rule *rule, psx_str path,
                       bool whole, psx_box_place *out);
void psx_box_place_close(psx_box_place *place);

// Could the entry itself be a link that the holder made?
bool psx_box_place_is_writable(const psx_policy_holder *held, psx_str path);

// Opens a regular file, or for reading a directory, in its place; or makes a file (O_CREAT). A link
// is -ELOOP; anything else that is no file is -EACCES. Waits for nobody.
int psx_box_place_file(const psx_box_place *place, int flags, mode_t mode);
// Behind a link beneath the root: O_PATH, and in `words` where that is.
int psx_box_place_follow(psx_box_place *place, const psx_policy_rule *rule);
// The same file as `seen` (O_PATH), open.
int psx_box_place_reopen(int seen, int flags);

// A real path in the words of the rules of a capability: where a rule's root is reached through
// links, the root stands in front. False when there is no further rule (*next counts).
bool psx_box_place_in_words(const psx_policy_holder *held, psx_cap cap, psx_str real,
                            char words[PATH_MAX], psx_str *out, size_t *next);

#endif

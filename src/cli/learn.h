// From what a run asked for to the grants that explain it: narrow, few, and the same next time.
#ifndef PSX_CLI_LEARN_H
#define PSX_CLI_LEARN_H

#include "box/watch.h"
#include "cli/launch.h"

typedef struct {
    psx_str key;   // "app", "*", "send", "node_modules/a/node_modules/b"
    psx_str grant; // "fs.read:./public/"
} psx_cli_grant;

typedef struct {
    psx_cli_grant *v;
    size_t n, cap;
    psx_cli_list listers;     // keys of packages that listed the whole environment
    psx_cli_list unexplained; // "send fs.read:/": what no narrow grant allows, or a "deny" forbids
} psx_cli_grants;

typedef struct {
    const psx_cli_run *run;
    const psx_cli_place *place;
    psx_str lines;            // one JSON object per line, as the engine leaves them in learn mode
    const psx_box_seen *seen; // what children and native code asked the kernel for
    size_t n_seen;
} psx_cli_learning;

// doc: the policy that the grants are added to; requests that it allows already need none. A line
// that was cut off (the engine was killed) is passed over. env is the environment of the run: a
// package that asked for nearly all of it has listed it, and gets only everyday names; the
// application gets `*`.
psx_rc psx_cli_learn_grants(psx_op *op, const psx_cli_learning *how, psx_policy_doc *doc,
                            char *const *env, psx_cli_grants *out);

// The directories and files that explain these paths: a directory (with a slash at its end) stands
// for three or more of its files or directories, but never for "/", a home, a system directory, the
// project or what lies above it. A path that ends with a slash is a directory with all that is in
// it. Pure but for `is_dir`. Sorted.
typedef struct {
    psx_str project, tmp, home;
    bool (*is_dir)(psx_str path);
    bool writing; // a directory that is written to is itself, and no tree; nor is node_modules
} psx_cli_narrowing;
psx_rc psx_cli_learn_paths(psx_op *op, const psx_cli_narrowing *how, const psx_str *paths, size_t n,
                           psx_str **out, size_t *out_n);

// What a box needs in its rules for this path: for an entry that is made or removed the directory
// that it is in, for a directory that is listed all of it; with a slash at the end. The path as it
// is where that would be too much.
psx_rc psx_cli_learn_tree(psx_op *op, const psx_cli_narrowing *how, psx_str path, bool is_entry,
                          psx_str *out);

// Names that explain these: PREFIX_* where four or more share it. Sorted.
psx_rc psx_cli_learn_names(psx_op *op, const psx_str *names, size_t n, psx_str **out,
                           size_t *out_n);

#endif

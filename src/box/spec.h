// What a box must let through, as data. Pure: from a policy, a holder, and a world that says what
// lies where.
#ifndef PSX_BOX_SPEC_H
#define PSX_BOX_SPEC_H

#include "box/world.h"
#include "policy/policy.h"

typedef enum { PSX_BOX_ENGINE, PSX_BOX_COMMAND } psx_box_kind;

typedef struct {
    psx_box_kind kind;
    const psx_policy *policy;
    const psx_policy_holder *held;   // the union of all (engine) or the caller's grants (command)
    psx_str project, cwd, tmp, home; // absolute; tmp, home may be absent
    psx_str pack;                    // directory that the engine keeps its cache in; may be absent
    psx_str main;                    // the script; may be absent
    psx_str parts;                   // directory of npsx-engine, npsx-spawn, npsx
    psx_str program;                 // COMMAND: absolute path of what will run
    psx_str path;                    // PATH, for commands that are granted by name; may be absent
    const psx_str *preload;          // --require, --import: absolute paths among them count
    size_t n_preload;
    const psx_str *protect; // what nobody may write; a directory may end with a slash
    size_t n_protect;
    bool audited;               // --audit: refusals must be seen
    const psx_box_world *world; // NULL: the system
} psx_box_request;

// Rights of a path and all beneath it. Files take the subset that files have.
enum {
    PSX_BOX_READ = 1 << 0,  // open files for reading
    PSX_BOX_LIST = 1 << 1,  // read directories
    PSX_BOX_WRITE = 1 << 2, // open files for writing, truncate
    PSX_BOX_MAKE = 1 << 3,  // create, remove, link, rename: entries of every harmless kind
    PSX_BOX_EXEC = 1 << 4,
};

typedef struct {
    psx_str path; // absolute
    unsigned rights;
    // Symbolic links are followed in the first `links` bytes of the path: in what lies beneath,
    // some package may have laid them.
    size_t links;
    bool must; // fail when it cannot be opened; otherwise what is not there needs no rule
} psx_box_path;

typedef enum { PSX_BOX_NONE, PSX_BOX_SOME, PSX_BOX_ALL } psx_box_extent;

typedef struct {
    psx_box_kind kind;
    const psx_policy *policy;
    const psx_policy_holder *held;
    psx_box_path *paths;
    size_t n_paths;
    psx_box_extent read, write;     // fs.read, fs.write of `held`; ALL: "true"
    psx_box_extent connect, listen; // net.*
    psx_box_extent spawn;
    bool kill;       // process: ["kill"], or spawn
    bool signals;    // process: ["kill"]: processes that are none of its own
    bool sockets;    // unix sockets are granted
    bool interfaces; // system: ["network"]: route netlink sockets
    bool native;     // addons are loaded
    bool audited;
    bool makes;      // entries are granted that no rule of the kernel's lets anybody make
    bool grows;      // directories are granted that are not there yet
    bool supervised; // needs a supervisor
    bool late;       // granted, and not there yet, or no rule of the kernel's: asked for later
    // Best effort: what the kernel lacks, and psx_box_check said so. psx_box_enter fails without.
    bool without_fence, without_filter;
} psx_box_spec;

// Is anything granted that is found by a path? Otherwise nobody needs readlink.
bool psx_box_names_paths(const psx_box_spec *spec);

psx_rc psx_box_spec_make(psx_op *op, const psx_box_request *request, psx_box_spec *out);

#endif

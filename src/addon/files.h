// Files for confined packages: decided by the path's text, opened beneath the directory that the
// deciding rule granted, so that what the text hides (links, races, /proc) ends in the kernel.
//
// Results are a descriptor or -errno; denied is -EACCES. docs/design/files.md says which attacks
// each step answers.
#ifndef PSX_ADDON_FILES_H
#define PSX_ADDON_FILES_H

#include <sys/types.h>

#include "addon/monitor.h"

enum { PSX_ROOTS_MAX = 256 };

typedef struct {
    const psx_policy_rule *rule; // NULL: free slot
    bool real;                   // of a single-file rule: the file its symbolic link names
    int fd;                      // of the directory
    char *leaf;                  // of a single-file rule: the name in it (malloc)
    bool has_protected;          // something protected lies beneath
    bool is_protected;           // or it lies in something protected
} psx_files_root;

typedef struct {
    uint32_t id;     // 0 nobody, id + 1, or PSX_FILES_RUNTIME
    uint32_t thread; // which alone may use and close it, and whose end is its end as well
} psx_files_owner;

typedef struct {
    psx_monitor *m;
    psx_files_root roots[PSX_ROOTS_MAX]; // by hash of the rule; a newcomer replaces
    psx_files_owner *owner;              // by descriptor
    size_t n_owner;
    uint32_t thread; // which asks now
} psx_files;

typedef enum { PSX_NEED_READ = 1, PSX_NEED_WRITE = 2, PSX_NEED_BOTH = 3 } psx_files_need;
typedef enum {
    PSX_AT_TARGET,   // the file, links followed
    PSX_AT_LINK,     // the file, or the link itself
    PSX_AT_PARENT,   // the directory it is in, to create, remove or rename the entry
    PSX_AT_DIR_ENTRY // the same, for mkdir and rmdir: the granted directory itself may be the entry
} psx_files_how;

void psx_files_init(psx_files *f, psx_monitor *m);
void psx_files_fini(psx_files *f);
int psx_files_open(psx_files *f, uint32_t id, psx_str path, int flags, mode_t mode);
int psx_files_at(psx_files *f, uint32_t id, psx_str path, psx_files_need need, psx_files_how how);
// The runtime's from now on, as what psx_files_at made; -errno passes through.
int psx_files_adopt(psx_files *f, int fd);
bool psx_files_owns(const psx_files *f, uint32_t id, int fd);
// Closes descriptors that psx_files_open or _at made and nobody closed; -EBADF for all others.
int psx_files_close(psx_files *f, int fd);
// Closes what this thread opened and nobody closed.
void psx_files_leave(psx_files *f, uint32_t thread);
// It will be closed elsewhere. False when it was not owned.
bool psx_files_forget(psx_files *f, int fd);

#endif

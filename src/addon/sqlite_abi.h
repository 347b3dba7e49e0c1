// The part of SQLite's extension interface that a file system of our own needs. SQLite lies inside
// Node and exports nothing; what an extension is given when it is loaded is a stable table of its
// functions.
#ifndef PSX_ADDON_SQLITE_ABI_H
#define PSX_ADDON_SQLITE_ABI_H

#include <stdint.h>

typedef struct sqlite_file sqlite_file;
typedef struct sqlite_vfs sqlite_vfs;

typedef struct {
    int version;
    int (*close)(sqlite_file *);
    void *others[14];
    int (*shm_unmap)(sqlite_file *, int);
    void *fetch[2];
} sqlite_methods;

struct sqlite_file {
    const sqlite_methods *methods; // NULL: not open
};

struct sqlite_vfs {
    int version, file_size, path_max;
    sqlite_vfs *next;
    const char *name;
    void *data;
    int (*open)(sqlite_vfs *, const char *, sqlite_file *, int, int *);
    int (*remove)(sqlite_vfs *, const char *, int);
    int (*access)(sqlite_vfs *, const char *, int, int *);
    int (*full_path)(sqlite_vfs *, const char *, int, char *);
    void *(*dl_open)(sqlite_vfs *, const char *);
    void (*dl_error)(sqlite_vfs *, int, char *);
    void (*(*dl_sym)(sqlite_vfs *, void *, const char *))(void);
    void (*dl_close)(sqlite_vfs *, void *);
    int (*randomness)(sqlite_vfs *, int, char *);
    int (*sleep)(sqlite_vfs *, int);
    int (*time)(sqlite_vfs *, double *);
    int (*last_error)(sqlite_vfs *, int, char *);
    int (*time64)(sqlite_vfs *, int64_t *);
};

// From version 3 on: the system calls that it makes may be replaced by name.
typedef struct {
    sqlite_vfs vfs;
    int (*set_call)(sqlite_vfs *, const char *, void (*)(void));
} sqlite_vfs_calls;

// sqlite3_api_routines: the position of these never changes, new ones are added at the end.
typedef struct {
    void *to_functions[45];
    int (*create_function)(void *, const char *, int, int, void *, void *, void *, void *);
    void *to_vfs[95];
    sqlite_vfs *(*vfs_find)(const char *);
    int (*vfs_register)(sqlite_vfs *, int);
    int (*vfs_unregister)(sqlite_vfs *);
    void *to_auto[48];
    int (*auto_extension)(void (*)(void));
} sqlite_api;

enum {
    SQLITE_OK_ = 0,
    SQLITE_ERROR_ = 1,
    SQLITE_NOMEM_ = 7,
    SQLITE_CANTOPEN_ = 14,
    SQLITE_OPEN_READONLY_ = 0x1,
    SQLITE_OPEN_READWRITE_ = 0x2,
    SQLITE_OPEN_CREATE_ = 0x4,
    SQLITE_OPEN_DELETEONCLOSE_ = 0x8,
    SQLITE_OPEN_URI_ = 0x40,
    SQLITE_OPEN_MAIN_DB_ = 0x100,
    SQLITE_ACCESS_EXISTS_ = 0,
    SQLITE_UTF8_ = 1,
};

#endif

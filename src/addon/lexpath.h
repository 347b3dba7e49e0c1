// Paths as text. No system call: what a path means to the kernel is decided by opening it.
#ifndef PSX_ADDON_LEXPATH_H
#define PSX_ADDON_LEXPATH_H

#include "base/str.h"

enum { PSX_LEXPATH_MAX = 4096 };

typedef struct {
    char p[PSX_LEXPATH_MAX]; // absolute, without ".", "..", "//" and trailing slash; NUL-terminated
    size_t n;
    bool wants_dir; // it was written with a trailing slash, "." or ".."
} psx_lexpath;

typedef enum {
    PSX_LEXPATH_OK,
    PSX_LEXPATH_EMPTY,
    PSX_LEXPATH_NUL,
    PSX_LEXPATH_LONG
} psx_lexpath_result;

// Makes `path` absolute against `cwd` (absolute) and collapses it by its text alone: "a/../b" is
// "b" even when a is a link. That is stricter than the kernel, never looser.
psx_lexpath_result psx_lexpath_resolve(psx_str cwd, psx_str path, psx_lexpath *out);

// Is it absolute and collapsed already?
bool psx_lexpath_is_tidy(psx_str path);
psx_str psx_lexpath_str(const psx_lexpath *p);
psx_str psx_lexpath_parent(psx_str path); // of an absolute, collapsed path; "/" is its own parent
psx_str psx_lexpath_leaf(psx_str path);   // "" for "/"
// path is dir or lies beneath it. Whole components: "/ab" is not beneath "/a".
bool psx_lexpath_within(psx_str path, psx_str dir);
// What is left of path under dir ("." for dir itself). Only when psx_lexpath_within.
psx_str psx_lexpath_rest(psx_str path, psx_str dir);

#endif

// Which system calls are looked on at, and what does each ask for?
#ifndef PSX_BOX_WATCH_CALLS_H
#define PSX_BOX_WATCH_CALLS_H

#include <limits.h>

#include "os/watch.h"
#include "policy/policy.h"

enum { PSX_WATCH_CALLS_MAX = 64, PSX_WATCH_USES_MAX = 4 };

typedef struct {
    bool executes; // spawn: the process becomes this program
    bool in_place; // and does so by descriptor, as npsx becomes the engine
    bool makes;
    psx_cap cap;
    int port;
    psx_str value, named; // in `text`
    psx_str asks;         // in `text`: a name that a name server is asked for; nothing else counts
    char text[2][PATH_MAX + 16];
} psx_watch_use;

typedef struct {
    size_t n;
    psx_watch_use v[PSX_WATCH_USES_MAX];
} psx_watch_uses;

// Their numbers; how many.
size_t psx_watch_calls(int calls[PSX_WATCH_CALLS_MAX]);

// What the call asks for, while its thread waits in it. What comes to nothing anyway (there is no
// such file) asks for nothing. net: addresses, name servers and questions count for children only.
void psx_watch_read(const psx_os_watched *call, bool net, psx_watch_uses *out);

#endif

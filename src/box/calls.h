// What may each system call do in a box? A table, which src/box/filter.c makes a program of.
#ifndef PSX_BOX_CALLS_H
#define PSX_BOX_CALLS_H

#include "base/str.h"

// What a row may depend on: facts about a box and its kernel. A row or rule names those of which
// one is enough.
enum {
    PSX_BOX_ANY = 1 << 0,     // every box
    PSX_BOX_RUNS = 1 << 1,    // a command's box: it executes, and its children do
    PSX_BOX_READS = 1 << 2,   // some fs.read
    PSX_BOX_WRITES = 1 << 3,  // some fs.write
    PSX_BOX_TALKS = 1 << 4,   // some net.connect or net.listen
    PSX_BOX_SPAWNS = 1 << 5,  // some spawn
    PSX_BOX_SIGNALS = 1 << 6, // process: kill, or spawn
    PSX_BOX_ROUTES = 1 << 7,  // system: network
    PSX_BOX_SILENT = 1 << 8,  // no net.*: no socket can exist that reaches another process
    // Some net.connect (net.listen), and nobody is there to tell addresses apart.
    PSX_BOX_CONNECTS_ALONE = 1 << 9,
    PSX_BOX_LISTENS_ALONE = 1 << 10,
    PSX_BOX_ROUTES_ALONE = 1 << 11,       // system: network, and no net.*
    PSX_BOX_LANDLOCK_TRUNCATES = 1 << 12, // this kernel's Landlock looks at truncate()
    PSX_BOX_MEMFD_EXEC_ONLY = 1 << 13,    // this kernel has no memory that is not executable
    PSX_BOX_UNIX = 1 << 14,               // unix sockets are granted, or told apart
    PSX_BOX_WATCHES_ALONE = 1 << 15,      // reads or runs, nobody tells files apart
    // The kernel's rules say all about files; about opening all but what is made by it.
    PSX_BOX_FENCED = 1 << 16,
    PSX_BOX_OPENS_FENCED = 1 << 17,
    PSX_BOX_FACTS = 1 << 18, // all of them are below
};

typedef enum {
    PSX_CALL_ALLOW,
    PSX_CALL_REFUSE, // with `error`; nobody is told: libraries try it and do without
    PSX_CALL_ASK,    // the supervisor; where there is none, refused with `error`
} psx_call_answer;

// One of the values of one argument. The kernel looks at 32 bits of most of them (an int, or an
// explicit cut), and then so does the test: what it does not look at must not make a difference.
typedef struct {
    uint8_t arg;
    uint8_t n;     // of values; 0: only with own
    bool whole;    // the kernel uses 64 bits: the upper half must be zero
    bool own;      // or the number of this process
    uint32_t keep; // these bits are compared; 0: all
    const uint32_t *values;
} psx_call_test;

enum { PSX_CALL_TESTS = 3 };

typedef struct {
    unsigned when; // 0 ends a list of rules
    psx_call_answer answer;
    int error;
    uint8_t n;
    psx_call_test tests[PSX_CALL_TESTS]; // all must hold
} psx_call_rule;

typedef struct {
    int nr; // negative: not on this architecture
    const char *name;
    unsigned allowed;           // without a look at the arguments
    const psx_call_rule *rules; // else the first that fits; NULL: none
    psx_call_answer otherwise;
    int error;
    const char *why;
} psx_call;

extern const psx_call psx_box_calls[];
extern const size_t psx_box_n_calls;

// NULL: a number that is not in the table, refused with ENOSYS.
const psx_call *psx_box_call_of(int nr);

#endif

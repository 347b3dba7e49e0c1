// Whose process is it that makes a call? Engines are told apart from the programs that they start,
// and those go to the package that started them.
#ifndef PSX_BOX_WATCH_WHO_H
#define PSX_BOX_WATCH_WHO_H

#include "base/map.h"
#include "box/watch.h"
#include "box/watch_calls.h"

typedef struct psx_watch_who psx_watch_who;

typedef enum {
    PSX_WATCH_STARTING, // npsx, before it becomes an engine: its own files are nobody's need
    PSX_WATCH_ENGINE,
    PSX_WATCH_FORKED, // by an engine, and still has to become a program
    PSX_WATCH_CHILD,
} psx_watch_role;

typedef struct {
    psx_watch_role role;
    const psx_box_who *who;
    pid_t engine;   // FORKED: which one
    psx_str *names; // that it asked a name server for
    size_t n_names, cap_names;
} psx_watch_process;

psx_rc psx_watch_who_open(psx_op *op, const psx_box_watching *how, pid_t engine,
                          psx_watch_who **out);
// NULL: it cannot be told.
psx_rc psx_watch_who_is(psx_watch_who *w, pid_t tid, psx_watch_process **out);
// It is about to become another program.
psx_rc psx_watch_who_executes(psx_watch_who *w, psx_watch_process *p, const psx_watch_use *use);
psx_rc psx_watch_who_asks(psx_watch_who *w, psx_watch_process *p, psx_str name);

#endif

// npsx learn: what do native code and children ask the kernel for? JavaScript says by itself what
// it needs; addons and programs do not, and the box holds them all the same. The engine and
// everything that it starts are looked on at; every call goes on. Nothing is decided here.
#ifndef PSX_BOX_WATCH_H
#define PSX_BOX_WATCH_H

#include <sys/types.h>

#include "policy/policy.h"

typedef struct psx_box_watch psx_box_watch;

// A package, as the lines of the learn memory name it.
typedef struct {
    psx_str location, name, version; // location "": the application
} psx_box_who;

// One thing that was asked for, once for each package.
typedef struct {
    psx_box_who who;
    bool by_child; // by a program that this package started; otherwise by its engine, whoever's
                   // code that was
    bool makes;    // fs.write: an entry of a directory was made, removed, or moved
    psx_cap cap;   // fs.read fs.write spawn net.connect net.listen
    psx_str value; // as psx_policy_decide takes it; fs: where the path really leads
    psx_str named; // fs: the path as it was named, absolute
    int port;      // -1: none
} psx_box_seen;

typedef struct {
    psx_str npsx;     // absolute
    psx_box_who main; // whose engine it is
    int learn_fd;     // where engines say who starts what (docs/design/interfaces.md, section 5)
} psx_box_watching;

// In the process that will become the engine: from now on it is looked on at. channel: a socket to
// the other side. PSX_E_KERNEL: there is no such thing here; everything else goes on as it was.
psx_rc psx_box_watch_begin(psx_op *op, int channel);

// On the other side. *out is NULL when it did not begin.
psx_rc psx_box_watch_open(psx_op *op, const psx_box_watching *how, int channel, pid_t engine,
                          psx_box_watch **out);
// Until the engine has ended (it is not waited for) .
psx_rc psx_box_watch_run(psx_box_watch *w);
// What is still running goes on, unseen, also after the end of this process.
void psx_box_watch_leave(psx_box_watch *w);

const psx_box_seen *psx_box_watch_seen(const psx_box_watch *w, size_t *n);

#endif

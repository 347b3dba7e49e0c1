// The process beside the engine that does what the kernel cannot tell apart by itself.
#ifndef PSX_BOX_SUPERVISOR_H
#define PSX_BOX_SUPERVISOR_H

#include <sys/types.h>

#include "box/kernel.h"
#include "box/spec.h"

// What npsx tells it; everything is borrowed and lives until the supervisor's end (it is forked).
// No text of it may lie among the arguments of the program: they become its name in ps.
typedef struct {
    psx_str program;   // npsx, absolute: what children are started with
    psx_str spawner;   // npsx-spawn, absolute: who may ask for one; absent: nobody
    psx_str path;      // what bare command names are looked up in
    psx_str as;        // JSON of --as without "dir": members, no braces (cli/as.h)
    psx_str audit_who; // label of whom the box is for in the audit stream: "box", "box of esbuild"
    int audit_fd;      // -1: none
    bool quiet;
    int learn_fd; // -1, or what is learnt is written there (npsx learn)
    int told_fd;  // of a command: where its parent hears of it (box/parent.h); psx_box_prepare: -1
    // out, for the engine: inherited, not close-on-exec. -1: not supervised
    int control_fd; // SOCK_SEQPACKET: box/wire.h
    int dns_port;   // on 127.0.0.1: where c-ares must ask; 0: none
    // out, for the supervisor: close-on-exec. -1: none
    int super_fd;         // the other end of control_fd
    int dns_udp, dns_tcp; // bound to dns_port
} psx_box_supervision;

// How psx_box_enter and the supervisor speak until the filter is there. Both descriptors must
// survive the closing of all others; the leash also exec.
typedef struct {
    pid_t pid;   // the supervisor: a child of this process, of a command the parent
    int channel; // closed by psx_box_hand_over
    int leash;   // inherited: when the supervisor dies, the kernel kills this process
} psx_box_handover;

// Forks, while this process is not confined yet. The supervisor never returns from here: for an
// engine it is the child. For a command it is this very process, and what returns is the child.
psx_rc psx_box_supervise(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                         psx_box_supervision *how, psx_box_handover *out);
// Tells the supervisor which descriptor of this process is the listener, and waits until it has
// taken it; closes it here. Needs read, write and close only: the filter is loaded already.
psx_rc psx_box_hand_over(psx_op *op, psx_box_handover *handover, int listener);

#endif

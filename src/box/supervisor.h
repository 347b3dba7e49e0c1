// The process beside the engine that does what the kernel cannot tell apart by itself.
#ifndef PSX_BOX_SUPERVISOR_H
#define PSX_BOX_SUPERVISOR_H

#include "box/kernel.h"
#include "box/spec.h"

// What npsx tells it; everything is borrowed and lives until the supervisor's end (it is forked).
typedef struct {
    psx_str program;   // npsx, absolute: what children are started with
    psx_str as;        // JSON of --as without "dir": members, no braces (cli/as.h)
    psx_str audit_who; // label of whom the box is for in the audit stream: "box", "box of esbuild"
    int audit_fd;      // -1: none
    bool quiet;
    int learn_fd; // -1, or what is learnt is written there (npsx learn)
    // out, for the engine: inherited, not close-on-exec. -1: not supervised
    int control_fd; // SOCK_SEQPACKET: box/wire.h
    int dns_port;   // on 127.0.0.1: where c-ares must ask; 0: none
} psx_box_supervision;

#endif

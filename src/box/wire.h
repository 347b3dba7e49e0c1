// What psx.node and npsx-spawn say to the supervisor, and what it answers: one packet each.
// psx.node uses the control socket under its process-wide lock, one question at a time.
//
//     question: u8 what, then as said below; strings are u32 length (native order), bytes
//     answer:   i32 (0, or -errno), then as said; a descriptor comes as SCM_RIGHTS
#ifndef PSX_BOX_WIRE_H
#define PSX_BOX_WIRE_H

enum {
    PSX_BOX_PACKET_MAX =
        1 << 16, // a question or an answer; what may be longer comes in a sealed memfd

    // psx.node
    PSX_BOX_ASK_CHANNEL = 1, // -> descriptor: a stream socket for one npsx-spawn
    PSX_BOX_ASK_OPEN = 2,    // i32 flags, u32 mode, string path -> descriptor
    PSX_BOX_ASK_UNLINK = 3,  // string path
    PSX_BOX_ASK_RENAME = 4,  // string from, string to
    PSX_BOX_ASK_MKDIR = 6,   // u32 mode, string path
    PSX_BOX_ASK_RMDIR = 7,   // string path
    PSX_BOX_ASK_REFUSED = 5, // -> JSON lines of what was refused since the last time (exit summary)
};

#endif

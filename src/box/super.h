// The inside of the supervisor: nobody but src/box includes it.
//
// One thread, one epoll, fixed tables, nothing allocated after the start; full means deny. It never
// waits for anybody, and trusts nothing that comes from the engine: that may be an attacker's code.
#ifndef PSX_BOX_SUPER_H
#define PSX_BOX_SUPER_H

#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "box/supervisor.h"

enum {
    PSX_SUPER_WATCHES = 1024,  // descriptors in the loop
    PSX_SUPER_PACKET = 1 << 16 // PSX_BOX_PACKET_MAX
};

typedef struct psx_super {
    psx_op *op;     // for the start only
    psx_op *before; // npsx's: all that is needed of it was copied
    psx_op scratch; // for one event: psx_super_scratch()
    const psx_box_spec *spec;
    psx_box_kernel kernel;
    const psx_box_supervision *how;
    pid_t engine;     // the process that the box was made for
    int engine_pidfd; // readable when it is dead
    int listener;     // -1: not handed over yet
    int epoll;
    int control; // our end; -1: the engine closed its own
    int channel; // to psx_box_hand_over; -1 afterwards
    int leash;   // never used: its closing is what tells
    bool engine_dead;
    bool parent; // of the process that the box was made for: parent.c
    bool leads;  // that one leads a session: signals are for all in it
} psx_super;

// What the supervisor is from its first moment on; never returns.
_Noreturn void psx_super_main(psx_super *s);

// ---- the loop -----------------------------------------------------------------------------------

typedef void psx_super_ready(psx_super *s, void *arg, unsigned events); // EPOLL*

// fn is called whenever fd is ready, until it is unwatched; fd stays the caller's. Fails when the
// table is full. Time is a timerfd of one's own.
psx_rc psx_super_watch(psx_super *s, int fd, unsigned events, psx_super_ready *fn, void *arg);
void psx_super_unwatch(psx_super *s, int fd);

// An op that is empty again at the next event: for psx_policy_fix and the like.
psx_op *psx_super_scratch(psx_super *s);

// ---- deciding -----------------------------------------------------------------------------------

// psx_policy_decide on what is held. value: as psx_policy_request says; port -1: none. Records
// nothing but what is allowed for the record only. out may be NULL.
bool psx_super_allows(psx_super *s, psx_cap cap, psx_str value, int port, psx_policy_verdict *out);

// ---- notified calls -----------------------------------------------------------------------------

typedef struct {
    uint64_t id;
    pid_t tid, pid; // thread, process
    int pidfd;      // of the thread, or of its process; the table's: do not close
    int nr;
    uint64_t args[6]; // registers
} psx_notice;

// What a handler returns: what the call returns, -errno, or one of these.
#define PSX_NOTICE_LATER    LONG_MIN       // psx_super_answer will be called
#define PSX_NOTICE_CONTINUE (LONG_MIN + 1) // no memory of the caller decides anything
#define PSX_NOTICE_ANSWERED (LONG_MIN + 2) // it was answered already (with a descriptor)

typedef long psx_notice_fn(psx_super *s, psx_notice *n);
typedef struct {
    int nr; // SYS_...
    psx_notice_fn *fn;
} psx_notice_handler;

// 0 or -errno. What was read counts only when psx_notice_is_valid said so afterwards.
int psx_notice_read(psx_super *s, const psx_notice *n, uint64_t at, void *dst, size_t size);
int psx_notice_string(psx_super *s, const psx_notice *n, uint64_t at, char *dst, size_t size);
int psx_notice_write(psx_super *s, const psx_notice *n, uint64_t at, const void *src, size_t size);
bool psx_notice_is_valid(psx_super *s, const psx_notice *n);
// A signal waits that the caller would be interrupted for.
bool psx_notice_has_signal(psx_super *s, const psx_notice *n);
// A duplicate of the caller's descriptor, or -errno; the notification was valid when it was taken.
// The caller of this closes it.
int psx_notice_fd(psx_super *s, const psx_notice *n, int fd);
void psx_super_answer(psx_super *s, const psx_notice *n, long result);
// It was done, and the caller is not there to hear of it: it may ask again.
void psx_super_lose(psx_super *s, const psx_notice *n, long result);

// Where relative names begin, and by whose rights the file system is to be asked: a root that
// became somebody else is not root any more. Between the two, calls act with the caller's user,
// groups and umask. Fails closed: -errno, and nothing has changed.
int psx_super_become(psx_super *s, const psx_notice *n);
void psx_super_unbecome(psx_super *s);
// Opens a path as the caller means it (its working directory, its /proc/self), without following
// magic links; O_PATH and the like; the descriptor or -errno. Decide by psx_os_fd_path of it.
int psx_super_open(psx_super *s, const psx_notice *n, const char *path, int flags);

// ---- refusals -----------------------------------------------------------------------------------

// Records: audit line, count. cap PSX_CAP_COUNT: no grant would allow it.
void psx_super_refuse(psx_super *s, pid_t pid, const char *call, psx_cap cap, psx_str value,
                      int port);

// ---- what others add: each in the file of its owner
// ----------------------------------------------

typedef struct {
    int32_t rc;
    uint8_t *bytes; // room for `size`
    size_t n, size;
    int fd;        // -1: none
    bool close_fd; // after it was sent
} psx_super_reply;

// resolver.c, names.c
psx_rc psx_super_dns_open(psx_op *op, const psx_box_spec *spec, psx_box_supervision *how);
psx_rc psx_super_dns_start(psx_super *s);
// A connect to a name server of the system, or to our own, goes to *instead. Not for datagrams with
// an address of their own: those who send them compare the sender of the answer.
bool psx_super_dns_redirects(psx_super *s, const struct sockaddr *to, int type,
                             struct sockaddr_storage *instead);
// Such a connect was made (or is under way) on this duplicate: whoever asks from its port is ours.
void psx_super_dns_joined(psx_super *s, int fd, int type);
// May this address be used, because of a name that it is known under? cap: connect or listen.
// addr: IPv4 as ::ffff:a.b.c.d.
bool psx_names_allows(psx_super *s, psx_cap cap, const uint8_t addr[16], int port);

// children.c
psx_rc psx_super_children_start(psx_super *s);
void psx_super_children_ask(psx_super *s, psx_super_reply *a); // PSX_BOX_ASK_CHANNEL
extern const psx_notice_handler psx_super_children_calls[];    // ended by fn NULL
bool psx_super_children_busy(psx_super *s); // somebody must still be told how a child ended

// entries.c
psx_rc psx_super_entries_start(psx_super *s);
// PSX_BOX_ASK_OPEN, _UNLINK, _RENAME: q is what follows the kind of question.
void psx_super_entries_ask(psx_super *s, int what, const uint8_t *q, size_t n, psx_super_reply *a);
extern const psx_notice_handler psx_super_entries_calls[]; // ended by fn NULL
// The acts themselves, between psx_super_become and psx_super_unbecome. path: tidy, absolute.
int psx_super_entry_open(psx_super *s, psx_str path, int flags, mode_t mode);
int psx_super_entry_unlink(psx_super *s, psx_str path);
int psx_super_entry_mkdir(psx_super *s, psx_str path, mode_t mode);
int psx_super_entry_rmdir(psx_super *s, psx_str path);
int psx_super_entry_rename(psx_super *s, psx_str from, psx_str to);
extern const psx_notice_handler psx_super_makes_calls[]; // notify_entries.c: for native code

// ---- our own ------------------------------------------------------------------------------------

int psx_caller_find(psx_notice *n); // caller.c: fills in pid and pidfd; 0 or -errno
const char *psx_super_call_name(int nr);

// shed.c
psx_rc psx_super_own_memory(psx_super *s);
int psx_super_shed_descriptors(psx_super *s);
void psx_super_raise_limits(void);
void psx_super_take_name(void);
// Memory of npsx, capabilities, system calls; when the engine does not wait any more.
psx_rc psx_super_shed_rest(psx_super *s);
extern const psx_notice_handler psx_super_net_calls[];    // notify_net.c
extern const psx_notice_handler psx_super_memory_calls[]; // notify_memory.c
psx_rc psx_super_notices_start(psx_super *s);             // notify.c: the listener
// refused.c: a call that nobody handles, with the error it gets
long psx_super_refuse_call(psx_super *s, psx_notice *n);
void psx_super_refused_ask(psx_super *s, psx_super_reply *a);
void psx_super_refused_end(psx_super *s);

#endif

// A box that consists of the filter and the supervisor, around the process that asks for it.
#ifndef WORLD_H
#define WORLD_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "box/box.h"
#include "box/filter.h"
#include "box/wire.h"

extern int audit_fd;      // -1, or where the supervisor writes what it refused
extern psx_box_kind kind; // before enter
extern bool old_kernel;   // before enter: who waits is disturbed by every signal
extern bool may_kill;     // before enter: signals to others
extern int told;          // before enter: of a command, where its parent says how it goes
extern pid_t supervisor;  // after enter
extern int control;       // after enter
extern const char *here;  // an empty directory of this case's own, absolute

// Everything of `grants` is the application's: "\"net.connect\": [\"127.0.0.1:%d\"]". Ends the
// process when the box cannot be made.
void enter(const char *grants, ...) __attribute__((format(printf, 1, 2)));

// Says what was wrong, and is false.
bool is(const char *what, long got, long expected);
#define IS(got, expected)  ok &= is(#got, (long)(got), (long)(expected))
// The call fails with this error.
#define FAILS(call, error) ok &= is(#call, (errno = 0, (long)(call)) < 0 ? errno : 0, (error))

int tcp_server(const char *address, int *port); // listens; IPv6 when the address has colons
int udp_socket(const char *address, int *port); // bound
socklen_t address_of(struct sockaddr_storage *to, const char *address, int port);
long connect_to(int sock, const char *address, int port);
socklen_t unix_address(struct sockaddr_un *to, const char *path); // "@name": abstract
uint64_t now_us(void);

typedef struct {
    const char *name;
    bool (*run)(void);
} test_case;
extern const test_case cases_calls[], cases_hostile[], cases_parents[];

#endif

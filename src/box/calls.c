// The table. What is not in it does not exist (ENOSYS), so that a program for a later kernel does
// what it does on an earlier one.
//
// Files are Landlock's; what it does not look at (modes, owners, times, attributes, ioctls,
// watches, handles) is decided here. What Node 26, V8, libuv, glibc, musl, Go's runtime and usual
// commands make was watched; what they only try, and do without, is refused in silence.
#include "box/calls.h"

#include <errno.h>
#include <seccomp.h>

// What bookworm's libseccomp does not know. These numbers are the same everywhere.
enum {
    __SNR_psx_cachestat = 451,
    __SNR_psx_fchmodat2 = 452,
    __SNR_psx_futex_wake = 454,
    __SNR_psx_futex_wait = 455,
    __SNR_psx_futex_requeue = 456,
    __SNR_psx_statmount = 457,
    __SNR_psx_listmount = 458,
    __SNR_psx_mseal = 462,
    __SNR_psx_setxattrat = 463,
    __SNR_psx_getxattrat = 464,
    __SNR_psx_listxattrat = 465,
    __SNR_psx_removexattrat = 466,
    __SNR_psx_open_tree_attr = 467,
    __SNR_psx_file_setattr = 469,
};

#define N(v)   (sizeof(v) / sizeof *(v))
#define V(...) ((const uint32_t[]){__VA_ARGS__})
#define ONE(i, list)                                                                               \
    {                                                                                              \
        .arg = (i), .n = N(list), .values = (list)                                                 \
    }
#define IS(i, ...)                                                                                 \
    {                                                                                              \
        .arg = (i), .n = N(V(__VA_ARGS__)), .values = V(__VA_ARGS__)                               \
    }
#define BITS(i, m, ...)                                                                            \
    {                                                                                              \
        .arg = (i), .keep = (m), .n = N(V(__VA_ARGS__)), .values = V(__VA_ARGS__)                  \
    }
#define ZERO64(i)                                                                                  \
    {                                                                                              \
        .arg = (i), .whole = true, .n = 1, .values = V(0)                                          \
    }
#define OWN(i)                                                                                     \
    {                                                                                              \
        .arg = (i), .own = true                                                                    \
    }
#define OWN_OR(i, ...)                                                                             \
    {                                                                                              \
        .arg = (i), .own = true, .n = N(V(__VA_ARGS__)), .values = V(__VA_ARGS__)                  \
    }

#define ALLOWED(when_, ...)                                                                        \
    {                                                                                              \
        .when = (when_), .answer = PSX_CALL_ALLOW, .n = N(((const psx_call_test[]){__VA_ARGS__})), \
        .tests = {                                                                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define REFUSED(e, ...)                                                                            \
    {                                                                                              \
        .when = PSX_BOX_ANY, .answer = PSX_CALL_REFUSE, .error = (e),                              \
        .n = N(((const psx_call_test[]){__VA_ARGS__})), .tests = {                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define ASKED(e, ...)                                                                              \
    {                                                                                              \
        .when = PSX_BOX_ANY, .answer = PSX_CALL_ASK, .error = (e),                                 \
        .n = N(((const psx_call_test[]){__VA_ARGS__})), .tests = {                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define RULES(name) static const psx_call_rule name[]
#define END                                                                                        \
    {                                                                                              \
        0                                                                                          \
    }

// ---- arguments ----------------------------------------------------------------------------------

enum {
    CLONE_NAMESPACES = 0x7e020000, // every CLONE_NEW*; CLONE_NEWTIME is no flag of clone()
    CLONE_ELSEWHERE = 0x0000a000 | 0x00800000, // PTRACE, PARENT, UNTRACED
    CLONE_THREAD_ = 0x00010000,
};

// The kernel cuts the flags to 32 bits.
RULES(clone_rules) = {
    ALLOWED(PSX_BOX_ANY,
            BITS(0, CLONE_NAMESPACES | CLONE_ELSEWHERE | CLONE_THREAD_, CLONE_THREAD_)),
    ALLOWED(PSX_BOX_RUNS | PSX_BOX_SPAWNS, BITS(0, CLONE_NAMESPACES | CLONE_ELSEWHERE, 0)),
    END,
};

enum {
    UNIX = 1,
    INET = 2,
    INET6 = 10,
    NETLINK = 16,
    STREAM = 1,
    DATAGRAM = 2,
    RAW = 3,
    SEQPACKET = 5,
    SOCKET_FLAGS = 04000 | 02000000, // SOCK_NONBLOCK, SOCK_CLOEXEC
};

// Without the flags, all bits count: what the kernel does not know as a type it refuses.
#define SOCKET_TYPE(i, ...) BITS(i, ~(uint32_t)SOCKET_FLAGS, __VA_ARGS__)

RULES(socket_rules) = {
    ALLOWED(PSX_BOX_TALKS, IS(0, INET, INET6), SOCKET_TYPE(1, STREAM), IS(2, 0, 6)),
    ALLOWED(PSX_BOX_TALKS, IS(0, INET, INET6), SOCKET_TYPE(1, DATAGRAM), IS(2, 0, 17)),
    // A host's name is no leave for /run/docker.sock.
    ALLOWED(PSX_BOX_UNIX, IS(0, UNIX), SOCKET_TYPE(1, STREAM, DATAGRAM, SEQPACKET)),
    // Which addresses does this machine have (getifaddrs, the order of getaddrinfo's answers)?
    ALLOWED(PSX_BOX_TALKS | PSX_BOX_ROUTES, IS(0, NETLINK), SOCKET_TYPE(1, DATAGRAM, RAW),
            IS(2, 0)),
    // glibc looks for its name service cache whenever it looks up a user, libc for syslog.
    REFUSED(EACCES, IS(0, UNIX, NETLINK)),
    // Multipath TCP is tried first by Go: it goes on with TCP.
    REFUSED(EPROTONOSUPPORT, IS(0, INET, INET6), SOCKET_TYPE(1, STREAM), IS(2, 262)),
    END,
};

// Datagram pairs could be sent through with an address.
RULES(socketpair_rules) = {
    ALLOWED(PSX_BOX_ANY, IS(0, UNIX), SOCKET_TYPE(1, STREAM, SEQPACKET)),
    END,
};

RULES(sendto_rules) = {ALLOWED(PSX_BOX_ANY, ZERO64(4)), END};

RULES(own_process) = {ALLOWED(PSX_BOX_ANY, OWN(0)), END};
// SIGSTOP: npsx-spawn cannot hear it, and is not the child that is to stop. Registers decide: it
// goes on afterwards.
RULES(kill_rules) = {
    {.when = PSX_BOX_SPAWNS, .answer = PSX_CALL_ASK, .error = EPERM, .n = 1, .tests = {IS(1, 19)}},
    {.when = PSX_BOX_SIGNALS, .answer = PSX_CALL_ALLOW},
    ALLOWED(PSX_BOX_ANY, OWN(0)),
    END,
};
RULES(own_or_zero) = {ALLOWED(PSX_BOX_ANY, OWN_OR(0, 0)), END};
RULES(this_thread) = {ALLOWED(PSX_BOX_ANY, IS(0, 0)), END};
// which: PRIO_PROCESS
RULES(own_priority) = {ALLOWED(PSX_BOX_ANY, IS(0, 0), OWN_OR(1, 0)), END};
// which: IOPRIO_WHO_PROCESS
RULES(own_io_priority) = {ALLOWED(PSX_BOX_ANY, IS(0, 1), OWN_OR(1, 0)), END};

// 0x10 MFD_EXEC, 0x8 MFD_NOEXEC_SEAL.
RULES(memfd_rules) = {ALLOWED(PSX_BOX_ANY, BITS(1, 0x18, 0x8)), END};

// AT_EMPTY_PATH: the program behind a descriptor, which is how npsx starts the engine;
// 0x10000 AT_EXECVE_CHECK: only asks.
RULES(execveat_rules) = {
    ALLOWED(PSX_BOX_ANY, BITS(4, 0x10000, 0x10000)),
    ALLOWED(PSX_BOX_ANY, IS(4, 0x1000)),
    END,
};

// SECCOMP_SET_MODE_FILTER: for the seal. A filter can only take away.
RULES(seccomp_rules) = {ALLOWED(PSX_BOX_ANY, IS(0, 1)), END};

// CLONE_FS: a working directory for this thread alone, as psx.node needs it (os/fd_place.h).
RULES(unshare_rules) = {
    {.when = PSX_BOX_ANY,
     .answer = PSX_CALL_ALLOW,
     .n = 1,
     .tests = {{.arg = 0, .whole = true, .n = 1, .values = V(0x200)}}},
    END,
};

RULES(personality_rules) = {ALLOWED(PSX_BOX_ANY, IS(0, 0xffffffff, 0)), END};

static const uint32_t arch_prctl_codes[] = {
    0x1001, 0x1002, 0x1003, 0x1004,         // FS, GS
    0x1011,                                 // ARCH_GET_CPUID
    0x1021, 0x1022, 0x1023,                 // AMX
    0x3001,                                 // ARCH_CET_STATUS
    0x5001, 0x5002, 0x5003, 0x5004, 0x5005, // shadow stacks
};
RULES(arch_prctl_rules) = {ALLOWED(PSX_BOX_ANY, ONE(0, arch_prctl_codes)), END};

// Not here: other tasks' core scheduling, the memory map
// (PR_SET_MM), securebits, and system calls that arrive at a handler.
static const uint32_t prctl_options[] = {
    1,          2,  // PDEATHSIG
    3,          4,  // DUMPABLE
    7,              // GET_KEEPCAPS
    15,         16, // NAME
    21,             // GET_SECCOMP
    23,             // CAPBSET_READ
    27,             // GET_SECUREBITS
    29,         30, // TIMERSLACK
    37,             // GET_CHILD_SUBREAPER
    38,         39, // NO_NEW_PRIVS
    40,             // GET_TID_ADDRESS
    41,         42, // THP_DISABLE
    52,         53, // SPECULATION_CTRL
    65,         66, // MDWE
    0x53564d41,     // SET_VMA: names of memory, which V8 gives
};
static const uint32_t prctl_options_of_commands[] = {
    22, // SET_SECCOMP: a program that confines itself further
    24, // CAPBSET_DROP
    36, // SET_CHILD_SUBREAPER
    47, // CAP_AMBIENT: there are none to raise
};
// O_CREAT makes an entry.
RULES(open_rules) = {ALLOWED(PSX_BOX_OPENS_FENCED, BITS(1, 0x40, 0)), END};
RULES(openat_rules) = {ALLOWED(PSX_BOX_OPENS_FENCED, BITS(2, 0x40, 0)), END};

RULES(prctl_rules) = {
    ALLOWED(PSX_BOX_ANY, ONE(0, prctl_options)),
    ALLOWED(PSX_BOX_RUNS, ONE(0, prctl_options_of_commands)),
    // PR_SET_PTRACER: npsx-spawn names who may take its descriptors. Nobody gains by being looked
    // into.
    ALLOWED(PSX_BOX_SPAWNS, IS(0, 0x59616d61)),
    END,
};

// Not here: F_SETOWN and F_SETSIG, by which a descriptor sends any signal to any process; leases
// and F_NOTIFY, which hold up others.
static const uint32_t fcntl_commands[] = {
    0,    1,    2,    3,    4, 5, 6, 7, // DUPFD, GETFD, SETFD, GETFL, SETFL, locks
    9,    11,   16,                     // GETOWN, GETSIG, GETOWN_EX
    36,   37,   38,                     // locks of open files
    1025,                               // GETLEASE
    1027, 1028,                         // DUPFD_QUERY, CREATED_QUERY
    1030, 1031, 1032,                   // DUPFD_CLOEXEC, pipe sizes
    1033, 1034,                         // seals
    1035, 1036, 1037, 1038,             // write hints
};
static const uint32_t fcntl_owners[] = {8, 10, 15}; // SETOWN, SETSIG, SETOWN_EX
RULES(fcntl_rules) = {
    ALLOWED(PSX_BOX_ANY, ONE(1, fcntl_commands)),
    ALLOWED(PSX_BOX_RUNS | PSX_BOX_SIGNALS, ONE(1, fcntl_owners)),
    ASKED(EPERM, ONE(1, fcntl_owners)),
    END,
};

static const uint32_t ioctl_requests[] = {
    0x5450,     0x5451,     0x5421,     0x541b,     0x5411, 0x5452,
    0x5460, // any descriptor: FIO...
    0x5401,     0x5402,     0x5403,     0x5404,     0x5405, 0x5406,
    0x5407,     0x5408,                                             // terminal: modes
    0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d,                 // the same, termios2
    0x5409,     0x540a,     0x540b,     0x5413,     0x540f, 0x5429, // break, flow, size, who
    0x80045430, 0x80045438, 0x80045439,             // pseudo terminal: number, state
    0x2,        0x40049409, 0x4020940d, 0xc020660b, // block size, clones, extents
    0x80086601, 0x801c581f,                         // attributes: to read
    0x8905,     0x8906,     0x8907,                 // socket: mark, time stamps
    0x80045200,                                     // entropy
};
static const uint32_t ioctl_of_jobs[] = {
    0x540e, 0x5410,     0x5414, 0x5422,     // controlling terminal, foreground, size
    0x5420, 0x40045431, 0x5441, 0x40045432, // pseudo terminal: packets, lock, peer, signal
};
static const uint32_t ioctl_of_interfaces[] = {
    0x8910, 0x8912, 0x8913, 0x8915, 0x8917, 0x8919, 0x891b, 0x8921, 0x8927, 0x8933, 0x8946,
};
// Types into a terminal, pastes into it, takes its output, changes a file's attributes (chattr).
static const uint32_t ioctl_dangerous[] = {0x5412,     0x541c,     0x541d,     0x5423,
                                           0x40086602, 0x40046602, 0x401c5820, 0xc0185879};
RULES(ioctl_rules) = {
    ALLOWED(PSX_BOX_ANY, ONE(1, ioctl_requests)),
    ALLOWED(PSX_BOX_RUNS | PSX_BOX_SPAWNS, ONE(1, ioctl_of_jobs)),
    ALLOWED(PSX_BOX_TALKS | PSX_BOX_ROUTES, ONE(1, ioctl_of_interfaces)),
    ASKED(EPERM, ONE(1, ioctl_dangerous)),
    END,
};

// S_IFMT, and the kernel's mode has 16 bits: no devices. 0 means a regular file.
#define HARMLESS_NODE(i) BITS(i, 0xf000, 0, 0x8000, 0x1000, 0xc000)
RULES(mknod_rules) = {ALLOWED(PSX_BOX_RUNS | PSX_BOX_WRITES, HARMLESS_NODE(1)), END};
RULES(mknodat_rules) = {ALLOWED(PSX_BOX_RUNS | PSX_BOX_WRITES, HARMLESS_NODE(2)), END};

// What makes a packet travel another way than to the address that was decided about: source routes,
// routing headers, and flow labels, which can stand for both.
static const uint32_t ip_routes[] = {4}; // IP_OPTIONS
// IPV6_2292HOPOPTS, _2292DSTOPTS, _2292RTHDR, _2292PKTOPTIONS, _FLOWLABEL_MGR, _HOPOPTS,
// _RTHDRDSTOPTS, _RTHDR, _DSTOPTS
static const uint32_t ipv6_routes[] = {3, 4, 5, 6, 32, 54, 55, 57, 59};
// What programs set. Not here: filters and programs of the kernel's that run for each packet,
// protocols over others (TCP_ULP, UDP_ENCAP), headers of one's own, netfilter.
static const uint32_t socket_options[] = {
    2,  4,  5,  6,  7,  8,  9,  10, 12, 13, 15, 16, // REUSEADDR ... LINGER, REUSEPORT, PASSCRED
    18, 19, 20, 21, 25, 29, 34, 35, 37,             // timeouts, BINDTODEVICE, time stamps
    40, 41, 42, 46, 47, 49, 53, 60, 61,             // RXQ_OVFL ... BUSY_POLL, ZEROCOPY, TXTIME
    63, 64, 65, 66, 67, 69, 70, 76, // timeouts and time stamps of 64 bits, PASSPIDFD
};
static const uint32_t ip_options[] = {
    1,  2,  6,  7,  8,  10, 11, 12, 13, 15, 18, 19, 20, 21, 24,             // TOS, TTL, PKTINFO ...
    32, 33, 34, 35, 36, 37, 38, 39, 40, 42, 43, 44, 45, 46, 47, 49, 50, 51, // multicast, interface
};
static const uint32_t ipv6_options[] = {
    16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 29, 42, 43, 44, 45, 46, // hops, multicast, V6ONLY
    47, 49, 50, 51, 52, 60, 62, 63, 66, 67, 70, 72, 73, 76, 78,     // PKTINFO, TCLASS ...
};
static const uint32_t tcp_options[] = {
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 12, 13, // NODELAY ... KEEP*, QUICKACK, CONGESTION
    16, 17, 18, 23, 24, 25, 27, 30, 32, 36, 37,     // USER_TIMEOUT, FASTOPEN, NOTSENT_LOWAT ...
};
static const uint32_t udp_options[] = {1, 101, 102, 103, 104};         // CORK, checksums, GSO, GRO
static const uint32_t netlink_options[] = {1, 2, 3, 4, 5, 10, 11, 12}; // groups, answers
RULES(setsockopt_rules) = {
    ALLOWED(PSX_BOX_ANY, IS(1, 6), ONE(2, tcp_options)),
    ALLOWED(PSX_BOX_ANY, IS(1, 1), ONE(2, socket_options)),
    ALLOWED(PSX_BOX_ANY, IS(1, 0), ONE(2, ip_options)),
    ALLOWED(PSX_BOX_ANY, IS(1, 41), ONE(2, ipv6_options)),
    ALLOWED(PSX_BOX_ANY, IS(1, 17), ONE(2, udp_options)),
    ALLOWED(PSX_BOX_ANY, IS(1, 270), ONE(2, netlink_options)),
    ASKED(EPERM, IS(1, 0), ONE(2, ip_routes)),
    ASKED(EPERM, IS(1, 41), ONE(2, ipv6_routes)),
    END,
};

// ---- rows ---------------------------------------------------------------------------------------

#define ROW(call, allowed_, rules_, otherwise_, error_, why_)                                      \
    {                                                                                              \
        .nr = __SNR_##call, .name = #call, .allowed = (allowed_), .rules = (rules_),               \
        .otherwise = (otherwise_), .error = (error_), .why = (why_)                                \
    }
#define NEW_ROW(call, allowed_, otherwise_, error_, why_)                                          \
    {                                                                                              \
        .nr = __SNR_psx_##call, .name = #call, .allowed = (allowed_), .otherwise = (otherwise_),   \
        .error = (error_), .why = (why_)                                                           \
    }
// Harmless, or what it does is decided elsewhere (Landlock, descriptors).
#define FREE(call)                       ROW(call, PSX_BOX_ANY, NULL, PSX_CALL_REFUSE, ENOSYS, "")
// Whenever one of the facts holds.
#define FOR(call, facts, e, why)         ROW(call, facts, NULL, PSX_CALL_ASK, e, why)
#define QUIET_FOR(call, facts, e, why)   ROW(call, facts, NULL, PSX_CALL_REFUSE, e, why)
#define LOOK(call, facts, rules, e, why) ROW(call, facts, rules, PSX_CALL_ASK, e, why)
// Never: the supervisor hears of it, and may do it in the caller's place.
#define ASK(call, e, why)                ROW(call, 0, NULL, PSX_CALL_ASK, e, why)
// Never, and nobody is told.
#define NONE(call, e, why)               ROW(call, 0, NULL, PSX_CALL_REFUSE, e, why)

#define ATTRIBUTES "Landlock does not look at modes, owners, times and attributes"
#define GROWS      "what is granted and not there yet is made by the supervisor"
#define OTHERS     "reaches into other processes"
#define KERNEL     "the administrator's, or much of the kernel for few programs"
#define MOUNTS     "changes what names mean"
#define SHARED     "shared with all processes of the user"
#define ADDRESS    "nobody is there to tell addresses apart"
#define NUMA       "steers the memory of a large machine"

const psx_call psx_box_calls[] = {
    // memory, threads, time, signals of its own
    FREE(brk),
    FREE(mmap),
    FREE(mprotect),
    FREE(munmap),
    FREE(mremap),
    FREE(madvise),
    FREE(msync),
    FREE(mincore),
    FREE(mlock),
    FREE(mlock2),
    FREE(mlockall),
    FREE(munlock),
    FREE(munlockall),
    FREE(membarrier),
    FREE(pkey_alloc),
    FREE(pkey_free),
    FREE(pkey_mprotect),
    FREE(map_shadow_stack),
    NEW_ROW(mseal, PSX_BOX_ANY, PSX_CALL_REFUSE, ENOSYS, ""),
    FREE(futex),
    FREE(futex_waitv),
    FREE(set_robust_list),
    FREE(set_tid_address),
    FREE(rseq),
    NEW_ROW(futex_wake, PSX_BOX_ANY, PSX_CALL_REFUSE, ENOSYS, ""),
    NEW_ROW(futex_wait, PSX_BOX_ANY, PSX_CALL_REFUSE, ENOSYS, ""),
    NEW_ROW(futex_requeue, PSX_BOX_ANY, PSX_CALL_REFUSE, ENOSYS, ""),
    FREE(exit),
    FREE(exit_group),
    FREE(gettid),
    FREE(getpid),
    FREE(getppid),
    FREE(sched_yield),
    FREE(getcpu),
    FREE(restart_syscall),
    FREE(pause),
    FREE(alarm),
    FREE(nanosleep),
    FREE(clock_nanosleep),
    FREE(clock_gettime),
    FREE(clock_getres),
    FREE(gettimeofday),
    FREE(time),
    FREE(times),
    FREE(getitimer),
    FREE(setitimer),
    FREE(timer_create),
    FREE(timer_delete),
    FREE(timer_getoverrun),
    FREE(timer_gettime),
    FREE(timer_settime),
    FREE(timerfd_create),
    FREE(timerfd_gettime),
    FREE(timerfd_settime),
    FREE(rt_sigaction),
    FREE(rt_sigprocmask),
    FREE(rt_sigreturn),
    FREE(rt_sigpending),
    FREE(rt_sigsuspend),
    FREE(rt_sigtimedwait),
    FREE(sigaltstack),
    FREE(signalfd),
    FREE(signalfd4),
    FREE(getrandom),
    FREE(uname),
    FREE(sysinfo),
    FREE(wait4),
    FREE(waitid),
    FREE(getrusage),
    FREE(getrlimit),
    FREE(setrlimit),
    FREE(umask),
    FREE(sched_getaffinity),
    FREE(sched_getparam),
    FREE(sched_getscheduler),
    FREE(sched_getattr),
    FREE(sched_get_priority_max),
    FREE(sched_get_priority_min),
    FREE(sched_rr_get_interval),
    FREE(getpriority),
    FREE(ioprio_get),
    FREE(get_mempolicy),
    // who am I
    FREE(getuid),
    FREE(geteuid),
    FREE(getgid),
    FREE(getegid),
    FREE(getresuid),
    FREE(getresgid),
    FREE(getgroups),
    FREE(getpgid),
    FREE(getpgrp),
    FREE(getsid),
    FREE(capget),
    // descriptors: what they may do was decided when they were made
    FREE(read),
    FREE(write),
    FREE(readv),
    FREE(writev),
    FREE(pread64),
    FREE(pwrite64),
    FREE(preadv),
    FREE(pwritev),
    FREE(preadv2),
    FREE(pwritev2),
    FREE(lseek),
    FREE(close),
    FREE(close_range),
    FREE(dup),
    FREE(dup2),
    FREE(dup3),
    FREE(pipe),
    FREE(pipe2),
    FREE(poll),
    FREE(ppoll),
    FREE(select),
    FREE(pselect6),
    FREE(epoll_create),
    FREE(epoll_create1),
    FREE(epoll_ctl),
    FREE(epoll_wait),
    FREE(epoll_pwait),
    FREE(epoll_pwait2),
    FREE(eventfd),
    FREE(eventfd2),
    FREE(sendfile),
    FREE(splice),
    FREE(tee),
    FREE(copy_file_range),
    FREE(fsync),
    FREE(fdatasync),
    FREE(sync_file_range),
    FREE(syncfs),
    FREE(fadvise64),
    FREE(readahead),
    FREE(fallocate),
    FREE(ftruncate),
    FREE(flock),
    FREE(fstat),
    FREE(fstatfs),
    FREE(getdents),
    FREE(getdents64),
    // names: Landlock decides, and does not look at stat and access
    LOOK(open, PSX_BOX_FENCED, open_rules, EACCES, GROWS),
    LOOK(openat, PSX_BOX_FENCED, openat_rules, EACCES, GROWS),
    FREE(openat2),
    FOR(creat, PSX_BOX_FENCED, EACCES, GROWS),
    FREE(stat),
    FREE(lstat),
    FREE(newfstatat),
    FREE(statx),
    FREE(statfs),
    FREE(access),
    FREE(faccessat),
    FREE(faccessat2),
    FREE(readlink),
    FREE(readlinkat),
    FREE(getcwd),
    FREE(chdir),
    FREE(fchdir),
    FOR(mkdir, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(mkdirat, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(rmdir, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(unlink, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(unlinkat, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(rename, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(renameat, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(renameat2, PSX_BOX_FENCED, EACCES, GROWS),
    FOR(link, PSX_BOX_RUNS | PSX_BOX_WRITES, EPERM, "nothing may be written"),
    FOR(linkat, PSX_BOX_RUNS | PSX_BOX_WRITES, EPERM, "nothing may be written"),
    FOR(symlink, PSX_BOX_RUNS | PSX_BOX_WRITES, EPERM, "nothing may be written"),
    FOR(symlinkat, PSX_BOX_RUNS | PSX_BOX_WRITES, EPERM, "nothing may be written"),
    LOOK(mknod, 0, mknod_rules, EPERM, "a device's number is as good as its name"),
    LOOK(mknodat, 0, mknodat_rules, EPERM, "a device's number is as good as its name"),
    FOR(truncate, PSX_BOX_LANDLOCK_TRUNCATES, EPERM, "this kernel's Landlock does not look at it"),
    FOR(inotify_init, PSX_BOX_RUNS | PSX_BOX_READS, EACCES, "Landlock does not look at watches"),
    FOR(inotify_init1, PSX_BOX_RUNS | PSX_BOX_READS, EACCES, "Landlock does not look at watches"),
    FOR(inotify_add_watch, PSX_BOX_WATCHES_ALONE, EACCES, "Landlock does not look at watches"),
    FREE(inotify_rm_watch),
    QUIET_FOR(getxattr, PSX_BOX_RUNS | PSX_BOX_READS, EOPNOTSUPP, ATTRIBUTES),
    QUIET_FOR(lgetxattr, PSX_BOX_RUNS | PSX_BOX_READS, EOPNOTSUPP, ATTRIBUTES),
    QUIET_FOR(fgetxattr, PSX_BOX_RUNS | PSX_BOX_READS, EOPNOTSUPP, ATTRIBUTES),
    QUIET_FOR(listxattr, PSX_BOX_RUNS | PSX_BOX_READS, EOPNOTSUPP, ATTRIBUTES),
    QUIET_FOR(llistxattr, PSX_BOX_RUNS | PSX_BOX_READS, EOPNOTSUPP, ATTRIBUTES),
    QUIET_FOR(flistxattr, PSX_BOX_RUNS | PSX_BOX_READS, EOPNOTSUPP, ATTRIBUTES),
    NEW_ROW(getxattrat, PSX_BOX_RUNS | PSX_BOX_READS, PSX_CALL_REFUSE, EOPNOTSUPP, ATTRIBUTES),
    NEW_ROW(listxattrat, PSX_BOX_RUNS | PSX_BOX_READS, PSX_CALL_REFUSE, EOPNOTSUPP, ATTRIBUTES),
    ASK(chmod, EPERM, ATTRIBUTES),
    ASK(fchmod, EPERM, ATTRIBUTES),
    ASK(fchmodat, EPERM, ATTRIBUTES),
    NEW_ROW(fchmodat2, 0, PSX_CALL_ASK, EPERM, ATTRIBUTES),
    ASK(chown, EPERM, ATTRIBUTES),
    ASK(fchown, EPERM, ATTRIBUTES),
    ASK(lchown, EPERM, ATTRIBUTES),
    ASK(fchownat, EPERM, ATTRIBUTES),
    ASK(utime, EPERM, ATTRIBUTES),
    ASK(utimes, EPERM, ATTRIBUTES),
    ASK(futimesat, EPERM, ATTRIBUTES),
    ASK(utimensat, EPERM, ATTRIBUTES),
    ASK(setxattr, EPERM, ATTRIBUTES),
    ASK(lsetxattr, EPERM, ATTRIBUTES),
    ASK(fsetxattr, EPERM, ATTRIBUTES),
    ASK(removexattr, EPERM, ATTRIBUTES),
    ASK(lremovexattr, EPERM, ATTRIBUTES),
    ASK(fremovexattr, EPERM, ATTRIBUTES),
    NEW_ROW(setxattrat, 0, PSX_CALL_ASK, EPERM, ATTRIBUTES),
    NEW_ROW(removexattrat, 0, PSX_CALL_ASK, EPERM, ATTRIBUTES),
    NEW_ROW(file_setattr, 0, PSX_CALL_ASK, EPERM, ATTRIBUTES),
    ASK(open_by_handle_at, EPERM, "opens what has no name in the box"),
    NONE(name_to_handle_at, EOPNOTSUPP, "a handle names a file without its path"),
    QUIET_FOR(sync, PSX_BOX_RUNS | PSX_BOX_WRITES, EPERM, "of the whole machine"),
    LOOK(fcntl, 0, fcntl_rules, EPERM, "what is not listed"),
    ROW(ioctl, 0, ioctl_rules, PSX_CALL_REFUSE, ENOTTY,
        "thousands of requests, of which few are needed"),
    LOOK(memfd_create, PSX_BOX_MEMFD_EXEC_ONLY, memfd_rules, EACCES,
         "memory that could be executed as a program"),
    ASK(memfd_secret, EPERM, KERNEL),
    // sockets
    LOOK(socket, 0, socket_rules, EACCES, "a family, type or protocol that nobody was granted"),
    LOOK(socketpair, 0, socketpair_rules, EACCES, "a pair that takes addresses"),
    FREE(accept),
    FREE(accept4),
    FREE(getsockname),
    FREE(getpeername),
    FREE(getsockopt),
    ROW(setsockopt, 0, setsockopt_rules, PSX_CALL_REFUSE, ENOPROTOOPT, "what is not listed"),
    FREE(shutdown),
    FREE(recvfrom),
    FREE(recvmsg),
    FREE(recvmmsg),
    FOR(connect, PSX_BOX_CONNECTS_ALONE, EACCES, ADDRESS),
    // With an address of port 0 for every datagram socket of libuv's; Landlock decides about TCP.
    FOR(bind, PSX_BOX_CONNECTS_ALONE | PSX_BOX_LISTENS_ALONE | PSX_BOX_ROUTES_ALONE, EACCES,
        ADDRESS),
    FOR(listen, PSX_BOX_LISTENS_ALONE, EACCES, ADDRESS),
    LOOK(sendto, PSX_BOX_CONNECTS_ALONE | PSX_BOX_ROUTES_ALONE, sendto_rules, EACCES, ADDRESS),
    FOR(sendmsg, PSX_BOX_CONNECTS_ALONE | PSX_BOX_SILENT, EACCES, ADDRESS),
    FOR(sendmmsg, PSX_BOX_CONNECTS_ALONE | PSX_BOX_SILENT, EACCES, ADDRESS),
    // processes
    LOOK(clone, 0, clone_rules, EPERM, "a process, or a namespace"),
    NONE(clone3, ENOSYS, "its flags lie in memory; libraries go on with clone"),
    FOR(fork, PSX_BOX_RUNS | PSX_BOX_SPAWNS, EPERM, "a process"),
    FOR(vfork, PSX_BOX_RUNS | PSX_BOX_SPAWNS, EPERM, "a process"),
    FOR(execve, PSX_BOX_RUNS | PSX_BOX_SPAWNS, EACCES, "a program"),
    LOOK(execveat, PSX_BOX_RUNS, execveat_rules, EACCES, "a program"),
    FOR(setsid, PSX_BOX_RUNS | PSX_BOX_SPAWNS, EPERM, "leaves the terminal's reach"),
    FOR(setpgid, PSX_BOX_RUNS | PSX_BOX_SPAWNS, EPERM, "leaves the terminal's reach"),
    LOOK(kill, PSX_BOX_RUNS, kill_rules, EPERM, OTHERS),
    LOOK(tgkill, PSX_BOX_RUNS | PSX_BOX_SIGNALS, own_process, EPERM, OTHERS),
    FOR(tkill, PSX_BOX_RUNS | PSX_BOX_SIGNALS, EPERM, OTHERS),
    LOOK(rt_sigqueueinfo, PSX_BOX_RUNS | PSX_BOX_SIGNALS, own_process, EPERM, OTHERS),
    LOOK(rt_tgsigqueueinfo, PSX_BOX_RUNS | PSX_BOX_SIGNALS, own_process, EPERM, OTHERS),
    LOOK(pidfd_open, PSX_BOX_RUNS | PSX_BOX_SIGNALS, own_process, EPERM, OTHERS),
    FOR(pidfd_send_signal, PSX_BOX_RUNS | PSX_BOX_SIGNALS, EPERM, OTHERS),
    LOOK(prlimit64, 0, own_or_zero, EPERM, OTHERS),
    LOOK(sched_setaffinity, 0, own_or_zero, EPERM, OTHERS),
    LOOK(sched_setattr, 0, own_or_zero, EPERM, OTHERS),
    LOOK(sched_setparam, 0, own_or_zero, EPERM, OTHERS),
    LOOK(sched_setscheduler, 0, own_or_zero, EPERM, OTHERS),
    LOOK(setpriority, 0, own_priority, EPERM, OTHERS),
    LOOK(ioprio_set, 0, own_io_priority, EPERM, OTHERS),
    LOOK(get_robust_list, 0, this_thread, EPERM, OTHERS),
    ASK(ptrace, EPERM, OTHERS),
    ASK(process_vm_readv, EPERM, OTHERS),
    ASK(process_vm_writev, EPERM, OTHERS),
    ASK(pidfd_getfd, EPERM, OTHERS),
    ASK(kcmp, EPERM, OTHERS),
    ASK(process_madvise, EPERM, OTHERS),
    ASK(process_mrelease, EPERM, OTHERS),
    ASK(migrate_pages, EPERM, OTHERS),
    ASK(move_pages, EPERM, OTHERS),
    LOOK(prctl, 0, prctl_rules, EPERM, "what is not listed"),
    LOOK(arch_prctl, 0, arch_prctl_rules, EPERM, "what is not listed"),
    LOOK(personality, 0, personality_rules, EPERM, "turns protections off"),
    LOOK(seccomp, PSX_BOX_RUNS, seccomp_rules, EPERM, "a filter can only take away"),
    FOR(landlock_create_ruleset, PSX_BOX_RUNS, EPERM, "the box is made already"),
    FOR(landlock_add_rule, PSX_BOX_RUNS, EPERM, "the box is made already"),
    FOR(landlock_restrict_self, PSX_BOX_RUNS, EPERM, "the box is made already"),
    // Who was root is it no more: the kernel refuses what would matter.
    QUIET_FOR(setuid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setgid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setreuid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setregid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setresuid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setresgid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setfsuid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setfsgid, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(setgroups, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    QUIET_FOR(capset, PSX_BOX_RUNS, EPERM, "changes who the process is"),
    // never
    NONE(io_uring_setup, EPERM, "does what other calls are refused"), // libuv tries
    ASK(io_uring_enter, EPERM, "does what other calls are refused"),
    ASK(io_uring_register, EPERM, "does what other calls are refused"),
    LOOK(unshare, 0, unshare_rules, EPERM, MOUNTS),
    ASK(setns, EPERM, MOUNTS),
    ASK(mount, EPERM, MOUNTS),
    ASK(umount2, EPERM, MOUNTS),
    ASK(pivot_root, EPERM, MOUNTS),
    ASK(chroot, EPERM, MOUNTS),
    ASK(move_mount, EPERM, MOUNTS),
    ASK(open_tree, EPERM, MOUNTS),
    ASK(fsopen, EPERM, MOUNTS),
    ASK(fsconfig, EPERM, MOUNTS),
    ASK(fsmount, EPERM, MOUNTS),
    ASK(fspick, EPERM, MOUNTS),
    ASK(mount_setattr, EPERM, MOUNTS),
    NEW_ROW(open_tree_attr, 0, PSX_CALL_ASK, EPERM, MOUNTS),
    NEW_ROW(statmount, 0, PSX_CALL_REFUSE, ENOSYS, MOUNTS),
    NEW_ROW(listmount, 0, PSX_CALL_REFUSE, ENOSYS, MOUNTS),
    ASK(bpf, EPERM, KERNEL),
    ASK(perf_event_open, EPERM, KERNEL),
    ASK(userfaultfd, EPERM, KERNEL),
    ASK(keyctl, EPERM, SHARED),
    ASK(add_key, EPERM, SHARED),
    ASK(request_key, EPERM, SHARED),
    ASK(shmget, EACCES, SHARED),
    ASK(shmat, EACCES, SHARED),
    ASK(shmctl, EACCES, SHARED),
    ASK(shmdt, EACCES, SHARED),
    ASK(semget, EACCES, SHARED),
    ASK(semop, EACCES, SHARED),
    ASK(semtimedop, EACCES, SHARED),
    ASK(semctl, EACCES, SHARED),
    ASK(msgget, EACCES, SHARED),
    ASK(msgsnd, EACCES, SHARED),
    ASK(msgrcv, EACCES, SHARED),
    ASK(msgctl, EACCES, SHARED),
    ASK(mq_open, EACCES, SHARED),
    ASK(mq_unlink, EACCES, SHARED),
    ASK(mq_timedsend, EACCES, SHARED),
    ASK(mq_timedreceive, EACCES, SHARED),
    ASK(mq_notify, EACCES, SHARED),
    ASK(mq_getsetattr, EACCES, SHARED),
    ASK(fanotify_init, EPERM, KERNEL),
    ASK(fanotify_mark, EPERM, KERNEL),
    ASK(init_module, EPERM, KERNEL),
    ASK(finit_module, EPERM, KERNEL),
    ASK(delete_module, EPERM, KERNEL),
    ASK(kexec_load, EPERM, KERNEL),
    ASK(kexec_file_load, EPERM, KERNEL),
    ASK(reboot, EPERM, KERNEL),
    ASK(swapon, EPERM, KERNEL),
    ASK(swapoff, EPERM, KERNEL),
    ASK(acct, EPERM, KERNEL),
    ASK(quotactl, EPERM, KERNEL),
    ASK(quotactl_fd, EPERM, KERNEL),
    ASK(iopl, EPERM, KERNEL),
    ASK(ioperm, EPERM, KERNEL),
    ASK(modify_ldt, EPERM, KERNEL),
    ASK(vhangup, EPERM, KERNEL),
    ASK(syslog, EPERM, KERNEL),
    ASK(settimeofday, EPERM, KERNEL),
    ASK(clock_settime, EPERM, KERNEL),
    ASK(adjtimex, EPERM, KERNEL),
    ASK(clock_adjtime, EPERM, KERNEL),
    ASK(sethostname, EPERM, KERNEL),
    ASK(setdomainname, EPERM, KERNEL),
    // What libraries try, and do without.
    NONE(io_setup, ENOSYS, KERNEL),
    NONE(io_submit, ENOSYS, KERNEL),
    NONE(io_getevents, ENOSYS, KERNEL),
    NONE(io_pgetevents, ENOSYS, KERNEL),
    NONE(io_cancel, ENOSYS, KERNEL),
    NONE(io_destroy, ENOSYS, KERNEL),
    NONE(vmsplice, ENOSYS, KERNEL),
    NONE(remap_file_pages, ENOSYS, KERNEL),
    NONE(mbind, EPERM, NUMA),
    NONE(set_mempolicy, EPERM, NUMA),
    NONE(set_mempolicy_home_node, EPERM, NUMA),
    NEW_ROW(cachestat, 0, PSX_CALL_REFUSE, ENOSYS, "who reads what"),
};
const size_t psx_box_n_calls = N(psx_box_calls);

const psx_call *psx_box_call_of(int nr)
{
    for (size_t i = 0; i < psx_box_n_calls; i++) {
        if (nr >= 0 && psx_box_calls[i].nr == nr) return &psx_box_calls[i];
    }
    return NULL;
}

// The system calls of a run: what npsx, the engine and its libraries make, watched on real runs,
// and what libuv falls back to on other kernels. Not here, though Node would use it: io_uring.
#include "cli/export.h"

typedef enum { ALWAYS, WRITES, NETWORK, LISTENS, SPAWNS, KILLS, SUPERVISED } need;

typedef struct {
    need need;
    const char *const *names;
} group;

// The box and its supervisor are made in there as well: pidfd_*, process_vm_*, setres*.
// execve and execveat start npsx and the engine: a filter that is loaded before them has to let
// them through.
static const char *const always[] = {
    "access",
    "arch_prctl",
    "brk",
    "capget",
    "capset",
    "chdir",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "close_range",
    "copy_file_range",
    "dup",
    "dup2",
    "dup3",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd2",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fchdir",
    "fcntl",
    "fdatasync",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "futex",
    "get_robust_list",
    "getcpu",
    "getcwd",
    "getdents64",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getitimer",
    "getpeername",
    "getpgid",
    "getpgrp",
    "getpid",
    "getppid",
    "getpriority",
    "getrandom",
    "getresgid",
    "getresuid",
    "getrlimit",
    "getrusage",
    "getsid",
    "getsockname",
    "getsockopt",
    "gettid",
    "gettimeofday",
    "getuid",
    "inotify_add_watch",
    "inotify_init1",
    "inotify_rm_watch",
    "ioctl",
    "landlock_add_rule",
    "landlock_create_ruleset",
    "landlock_restrict_self",
    "lseek",
    "lstat",
    "madvise",
    "membarrier",
    "memfd_create",
    "mincore",
    "mkdir",
    "mkdirat",
    "mlock",
    "mmap",
    "mprotect",
    "mremap",
    "munlock",
    "munmap",
    "nanosleep",
    "newfstatat",
    "open",
    "openat",
    "openat2",
    "pidfd_getfd",
    "pidfd_open",
    "pidfd_send_signal",
    "pipe",
    "pipe2",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "poll",
    "ppoll",
    "prctl",
    "pread64",
    "preadv",
    "preadv2",
    "prlimit64",
    "process_vm_readv",
    "process_vm_writev",
    "pselect6",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readlink",
    "readlinkat",
    "readv",
    "recvfrom",
    "recvmsg",
    "rename",
    "renameat",
    "renameat2",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_yield",
    "seccomp",
    "select",
    "sendfile",
    "sendmsg",
    "sendto",
    "set_robust_list",
    "set_tid_address",
    "setgroups",
    "setitimer",
    "setpriority",
    "setresgid",
    "setresuid",
    "setsockopt",
    "shutdown",
    "sigaltstack",
    "socketpair",
    "stat",
    "statfs",
    "statx",
    "sysinfo",
    "tgkill",
    "time",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    "times",
    "umask",
    "uname",
    "unlink",
    "unlinkat",
    "write",
    "writev",
    NULL,
};
static const char *const writes[] = {
    "chmod",           "chown",    "fchmod", "fchmodat",  "fchmodat2", "fchown",  "fchownat",
    "futimesat",       "lchown",   "link",   "linkat",    "rmdir",     "symlink", "symlinkat",
    "sync_file_range", "truncate", "utime",  "utimensat", "utimes",    NULL,
};
static const char *const network[] = {"bind", "connect", "recvmmsg", "sendmmsg", NULL};
static const char *const listens[] = {"accept", "accept4", "listen", NULL};
static const char *const spawns[] = {"fork", "setpgid", "setsid", "vfork", "waitid", NULL};
static const char *const kills[] = {"kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", NULL};
// What stands beside the engine where the kernel alone cannot tell (src/box): it acts in the
// engine's place. The engine itself is refused all of it by npsx's own box.
static const char *const supervised[] = {
    "pidfd_getfd", "pidfd_open", "pidfd_send_signal", "process_vm_readv", "process_vm_writev",
    "setgroups",   "setresgid",  "setresuid",         "signalfd4",        "wait4",
    NULL,
};

static const group groups[] = {{ALWAYS, always},        {WRITES, writes}, {NETWORK, network},
                               {LISTENS, listens},      {SPAWNS, spawns}, {KILLS, kills},
                               {SUPERVISED, supervised}};

static bool needed(const psx_cli_export *e, need what)
{
    bool listens_somewhere = e->listen.n > 0;
    for (size_t i = 0; i < e->sockets.n; i++) {
        if (e->sockets.v[i]->cap == PSX_CAP_NET_LISTEN) listens_somewhere = true;
    }
    switch (what) {
    case ALWAYS: return true;
    case WRITES: return e->writes.n > 0;
    case NETWORK: return e->connect.n || e->listen.n || e->sockets.n;
    case LISTENS: return listens_somewhere;
    case SPAWNS: return e->spawn;
    case SUPERVISED: return e->writes.n || e->connect.n || e->sockets.n || e->listen.n || e->spawn;
    case KILLS: return e->spawn || e->kill; // a child is ended by it
    }
    return false;
}

const char *psx_cli_export_call(const psx_cli_export *e, size_t *i)
{
    size_t at = 0;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        if (!needed(e, groups[g].need)) continue;
        for (size_t k = 0; groups[g].names[k]; k++) {
            if (at++ == *i) {
                (*i)++;
                return groups[g].names[k];
            }
        }
    }
    return NULL;
}

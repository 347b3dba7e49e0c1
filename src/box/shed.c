// What the supervisor gives up of what it was forked with: descriptors, npsx's memory, its name,
// and, where it starts nobody, capabilities and most system calls.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "box/super.h"
#include "os/privileges.h"
#include "os/seccomp.h"

// ---- memory -------------------------------------------------------------------------------------

enum { OWN_MAX = 16 << 20 };

static psx_rc copy_text(psx_op *op, psx_str *s)
{
    return s->p ? psx_op_copy(op, *s, s) : PSX_OK;
}

// Landlock's. Where something is made for native code, what Landlock lets it make must be known.
static psx_rc copy_paths(psx_op *op, const psx_box_spec *from, psx_box_spec *to)
{
    to->paths = NULL;
    to->n_paths = 0;
    if (!from->makes && !from->grows) return PSX_OK;
    to->paths = PSX_ARRAY(op, psx_box_path, from->n_paths);
    if (!to->paths) return psx_fail_nomem(op);
    for (size_t i = 0; i < from->n_paths; i++) {
        psx_box_path *p = &to->paths[to->n_paths++];
        *p = from->paths[i];
        TRY(copy_text(op, &p->path));
    }
    return PSX_OK;
}

static psx_rc copy_spec(psx_op *op, const psx_box_spec *from, psx_box_spec *to)
{
    psx_policy *policy;
    psx_policy_holder *held;
    *to = *from;
    TRY(copy_paths(op, from, to));
    TRY(psx_policy_copy(op, from->policy, from->held, &policy, &held));
    to->policy = policy;
    to->held = held;
    return PSX_OK;
}

static psx_rc copy_how(psx_op *op, const psx_box_supervision *from, psx_box_supervision *to)
{
    *to = *from;
    TRY(copy_text(op, &to->program));
    TRY(copy_text(op, &to->spawner));
    TRY(copy_text(op, &to->path));
    TRY(copy_text(op, &to->as));
    return copy_text(op, &to->audit_who);
}

// What is needed of the lockfile, the whole policy, the plan: the megabytes that they are go later.
psx_rc psx_super_own_memory(psx_super *s)
{
    static psx_op own;
    static psx_box_spec spec;
    static psx_box_supervision how;
    s->before = s->op;
    psx_op_init(&own, OWN_MAX);
    TRY(copy_spec(&own, s->spec, &spec));
    TRY(copy_how(&own, s->how, &how));
    s->op = &own;
    s->spec = &spec;
    s->how = &how;
    return PSX_OK;
}

// ---- descriptors, limits ------------------------------------------------------------------------

// Standard input and output are the program's alone, or nobody would see their end. Standard error
// stays, for what was refused.
int psx_super_shed_descriptors(psx_super *s)
{
    int keep[] = {s->engine_pidfd,  s->channel,       s->leash,
                  s->control,       s->how->dns_udp,  s->how->dns_tcp,
                  s->how->audit_fd, s->how->learn_fd, s->how->told_fd};
    int e = psx_os_close_others(keep, sizeof keep / sizeof *keep);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (e < 0 || null < 0) return e < 0 ? e : -errno;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (s->how->quiet) dup2(null, STDERR_FILENO);
    close(null);
    return chdir("/") == 0 ? 0 : -errno;
}

// Each waiting connect is a descriptor.
void psx_super_raise_limits(void)
{
    enum { FILES = 8192 };
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) return;
    r.rlim_cur = r.rlim_max < FILES ? r.rlim_max : FILES;
    setrlimit(RLIMIT_NOFILE, &r);
}

// Where the program's arguments were; nobody points there any more.
void psx_super_take_name(void)
{
    static const char name[] = "npsx: supervisor";
    char text[1024];
    unsigned long from = 0, to = 0;
    prctl(PR_SET_NAME, "npsx-supervisor", 0, 0, 0);
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (n <= 0) return;
    text[n] = '\0';
    char *at = strrchr(text, ')'); // the second field; arguments are the 48th and 49th
    for (int field = 2; at && field < 48; field++) {
        at = strchr(at + 1, ' ');
    }
    if (!at || sscanf(at, " %lu %lu", &from, &to) != 2 || to <= from) return;
    memset((char *)from, 0, to - from);
    snprintf((char *)from, to - from, "%s", name);
}

// ---- rights -------------------------------------------------------------------------------------

// Of whom it acts for, whose memory it could not read with fewer, and to bind what is granted.
enum {
    SETGID = 6,
    SETUID = 7,
    PTRACE = 19,
};

static const uint64_t capabilities =
    PSX_OS_CAP(PSX_OS_CAP_CHOWN) | PSX_OS_CAP(PSX_OS_CAP_DAC_OVERRIDE) |
    PSX_OS_CAP(PSX_OS_CAP_DAC_READ_SEARCH) | PSX_OS_CAP(PSX_OS_CAP_FOWNER) |
    PSX_OS_CAP(PSX_OS_CAP_FSETID) | PSX_OS_CAP(PSX_OS_CAP_KILL) |
    PSX_OS_CAP(PSX_OS_CAP_NET_BIND_SERVICE) | PSX_OS_CAP(SETGID) | PSX_OS_CAP(SETUID) |
    PSX_OS_CAP(PTRACE);

// Everything that src/box does after the start, and what libc needs for it. Not among it: to
// execute, to fork, to mount, to trace, to change limits, namespaces or the machine.
static const uint16_t calls[] = {
    // its loop, the notifications, time
    SYS_epoll_wait,
    SYS_epoll_pwait,
    SYS_epoll_ctl,
    SYS_ioctl,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_poll,
    SYS_ppoll,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_clock_gettime,
    SYS_setitimer,
    SYS_time,
    SYS_gettimeofday,
    // sockets
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_shutdown,
    // files
    SYS_open,
    SYS_openat,
    SYS_openat2,
    SYS_close,
    SYS_read,
    SYS_write,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_lseek,
    SYS_fcntl,
    SYS_dup,
    SYS_dup3,
    SYS_fstat,
    SYS_newfstatat,
    SYS_stat,
    SYS_lstat,
    SYS_statx,
    SYS_fstatfs,
    SYS_readlink,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_unlink,
    SYS_unlinkat,
    SYS_rename,
    SYS_renameat,
    SYS_renameat2,
    SYS_mkdir,
    SYS_mkdirat,
    SYS_rmdir,
    SYS_link,
    SYS_linkat,
    SYS_symlink,
    SYS_symlinkat,
    SYS_mknod,
    SYS_mknodat,
    SYS_chmod,
    SYS_fchmod,
    SYS_fchmodat,
    452 /* fchmodat2 */,
    SYS_chown,
    SYS_fchown,
    SYS_lchown,
    SYS_fchownat,
    SYS_utime,
    SYS_utimes,
    SYS_utimensat,
    SYS_futimesat,
    SYS_truncate,
    SYS_ftruncate,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_inotify_add_watch,
    SYS_getxattr,
    SYS_fgetxattr,
    SYS_access,
    SYS_faccessat,
    SYS_chdir,
    SYS_fchdir,
    SYS_umask,
    SYS_memfd_create,
    // whom it acts for
    SYS_setresuid,
    SYS_setresgid,
    SYS_setgroups,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    // the command whose parent it is, and that one's orphans
    SYS_kill,
    SYS_wait4,
    // memory, signals, the end
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_getrandom,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_rt_sigprocmask,
    SYS_rt_sigaction,
    SYS_restart_syscall,
    SYS_exit_group,
};

enum { CALLS = sizeof calls / sizeof *calls, HEAD = 4, PROGRAM = HEAD + CALLS + 2 };

static void make_filter(psx_os_bpf *v)
{
    size_t n = 0;
    v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_LOAD, .k = PSX_OS_SEEN_ARCH};
    v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_IF_EQ, .jt = 1, .k = psx_os_seccomp_arch};
    v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_RETURN, .k = PSX_OS_FILTER_KILL};
    v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_LOAD, .k = PSX_OS_SEEN_NR};
    for (size_t i = 0; i < CALLS; i++) {
        v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_IF_EQ, .jt = (uint8_t)(CALLS - i), .k = calls[i]};
    }
    v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_RETURN, .k = PSX_OS_FILTER_REFUSE | EPERM};
    v[n++] = (psx_os_bpf){.code = PSX_OS_BPF_RETURN, .k = PSX_OS_FILTER_ALLOW};
}

_Static_assert(CALLS < 255, "a jump is told in eight bits");

psx_rc psx_super_shed_rest(psx_super *s)
{
    psx_os_bpf program[PROGRAM];
    psx_op_fini(s->before);
    malloc_trim(0);
    if (s->spec->spawn != PSX_BOX_NONE || s->how->learn_fd >= 0) return PSX_OK;
    int e = psx_os_keep_capabilities(capabilities);
    if (e < 0) return psx_fail(s->op, PSX_E_OS, "it cannot give up its capabilities");
    make_filter(program);
    return psx_os_seccomp_load(s->op, program, PROGRAM, 0, NULL);
}

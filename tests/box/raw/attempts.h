// What native code would try, straight at the kernel: no library function stands between. Each
// attempt returns what the kernel said, or a descriptor that nobody closes.
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *outside; // a directory that nobody was granted, with `file`, `dir`, `socket`
static const char *inside;  // a file that may be read
static int port;            // where somebody listens on 127.0.0.1, whom nobody was granted
static long parent;         // a process outside of the box

static long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define RAW_(nr, a, b, c, d, e, f, ...)                                                            \
    raw6((long)(nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define RAW(...) RAW_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// An attempt that is one call.
#define CALL(name, ...)                                                                            \
    static long a_##name(void)                                                                     \
    {                                                                                              \
        return RAW(__VA_ARGS__);                                                                   \
    }                                                                                              \
    static_assert(true)

// ---- files --------------------------------------------------------------------------------------

static const char *out(const char *name)
{
    static __thread char path[2][4096];
    static __thread int turn;
    char *p = path[turn++ % 2];
    snprintf(p, sizeof path[0], "%s/%s", outside, name);
    return p;
}

CALL(open_read, SYS_openat, AT_FDCWD, out("file"), O_RDONLY);
CALL(open_write, SYS_openat, AT_FDCWD, out("file"), O_WRONLY);
CALL(open_append, SYS_openat, AT_FDCWD, out("file"), O_WRONLY | O_APPEND);
CALL(open_create, SYS_openat, AT_FDCWD, out("new"), O_RDWR | O_CREAT, 0600);
CALL(open_unnamed, SYS_openat, AT_FDCWD, outside, O_TMPFILE | O_RDWR, 0600);
CALL(open_old, SYS_open, out("file"), O_RDONLY);
CALL(open_dir, SYS_open, outside, O_RDONLY | O_DIRECTORY);
CALL(creat, SYS_creat, out("new"), 0600);
static long a_openat2(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};
    return RAW(SYS_openat2, AT_FDCWD, out("file"), how, sizeof how);
}
static long a_reopen(void)
{
    char link[64];
    long fd = RAW(SYS_open, out("file"), O_PATH);
    if (fd < 0) return fd;
    snprintf(link, sizeof link, "/proc/self/fd/%ld", fd);
    return RAW(SYS_open, link, O_RDONLY);
}
static char link_text[4096];
CALL(readlink, SYS_readlink, "/proc/self/exe", link_text, sizeof link_text);
CALL(readlinkat, SYS_readlinkat, AT_FDCWD, "/proc/self/cwd", link_text, sizeof link_text);
CALL(truncate, SYS_truncate, out("file"), 0);
CALL(link, SYS_link, out("file"), out("new"));
CALL(linkat, SYS_linkat, AT_FDCWD, out("file"), AT_FDCWD, out("new"), 0);
CALL(symlink, SYS_symlink, "/etc", out("new"));
CALL(rename, SYS_rename, out("file"), out("new"));
static long a_renameat2(void)
{
    return RAW(SYS_renameat2, AT_FDCWD, out("file"), AT_FDCWD, out("new"), 0);
}
CALL(unlink, SYS_unlink, out("file"));
CALL(unlinkat_dir, SYS_unlinkat, AT_FDCWD, out("dir"), AT_REMOVEDIR);
CALL(rmdir, SYS_rmdir, out("dir"));
CALL(mkdir, SYS_mkdir, out("new"), 0700);
CALL(mkfifo, SYS_mknod, out("new"), S_IFIFO | 0600, 0);
CALL(mkdevice, SYS_mknodat, AT_FDCWD, out("new"), S_IFCHR | 0600, 0x103);
CALL(chmod, SYS_chmod, out("file"), 0666);
CALL(fchmodat, SYS_fchmodat, AT_FDCWD, out("file"), 0666);
CALL(fchmodat2, 452, AT_FDCWD, out("file"), 0666, 0);
CALL(chown, SYS_chown, out("file"), 0, 0);
CALL(lchown, SYS_lchown, out("file"), 0, 0);
CALL(fchownat, SYS_fchownat, AT_FDCWD, out("file"), 0, 0, 0);
CALL(utimes, SYS_utimes, out("file"), 0);
CALL(utime, SYS_utime, out("file"), 0);
CALL(utimensat, SYS_utimensat, AT_FDCWD, out("file"), 0, 0);
CALL(futimesat, SYS_futimesat, AT_FDCWD, out("file"), 0);
CALL(setxattr, SYS_setxattr, out("file"), "user.x", "y", 1, 0);
CALL(lsetxattr, SYS_lsetxattr, out("file"), "trusted.x", "y", 1, 0);
CALL(removexattr, SYS_removexattr, out("file"), "user.there");

// What may be read is open; its mode, owner, times and attributes are not for who only reads.
static long readable(void)
{
    return RAW(SYS_open, inside, O_RDONLY);
}
CALL(fchmod, SYS_fchmod, readable(), 0644);
CALL(fchown, SYS_fchown, readable(), 0, 0);
CALL(futimens, SYS_utimensat, readable(), 0, 0, 0);
CALL(fsetxattr, SYS_fsetxattr, readable(), "user.x", "y", 1, 0);
static long a_chattr(void)
{
    long flags = 0;
    return RAW(SYS_ioctl, readable(), 0x40086602, &flags);
}
CALL(write_inside, SYS_open, inside, O_WRONLY);

static long a_open_handle(void)
{
    uint32_t handle[6] = {8, 1, 2, 0, 0, 0};
    return RAW(SYS_open_by_handle_at, AT_FDCWD, handle, O_RDONLY);
}
static long a_name_handle(void)
{
    uint32_t handle[34] = {128};
    int mount;
    return RAW(SYS_name_to_handle_at, AT_FDCWD, out("file"), handle, &mount, 0);
}
static long a_watch(void)
{
    long fd = RAW(SYS_inotify_init1, 0);
    return fd < 0 ? fd : RAW(SYS_inotify_add_watch, fd, outside, 0xfff);
}
CALL(fanotify, SYS_fanotify_init, 0, 0);
CALL(own_memory, SYS_open, "/proc/self/mem", O_RDWR);
CALL(environ_of_init, SYS_open, "/proc/1/environ", O_RDONLY);
static long of_parent(const char *what, int flags)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", parent, what);
    return RAW(SYS_open, path, flags);
}
static long a_environ_of_parent(void)
{
    return of_parent("environ", O_RDONLY);
}
static long a_memory_of_parent(void)
{
    return of_parent("mem", O_RDONLY);
}
static long a_shared_memory(void)
{
    return RAW(SYS_open, "/dev/shm/packsec-raw", O_RDWR | O_CREAT | O_EXCL, 0600);
}
CALL(terminals, SYS_open, "/dev/ptmx", O_RDWR);

// ---- sockets ------------------------------------------------------------------------------------

CALL(socket_unix, SYS_socket, AF_UNIX, SOCK_STREAM, 0);
CALL(socket_tcp, SYS_socket, AF_INET, SOCK_STREAM, 0);
static long a_socket_tcp_upper(void)
{
    return RAW(SYS_socket, AF_INET | 1l << 32, SOCK_STREAM | 1l << 40, 0);
}
CALL(socket_udp, SYS_socket, AF_INET, SOCK_DGRAM, 0);
CALL(socket_raw, SYS_socket, AF_INET, SOCK_RAW, IPPROTO_TCP);
static long a_socket_raw_upper(void)
{
    return RAW(SYS_socket, AF_INET, SOCK_RAW | 1l << 32, IPPROTO_TCP | 1l << 32);
}
CALL(socket_packet, SYS_socket, AF_PACKET, SOCK_RAW, 0x300);
CALL(socket_route, SYS_socket, AF_NETLINK, SOCK_RAW, 0);
CALL(socket_uevent, SYS_socket, AF_NETLINK, SOCK_RAW, 15);
static long a_socketpair_datagram(void)
{
    int pair[2];
    return RAW(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
}
// Any family with any type and protocol but those that some grant stands for.
static long a_socket_sweep(void)
{
    for (long family = 0; family < 48; family++) {
        if (family == AF_UNIX) continue;
        for (long type = 1; type < 16; type++) {
            for (long protocol = 0; protocol < 20; protocol++) {
                bool inet = family == AF_INET || family == AF_INET6;
                if (inet && type == SOCK_STREAM && (!protocol || protocol == 6)) continue;
                if (inet && type == SOCK_DGRAM && (!protocol || protocol == 17)) continue;
                if (family == AF_NETLINK && !protocol) continue;
                long fd = RAW(SYS_socket, family, type, protocol);
                if (fd < 0) continue;
                RAW(SYS_close, fd);
                return family;
            }
        }
    }
    return -EACCES;
}

static struct sockaddr_in somebody(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(0x7f000001);
    return a;
}
static long a_connect(void)
{
    struct sockaddr_in to = somebody();
    long fd = a_socket_tcp();
    return fd < 0 ? fd : RAW(SYS_connect, fd, &to, sizeof to);
}
static long a_connect_fast(void)
{
    struct sockaddr_in to = somebody();
    long fd = a_socket_tcp();
    return fd < 0 ? fd : RAW(SYS_sendto, fd, "x", 1, MSG_FASTOPEN, &to, sizeof to);
}
static long a_connect_udp(void)
{
    struct sockaddr_in to = somebody();
    long fd = a_socket_udp();
    return fd < 0 ? fd : RAW(SYS_connect, fd, &to, sizeof to);
}
static long a_sendto(void)
{
    struct sockaddr_in to = somebody();
    long fd = a_socket_udp();
    return fd < 0 ? fd : RAW(SYS_sendto, fd, "x", 1, 0, &to, sizeof to);
}
static long send_message(bool many)
{
    struct sockaddr_in to = somebody();
    struct iovec v = {(void *)"x", 1};
    struct mmsghdr m = {
        .msg_hdr = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &v, .msg_iovlen = 1}};
    long fd = a_socket_udp();
    if (fd < 0) return fd;
    return many ? RAW(SYS_sendmmsg, fd, &m, 1, 0) : RAW(SYS_sendmsg, fd, &m.msg_hdr, 0);
}
static long a_sendmsg(void)
{
    return send_message(false);
}
static long a_sendmmsg(void)
{
    return send_message(true);
}
static long bind_any(long fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    return fd < 0 ? fd : RAW(SYS_bind, fd, &at, sizeof at);
}
static long a_bind_tcp(void)
{
    return bind_any(a_socket_tcp());
}
static long a_listen(void)
{
    long fd = a_socket_tcp();
    return fd < 0 ? fd : RAW(SYS_listen, fd, 5);
}
static long connect_unix(const struct sockaddr_un *to, size_t n)
{
    long fd = a_socket_unix();
    return fd < 0 ? fd : RAW(SYS_connect, fd, to, n);
}
static long a_connect_unix(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", out("socket"));
    return connect_unix(&to, sizeof to);
}
static long a_bind_unix(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", out("new"));
    long fd = a_socket_unix();
    return fd < 0 ? fd : RAW(SYS_bind, fd, &at, sizeof at);
}
static long a_bind_abstract(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0packsec-raw"};
    long fd = a_socket_unix();
    return fd < 0 ? fd : RAW(SYS_bind, fd, &at, 2 + 12);
}

// ---- programs and processes ---------------------------------------------------------------------

static char *const args_of_true[] = {(char *)"true", NULL};
static char *const no_environ[] = {NULL};

CALL(execve, SYS_execve, "/bin/true", args_of_true, no_environ);
static long a_execveat(void)
{
    return RAW(SYS_execveat, AT_FDCWD, "/bin/true", args_of_true, no_environ, 0);
}
static long a_execveat_fd(void)
{
    long fd = RAW(SYS_open, "/bin/true", O_PATH);
    return fd < 0 ? fd : RAW(SYS_execveat, fd, "", args_of_true, no_environ, AT_EMPTY_PATH);
}
// Memory with a program in it: npsx may be read by everybody, so its bytes are as good as any.
static long program_in_memory(unsigned flags)
{
    char bytes[4096];
    long n, from = RAW(SYS_open, "/bin/true", O_RDONLY), fd = RAW(SYS_memfd_create, "raw", flags);
    if (fd < 0 || from < 0) return fd < 0 ? fd : from;
    while ((n = RAW(SYS_read, from, bytes, sizeof bytes)) > 0)
        RAW(SYS_write, fd, bytes, n);
    return fd;
}
CALL(memory, SYS_memfd_create, "raw", 0);
static long a_memory_program(void)
{
    long fd = program_in_memory(0);
    return fd < 0 ? fd : RAW(SYS_execveat, fd, "", args_of_true, no_environ, AT_EMPTY_PATH);
}
static long a_memory_program_by_name(void)
{
    char link[64];
    long fd = program_in_memory(0x10);
    if (fd < 0) return fd;
    snprintf(link, sizeof link, "/proc/self/fd/%ld", fd);
    return RAW(SYS_execve, link, args_of_true, no_environ);
}
static long a_memory_program_script(void)
{
    long fd = RAW(SYS_memfd_create, "raw", 0);
    if (fd < 0) return fd;
    RAW(SYS_write, fd, "#!/bin/true\n", 12);
    return RAW(SYS_execveat, fd, "", args_of_true, no_environ, AT_EMPTY_PATH);
}
static long a_interpreter(void)
{
    char *const args[] = {(char *)"ld.so", (char *)"/bin/true", NULL};
    return RAW(SYS_execve, "/lib64/ld-linux-x86-64.so.2", args, no_environ);
}

static long wait_for(long pid)
{
    if (pid > 0) RAW(SYS_wait4, pid, 0, 0x40000000 /* __WALL */, 0);
    return pid;
}
// The child has a copy of this stack, and does nothing but end.
static long child_by(long nr, long a, long b)
{
    long pid = RAW(nr, a, b, 0, 0, 0, 0);
    if (pid == 0) RAW(SYS_exit_group, 0);
    return wait_for(pid);
}
static long a_fork(void)
{
    return child_by(SYS_fork, 0, 0);
}
static long a_clone(void)
{
    return child_by(SYS_clone, SIGCHLD, 0);
}
static long a_clone_upper(void)
{
    return child_by(SYS_clone, 0x0001000000000000l | SIGCHLD, 0);
}
static long a_clone_parent(void)
{
    return child_by(SYS_clone, SIGCHLD | CLONE_PARENT, 0);
}
static long a_clone_user(void)
{
    return child_by(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0);
}
static long a_clone_mounts(void)
{
    return child_by(SYS_clone, SIGCHLD | CLONE_NEWNS, 0);
}
static long a_clone_net(void)
{
    return child_by(SYS_clone, SIGCHLD | CLONE_NEWNET | 1l << 40, 0);
}
static long a_clone_pid(void)
{
    return child_by(SYS_clone, SIGCHLD | CLONE_NEWPID, 0);
}
static long a_clone3(void)
{
    uint64_t how[11] = {[4] = SIGCHLD};
    return child_by(SYS_clone3, (long)how, sizeof how);
}
static long a_clone3_user(void)
{
    uint64_t how[11] = {[0] = CLONE_NEWUSER, [4] = SIGCHLD};
    return child_by(SYS_clone3, (long)how, sizeof how);
}
CALL(unshare_mounts, SYS_unshare, CLONE_NEWNS);
CALL(unshare_net, SYS_unshare, CLONE_NEWNET);
CALL(unshare_files, SYS_unshare, CLONE_FILES);
CALL(setns, SYS_setns, -1, 0);

CALL(kill, SYS_kill, parent, 0);
CALL(tgkill, SYS_tgkill, parent, parent, 0);
CALL(tkill, SYS_tkill, parent, 0);
static long a_sigqueue(void)
{
    siginfo_t what = {.si_code = SI_QUEUE};
    return RAW(SYS_rt_sigqueueinfo, parent, 0, &what);
}
static long a_tgsigqueue(void)
{
    siginfo_t what = {.si_code = SI_QUEUE};
    return RAW(SYS_rt_tgsigqueueinfo, parent, parent, 0, &what);
}
CALL(kill_upper, SYS_kill, parent | 1l << 32, 0);
static long a_pidfd_signal(void)
{
    long fd = RAW(SYS_pidfd_open, parent, 0);
    return fd < 0 ? fd : RAW(SYS_pidfd_send_signal, fd, 0, 0, 0);
}
static long a_pidfd_getfd(void)
{
    long fd = RAW(SYS_pidfd_open, parent, 0);
    return RAW(SYS_pidfd_getfd, fd, 0, 0);
}
static long a_owner(void)
{
    int ends[2];
    RAW(SYS_pipe, ends);
    return RAW(SYS_fcntl, ends[0], F_SETOWN, parent);
}
static long a_owner_signal(void)
{
    int ends[2];
    RAW(SYS_pipe, ends);
    return RAW(SYS_fcntl, ends[0], F_SETSIG, SIGKILL);
}
CALL(ptrace, SYS_ptrace, 0x4206 /* SEIZE */, parent, 0, 0);
CALL(ptrace_me, SYS_ptrace, 0, 0, 0, 0);
static long vm(long nr)
{
    static char here[16], there[16];
    struct iovec l = {here, 16}, r = {there, 16};
    return RAW(nr, parent, &l, 1, &r, 1, 0);
}
static long a_vm_read(void)
{
    return vm(SYS_process_vm_readv);
}
static long a_vm_write(void)
{
    return vm(SYS_process_vm_writev);
}
CALL(kcmp, SYS_kcmp, parent, RAW(SYS_getpid), 0, 0, 1);
CALL(madvise_other, SYS_process_madvise, -1, 0, 0, 0, 0);
static long a_prlimit(void)
{
    uint64_t old[2];
    return RAW(SYS_prlimit64, parent, 7, 0, old);
}
CALL(priority, SYS_setpriority, 0, parent, 0);
CALL(priority_user, SYS_setpriority, 2, 0, 0);
static long a_affinity(void)
{
    uint64_t all[16];
    memset(all, 255, sizeof all);
    return RAW(SYS_sched_setaffinity, parent, sizeof all, all);
}
static long a_scheduler(void)
{
    int zero = 0;
    return RAW(SYS_sched_setscheduler, parent, 0, &zero);
}
CALL(io_priority, SYS_ioprio_set, 1, parent, 2 << 13 | 4);
CALL(core_sched, SYS_prctl, 62, 0, parent, 0, 0);

// ---- the kernel ---------------------------------------------------------------------------------

static long a_io_uring(void)
{
    char how[120] = {0};
    return RAW(SYS_io_uring_setup, 4, how);
}
CALL(io_uring_enter, SYS_io_uring_enter, -1, 0, 0, 0, 0, 0);
CALL(userfaultfd, SYS_userfaultfd, 1);
static long a_bpf(void)
{
    uint32_t map[32] = {2, 4, 8, 1};
    return RAW(SYS_bpf, 0, map, sizeof map);
}
CALL(keyctl, SYS_keyctl, 0, -4, 1);
CALL(add_key, SYS_add_key, "user", "packsec-raw", "x", 1, -1);
CALL(request_key, SYS_request_key, "user", "packsec-raw", 0, 0);
static long a_perf(void)
{
    uint32_t how[32] = {1, 128};
    return RAW(SYS_perf_event_open, how, 0, -1, -1, 0);
}
CALL(mount, SYS_mount, "none", out("dir"), "tmpfs", 0, 0);
CALL(bind_mount, SYS_mount, "/etc", out("dir"), 0, 4096, 0);
CALL(umount, SYS_umount2, out("dir"), 0);
CALL(open_tree, SYS_open_tree, AT_FDCWD, "/", 1);
CALL(fsopen, SYS_fsopen, "tmpfs", 0);
CALL(fsconfig, SYS_fsconfig, -1, 6, 0, 0, 0);
CALL(fsmount, SYS_fsmount, -1, 0, 0);
CALL(fspick, SYS_fspick, AT_FDCWD, "/", 0);
CALL(move_mount, SYS_move_mount, -1, "", -1, "", 4);
static long a_mount_setattr(void)
{
    uint64_t how[4] = {0};
    return RAW(SYS_mount_setattr, AT_FDCWD, "/", 0, how, sizeof how);
}
CALL(pivot, SYS_pivot_root, "/nowhere", "/nowhere");
CALL(chroot, SYS_chroot, "/");
CALL(personality, SYS_personality, 0x0040000);
static long a_ldt(void)
{
    char was[64];
    return RAW(SYS_modify_ldt, 0, was, sizeof was);
}
CALL(acct, SYS_acct, "/nowhere");
CALL(swapon, SYS_swapon, "/nowhere", 0);
CALL(swapoff, SYS_swapoff, "/nowhere");
CALL(reboot, SYS_reboot, 1, 2, 3, 0);
CALL(init_module, SYS_init_module, "", 0, "");
CALL(finit_module, SYS_finit_module, -1, "", 0);
CALL(delete_module, SYS_delete_module, "packsec_nowhere", 0);
CALL(kexec, SYS_kexec_load, 0, 99, 0, 0);
CALL(syslog, SYS_syslog, 10, 0, 0);
CALL(quotactl, SYS_quotactl, 0, "/nowhere", 0, 0);
CALL(iopl, SYS_iopl, 3);
CALL(ioperm, SYS_ioperm, 0, 1, 1);
CALL(settime, SYS_settimeofday, 0, 0);
CALL(clock_settime, SYS_clock_settime, 99, 0);
CALL(adjtime, SYS_adjtimex, 0);
CALL(hostname, SYS_sethostname, "x", 4096);
CALL(tiocsti, SYS_ioctl, 0, TIOCSTI, "x");
CALL(tiocsti_upper, SYS_ioctl, 0, 0xdead00000000l | TIOCSTI, "x");
CALL(tioclinux, SYS_ioctl, 0, TIOCLINUX, "\3");
CALL(shm, SYS_shmget, 0x7061636b, 4096, 01600);
CALL(sem, SYS_semget, 0x7061636b, 1, 01600);
CALL(msg, SYS_msgget, 0x7061636b, 01600);
CALL(mq, SYS_mq_open, "packsec-raw", O_RDWR | O_CREAT, 0600, 0);
static long a_seccomp(void)
{
    struct {
        uint16_t code;
        uint8_t jt, jf;
        uint32_t k;
    } allow = {6, 0, 0, 0x7fff0000};
    struct {
        uint16_t n;
        void *v;
    } all = {1, &allow};
    RAW(SYS_prctl, 38, 1, 0, 0, 0);
    return RAW(SYS_seccomp, 1, 0, &all);
}
CALL(listener, SYS_seccomp, 1, 8, 0);
CALL(landlock, SYS_landlock_create_ruleset, 0, 0, 1);
CALL(setuid, SYS_setuid, 54321);
CALL(setgroups, SYS_setgroups, 0, 0);
CALL(securebits, SYS_prctl, 28, 0, 0, 0, 0);
CALL(memory_map, SYS_prctl, 35, 99, 0, 0, 0);
static long a_capabilities(void)
{
    // Whatever it takes to put them into the effective set.
    uint32_t head[2] = {0x20080522, 0}, all[6] = {~0u, ~0u, 0, ~0u, ~0u, 0};
    RAW(SYS_capget, head, all);
    all[0] |= 1u << 21; // CAP_SYS_ADMIN
    return RAW(SYS_capset, head, all);
}

// ---- all of it ----------------------------------------------------------------------------------

typedef struct {
    const char *name;
    long (*go)(void);
} attempt;

#define A(name)                                                                                    \
    {                                                                                              \
#name, a_##name                                                                            \
    }
static const attempt attempts[] = {
    A(open_read),
    A(open_write),
    A(open_append),
    A(open_create),
    A(open_unnamed),
    A(open_old),
    A(open_dir),
    A(creat),
    A(openat2),
    A(reopen),
    A(readlink),
    A(readlinkat),
    A(truncate),
    A(link),
    A(linkat),
    A(symlink),
    A(rename),
    A(renameat2),
    A(unlink),
    A(unlinkat_dir),
    A(rmdir),
    A(mkdir),
    A(mkfifo),
    A(mkdevice),
    A(chmod),
    A(fchmodat),
    A(fchmodat2),
    A(chown),
    A(lchown),
    A(fchownat),
    A(utimes),
    A(utime),
    A(utimensat),
    A(futimesat),
    A(setxattr),
    A(lsetxattr),
    A(removexattr),
    A(fchmod),
    A(fchown),
    A(futimens),
    A(fsetxattr),
    A(chattr),
    A(write_inside),
    A(open_handle),
    A(name_handle),
    A(watch),
    A(fanotify),
    A(own_memory),
    A(environ_of_init),
    A(environ_of_parent),
    A(memory_of_parent),
    A(shared_memory),
    A(terminals),
    A(socket_unix),
    A(socket_tcp),
    A(socket_tcp_upper),
    A(socket_udp),
    A(socket_raw),
    A(socket_raw_upper),
    A(socket_packet),
    A(socket_route),
    A(socket_uevent),
    A(socketpair_datagram),
    A(socket_sweep),
    A(connect),
    A(connect_fast),
    A(connect_udp),
    A(sendto),
    A(sendmsg),
    A(sendmmsg),
    A(bind_tcp),
    A(listen),
    A(connect_unix),
    A(bind_unix),
    A(bind_abstract),
    A(execve),
    A(execveat),
    A(execveat_fd),
    A(memory),
    A(memory_program),
    A(memory_program_by_name),
    A(memory_program_script),
    A(interpreter),
    A(fork),
    A(clone),
    A(clone_upper),
    A(clone_parent),
    A(clone_user),
    A(clone_mounts),
    A(clone_net),
    A(clone_pid),
    A(clone3),
    A(clone3_user),
    A(unshare_mounts),
    A(unshare_net),
    A(unshare_files),
    A(setns),
    A(kill),
    A(tgkill),
    A(tkill),
    A(sigqueue),
    A(tgsigqueue),
    A(kill_upper),
    A(pidfd_signal),
    A(pidfd_getfd),
    A(owner),
    A(owner_signal),
    A(ptrace),
    A(ptrace_me),
    A(vm_read),
    A(vm_write),
    A(kcmp),
    A(madvise_other),
    A(prlimit),
    A(priority),
    A(priority_user),
    A(affinity),
    A(scheduler),
    A(io_priority),
    A(core_sched),
    A(io_uring),
    A(io_uring_enter),
    A(userfaultfd),
    A(bpf),
    A(keyctl),
    A(add_key),
    A(request_key),
    A(perf),
    A(mount),
    A(bind_mount),
    A(umount),
    A(open_tree),
    A(fsopen),
    A(fsconfig),
    A(fsmount),
    A(fspick),
    A(move_mount),
    A(mount_setattr),
    A(pivot),
    A(chroot),
    A(personality),
    A(ldt),
    A(acct),
    A(swapon),
    A(swapoff),
    A(reboot),
    A(init_module),
    A(finit_module),
    A(delete_module),
    A(kexec),
    A(syslog),
    A(quotactl),
    A(iopl),
    A(ioperm),
    A(settime),
    A(clock_settime),
    A(adjtime),
    A(hostname),
    A(tiocsti),
    A(tiocsti_upper),
    A(tioclinux),
    A(shm),
    A(sem),
    A(msg),
    A(mq),
    A(seccomp),
    A(listener),
    A(landlock),
    A(setuid),
    A(setgroups),
    A(securebits),
    A(memory_map),
    A(capabilities),
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

// ---- other tables of calls: each ends the process, so one at a time
// ------------------------------

static long x32(void)
{
    return RAW(0x40000000 | SYS_getpid);
}
static long x32_open(void)
{
    return RAW(0x40000000 | SYS_open, "/etc/passwd", O_RDONLY);
}
static long x32_exec(void)
{
    return RAW(0x40000000 | 520, "/bin/true", args_of_true, no_environ);
}
static long i386(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20l) : "memory", "r8", "r9", "r10", "r11");
    return result;
}
static const attempt deadly[] = {
    {"x32", x32}, {"x32_open", x32_open}, {"x32_exec", x32_exec}, {"i386", i386}};

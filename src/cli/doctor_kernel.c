// Ring 1: what has this kernel for a box, and this user's session?
#include "cli/doctor.h"

#include <sys/resource.h>
#include <sys/utsname.h>

// What each ABI of Landlock adds, and the first kernel with it.
static const struct {
    psx_doctor_state without;
    const char *adds, *since;
} levels[] = {
    {PSX_DOCTOR_MISSING, "files that nobody was granted are held back", "Linux 5.13 or later"},
    {PSX_DOCTOR_WEAKER, "files can be moved between granted directories", "Linux 5.19 or later"},
    {PSX_DOCTOR_MISSING, "files that nobody was granted cannot be emptied", "Linux 6.2 or later"},
    {PSX_DOCTOR_WEAKER, "TCP is fenced a second time", "Linux 6.7 or later"},
    {PSX_DOCTOR_WEAKER, "devices take no commands", "Linux 6.10 or later"},
    {PSX_DOCTOR_WEAKER, "abstract unix sockets and signals stay inside", "Linux 6.12 or later"},
    {PSX_DOCTOR_NOTE, "refusals are in the kernel's audit log", "Linux 6.15 or later"},
};
enum { LEVELS = sizeof levels / sizeof *levels };

static psx_rc tell_landlock(psx_doctor *d, const psx_box_kernel *k)
{
    static const char *const names[LEVELS] = {"Landlock 1", "Landlock 2", "Landlock 3",
                                              "Landlock 4", "Landlock 5", "Landlock 6",
                                              "Landlock 7"};
    if (k->landlock_off) {
        return psx_doctor_tell(
            d, PSX_DOCTOR_MISSING, "Landlock",
            "add landlock to the boot parameter lsm=", "is built into the kernel and not started");
    }
    if (!k->landlock) {
        return psx_doctor_tell(d, PSX_DOCTOR_MISSING, "Landlock",
                               "Linux 5.13 or later with CONFIG_SECURITY_LANDLOCK=y, and landlock "
                               "in lsm=",
                               "this kernel has none, or something around this process hides it");
    }
    for (int i = 0; i < LEVELS; i++) {
        bool has = k->landlock > i;
        TRY(psx_doctor_tell(d, has ? PSX_DOCTOR_OK : levels[i].without, names[i],
                            has ? NULL : levels[i].since, "%s%s",
                            has ? "" : "without: ", levels[i].adds));
    }
    return PSX_OK;
}

static psx_rc tell_seccomp(psx_doctor *d, const psx_box_kernel *k)
{
    struct {
        bool has;
        psx_doctor_state without;
        const char *what, *adds, *remedy;
    } parts[] = {
        {k->filter, PSX_DOCTOR_MISSING, "seccomp", "calls that no JavaScript needs are held back",
         "a kernel with CONFIG_SECCOMP_FILTER=y"},
        {k->notify, PSX_DOCTOR_MISSING, "seccomp notification",
         "hosts are told apart, programs started, files written",
         "Linux 5.6 or later, and no outer filter with a listener of its own"},
        {k->memory, PSX_DOCTOR_MISSING, "looking into the engine",
         "the supervisor reads what is asked of it",
         "the setting kernel.yama.ptrace_scope=1 or 0, and in a container one that lets processes "
         "of one user look into each other"},
        {k->wait_killable, PSX_DOCTOR_WEAKER, "killable waiting",
         "signals do not interrupt a call that is being decided", "Linux 5.19 or later"},
        {k->memfd_noexec, PSX_DOCTOR_WEAKER, "memory without execution",
         "memory files can be no programs", "Linux 6.3 or later"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        TRY(psx_doctor_tell(d, parts[i].has ? PSX_DOCTOR_OK : parts[i].without, parts[i].what,
                            parts[i].has ? NULL : parts[i].remedy, "%s%s",
                            parts[i].has ? "" : "without: ", parts[i].adds));
    }
    return PSX_OK;
}

static const char *meaning_of_yama(char scope)
{
    switch (scope) {
    case '0': return "processes of one user may look into each other";
    case '1': return "enough: a supervisor looks into what descends from it or names it";
    case '2': return "only who holds CAP_SYS_PTRACE supervises";
    default: return "nobody looks into a process, so nobody supervises";
    }
}

static psx_rc tell_session(psx_doctor *d)
{
    struct rlimit files;
    psx_str yama;
    TRY(psx_doctor_read(d->op, "/proc/sys/kernel/yama/ptrace_scope", &yama));
    if (yama.p) {
        TRY(psx_doctor_tell(d, PSX_DOCTOR_NOTE, "Yama", NULL, "ptrace_scope is %.*s: %s",
                            PSX_FMT(yama), meaning_of_yama(yama.n ? yama.p[0] : '3')));
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 256) {
        TRY(psx_doctor_tell(d, PSX_DOCTOR_WEAKER, "open files", "ulimit -n 1024 or more",
                            "at most %llu: servers, and supervised ones twice, need more",
                            (unsigned long long)files.rlim_cur));
    }
    if (geteuid() != 0) {
        return psx_doctor_tell(d, PSX_DOCTOR_OK, "user", NULL, "not root: no capabilities");
    }
    return psx_doctor_tell(d, PSX_DOCTOR_WEAKER, "user", "run applications as a user of their own",
                           "root: a box keeps what granted files need, and root owns the rest");
}

psx_rc psx_doctor_kernel(psx_doctor *d, const psx_box_kernel *kernel)
{
    struct utsname u;
    d->ring = 1;
    if (uname(&u) == 0) {
        TRY(psx_doctor_tell(d, PSX_DOCTOR_NOTE, "kernel", NULL, "%s %s, %s", u.sysname, u.release,
                            u.machine));
    }
    TRY(tell_landlock(d, kernel));
    TRY(tell_seccomp(d, kernel));
    return tell_session(d);
}

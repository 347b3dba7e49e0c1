#include "addon/lexpath.h"
#include "addon/procfs.h"
#include "os/beneath.h"

// What a process's directory tells that is not memory, environment, descriptors or places.
static const char *const harmless[] = {
    "",       "status", "stat",      "statm", "cgroup", "limits",    "comm",     "cmdline",
    "mounts", "io",     "mountinfo", "sched", "cpuset", "oom_score", "loginuid",
};

static bool is_harmless(psx_str name)
{
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        if (psx_str_is(name, harmless[i])) return true;
    }
    return false;
}

// "123/maps" after "/proc/".
static bool allows_process(psx_str rest)
{
    size_t slash = psx_str_find(rest, '/');
    return is_harmless(psx_str_slice(rest, slash + 1, rest.n));
}

bool psx_procfs_allows(int fd, bool write)
{
    char path[PSX_LEXPATH_MAX];
    int is_proc = psx_os_fd_is_procfs(fd);
    if (is_proc <= 0) return is_proc == 0;
    if (write) return false;
    int n = psx_os_fd_path(fd, path, sizeof path);
    psx_str real = {path, n > 0 ? (size_t)n : 0};
    if (!psx_lexpath_within(real, PSX_STR("/proc"))) return false; // mounted elsewhere: unknown
    psx_str rest = psx_lexpath_rest(real, PSX_STR("/proc"));
    uint64_t pid;
    psx_str first = psx_str_slice(rest, 0, psx_str_find(rest, '/'));
    return psx_str_to_u64(first, &pid) ? allows_process(rest) : !psx_str_is(first, "kcore");
}

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/kernel.h"
#include "os/landlock.h"

static const struct {
    unsigned right;
    int abi; // since
    uint64_t bits;
    bool of_files; // a rule on a file may have them
} rights[] = {
    {PSX_OS_LANDLOCK_READ, 1, LANDLOCK_ACCESS_FS_READ_FILE, true},
    {PSX_OS_LANDLOCK_LIST, 1, LANDLOCK_ACCESS_FS_READ_DIR, false},
    {PSX_OS_LANDLOCK_WRITE, 1, LANDLOCK_ACCESS_FS_WRITE_FILE, true},
    {PSX_OS_LANDLOCK_WRITE, PSX_OS_LANDLOCK_TRUNCATE, LANDLOCK_ACCESS_FS_TRUNCATE, true},
    {PSX_OS_LANDLOCK_MAKE, 1,
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
         LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
         LANDLOCK_ACCESS_FS_MAKE_SYM,
     false},
    {PSX_OS_LANDLOCK_MAKE, PSX_OS_LANDLOCK_REFER, LANDLOCK_ACCESS_FS_REFER, false},
    {PSX_OS_LANDLOCK_EXEC, 1, LANDLOCK_ACCESS_FS_EXECUTE, true},
    {PSX_OS_LANDLOCK_DEVICE, PSX_OS_LANDLOCK_DEVICES, LANDLOCK_ACCESS_FS_IOCTL_DEV, true},
    // Nobody is given these.
    {0, 1, LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK, false},
};

static int result(long rc)
{
    return rc < 0 ? -errno : (int)rc;
}

int psx_os_landlock_abi(void)
{
    return result(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

static uint64_t bits_of(int abi, bool all, bool of_files, unsigned wanted)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        if (rights[i].abi > abi || (of_files && !rights[i].of_files)) continue;
        if (all || (rights[i].right & wanted)) bits |= rights[i].bits;
    }
    return bits;
}

int psx_os_landlock_open(const psx_os_landlock *how)
{
    struct psx_landlock_ruleset r = {.fs = bits_of(how->abi, true, false, 0)};
    size_t size = sizeof r.fs;
    if (how->abi >= PSX_OS_LANDLOCK_PORTS) {
        if (how->ports) r.net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
        size += sizeof r.net;
    }
    if (how->abi >= PSX_OS_LANDLOCK_SCOPES) {
        if (how->abstract) r.scoped |= LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
        if (how->signals) r.scoped |= LANDLOCK_SCOPE_SIGNAL;
        size += sizeof r.scoped;
    }
    return result(syscall(SYS_landlock_create_ruleset, &r, size, 0));
}

int psx_os_landlock_allow(int fence, const psx_os_landlock *how, int fd, bool is_dir,
                          unsigned wanted)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = bits_of(how->abi, false, !is_dir, wanted),
        .parent_fd = fd,
    };
    if (!rule.allowed_access) return 0; // an empty rule is an error to the kernel
    return result(syscall(SYS_landlock_add_rule, fence, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

int psx_os_landlock_enter(int fence, const psx_os_landlock *how)
{
    bool log = how->log && how->abi >= PSX_OS_LANDLOCK_LOG;
    return result(syscall(SYS_landlock_restrict_self, fence,
                          log ? LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON : 0));
}

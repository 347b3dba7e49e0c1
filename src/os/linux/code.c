#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "os/kernel.h"
#include "os/beneath.h"
#include "os/code.h"

static bool only_owner_writes(const struct stat *st)
{
    bool owner = st->st_uid == 0 || st->st_uid == geteuid();
    return owner && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static psx_rc check_dir(psx_op *op, int fd, const char *dir)
{
    struct stat st;
    if (fstat(fd, &st) < 0) return psx_fail(op, PSX_E_OS, "%s: %s", dir, strerror(errno));
    if (!only_owner_writes(&st))
        return psx_fail(op, PSX_E_ANCHOR, "%s can be changed by other users", dir);
    return PSX_OK;
}

static psx_rc check_file(psx_op *op, int fd, const char *dir, const char *name)
{
    struct stat st;
    if (fstat(fd, &st) < 0) return psx_fail(op, PSX_E_OS, "%s/%s: %s", dir, name, strerror(errno));
    if (!S_ISREG(st.st_mode)) return psx_fail(op, PSX_E_TYPE, "%s/%s is not a file", dir, name);
    if (!only_owner_writes(&st))
        return psx_fail(op, PSX_E_ANCHOR, "%s/%s can be changed by other users", dir, name);
    return PSX_OK;
}

static psx_rc open_in(psx_op *op, int dir_fd, const char *dir, const char *name, int *fd)
{
    TRY(check_dir(op, dir_fd, dir));
    int file = psx_os_open_beneath(dir_fd, name, O_RDONLY | O_NONBLOCK, 0, PSX_OS_NO_LINKS);
    if (file == -ELOOP) {
        return psx_fail(op, PSX_E_ANCHOR, "%s/%s is a symbolic link, not the file itself", dir,
                        name);
    }
    if (file < 0) {
        psx_error code = file == -ENOENT ? PSX_E_NOT_FOUND : PSX_E_OS;
        return psx_fail(op, code, "%s/%s: %s", dir, name, strerror(-file));
    }
    psx_rc rc = check_file(op, file, dir, name);
    if (psx_failed(rc)) {
        psx_os_close(file);
        return rc;
    }
    *fd = file;
    return PSX_OK;
}

psx_rc psx_os_code_open(psx_op *op, const char *dir, const char *name, int *fd)
{
    int dir_fd = psx_os_open_dir(dir);
    if (dir_fd < 0) {
        psx_error code = dir_fd == -ENOENT ? PSX_E_NOT_FOUND : PSX_E_OS;
        return psx_fail(op, code, "%s: %s", dir, strerror(-dir_fd));
    }
    psx_rc rc = open_in(op, dir_fd, dir, name, fd);
    psx_os_close(dir_fd);
    return rc;
}

static bool is_elf(const ElfW(Ehdr) * e)
{
    unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    return memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 && e->e_ident[EI_CLASS] == class &&
           e->e_phentsize == sizeof(ElfW(Phdr));
}

static bool fits(uint64_t at, uint64_t n, uint64_t size)
{
    return at <= size && n <= size - at;
}

bool psx_os_code_is_whole(int fd)
{
    struct stat st;
    ElfW(Ehdr) e;
    if (fstat(fd, &st) < 0 || pread(fd, &e, sizeof e, 0) != sizeof e || !is_elf(&e)) return false;
    uint64_t size = (uint64_t)st.st_size;
    if (!fits(e.e_shoff, (uint64_t)e.e_shnum * e.e_shentsize, size)) return false;
    for (size_t i = 0; i < e.e_phnum; i++) {
        ElfW(Phdr) p;
        off_t at = (off_t)(e.e_phoff + i * sizeof p);
        if (pread(fd, &p, sizeof p, at) != sizeof p) return false;
        if (p.p_type != PT_NULL && !fits(p.p_offset, p.p_filesz, size)) return false;
    }
    return e.e_phnum > 0;
}

psx_os_exec psx_os_code_exec_check(int fd)
{
    char *const none[] = {NULL};
    long rc = syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH | AT_EXECVE_CHECK);
    if (rc == 0) return PSX_OS_EXEC_ALLOWED;
    return errno == EINVAL || errno == ENOSYS ? PSX_OS_EXEC_UNKNOWN : PSX_OS_EXEC_REFUSED;
}

// For people: the kernel says EACCES to most of it. A mount that is noexec counts before the mode.
static psx_os_exec_verdict explain(int fd, int err)
{
    struct stat st;
    struct statvfs fs;
    psx_os_exec_verdict v = {.result = PSX_OS_EXEC_REFUSED};
    if (err == ETXTBSY) {
        v.why = "it is open for writing";
    } else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        v.why = "it is no file";
    } else if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC)) {
        v.why = "it lies on a file system that is mounted noexec";
    } else if (err == EACCES && faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0) {
        v.why = "its mode does not make it executable";
        v.chmod_helps = true;
    } else {
        v.why = "a security module of the kernel refuses it";
    }
    return v;
}

psx_os_exec_verdict psx_os_code_exec_verdict(int fd)
{
    psx_os_exec_verdict v = {.result = psx_os_code_exec_check(fd)};
    int err = errno;
    if (v.result == PSX_OS_EXEC_REFUSED) return explain(fd, err);
    if (v.result == PSX_OS_EXEC_UNKNOWN)
        v.why = "this kernel cannot tell whether it may be executed (Linux 6.14 can)";
    return v;
}

psx_os_stamp psx_os_code_stamp(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0) return (psx_os_stamp){0};
    return (psx_os_stamp){(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size,
                          st.st_ctim.tv_sec, st.st_ctim.tv_nsec};
}

bool psx_os_code_is_same(const psx_os_stamp *a, const psx_os_stamp *b)
{
    return a->ino && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

psx_os_exec_policy psx_os_code_exec_policy(void)
{
    int bits = prctl(PR_GET_SECUREBITS);
    // EINVAL: a kernel without securebits, where nothing can be asked for.
    if (bits < 0 && errno == EINVAL) bits = 0;
    if (bits < 0) bits = SECBIT_EXEC_RESTRICT_FILE | SECBIT_EXEC_DENY_INTERACTIVE;
    return (psx_os_exec_policy){
        .restrict_file = (bits & SECBIT_EXEC_RESTRICT_FILE) != 0,
        .deny_interactive = (bits & SECBIT_EXEC_DENY_INTERACTIVE) != 0,
    };
}

int psx_os_code_exec(int fd, char *const argv[], char *const envp[])
{
    syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
    return -errno;
}

// Memory with a name: nobody needs it to be a program. Who asks for it as libraries do, without a
// word about executing, gets it from here, and cannot execute it.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "box/super.h"
#include "os/memfd.h"
#include "os/notify.h"

static long on_memfd(psx_super *s, psx_notice *n)
{
    char name[250]; // the kernel's own limit is 249
    unsigned flags = (unsigned)n->args[1];
    // Asked for as a program, or in huge pages.
    if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING)) return psx_super_refuse_call(s, n);
    int rc = psx_notice_string(s, n, n->args[0], name, sizeof name);
    if (rc < 0) return rc == -ENAMETOOLONG ? -EINVAL : rc;
    rc = psx_super_become(s, n);
    if (rc < 0) return rc;
    int fd = psx_os_memfd_plain(name, flags & MFD_ALLOW_SEALING);
    psx_super_unbecome(s);
    if (fd < 0) return fd;
    rc = psx_os_notify_answer_fd(s->listener, n->id, fd, flags & MFD_CLOEXEC);
    close(fd);
    return rc < 0 ? rc : PSX_NOTICE_ANSWERED;
}

const psx_notice_handler psx_super_memory_calls[] = {{SYS_memfd_create, on_memfd}, {0, NULL}};

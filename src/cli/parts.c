#include "cli/parts.h"

#include "cli/files.h"
#include "os/code.h"

#include <limits.h>
#include <unistd.h>

psx_rc psx_cli_part_self(psx_op *op, psx_str *self)
{
    char buf[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", buf, sizeof buf);
    if (n <= 0 || (size_t)n >= sizeof buf) {
        return psx_fail(op, PSX_E_OS, "cannot tell where npsx lies: /proc is not there");
    }
    return psx_op_copy(op, (psx_str){buf, (size_t)n}, self);
}

// Files and not their directory: an application may lie beneath it, as in a build tree.
psx_rc psx_cli_part_list(psx_op *op, psx_str self, psx_cli_list *list)
{
    static const char *const parts[] = {"npsx",        "npsx-engine", "npsx-spawn",
                                        "npsx-verify", "npsx-sign",   "psx.node"};
    static const char *const places[] = {"", "../libexec/packsec/"};
    psx_str named, path;
    for (size_t i = 0; i < 2 * sizeof parts / sizeof *parts; i++) {
        TRY(psx_op_format(op, &named, "%s%s", places[i % 2], parts[i / 2]));
        TRY(psx_cli_join(op, psx_cli_dirname(self), named, &path));
        TRY(psx_cli_list_add(op, list, path));
    }
    return PSX_OK;
}

psx_rc psx_cli_part_path(psx_op *op, psx_str self, const char *name, psx_str *path)
{
    psx_str dir = psx_cli_dirname(self), named;
    TRY(psx_cli_join(op, dir, psx_str_from(name), path));
    TRY(psx_op_copy(op, *path, path));
    if (access(path->p, F_OK) == 0) return PSX_OK;
    TRY(psx_op_format(op, &named, "../libexec/packsec/%s", name));
    TRY(psx_cli_join(op, dir, named, path));
    return psx_op_copy(op, *path, path);
}

static psx_rc missing_part(psx_op *op, const char *name, psx_str beside, psx_str libexec)
{
    return psx_fail(op, PSX_E_OS,
                    "a part of PackSec is missing: %s is neither in %.*s nor in %.*s; build or "
                    "install PackSec again",
                    name, PSX_FMT(beside), PSX_FMT(libexec));
}

psx_rc psx_cli_part_there(psx_op *op, psx_str self, const char *name, psx_str path)
{
    psx_str dir = psx_cli_dirname(self), libexec;
    if (access(path.p, F_OK) == 0) return PSX_OK;
    TRY(psx_cli_join(op, dir, PSX_STR("../libexec/packsec"), &libexec));
    return missing_part(op, name, dir, libexec);
}

// Beside npsx, or ../libexec/packsec. What is there is used or refused, never passed over.
static psx_rc find_part(psx_op *op, psx_str dir, const char *name, int *fd)
{
    psx_str libexec, beside;
    TRY(psx_cli_join(op, dir, PSX_STR("../libexec/packsec"), &libexec));
    TRY(psx_op_copy(op, libexec, &libexec));
    TRY(psx_op_copy(op, dir, &beside));
    psx_rc rc = psx_os_code_open(op, beside.p, name, fd);
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    psx_fail_clear(op);
    rc = psx_os_code_open(op, libexec.p, name, fd);
    if (rc.code != PSX_E_NOT_FOUND) return rc;
    psx_fail_clear(op);
    return missing_part(op, name, beside, libexec);
}

// A part that cannot be used is npsx's own trouble, and no refusal of what it was asked to run.
psx_rc psx_cli_part_open(psx_op *op, psx_str self, const char *name, int *fd)
{
    psx_rc rc = find_part(op, psx_cli_dirname(self), name, fd);
    if (psx_failed(rc)) {
        if (rc.code != PSX_E_NOMEM) op->fail.code = PSX_E_OS;
        return (psx_rc){op->fail.code};
    }
    if (psx_os_code_is_whole(*fd)) return PSX_OK;
    return psx_fail(op, PSX_E_OS,
                    "a part of PackSec is damaged: %s is no whole program of this machine; build "
                    "or install PackSec again",
                    name);
}

// A seccomp profile as container runtimes take it (the linux.seccomp part of the OCI runtime
// specification, which Docker, Podman and the kubelet read): a list of what is allowed.
#include "cli/export.h"

#include <sys/utsname.h>

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };
enum { NAMESPACES = 0x7e020000 }; // every CLONE_NEW* flag
enum { OWN_DIRECTORY = 0x200 };   // CLONE_FS
enum { REFUSED = 1, NOT_THERE = 38 };

static psx_rc put(psx_cli_export *e, const char *text)
{
    return psx_buf_text(&e->text, text);
}

static psx_rc put_architecture(psx_cli_export *e)
{
    struct utsname machine;
    bool arm = uname(&machine) == 0 && strcmp(machine.machine, "aarch64") == 0;
    return psx_buf_format(&e->text, "  \"architectures\": [\"%s\"],\n",
                          arm ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64");
}

static psx_rc put_names(psx_cli_export *e)
{
    size_t i = 0;
    const char *name;
    TRY(put(e, "    {\"names\": ["));
    for (size_t n = 0; (name = psx_cli_export_call(e, &i)); n++) {
        TRY(psx_buf_format(&e->text, "%s\"%s\"", !n ? "" : n % 8 ? ", " : ",\n      ", name));
    }
    return put(e, "], \"action\": \"SCMP_ACT_ALLOW\"}");
}

static psx_rc put_family(psx_cli_export *e, int family)
{
    return psx_buf_format(
        &e->text,
        ",\n    {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
        "[{\"index\": 0, \"value\": %d, \"op\": \"SCMP_CMP_EQ\"}]}",
        family);
}

static psx_rc put_sockets(psx_cli_export *e)
{
    bool ip = e->connect.n || e->listen.n;
    if (ip) TRY(put_family(e, FAMILY_INET));
    if (ip) TRY(put_family(e, FAMILY_INET6));
    if (ip) TRY(put_family(e, FAMILY_NETLINK)); // the resolver asks which families there are
    return e->sockets.n || e->spawn ? put_family(e, FAMILY_UNIX) : PSX_OK;
}

// Threads, but no namespaces. The flags of clone3 lie in memory, which a filter cannot read;
// libraries fall back to clone when it is not there.
static psx_rc put_clone(psx_cli_export *e)
{
    return psx_buf_format(
        &e->text,
        ",\n    {\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
        "\"value\": %d, \"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]},\n"
        "    {\"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": %d}",
        NAMESPACES, NOT_THERE);
}

// psx.node finds real paths in a thread with a working directory of its own (os/fd_place.h).
static psx_rc put_unshare(psx_cli_export *e)
{
    return psx_buf_format(
        &e->text,
        ",\n    {\"names\": [\"unshare\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
        "[{\"index\": 0, \"value\": %d, \"op\": \"SCMP_CMP_EQ\"}]}",
        OWN_DIRECTORY);
}

psx_rc psx_cli_export_seccomp(psx_cli_export *e)
{
    TRY(psx_cli_export_lose(e, "which package may do what: a filter is one for the process"));
    TRY(psx_cli_export_lose(e, "files, hosts and ports: a filter sees numbers and no names"));
    TRY(psx_cli_export_lose(e, "starting programs: npsx itself is started under the filter"));
    if (e->spawn)
        TRY(psx_cli_export_lose(e, "what the granted commands need may be more than Node does"));
    TRY(psx_buf_format(&e->text,
                       "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"defaultErrnoRet\": %d,\n",
                       REFUSED));
    TRY(put_architecture(e));
    TRY(put(e, "  \"syscalls\": [\n"));
    TRY(put_names(e));
    TRY(put_sockets(e));
    TRY(put_clone(e));
    TRY(put_unshare(e));
    return put(e, "\n  ]\n}\n");
}

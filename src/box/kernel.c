#include "box/kernel.h"

#include <errno.h>

#include "os/probe.h"
#include "os/landlock.h"

static void probe(psx_box_kernel *k)
{
    int abi = psx_os_landlock_abi();
    *k = (psx_box_kernel){
        .landlock = abi > 0 ? abi : 0,
        .landlock_off = abi == -EOPNOTSUPP,
        .filter = psx_os_has_seccomp(),
        .notify = psx_os_has_seccomp_notify(),
        .wait_killable = psx_os_has_seccomp_killable(),
        .memory = psx_os_may_inspect(),
        .memfd_noexec = psx_os_has_memfd_noexec(),
        .own_directory = psx_os_has_own_directory(),
        .filtered = psx_os_is_filtered(),
    };
}

static psx_rc take_landlock(psx_op *op, psx_str value, psx_box_kernel *k)
{
    uint64_t abi;
    if (psx_str_is(value, "off")) {
        k->landlock = 0;
        k->landlock_off = true;
        return PSX_OK;
    }
    if (!psx_str_to_u64(value, &abi) || abi > 99) {
        return psx_fail(op, PSX_E_VALUE, "--box-pretend=landlock=%.*s: it is a number, or off",
                        PSX_FMT(value));
    }
    if ((int)abi < k->landlock) k->landlock = (int)abi;
    return PSX_OK;
}

static psx_rc take_away(psx_op *op, psx_str part, psx_box_kernel *k)
{
    struct {
        const char *name;
        bool *has;
    } parts[] = {
        {"filter", &k->filter},
        {"notify", &k->notify},
        {"wait_killable", &k->wait_killable},
        {"memory", &k->memory},
        {"memfd_noexec", &k->memfd_noexec},
    };
    size_t equal = psx_str_find(part, '=');
    psx_str name = psx_str_slice(part, 0, equal), value = psx_str_slice(part, equal + 1, part.n);
    if (psx_str_is(name, "landlock")) return take_landlock(op, value, k);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!psx_str_is(name, parts[i].name) || !psx_str_is(value, "no")) continue;
        *parts[i].has = false;
        return PSX_OK;
    }
    return psx_fail(op, PSX_E_VALUE,
                    "--box-pretend=%.*s: it is landlock=N or off, or filter, notify, "
                    "wait_killable, memory or memfd_noexec =no",
                    PSX_FMT(part));
}

psx_rc psx_box_kernel_probe(psx_op *op, psx_str pretend, psx_box_kernel *out)
{
    probe(out);
    for (size_t at = 0; at < pretend.n;) {
        psx_str part = psx_str_slice(pretend, at, pretend.n);
        part.n = psx_str_find(part, ',');
        TRY(take_away(op, part, out));
        at += part.n + 1;
    }
    // One rests on the other.
    if (!out->filter) out->notify = false;
    if (!out->notify) out->wait_killable = false;
    return PSX_OK;
}

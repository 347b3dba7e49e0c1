// Is what this kernel has enough for this box?
#include "base/buf.h"
#include "box/box.h"

// A part that is missing: what it is, what it is needed for, what helps.
typedef struct {
    bool missing;
    const char *part, *need, *help;
} lack;

enum { LACKS = 6, TRUNCATE = 3, SCOPES = 6 };

static const char outside[] = "leave from the seccomp profile of its container (npsx policy export "
                              "--seccomp writes one that gives it)";

static const char *landlock_help(const psx_box_kernel *k)
{
    if (k->filtered && !k->landlock_off) return outside;
    return k->landlock_off
               ? "it is built in and not started: add landlock to the boot parameter lsm="
               : "Linux 5.13 or later with CONFIG_SECURITY_LANDLOCK=y, and landlock in lsm=";
}

static void find_lacks(const psx_box_kernel *k, const psx_box_spec *s, lack out[LACKS])
{
    bool net = s->connect != PSX_BOX_NONE || s->listen != PSX_BOX_NONE;
    const char *why = net                        ? "to tell hosts apart"
                      : s->spawn != PSX_BOX_NONE ? "to start programs"
                      : s->write != PSX_BOX_NONE ? "to write files"
                      : s->audited               ? "for --audit"
                                                 : "for files that are granted by themselves";
    bool notify = k->filter && k->notify;
    lack all[LACKS] = {
        {k->landlock == 0, "Landlock", "to hold back files that nobody was granted",
         landlock_help(k)},
        // truncate() is the filter's, and open(O_TRUNC) is in no register of openat2.
        {k->landlock && k->landlock < TRUNCATE, "Landlock's rule for truncation",
         "so that files that nobody was granted cannot be emptied", "Linux 6.2 or later"},
        // Without spawn and kill the filter lets signals go to this process alone.
        {k->landlock && k->landlock < SCOPES && s->kill && !s->signals, "Landlock's scopes",
         "to keep signals from programs that it did not start", "Linux 6.12 or later"},
        {!k->filter, "seccomp filters", "to hold back system calls that no JavaScript needs",
         "a kernel with CONFIG_SECCOMP_FILTER=y"},
        {s->supervised && !notify, "seccomp's user notification", why,
         k->filtered ? outside : "Linux 5.6 or later"},
        {s->supervised && notify && !k->memory, "leave to look into its own process", why,
         "the setting kernel.yama.ptrace_scope=1 or 0"},
    };
    memcpy(out, all, sizeof all);
}

static psx_rc refuse(psx_op *op, const lack *l)
{
    psx_rc rc = psx_fail(op, PSX_E_KERNEL, "this kernel lacks %s, needed %s", l->part, l->need);
    psx_fail_suggest(op, "%s helps; --box=best-effort goes without", l->help);
    return rc;
}

static psx_rc say(psx_buf *b, const lack *l)
{
    return psx_buf_format(b, "npsx: the box goes without %s, needed %s: %s helps\n", l->part,
                          l->need, l->help);
}

// The spec as it can be held. What cannot be told apart is let through as a whole; what only a
// supervisor could do does not work.
static void do_without(const psx_box_kernel *k, psx_box_spec *s)
{
    s->without_fence = k->landlock == 0;
    s->without_filter = !k->filter;
    if (!s->supervised || (k->filter && k->notify && k->memory)) return;
    s->supervised = false;
    if (s->connect == PSX_BOX_SOME) s->connect = PSX_BOX_ALL;
    if (s->listen == PSX_BOX_SOME) s->listen = PSX_BOX_ALL;
}

psx_rc psx_box_check(psx_op *op, const psx_box_kernel *kernel, psx_box_mode mode,
                     psx_box_spec *spec, psx_str *missing)
{
    lack lacks[LACKS];
    psx_buf b;
    psx_buf_init(&b, op);
    *missing = PSX_STR("");
    find_lacks(kernel, spec, lacks);
    for (size_t i = 0; i < LACKS; i++) {
        if (!lacks[i].missing) continue;
        if (mode != PSX_BOX_BEST_EFFORT) return refuse(op, &lacks[i]);
        TRY(say(&b, &lacks[i]));
    }
    if (mode == PSX_BOX_BEST_EFFORT) do_without(kernel, spec);
    if (b.n) *missing = psx_buf_str(&b);
    return PSX_OK;
}

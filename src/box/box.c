#include "box/box.h"

#include "box/fence.h"
#include "box/filter.h"
#include "os/privileges.h"

enum { KEEP_MAX = 256 }; // children are given descriptors as well

// Root's: what the kernel would else let it do to files that are granted, but belong to others.
static uint64_t capabilities_for(const psx_box_spec *s)
{
    uint64_t keep = PSX_OS_CAP(PSX_OS_CAP_DAC_READ_SEARCH); // its code may be in a closed home
    if (s->write != PSX_BOX_NONE) {
        keep |= PSX_OS_CAP(PSX_OS_CAP_CHOWN) | PSX_OS_CAP(PSX_OS_CAP_DAC_OVERRIDE) |
                PSX_OS_CAP(PSX_OS_CAP_FOWNER) | PSX_OS_CAP(PSX_OS_CAP_FSETID);
    }
    if (s->kill) keep |= PSX_OS_CAP(PSX_OS_CAP_KILL);
    if (s->listen != PSX_BOX_NONE && !s->supervised)
        keep |= PSX_OS_CAP(PSX_OS_CAP_NET_BIND_SERVICE);
    return keep;
}

static psx_rc check(psx_op *op, const char *what, int e)
{
    if (e == 0) return PSX_OK;
    return psx_fail(op, PSX_E_OS, "cannot %s for the box: %s", what, strerror(-e));
}

static psx_rc close_others(psx_op *op, const psx_box_fence *fence, const psx_box_handover *handover,
                           const int *keep, size_t n_keep)
{
    int all[KEEP_MAX];
    size_t n = 0;
    if (n_keep > KEEP_MAX - 4) return psx_fail(op, PSX_E_INTERNAL, "too many descriptors to keep");
    for (size_t i = 0; i < n_keep; i++) {
        all[n++] = keep[i];
    }
    all[n++] = fence->fd;
    all[n++] = fence->self;
    all[n++] = handover->channel;
    all[n++] = handover->leash;
    return check(op, "close descriptors", psx_os_close_others(all, n));
}

static psx_rc give_up(psx_op *op, const psx_box_spec *spec)
{
    TRY(check(op, "set limits", psx_os_limit()));
    TRY(check(op, "give up capabilities", psx_os_keep_capabilities(capabilities_for(spec))));
    return check(op, "give up privileges", psx_os_no_new_privileges());
}

static psx_rc load_filter(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                          const psx_box_program *program, psx_box_handover *handover)
{
    unsigned flags = spec->supervised ? PSX_OS_FILTER_LISTENER : 0;
    int listener = -1;
    if (spec->without_filter) return PSX_OK;
    if (spec->supervised && kernel->wait_killable) flags |= PSX_OS_FILTER_KILLABLE;
    TRY(psx_os_seccomp_load(op, program->v, program->n, flags, &listener));
    return spec->supervised ? psx_box_hand_over(op, handover, listener) : PSX_OK;
}

psx_rc psx_box_enter(psx_op *op, const psx_box_spec *spec, const psx_box_kernel *kernel,
                     psx_box_supervision *how, const int *keep, size_t n_keep)
{
    psx_box_handover handover = {.channel = -1, .leash = -1};
    psx_box_program program = {0};
    psx_box_fence fence;
    if (spec->supervised) TRY(psx_box_supervise(op, spec, kernel, how, &handover));
    // Not before: it has the number of this process, and a command is another one by now.
    if (!spec->without_filter) TRY(psx_box_filter_make(op, spec, kernel, &program));
    TRY(psx_box_fence_make(op, spec, kernel, &fence));
    TRY(close_others(op, &fence, &handover, keep, n_keep));
    TRY(give_up(op, spec));
    TRY(psx_box_fence_enter(op, &fence));
    return load_filter(op, spec, kernel, &program, &handover);
}

#include <errno.h>

#include "addon/entries.h"
#include "addon/lexpath.h"
#include "addon/moves.h"
#include "box/client.h"

// Recorded before, when the kernel was tried.
static bool may(psx_files *f, uint32_t id, unsigned need, psx_str path)
{
    static const psx_cap caps[] = {PSX_CAP_FS_READ, PSX_CAP_FS_WRITE};
    for (unsigned i = 0; i < 2; i++) {
        psx_question q = {.id = id, .cap = caps[i], .value = path, .port = -1};
        if (need & (1u << i) && !psx_monitor_peek(f->m, &q)) return false;
    }
    return true;
}

static bool resolve(psx_files *f, uint32_t id, psx_str path, psx_lexpath *out)
{
    return id < f->m->n && psx_lexpath_resolve(f->m->plan.cwd, path, out) == PSX_LEXPATH_OK;
}

// An entry that may be changed; PSX_STR absent: it may not.
static psx_str changeable(psx_files *f, uint32_t id, psx_str path, bool is_dir, psx_lexpath *p)
{
    if (!resolve(f, id, path, p) || (p->wants_dir && !is_dir)) return (psx_str){0};
    psx_str text = psx_lexpath_str(p);
    return may(f, id, PSX_NEED_WRITE, text) ? text : (psx_str){0};
}

int psx_entries_unlink(psx_files *f, uint32_t id, psx_str path)
{
    psx_lexpath p;
    psx_str text = changeable(f, id, path, false, &p);
    return text.p ? psx_box_client_unlink(f->m->plan.box_control, text) : -EACCES;
}

int psx_entries_mkdir(psx_files *f, uint32_t id, psx_str path, mode_t mode)
{
    psx_lexpath p;
    psx_str text = changeable(f, id, path, true, &p);
    return text.p ? psx_box_client_mkdir(f->m->plan.box_control, text, mode) : -EACCES;
}

int psx_entries_rmdir(psx_files *f, uint32_t id, psx_str path)
{
    psx_lexpath p;
    psx_str text = changeable(f, id, path, true, &p);
    return text.p ? psx_box_client_rmdir(f->m->plan.box_control, text) : -EACCES;
}

int psx_entries_rename(psx_files *f, uint32_t id, psx_str from, psx_str to)
{
    psx_lexpath a, b;
    if (!resolve(f, id, from, &a) || !resolve(f, id, to, &b)) return -EACCES;
    if (a.wants_dir || b.wants_dir) return -EACCES;
    psx_str old = psx_lexpath_str(&a), new = psx_lexpath_str(&b);
    unsigned need = psx_moves_need(f, id, old, new);
    if (!need || !may(f, id, need, old) || !may(f, id, PSX_NEED_WRITE, new)) return -EACCES;
    return psx_box_client_rename(f->m->plan.box_control, old, new);
}

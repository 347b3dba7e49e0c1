#include "cli/reach.h"

#include <limits.h>
#include <sys/stat.h>

#include "cli/files.h"
#include "cli/union.h"
#include "os/beneath.h"
#include "policy/path.h"

static bool text_of(psx_str path, char *dst, size_t size)
{
    if (path.n >= size || psx_str_has_nul(path)) return false;
    memcpy(dst, path.p, path.n);
    dst[path.n] = '\0';
    return true;
}

psx_rc psx_cli_reach_real(psx_op *op, psx_str path, psx_str *out)
{
    char text[PATH_MAX], real[PATH_MAX];
    *out = (psx_str){0};
    if (!text_of(path, text, sizeof text)) return PSX_OK;
    int n = psx_os_realpath(text, real, sizeof real);
    return n < 0 ? PSX_OK : psx_op_copy(op, (psx_str){real, (size_t)n}, out);
}

psx_rc psx_cli_reach_make(psx_op *op, const psx_cli_run *run, const psx_cli_place *place,
                          const psx_policy_holder *holder, psx_cli_reach *out)
{
    psx_box_request request;
    psx_box_spec spec;
    psx_policy_holder *all;
    psx_box_kind kind = holder ? PSX_BOX_COMMAND : PSX_BOX_ENGINE;
    *out = (psx_cli_reach){0};
    if (!holder) {
        TRY(psx_cli_union_make(op, place, &all));
        holder = all;
    }
    if (!holder || psx_policy_holds(holder, PSX_CAP_AMBIENT)) return PSX_OK;
    TRY(psx_cli_box_request(op, run, place, kind, holder, &request));
    TRY(psx_box_spec_make(op, &request, &spec));
    out->v = spec.paths;
    out->real = PSX_ARRAY(op, psx_str, spec.n_paths);
    if (!out->real) return psx_fail_nomem(op);
    for (size_t i = 0; i < spec.n_paths; i++) {
        TRY(psx_cli_reach_real(op, spec.paths[i].path, &out->real[i]));
    }
    out->n = spec.n_paths;
    return PSX_OK;
}

bool psx_cli_reach_has(const psx_cli_reach *reach, psx_cap cap, psx_str path, bool makes)
{
    unsigned need = makes ? PSX_BOX_MAKE : cap == PSX_CAP_FS_READ ? PSX_BOX_READ : PSX_BOX_WRITE;
    unsigned has = 0;
    if (!reach->n) return true;
    struct stat st;
    char text[PATH_MAX];
    bool is_dir = cap == PSX_CAP_FS_READ && text_of(path, text, sizeof text) &&
                  stat(text, &st) == 0 && S_ISDIR(st.st_mode);
    if (is_dir) need = PSX_BOX_LIST;
    if (makes) path = psx_cli_dirname(path);
    for (size_t i = 0; i < reach->n; i++) {
        psx_str root = reach->real[i];
        if (root.n && psx_path_under(root, path)) has |= reach->v[i].rights;
    }
    return (has & need) == need;
}

psx_rc psx_cli_reach_command(psx_op *op, psx_str name, psx_str *out)
{
    psx_str rest = psx_str_from(getenv("PATH"));
    *out = (psx_str){0};
    while (rest.n) {
        size_t colon = psx_str_find(rest, ':');
        psx_str dir = psx_str_slice(rest, 0, colon), path;
        struct stat st;
        rest = psx_str_slice(rest, colon + 1, rest.n);
        if (!dir.n || dir.p[0] != '/') continue;
        TRY(psx_cli_join(op, dir, name, &path));
        if (stat(path.p, &st) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111)) continue;
        *out = path;
        return PSX_OK;
    }
    return PSX_OK;
}

bool psx_cli_reach_is_same(psx_str a, psx_str b)
{
    char text[2][PATH_MAX];
    struct stat st[2];
    return text_of(a, text[0], PATH_MAX) && text_of(b, text[1], PATH_MAX) &&
           stat(text[0], &st[0]) == 0 && stat(text[1], &st[1]) == 0 &&
           st[0].st_ino == st[1].st_ino && st[0].st_dev == st[1].st_dev;
}

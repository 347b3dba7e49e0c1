#include "addon/moves.h"
#include "addon/lexpath.h"

enum { RULES_MAX = 512 };

static bool may(psx_files *f, uint32_t id, psx_cap cap, psx_str path)
{
    char text[PSX_LEXPATH_MAX + 8];
    const char *scheme = cap == PSX_CAP_NET_CONNECT ? "unix:" : "";
    int n = snprintf(text, sizeof text, "%s%.*s", scheme, PSX_FMT(path));
    psx_question q = {id, cap, (psx_str){text, (size_t)n}, {0}, -1, PSX_USE_ITSELF};
    return psx_monitor_peek(f->m, &q);
}

// A directory that is moved takes along what is granted by names beneath it.
static bool grants_beneath(psx_files *f, uint32_t id, psx_cap cap, psx_str path)
{
    const psx_policy_rule *rules[RULES_MAX];
    size_t n = psx_policy_rules(f->m->packages[id].holder, cap, rules, RULES_MAX);
    if (n > RULES_MAX) return true;
    for (size_t i = 0; i < n; i++) {
        if (cap == PSX_CAP_NET_CONNECT && !rules[i]->is_unix) continue;
        psx_str root = rules[i]->root;
        if (root.n > path.n && psx_lexpath_within(root, path)) return true;
    }
    return false;
}

static bool gains(psx_files *f, uint32_t id, psx_cap cap, psx_str from, psx_str to)
{
    if (may(f, id, cap, from)) return false;
    return may(f, id, cap, to) || grants_beneath(f, id, cap, to);
}

unsigned psx_moves_need(psx_files *f, uint32_t id, psx_str from, psx_str to)
{
    psx_lexpath a, b;
    if (id >= f->m->n || psx_lexpath_resolve(f->m->plan.cwd, from, &a) != PSX_LEXPATH_OK ||
        psx_lexpath_resolve(f->m->plan.cwd, to, &b) != PSX_LEXPATH_OK)
        return PSX_NEED_BOTH; // which will say what is wrong
    psx_str old = psx_lexpath_str(&a), new = psx_lexpath_str(&b);
    if (gains(f, id, PSX_CAP_NET_CONNECT, old, new)) return 0;
    return gains(f, id, PSX_CAP_FS_READ, old, new) ? PSX_NEED_BOTH : PSX_NEED_WRITE;
}

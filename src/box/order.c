#include "box/order.h"

enum { NAMES = 3, STRINGS_MAX = 1 << 20 }; // dir, path, argv0

bool psx_box_order_head_ok(const psx_box_order_head *head)
{
    return head->n > NAMES && head->n <= PSX_BOX_ORDER_MAX && head->kind <= PSX_BOX_ORDER_COMMAND &&
           head->n_fds <= PSX_BOX_ORDER_FDS && head->mask <= 0777 && head->uid >= -1 &&
           head->gid >= -1 && head->n_args <= STRINGS_MAX && head->n_env <= STRINGS_MAX;
}

// The string at the start of *s, which moves behind it. False: there is no NUL.
static bool take(psx_str *s, psx_str *out)
{
    const char *end = s->n ? memchr(s->p, 0, s->n) : NULL;
    if (!end) return false;
    *out = (psx_str){s->p, (size_t)(end - s->p)};
    *s = psx_str_slice(*s, out->n + 1, s->n);
    return true;
}

static bool skip(psx_str *s, uint32_t n)
{
    psx_str one;
    while (n--) {
        if (!take(s, &one)) return false;
    }
    return true;
}

bool psx_box_order_parse(psx_str bytes, psx_box_order *out)
{
    *out = (psx_box_order){0};
    if (bytes.n < sizeof out->head) return false;
    memcpy(&out->head, bytes.p, sizeof out->head);
    psx_str rest = psx_str_slice(bytes, sizeof out->head, bytes.n);
    if (!psx_box_order_head_ok(&out->head) || rest.n != out->head.n) return false;
    if (!take(&rest, &out->dir) || !take(&rest, &out->path) || !take(&rest, &out->argv0)) {
        return false;
    }
    out->args = rest.p;
    if (!skip(&rest, out->head.n_args)) return false;
    out->env = rest;
    return skip(&rest, out->head.n_env) && rest.n == 0 && out->dir.n && out->dir.p[0] == '/' &&
           out->path.n && out->path.p[0] == '/';
}

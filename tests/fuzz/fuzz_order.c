// What is written on the channel of npsx-spawn: no crash, nothing read beyond the end, and an order
// is whole or none.
#include "box/order.h"
#include "fuzz.h"

static void check(psx_str bytes)
{
    psx_box_order o;
    if (!psx_box_order_parse(bytes, &o)) return;
    size_t n = o.dir.n + o.path.n + o.argv0.n + 3 + o.env.n;
    const char *arg = o.args;
    for (uint32_t i = 0; i < o.head.n_args; i++) {
        n += strlen(arg) + 1;
        arg += strlen(arg) + 1;
    }
    PROMISE(n == o.head.n && arg == o.env.p);
    PROMISE(o.dir.p[0] == '/' && o.path.p[0] == '/' && o.head.n_fds <= PSX_BOX_ORDER_FDS);
    PROMISE(!o.env.n || o.env.p[o.env.n - 1] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check((psx_str){(const char *)data, size});
    return 0;
}

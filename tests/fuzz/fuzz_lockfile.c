// A lockfile that parses lists places under the project, each with a name, and nothing else.
#include "fuzz.h"
#include "pkg/lockfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_lockfile *lock;
    psx_op_init(&op, 64u << 20);
    psx_rc rc = psx_lockfile_parse(&op, (psx_str){(const char *)data, size}, PSX_STR("f"), &lock);
    if (psx_failed(rc)) {
        PROMISE(op.fail.message[0]);
        psx_op_fini(&op);
        return 0;
    }
    PROMISE(lock->version == 2 || lock->version == 3);
    for (size_t i = 0; i < lock->n; i++) {
        const psx_lockfile_entry *e = &lock->entries[i];
        PROMISE(e->name.n && e->location.n && e->location.p[0] != '/');
        PROMISE(e->version.p && e->integrity.p && !psx_str_has_nul(e->location));
    }
    psx_op_fini(&op);
    return 0;
}

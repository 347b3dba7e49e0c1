// filtered [FACT...] -- PROGRAM ARG...: runs a program under a box's filter of system calls and
// nothing else of the box, with nobody to ask. FACT: command, read, write, connect, listen, spawn,
// kill, network; old: a kernel without memory that is not executable.
#include <fcntl.h>

#include "box/filter.h"
#include "os/code.h"

typedef struct {
    psx_box_spec spec;
    psx_box_kernel kernel;
} wanted;

static bool want(wanted *w, const char *word)
{
    psx_box_spec *s = &w->spec;
    psx_str t = psx_str_from(word);
    if (psx_str_is(t, "command"))
        s->kind = PSX_BOX_COMMAND;
    else if (psx_str_is(t, "read"))
        s->read = PSX_BOX_SOME;
    else if (psx_str_is(t, "write"))
        s->write = PSX_BOX_SOME;
    else if (psx_str_is(t, "connect"))
        s->connect = PSX_BOX_SOME;
    else if (psx_str_is(t, "listen"))
        s->listen = PSX_BOX_SOME;
    else if (psx_str_is(t, "spawn"))
        s->spawn = PSX_BOX_SOME;
    else if (psx_str_is(t, "kill"))
        s->kill = true;
    else if (psx_str_is(t, "network"))
        s->interfaces = true;
    else if (psx_str_is(t, "old"))
        w->kernel.memfd_noexec = false;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    psx_op op;
    psx_box_program program;
    wanted w = {.kernel = {.landlock = 7, .filter = true, .memfd_noexec = true}};
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!want(&w, argv[i])) return 125;
    }
    if (i + 1 >= argc) return 125;
    // The tool itself executes: an engine's filter lets npsx do that by its descriptor only.
    int fd = -1;
    psx_op_init(&op, 1 << 20);
    psx_rc rc = psx_box_filter_make(&op, &w.spec, &w.kernel, &program);
    if (!psx_failed(rc)) fd = open(argv[i + 1], O_RDONLY | O_CLOEXEC);
    if (!psx_failed(rc)) rc = psx_os_seccomp_load(&op, program.v, program.n, 0, NULL);
    if (psx_failed(rc)) {
        fprintf(stderr, "filtered: %s\n", op.fail.message);
        return 125;
    }
    psx_os_code_exec(fd, argv + i + 1, environ);
    return 127;
}

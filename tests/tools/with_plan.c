// Runs a command with the bytes of PLAN.json in a sealed memfd.
//     with-plan PLAN.json ENGINE ADDON           as npsx does: ENGINE <plan fd> <addon fd>
//     with-plan PLAN.json COMMAND [ARGS...]      with every "@" replaced by the plan's descriptor
//     and
//                                                every "@FILE" by one of that file
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>

#include "base/buf.h"
#include "os/beneath.h"
#include "os/memfd.h"

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "with-plan: %s: %s\n", what, why);
    return 71;
}

// A descriptor that exec keeps, as text.
static char *open_kept(psx_op *op, const char *path)
{
    psx_str text;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || psx_failed(psx_op_format(op, &text, "%d", fd))) return NULL;
    return (char *)text.p;
}

int main(int argc, char **argv)
{
    char *bytes, number[16];
    size_t n;
    int fd;
    psx_op op;
    if (argc < 3) return 64;
    psx_op_init(&op, 1 << 20);
    int file = psx_os_open_any(argv[1], O_RDONLY, 0);
    if (file < 0 || psx_os_read_whole(file, 64 << 20, &bytes, &n) < 0)
        return fail(argv[1], "cannot be read");
    if (psx_failed(psx_os_memfd_seal(&op, "plan", (psx_str){bytes, n}, &fd)))
        return fail(argv[1], op.fail.message);
    snprintf(number, sizeof number, "%d", fd);
    bool has_place = false;
    for (int i = 3; i < argc; i++) {
        if (argv[i][0] != '@') continue;
        has_place = true;
        argv[i] = argv[i][1] ? open_kept(&op, argv[i] + 1) : number;
        if (!argv[i]) return fail("an argument", "cannot be opened");
    }
    if (has_place || argc != 4) {
        execvp(argv[2], argv + 2);
    } else {
        char *addon = open_kept(&op, argv[3]);
        if (!addon) return fail(argv[3], "cannot be opened");
        execvp(argv[2], (char *[]){argv[2], number, addon, NULL});
    }
    perror(argv[2]);
    return 127;
}

// with-plan PLAN.json COMMAND [ARGS...]: runs the command with the file's bytes in a sealed memfd.
// Every argument "@" is replaced by the number of the descriptor.
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>

#include "os/beneath.h"
#include "os/memfd.h"

int main(int argc, char **argv)
{
    char number[16], *bytes;
    size_t n;
    int fd;
    psx_op op;
    if (argc < 3) return 64;
    int file = psx_os_open_any(argv[1], O_RDONLY, 0);
    if (file < 0 || psx_os_read_whole(file, 64 << 20, &bytes, &n) < 0) {
        fprintf(stderr, "with-plan: cannot read %s\n", argv[1]);
        return 71;
    }
    psx_op_init(&op, 1 << 20);
    if (psx_failed(psx_os_memfd_seal(&op, "plan", (psx_str){bytes, n}, &fd))) {
        fprintf(stderr, "with-plan: %s\n", op.fail.message);
        return 71;
    }
    snprintf(number, sizeof number, "%d", fd);
    for (int i = 3; i < argc; i++) {
        if (psx_str_is(psx_str_from(argv[i]), "@")) argv[i] = number;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}

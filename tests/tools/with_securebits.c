// with-securebits restrict=0|1 deny=0|1 program [arguments]: starts the program under these
// securebits for interpreters, locked both ways. Fails (status 99) where the kernel does not do it.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "os/kernel.h"

enum { CANNOT = 99 };

int main(int argc, char **argv)
{
    if (argc < 4 || strncmp(argv[1], "restrict=", 9) != 0 || strncmp(argv[2], "deny=", 5) != 0) {
        fputs("usage: with-securebits restrict=0|1 deny=0|1 program [arguments]\n", stderr);
        return CANNOT;
    }
    int want = (argv[1][9] == '1' ? SECBIT_EXEC_RESTRICT_FILE : 0) |
               (argv[2][5] == '1' ? SECBIT_EXEC_DENY_INTERACTIVE : 0);
    int locks = SECBIT_EXEC_RESTRICT_FILE_LOCKED | SECBIT_EXEC_DENY_INTERACTIVE_LOCKED;
    int before = prctl(PR_GET_SECUREBITS);
    if (before < 0 || prctl(PR_SET_SECUREBITS, before | want | locks) != 0) {
        fprintf(stderr, "with-securebits: this kernel has no such securebits: %s\n",
                strerror(errno));
        return CANNOT;
    }
    int now = prctl(PR_GET_SECUREBITS),
        asked = SECBIT_EXEC_RESTRICT_FILE | SECBIT_EXEC_DENY_INTERACTIVE;
    if ((now & asked) != want) {
        fputs("with-securebits: other securebits were locked before\n", stderr);
        return CANNOT;
    }
    execvp(argv[3], argv + 3);
    fprintf(stderr, "with-securebits: %s: %s\n", argv[3], strerror(errno));
    return CANNOT;
}

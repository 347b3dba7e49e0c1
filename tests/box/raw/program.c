// The attempts as a program. Prints one JSON object: name -> what the kernel said.
//
//     program control OUTSIDE INSIDE PORT
//         each in a child of its own, with everything put back
//     program here OUTSIDE INSIDE PORT PARENT BUT
//         each in this process, but one
//     program deadly NAME
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "attempts.h"

static void put_back(void)
{
    unlink(out("new"));
    rmdir(out("new"));
    mkdir(out("dir"), 0755);
    int fd = open(out("file"), O_WRONLY | O_CREAT, 0644);
    dprintf(fd, "secret");
    close(fd);
    RAW(SYS_setxattr, out("file"), "user.there", "y", 1, 0);
    umount2(out("dir"), 0);
    unlink("/dev/shm/packsec-raw");
    RAW(SYS_mq_unlink, "packsec-raw");
    RAW(SYS_shmctl, RAW(SYS_shmget, 0x7061636b, 4096, 0), 0, 0);
    RAW(SYS_semctl, RAW(SYS_semget, 0x7061636b, 1, 0), 0, 0);
    RAW(SYS_msgctl, RAW(SYS_msgget, 0x7061636b, 0), 0, 0);
}

// A program that was started, or a child that nobody can report from, says 0.
static long in_child(const attempt *a)
{
    int ends[2];
    long said = 0;
    if (pipe2(ends, O_CLOEXEC)) return -1000;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(5);
        said = a->go();
        if (write(ends[1], &said, sizeof said) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &said, sizeof said) < 0) said = -1001;
    close(ends[0]);
    waitpid(pid, NULL, __WALL);
    return said;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "deadly") == 0) {
        for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
            if (strcmp(argv[2], deadly[i].name) == 0) return printf("%ld\n", deadly[i].go()) < 0;
        }
        return 2;
    }
    if (argc < 5) return 2;
    bool control = strcmp(argv[1], "control") == 0;
    outside = argv[2];
    inside = argv[3];
    port = atoi(argv[4]);
    parent = argc > 5 ? atol(argv[5]) : getpid();
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (argc > 6 && strcmp(argv[6], attempts[i].name) == 0) continue;
        if (control) put_back();
        long said = control ? in_child(&attempts[i]) : attempts[i].go();
        printf("%s\"%s\":%ld", i ? "," : "{", attempts[i].name, said);
        fflush(stdout);
    }
    printf("}\n");
    if (control) put_back();
    return 0;
}

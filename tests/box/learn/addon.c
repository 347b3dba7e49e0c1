// An addon that opens files by itself, and makes, renames and removes some.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void put(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, "native\n", 7) != 7) printf("cannot write %s\n", path);
    if (fd >= 0) close(fd);
}

__attribute__((visibility("default"))) void *napi_register_module_v1(void *env, void *exports);

void *napi_register_module_v1(void *env, void *exports)
{
    char text[64];
    (void)env;
    int fd = open(".native.conf", O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
    printf("native read %zd\n", n);
    put("data/native/new.txt");
    if (rename("data/native/new.txt", "data/native/moved.txt") != 0) puts("cannot rename");
    put("data/native/gone.txt");
    if (unlink("data/native/gone.txt") != 0) puts("cannot unlink");
    fflush(stdout);
    return exports;
}

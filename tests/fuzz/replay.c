// Runs a fuzz target over a corpus: every file, all its prefixes, and every byte of it replaced by
// some bytes that parsers care about.
#include <dirent.h>

#include "fuzz.h"

static size_t runs;

static void run_exact(const uint8_t *data, size_t n)
{
    // A copy of the exact size lets a sanitizer see a read behind the end.
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy) abort();
    if (n) memcpy(copy, data, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
    runs++;
}

static void run_variants(uint8_t *data, size_t n)
{
    static const uint8_t odd[] = {0,   '"', '\\', '{', ']', ',',  '*',
                                  '/', '.', ':',  '@', ' ', 0x80, 0xFF};
    for (size_t i = 0; i <= n; i++) {
        run_exact(data, i);
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t old = data[i];
        for (size_t k = 0; k < sizeof odd; k++) {
            data[i] = odd[k];
            run_exact(data, n);
        }
        data[i] = old;
    }
}

static void run_file(const char *path)
{
    static uint8_t data[1 << 16];
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    run_variants(data, n);
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc != 2) return 64;
    DIR *dir = opendir(argv[1]);
    if (!dir) {
        perror(argv[1]);
        return 1;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        run_file(path);
    }
    closedir(dir);
    printf("%zu runs\n", runs);
    return runs > 0 ? 0 : 1;
}

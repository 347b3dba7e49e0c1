// What does reading a source cost? Scans every file named on the command line, several times, and
// prints megabytes per second for all of them together.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scan/scan.h"

enum { ROUNDS = 3 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// The whole file in the op's memory; an absent string when it cannot be read.
static psx_str load(psx_op *op, const char *path)
{
    psx_str none = {0};
    FILE *f = fopen(path, "rb");
    if (f == NULL) return none;
    long n = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    char *p = n >= 0 && fseek(f, 0, SEEK_SET) == 0 ? psx_op_alloc(op, (size_t)n + 1) : NULL;
    size_t got = p != NULL ? fread(p, 1, (size_t)n, f) : 0;
    (void)fclose(f);
    return p != NULL && got == (size_t)n ? (psx_str){.p = p, .n = got} : none;
}

int main(int argc, char **argv)
{
    double best = 0;
    size_t bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double spent = 0;
        bytes = 0;
        for (int i = 1; i < argc; i++) {
            psx_op op;
            psx_op_init(&op, 1u << 30);
            psx_str source = load(&op, argv[i]);
            psx_scan *scan = NULL;
            double start = now();
            bool ok = source.p != NULL &&
                      !psx_failed(psx_scan_source(&op, source, PSX_SCAN_UNKNOWN, &scan));
            spent += now() - start;
            bytes += source.n;
            psx_op_fini(&op);
            if (!ok) {
                (void)fprintf(stderr, "bench-scan: cannot scan %s\n", argv[i]);
                return 1;
            }
        }
        double rate = (double)bytes / 1e6 / spent;
        best = rate > best ? rate : best;
    }
    printf("%d files, %.1f MB: %.1f MB/s\n", argc - 1, (double)bytes / 1e6, best);
    return 0;
}

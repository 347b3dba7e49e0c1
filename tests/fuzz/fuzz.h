// A fuzz target is one function. Built with clang it is linked with libFuzzer; otherwise with
// replay.c, which runs it over the corpus, so that every build has it as a plain test.
#ifndef PSX_TESTS_FUZZ_H
#define PSX_TESTS_FUZZ_H

#include "base/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A broken promise ends the process, which both libFuzzer and the replay take for a find.
#define PROMISE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif

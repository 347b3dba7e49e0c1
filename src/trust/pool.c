// Memory for npsx-verify, which may not ask the system for any: one piece, handed out from the
// front and never taken back. It lives for one question. That nothing is used a second time is also
// why a use after free finds only what was there before.
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default"))) // libcrypto and libc use these as well

enum { POOL_BYTES = 128 << 20, HEAD = alignof(max_align_t) };

static alignas(max_align_t) char pool[POOL_BYTES];
static size_t used;

// The size stands before each piece.
static size_t *size_of(void *p)
{
    return (size_t *)(void *)((char *)p - HEAD);
}

static void *hand_out(size_t align, size_t n)
{
    size_t at = (used + HEAD + align - 1) & ~(align - 1);
    if (at > POOL_BYTES || n > POOL_BYTES - at) {
        errno = ENOMEM;
        return NULL;
    }
    used = at + n;
    *size_of(pool + at) = n;
    return pool + at;
}

EXPORT void *malloc(size_t n)
{
    return hand_out(HEAD, n);
}

EXPORT void free(void *p)
{
    (void)p;
}

// What the pool hands out was never used: it is zero.
EXPORT void *calloc(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return hand_out(HEAD, count * size);
}

EXPORT void *realloc(void *p, size_t n)
{
    if (!p) return hand_out(HEAD, n);
    size_t old = *size_of(p);
    if (n <= old) return p;
    void *q = hand_out(HEAD, n);
    if (q) memcpy(q, p, old);
    return q;
}

EXPORT void *aligned_alloc(size_t align, size_t n)
{
    return hand_out(align < HEAD ? HEAD : align, n);
}

EXPORT int posix_memalign(void **out, size_t align, size_t n)
{
    *out = aligned_alloc(align, n);
    return *out ? 0 : ENOMEM;
}

// One thread: nobody to wait for, and nobody to wake.
EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    (void)lock;
    return 0;
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    (void)lock;
    return 0;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    (void)lock;
    return 0;
}

// glibc's wakes who waits, always, by a system call.
EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void))
{
    if (*control == PTHREAD_ONCE_INIT) {
        *control = PTHREAD_ONCE_INIT + 1;
        routine();
    }
    return 0;
}

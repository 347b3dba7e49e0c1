// For tests of signatures. Each line of standard input is one question, fields separated by tabs:
//
//     HOW POLICY SIGNATURE ANCHORS CRLS NOW [MASKS]
//
// POLICY ... are files, "-" for none. HOW is
//
// one: verified in this process; the answer is "ok<TAB>facts" or "CODE<TAB>reason"
//
// ask: the same, by npsx-verify (the first argument of this program)
//
// cut: every beginning of the signature; how many there are, and how many were accepted
//
// fail: every allocation fails in turn, ours and then OpenSSL's: how many there were, how many of
// these runs accepted, and whether the last one, in which nothing failed, did
//
// time: 200 verifications by npsx-verify; microseconds of the fastest, the median and the slowest
//
// flip: every byte with each of MASKS ("01,80,ff"); what was accepted (offset:mask), and the same
#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>

#include "trust/signature.h"

enum { FIELDS = 7, MEMORY = 64 << 20 };

static int verifier = -1;

static psx_str read_file(const char *path)
{
    char *p = NULL;
    size_t n = 0, cap = 0;
    if (strcmp(path, "-") == 0) return (psx_str){0};
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(2);
    }
    for (size_t got = 1; got; n += got) {
        if (n == cap) p = realloc(p, cap = cap ? cap * 2 : 4096);
        if (!p) abort();
        got = fread(p + n, 1, cap - n, f);
    }
    fclose(f);
    return (psx_str){p, n};
}

static psx_rc verify(psx_op *op, const psx_signature_request *r, bool ask, psx_signature_facts *out)
{
    if (ask) return psx_signature_verify(op, verifier, r, out);
    return psx_signature_verify_here(op, r, out);
}

static void answer_one(const psx_signature_request *r, bool ask)
{
    psx_op op;
    psx_signature_facts f;
    psx_op_init(&op, MEMORY);
    psx_rc rc = verify(&op, r, ask, &f);
    if (psx_failed(rc))
        printf("%s\t%s\n", psx_error_name(rc.code), op.fail.message);
    else
        printf("ok\t%.*s|%.*s|%.*s|%.*s|%.*s|%lld|%lld\n", PSX_FMT(f.signer), PSX_FMT(f.issuer),
               PSX_FMT(f.anchor), PSX_FMT(f.fingerprint), PSX_FMT(f.digest),
               (long long)f.not_before, (long long)f.not_after);
    psx_op_fini(&op);
}

// A copy of the exact size, so that a sanitizer sees a read behind the end.
static bool is_accepted(psx_signature_request r, psx_str signature)
{
    psx_op op;
    psx_signature_facts f;
    char *copy = malloc(signature.n ? signature.n : 1);
    if (!copy) abort();
    if (signature.n) memcpy(copy, signature.p, signature.n);
    r.signature = (psx_str){copy, signature.n};
    psx_op_init(&op, MEMORY);
    bool good = !psx_failed(psx_signature_verify_here(&op, &r, &f));
    psx_op_fini(&op);
    free(copy);
    return good;
}

static int by_value(const void *a, const void *b)
{
    const long *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void answer_time(const psx_signature_request *r)
{
    enum { RUNS = 200 };
    static long took[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        psx_op op;
        psx_signature_facts f;
        struct timespec from, to;
        psx_op_init(&op, MEMORY);
        clock_gettime(CLOCK_MONOTONIC, &from);
        psx_rc rc = verify(&op, r, true, &f);
        clock_gettime(CLOCK_MONOTONIC, &to);
        psx_op_fini(&op);
        if (psx_failed(rc)) exit(1);
        took[i] = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
    }
    qsort(took, RUNS, sizeof *took, by_value);
    printf("%ld\t%ld\t%ld\n", took[0], took[RUNS / 2], took[RUNS - 1]);
}

static void answer_cut(const psx_signature_request *r)
{
    size_t accepted = 0;
    for (size_t n = 0; n < r->signature.n; n++)
        accepted += is_accepted(*r, psx_str_slice(r->signature, 0, n));
    printf("%zu\t%zu\n", r->signature.n, accepted);
}

// ---- OpenSSL's memory, which can be made to fail
// ----------------------------------------------------

static size_t openssl_fails_at; // the n-th allocation from now on, and all after it; 0: none

static bool openssl_fails_now(void)
{
    if (openssl_fails_at == 0) return false;
    if (openssl_fails_at > 1) openssl_fails_at--;
    return openssl_fails_at == 1;
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_fails_now() ? NULL : malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_fails_now() ? NULL : realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

typedef struct {
    size_t walked, accepted;
    bool good, odd; // at the end; a failure that was not told as one
} walk;

// Fails at the n-th allocation; false when it never came to that one.
static bool fail_once(const psx_signature_request *r, size_t n, bool openssl, walk *w)
{
    psx_op op;
    psx_signature_facts f;
    psx_op_init(&op, MEMORY);
    psx_op_test_fail_at(openssl ? 0 : n);
    openssl_fails_at = openssl ? n + 1 : 0;
    psx_rc rc = psx_signature_verify_here(&op, r, &f);
    bool reached = openssl ? openssl_fails_at == 1 : rc.code == PSX_E_NOMEM;
    psx_op_test_fail_at(0);
    openssl_fails_at = 0;
    w->walked += reached;
    // What OpenSSL wanted memory for may have been dispensable; ours never is.
    w->odd |= op.fail.code != rc.code;
    w->accepted += reached && !psx_failed(rc);
    w->good = !reached && !psx_failed(rc);
    psx_op_fini(&op);
    return reached;
}

static void answer_fail(const psx_signature_request *r)
{
    walk ours = {0}, theirs = {0};
    (void)fail_once(r, SIZE_MAX / 2, false, &(walk){0}); // what OpenSSL keeps for ever
    for (size_t n = 1; fail_once(r, n, false, &ours); n++) {
    }
    for (size_t n = 1; fail_once(r, n, true, &theirs); n++) {
    }
    printf("%zu\t%zu\t%zu\t%s\t%s\n", ours.walked, theirs.walked, ours.accepted + theirs.accepted,
           ours.odd || theirs.odd ? "odd" : "told", ours.good && theirs.good ? "ok" : "refused");
}

static void answer_flip(const psx_signature_request *r, const char *masks)
{
    size_t tried = 0, accepted = 0;
    psx_str s = r->signature;
    char *bytes = (char *)s.p, *end;
    printf("flips");
    for (size_t i = 0; i < s.n; i++) {
        for (const char *m = masks; *m; m = *end ? end + 1 : end) {
            char mask = (char)strtoul(m, &end, 16);
            bytes[i] ^= mask;
            bool good = is_accepted(*r, s);
            bytes[i] ^= mask;
            tried++;
            accepted += good;
            if (good) printf("\t%zu:%02x", i, (unsigned char)mask);
        }
    }
    printf("\t%zu\t%zu\n", tried, accepted);
}

static void answer(char *line)
{
    char *field[FIELDS] = {0};
    size_t n = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *save = NULL, *f = strtok_r(line, "\t", &save); f && n < FIELDS;
         f = strtok_r(NULL, "\t", &save))
        field[n++] = f;
    if (n < 6) exit(64);
    psx_signature_request r = {read_file(field[1]), read_file(field[2]), read_file(field[3]),
                               read_file(field[4]), strtoll(field[5], NULL, 10)};
    if (strcmp(field[0], "one") == 0) answer_one(&r, false);
    if (strcmp(field[0], "ask") == 0) answer_one(&r, true);
    if (strcmp(field[0], "time") == 0) answer_time(&r);
    if (strcmp(field[0], "cut") == 0) answer_cut(&r);
    if (strcmp(field[0], "fail") == 0) answer_fail(&r);
    if (strcmp(field[0], "flip") == 0 && n == 7) answer_flip(&r, field[6]);
    fflush(stdout);
    psx_str *all[] = {&r.policy, &r.signature, &r.anchors, &r.crls};
    for (size_t i = 0; i < 4; i++)
        free((char *)all[i]->p);
}

int main(int argc, char **argv)
{
    static char line[1 << 14];
    if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free)) return 1;
    if (argc > 1) verifier = open(argv[1], O_RDONLY | O_CLOEXEC);
    while (fgets(line, sizeof line, stdin))
        answer(line);
    return 0;
}

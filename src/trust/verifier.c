// npsx-verify: reads one question from standard input, says on standard output who signed, and
// ends. It has given up everything else before it reads the first byte of what may be hostile: a
// defect of a parser of signatures finds no file, no network, no environment and no second process
// here. Started by npsx only; the question and the answer are described in
// docs/design/interfaces.md.
#define OPENSSL_SUPPRESS_DEPRECATED // what replaces it is a provider of one's own
#include <openssl/rand.h>
#include <time.h>

#include "os/confine.h"
#include "trust/wire.h"

// What nothing can be larger than; memory that is not used costs nothing.
enum {
    QUESTION_MAX = PSX_SIGNATURE_CONTENT_MAX + PSX_SIGNATURE_ANCHORS_MAX + PSX_SIGNATURE_CRLS_MAX +
                   PSX_SIGNATURE_MAX_BYTES + 4096,
    MEMORY_MAX = 8 << 20,
};

static char question[QUESTION_MAX];

// Some curves are computed with blinding, which hides a private key from who measures time. There
// is none here, and a generator asks the system for a seed: this one (xorshift) does not.
static int give_bytes(unsigned char *dst, int n)
{
    static uint64_t x = 0x9E3779B97F4A7C15;
    for (int i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        dst[i] = (unsigned char)(x >> 32);
    }
    return 1;
}

static int give_status(void)
{
    return 1;
}

static const RAND_METHOD no_secrets = {
    .bytes = give_bytes, .pseudorand = give_bytes, .status = give_status};

static psx_rc answer(psx_op *op, psx_signature_facts *facts)
{
    psx_signature_request request;
    long n = psx_os_confined_read(question, sizeof question);
    if (n < 0) return psx_fail(op, PSX_E_INTERNAL, "npsx-verify cannot read its question");
    TRY(psx_wire_request_read(op, (psx_str){question, (size_t)n}, &request));
    return psx_signature_verify_here(op, &request, facts);
}

int main(void)
{
    static char reply[PSX_WIRE_ANSWER_BYTES];
    time_t zero = 0;
    struct tm t;
    psx_op op;
    psx_signature_facts facts = {0};
    RAND_set_rand_method(&no_secrets);
    gmtime_r(&zero, &t); // libc reads its time zone file the first time, and OpenSSL will ask
    bool confined = psx_os_confine_to_pipes();
    psx_op_init(&op, MEMORY_MAX);
    psx_rc rc = confined ? answer(&op, &facts)
                         : psx_fail(&op, PSX_E_KERNEL,
                                    "npsx-verify cannot give up its authority: this kernel has no "
                                    "seccomp, or what started npsx forbids it");
    psx_wire_answer_write(&op, rc, &facts, reply);
    psx_os_confined_exit(psx_os_confined_write(reply, sizeof reply) ? 0 : 1);
}

// Every reason for failure, once: name, class, sentence. The class decides the exit status.
// `denied` (the policy said no) and `untrusted` (nobody vouches for it) are classes of their own.
#ifndef PSX_BASE_ERROR_H
#define PSX_BASE_ERROR_H

#define PSX_ERRORS(X)                                                                              \
    X(OK, OK, "no error")                                                                          \
    X(USAGE, USAGE, "the command line is wrong")                                                   \
    X(UNSUPPORTED, USAGE, "not supported yet")                                                     \
    X(SYNTAX, CORRUPT, "the input is malformed")                                                   \
    X(ENCODING, CORRUPT, "the input is not valid UTF-8")                                           \
    X(TRUNCATED, CORRUPT, "the input ends too early")                                              \
    X(TRAILING, CORRUPT, "there are bytes after the end")                                          \
    X(DUPLICATE, CORRUPT, "the same key appears twice")                                            \
    X(DEPTH, CORRUPT, "nested too deeply")                                                         \
    X(SIZE, CORRUPT, "larger than allowed")                                                        \
    X(TYPE, CORRUPT, "a value of the wrong type")                                                  \
    X(VALUE, CORRUPT, "a value that is not allowed here")                                          \
    X(UNKNOWN_KEY, CORRUPT, "an unknown key")                                                      \
    X(UNKNOWN_CAPABILITY, CORRUPT, "an unknown capability")                                        \
    X(MISSING, CORRUPT, "a required key is missing")                                               \
    X(MANIFEST, MANIFEST, "Node's policy manifest is wrong")                                       \
    X(NODE_USAGE, NODE_USAGE, "one of Node's options is used wrongly")                             \
    X(CEILING, CORRUPT, "the input needs more memory than allowed")                                \
    X(NOMEM, SYSTEM, "out of memory")                                                              \
    X(IO, SYSTEM, "reading or writing failed")                                                     \
    X(OS, SYSTEM, "the operating system refused")                                                  \
    X(KERNEL, SYSTEM, "this kernel lacks the needed protection")                                   \
    X(NETWORK, SYSTEM, "the network failed")                                                       \
    X(INTERNAL, SYSTEM, "a defect in PackSec")                                                     \
    X(SIGNATURE, UNTRUSTED, "the signature does not match")                                        \
    X(ANCHOR, UNTRUSTED, "no trust anchor vouches for the signer")                                 \
    X(DIGEST, UNTRUSTED, "the content does not match its recorded digest")                         \
    X(ROLLBACK, UNTRUSTED, "older than what was accepted before")                                  \
    X(MANDATORY, UNTRUSTED, "the system makes a signed policy mandatory")                          \
    X(DENIED, DENIED, "the policy does not allow it")                                              \
    X(NOT_FOUND, NOTFOUND, "not found")

typedef enum {
#define X(name, cls, sentence) PSX_E_##name,
    PSX_ERRORS(X)
#undef X
        PSX_E_COUNT
} psx_error;

typedef enum {
    PSX_CLASS_OK,
    PSX_CLASS_USAGE,
    PSX_CLASS_CORRUPT,
    PSX_CLASS_SYSTEM,
    PSX_CLASS_UNTRUSTED,
    PSX_CLASS_DENIED,
    PSX_CLASS_NOTFOUND,
    PSX_CLASS_NODE_USAGE,
    PSX_CLASS_MANIFEST, // what Node itself would have thrown: its exit status too
} psx_class;

const char *psx_error_name(psx_error e);     // "UNKNOWN_KEY"
const char *psx_error_sentence(psx_error e); // "an unknown key"
psx_class psx_error_class(psx_error e);
// npsx keeps the shell's 125-127 apart from the application's own statuses: 125 npsx itself failed,
// 126 the application may not run (untrusted, denied), 127 not found.
int psx_error_exit_npsx(psx_error e);
// npsm uses sysexits: 64 usage, 65 corrupt, 66 not found, 71 system, 76 untrusted, 77 denied.
int psx_error_exit_npsm(psx_error e);

// The result of every fallible call. A struct, so that it can be neither ignored nor mistaken for a
// number or a truth value.
typedef struct [[nodiscard]] {
    psx_error code;
} psx_rc;

#define PSX_OK ((psx_rc){PSX_E_OK})

static inline int psx_failed(psx_rc rc)
{
    return rc.code != PSX_E_OK;
}

// The only macro with a hidden return.
#define TRY(call)                                                                                  \
    do {                                                                                           \
        psx_rc try_rc_ = (call);                                                                   \
        if (psx_failed(try_rc_)) return try_rc_;                                                   \
    } while (0)

#endif

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "trust/sign_key.h"

enum { KEY_MAX = 1 << 20 };

const char *psx_sign_openssl_reason(void)
{
    unsigned long e = ERR_peek_last_error();
    const char *reason = e ? ERR_reason_error_string(e) : NULL;
    return reason ? reason : "no reason given";
}

// Asking needs a terminal: what lies on standard input is no passphrase.
static int ask(char *to, int size, psx_sign_secret *s)
{
    char prompt[256];
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    s->no_terminal = terminal < 0;
    if (terminal < 0) return -1;
    close(terminal);
    snprintf(prompt, sizeof prompt, "Passphrase or PIN for %.200s: ", s->what);
    s->gave_up = UI_UTIL_read_pw_string(to, size, prompt, 0) != 0;
    return s->gave_up ? -1 : (int)strlen(to);
}

int psx_sign_secret_give(char *to, int size, int writing, void *secret)
{
    (void)writing;
    psx_sign_secret *s = secret;
    psx_str given = s->request->secret;
    s->asked = true;
    if (s->gave_up) return -1; // OpenSSL tries one reader of keys after the other
    if (!given.p) return ask(to, size, s);
    if ((size_t)size <= given.n) return -1;
    memcpy(to, given.p, given.n);
    to[given.n] = '\0'; // engines take it for a C string
    return (int)given.n;
}

static psx_rc fail_key(psx_op *op, const psx_sign_secret *s)
{
    if (s->no_terminal) {
        psx_rc rc = psx_fail(op, PSX_E_VALUE, "%s is encrypted, and there is no terminal to ask on",
                             s->what);
        psx_fail_suggest(op, "--passphrase-file or --passphrase-fd");
        return rc;
    }
    if (s->gave_up)
        return psx_fail(op, PSX_E_VALUE, "nothing was signed: no passphrase was given for %s",
                        s->what);
    if (s->asked)
        return psx_fail(op, PSX_E_VALUE, "%s does not open with this passphrase", s->what);
    psx_rc rc = psx_fail(op, PSX_E_VALUE, "%s holds no private key in PEM form: %s", s->what,
                         psx_sign_openssl_reason());
    psx_fail_suggest(op, "openssl pkey reads other forms");
    return rc;
}

static psx_rc open_key(psx_op *op, psx_sign_secret *s, int *fd)
{
    psx_str path;
    struct stat st;
    TRY(psx_op_copy(op, s->request->key, &path));
    *fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0) return psx_fail(op, PSX_E_VALUE, "cannot read %s: %s", s->what, strerror(errno));
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < KEY_MAX) {
        s->exposed = (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
        return PSX_OK;
    }
    close(*fd);
    return psx_fail(op, PSX_E_VALUE, "%s is no file of a key", s->what);
}

psx_rc psx_sign_key_file(psx_op *op, psx_sign_secret *secret, EVP_PKEY **out)
{
    int fd;
    TRY(open_key(op, secret, &fd));
    BIO *in = BIO_new_fd(fd, BIO_CLOSE);
    if (!in) return psx_fail_nomem(op);
    // PEM reads line by line, which a descriptor of the system cannot.
    BIO *lines = BIO_push(BIO_new(BIO_f_buffer()), in);
    *out = PEM_read_bio_PrivateKey(lines, NULL, psx_sign_secret_give, secret);
    BIO_free_all(lines);
    return *out ? PSX_OK : fail_key(op, secret);
}

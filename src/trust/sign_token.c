// A key that never leaves its token. OpenSSL reaches it through a provider where one is configured
// (openssl.cnf), otherwise through the engine of libp11, the only way that OpenSSL 3.0 as Debian 12
// ships it has; engines are deprecated there, which is why this file alone speaks of them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <sys/mman.h>

#include "trust/sign_key.h"

// The engine and the library of the token print what they think, a line for each layer. Only the
// first one is told, at the end of our own.
typedef struct {
    int memory, stderr_fd;
    char first[200];
} muted;

static void mute(muted *m)
{
    *m = (muted){.memory = memfd_create("packsec-noise", MFD_CLOEXEC), .stderr_fd = dup(2)};
    fflush(stderr);
    if (m->memory >= 0 && m->stderr_fd >= 0) (void)dup2(m->memory, 2);
}

static void unmute(muted *m)
{
    fflush(stderr);
    if (m->stderr_fd >= 0) (void)dup2(m->stderr_fd, 2);
    ssize_t n = m->memory < 0 ? 0 : pread(m->memory, m->first, sizeof m->first - 1, 0);
    m->first[n > 0 ? n : 0] = '\0';
    m->first[strcspn(m->first, "\n")] = '\0';
    close(m->memory);
    close(m->stderr_fd);
}

static EVP_PKEY *load_by_store(const char *uri, UI_METHOD *ui, psx_sign_secret *secret)
{
    EVP_PKEY *key = NULL;
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, ui, secret, NULL, NULL);
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (!info) break;
        if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    if (store) OSSL_STORE_close(store);
    return key;
}

static psx_rc start_engine(psx_op *op, const psx_sign_request *r, ENGINE **out, bool *started)
{
    psx_str module;
    ENGINE_load_dynamic();
    ENGINE *e = ENGINE_by_id("pkcs11");
    if (!e) {
        psx_rc rc = psx_fail(op, PSX_E_VALUE,
                             "OpenSSL has neither a provider nor an engine for pkcs11 keys here");
        psx_fail_suggest(op, "install libengine-pkcs11-openssl");
        return rc;
    }
    bool ready = true;
    if (r->module.n) {
        TRY(psx_op_copy(op, r->module, &module));
        ready = ENGINE_ctrl_cmd_string(e, "MODULE_PATH", module.p, 0) == 1;
    }
    *started = ready && ENGINE_init(e);
    *out = e;
    return PSX_OK;
}

static psx_rc fail_token(psx_op *op, const psx_sign_secret *s, const char *said)
{
    if (s->no_terminal) {
        psx_rc rc =
            psx_fail(op, PSX_E_VALUE, "the token wants a PIN, and there is no terminal to ask on");
        psx_fail_suggest(op, "--passphrase-file or --passphrase-fd");
        return rc;
    }
    if (s->gave_up)
        return psx_fail(op, PSX_E_VALUE, "nothing was signed: no PIN was given for %s", s->what);
    psx_rc rc = psx_fail(op, PSX_E_VALUE, "%s cannot be used: %s", s->what,
                         *said ? said : psx_sign_openssl_reason());
    if (!s->asked) psx_fail_suggest(op, "is --pkcs11-module the library of this token?");
    return rc;
}

psx_rc psx_sign_key_token(psx_op *op, psx_sign_secret *secret, EVP_PKEY **out)
{
    psx_str uri;
    ENGINE *engine = NULL;
    muted noise;
    bool started = false;
    TRY(psx_op_copy(op, secret->request->key, &uri));
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(psx_sign_secret_give, 0);
    if (!ui) return psx_fail_nomem(op);
    *out = OSSL_PROVIDER_available(NULL, "pkcs11") ? load_by_store(uri.p, ui, secret) : NULL;
    if (*out) return PSX_OK;
    mute(&noise);
    psx_rc rc = start_engine(op, secret->request, &engine, &started);
    if (started) *out = ENGINE_load_private_key(engine, uri.p, ui, secret);
    unmute(&noise);
    TRY(rc);
    return *out ? PSX_OK : fail_token(op, secret, noise.first);
}

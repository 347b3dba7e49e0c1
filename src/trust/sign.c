// What npsx and npsx-sign say to each other: fields of a length (u32, little-endian) and that many
// bytes. Both are of the same build; nothing here has to last.
#include "trust/sign.h"

#include "base/buf.h"
#include "os/ask.h"

enum { ANSWER_MAX = 2 << 20 };

static psx_rc put(psx_buf *b, psx_str s)
{
    TRY(psx_buf_u32le(b, (uint32_t)s.n));
    return psx_buf_add(b, s);
}

static psx_rc put_number(psx_buf *b, int64_t n)
{
    TRY(psx_buf_u32le(b, 8));
    return psx_buf_u64le(b, (uint64_t)n);
}

static bool take(psx_str *from, psx_str *out)
{
    const unsigned char *p = (const unsigned char *)from->p;
    if (from->n < 4) return false;
    size_t n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    if (n > from->n - 4) return false;
    *out = psx_str_slice(*from, 4, 4 + n);
    *from = psx_str_slice(*from, 4 + n, from->n);
    return true;
}

static bool take_number(psx_str *from, int64_t *out)
{
    psx_str field;
    if (!take(from, &field) || field.n != 8) return false;
    uint64_t n = 0;
    for (unsigned i = 8; i-- > 0;) {
        n = n << 8 | (unsigned char)field.p[i];
    }
    *out = (int64_t)n;
    return true;
}

static psx_rc question_write(psx_op *op, const psx_sign_request *r, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    const psx_str fields[] = {r->policy, r->key, r->module, r->digest, r->secret, r->certificates};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        TRY(put(&b, fields[i]));
    }
    TRY(put_number(&b, r->secret.p != NULL));
    TRY(put_number(&b, r->now));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

psx_rc psx_sign_question_read(psx_op *op, psx_str bytes, psx_sign_request *out)
{
    int64_t has_secret;
    bool whole = take(&bytes, &out->policy) && take(&bytes, &out->key) &&
                 take(&bytes, &out->module) && take(&bytes, &out->digest) &&
                 take(&bytes, &out->secret) && take(&bytes, &out->certificates) &&
                 take_number(&bytes, &has_secret) && take_number(&bytes, &out->now) && !bytes.n;
    if (!whole) return psx_fail(op, PSX_E_INTERNAL, "npsx-sign was not asked by this npsx");
    if (!has_secret) out->secret = (psx_str){0};
    return PSX_OK;
}

psx_rc psx_sign_answer_write(psx_op *op, psx_rc rc, const psx_sign_result *result, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(put_number(&b, rc.code));
    if (psx_failed(rc)) {
        TRY(put(&b, psx_str_from(op->fail.message)));
        TRY(put(&b, psx_str_from(op->fail.suggestion)));
    } else {
        TRY(put(&b, result->signature));
        TRY(put(&b, result->signer));
        TRY(put(&b, result->issuer));
        TRY(put(&b, result->warning));
        TRY(put_number(&b, result->not_after));
    }
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc answer_read(psx_op *op, psx_str bytes, psx_sign_result *out)
{
    int64_t code;
    psx_str message, suggestion;
    bool whole = take_number(&bytes, &code) && code >= 0 && code < PSX_E_COUNT;
    if (whole && code) {
        whole = take(&bytes, &message) && take(&bytes, &suggestion) && !bytes.n;
        if (!whole) return psx_fail(op, PSX_E_OS, "npsx-sign gave no whole answer");
        psx_rc rc = psx_fail(op, (psx_error)code, "%.*s", PSX_FMT(message));
        if (suggestion.n) psx_fail_suggest(op, "%.*s", PSX_FMT(suggestion));
        return rc;
    }
    whole = whole && take(&bytes, &out->signature) && take(&bytes, &out->signer) &&
            take(&bytes, &out->issuer) && take(&bytes, &out->warning) &&
            take_number(&bytes, &out->not_after) && !bytes.n;
    return whole ? PSX_OK : psx_fail(op, PSX_E_OS, "npsx-sign gave no whole answer");
}

psx_rc psx_sign_ask(psx_op *op, int signer_fd, const psx_sign_request *request,
                    psx_sign_result *out)
{
    psx_str question, answer;
    TRY(question_write(op, request, &question));
    TRY(psx_os_ask(op, signer_fd, "npsx-sign", question, ANSWER_MAX, &answer));
    return answer_read(op, answer, out);
}

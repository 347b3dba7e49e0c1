// verify LIST: for each line of LIST (policy, signature, anchors, lists, seconds; tabs between)
// what CryptoAPI behind our own rules says: "ok", or the error's name and its sentence. verify flip
// LIST: whether it is accepted, its length, and at which bytes it may be changed and still is.
#include <windows.h>

#include "formats/der.h"
#include "os/win/held.h"
#include "os/win/path.h"
#include "trust/signature.h"

enum { MAX = 32 << 20 };

static void take(psx_str *line, psx_str *field)
{
    size_t tab = psx_str_find(*line, '\t');
    *field = psx_str_slice(*line, 0, tab);
    *line = psx_str_slice(*line, tab < line->n ? tab + 1 : tab, line->n);
}

static psx_rc take_file(psx_op *op, psx_str *line, psx_str *bytes)
{
    psx_str field, path;
    psx_win_held held;
    take(line, &field);
    TRY(psx_win_path_full(op, (psx_str){0}, field, &path));
    TRY(psx_win_held_open(op, "file", path, MAX, &held));
    *bytes = held.bytes;
    psx_win_held_close(&held);
    return PSX_OK;
}

static psx_rc take_request(psx_op *op, psx_str line, psx_signature_request *r)
{
    psx_str now;
    uint64_t seconds = 0;
    TRY(take_file(op, &line, &r->policy));
    TRY(take_file(op, &line, &r->signature));
    TRY(take_file(op, &line, &r->anchors));
    TRY(take_file(op, &line, &r->crls));
    take(&line, &now);
    if (!psx_str_to_u64(now, &seconds)) return psx_fail(op, PSX_E_INTERNAL, "no time");
    r->now = (int64_t)seconds;
    return PSX_OK;
}

static bool accepted(const psx_signature_request *r)
{
    psx_op op;
    psx_signature_facts facts;
    psx_op_init(&op, 256 << 20);
    bool yes = !psx_failed(psx_signature_verify_here(&op, r, &facts));
    psx_op_fini(&op);
    return yes;
}

// Of a key or a signature, one byte stands for the next 32: there only numbers can be changed.
static bool is_worth(psx_str der, size_t at, size_t base)
{
    psx_der e;
    for (psx_str rest = der; psx_der_next(&rest, &e);) {
        size_t from = base + (size_t)(e.value.p - der.p);
        if (at < from) return true;
        if (at >= from + e.value.n) continue;
        if (e.tag & 0x20) return is_worth(e.value, at, from);
        return e.value.n < 64 || (at - from) % 32 < 2;
    }
    return true;
}

static void flip(psx_op *op, psx_signature_request *r)
{
    size_t n = r->signature.n;
    char *copy = psx_op_alloc(op, n);
    printf("%s\t%zu\t", accepted(r) ? "ok" : "refused", n);
    if (copy) memcpy(copy, r->signature.p, n);
    r->signature.p = copy;
    for (size_t i = 0; copy && i < n; i++) {
        if (!is_worth((psx_str){copy, n}, i, 0)) continue;
        copy[i] ^= 1;
        if (accepted(r)) printf("%zu ", i);
        copy[i] ^= 1;
    }
    printf("\n");
}

static void one(psx_str line, bool flips)
{
    psx_op op;
    psx_signature_request r = {0};
    psx_signature_facts facts = {0};
    psx_op_init(&op, 256 << 20);
    psx_rc rc = take_request(&op, line, &r);
    if (psx_failed(rc)) {
        printf("BROKEN\t%s\n", op.fail.message);
    } else if (flips) {
        flip(&op, &r);
    } else {
        rc = psx_signature_verify_here(&op, &r, &facts);
        if (psx_failed(rc))
            printf("%s\t%s\n", psx_error_name(rc.code), op.fail.message);
        else
            printf("ok\t%.*s|%.*s|%.*s|%.*s|%.*s|%lld|%lld\n", PSX_FMT(facts.signer),
                   PSX_FMT(facts.issuer), PSX_FMT(facts.anchor), PSX_FMT(facts.fingerprint),
                   PSX_FMT(facts.digest), (long long)facts.not_before, (long long)facts.not_after);
    }
    psx_op_fini(&op);
}

int wmain(int argc, wchar_t **argv)
{
    static char list[1 << 20];
    FILE *f = _wfopen(argv[argc - 1], L"rb");
    if (!f) return 65;
    psx_str text = {list, fread(list, 1, sizeof list, f)};
    fclose(f);
    while (text.n) {
        size_t end = psx_str_find(text, '\n');
        one(psx_str_slice(text, 0, end), argc == 3);
        fflush(stdout);
        text = psx_str_slice(text, end + 1, text.n);
    }
    return 0;
}

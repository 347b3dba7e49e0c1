// psx-scan [--cjs | --esm] FILE...: what src/scan finds, one line of JSON per file. For tests.
// psx-scan --wrapper PARAMS BODY: true or false.
#include "base/buf.h"
#include "scan/scan.h"

enum { MEMORY = 1 << 30 };

static psx_rc add_string(psx_buf *b, psx_str s)
{
    if (!s.p) return psx_buf_text(b, "null");
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == '"' || c == '\\')
            TRY(psx_buf_format(b, "\\u%04x", c));
        else
            TRY(psx_buf_byte(b, (char)c));
    }
    return psx_buf_byte(b, '"');
}

static psx_rc add_names(psx_buf *b, const char *key, psx_scan_names names)
{
    TRY(psx_buf_format(b, ",\"%s\":[", key));
    for (size_t i = 0; i < names.n; i++) {
        if (i) TRY(psx_buf_byte(b, ','));
        TRY(add_string(b, names.at[i]));
    }
    return psx_buf_byte(b, ']');
}

static psx_rc add_imports(psx_buf *b, const psx_scan *s)
{
    static const char *const kinds[] = {"import",          "export-from", "require",
                                        "require.resolve", "import()",    "import.meta.resolve"};
    TRY(psx_buf_text(b, ",\"imports\":["));
    for (size_t i = 0; i < s->n_imports; i++) {
        const psx_scan_import *m = &s->imports[i];
        TRY(psx_buf_format(
            b, "%s{\"kind\":\"%s\",\"offset\":%u,\"line\":%u,\"column\":%u,\"specifier\":",
            i ? "," : "", kinds[m->kind], m->offset, m->line, m->column));
        TRY(add_string(b, m->specifier));
        TRY(psx_buf_byte(b, '}'));
    }
    return psx_buf_byte(b, ']');
}

static psx_rc add_flags(psx_buf *b, const psx_scan *s)
{
    const struct {
        const char *name;
        bool on;
    } flags[] = {
        {"has_esm_syntax", s->has_esm_syntax},
        {"redeclares_commonjs", s->redeclares_commonjs},
        {"is_strict", s->is_strict},
        {"has_top_level_await", s->has_top_level_await},
        {"has_dynamic_import", s->has_dynamic_import},
        {"calls_function_ctor", s->calls_function_ctor},
        {"mentions_eval", s->mentions_eval},
        {"mentions_stack_api", s->mentions_stack_api},
        {"parse_errors", s->parse_errors},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        TRY(psx_buf_format(b, ",\"%s\":%s", flags[i].name, flags[i].on ? "true" : "false"));
    }
    return PSX_OK;
}

static psx_rc add_file(psx_op *op, const char *path, psx_scan_kind kind, psx_buf *b)
{
    psx_buf source;
    psx_buf_init(&source, op);
    FILE *f = fopen(path, "rb");
    if (!f) return psx_fail(op, PSX_E_IO, "cannot open %s", path);
    char piece[65536];
    psx_rc rc = PSX_OK;
    for (size_t n; !psx_failed(rc) && (n = fread(piece, 1, sizeof piece, f)) > 0;) {
        rc = psx_buf_add(&source, (psx_str){piece, n});
    }
    fclose(f);
    TRY(rc);
    psx_scan *s;
    TRY(psx_scan_source(op, psx_buf_str(&source), kind, &s));
    TRY(psx_buf_text(b, "{\"file\":"));
    TRY(add_string(b, psx_str_from(path)));
    TRY(add_names(b, "free", s->free));
    TRY(add_names(b, "assigned", s->assigned));
    TRY(add_imports(b, s));
    TRY(add_names(b, "exports", s->exports));
    TRY(add_names(b, "reexports", s->reexports));
    TRY(add_flags(b, s));
    return psx_buf_text(b, "}\n");
}

static int one(const char *path, psx_scan_kind kind)
{
    psx_op op;
    psx_op_init(&op, MEMORY);
    psx_buf b;
    psx_buf_init(&b, &op);
    psx_rc rc = add_file(&op, path, kind, &b);
    if (psx_failed(rc)) {
        char why[1024];
        psx_fail_text(&op, why, sizeof why);
        fprintf(stderr, "psx-scan: %s: %s\n", path, why);
    } else {
        psx_str out = psx_buf_str(&b);
        fwrite(out.p, 1, out.n, stdout);
    }
    psx_op_fini(&op);
    return psx_failed(rc);
}

static int wrapper(const char *params, const char *body)
{
    psx_op op;
    psx_op_init(&op, MEMORY);
    bool pure = false;
    psx_rc rc = psx_scan_is_pure_wrapper(&op, psx_str_from(params), psx_str_from(body), &pure);
    puts(psx_failed(rc) ? "error" : pure ? "true" : "false");
    psx_op_fini(&op);
    return psx_failed(rc);
}

int main(int argc, char **argv)
{
    psx_scan_kind kind = PSX_SCAN_UNKNOWN;
    int failed = 0;
    if (argc == 4 && psx_str_is(psx_str_from(argv[1]), "--wrapper"))
        return wrapper(argv[2], argv[3]);
    for (int i = 1; i < argc; i++) {
        psx_str arg = psx_str_from(argv[i]);
        if (psx_str_is(arg, "--cjs"))
            kind = PSX_SCAN_COMMONJS;
        else if (psx_str_is(arg, "--esm"))
            kind = PSX_SCAN_MODULE;
        else
            failed |= one(argv[i], kind);
    }
    return failed;
}

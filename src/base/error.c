#include "base/error.h"

typedef struct {
    const char *name;
    psx_class cls;
    const char *sentence;
} error_row;

static const error_row rows[PSX_E_COUNT] = {
#define X(name, cls, sentence) {#name, PSX_CLASS_##cls, sentence},
    PSX_ERRORS(X)
#undef X
};

static const error_row *row_of(psx_error e)
{
    return (unsigned)e < PSX_E_COUNT ? &rows[e] : &rows[PSX_E_INTERNAL];
}

const char *psx_error_name(psx_error e)
{
    return row_of(e)->name;
}

const char *psx_error_sentence(psx_error e)
{
    return row_of(e)->sentence;
}

psx_class psx_error_class(psx_error e)
{
    return row_of(e)->cls;
}

int psx_error_exit_npsx(psx_error e)
{
    switch (psx_error_class(e)) {
    case PSX_CLASS_OK: return 0;
    case PSX_CLASS_UNTRUSTED:
    case PSX_CLASS_DENIED: return 126;
    case PSX_CLASS_NOTFOUND: return 127;
    case PSX_CLASS_MANIFEST: return 1;
    case PSX_CLASS_NODE_USAGE: return 9;
    default: return 125;
    }
}

int psx_error_exit_npsm(psx_error e)
{
    switch (psx_error_class(e)) {
    case PSX_CLASS_OK: return 0;
    case PSX_CLASS_NODE_USAGE:
    case PSX_CLASS_USAGE: return 64;
    case PSX_CLASS_CORRUPT:
    case PSX_CLASS_MANIFEST: return 65;
    case PSX_CLASS_NOTFOUND: return 66;
    case PSX_CLASS_UNTRUSTED: return 76;
    case PSX_CLASS_DENIED: return 77;
    default: return 71;
    }
}

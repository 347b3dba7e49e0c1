#include "scan/scan.h"

#include "scan/parser.h"
#include "scan/text.h"

#include "base/buf.h"

// new Function(p, b) compiles "(function anonymous(p\n) {\nb\n})". The same text is parsed here,
// and the parts must lie where they were put: a body that closes the function early is no wrapper.

typedef struct {
    psx_str text;
    size_t params_end, body_end; // offsets of the closing ) and }
    bool shape;
} job;

static size_t named_children(TSNode node, TSNode *out, size_t max)
{
    size_t n = 0;
    uint32_t count = ts_node_named_child_count(node);
    for (uint32_t i = 0; i < count && n < max; i++) {
        TSNode child = ts_node_named_child(node, i);
        if (psx_parser_kind(child) != NODE_COMMENT) out[n++] = child;
    }
    return n;
}

// The only named child of the kind, or a null node.
static TSNode only(TSNode node)
{
    TSNode child[2] = {0};
    if (ts_node_is_null(node) || named_children(node, child, 2) != 1) return (TSNode){0};
    return child[0];
}

static bool is(TSNode node, psx_node kind)
{
    return !ts_node_is_null(node) && psx_parser_kind(node) == kind;
}

static psx_rc on_tree(void *ctx, const TSNode *root)
{
    job *j = ctx;
    if (!root || ts_node_has_error(*root)) return PSX_OK;
    TSNode statement = only(*root);
    if (!is(statement, NODE_EXPRESSION_STATEMENT) || !is(only(statement), NODE_PAREN))
        return PSX_OK;
    TSNode function = only(only(statement));
    if (!is(function, NODE_FUNCTION)) return PSX_OK;
    TSNode params = ts_node_child_by_field_name(function, "parameters", 10);
    TSNode block = ts_node_child_by_field_name(function, "body", 4);
    if (ts_node_is_null(params) || ts_node_end_byte(params) != j->params_end + 1) return PSX_OK;
    if (ts_node_is_null(block) || ts_node_end_byte(block) != j->body_end + 1) return PSX_OK;
    j->shape = true;
    return PSX_OK;
}

// Text that no two parsers read differently: no control characters, no HTML comments. It would gain
// nothing: a name that was missed means nothing where such a text is compiled.
static bool is_plain(psx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0x7F || (c < 0x20 && c != '\n' && c != '\r' && c != '\t')) return false;
    }
    return !psx_text_contains(s, "<!--") && !psx_text_contains(s, "-->");
}

// What is handed its maker's own means under their usual names is code that is loaded. That needs
// the grant, whatever else the text says.
static bool takes_means(psx_str params)
{
    static const char *const means[] = {"require", "module", "process", "global", "globalThis"};
    for (size_t i = 0, end; i < params.n; i = end + 1) {
        end = psx_text_word_end(params, i);
        for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
            if (psx_str_is(psx_str_slice(params, i, end), means[k])) return true;
        }
    }
    return false;
}

static psx_rc assemble(psx_op *op, psx_str params, psx_str body, job *j)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "(function anonymous("));
    TRY(psx_buf_add(&b, params));
    TRY(psx_buf_text(&b, "\n"));
    j->params_end = psx_buf_str(&b).n;
    TRY(psx_buf_text(&b, ") {\n"));
    TRY(psx_buf_add(&b, body));
    TRY(psx_buf_text(&b, "\n"));
    j->body_end = psx_buf_str(&b).n;
    TRY(psx_buf_text(&b, "})"));
    j->text = psx_buf_str(&b);
    return PSX_OK;
}

psx_rc psx_scan_is_pure_wrapper(psx_op *op, psx_str params, psx_str body, bool *out)
{
    enum { WRAPPER_MAX = 256 << 10 };
    *out = false;
    if (params.n > WRAPPER_MAX || body.n > WRAPPER_MAX || !is_plain(params) || !is_plain(body) ||
        takes_means(params))
        return PSX_OK;
    job j = {0};
    TRY(assemble(op, params, body, &j));
    TRY(psx_parser_run(op, j.text, on_tree, &j));
    if (!j.shape) return PSX_OK;
    psx_scan *s;
    TRY(psx_scan_source(op, j.text, PSX_SCAN_COMMONJS, &s));
    if (s->parse_errors || s->has_esm_syntax || s->n_imports || s->assigned.n ||
        s->has_dynamic_import)
        return PSX_OK;
    for (size_t i = 0; i < s->free.n; i++) {
        psx_str name = s->free.at[i];
        if (!psx_text_is_intrinsic(name) && !psx_str_is(name, "Intl")) return PSX_OK;
    }
    *out = true;
    return PSX_OK;
}

#include <pthread.h>
#include <setjmp.h>
#include <tree_sitter/api.h>

#include "scan/parser.h"

const TSLanguage *tree_sitter_javascript(void);

// ---- the pool ----------------------------------------------------------------------------------
// Blocks in size classes with free lists, cut from large chunks. tree-sitter allocates one block
// per node and releases it soon or never; at the end the whole pool goes.

// Under AddressSanitizer every block is an allocation of its own, so that it sees their ends.
#if defined(__SANITIZE_ADDRESS__)
#define POOL_CUTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_CUTS 0
#endif
#endif
#ifndef POOL_CUTS
#define POOL_CUTS 1
#endif

// tree-sitter before 0.22 counts a node's children in 16 bits and frees what it miscounts. Only
// error recovery builds nodes with so many; their lists need a block larger than this.
#ifdef PSX_TREE_SITTER_OLD
static const size_t block_max = 65536 * 8;
#else
static const size_t block_max = SIZE_MAX >> 8;
#endif

enum {
    POOL_STEP = 16,
    POOL_SMALL = 1024, // above: powers of two
    POOL_CLASSES = POOL_SMALL / POOL_STEP + 32,
    // Chunks are as large as the source lets expect: small ones because they are zeroed, large ones
    // beyond what malloc recycles, where zeroed memory costs nothing.
    CHUNK_SMALLEST = 32 << 10,
    CHUNK_LARGEST = 33 << 20,
    CHUNK_PER_BYTE = 40,
    POOL_BASE = 64 << 20,         // what any source may use ...
    POOL_PER_BYTE = 160,          // ... and more per byte of it
    PARSE_MICROSECONDS = 3000000, // and one more per byte
};

typedef struct pool_block {
    uint64_t cls;            // size class; the block's bytes follow
    struct pool_block *next; // lies in those bytes while the block is free
} pool_block;

enum { POOL_HEADER = sizeof(uint64_t) };

typedef struct {
    psx_op chunks;
    char *at, *end;
    pool_block *free[POOL_CLASSES];
    size_t block_max, chunk;
    jmp_buf leave;
} pool;

static _Thread_local pool *current;

static size_t class_of(size_t n)
{
    if (n <= POOL_SMALL) return n ? (n - 1) / POOL_STEP : 0;
    return POOL_SMALL / POOL_STEP + (size_t)(64 - __builtin_clzll(n - 1)) - 11;
}

static size_t class_size(size_t cls)
{
    if (cls < POOL_SMALL / POOL_STEP) return (cls + 1) * POOL_STEP;
    return (size_t)1 << (cls - POOL_SMALL / POOL_STEP + 11);
}

static pool_block *pool_cut(pool *p, size_t size)
{
    if ((size_t)(p->end - p->at) < size) {
        size_t chunk = !POOL_CUTS || size > p->chunk / 8 ? size : p->chunk;
        char *bytes = psx_op_alloc(&p->chunks, chunk);
        if (!bytes) longjmp(p->leave, 1);
        if (chunk == size) return (pool_block *)(void *)bytes;
        p->at = bytes;
        p->end = bytes + chunk;
    }
    pool_block *b = (pool_block *)(void *)p->at;
    p->at += size;
    return b;
}

static void *pool_malloc(size_t n)
{
    pool *p = current;
    if (n > p->block_max) longjmp(p->leave, 1);
    size_t cls = class_of(n);
    pool_block *b = p->free[cls];
    if (b)
        p->free[cls] = b->next;
    else
        b = pool_cut(p, POOL_HEADER + class_size(cls));
    b->cls = cls;
    return (char *)b + POOL_HEADER;
}

static void *pool_calloc(size_t count, size_t size)
{
    if (size && count > current->block_max / size) longjmp(current->leave, 1);
    void *p = pool_malloc(count * size);
    return memset(p, 0, count * size);
}

static void pool_free(void *bytes)
{
    if (!bytes) return;
    pool_block *b = (pool_block *)(void *)((char *)bytes - POOL_HEADER);
    b->next = current->free[b->cls];
    current->free[b->cls] = b;
}

static void *pool_realloc(void *bytes, size_t n)
{
    if (!bytes) return pool_malloc(n);
    pool_block *b = (pool_block *)(void *)((char *)bytes - POOL_HEADER);
    size_t have = class_size(b->cls);
    if (n <= have) return bytes;
    void *p = pool_malloc(n);
    memcpy(p, bytes, have);
    pool_free(bytes);
    return p;
}

// ---- kinds of nodes ----------------------------------------------------------------------------

static const struct {
    const char *name;
    bool named;
    psx_node kind;
} kinds[] = {
    {"comment", true, NODE_COMMENT},
    {"html_comment", true, NODE_HTML_COMMENT},
    {"(", false, TOKEN_OPEN},
    {"{", false, TOKEN_OPEN},
    {"${", false, TOKEN_OPEN},
    {")", false, TOKEN_CLOSE},
    {"}", false, TOKEN_CLOSE},
    {"=>", false, TOKEN_ARROW},
    {"=", false, TOKEN_ASSIGN},
    {":", false, TOKEN_COLON},
    {"var", false, TOKEN_VAR},
    {"let", false, TOKEN_LET},
    {"const", false, TOKEN_LET},
    {"in", false, TOKEN_IN},
    {"of", false, TOKEN_IN},
    {"await", false, TOKEN_AWAIT},
    {"identifier", true, NODE_IDENTIFIER},
    {"undefined", true, NODE_IDENTIFIER},
    {"property_identifier", true, NODE_PROPERTY},
    {"shorthand_property_identifier", true, NODE_SHORTHAND},
    {"shorthand_property_identifier_pattern", true, NODE_SHORTHAND_BIND},
    {"statement_identifier", true, NODE_LEAF},
    {"private_property_identifier", true, NODE_LEAF},
    {"hash_bang_line", true, NODE_LEAF},
    {"string_fragment", true, NODE_LEAF},
    {"escape_sequence", true, NODE_LEAF},
    {"regex", true, NODE_LEAF},
    {"number", true, NODE_LEAF},
    {"super", true, NODE_LEAF},
    {"true", true, NODE_LEAF},
    {"false", true, NODE_LEAF},
    {"null", true, NODE_LEAF},
    {"jsx_text", true, NODE_LEAF},
    {"html_character_reference", true, NODE_LEAF},
    {"optional_chain", true, NODE_LEAF},
    {"empty_statement", true, NODE_LEAF},
    {"debugger_statement", true, NODE_LEAF},
    {"break_statement", true, NODE_LEAF},
    {"continue_statement", true, NODE_LEAF},
    {"string", true, NODE_STRING},
    {"template_string", true, NODE_TEMPLATE},
    {"this", true, NODE_THIS},
    {"program", true, NODE_PROGRAM},
    {"export_statement", true, NODE_EXPORT},
    {"export_clause", true, NODE_EXPORT_CLAUSE},
    {"export_specifier", true, NODE_EXPORT_SPECIFIER},
    {"namespace_export", true, NODE_NAMESPACE_EXPORT},
    {"import", true, NODE_IMPORT},
    {"import_statement", true, NODE_IMPORT_STATEMENT},
    {"import_clause", true, NODE_IMPORT_CLAUSE},
    {"import_specifier", true, NODE_IMPORT_SPECIFIER},
    {"namespace_import", true, NODE_NAMESPACE_IMPORT},
    {"meta_property", true, NODE_META},
    {"variable_declaration", true, NODE_VAR_DECLARATION},
    {"lexical_declaration", true, NODE_LET_DECLARATION},
    {"variable_declarator", true, NODE_DECLARATOR},
    {"statement_block", true, NODE_BLOCK},
    {"for_statement", true, NODE_FOR},
    {"for_in_statement", true, NODE_FOR_IN},
    {"switch_body", true, NODE_SWITCH_BODY},
    {"catch_clause", true, NODE_CATCH},
    {"parenthesized_expression", true, NODE_PAREN},
    {"object_pattern", true, NODE_OBJECT_PATTERN},
    {"array_pattern", true, NODE_ARRAY_PATTERN},
    {"rest_pattern", true, NODE_REST_PATTERN},
    {"pair_pattern", true, NODE_PAIR_PATTERN},
    {"assignment_pattern", true, NODE_DEFAULT_PATTERN},
    {"object_assignment_pattern", true, NODE_DEFAULT_PATTERN},
    {"object", true, NODE_OBJECT},
    {"array", true, NODE_ARRAY},
    {"pair", true, NODE_PAIR},
    {"spread_element", true, NODE_SPREAD},
    {"assignment_expression", true, NODE_ASSIGNMENT},
    {"augmented_assignment_expression", true, NODE_AUGMENTED},
    {"update_expression", true, NODE_UPDATE},
    {"class", true, NODE_CLASS},
    {"class_declaration", true, NODE_CLASS_DECLARATION},
    {"class_static_block", true, NODE_STATIC_BLOCK},
    {"field_definition", true, NODE_FIELD},
    {"method_definition", true, NODE_METHOD},
    {"function_expression", true, NODE_FUNCTION},
    {"generator_function", true, NODE_FUNCTION},
    {"function_declaration", true, NODE_FUNCTION_DECLARATION},
    {"generator_function_declaration", true, NODE_GENERATOR_DECLARATION},
    {"arrow_function", true, NODE_ARROW},
    {"formal_parameters", true, NODE_PARAMETERS},
    {"call_expression", true, NODE_CALL},
    {"new_expression", true, NODE_NEW},
    {"member_expression", true, NODE_MEMBER},
    {"await_expression", true, NODE_AWAIT},
    {"return_statement", true, NODE_RETURN},
    {"expression_statement", true, NODE_EXPRESSION_STATEMENT},
};

enum { SYMBOLS_MAX = 512 };

static uint8_t kind_of_symbol[SYMBOLS_MAX];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void)
{
    const TSLanguage *js = tree_sitter_javascript();
    uint32_t n = ts_language_symbol_count(js);
    for (uint32_t s = 0; s < n && s < SYMBOLS_MAX; s++) {
        TSSymbolType type = ts_language_symbol_type(js, (TSSymbol)s);
        kind_of_symbol[s] = type == TSSymbolTypeAnonymous ? NODE_TOKEN : NODE_OTHER;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            if (kinds[k].named == (type == TSSymbolTypeRegular) &&
                strcmp(kinds[k].name, ts_language_symbol_name(js, (TSSymbol)s)) == 0)
                kind_of_symbol[s] = (uint8_t)kinds[k].kind;
        }
    }
    ts_set_allocator(pool_malloc, pool_calloc, pool_realloc, pool_free);
}

psx_node psx_parser_kind(TSNode node)
{
    TSSymbol s = ts_node_symbol(node);
    return s < SYMBOLS_MAX ? (psx_node)kind_of_symbol[s] : NODE_ERROR;
}

// ---- one parse ---------------------------------------------------------------------------------

typedef struct {
    psx_op *op;
    psx_str source;
    psx_parser_use use;
    void *ctx;
    bool parsed;
} job;

static psx_rc parse(job *j)
{
    TSParser *parser = ts_parser_new();
    if (!ts_parser_set_language(parser, tree_sitter_javascript()))
        return psx_fail(j->op, PSX_E_INTERNAL, "the JavaScript grammar does not fit the parser");
    ts_parser_set_timeout_micros(parser, PARSE_MICROSECONDS + j->source.n);
    TSTree *tree = ts_parser_parse_string(parser, NULL, j->source.p, (uint32_t)j->source.n);
    j->parsed = true;
    current->block_max = SIZE_MAX >> 8;
    if (!tree) return j->use(j->ctx, NULL);
    TSNode root = ts_tree_root_node(tree);
    return j->use(j->ctx, &root);
}

// Out of the pool's memory. Before the tree exists this means "give up parsing", which has an
// answer of its own; real lack of memory and a tree that cannot be walked are failures.
static psx_rc left(job *j, const pool *p)
{
    if (p->chunks.fail.code == PSX_E_NOMEM) return psx_fail_nomem(j->op);
    if (j->parsed) return psx_fail(j->op, PSX_E_CEILING, "%s", p->chunks.fail.message);
    return j->use(j->ctx, NULL);
}

psx_rc psx_parser_run(psx_op *op, psx_str source, psx_parser_use use, void *ctx)
{
    pthread_once(&once, set_up);
    job j = {.op = op, .source = source, .use = use, .ctx = ctx};
    pool p = {.block_max = block_max, .chunk = source.n * CHUNK_PER_BYTE};
    if (p.chunk < CHUNK_SMALLEST) p.chunk = CHUNK_SMALLEST;
    if (p.chunk > CHUNK_LARGEST) p.chunk = CHUNK_LARGEST;
    psx_op_init(&p.chunks, POOL_BASE + source.n * POOL_PER_BYTE);
    pool *outer = current;
    current = &p;
    psx_rc rc = setjmp(p.leave) == 0 ? parse(&j) : left(&j, &p);
    current = outer;
    psx_op_fini(&p.chunks);
    return rc;
}

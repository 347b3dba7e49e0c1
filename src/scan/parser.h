// The only door to tree-sitter: one parse, in memory of its own that is thrown away as a whole.
// The parser never sees a failed allocation (it could not cope): it is left by a jump instead.
#ifndef PSX_SCAN_PARSER_H
#define PSX_SCAN_PARSER_H

#include <tree_sitter/api.h>

#include "base/op.h"

// What a node is, as far as the walk cares. Tokens that mean nothing to it are NODE_TOKEN, inner
// nodes without a meaning of their own NODE_OTHER, leaves that are never entered NODE_LEAF.
typedef enum {
    NODE_TOKEN,
    NODE_OTHER,
    NODE_LEAF,
    NODE_COMMENT,
    NODE_HTML_COMMENT,
    NODE_ERROR,
    TOKEN_OPEN,  // ( { ${
    TOKEN_CLOSE, // ) }
    TOKEN_ARROW,
    TOKEN_ASSIGN,
    TOKEN_COLON,
    TOKEN_VAR,
    TOKEN_LET, // let, const
    TOKEN_IN,  // in, of
    TOKEN_AWAIT,
    NODE_IDENTIFIER,
    NODE_PROPERTY,       // property_identifier
    NODE_SHORTHAND,      // { a } as a value
    NODE_SHORTHAND_BIND, // { a } as a pattern
    NODE_PROGRAM,
    NODE_EXPORT,
    NODE_EXPORT_CLAUSE,
    NODE_EXPORT_SPECIFIER,
    NODE_NAMESPACE_EXPORT,
    NODE_IMPORT, // the keyword of import()
    NODE_IMPORT_STATEMENT,
    NODE_IMPORT_CLAUSE,
    NODE_IMPORT_SPECIFIER,
    NODE_NAMESPACE_IMPORT,
    NODE_META,
    NODE_VAR_DECLARATION,
    NODE_LET_DECLARATION,
    NODE_DECLARATOR,
    NODE_BLOCK,
    NODE_FOR,
    NODE_FOR_IN,
    NODE_SWITCH_BODY,
    NODE_CATCH,
    NODE_PAREN,
    NODE_OBJECT_PATTERN,
    NODE_ARRAY_PATTERN,
    NODE_REST_PATTERN,
    NODE_PAIR_PATTERN,
    NODE_DEFAULT_PATTERN, // assignment_pattern, object_assignment_pattern
    NODE_OBJECT,
    NODE_ARRAY,
    NODE_PAIR,
    NODE_SPREAD,
    NODE_ASSIGNMENT,
    NODE_AUGMENTED,
    NODE_UPDATE,
    NODE_CLASS,
    NODE_CLASS_DECLARATION,
    NODE_STATIC_BLOCK,
    NODE_FIELD,
    NODE_METHOD,
    NODE_FUNCTION, // function and generator expressions
    NODE_FUNCTION_DECLARATION,
    NODE_GENERATOR_DECLARATION,
    NODE_ARROW,
    NODE_PARAMETERS,
    NODE_CALL,
    NODE_NEW,
    NODE_MEMBER,
    NODE_AWAIT,
    NODE_THIS,
    NODE_RETURN,
    NODE_EXPRESSION_STATEMENT,
    NODE_STRING,
    NODE_TEMPLATE,
} psx_node;

psx_node psx_parser_kind(TSNode node);

// Called once inside the parse. root is NULL when the parser gave up (too much memory or time).
typedef psx_rc (*psx_parser_use)(void *ctx, const TSNode *root);

psx_rc psx_parser_run(psx_op *op, psx_str source, psx_parser_use use, void *ctx);

#endif

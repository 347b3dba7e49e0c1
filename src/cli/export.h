// The union of a policy in the language of somebody else who enforces: what npsx policy export
// writes.
//
// A format says what it can, exactly or narrower. What it cannot say is a sentence in `lost`, which
// goes into the text as a comment and to standard error: nothing is widened in silence.
#ifndef PSX_CLI_EXPORT_H
#define PSX_CLI_EXPORT_H

#include "cli/launch.h"

typedef struct {
    psx_str root; // absolute, normalised
    bool tree;
} psx_cli_path;

typedef struct {
    psx_cli_path *v;
    size_t n, cap;
} psx_cli_paths;

typedef struct {
    const psx_policy_rule **v;
    size_t n, cap;
} psx_cli_rules;

typedef struct {
    psx_op *op;
    const psx_cli_place *place;
    psx_str name; // of objects: a DNS label

    psx_cli_paths reads, writes; // none within another; reads has the project as a tree
    psx_cli_rules connect, listen;
    psx_cli_rules sockets; // unix sockets of both
    psx_cli_list commands; // absolute paths that may be started
    psx_cli_rules env;
    bool spawn, native, worker, kill; // anybody holds any of it

    psx_buf text;
    psx_cli_list lost;
} psx_cli_export;

typedef psx_rc (*psx_cli_exporter)(psx_cli_export *e);
psx_rc psx_cli_export_systemd(psx_cli_export *e);
psx_rc psx_cli_export_seccomp(psx_cli_export *e);
psx_rc psx_cli_export_kubernetes(psx_cli_export *e);
psx_rc psx_cli_export_cilium(psx_cli_export *e);
psx_rc psx_cli_export_node(psx_cli_export *e);

// What every format is made from.
psx_rc psx_cli_export_gather(psx_op *op, const psx_cli_place *place, const psx_policy_holder *whole,
                             psx_cli_export *out);

psx_rc psx_cli_export_lose(psx_cli_export *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
// "# ..." lines: where this comes from, and what is lost.
psx_rc psx_cli_export_head(psx_cli_export *e);

// One line of text at most, whatever the names in it are: control characters become "?".
psx_rc psx_cli_export_comment(psx_buf *b, psx_str text);
// A double-quoted YAML string (and, in ASCII, a JSON one). False: not UTF-8, cannot be said.
bool psx_cli_export_yaml_can(psx_str text);
psx_rc psx_cli_export_yaml(psx_buf *b, psx_str text);
// Whether the root is, or lies beneath, one of these; and the other way round.
bool psx_cli_paths_have(const psx_cli_paths *paths, psx_str root);

// "10.0.0.0/8" of a CIDR rule, an address as /32 or /128.
psx_rc psx_cli_export_cidr(psx_op *op, const psx_policy_rule *rule, psx_str *out);
bool psx_cli_export_is_loopback(const psx_policy_rule *rule);

// Whether anybody listens where a capability of the kernel is needed: below 1024.
bool psx_cli_export_low_port(const psx_cli_export *e);

// These lines; and the name between them, for YAML.
psx_rc psx_cli_export_put(psx_cli_export *e, const char *lines);
psx_rc psx_cli_export_put_name(psx_cli_export *e, const char *before, const char *after);

// The system calls that a run with these grants needs, one after the other; NULL at the end.
const char *psx_cli_export_call(const psx_cli_export *e, size_t *i);

#endif

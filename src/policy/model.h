// The inside of src/policy: nobody else includes it.
#ifndef PSX_POLICY_MODEL_H
#define PSX_POLICY_MODEL_H

#include "base/map.h"
#include "formats/semver.h"
#include "policy/manifest.h"
#include "policy/policy.h"

typedef enum { KEY_APP, KEY_ALL, KEY_NAME, KEY_RANGE, KEY_LOCATION } psx_key_kind;

// A key under "packages", taken apart.
typedef struct {
    psx_key_kind kind;
    psx_str name; // NAME, RANGE: the package; LOCATION: the location without "./"
    psx_semver_range *range;
} psx_policy_key_parts;

typedef struct psx_policy_entry psx_policy_entry;
struct psx_policy_entry {
    psx_str key;
    psx_policy_key_parts parts;
    psx_str integrity;
    psx_policy_rule *rules;
    size_t n, cap;
    psx_policy_entry *next; // another entry for the same name, in file order
};

struct psx_policy {
    psx_str file_name;     // for messages
    psx_policy_entry *app; // never NULL after parsing
    psx_policy_entry *all; // "*", or NULL
    psx_map names;         // name -> first entry (NAME and RANGE)
    psx_map locations;     // location -> entry
    psx_policy_entry *entries;
    size_t n;
    bool has_serial, resolved, is_node_manifest;
    uint64_t serial;
    psx_onerror onerror;
    psx_str pins_file, pins_integrity; // absent: no list of pins
    psx_manifest *manifest;            // NULL: there is none
    psx_policy_dirs dirs;
    psx_str *protect;
    size_t n_protect;
};

typedef struct {
    const psx_policy_rule **p;
    size_t n;
} psx_rule_list;

struct psx_policy_holder {
    const psx_policy *policy;
    psx_policy_subject subject;
    psx_rule_list rules[PSX_CAP_COUNT];
    const psx_policy_rule *deny[PSX_CAP_COUNT]; // the DENY rule, or NULL
    const psx_policy_rule *ambient;             // NULL: not ambient, or something denied
};

// What a capability's value looks like.
typedef enum {
    VALUE_TRUE,    // true
    VALUE_PATHS,   // list of paths
    VALUE_HOSTS,   // list of hosts
    VALUE_SPAWN,   // list of commands
    VALUE_ENV,     // list of names, "*" behind
    VALUE_WORDS,   // list out of a fixed vocabulary
    VALUE_OPTION,  // true or one option
    VALUE_NATIVE,  // true or list of files
    VALUE_MODULES, // list of Node's own modules
    VALUE_PACKAGES // list of package names
} psx_value_kind;

psx_value_kind psx_cap_value_kind(psx_cap cap);
const char *psx_cap_example(psx_cap cap); // a correct JSON value, for suggestions
bool psx_cap_takes_true(psx_cap cap);
bool psx_cap_takes_list(psx_cap cap);

// Adds "did you mean" to the recorded failure: the candidate nearest to word, within distance 2.
typedef const char *(*psx_candidate)(size_t i); // NULL ends the list
void psx_policy_suggest(psx_op *op, psx_str word, psx_candidate candidate);
const char *psx_cap_candidate(size_t i);

// One pattern (a list item, or an option string) into rule. Failures carry no place.
psx_rc psx_pattern_parse(psx_op *op, psx_cap cap, psx_str text, psx_policy_rule *rule);
// Fills rule->root. package is the directory for ${package}; absent: leave such rules alone.
psx_rc psx_pattern_resolve(psx_op *op, const psx_policy_dirs *dirs, psx_str package,
                           psx_policy_rule *rule);
bool psx_pattern_is_path(const psx_policy_rule *rule);
// What a path starts from: the variable's name, "/", "project", or "../" as often as it climbs.
psx_str psx_pattern_base(const psx_policy_rule *rule);
bool psx_pattern_needs_package(const psx_policy_rule *rule);

psx_rc psx_policy_parse_key(psx_op *op, psx_str key, psx_policy_key_parts *out);
bool psx_policy_key_fits(const psx_policy_key_parts *parts, const psx_policy_subject *subject);

#endif

// What is allowed? The policy file as a model, and the one place that decides.
//
//     parse (pure) -> resolve (variables, absolute paths) -> bind (one package) -> decide (pure)
//
// Everything lives in the op that made it; slices given in must live as long as that op. A policy
// may be bound from another op, which must not outlive the policy's. Facts: npsx-policy(5).
// After binding, nothing is written: any number of threads may decide at once.
#ifndef PSX_POLICY_POLICY_H
#define PSX_POLICY_POLICY_H

#include "base/buf.h"
#include "base/op.h"

typedef struct psx_manifest psx_manifest;

// ---- capabilities -------------------------------------------------------------------------------

typedef enum {
    PSX_CAP_FS_READ,
    PSX_CAP_FS_WRITE,
    PSX_CAP_NET_CONNECT,
    PSX_CAP_NET_LISTEN,
    PSX_CAP_SPAWN,
    PSX_CAP_ENV,
    PSX_CAP_STDIO,
    PSX_CAP_CLOCK,
    PSX_CAP_RANDOM,
    PSX_CAP_TIMERS,
    PSX_CAP_PROCESS,
    PSX_CAP_SYSTEM,
    PSX_CAP_NATIVE,
    PSX_CAP_WORKER,
    PSX_CAP_EVAL,
    PSX_CAP_GC,
    PSX_CAP_BUILTINS,
    PSX_CAP_IMPORT,
    PSX_CAP_AMBIENT,
    PSX_CAP_COUNT
} psx_cap;

const char *psx_cap_name(psx_cap cap);              // "fs.read"
bool psx_cap_from_name(psx_str name, psx_cap *out); // exact names only
// As much as node gives: ambient, and native code and raw modules, which give back what is denied.
bool psx_cap_is_hatch(psx_cap cap);

// ---- rules --------------------------------------------------------------------------------------

typedef enum {
    PSX_RULE_ALL,    // `true`, or "*" for hosts and names: any value
    PSX_RULE_FILE,   // exactly root
    PSX_RULE_TREE,   // root and everything beneath it
    PSX_RULE_OWN,    // like TREE, but not beneath a nested node_modules: a package's own directory
    PSX_RULE_HOST,   // host name `value`, lower case
    PSX_RULE_DOMAIN, // sub-domains of `value` ("example.com" for *.example.com), not itself
    PSX_RULE_CIDR,   // addresses whose first `bits` bits are those of addr
    PSX_RULE_WORD,   // exactly `value` (env name, command, stream, item, builtin, abstract socket)
    PSX_RULE_PREFIX, // env names starting with `value`
    PSX_RULE_OPTION, // clock "fixed:..." "coarse:...", random "seed:...": held, in this form
    PSX_RULE_DENY,   // from "deny": the capability is taken away
} psx_rule_kind;

typedef struct psx_policy_rule {
    psx_cap cap;
    psx_rule_kind kind;
    psx_str
        key; // the policy key it stands under: "app", "*", "send@1"; "" for the implicit OWN rule
    psx_str text;  // the pattern as written; "true" for booleans
    psx_str value; // the pattern's value, by kind
    psx_str root;  // FILE, TREE, OWN: absolute, normalised, no trailing slash ("/" itself excepted)
    bool is_unix;  // net.*: a unix socket (FILE, TREE, or WORD for an abstract one)
    int port;      // net.*: -1 any port
    bool is_ipv4;  // CIDR: addr is ::ffff:a.b.c.d and bits counts from 96
    unsigned bits;
    uint8_t addr[16];
    unsigned line, column; // where it is written; 0 for implicit rules
} psx_policy_rule;

// ---- the policy ---------------------------------------------------------------------------------

typedef struct psx_policy psx_policy;
typedef struct psx_policy_holder psx_policy_holder;

typedef enum { PSX_ONERROR_THROW, PSX_ONERROR_EXIT, PSX_ONERROR_LOG } psx_onerror;

enum { PSX_POLICY_MAX_BYTES = 16 << 20 };

// Strict and pure. Errors carry file_name, line, column, and a suggestion where there is one.
// file_name: absolute where the policy may have "resources" or "scopes", which are relative to it.
// Without "version" it is one of Node's own manifests (policy/manifest.h): the grants are those
// that hold without a policy file, unknown members are passed over, errors are Node's
// (PSX_E_MANIFEST).
psx_rc psx_policy_parse(psx_op *op, psx_str bytes, psx_str file_name, psx_policy **out);
// No policy file: the app is ambient; "*" holds clock, random, timers, stdio stdout and stderr.
psx_rc psx_policy_default(psx_op *op, psx_policy **out);

// Absolute, normalised, without trailing slash. An absent one makes a pattern that uses it an
// error.
typedef struct {
    psx_str project, tmp, home, cwd;
} psx_policy_dirs;

// Expands variables and relative paths. Once, before the first bind.
psx_rc psx_policy_resolve(psx_op *op, psx_policy *policy, const psx_policy_dirs *dirs);

// Nothing at, beneath or above `path` may be written except by ambient: the policy file, its
// signature, the cache, the engine. Absolute and normalised. Call before deciding.
psx_rc psx_policy_protect(psx_op *op, psx_policy *policy, psx_str path);
// Would a file of this path be a policy, its signature or its list of pins, for scripts beside it?
// Nobody but an ambient holder writes one, wherever it lies.
bool psx_policy_is_name(psx_str path);

psx_onerror psx_policy_onerror(const psx_policy *policy);
// "pins": the list of pins (as written, relative to the policy's own directory) and the digests of
// which it must have one. False: there is none.
bool psx_policy_pins(const psx_policy *policy, psx_str *file, psx_str *integrity);
// "resources" and "scopes" (policy/manifest.h), or NULL: then nothing has to be asked.
const psx_manifest *psx_policy_manifest(const psx_policy *policy);
bool psx_policy_is_node_manifest(const psx_policy *policy);      // has no "version"
bool psx_policy_serial(const psx_policy *policy, uint64_t *out); // false: none written
// The i-th package key in file order, or an absent string when i is past the end.
psx_str psx_policy_key(const psx_policy *policy, size_t i);
// The n-th rule that is written under that key, DENY rules among them, as it stands in the file
// (not what it comes to: psx_policy_bind). NULL when n is past the end. PSX_POLICY_APP: under
// "app".
enum { PSX_POLICY_APP = -1 };
const psx_policy_rule *psx_policy_key_rule(const psx_policy *policy, size_t i, size_t n);
psx_str psx_policy_key_integrity(const psx_policy *policy, size_t i); // absent: not pinned
// The i-th rule of the file, the app's first, that gives as much as node does: ambient, native,
// builtins. NULL when i is past the end.
const psx_policy_rule *psx_policy_hatch(const psx_policy *policy, size_t i);

// ---- one package of the run ---------------------------------------------------------------------

typedef struct {
    psx_str name, version;
    psx_str location;  // "" = the app; "node_modules/a", "packages/x": under the project, no "./"
    psx_str dir;       // absolute, normalised
    psx_str integrity; // the lockfile's; may be absent
    bool listed;       // in the lockfile (or there is no lockfile). Otherwise only a grant to its
                       // location counts: neither its name nor "*"
} psx_policy_subject;

// Collects the rules of every matching key, least specific first: "*", name, name@range, location.
// The app gets "app" and nothing else. PSX_E_DIGEST when a matching key pins another integrity.
psx_rc psx_policy_bind(psx_op *op, const psx_policy *policy, const psx_policy_subject *subject,
                       psx_policy_holder **out);
// All that key i gives to anybody, taken-away or not; ${package} is `package`. For where it cannot
// be told whom the key means.
psx_rc psx_policy_bind_key(psx_op *op, const psx_policy *policy, size_t i, psx_str package,
                           psx_policy_holder **out);
const psx_policy_subject *psx_policy_subject_of(const psx_policy_holder *holder);

// True when key (as written under "packages", or "app") names this subject. For doctor and
// coverage.
bool psx_policy_key_matches(psx_str key, const psx_policy_subject *subject);

// ---- deciding -----------------------------------------------------------------------------------

// What for. Most requests are what the capability's name says.
typedef enum {
    PSX_USE_ITSELF,
    PSX_USE_SET,    // env: for the whole process. Never a name that steers the process
    PSX_USE_CHILD,  // env: for a child. A name that steers loaders, shells and interpreters only by
                    // a rule that has exactly this name
    PSX_USE_LOADING // clock, random: by a package that is being loaded. Five in a hundred stamp
                    // something with the time then: a refusal comes with a constant
} psx_policy_use;

typedef struct {
    psx_cap cap;
    psx_str value;   // fs: absolute, lexically normalised path (relative ones are denied)
                     // net: host name or address text, or "unix:/abs", "unix:@abstract"
                     // spawn: the absolute path it resolved to; native: absolute path
                     // env, stdio, process, system, builtins: the name; otherwise empty
    psx_str asked;   // spawn: the command as asked for ("git"); a name grant matches this, and only
                     // when it has no slash, that is when it was looked up in PATH
    int port;        // net: 0..65535; otherwise ignored
    bool is_address; // net: value is an address, not a name. A name that reads as an address
                     // (2130706433, 0x7f.1, 0177.0.0.1) is treated as that address anyway
    bool is_dir;     // fs: the caller wants a directory; only psx_policy_fix uses it
    bool is_main;    // by the package that the program is: the application, as a rule
    psx_policy_use use;
} psx_policy_request;

typedef struct {
    bool allowed;
    bool recorded_only;          // allowed only because onerror is "log": record it as a denial
    bool constant;               // not allowed, but a constant may be told in its place
    const psx_policy_rule *rule; // what allows it, or the DENY rule; NULL when nothing matches
} psx_policy_verdict;

// Pure: no allocation, no system call. A wrong request (empty, NUL, not absolute) is denied.
// With fs.*, rule->root is what the caller opens to go beneath it (RULE_ALL and ambient: no root).
psx_policy_verdict psx_policy_decide(const psx_policy *policy, const psx_policy_holder *holder,
                                     const psx_policy_request *request);

// May this address be used for a host that name_rule allowed under the name `asked`? Loopback,
// link-local (cloud metadata) and unspecified addresses need a localhost name or an address rule of
// their own: otherwise whoever controls the name's DNS could point it inside.
bool psx_policy_address_ok(const psx_policy_holder *holder, const psx_policy_rule *name_rule,
                           psx_str asked, psx_str address, int port);

// Whether a variable of this name is more than data, for this use.
bool psx_policy_steers(psx_str name, psx_policy_use use, bool is_main);

// Any value at all (ambient counts, deny wins). The implicit OWN rule does not count.
bool psx_policy_holds(const psx_policy_holder *holder, psx_cap cap);
// The rules of a capability, least specific first, without DENY ones; none when it is denied.
// Writes at most max, returns how many there are. ambient is a capability of its own here. For
// clock and random take the last one: the most specific key says which clock.
size_t psx_policy_rules(const psx_policy_holder *holder, psx_cap cap, const psx_policy_rule **out,
                        size_t max);

// What a rule says, without who says it: two that have the same bytes here are the same rule.
psx_rc psx_policy_rule_identity(psx_op *op, const psx_policy_rule *rule, psx_str *out);

// The union of all holders, as a holder: what the box has to let through. Rules that say the same
// are listed once. A capability that no holder has left is denied even when another is ambient.
psx_rc psx_policy_union(psx_op *op, const psx_policy *policy,
                        const psx_policy_holder *const *holders, size_t n, psx_policy_holder **out);

// All that psx_policy_decide, _address_ok, _holds, _rules and _fix need for this holder, in memory
// of op alone: where the policy came from may go. Keys and their rules are not among it.
psx_rc psx_policy_copy(psx_op *op, const psx_policy *policy, const psx_policy_holder *holder,
                       psx_policy **policy_out, psx_policy_holder **holder_out);

// ---- comparing ----------------------------------------------------------------------------------

// Is everything that `rule` allows allowed by `wider` as well, as psx_policy_decide sees it? Both
// of resolved policies. No when in doubt.
bool psx_policy_rule_covers(const psx_policy_rule *wider, const psx_policy_rule *rule);

typedef struct {
    bool held;        // by everybody whom the key names, as far as can be told
    bool unless_link; // held, if no symbolic link lies on the way: a tree covers no links out of
                      // it, and a path that is granted by itself means what it leads to
    const psx_policy_rule *deny; // not held because of this DENY rule alone, which is gone now
} psx_policy_before;

// Did everybody whom key i of `now` names hold this rule of it in `before` already? Both resolved
// with the same directories. What `now` itself denies to all of them counts as held: nothing is
// new about it.
psx_policy_before psx_policy_held_before(const psx_policy *before, const psx_policy *now, size_t i,
                                         const psx_policy_rule *rule);
// Does `policy` deny it to everybody whom key i of `other` names?
bool psx_policy_denies_all(const psx_policy *policy, const psx_policy *other, size_t i,
                           psx_cap cap);

// A word of a command line, quoted for a shell where it must be.
psx_rc psx_policy_quote(psx_buf *b, psx_str word);
// The one-line fix for a denial: "npsx grant send fs.read:./public/a.txt", quoted for a shell.
// PSX_E_VALUE when no grant would allow it: a deny rule stands, or nothing can name it.
psx_rc psx_policy_fix(psx_op *op, const psx_policy_holder *holder,
                      const psx_policy_request *request, psx_str *out);

// ---- editing ------------------------------------------------------------------------------------

// A policy file to change and write back. Keeps what it does not understand but the format allows
// ("$schema", "resources", "scopes").
typedef struct psx_policy_doc psx_policy_doc;

psx_rc psx_policy_doc_parse(psx_op *op, psx_str bytes, psx_str file_name, psx_policy_doc **out);
// What `npsx init` writes: exactly what holds without a policy file.
psx_rc psx_policy_doc_starter(psx_op *op, psx_policy_doc **out);
// pkg: "app" or a key under "packages". grant: "fs.read:./public/", "clock", "random:seed:42".
// *changed (may be NULL) tells whether the file now says something else.
psx_rc psx_policy_grant(psx_op *op, psx_policy_doc *doc, psx_str pkg, psx_str grant, bool *changed);
// Without a value ("fs.read") the whole capability goes. PSX_E_NOT_FOUND when it was not granted.
psx_rc psx_policy_revoke(psx_op *op, psx_policy_doc *doc, psx_str pkg, psx_str grant);
psx_rc psx_policy_doc_set_serial(psx_op *op, psx_policy_doc *doc, uint64_t serial);
// Names the list of pins and its digest, in place of what was named before.
psx_rc psx_policy_pin(psx_op *op, psx_policy_doc *doc, psx_str file, psx_str integrity);
// Sorted and stable: "*" first, then keys by bytes; capabilities in the order above; values by
// bytes.
psx_rc psx_policy_doc_write(psx_op *op, psx_policy_doc *doc, psx_str *out);

#endif

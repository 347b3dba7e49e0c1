#include "cli/pins.h"

#include "cli/files.h"
#include "formats/json.h"
#include "os/memfd.h"

#include <sys/stat.h>

psx_rc psx_cli_pins_path(psx_op *op, psx_str policy_file, psx_str named, psx_str *out)
{
    return psx_cli_join(op, psx_cli_dirname(policy_file), named, out);
}

static psx_rc fail_list(psx_op *op, psx_str path, const char *what)
{
    psx_fail_clear(op);
    psx_rc rc = psx_fail(op, PSX_E_DIGEST, "the list of pins %.*s %s", PSX_FMT(path), what);
    psx_fail_suggest(op, "npsx policy pin writes it anew; a signed policy is to be signed again");
    return rc;
}

psx_rc psx_cli_pins_load(psx_op *op, const psx_cli_place *place, bool *has, psx_pinned *out)
{
    psx_str file, integrity, path, text;
    psx_sri sri;
    *out = (psx_pinned){.project = place->project};
    *has = psx_policy_pins(place->policy, &file, &integrity);
    if (!*has) return PSX_OK;
    TRY(psx_cli_pins_path(op, place->policy_file, file, &path));
    psx_rc rc = psx_cli_read(op, "list of pins", path, PSX_PINS_MAX, &text);
    if (rc.code == PSX_E_NOT_FOUND) return fail_list(op, path, "is missing: the policy names it");
    TRY(rc);
    TRY(psx_sri_parse(op, integrity, &sri));
    if (!psx_digest_matches(&sri, text))
        return fail_list(op, path, "is not the one that the policy binds: it was changed since");
    return psx_pins_skim(op, text, path, &out->pins);
}

// ---- what npsx reads itself ---------------------------------------------------------------------

static psx_rc refuse(psx_op *op, psx_pinned_verdict v, psx_str path)
{
    char text[512];
    if (v == PSX_PINNED_YES) return PSX_OK;
    psx_pinned_text(v, path, text, sizeof text);
    return psx_fail(op, PSX_E_DIGEST, "%s", text);
}

static psx_rc check_bytes(psx_op *op, const psx_pinned *p, psx_str path, psx_str bytes)
{
    psx_digest d = psx_digest_of(bytes);
    return refuse(op, psx_pinned_file(p, path, -1, &d), path);
}

// Which package lies where is what the lockfile says: one that was changed, added or taken away
// gives packages the grants of others. A list of packages only has it as well.
static psx_rc check_lockfile(psx_op *op, const psx_cli_place *place, const psx_pinned *p)
{
    static const char *const names[] = {"npm-shrinkwrap.json", "package-lock.json"};
    psx_pin pin;
    if (place->lock) {
        psx_str path = place->lock->file_name;
        if (!psx_pins_find(&p->pins, psx_pinned_key(p, path), &pin))
            return refuse(op, PSX_PINNED_UNLISTED, path);
        return check_bytes(op, p, path, place->lock->text);
    }
    for (size_t i = 0; i < 2; i++) {
        psx_str path;
        TRY(psx_cli_join(op, place->project, psx_str_from(names[i]), &path));
        TRY(refuse(op, psx_pinned_absent(p, path), path));
    }
    return PSX_OK;
}

// ---- the script ---------------------------------------------------------------------------------

// The search for the script looked at the disk. Gone through once more with the list: what it has
// is the script, even when somebody took it away and the search went on.
typedef struct {
    psx_op *op;
    const psx_pinned *pinned;
    psx_str found;
    bool done;
} search;

static psx_rc pass(search *s, psx_str path, const char *ending)
{
    psx_str at;
    if (s->done) return PSX_OK;
    TRY(psx_op_format(s->op, &at, "%.*s%s", PSX_FMT(path), ending));
    s->done = psx_str_eq(at, s->found);
    return s->done ? PSX_OK : refuse(s->op, psx_pinned_absent(s->pinned, at), at);
}

static psx_rc pass_endings(search *s, psx_str path, const char *name)
{
    static const char *const endings[] = {".js", ".json", ".node"};
    psx_str at;
    TRY(psx_op_format(s->op, &at, "%.*s%s", PSX_FMT(path), name));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        TRY(pass(s, at, endings[i]));
    }
    return PSX_OK;
}

static psx_rc pass_main(search *s, psx_str dir, psx_str description, psx_str bytes)
{
    psx_json_doc *doc = NULL;
    psx_str path;
    psx_rc rc = psx_json_parse(s->op, bytes, description, bytes.n, &doc);
    if (rc.code != PSX_E_DUPLICATE) TRY(rc); // as in cli/project.c
    psx_fail_clear(s->op);
    psx_str main = doc ? psx_json_get_str(&doc->root, PSX_STR("main")) : (psx_str){0};
    if (!main.n) return PSX_OK;
    TRY(psx_cli_join(s->op, dir, main, &path));
    TRY(pass(s, path, ""));
    TRY(pass_endings(s, path, ""));
    return pass_endings(s, path, "/index");
}

// `npsx .`: the package.json of the directory said which file is the script.
static psx_rc pass_directory(search *s, psx_str dir)
{
    psx_str path, bytes;
    TRY(psx_op_format(s->op, &path, "%.*s/package.json", PSX_FMT(dir)));
    psx_rc rc = psx_cli_read(s->op, "package description", path, PSX_PINS_MAX, &bytes);
    if (rc.code == PSX_E_NOT_FOUND) {
        psx_fail_clear(s->op);
        TRY(refuse(s->op, psx_pinned_absent(s->pinned, path), path));
    } else {
        TRY(rc);
        TRY(check_bytes(s->op, s->pinned, path, bytes));
        TRY(pass_main(s, dir, path, bytes));
    }
    return pass_endings(s, dir, "/index");
}

static psx_rc check_script(psx_op *op, const psx_cli_place *place, const psx_pinned *p)
{
    char at[PSX_PIN_PATH_MAX];
    search s = {op, p, place->main_found, false};
    if (!place->main.n) return PSX_OK;
    if (!psx_str_eq(place->main_found, place->main)) {
        psx_pinned_verdict v = psx_pinned_way(p, place->main_found, at);
        if (v == PSX_PINNED_YES && !psx_str_is(place->main, at)) v = PSX_PINNED_LINK;
        TRY(refuse(op, v, psx_str_from(at)));
    }
    if (!place->asked_directory) {
        TRY(pass(&s, place->main_asked, ""));
        TRY(pass_endings(&s, place->main_asked, ""));
    }
    if (!s.done) TRY(pass_directory(&s, place->main_asked));
    return s.done ? PSX_OK : refuse(op, PSX_PINNED_CHANGED, place->main_found);
}

psx_rc psx_cli_pins_hand_over(psx_op *op, const psx_cli_place *place, int *fd)
{
    psx_pinned p;
    bool has;
    *fd = -1;
    TRY(psx_cli_pins_load(op, place, &has, &p));
    if (!has) return PSX_OK;
    TRY(check_lockfile(op, place, &p));
    TRY(check_script(op, place, &p));
    return psx_os_memfd_seal(op, "packsec-pins", p.pins.text, fd);
}

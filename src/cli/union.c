#include "cli/union.h"

#include "base/map.h"
#include "cli/files.h"

typedef struct {
    psx_op *op;
    const psx_cli_place *place;
    psx_cli_union_part *parts;
    size_t n;
    psx_map names, locations; // of the lockfile
    bool everybody;           // go on where it is clear that nothing limits the process
    bool unlimited;
    psx_str unknown;
} gathering;

static void add(gathering *g, psx_str label, const psx_policy_holder *holder)
{
    if (psx_policy_holds(holder, PSX_CAP_AMBIENT)) g->unlimited = true;
    g->parts[g->n++] = (psx_cli_union_part){label, holder};
}

static bool is_settled(const gathering *g)
{
    return g->unlimited && !g->everybody;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A version that the range of "name@range" most likely includes: the first one in its text.
static psx_rc first_version(psx_op *op, psx_str range, psx_str *out)
{
    unsigned long parts[3] = {0};
    size_t i = 0;
    while (i < range.n && !is_digit(range.p[i])) {
        i++;
    }
    for (size_t part = 0; part < 3; part++) {
        while (i < range.n && is_digit(range.p[i])) {
            parts[part] = (parts[part] * 10 + (unsigned long)(range.p[i++] - '0')) % 1000000000;
        }
        if (i + 1 >= range.n || range.p[i] != '.' || !is_digit(range.p[i + 1])) break;
        i++;
    }
    return psx_op_format(op, out, "%lu.%lu.%lu", parts[0], parts[1], parts[2]);
}

// Somebody whom this key means. False in *found: nobody could be made up.
static psx_rc imagine(psx_op *op, psx_str key, psx_policy_subject *s, bool *found)
{
    size_t at = 1 + psx_str_find(psx_str_slice(key, 1, key.n), '@');
    psx_str place = psx_str_starts(key, PSX_STR("./")) ? psx_str_slice(key, 2, key.n) : key;
    *s = (psx_policy_subject){.name = psx_str_slice(key, 0, at), .listed = true};
    TRY(psx_op_format(op, &s->location, "node_modules/%.*s", PSX_FMT(s->name)));
    TRY(first_version(op, psx_str_slice(key, at, key.n), &s->version));
    *found = psx_policy_key_matches(key, s);
    if (*found) return PSX_OK;
    if (psx_str_ends(place, PSX_STR("/"))) place.n--;
    s->location = place;
    s->name = psx_lockfile_location_name(place);
    s->listed = false;
    *found = psx_policy_key_matches(key, s);
    return PSX_OK;
}

// It cannot be told whom the key means: everything that it gives is somebody's, wherever that is.
static psx_rc not_known(gathering *g, size_t i)
{
    psx_str key = psx_policy_key(g->place->policy, i);
    psx_policy_holder *holder;
    TRY(psx_policy_bind_key(g->op, g->place->policy, i, g->place->project, &holder));
    add(g, key, holder);
    if (!g->unknown.p && !psx_str_is(key, "*")) g->unknown = key;
    return PSX_OK;
}

// Keys that no entry of the lockfile is meant by: a location that npm does not know, or any key
// when there is no lockfile. A name that is merely not installed gives nothing away.
static psx_rc add_key(gathering *g, size_t i)
{
    psx_str key = psx_policy_key(g->place->policy, i);
    psx_policy_subject s;
    psx_policy_holder *holder;
    bool found;
    if (psx_map_has(&g->names, key) || psx_map_has(&g->locations, key)) return PSX_OK;
    if (!g->place->lock && psx_str_is(key, "*")) TRY(not_known(g, i));
    TRY(imagine(g->op, key, &s, &found));
    TRY(psx_cli_join(g->op, g->place->project, s.location, &s.dir));
    if (g->place->lock && (!found || s.listed)) return PSX_OK;
    if (!found) return not_known(g, i);
    psx_rc rc = psx_policy_bind(g->op, g->place->policy, &s, &holder);
    if (rc.code == PSX_E_DIGEST) { // pinned, and nothing here says what is installed
        psx_fail_clear(g->op);
        return not_known(g, i);
    }
    TRY(rc);
    add(g, key, holder);
    return PSX_OK;
}

static psx_rc add_entry(gathering *g, psx_lockfile_entry *e)
{
    psx_policy_holder *holder;
    psx_str label;
    TRY(psx_cli_place_bind(g->op, g->place, e, &holder));
    TRY(psx_map_put(&g->names, e->name, e));
    TRY(psx_map_put(&g->locations, e->location, e));
    TRY(psx_op_format(g->op, &label, "%.*s%s%.*s", PSX_FMT(e->name), e->version.n ? "@" : "",
                      PSX_FMT(e->version)));
    add(g, label, holder);
    return PSX_OK;
}

static psx_rc gather(gathering *g)
{
    const psx_cli_place *place = g->place;
    psx_policy_holder *holder;
    size_t most = 2 + (place->lock ? place->lock->n : 0); // "*" may count twice
    for (size_t i = 0; psx_policy_key(place->policy, i).p; i++) {
        most++;
    }
    g->parts = PSX_ARRAY(g->op, psx_cli_union_part, most);
    if (!g->parts) return psx_fail_nomem(g->op);
    psx_map_init(&g->names, g->op);
    psx_map_init(&g->locations, g->op);
    // The child of a package is that package's: the application's own code does not run there.
    bool is_child = place->as.dir.n > 0;
    TRY(is_child ? psx_policy_bind(g->op, place->policy, &place->subject, &holder)
                 : psx_cli_place_bind(g->op, place, NULL, &holder));
    add(g, is_child ? place->subject.name : PSX_STR("app"), holder);
    for (size_t i = 0; place->lock && i < place->lock->n && !is_settled(g); i++) {
        TRY(add_entry(g, &place->lock->entries[i]));
    }
    for (size_t i = 0; !is_settled(g) && psx_policy_key(place->policy, i).p; i++) {
        TRY(add_key(g, i));
    }
    return PSX_OK;
}

psx_rc psx_cli_union_make(psx_op *op, const psx_cli_place *place, psx_policy_holder **out)
{
    gathering g = {.op = op, .place = place};
    *out = NULL;
    TRY(gather(&g));
    if (g.unlimited) return PSX_OK;
    const psx_policy_holder **all = PSX_ARRAY(op, const psx_policy_holder *, g.n);
    if (!all) return psx_fail_nomem(op);
    for (size_t i = 0; i < g.n; i++) {
        all[i] = g.parts[i].holder;
    }
    return psx_policy_union(op, place->policy, all, g.n, out);
}

psx_rc psx_cli_union_gather(psx_op *op, const psx_cli_place *place, psx_cli_union *out)
{
    gathering g = {.op = op, .place = place, .everybody = true};
    TRY(gather(&g));
    *out = (psx_cli_union){g.parts, g.n, g.unlimited || g.unknown.p, g.unknown};
    return PSX_OK;
}

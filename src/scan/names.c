#include "scan/names.h"

#include "base/map.h"
#include "scan/text.h"

void psx_names_init(psx_names *t, psx_op *op, uint32_t source_end)
{
    *t = (psx_names){.op = op, .source_end = source_end};
}

// Room for one more of `size` bytes in *array.
static psx_rc room(psx_op *op, void **array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap) return PSX_OK;
    if (*cap > UINT32_MAX / 4) return psx_fail(op, PSX_E_CEILING, "too many names");
    uint32_t more = *cap ? *cap * 2 : 64;
    void *p = psx_op_array(op, more, size);
    if (!p) return psx_fail_nomem(op);
    if (n) memcpy(p, *array, n * size);
    *array = p;
    *cap = more;
    return PSX_OK;
}

static psx_rc grow_index(psx_names *t)
{
    uint32_t size = t->mask ? (t->mask + 1) * 2 : 128;
    uint32_t *index = PSX_ARRAY(t->op, uint32_t, size);
    if (!index) return psx_fail_nomem(t->op);
    for (uint32_t k = 0; k < t->n; k++) {
        uint32_t i = (uint32_t)t->names[k].hash & (size - 1);
        while (index[i]) {
            i = (i + 1) & (size - 1);
        }
        index[i] = k + 1;
    }
    t->index = index;
    t->mask = size - 1;
    return PSX_OK;
}

psx_rc psx_names_intern(psx_names *t, psx_str raw, psx_atom *out)
{
    psx_str text = raw;
    if (memchr(raw.p, '\\', raw.n)) TRY(psx_text_identifier(t->op, raw, &text));
    if (!t->index || t->n > t->mask / 2) TRY(grow_index(t));
    uint64_t hash = psx_hash(text);
    uint32_t i = (uint32_t)hash & t->mask;
    for (; t->index[i]; i = (i + 1) & t->mask) {
        psx_name *name = &t->names[t->index[i] - 1];
        if (name->hash == hash && psx_str_eq(name->text, text)) {
            *out = t->index[i] - 1;
            return PSX_OK;
        }
    }
    void *names = t->names;
    TRY(room(t->op, &names, t->n, &t->cap, sizeof *t->names));
    t->names = names;
    t->names[t->n] = (psx_name){.text = text, .hash = hash};
    t->index[i] = t->n + 1;
    *out = t->n++;
    return PSX_OK;
}

psx_rc psx_names_bind(psx_names *t, psx_atom atom, uint32_t start, uint32_t end, bool sloppy_only)
{
    psx_name *name = &t->names[atom];
    if (name->bindings) {
        const psx_binding *last = &t->bindings[name->bindings - 1];
        if (last->start <= start && last->end >= end && last->sloppy_only <= sloppy_only)
            return PSX_OK;
    }
    void *bindings = t->bindings;
    TRY(room(t->op, &bindings, t->n_bindings, &t->cap_bindings, sizeof *t->bindings));
    t->bindings = bindings;
    t->bindings[t->n_bindings] = (psx_binding){start, end, name->bindings, sloppy_only};
    name->bindings = ++t->n_bindings;
    if (!sloppy_only) {
        name->covered_from = start;
        name->covered_to = end;
    }
    return PSX_OK;
}

psx_rc psx_names_refer(psx_names *t, psx_atom atom, uint32_t at, bool assigned, bool called)
{
    psx_name *name = &t->names[atom];
    if (at >= name->covered_from && at < name->covered_to) return PSX_OK;
    void *references = t->references;
    TRY(room(t->op, &references, t->n_references, &t->cap_references, sizeof *t->references));
    t->references = references;
    t->references[t->n_references] = (psx_reference){at, name->references, assigned, called};
    name->references = ++t->n_references;
    return PSX_OK;
}

static int by_start(const void *a, const void *b)
{
    const psx_binding *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

// The name's bindings as disjoint intervals in ascending order.
static psx_rc intervals(psx_names *t, const psx_name *name, bool is_module, psx_binding **out,
                        size_t *n)
{
    size_t count = 0, merged = 0;
    for (uint32_t i = name->bindings; i; i = t->bindings[i - 1].next) {
        count += !(is_module && t->bindings[i - 1].sloppy_only);
    }
    psx_binding *list = PSX_ARRAY(t->op, psx_binding, count);
    if (!list) return psx_fail_nomem(t->op);
    size_t k = 0;
    for (uint32_t i = name->bindings; i; i = t->bindings[i - 1].next) {
        if (!(is_module && t->bindings[i - 1].sloppy_only)) list[k++] = t->bindings[i - 1];
    }
    if (count > 1) qsort(list, count, sizeof *list, by_start);
    for (size_t i = 0; i < count; i++) {
        if (merged && list[i].start <= list[merged - 1].end) {
            if (list[i].end > list[merged - 1].end) list[merged - 1].end = list[i].end;
        } else {
            list[merged++] = list[i];
        }
    }
    *out = list;
    *n = merged;
    return PSX_OK;
}

static bool is_bound_at_top(const psx_names *t, const psx_name *name, bool is_module)
{
    if (name->lexical_top) return true;
    for (uint32_t i = name->bindings; i; i = t->bindings[i - 1].next) {
        const psx_binding *b = &t->bindings[i - 1];
        if (b->start == 0 && b->end >= t->source_end && !(is_module && b->sloppy_only)) return true;
    }
    return false;
}

psx_rc psx_names_resolve(psx_names *t, psx_atom atom, bool is_module, psx_name_use *out)
{
    const psx_name *name = &t->names[atom];
    *out = (psx_name_use){0};
    if (is_bound_at_top(t, name, is_module)) return PSX_OK;
    out->free = name->forced;
    if (!name->references) return PSX_OK;
    psx_binding *list = NULL;
    size_t n = 0;
    if (name->bindings) TRY(intervals(t, name, is_module, &list, &n));
    // The list of references is the latest first: both are walked downwards.
    for (uint32_t i = name->references; i; i = t->references[i - 1].next) {
        const psx_reference *r = &t->references[i - 1];
        while (n && list[n - 1].start > r->at) {
            n--;
        }
        if (n && r->at < list[n - 1].end) continue;
        out->free = true;
        out->assigned |= r->assigned;
        out->called |= r->called;
    }
    return PSX_OK;
}

psx_rc psx_names_covers(psx_names *t, psx_atom atom, bool is_module, const uint32_t *at, size_t n,
                        bool *covered)
{
    psx_binding *list = NULL;
    size_t count = 0, k = 0;
    TRY(intervals(t, &t->names[atom], is_module, &list, &count));
    for (size_t i = 0; i < n; i++) {
        while (k < count && list[k].end <= at[i]) {
            k++;
        }
        covered[i] = k < count && list[k].start <= at[i];
    }
    return PSX_OK;
}

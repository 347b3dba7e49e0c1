// Making, editing and writing JSON trees; parsing is in json.c.
#include "base/buf.h"
#include "formats/json.h"

enum { LINE_WIDTH = 80 };

psx_json psx_json_string(psx_str s)
{
    return (psx_json){.kind = PSX_JSON_STRING, .string = s};
}

psx_json psx_json_boolean(bool b)
{
    return (psx_json){.kind = PSX_JSON_BOOL, .boolean = b};
}

psx_json psx_json_object(void)
{
    return (psx_json){.kind = PSX_JSON_OBJECT};
}

psx_json psx_json_array(void)
{
    return (psx_json){.kind = PSX_JSON_ARRAY};
}

psx_rc psx_json_put(psx_op *op, psx_json *object, psx_str key, psx_json value, psx_json **out)
{
    psx_json *old = (psx_json *)psx_json_get(object, key);
    if (old) {
        *old = value;
        if (out) *out = old;
        return PSX_OK;
    }
    psx_json_member *members = PSX_ARRAY(op, psx_json_member, (size_t)object->n + 1);
    if (!members) return psx_fail_nomem(op);
    if (object->n) memcpy(members, object->members, object->n * sizeof *members);
    members[object->n] = (psx_json_member){.key = key, .value = value};
    if (out) *out = &members[object->n].value;
    object->members = members;
    object->index = NULL; // it points into the old members
    object->n++;
    return PSX_OK;
}

bool psx_json_remove(psx_json *object, psx_str key)
{
    for (size_t i = 0; i < object->n; i++) {
        if (!psx_str_eq(object->members[i].key, key)) continue;
        size_t after = object->n - i - 1;
        memmove(&object->members[i], &object->members[i + 1], after * sizeof *object->members);
        object->index = NULL;
        object->n--;
        return true;
    }
    return false;
}

psx_rc psx_json_append(psx_op *op, psx_json *array, psx_json value)
{
    psx_json *items = PSX_ARRAY(op, psx_json, (size_t)array->n + 1);
    if (!items) return psx_fail_nomem(op);
    if (array->n) memcpy(items, array->items, array->n * sizeof *items);
    items[array->n++] = value;
    array->items = items;
    return PSX_OK;
}

void psx_json_remove_at(psx_json *array, size_t i)
{
    size_t after = array->n - i - 1;
    memmove(&array->items[i], &array->items[i + 1], after * sizeof *array->items);
    array->n--;
}

static bool goes_before(const psx_json_member *a, const psx_json_member *b, int (*rank)(psx_str))
{
    int ra = rank ? rank(a->key) : 0, rb = rank ? rank(b->key) : 0;
    return ra != rb ? ra < rb : psx_str_cmp(a->key, b->key) < 0;
}

// Heap sort: no recursion, no quadratic case, and no context argument needed as with qsort.
static void sift_down(psx_json_member *m, size_t root, size_t n, int (*rank)(psx_str))
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && goes_before(&m[child], &m[child + 1], rank)) child++;
        if (!goes_before(&m[root], &m[child], rank)) return;
        psx_json_member swap = m[root];
        m[root] = m[child];
        m[child] = swap;
    }
}

void psx_json_sort(psx_json *object, int (*rank)(psx_str key))
{
    psx_json_member *m = object->members;
    object->index = NULL;
    for (size_t i = object->n / 2; i > 0; i--) {
        sift_down(m, i - 1, object->n, rank);
    }
    for (size_t end = object->n; end > 1; end--) {
        psx_json_member swap = m[0];
        m[0] = m[end - 1];
        m[end - 1] = swap;
        sift_down(m, 0, end - 1, rank);
    }
}

// ---- writing ------------------------------------------------------------------------------------

static psx_rc write_string(psx_buf *b, psx_str s)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    TRY(psx_buf_byte(b, '"'));
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        const char *at = c ? strchr(from, c) : NULL;
        if (at) {
            TRY(psx_buf_byte(b, '\\'));
            TRY(psx_buf_byte(b, to[at - from]));
        } else if ((unsigned char)c < 0x20 || c == 0x7F) {
            TRY(psx_buf_format(b, "\\u%04x", (unsigned)(unsigned char)c));
        } else {
            TRY(psx_buf_byte(b, c));
        }
    }
    return psx_buf_byte(b, '"');
}

static psx_rc write_scalar(psx_buf *b, const psx_json *v)
{
    switch (v->kind) {
    case PSX_JSON_BOOL: return psx_buf_text(b, v->boolean ? "true" : "false");
    case PSX_JSON_STRING: return write_string(b, v->string);
    case PSX_JSON_NUMBER:
        if (v->string.n) return psx_buf_add(b, v->string);
        return psx_buf_format(b, "%.17g", v->number);
    default: return psx_buf_text(b, "null");
    }
}

static psx_rc write_value(psx_buf *b, const psx_json *v, unsigned level);

static psx_rc write_break(psx_buf *b, unsigned level)
{
    TRY(psx_buf_byte(b, '\n'));
    for (unsigned i = 0; i < level; i++) {
        TRY(psx_buf_text(b, "  "));
    }
    return PSX_OK;
}

static bool only_scalars(const psx_json *array)
{
    for (size_t i = 0; i < array->n; i++) {
        if (array->items[i].kind >= PSX_JSON_ARRAY) return false;
    }
    return true;
}

static size_t line_length(const psx_buf *b)
{
    size_t newline = psx_str_find_last(psx_buf_str(b), '\n');
    return newline == b->n ? b->n : b->n - newline - 1;
}

static psx_rc write_one_line(psx_buf *b, const psx_json *v)
{
    TRY(psx_buf_byte(b, '['));
    for (size_t i = 0; i < v->n; i++) {
        if (i) TRY(psx_buf_text(b, ", "));
        TRY(write_scalar(b, &v->items[i]));
    }
    return psx_buf_byte(b, ']');
}

static psx_rc write_array(psx_buf *b, const psx_json *v, unsigned level)
{
    if (only_scalars(v)) {
        size_t before = b->n;
        TRY(write_one_line(b, v));
        if (v->n == 0 || line_length(b) < LINE_WIDTH) return PSX_OK;
        b->n = before; // too long: once more, one item per line
    }
    for (size_t i = 0; i < v->n; i++) {
        TRY(psx_buf_byte(b, i ? ',' : '['));
        TRY(write_break(b, level + 1));
        TRY(write_value(b, &v->items[i], level + 1));
    }
    TRY(write_break(b, level));
    return psx_buf_byte(b, ']');
}

static psx_rc write_object(psx_buf *b, const psx_json *v, unsigned level)
{
    if (v->n == 0) return psx_buf_text(b, "{}");
    for (size_t i = 0; i < v->n; i++) {
        TRY(psx_buf_byte(b, i ? ',' : '{'));
        TRY(write_break(b, level + 1));
        TRY(write_string(b, v->members[i].key));
        TRY(psx_buf_text(b, ": "));
        TRY(write_value(b, &v->members[i].value, level + 1));
    }
    TRY(write_break(b, level));
    return psx_buf_byte(b, '}');
}

static psx_rc write_value(psx_buf *b, const psx_json *v, unsigned level)
{
    if (v->kind == PSX_JSON_OBJECT) return write_object(b, v, level);
    if (v->kind == PSX_JSON_ARRAY) return write_array(b, v, level);
    return write_scalar(b, v);
}

psx_rc psx_json_write(psx_op *op, const psx_json *value, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(write_value(&b, value, 0));
    TRY(psx_buf_byte(&b, '\n'));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

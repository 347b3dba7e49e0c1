#include "addon/report_box.h"

#include "base/text.h"
#include "formats/json.h"

enum { LINES_MAX = 20, VALUE_MAX = 160, BYTES_MAX = 1 << 20 };

typedef struct {
    psx_str who, call, cap, value, fix;
    int port;
    unsigned count;
} refusal;

struct psx_report_box {
    refusal lines[LINES_MAX];
    size_t n, more;
    unsigned long long calls;
};

static unsigned number_of(const psx_json *object, psx_str key, unsigned otherwise)
{
    const psx_json *v = psx_json_get(object, key);
    bool good = v && v->kind == PSX_JSON_NUMBER && v->number >= 0 && v->number <= UINT32_MAX;
    return good ? (unsigned)v->number : otherwise;
}

static void take(psx_report_box *r, const psx_json *o)
{
    unsigned port = number_of(o, PSX_STR("port"), UINT32_MAX);
    refusal one = {
        .who = psx_json_get_str(o, PSX_STR("package")),
        .call = psx_json_get_str(o, PSX_STR("syscall")),
        .cap = psx_json_get_str(o, PSX_STR("cap")),
        .value = psx_json_get_str(o, PSX_STR("value")),
        .fix = psx_json_get_str(o, PSX_STR("allow")),
        .port = port <= 65535 ? (int)port : -1,
        .count = number_of(o, PSX_STR("count"), 1),
    };
    r->calls += one.count;
    if (r->n < LINES_MAX)
        r->lines[r->n++] = one;
    else
        r->more++;
}

psx_rc psx_report_box_read(psx_op *op, psx_str lines, psx_report_box **out)
{
    psx_report_box *r = PSX_NEW(op, psx_report_box);
    *out = NULL;
    if (!r) return psx_fail_nomem(op);
    while (lines.n) {
        psx_json_doc *doc;
        size_t end = psx_str_find(lines, '\n');
        TRY(psx_json_parse(op, psx_str_slice(lines, 0, end), PSX_STR("box"), BYTES_MAX, &doc));
        if (doc->root.kind == PSX_JSON_OBJECT) take(r, &doc->root);
        lines = psx_str_slice(lines, end + 1, lines.n);
    }
    if (r->n) *out = r;
    return PSX_OK;
}

unsigned long long psx_report_box_calls(const psx_report_box *r)
{
    return r ? r->calls : 0;
}

static psx_rc add_line(const refusal *one, const psx_report_colours *c, psx_buf *b)
{
    TRY(psx_buf_format(b, "  %s", c->who));
    TRY(psx_text_plain(b, one->who, VALUE_MAX));
    TRY(psx_buf_format(b, "%s  %s", c->off, c->what));
    TRY(psx_text_plain(b, one->cap.n ? one->cap : PSX_STR("system call"), VALUE_MAX));
    TRY(psx_buf_format(b, "%s  ", c->off));
    TRY(psx_text_plain(b, one->call, VALUE_MAX));
    if (one->value.n) TRY(psx_buf_byte(b, ' '));
    TRY(psx_text_plain(b, one->value, VALUE_MAX));
    if (one->port >= 0) TRY(psx_buf_format(b, ":%d", one->port));
    if (one->count > 1) TRY(psx_buf_format(b, " (x%u)", one->count));
    TRY(psx_buf_text(b, c->fix));
    if (one->fix.n) TRY(psx_buf_text(b, "   allow: "));
    TRY(psx_text_plain(b, one->fix, 2 * VALUE_MAX));
    return psx_buf_format(b, "%s\n", c->off);
}

psx_rc psx_report_box_add(const psx_report_box *r, const psx_report_colours *c, psx_buf *b)
{
    if (!r) return PSX_OK;
    for (size_t i = 0; i < r->n; i++) {
        TRY(add_line(&r->lines[i], c, b));
    }
    return r->more ? psx_buf_format(b, "  and %zu more\n", r->more) : PSX_OK;
}

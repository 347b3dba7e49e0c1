#include "addon/report.h"
#include "addon/report_box.h"
#include "base/text.h"

enum { LINES_MAX = 20, VALUE_MAX = 160 };

static const psx_report_colours plain = {"", "", "", ""};
static const psx_report_colours bright = {"\033[1m", "\033[33m", "\033[2m", "\033[0m"};

static int by_package(const void *a, const void *b)
{
    const psx_record_entry *x = *(const psx_record_entry *const *)a;
    const psx_record_entry *y = *(const psx_record_entry *const *)b;
    if (x->key.id != y->key.id) return x->key.id < y->key.id ? -1 : 1;
    if (x->key.cap != y->key.cap) return x->key.cap < y->key.cap ? -1 : 1;
    return (x > y) - (x < y); // in order of appearance
}

static psx_rc denied_entries(psx_monitor *m, const psx_record_entry ***out, size_t *n)
{
    const psx_record *r = &m->record;
    const psx_record_entry **list = PSX_ARRAY(&m->op, const psx_record_entry *, r->n);
    if (!list) return psx_fail_nomem(&m->op);
    *n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        if (!r->entries[i].by_policy) list[(*n)++] = &r->entries[i];
    }
    qsort(list, *n, sizeof *list, by_package);
    *out = list;
    return PSX_OK;
}

static psx_rc add_fix(psx_monitor *m, const psx_record_entry *e, psx_buf *b)
{
    psx_str fix;
    psx_policy_request r = {
        .cap = e->key.cap, .value = e->key.value, .asked = e->key.asked, .port = e->key.port};
    if (psx_failed(psx_policy_fix(&m->op, m->packages[e->key.id].holder, &r, &fix))) {
        psx_fail_clear(&m->op);
        return PSX_OK;
    }
    TRY(psx_buf_text(b, "   allow: "));
    return psx_text_plain(b, fix, 2 * VALUE_MAX);
}

static psx_rc add_line(psx_monitor *m, const psx_record_entry *e, const psx_report_colours *c,
                       psx_buf *b)
{
    psx_str value = e->key.asked.n ? e->key.asked : e->key.value;
    TRY(psx_buf_format(b, "  %s", c->who));
    TRY(psx_text_plain(b, m->packages[e->key.id].label, VALUE_MAX));
    TRY(psx_buf_format(b, "%s  %s%s%s", c->off, c->what, psx_cap_name(e->key.cap), c->off));
    if (value.n) TRY(psx_buf_text(b, "  "));
    TRY(psx_text_plain(b, value, VALUE_MAX));
    if (e->key.port >= 0) TRY(psx_buf_format(b, ":%d", e->key.port));
    if (e->count > 1) TRY(psx_buf_format(b, " (x%u)", e->count));
    TRY(psx_buf_text(b, c->fix));
    TRY(add_fix(m, e, b));
    return psx_buf_format(b, "%s\n", c->off);
}

// How many lines each package gets: one that is denied a thousand things must not hide another.
static size_t share(const psx_record_entry **list, size_t n)
{
    size_t packages = 0;
    for (size_t i = 0; i < n; i++) {
        packages += i == 0 || list[i]->key.id != list[i - 1]->key.id;
    }
    return n <= LINES_MAX ? n : packages < LINES_MAX ? LINES_MAX / packages : 1;
}

static psx_rc add_lines(psx_monitor *m, const psx_record_entry **list, size_t n,
                        const psx_report_colours *c, psx_buf *b)
{
    size_t most = share(list, n), shown = 0, of_this = 0;
    for (size_t i = 0; i < n && shown < LINES_MAX; i++) {
        if (i && list[i]->key.id != list[i - 1]->key.id) of_this = 0;
        if (of_this++ >= most) continue;
        TRY(add_line(m, list[i], c, b));
        shown++;
    }
    return shown < n ? psx_buf_format(b, "  and %zu more\n", n - shown) : PSX_OK;
}

// "npsx: 2 denials, and the box refused 1 call", or one of the two.
static psx_rc add_head(psx_monitor *m, const psx_report_box *box, bool any, psx_buf *b)
{
    unsigned long long n = m->record.denials, calls = psx_report_box_calls(box);
    bool audit = psx_policy_onerror(m->policy) == PSX_ONERROR_LOG;
    TRY(psx_buf_text(b, "npsx: "));
    if (any)
        TRY(psx_buf_format(b, "%llu denial%s%s", n, n == 1 ? "" : "s",
                           audit ? " (recorded only: the policy says onerror \"log\")" : ""));
    if (calls)
        TRY(psx_buf_format(b, "%sthe box refused %llu call%s", any ? ", and " : "", calls,
                           calls == 1 ? "" : "s"));
    return psx_buf_byte(b, '\n');
}

static psx_rc add_lost(psx_monitor *m, psx_buf *b)
{
    unsigned long long lost = m->record.lost, audit = m->lost_audit;
    if (lost) TRY(psx_buf_format(b, "  and %llu requests that were not recorded\n", lost));
    if (audit) TRY(psx_buf_format(b, "npsx: %llu audit lines could not be written\n", audit));
    return PSX_OK;
}

psx_rc psx_report_summary(psx_monitor *m, psx_str refused, bool colours, psx_buf *b)
{
    const psx_record_entry **list = NULL;
    const psx_report_colours *c = colours ? &bright : &plain;
    psx_report_box *box;
    size_t n = 0;
    if (m->plan.quiet || m->plan.learn) return PSX_OK;
    TRY(denied_entries(m, &list, &n));
    TRY(psx_report_box_read(&m->op, refused, &box));
    if (n || box) TRY(add_head(m, box, n > 0, b));
    TRY(add_lines(m, list, n, c, b));
    TRY(psx_report_box_add(box, c, b));
    return n || m->lost_audit ? add_lost(m, b) : PSX_OK;
}

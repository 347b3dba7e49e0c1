// From a denial to the command that would allow it.
#include "base/buf.h"
#include "policy/model.h"
#include "policy/path.h"

// Which key to grant under: the name, as people think in names; the location where the name does
// not count or would be mistaken for the application.
static psx_rc add_key(psx_buf *b, const psx_policy_subject *s)
{
    if (s->location.n == 0) return psx_buf_text(b, "app");
    bool by_name = s->listed && s->name.n && !psx_str_is(s->name, "app");
    if (by_name) return psx_buf_add(b, s->name);
    if (psx_str_find(s->location, '/') == s->location.n) TRY(psx_buf_text(b, "./"));
    return psx_buf_add(b, s->location);
}

// How much of a path a pattern can say: all of it, or what is before the part with a character that
// no pattern takes literally.
static size_t spellable(psx_str path)
{
    size_t dir = 0;
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        bool variable = c == '$' && i + 1 < path.n && path.p[i + 1] == '{';
        if (c < 0x20 || c == 0x7F || c == '*' || c == '?' || variable) return dir;
        if (c == '/') dir = i + 1;
    }
    return path.n;
}

// The path as a person would write it: relative to the project where it is beneath it.
static psx_rc add_path(psx_buf *b, const psx_policy_holder *h, psx_str path, bool is_dir)
{
    psx_str project = h->policy->dirs.project, rest = path;
    if (project.n > 1 && psx_path_under(project, path)) {
        TRY(psx_buf_byte(b, '.'));
        rest = psx_str_slice(path, project.n, path.n);
        is_dir = is_dir || rest.n == 0;
    }
    TRY(psx_buf_add(b, rest));
    bool slash = rest.n && rest.p[rest.n - 1] == '/';
    return is_dir && !slash ? psx_buf_byte(b, '/') : PSX_OK;
}

static psx_rc add_host(psx_buf *b, const psx_policy_holder *h, const psx_policy_request *r)
{
    if (psx_str_starts(r->value, PSX_STR("unix:@"))) return psx_buf_add(b, r->value);
    if (psx_str_starts(r->value, PSX_STR("unix:"))) {
        TRY(psx_buf_text(b, "unix:"));
        return add_path(b, h, psx_str_slice(r->value, 5, r->value.n), false);
    }
    bool bare_v6 = psx_str_find(r->value, ':') < r->value.n && r->value.p[0] != '[';
    TRY(psx_buf_format(b, bare_v6 ? "[%.*s]" : "%.*s", PSX_FMT(r->value)));
    return r->port >= 0 ? psx_buf_format(b, ":%d", r->port) : PSX_OK;
}

static psx_rc add_value(psx_buf *b, const psx_policy_holder *h, const psx_policy_request *r)
{
    bool by_name = r->asked.n && psx_str_find(r->asked, '/') == r->asked.n;
    switch (psx_cap_value_kind(r->cap)) {
    case VALUE_PATHS: {
        // Of a name that cannot be written the directory is granted.
        size_t n = spellable(r->value);
        psx_str path = psx_str_slice(r->value, 0, n < r->value.n && n > 1 ? n - 1 : n);
        return add_path(b, h, path, r->is_dir || n < r->value.n);
    }
    case VALUE_HOSTS: return add_host(b, h, r);
    case VALUE_SPAWN: return by_name ? psx_buf_add(b, r->asked) : add_path(b, h, r->value, false);
    case VALUE_NATIVE: return add_path(b, h, r->value, false);
    default: return psx_buf_add(b, r->value);
    }
}

static bool needs_quotes(psx_str s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+=,";
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0' || !strchr(plain, s.p[i])) return true;
    }
    return s.n == 0;
}

// In single quotes. Control characters become "?": the text is shown on a terminal, and a package
// chose it.
psx_rc psx_policy_quote(psx_buf *b, psx_str s)
{
    bool quotes = needs_quotes(s);
    if (quotes) TRY(psx_buf_byte(b, '\''));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\'') {
            TRY(psx_buf_text(b, "'\\''"));
        } else {
            size_t n = psx_str_control(s, i);
            TRY(psx_buf_byte(b, n ? '?' : s.p[i]));
            if (n) i += n - 1;
        }
    }
    return quotes ? psx_buf_byte(b, '\'') : PSX_OK;
}

static bool has_fix(const psx_policy_holder *h, const psx_policy_request *r)
{
    psx_value_kind kind = psx_cap_value_kind(r->cap);
    bool is_path = kind == VALUE_HOSTS || kind == VALUE_SPAWN || kind == VALUE_NATIVE;
    if (h->deny[r->cap]) return false; // a grant changes nothing while the denial stands
    if (r->cap == PSX_CAP_FS_WRITE && psx_policy_is_name(r->value)) return false;
    if (psx_str_starts(h->subject.location, PSX_STR("/"))) return false; // no key means it
    return !is_path || (spellable(r->value) == r->value.n && spellable(r->asked) == r->asked.n);
}

psx_rc psx_policy_fix(psx_op *op, const psx_policy_holder *holder,
                      const psx_policy_request *request, psx_str *out)
{
    psx_buf line, part;
    psx_buf_init(&line, op);
    psx_buf_init(&part, op);
    if (!has_fix(holder, request)) return psx_fail(op, PSX_E_VALUE, "no grant allows it");
    TRY(psx_buf_text(&line, "npsx grant "));
    TRY(add_key(&part, &holder->subject));
    TRY(psx_policy_quote(&line, psx_buf_str(&part)));
    TRY(psx_buf_byte(&line, ' '));
    part.n = 0;
    TRY(psx_buf_text(&part, psx_cap_name(request->cap)));
    if (psx_cap_takes_list(request->cap) && request->value.n) {
        TRY(psx_buf_byte(&part, ':'));
        TRY(add_value(&part, holder, request));
    }
    TRY(psx_policy_quote(&line, psx_buf_str(&part)));
    *out = psx_buf_str(&line);
    return PSX_OK;
}

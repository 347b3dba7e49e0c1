#include "formats/pins.h"

static const psx_str head = PSX_STR_INIT("# packsec pins 1 ");
static const psx_str link_prefix = PSX_STR_INIT("link:");
static const psx_str gap = PSX_STR_INIT("  ");

// ---- one line -----------------------------------------------------------------------------------

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(psx_str hex, size_t n, uint8_t *out)
{
    if (hex.n != 2 * n) return false;
    for (size_t i = 0; i < hex.n; i++) {
        int v = hex_of(hex.p[i]);
        if (v < 0) return false;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | v : v << 4);
    }
    return true;
}

static bool read_digest(psx_str s, psx_pin *out)
{
    psx_sri_verity verity;
    out->algorithm = PSX_SRI_SHA256;
    out->kind = psx_str_starts(s, link_prefix) ? PSX_PIN_LINK : PSX_PIN_SHA256;
    if (out->kind == PSX_PIN_LINK) s = psx_str_slice(s, link_prefix.n, s.n);
    if (!psx_sri_is_verity(s)) return read_hex(s, psx_sri_size(PSX_SRI_SHA256), out->digest);
    if (out->kind == PSX_PIN_LINK || !psx_sri_verity_parse(s, &verity)) return false;
    out->kind = PSX_PIN_VERITY;
    out->algorithm = verity.algorithm;
    memcpy(out->digest, verity.digest, sizeof out->digest);
    return true;
}

// Digests hold no blank, so the first gap ends one.
static psx_str path_of(psx_str line)
{
    size_t at = psx_str_find(line, ' ');
    return psx_str_slice(line, at + gap.n, line.n);
}

static bool read_line(psx_str line, psx_pin *out)
{
    size_t at = psx_str_find(line, ' ');
    *out = (psx_pin){0};
    if (!psx_str_starts(psx_str_slice(line, at, line.n), gap)) return false;
    out->path = path_of(line);
    return read_digest(psx_str_slice(line, 0, at), out);
}

// No empty part, no "." and "..": one file has one path.
static bool is_tidy(psx_str path)
{
    if (psx_str_starts(path, PSX_STR("/"))) path = psx_str_slice(path, 1, path.n);
    for (;;) {
        size_t slash = psx_str_find(path, '/');
        psx_str part = psx_str_slice(path, 0, slash);
        if (!part.n || psx_str_is(part, ".") || psx_str_is(part, "..")) return false;
        if (slash == path.n) return true;
        path = psx_str_slice(path, slash + 1, path.n);
    }
}

bool psx_pins_path_ok(psx_str path)
{
    size_t bad;
    if (path.n > PSX_PIN_PATH_MAX || !is_tidy(path)) return false;
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c < 0x20 || c == 0x7f || c == '\\') return false;
    }
    return psx_str_is_utf8(path, &bad);
}

// ---- the whole list -----------------------------------------------------------------------------

static psx_str line_at(psx_str text, size_t at)
{
    const char *end = memchr(text.p + at, '\n', text.n - at);
    return psx_str_slice(text, at, end ? (size_t)(end - text.p) : text.n);
}

bool psx_pins_open(psx_str text, psx_pins *out)
{
    if (!text.n || text.p[text.n - 1] != '\n' || !psx_str_starts(text, head)) return false;
    psx_str line = line_at(text, 0), what = psx_str_slice(line, head.n, line.n);
    *out = (psx_pins){.text = text, .body = psx_str_slice(text, line.n + 1, text.n)};
    out->packages_only = psx_str_is(what, "packages");
    return out->packages_only || psx_str_is(what, "project");
}

static psx_rc fail_at(psx_op *op, psx_str name, unsigned line, psx_error code, const char *what)
{
    psx_rc rc = psx_fail(op, code, "%s", what);
    psx_fail_at(op, name, line, 1);
    return rc;
}

static psx_rc check_order(psx_op *op, psx_str name, unsigned number, psx_str before, psx_str path)
{
    if (path.n && path.p[path.n - 1] == '\r')
        return fail_at(op, name, number, PSX_E_VALUE, "the line ends as on Windows");
    int order = before.p ? psx_str_cmp(before, path) : -1;
    if (order < 0) return PSX_OK;
    if (order > 0)
        return fail_at(op, name, number, PSX_E_VALUE, "the lines are not sorted by path");
    return fail_at(op, name, number, PSX_E_DUPLICATE, "the same path as in the line before");
}

static psx_rc read_head(psx_op *op, psx_str text, psx_str name, psx_pins *out)
{
    if (text.n > PSX_PINS_MAX) return fail_at(op, name, 0, PSX_E_SIZE, "the list is too large");
    if (!psx_str_starts(text, head))
        return fail_at(op, name, 1, PSX_E_SYNTAX, "this is no list of pins of version 1");
    if (text.p[text.n - 1] != '\n')
        return fail_at(op, name, 0, PSX_E_TRUNCATED, "the list does not end with a whole line");
    if (psx_pins_open(text, out)) return PSX_OK;
    return fail_at(op, name, 1, PSX_E_SYNTAX, "neither \"project\" nor \"packages\" is covered");
}

psx_rc psx_pins_skim(psx_op *op, psx_str text, psx_str name, psx_pins *out)
{
    psx_str before = {0};
    unsigned number = 2;
    TRY(read_head(op, text, name, out));
    for (size_t at = 0; at < out->body.n; number++) {
        psx_str line = line_at(out->body, at), path = path_of(line);
        TRY(check_order(op, name, number, before, path));
        before = path;
        at += line.n + 1;
    }
    return PSX_OK;
}

psx_rc psx_pins_parse(psx_op *op, psx_str text, psx_str name, psx_pins *out)
{
    unsigned number = 2;
    TRY(psx_pins_skim(op, text, name, out));
    for (size_t at = 0; at < out->body.n; number++) {
        psx_pin pin;
        psx_str line = line_at(out->body, at);
        if (!read_line(line, &pin))
            return fail_at(op, name, number, PSX_E_SYNTAX, "not a digest, two blanks and a path");
        if (!psx_pins_path_ok(pin.path))
            return fail_at(op, name, number, PSX_E_VALUE, "a path that a list cannot hold");
        at += line.n + 1;
    }
    return PSX_OK;
}

bool psx_pins_next(const psx_pins *pins, size_t *at, psx_pin *out)
{
    if (*at >= pins->body.n) return false;
    psx_str line = line_at(pins->body, *at);
    *at += line.n + 1;
    return read_line(line, out);
}

// ---- finding ------------------------------------------------------------------------------------

// path against key, or against key and a slash behind it.
static int compare(psx_str path, psx_str key, bool slash)
{
    int c = psx_str_cmp(psx_str_slice(path, 0, key.n), key);
    if (c != 0) return c;
    if (!slash) return path.n > key.n;
    if (path.n == key.n) return -1;
    unsigned char next = (unsigned char)path.p[key.n];
    return next != '/' ? (next < '/' ? -1 : 1) : path.n > key.n + 1;
}

// The first line that is not before the key; the end of the body when there is none.
static size_t first_from(psx_str body, psx_str key, bool slash)
{
    size_t lo = 0, hi = body.n;
    while (lo < hi) {
        size_t at = lo + (hi - lo) / 2;
        psx_str before = psx_str_slice(body, lo, at);
        size_t newline = psx_str_find_last(before, '\n');
        at = newline < before.n ? lo + newline + 1 : lo;
        psx_str line = line_at(body, at);
        if (compare(path_of(line), key, slash) < 0) {
            lo = at + line.n + 1;
        } else {
            hi = at;
        }
    }
    return lo;
}

bool psx_pins_find(const psx_pins *pins, psx_str path, psx_pin *out)
{
    size_t at = path.n ? first_from(pins->body, path, false) : pins->body.n;
    return psx_pins_next(pins, &at, out) && psx_str_eq(out->path, path);
}

bool psx_pins_has_dir(const psx_pins *pins, psx_str path)
{
    psx_pin pin;
    if (!path.n) return pins->body.n > 0;
    size_t at = first_from(pins->body, path, true);
    return psx_pins_next(pins, &at, &pin) && psx_str_starts(pin.path, path) &&
           pin.path.n > path.n && pin.path.p[path.n] == '/';
}

// ---- writing ------------------------------------------------------------------------------------

psx_rc psx_pins_write_head(psx_buf *b, bool packages_only)
{
    TRY(psx_buf_add(b, head));
    return psx_buf_text(b, packages_only ? "packages\n" : "project\n");
}

psx_rc psx_pins_write(psx_buf *b, const psx_pin *pin)
{
    static const char digits[] = "0123456789abcdef";
    if (pin->kind == PSX_PIN_LINK) TRY(psx_buf_add(b, link_prefix));
    if (pin->kind == PSX_PIN_VERITY)
        TRY(psx_buf_format(b, "fsverity:%s:", psx_sri_name(pin->algorithm)));
    for (size_t i = 0; i < psx_sri_size(pin->algorithm); i++) {
        TRY(psx_buf_byte(b, digits[pin->digest[i] >> 4]));
        TRY(psx_buf_byte(b, digits[pin->digest[i] & 15]));
    }
    TRY(psx_buf_add(b, gap));
    TRY(psx_buf_add(b, pin->path));
    return psx_buf_byte(b, '\n');
}

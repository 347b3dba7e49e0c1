#include "cli/request.h"

#include "cli/files.h"

static psx_rc fail_capability(psx_op *op, psx_str name)
{
    psx_rc rc = psx_fail(op, PSX_E_USAGE, "unknown capability \"%.*s\"", PSX_FMT(name));
    size_t nearest = 4;
    for (int i = 0; i < PSX_CAP_COUNT; i++) {
        const char *known = psx_cap_name((psx_cap)i);
        size_t d = psx_str_distance(name, psx_str_from(known), nearest - 1);
        if (d >= nearest) continue;
        nearest = d;
        psx_fail_suggest(op, "did you mean \"%s\"?", known);
    }
    return rc;
}

psx_rc psx_cli_request_search(psx_op *op, psx_str path, psx_str name, psx_str *out)
{
    *out = (psx_str){0};
    while (path.n) {
        size_t end = psx_str_find(path, ':');
        psx_str dir = psx_str_slice(path, 0, end), candidate;
        path = psx_str_slice(path, end + 1, path.n);
        if (!dir.n || dir.p[0] != '/') continue;
        TRY(psx_cli_join(op, dir, name, &candidate));
        TRY(psx_op_copy(op, candidate, &candidate));
        if (access(candidate.p, X_OK) != 0) continue;
        *out = candidate;
        return PSX_OK;
    }
    return PSX_OK;
}

psx_rc psx_cli_request_command(psx_op *op, psx_str cwd, psx_str name, psx_str *out)
{
    *out = name;
    if (psx_str_find(name, '/') < name.n) return psx_cli_join(op, cwd, name, out);
    TRY(psx_cli_request_search(op, psx_str_from(getenv("PATH")), name, out));
    if (out->p) return PSX_OK;
    return psx_op_format(op, out, "/usr/bin/%.*s", PSX_FMT(name)); // not installed: any place
}

// host, host:443, [::1]:443, ::1, unix:/path
static psx_rc parse_host(psx_op *op, psx_str text, psx_policy_request *r)
{
    uint64_t port;
    r->value = text;
    if (psx_str_starts(text, PSX_STR("unix:"))) return PSX_OK;
    size_t colon = psx_str_find_last(text, ':');
    bool is_bracketed = text.n && text.p[0] == '[';
    psx_str head = psx_str_slice(text, 0, colon);
    bool has_port = colon < text.n && psx_str_to_u64(psx_str_slice(text, colon + 1, text.n), &port);
    if (has_port && !is_bracketed && psx_str_find(head, ':') < head.n) has_port = false; // IPv6
    if (has_port) {
        if (port > 65535)
            return psx_fail(op, PSX_E_USAGE, "there is no port %llu", (unsigned long long)port);
        r->port = (int)port;
        r->value = head;
    }
    if (is_bracketed && psx_str_ends(r->value, PSX_STR("]"))) {
        r->value = psx_str_slice(r->value, 1, r->value.n - 1);
    }
    return PSX_OK;
}

static psx_rc parse_path(psx_op *op, const psx_cli_place *place, psx_str text,
                         psx_policy_request *r)
{
    static const char *const names[] = {"${project}", "${tmp}", "${home}", "${cwd}"};
    const psx_str dirs[] = {place->project, place->tmp, place->home, place->cwd};
    r->is_dir = psx_str_ends(text, PSX_STR("/"));
    for (size_t i = 0; i < 4; i++) {
        psx_str name = psx_str_from(names[i]);
        if (!psx_str_starts(text, name)) continue;
        TRY(psx_op_format(op, &text, "%.*s/%.*s", PSX_FMT(dirs[i]),
                          PSX_FMT(psx_str_slice(text, name.n, text.n))));
        break;
    }
    return psx_cli_join(op, place->project, text, &r->value);
}

psx_rc psx_cli_request_parse(psx_op *op, const psx_cli_place *place, psx_str text,
                             psx_cli_request *out)
{
    size_t colon = psx_str_find(text, ':');
    psx_str name = psx_str_slice(text, 0, colon), value = psx_str_slice(text, colon + 1, text.n);
    psx_policy_request *r = &out->request;
    *out = (psx_cli_request){.request = {.value = value, .port = -1}, .has_value = colon < text.n};
    if (!psx_cap_from_name(name, &r->cap)) return fail_capability(op, name);
    if (out->has_value && !value.n) {
        return psx_fail(op, PSX_E_USAGE, "nothing follows \"%.*s:\"", PSX_FMT(name));
    }
    if (!out->has_value) return PSX_OK;
    switch (r->cap) {
    case PSX_CAP_FS_READ:
    case PSX_CAP_FS_WRITE:
    case PSX_CAP_NATIVE: return parse_path(op, place, value, r);
    case PSX_CAP_NET_CONNECT:
    case PSX_CAP_NET_LISTEN: return parse_host(op, value, r);
    case PSX_CAP_SPAWN:
        r->asked = value;
        return psx_cli_request_command(op, place->cwd, value, &r->value);
    default: return PSX_OK;
    }
}

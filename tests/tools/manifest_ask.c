// For tests/trust/manifest: what does the manifest say? Lines with tabs on stdin, an answer to each
// on stdout.
//
//     manifest FILE JSON                  good | wrong CODE
//     redirect URL SPECIFIER CONDITIONS   default | no | to URL | error CODE
//     content URL                         ok | error CODE         of the empty content
//     might URL                           yes | no
#include <stdio.h>
#include <stdlib.h>

#include "formats/url.h"
#include "policy/manifest.h"
#include "policy/policy.h"
#include "trust/digest.h"

enum { CEILING = 64 << 20, MOST = 16 };

static psx_op held;
static psx_policy *policy;

static size_t split(psx_str s, char c, psx_str *out)
{
    size_t n = 0;
    for (;;) {
        size_t end = psx_str_find(s, c);
        if (n < MOST) out[n++] = psx_str_slice(s, 0, end);
        if (end == s.n || n == MOST) return n;
        s = psx_str_slice(s, end + 1, s.n);
    }
}

static void say(const char *word, psx_str more)
{
    printf("%s%s%.*s\n", word, more.n ? " " : "", PSX_FMT(more));
}

static void answer_manifest(psx_str file, psx_str json)
{
    psx_str name, text;
    psx_op_fini(&held);
    psx_op_init(&held, CEILING);
    policy = NULL;
    if (psx_failed(psx_op_copy(&held, file, &name)) || psx_failed(psx_op_copy(&held, json, &text)))
        exit(1);
    if (!psx_failed(psx_policy_parse(&held, text, name, &policy))) {
        say("good", (psx_str){0});
        return;
    }
    psx_str message = psx_str_from(held.fail.message);
    say("wrong", psx_str_slice(message, 0, psx_str_find(message, ':')));
}

static psx_rc answer_redirect(psx_op *op, const psx_str *w)
{
    psx_url from;
    psx_redirect r;
    psx_str conditions[MOST];
    size_t n = w[3].n ? split(w[3], ',', conditions) : 0;
    TRY(psx_url_parse(op, w[1], NULL, &from));
    TRY(psx_manifest_redirect(op, psx_policy_manifest(policy), from.href, w[2], conditions, n, &r));
    if (r.kind == PSX_REDIRECT_NO) say("no", (psx_str){0});
    if (r.kind == PSX_REDIRECT_DEFAULT) say("default", (psx_str){0});
    if (r.kind == PSX_REDIRECT_TO) say("to", r.url);
    if (r.kind == PSX_REDIRECT_ERROR) say("error", psx_str_from(r.error.code));
    return PSX_OK;
}

static psx_rc answer_content(psx_op *op, psx_str url)
{
    psx_resource r;
    psx_sri sri = {0};
    TRY(psx_manifest_resource(op, psx_policy_manifest(policy), url, &r));
    if (r.kind == PSX_RESOURCE_ONE_OF && psx_failed(psx_sri_parse(op, r.integrity, &sri))) {
        say("error", PSX_STR("ERR_SRI_PARSE"));
    } else if (r.kind == PSX_RESOURCE_ANY || psx_digest_matches(&sri, PSX_STR(""))) {
        say("ok", (psx_str){0});
    } else {
        say("error", PSX_STR("ERR_MANIFEST_ASSERT_INTEGRITY"));
    }
    return PSX_OK;
}

static psx_rc answer_url(psx_op *op, const psx_str *w)
{
    psx_url url;
    bool may;
    TRY(psx_url_parse(op, w[1], NULL, &url));
    if (psx_str_is(w[0], "content")) return answer_content(op, url.href);
    TRY(psx_manifest_might(op, psx_policy_manifest(policy), url.href, &may));
    say(may ? "yes" : "no", (psx_str){0});
    return PSX_OK;
}

static void answer(psx_str line)
{
    psx_op op;
    psx_str w[MOST] = {0};
    split(line, '\t', w);
    if (psx_str_is(w[0], "manifest")) {
        answer_manifest(w[1], w[2]);
        return;
    }
    psx_op_init(&op, CEILING);
    psx_rc rc = PSX_OK;
    if (!policy || !psx_policy_manifest(policy)) {
        say("none", (psx_str){0});
    } else if (psx_str_is(w[0], "redirect")) {
        rc = answer_redirect(&op, w);
    } else {
        rc = answer_url(&op, w);
    }
    if (psx_failed(rc)) say("failed", psx_str_from(op.fail.message));
    psx_op_fini(&op);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    psx_op_init(&held, CEILING);
    while ((n = getline(&line, &room, stdin)) > 0) {
        if (line[n - 1] == '\n') n--;
        answer((psx_str){line, (size_t)n});
    }
    free(line);
    psx_op_fini(&held);
    return 0;
}

// What does one decision cost? A policy with N packages (1,000 unless told), every one bound; a mix
// of requests over all of them. Prints nanoseconds per decision, and what parsing and binding took.
#include <inttypes.h>

#include "base/buf.h"
#include "policy/policy.h"

enum { ROUNDS = 2000 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static psx_rc make_policy(psx_op *op, unsigned n, psx_str *out)
{
    psx_buf b;
    psx_buf_init(&b, op);
    TRY(psx_buf_text(&b, "{\"version\": 1, \"app\": {\"ambient\": true}, \"packages\": {\n"
                         "\"*\": {\"clock\": true, \"random\": true, \"stdio\": [\"stderr\"]}"));
    for (unsigned i = 0; i < n; i++) {
        TRY(psx_buf_format(&b,
                           ",\n\"package-%u@^1.%u\": {\"fs.read\": [\"./data/%u/\", \"${tmp}/x/\", "
                           "\"./public/\"], \"net.connect\": [\"api.example.com:443\", "
                           "\"*.cdn%u.example.org:443\", \"10.0.0.0/8:5432\"], "
                           "\"env\": [\"NODE_ENV\", \"DEBUG_*\"]}",
                           i, i % 7, i, i));
    }
    TRY(psx_buf_text(&b, "}}"));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

static psx_rc bind_all(psx_op *op, psx_policy *policy, unsigned n, psx_policy_holder **holders)
{
    for (unsigned i = 0; i < n; i++) {
        psx_policy_subject s = {.version = PSX_STR("1.9.0"), .listed = true};
        TRY(psx_op_format(op, &s.name, "package-%u", i));
        TRY(psx_op_format(op, &s.location, "node_modules/package-%u", i));
        TRY(psx_op_format(op, &s.dir, "/srv/app/node_modules/package-%u", i));
        TRY(psx_policy_bind(op, policy, &s, &holders[i]));
    }
    return PSX_OK;
}

static const psx_policy_request requests[] = {
    {.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/srv/app/public/assets/img/logo.svg")},
    {.cap = PSX_CAP_FS_READ, .value = PSX_STR_INIT("/home/user/.ssh/id_ed25519")},
    {.cap = PSX_CAP_FS_WRITE, .value = PSX_STR_INIT("/srv/app/packsec.policy.json")},
    {.cap = PSX_CAP_NET_CONNECT, .value = PSX_STR_INIT("api.example.com"), .port = 443},
    {.cap = PSX_CAP_NET_CONNECT, .value = PSX_STR_INIT("evil.example.net"), .port = 443},
    {.cap = PSX_CAP_NET_CONNECT, .value = PSX_STR_INIT("10.1.2.3"), .port = 5432},
    {.cap = PSX_CAP_ENV, .value = PSX_STR_INIT("AWS_SECRET_ACCESS_KEY")},
    {.cap = PSX_CAP_CLOCK},
};

static void measure(const psx_policy *policy, psx_policy_holder **holders, unsigned n)
{
    const size_t kinds = sizeof requests / sizeof *requests;
    uint64_t allowed = 0;
    for (size_t k = 0; k < kinds; k++) {
        double start = now();
        for (unsigned i = 0; i < ROUNDS * 500; i++) {
            // A stride that visits the holders in no order that a cache could guess.
            const psx_policy_holder *h = holders[(i * 7919u) % n];
            allowed += psx_policy_decide(policy, h, &requests[k]).allowed;
        }
        printf("%-12s %-38.*s %6.1f ns\n", psx_cap_name(requests[k].cap),
               PSX_FMT(requests[k].value), (now() - start) / (ROUNDS * 500));
    }
    printf("(allowed %" PRIu64 ")\n", allowed);
}

static psx_rc run(psx_op *op, unsigned n)
{
    psx_str bytes = {0};
    psx_policy *policy = NULL;
    psx_policy_dirs dirs = {PSX_STR("/srv/app"), PSX_STR("/tmp"), PSX_STR("/home/user"),
                            PSX_STR("/srv/app")};
    psx_policy_holder **holders = PSX_ARRAY(op, psx_policy_holder *, n);
    if (!holders) return psx_fail_nomem(op);
    TRY(make_policy(op, n, &bytes));
    double t0 = now();
    TRY(psx_policy_parse(op, bytes, PSX_STR("bench.json"), &policy));
    TRY(psx_policy_resolve(op, policy, &dirs));
    double t1 = now();
    TRY(bind_all(op, policy, n, holders));
    double t2 = now();
    psx_policy_holder *all;
    TRY(psx_policy_union(op, policy, (const psx_policy_holder *const *)holders, n, &all));
    printf("%u packages, %zu bytes: parse %.2f ms, bind %.2f ms, union %.2f ms\n", n, bytes.n,
           (t1 - t0) / 1e6, (t2 - t1) / 1e6, (now() - t2) / 1e6);
    measure(policy, holders, n);
    return PSX_OK;
}

int main(int argc, char **argv)
{
    psx_op op;
    uint64_t n = 1000;
    char text[1024];
    if (argc > 1 && (!psx_str_to_u64(psx_str_from(argv[1]), &n) || n == 0 || n > 1000000))
        return 64;
    psx_op_init(&op, (size_t)1 << 30);
    psx_rc rc = run(&op, (unsigned)n);
    psx_fail_text(&op, text, sizeof text);
    if (psx_failed(rc)) fprintf(stderr, "%s\n", text);
    psx_op_fini(&op);
    return psx_error_exit_npsm(rc.code);
}

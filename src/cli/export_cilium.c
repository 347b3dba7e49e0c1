// Cilium: a CiliumNetworkPolicy, which knows names as well as addresses.
#include "cli/export.h"

static psx_rc put_ports(psx_cli_export *e, int port, const char *indent)
{
    if (port < 0) return PSX_OK;
    return psx_buf_format(&e->text, "%stoPorts: [{ports: [{port: \"%d\", protocol: ANY}]}]\n",
                          indent, port);
}

static bool is_name(const psx_policy_rule *r)
{
    return (r->kind == PSX_RULE_HOST || r->kind == PSX_RULE_DOMAIN) &&
           !psx_cli_export_is_loopback(r);
}

// In Cilium a star stands for one label: "a.b.example.com" is not "*.example.com" there.
static psx_rc put_fqdn(psx_cli_export *e, const psx_policy_rule *r)
{
    psx_str pattern = r->value;
    bool domain = r->kind == PSX_RULE_DOMAIN;
    if (domain) {
        TRY(psx_op_format(e->op, &pattern, "*.%.*s", PSX_FMT(r->value)));
        TRY(psx_cli_export_lose(e, "net.connect *.%.*s: one label only, no deeper names",
                                PSX_FMT(r->value)));
    }
    TRY(psx_buf_format(&e->text, "{%s: ", domain ? "matchPattern" : "matchName"));
    TRY(psx_cli_export_yaml(&e->text, pattern));
    return psx_buf_byte(&e->text, '}');
}

// toFQDNs lives on the answers that it sees: the names must be asked for through Cilium's proxy,
// and nothing else may be asked for, or names carry data out.
static psx_rc put_dns(psx_cli_export *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->connect.n; i++) {
        if (!is_name(e->connect.v[i])) continue;
        if (!n++)
            TRY(psx_cli_export_put(
                e, "    - toEndpoints: [{matchLabels: {\"k8s:io.kubernetes.pod.namespace\": "
                   "kube-system, \"k8s:k8s-app\": kube-dns}}]\n"
                   "      toPorts:\n"
                   "        - ports: [{port: \"53\", protocol: ANY}]\n"
                   "          rules:\n"
                   "            dns:"));
        TRY(psx_buf_text(&e->text, "              - "));
        TRY(put_fqdn(e, e->connect.v[i]));
        TRY(psx_buf_byte(&e->text, '\n'));
    }
    return PSX_OK;
}

static psx_rc put_rule(psx_cli_export *e, const psx_policy_rule *r)
{
    psx_str cidr;
    if (r->kind == PSX_RULE_CIDR) {
        TRY(psx_cli_export_cidr(e->op, r, &cidr));
        TRY(psx_buf_format(&e->text, "    - toCIDR: [\"%.*s\"]\n", PSX_FMT(cidr)));
    } else if (r->kind == PSX_RULE_ALL) {
        TRY(psx_cli_export_put(e, "    - toEntities: [\"all\"]"));
    } else {
        TRY(psx_buf_text(&e->text, "    - toFQDNs: ["));
        TRY(put_fqdn(e, r));
        TRY(psx_buf_text(&e->text, "]\n"));
    }
    return put_ports(e, r->port, "      ");
}

static psx_rc put_egress(psx_cli_export *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->connect.n; i++) {
        n += !psx_cli_export_is_loopback(e->connect.v[i]);
    }
    // A rule that allows nothing denies the rest.
    if (!n) return psx_cli_export_put(e, "  egress: [{}]");
    TRY(psx_cli_export_put(e, "  egress:"));
    TRY(put_dns(e));
    for (size_t i = 0; i < e->connect.n; i++) {
        if (!psx_cli_export_is_loopback(e->connect.v[i])) TRY(put_rule(e, e->connect.v[i]));
    }
    return PSX_OK;
}

static psx_rc put_ingress(psx_cli_export *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->listen.n; i++) {
        const psx_policy_rule *r = e->listen.v[i];
        if (psx_cli_export_is_loopback(r)) continue;
        if (!n++) TRY(psx_cli_export_put(e, "  ingress:"));
        TRY(psx_cli_export_put(e, "    - fromEntities: [\"all\"]"));
        if (r->port > 0)
            TRY(put_ports(e, r->port, "      "));
        else
            TRY(psx_cli_export_lose(e, "which ports may be listened on: the policy grants any, or "
                                       "0, and all are open"));
    }
    return n ? PSX_OK : psx_cli_export_put(e, "  ingress: [{}]");
}

psx_rc psx_cli_export_cilium(psx_cli_export *e)
{
    TRY(psx_cli_export_lose(e, "which package may connect where: a pod is one unit"));
    TRY(psx_cli_export_lose(e, "everything but the network: export kubernetes and seccomp"));
    TRY(psx_cli_export_put(e, "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy"));
    TRY(psx_cli_export_put_name(e, "metadata: {name: ", "}\nspec:"));
    TRY(psx_cli_export_put_name(e, "  endpointSelector: {matchLabels: {app: ", "}}"));
    TRY(put_ingress(e));
    TRY(put_egress(e));
    return psx_cli_export_head(e);
}

// Kubernetes: a pod template with a securityContext, and a NetworkPolicy.
#include "cli/export.h"
#include "cli/files.h"

// ---- the pod ------------------------------------------------------------------------------------

// A directory that is written to is an empty volume here: what was in the image is not seen in it.
static psx_rc put_mounts(psx_cli_export *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->writes.n; i++) {
        psx_str root = e->writes.v[i].root;
        if (!e->writes.v[i].tree || !psx_cli_export_yaml_can(root)) {
            TRY(psx_cli_export_lose(e, "fs.write of single files: mounts are directories; denied"));
            continue;
        }
        if (root.n == 1) {
            TRY(psx_cli_export_lose(e, "fs.write of /: no volume; denied"));
            continue;
        }
        if (psx_str_find(root, ':') < root.n) {
            TRY(psx_cli_export_lose(e, "fs.write of a path with a colon: no mount; denied"));
            continue;
        }
        if (!n) TRY(psx_cli_export_put(e, "        volumeMounts:"));
        TRY(psx_buf_format(&e->text, "          - {name: \"write-%zu\", mountPath: ", n++));
        TRY(psx_cli_export_yaml(&e->text, root));
        TRY(psx_cli_export_put(e, "}"));
    }
    if (n) TRY(psx_cli_export_put(e, "    volumes:"));
    for (size_t i = 0; i < n; i++) {
        TRY(psx_buf_format(&e->text, "      - {name: \"write-%zu\", emptyDir: {}}\n", i));
    }
    return PSX_OK;
}

static psx_rc put_pod(psx_cli_export *e)
{
    TRY(psx_cli_export_put(
        e, "# The seccomp profile is what npsx policy export seccomp writes, in the kubelet's "
           "seccomp/packsec/"));
    TRY(psx_cli_export_put(e, "apiVersion: v1\nkind: PodTemplate"));
    TRY(psx_cli_export_put_name(e, "metadata: {name: ", "}\ntemplate:"));
    TRY(psx_cli_export_put_name(e, "  metadata: {labels: {app: ", "}}\n  spec:"));
    TRY(psx_cli_export_put(e, "    automountServiceAccountToken: false\n    containers:"));
    TRY(psx_cli_export_put_name(
        e, "      - name: ", "\n        image: \"IMAGE\"\n        securityContext:"));
    TRY(psx_cli_export_put(e, "          runAsNonRoot: true\n"
                              "          privileged: false\n"
                              "          allowPrivilegeEscalation: false\n"
                              "          readOnlyRootFilesystem: true"));
    TRY(psx_buf_format(&e->text, "          capabilities: {drop: [\"ALL\"]%s}\n",
                       psx_cli_export_low_port(e) ? ", add: [\"NET_BIND_SERVICE\"]" : ""));
    TRY(psx_buf_format(&e->text,
                       "          seccompProfile: {type: Localhost, localhostProfile: "
                       "\"packsec/%.*s.json\"}\n",
                       PSX_FMT(e->name)));
    return PSX_OK;
}

// ---- the network --------------------------------------------------------------------------------

static psx_rc put_ports(psx_cli_export *e, int port, const char *indent)
{
    if (port < 0) return PSX_OK;
    return psx_buf_format(&e->text,
                          "%sports: [{protocol: TCP, port: %d}, {protocol: UDP, port: %d}]\n",
                          indent, port, port);
}

static psx_rc lose_rule(psx_cli_export *e, const psx_policy_rule *r, const char *why)
{
    return psx_cli_export_lose(e, "net.connect %.*s: %s", PSX_FMT(r->text), why);
}

static psx_rc put_egress(psx_cli_export *e)
{
    psx_str cidr;
    size_t n = 0;
    for (size_t i = 0; i < e->connect.n; i++) {
        const psx_policy_rule *r = e->connect.v[i];
        if (psx_cli_export_is_loopback(r)) continue; // within the pod nothing is filtered
        if (r->kind == PSX_RULE_HOST || r->kind == PSX_RULE_DOMAIN) {
            TRY(lose_rule(e, r, "a NetworkPolicy knows no names; denied (export cilium has them)"));
            continue;
        }
        if (!n++) TRY(psx_cli_export_put(e, "  egress:"));
        if (r->kind == PSX_RULE_CIDR) {
            TRY(psx_cli_export_cidr(e->op, r, &cidr));
            TRY(psx_buf_format(&e->text, "    - to: [{ipBlock: {cidr: \"%.*s\"}}]\n",
                               PSX_FMT(cidr)));
        } else {
            TRY(psx_cli_export_put(
                e, "    - to: [{ipBlock: {cidr: \"0.0.0.0/0\"}}, {ipBlock: {cidr: \"::/0\"}}]"));
        }
        TRY(put_ports(e, r->port, "      "));
    }
    return n ? PSX_OK : psx_cli_export_put(e, "  egress: []");
}

static psx_rc put_ingress(psx_cli_export *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->listen.n; i++) {
        const psx_policy_rule *r = e->listen.v[i];
        if (psx_cli_export_is_loopback(r)) continue;
        if (!n++) TRY(psx_cli_export_put(e, "  ingress:"));
        if (r->port > 0) {
            TRY(put_ports(e, r->port, "    - "));
        } else {
            TRY(psx_cli_export_put(e, "    - {}"));
            TRY(psx_cli_export_lose(e, "which ports may be listened on: the policy grants any, or "
                                       "0, and all are open"));
        }
    }
    return n ? PSX_OK : psx_cli_export_put(e, "  ingress: []");
}

static psx_rc put_network(psx_cli_export *e)
{
    TRY(psx_cli_export_put(e, "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy"));
    TRY(psx_cli_export_put_name(e, "metadata: {name: ", "}\nspec:"));
    TRY(psx_cli_export_put_name(
        e, "  podSelector: {matchLabels: {app: ", "}}\n  policyTypes: [\"Ingress\", \"Egress\"]"));
    TRY(put_ingress(e));
    return put_egress(e);
}

psx_rc psx_cli_export_kubernetes(psx_cli_export *e)
{
    TRY(psx_cli_export_lose(e, "which package may do what: a container is one unit"));
    TRY(psx_cli_export_lose(e, "fs.read: a container reads its whole image"));
    TRY(psx_cli_export_lose(e, "which commands may be started: keep others out of the image"));
    TRY(psx_cli_export_lose(e, "env: a pod has the variables that its template names"));
    TRY(put_pod(e));
    TRY(put_mounts(e));
    TRY(put_network(e));
    return psx_cli_export_head(e);
}

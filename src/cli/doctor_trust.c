// Ring 0: who says what may run, and is PackSec itself what was installed?
#include "cli/doctor.h"
#include "cli/parts.h"
#include "os/verity.h"
#include "trust/gate.h"

#include <errno.h>
#include <sys/stat.h>

static psx_rc tell_system(psx_doctor *d, psx_trust_rules *rules, bool *known)
{
    psx_rc rc = psx_trust_rules_load(d->op, rules);
    *known = !psx_failed(rc);
    if (!*known) return psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, "system.json", rc);
    if (!rules->system) {
        return psx_doctor_tell(d, PSX_DOCTOR_NOTE, "system.json", NULL,
                               "%s is not there: this machine demands nothing",
                               PSX_TRUST_SYSTEM_FILE);
    }
    return psx_doctor_tell(
        d, PSX_DOCTOR_OK, "system.json", NULL, "%s%s%s%s%s%s", PSX_TRUST_SYSTEM_FILE,
        rules->enforce ? ", signed policies are mandatory" : "",
        rules->system->disable_interactive ? ", no interactive use" : "",
        rules->forbid_ambient ? ", no ambient" : "", rules->forbid_builtins ? ", no builtins" : "",
        rules->require_box ? ", the whole box" : "");
}

static size_t count(psx_str text, psx_str what)
{
    size_t n = 0;
    for (size_t i; (i = psx_str_search(text, what)) < text.n; n++) {
        text = psx_str_slice(text, i + what.n, text.n);
    }
    return n;
}

static psx_rc tell_anchors(psx_doctor *d, const psx_trust_rules *rules)
{
    psx_str anchors, crls;
    psx_rc rc = psx_trust_anchors(d->op, rules, (psx_str){0}, &anchors, &crls);
    if (!psx_failed(rc)) {
        return psx_doctor_tell(d, PSX_DOCTOR_OK, "trust anchors", NULL,
                               "%zu certificates, %zu revocation lists",
                               count(anchors, PSX_STR("-----BEGIN CERTIFICATE")),
                               count(crls, PSX_STR("-----BEGIN X509 CRL")));
    }
    // Nobody has to sign policies; who must, or has files that cannot be used, is in trouble.
    bool needed = rules->enforce || rc.code != PSX_E_ANCHOR;
    return psx_doctor_tell_failure(d, needed ? PSX_DOCTOR_MISSING : PSX_DOCTOR_NOTE,
                                   "trust anchors", rc);
}

static psx_rc tell_interpreter(psx_doctor *d, const psx_trust_rules *rules, int self)
{
    bool unknown = psx_os_code_exec_check(self) == PSX_OS_EXEC_UNKNOWN;
    const char *bits = rules->restrict_file && rules->deny_interactive ? "both are set"
                       : rules->restrict_file                          ? "EXEC_RESTRICT_FILE is set"
                       : rules->deny_interactive                       ? "no interactive use"
                                                                       : "none is set";
    if (!unknown) {
        TRY(psx_doctor_tell(d, PSX_DOCTOR_OK, "AT_EXECVE_CHECK", NULL,
                            "the kernel tells which files may become code"));
    } else {
        TRY(psx_doctor_tell(d, rules->restrict_file ? PSX_DOCTOR_MISSING : PSX_DOCTOR_NOTE,
                            "AT_EXECVE_CHECK", "Linux 6.14 or later",
                            "the kernel cannot tell which files may become code%s",
                            rules->restrict_file ? ", and the securebits demand it" : ""));
    }
    return psx_doctor_tell(d, PSX_DOCTOR_NOTE, "securebits", NULL, "for interpreters: %s", bits);
}

static psx_rc tell_integrity(psx_doctor *d, int engine)
{
    uint8_t digest[PSX_OS_VERITY_MOST];
    size_t n = sizeof digest;
    psx_str lsm;
    int e = engine < 0 ? -EBADF : psx_os_verity_measure(engine, digest, &n);
    TRY(psx_doctor_tell(d, PSX_DOCTOR_NOTE, "fs-verity", NULL, "%s",
                        e == 0          ? "the kernel vouches for npsx-engine's content"
                        : e == -ENODATA ? "possible here, and not enabled for npsx-engine"
                                        : "not on the file system of npsx-engine"));
    TRY(psx_doctor_read(d->op, "/sys/kernel/security/lsm", &lsm));
    if (!lsm.p) {
        return psx_doctor_tell(d, PSX_DOCTOR_NOTE, "security modules", NULL,
                               "cannot be seen: /sys/kernel/security is not mounted here");
    }
    return psx_doctor_tell(d, PSX_DOCTOR_NOTE, "security modules", NULL, "%.*s", PSX_FMT(lsm));
}

static psx_rc tell_part(psx_doctor *d, psx_str self, const char *name, psx_doctor_state without,
                        int *fd)
{
    struct stat st;
    psx_rc rc = psx_cli_part_open(d->op, self, name, fd);
    if (psx_failed(rc)) *fd = -1;
    if (psx_failed(rc)) return psx_doctor_tell_failure(d, without, name, rc);
    if (fstat(*fd, &st) != 0) st = (struct stat){0};
    return psx_doctor_tell(d, PSX_DOCTOR_OK, name, NULL, "whole, of %s, mode %04o",
                           st.st_uid == 0 ? "root" : "the user", (unsigned)st.st_mode & 07777);
}

static psx_rc tell_parts(psx_doctor *d, psx_str self, int *engine)
{
    static const struct {
        const char *name;
        psx_doctor_state without;
    } parts[] = {
        {"npsx-engine", PSX_DOCTOR_MISSING}, {"psx.node", PSX_DOCTOR_MISSING},
        {"npsx-spawn", PSX_DOCTOR_MISSING},  {"npsx-verify", PSX_DOCTOR_WEAKER},
        {"npsx-sign", PSX_DOCTOR_NOTE},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int fd;
        TRY(tell_part(d, self, parts[i].name, parts[i].without, &fd));
        if (i == 0)
            *engine = fd;
        else if (fd >= 0)
            close(fd);
    }
    return PSX_OK;
}

psx_rc psx_doctor_trust(psx_doctor *d)
{
    psx_trust_rules rules = {0};
    psx_str self;
    bool known;
    int engine = -1, own;
    d->ring = 0;
    TRY(psx_cli_part_self(d->op, &self));
    TRY(tell_parts(d, self, &engine));
    TRY(tell_system(d, &rules, &known));
    if (known) TRY(tell_anchors(d, &rules));
    psx_rc rc = psx_cli_part_open(d->op, self, "npsx", &own);
    if (psx_failed(rc)) {
        TRY(psx_doctor_tell_failure(d, PSX_DOCTOR_MISSING, "npsx", rc));
        own = -1;
    }
    if (own >= 0) TRY(tell_interpreter(d, &rules, own));
    if (own >= 0) close(own);
    TRY(tell_integrity(d, engine));
    if (engine >= 0) close(engine);
    return PSX_OK;
}

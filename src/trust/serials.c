#include "trust/serials.h"

#include "os/beneath.h"
#include "trust/digest.h"
#include "trust/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

static const uint64_t SERIAL_MAX = 9007199254740991u; // as in a policy

// ---- the file's text ----------------------------------------------------------------------------

static bool is_serial(const psx_json *v, uint64_t *serial)
{
    return v && v->kind == PSX_JSON_NUMBER && psx_str_to_u64(v->string, serial) &&
           *serial <= SERIAL_MAX;
}

psx_rc psx_trust_serials_parse(psx_op *op, psx_str bytes, psx_str name, psx_json **out)
{
    psx_json_doc *doc;
    uint64_t number = 0;
    TRY(psx_json_parse(op, bytes, name, PSX_TRUST_SERIALS_MAX_BYTES, &doc));
    psx_json *serials = NULL;
    bool known = doc->root.kind == PSX_JSON_OBJECT && doc->root.n == 2 &&
                 is_serial(psx_json_get(&doc->root, PSX_STR("version")), &number) && number == 1;
    for (size_t i = 0; known && i < doc->root.n; i++) {
        psx_json_member *m = &doc->root.members[i];
        if (psx_str_is(m->key, "serials") && m->value.kind == PSX_JSON_OBJECT) serials = &m->value;
    }
    if (!serials) {
        return psx_json_fail(op, doc, doc->root.at, PSX_E_VALUE, "this is no list of serials");
    }
    for (size_t i = 0; i < serials->n; i++) {
        if (is_serial(&serials->members[i].value, &number)) continue;
        return psx_json_fail(op, doc, serials->members[i].value.at, PSX_E_VALUE,
                             "a serial is a whole number from 0 up");
    }
    *out = serials;
    return PSX_OK;
}

bool psx_trust_serials_get(const psx_json *serials, psx_str key, uint64_t *serial)
{
    return serials && is_serial(psx_json_get(serials, key), serial);
}

psx_rc psx_trust_serials_put(psx_op *op, psx_json *serials, psx_str key, uint64_t serial,
                             psx_str *text)
{
    psx_json number = {.kind = PSX_JSON_NUMBER}, version = number, root = psx_json_object();
    number.number = (double)serial; // exact: at most 2^53 - 1
    TRY(psx_op_format(op, &number.string, "%llu", (unsigned long long)serial));
    version.number = 1;
    version.string = PSX_STR("1");
    TRY(psx_json_put(op, serials, key, number, NULL));
    TRY(psx_json_put(op, &root, PSX_STR("version"), version, NULL));
    TRY(psx_json_put(op, &root, PSX_STR("serials"), *serials, NULL));
    return psx_json_write(op, &root, text);
}

// ---- the file -----------------------------------------------------------------------------------

typedef struct {
    psx_str dir, file; // with a NUL behind
    psx_str key;
} store;

static psx_rc fail_read(psx_op *op, const store *s, const char *why)
{
    psx_rc rc =
        psx_fail(op, PSX_E_VALUE, "which serials were accepted before cannot be told: %s %s",
                 s->file.p, why);
    psx_fail_suggest(op, "rm %s forgets all of them", s->file.p);
    return rc;
}

static psx_rc check_file(psx_op *op, const store *s, int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0) return fail_read(op, s, strerror(errno));
    if (!S_ISREG(st.st_mode)) return fail_read(op, s, "is not a file");
    if (st.st_uid != geteuid()) return fail_read(op, s, "belongs to somebody else");
    if (st.st_mode & (S_IWGRP | S_IWOTH)) return fail_read(op, s, "can be changed by others");
    return PSX_OK;
}

static psx_rc read_bytes(psx_op *op, const store *s, int fd, psx_str *bytes)
{
    char *p;
    size_t n;
    TRY(check_file(op, s, fd));
    int e = psx_os_read_whole(fd, PSX_TRUST_SERIALS_MAX_BYTES, &p, &n);
    if (e == -ENOMEM) return psx_fail_nomem(op);
    if (e == -EFBIG) return fail_read(op, s, "is too large");
    if (e < 0) return fail_read(op, s, strerror(-e));
    psx_rc rc = psx_op_copy(op, (psx_str){p, n}, bytes);
    free(p);
    return rc;
}

// *serials is an empty list when there is no file yet.
static psx_rc load(psx_op *op, const store *s, psx_json **serials)
{
    psx_str bytes;
    int fd = psx_os_open_any(s->file.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd == -ENOENT) {
        *serials = PSX_NEW(op, psx_json);
        if (!*serials) return psx_fail_nomem(op);
        **serials = psx_json_object();
        return PSX_OK;
    }
    if (fd == -ELOOP) return fail_read(op, s, "is a symbolic link");
    if (fd < 0) return fail_read(op, s, strerror(-fd));
    psx_rc rc = read_bytes(op, s, fd, &bytes);
    psx_os_close(fd);
    TRY(rc);
    rc = psx_trust_serials_parse(op, bytes, s->file, serials);
    if (psx_failed(rc))
        psx_fail_suggest(op, "rm %s forgets the serials accepted so far", s->file.p);
    return rc;
}

static int make_dirs(const store *s)
{
    char path[PATH_MAX];
    if (s->dir.n >= sizeof path) return -ENAMETOOLONG;
    memcpy(path, s->dir.p, s->dir.n + 1);
    for (size_t i = 1; i <= s->dir.n; i++) {
        if (path[i] != '/' && path[i]) continue;
        char c = path[i];
        path[i] = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) return -errno;
        path[i] = c;
    }
    return 0;
}

// Waits two seconds for another npsx, which holds it for less than one.
static int lock(psx_op *op, const store *s)
{
    enum { TRIES = 40, PAUSE_MS = 50 };
    psx_str path;
    if (psx_failed(psx_op_format(op, &path, "%s.lock", s->file.p))) return -ENOMEM;
    int fd = psx_os_open_any(path.p, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (i == TRIES) {
            psx_os_close(fd);
            return -EBUSY;
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    return fd;
}

static int replace(psx_op *op, const store *s, psx_str text)
{
    psx_str temp;
    if (psx_failed(psx_op_format(op, &temp, "%s.XXXXXX", s->file.p))) return -ENOMEM;
    int fd = mkostemp((char *)temp.p, O_CLOEXEC); // the arena's own copy; mode 0600
    if (fd < 0) return -errno;
    int e = psx_os_write_whole(fd, text.p, text.n, 0);
    if (e == 0 && fsync(fd) < 0) e = -errno;
    psx_os_close(fd);
    if (e == 0 && rename(temp.p, s->file.p) < 0) e = -errno;
    if (e < 0) unlink(temp.p);
    return e;
}

static psx_rc fail_older(psx_op *op, psx_str policy, bool has, uint64_t serial, uint64_t least,
                         const char *why)
{
    char own[40] = "has no serial";
    if (has) snprintf(own, sizeof own, "has serial %llu", (unsigned long long)serial);
    return psx_fail(op, PSX_E_ROLLBACK, "the policy %.*s %s, and %llu %s", PSX_FMT(policy), own,
                    (unsigned long long)least, why);
}

// *known: there is nothing to keep, for this serial was the last one already.
static psx_rc compare(psx_op *op, const store *s, psx_str policy, bool has, uint64_t serial,
                      const psx_json *serials, bool *known)
{
    uint64_t last;
    *known = !has;
    if (!psx_trust_serials_get(serials, s->key, &last)) return PSX_OK;
    *known = has && serial == last;
    if (has && serial >= last) return PSX_OK;
    psx_rc rc =
        fail_older(op, policy, has, serial, last, "was accepted before: it is an older one");
    psx_fail_suggest(op, "to go back on purpose, give it a higher serial and sign it again");
    return rc;
}

// Under the lock: reads again, because another npsx may have accepted a newer one meanwhile.
static psx_rc keep_locked(psx_op *op, const store *s, psx_str policy, uint64_t serial, int *err)
{
    psx_json *serials;
    psx_str text;
    bool known;
    TRY(load(op, s, &serials));
    TRY(compare(op, s, policy, true, serial, serials, &known));
    if (known) return PSX_OK;
    TRY(psx_trust_serials_put(op, serials, s->key, serial, &text));
    *err = text.n > PSX_TRUST_SERIALS_MAX_BYTES ? -EFBIG : replace(op, s, text);
    return PSX_OK;
}

static psx_rc keep(psx_op *op, const store *s, psx_str policy, uint64_t serial, int *err)
{
    *err = make_dirs(s);
    if (*err < 0) return PSX_OK;
    int fd = lock(op, s);
    if (fd < 0) {
        *err = fd;
        return PSX_OK;
    }
    psx_rc rc = keep_locked(op, s, policy, serial, err);
    psx_os_close(fd);
    return rc;
}

// A path that is no text stands under its digest.
static psx_rc make_key(psx_op *op, psx_str real, psx_str *key)
{
    size_t bad;
    char hex[2 * PSX_DIGEST_SIZE + 1];
    *key = real;
    if (psx_str_is_utf8(real, &bad)) return PSX_OK;
    psx_digest d = psx_digest_of(real);
    psx_digest_hex(&d, PSX_DIGEST_SIZE, hex);
    return psx_op_format(op, key, "sha256:%s", hex);
}

static psx_rc make_store(psx_op *op, psx_str real, psx_str state_dir, store *s)
{
    TRY(psx_op_copy(op, state_dir, &s->dir));
    TRY(psx_op_format(op, &s->file, "%s/serials", s->dir.p));
    return make_key(op, real, &s->key);
}

// Gone since it was read: the name will do, for what is kept and for what root wrote.
static psx_rc real_path(psx_op *op, psx_str path, psx_str *real)
{
    char buf[PATH_MAX];
    psx_str named;
    TRY(psx_op_copy(op, path, &named));
    int n = psx_os_realpath(named.p, buf, sizeof buf);
    return psx_op_copy(op, n > 0 ? (psx_str){buf, (size_t)n} : path, real);
}

// ---- the verdict --------------------------------------------------------------------------------

static psx_rc cannot_keep(psx_op *op, const psx_trust_rules *rules, bool has_minimum,
                          const char *where, const char *why, psx_str *warning)
{
    if (rules->enforce && !has_minimum) {
        psx_rc rc = psx_trust_violation(
            op, rules->enforce_by, "demands a signed policy",
            "its serial cannot be kept in %s: %s; an older policy would not be noticed", where,
            why);
        psx_fail_suggest(op, "set XDG_STATE_HOME, or have root write minimumSerials");
        return rc;
    }
    if (has_minimum) return PSX_OK; // root says how old it may be
    return psx_op_format(op, warning,
                         "the policy's serial cannot be kept in %s: %s; an older policy would not "
                         "be noticed",
                         where, why);
}

static psx_rc check_serial(psx_op *op, const psx_trust_rules *rules, psx_str real, bool has,
                           uint64_t serial, psx_str state_dir, psx_str *warning)
{
    uint64_t least;
    psx_json *serials;
    bool known, has_minimum = psx_trust_system_minimum(rules->system, real, &least);
    if (has_minimum && (!has || serial < least)) {
        psx_rc rc = fail_older(op, real, has, serial, least,
                               "is the least that " PSX_TRUST_SYSTEM_FILE " allows");
        psx_fail_suggest(op, "npsx policy sign --serial %llu", (unsigned long long)least);
        return rc;
    }
    if (!state_dir.n) {
        return has ? cannot_keep(op, rules, has_minimum, "the home directory", "there is none",
                                 warning)
                   : PSX_OK;
    }
    store s;
    TRY(make_store(op, real, state_dir, &s));
    TRY(load(op, &s, &serials));
    TRY(compare(op, &s, real, has, serial, serials, &known));
    if (known) return PSX_OK;
    int err = 0;
    TRY(keep(op, &s, real, serial, &err));
    if (!err) return PSX_OK;
    if (err == -ENOMEM) return psx_fail_nomem(op);
    return cannot_keep(op, rules, has_minimum, s.dir.p, strerror(-err), warning);
}

psx_rc psx_trust_serial(psx_op *op, const psx_trust_rules *rules, psx_str policy_path, bool has,
                        uint64_t serial, psx_str state_dir, psx_str *warning)
{
    psx_str real;
    *warning = (psx_str){0};
    TRY(real_path(op, policy_path, &real));
    psx_rc rc = check_serial(op, rules, real, has, serial, state_dir, warning);
    if (!psx_failed(rc) || !rules->enforce) return rc;
    bool rollback = rc.code == PSX_E_ROLLBACK;
    rc = psx_trust_violation_of(op, rc, rules->enforce_by, "demands a signed policy");
    if (rollback) op->fail.code = PSX_E_ROLLBACK;
    return (psx_rc){op->fail.code};
}

psx_rc psx_trust_serial_look(psx_op *op, const psx_trust_rules *rules, psx_str policy_path,
                             psx_str state_dir, psx_trust_serial_known *out)
{
    store s;
    psx_str real;
    psx_json *serials;
    *out = (psx_trust_serial_known){0};
    TRY(real_path(op, policy_path, &real));
    out->has_least = psx_trust_system_minimum(rules->system, real, &out->least);
    if (!state_dir.n) return PSX_OK;
    TRY(make_store(op, real, state_dir, &s));
    TRY(load(op, &s, &serials));
    out->has_last = psx_trust_serials_get(serials, s.key, &out->last);
    return PSX_OK;
}

// What was refused: one line in the audit stream for each distinct thing, counts, and what nobody
// fetched is printed at the end.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>

#include "base/map.h"
#include "base/text.h"
#include "box/calls.h"
#include "box/super.h"
#include "os/beneath.h"

enum { DISTINCT = 256, VALUE = 256, COMMAND = 16, LINES = 20, CALL = 24 };

typedef struct {
    uint64_t hash;
    psx_cap cap; // PSX_CAP_COUNT: no grant would allow it
    int port;
    uint32_t count, told; // told: how many of them the engine knows of
    pid_t pid;
    char command[COMMAND], call[CALL], value[VALUE];
} refusal;

static refusal table[DISTINCT];
static size_t n_table;
static uint64_t lost, lost_audit; // had no room; could not be written
static bool fetched;

// ---- telling ------------------------------------------------------------------------------------

// The command that would allow it; absent when none would.
static psx_rc fix_of(psx_super *s, psx_op *op, const refusal *r, psx_str *out)
{
    *out = (psx_str){0};
    if (r->cap == PSX_CAP_COUNT) return PSX_OK;
    psx_policy_request q = {.cap = r->cap, .value = psx_str_from(r->value), .port = r->port};
    if (!psx_failed(psx_policy_fix(op, s->spec->held, &q, out))) return PSX_OK;
    psx_fail_clear(op);
    *out = (psx_str){0};
    return PSX_OK;
}

// As the other lines of the audit stream (interfaces.md, 9), and who called.
static psx_rc describe(psx_super *s, psx_op *op, const refusal *r, psx_str *out)
{
    psx_str fix;
    psx_buf b;
    bool log = psx_policy_onerror(s->spec->policy) == PSX_ONERROR_LOG && r->cap != PSX_CAP_COUNT;
    psx_buf_init(&b, op);
    TRY(psx_buf_byte(&b, '{'));
    TRY(psx_text_member(&b, "package", s->how->audit_who));
    TRY(psx_text_member(&b, "syscall", psx_str_from(r->call)));
    if (r->cap != PSX_CAP_COUNT)
        TRY(psx_text_member(&b, "cap", psx_str_from(psx_cap_name(r->cap))));
    TRY(psx_text_member(&b, "value", psx_str_from(r->value)));
    TRY(psx_buf_format(&b, ",\"port\":%d,\"pid\":%d", r->port, (int)r->pid));
    TRY(psx_text_member(&b, "command", psx_str_from(r->command)));
    TRY(psx_buf_format(&b, ",\"count\":%u", r->count - r->told));
    TRY(fix_of(s, op, r, &fix));
    if (fix.p) TRY(psx_text_member(&b, "allow", fix));
    TRY(psx_text_member(&b, "decided", log ? PSX_STR("would be denied") : PSX_STR("denied")));
    TRY(psx_buf_text(&b, "}\n"));
    *out = psx_buf_str(&b);
    return PSX_OK;
}

// A reader that is slow or gone loses lines; nobody is waited for.
static void audit(psx_super *s, const refusal *r)
{
    psx_op *op = psx_super_scratch(s);
    struct pollfd p = {.fd = s->how->audit_fd, .events = POLLOUT};
    psx_str line;
    if (p.fd < 0) return;
    bool put = poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) &&
               !psx_failed(describe(s, op, r, &line)) &&
               psx_os_write_whole(p.fd, line.p, line.n, 0) == 0;
    if (!put) lost_audit++;
    psx_fail_clear(op);
}

// ---- recording ----------------------------------------------------------------------------------

// What others chose, cut and without what no text holds.
static void copy_text(char *dst, size_t size, psx_str s)
{
    size_t n = s.n < size ? s.n : size - 1;
    for (size_t i = 0; i < n; i++) {
        dst[i] = s.p[i] ? s.p[i] : '@';
    }
    dst[n] = '\0';
    size_t bad;
    while (n && !psx_str_is_utf8((psx_str){dst, n}, &bad)) {
        dst[bad] = '?';
    }
}

static void read_command(pid_t pid, char *dst)
{
    char path[32], name[COMMAND];
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof name);
    if (fd >= 0) close(fd);
    if (n < 0) n = 0;
    if (n > 0 && name[n - 1] == '\n') n--;
    copy_text(dst, COMMAND, (psx_str){name, (size_t)n});
}

static uint64_t hash_of(const char *call, psx_cap cap, psx_str value, int port)
{
    uint64_t h = psx_hash(value) ^ psx_hash(psx_str_from(call)) * 31;
    return h ^ ((uint64_t)cap << 32 | (uint32_t)port);
}

static refusal *find(uint64_t hash)
{
    for (size_t i = 0; i < n_table; i++) {
        if (table[i].hash == hash) return &table[i];
    }
    return NULL;
}

void psx_super_refuse(psx_super *s, pid_t pid, const char *call, psx_cap cap, psx_str value,
                      int port)
{
    uint64_t hash = hash_of(call, cap, value, port);
    refusal *r = find(hash);
    if (r) {
        if (r->count < UINT32_MAX) r->count++;
        return;
    }
    if (n_table == DISTINCT) {
        lost++;
        return;
    }
    r = &table[n_table++];
    *r = (refusal){.hash = hash, .cap = cap, .port = port, .count = 1, .pid = pid};
    copy_text(r->call, sizeof r->call, psx_str_from(call));
    copy_text(r->value, sizeof r->value, value);
    read_command(pid, r->command);
    audit(s, r);
}

// ---- calls that nobody does ---------------------------------------------------------------------

typedef enum { NOTHING, PATH, NUMBER } argument;

// Which argument says most.
static const struct {
    const char *call;
    argument kind;
    int at;
} arguments[] = {
    {"execve", PATH, 0},
    {"mount", PATH, 1},
    {"umount2", PATH, 0},
    {"chroot", PATH, 0},
    {"pivot_root", PATH, 0},
    {"swapon", PATH, 0},
    {"truncate", PATH, 0},
    {"mknod", PATH, 0},
    {"mknodat", PATH, 1},
    {"execveat", PATH, 1},
    {"unshare", NUMBER, 0},
    {"setns", NUMBER, 1},
    {"ptrace", NUMBER, 0},
    {"kill", NUMBER, 0},
    {"tgkill", NUMBER, 0},
    {"tkill", NUMBER, 0},
    {"socket", NUMBER, 0},
    {"socketpair", NUMBER, 0},
    {"prctl", NUMBER, 0},
    {"ioctl", NUMBER, 1},
    {"fcntl", NUMBER, 1},
    {"clone", NUMBER, 0},
    {"bpf", NUMBER, 0},
    {"keyctl", NUMBER, 0},
    {"chmod", PATH, 0},
    {"chown", PATH, 0},
    {"lchown", PATH, 0},
    {"fchmodat", PATH, 1},
    {"fchownat", PATH, 1},
    {"utimensat", PATH, 1},
    {"setxattr", PATH, 0},
    {"lsetxattr", PATH, 0},
    {"removexattr", PATH, 0},
    {"lremovexattr", PATH, 0},
    {"setsockopt", NUMBER, 2},
    {"pidfd_open", NUMBER, 0},
    {"process_vm_readv", NUMBER, 0},
    {"process_vm_writev", NUMBER, 0},
};

static void read_argument(psx_super *s, const psx_notice *n, const char *call, char *dst,
                          size_t size)
{
    dst[0] = '\0';
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (strcmp(arguments[i].call, call) != 0) continue;
        uint64_t value = n->args[arguments[i].at];
        if (arguments[i].kind == NUMBER)
            snprintf(dst, size, (int64_t)value > 65536 ? "0x%" PRIx64 : "%" PRId64, value);
        else if (psx_notice_string(s, n, value, dst, size) < 0)
            dst[0] = '\0';
        return;
    }
}

// A rule's own error where there is one: both are the table's.
static int error_of(const psx_call *call)
{
    if (call->otherwise == PSX_CALL_ASK || !call->rules) return call->error;
    for (const psx_call_rule *r = call->rules; r->when; r++) {
        if (r->answer == PSX_CALL_ASK) return r->error;
    }
    return call->error;
}

const char *psx_super_call_name(int nr)
{
    const psx_call *call = psx_box_call_of(nr);
    return call ? call->name : "unknown";
}

long psx_super_refuse_call(psx_super *s, psx_notice *n)
{
    char value[VALUE];
    const psx_call *call = psx_box_call_of(n->nr);
    if (!call) return -ENOSYS;
    read_argument(s, n, call->name, value, sizeof value);
    if (psx_notice_is_valid(s, n))
        psx_super_refuse(s, n->pid, call->name, PSX_CAP_COUNT, psx_str_from(value), -1);
    int error = error_of(call);
    return error ? -error : -EPERM;
}

// ---- the end ------------------------------------------------------------------------------------

void psx_super_refused_ask(psx_super *s, psx_super_reply *a)
{
    fetched = true;
    for (size_t i = 0; i < n_table; i++) {
        psx_op *op = psx_super_scratch(s);
        psx_str line;
        if (table[i].count == table[i].told) continue;
        if (psx_failed(describe(s, op, &table[i], &line))) return;
        if (line.n > a->size - a->n) return; // the next question gets the rest
        memcpy(a->bytes + a->n, line.p, line.n);
        a->n += line.n;
        table[i].told = table[i].count;
    }
}

static psx_rc show(psx_super *s, psx_op *op, const refusal *r)
{
    psx_str fix, value;
    psx_buf quoted;
    TRY(fix_of(s, op, r, &fix));
    psx_buf_init(&quoted, op);
    TRY(psx_policy_quote(&quoted, psx_str_from(r->value)));
    value = r->value[0] ? psx_buf_str(&quoted) : PSX_STR("");
    dprintf(STDERR_FILENO, "  %.*s  %s  %s %.*s", PSX_FMT(s->how->audit_who),
            r->cap == PSX_CAP_COUNT ? "system call" : psx_cap_name(r->cap), r->call,
            PSX_FMT(value));
    if (r->port >= 0) dprintf(STDERR_FILENO, ":%d", r->port);
    if (r->count > 1) dprintf(STDERR_FILENO, " (x%u)", r->count);
    if (fix.p) dprintf(STDERR_FILENO, "   allow: %.*s", PSX_FMT(fix));
    dprintf(STDERR_FILENO, "\n");
    return PSX_OK;
}

// The engine ended without having asked.
void psx_super_refused_end(psx_super *s)
{
    if (fetched || s->how->quiet || n_table == 0) return;
    dprintf(STDERR_FILENO, "npsx: the box refused\n");
    for (size_t i = 0; i < n_table && i < LINES; i++) {
        (void)show(s, psx_super_scratch(s), &table[i]).code;
    }
    size_t more = n_table > LINES ? n_table - LINES : 0;
    if (more || lost) dprintf(STDERR_FILENO, "  and %" PRIu64 " more\n", more + lost);
    if (lost_audit)
        dprintf(STDERR_FILENO, "npsx: %" PRIu64 " audit lines could not be written\n", lost_audit);
}

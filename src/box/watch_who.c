#include "box/watch_who.h"

#include <errno.h>
#include <fcntl.h>

#include "formats/json.h"

enum { TABLE = 1 << 16, GENERATIONS = 64, LINES_MAX = 1 << 20, NAMES_MAX = 64 };

typedef struct {
    pid_t tid;
    psx_watch_process *process;
} slot;

// Who said that it starts what.
typedef struct {
    pid_t engine;
    psx_str path; // or absent
    const psx_box_who *who;
} start;

struct psx_watch_who {
    psx_op *op;
    const psx_box_who *main;
    psx_str npsx;
    int learn_fd;
    off_t read; // of its lines
    char *lines;
    start *starts;
    size_t n_starts, cap_starts;
    slot *slots; // by thread; open addressing
    size_t n;
};

static slot *find(const psx_watch_who *w, pid_t tid)
{
    size_t i = (size_t)tid * 0x9E3779B1u % TABLE;
    while (w->slots[i].tid && w->slots[i].tid != tid) {
        i = (i + 1) % TABLE;
    }
    return &w->slots[i];
}

static void put(psx_watch_who *w, pid_t tid, psx_watch_process *p)
{
    slot *s = find(w, tid);
    if (!s->tid && w->n++ >= TABLE / 2) return; // it is found by its parents each time
    *s = (slot){tid, p};
}

psx_rc psx_watch_who_open(psx_op *op, const psx_box_watching *how, pid_t engine,
                          psx_watch_who **out)
{
    psx_watch_who *w = PSX_NEW(op, psx_watch_who);
    psx_watch_process *first = PSX_NEW(op, psx_watch_process);
    if (!w || !first) return psx_fail_nomem(op);
    w->op = op;
    w->main = &how->main;
    w->npsx = how->npsx;
    w->learn_fd = how->learn_fd;
    w->slots = PSX_ARRAY(op, slot, TABLE);
    w->lines = PSX_ARRAY(op, char, LINES_MAX);
    if (!w->slots || !w->lines) return psx_fail_nomem(op);
    *first = (psx_watch_process){.role = PSX_WATCH_STARTING, .who = w->main};
    put(w, engine, first);
    *out = w;
    return PSX_OK;
}

// ---- descent ------------------------------------------------------------------------------------

static pid_t number_after(psx_str text, psx_str name)
{
    uint64_t n;
    size_t at = psx_str_search(text, name);
    if (at == text.n) return 0;
    text = psx_str_slice(text, at + name.n, text.n);
    return psx_str_to_u64(psx_str_slice(text, 0, psx_str_find(text, '\n')), &n) ? (pid_t)n : 0;
}

static bool read_status(pid_t tid, pid_t *process, pid_t *parent)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    psx_str all = {text, n > 0 ? (size_t)n : 0};
    *process = number_after(all, PSX_STR("\nTgid:\t"));
    *parent = number_after(all, PSX_STR("\nPPid:\t"));
    return *process > 0;
}

static psx_rc inherit(psx_watch_who *w, pid_t pid, pid_t parent_pid,
                      const psx_watch_process *parent, psx_watch_process **out)
{
    psx_watch_process *p = PSX_NEW(w->op, psx_watch_process);
    if (!p) return psx_fail_nomem(w->op);
    *p = *parent;
    if (parent->role == PSX_WATCH_ENGINE) {
        p->role = PSX_WATCH_FORKED;
        p->engine = parent_pid;
    }
    // What is added to the copy must not overwrite what is added to the original.
    p->cap_names = p->n_names;
    put(w, pid, p);
    *out = p;
    return PSX_OK;
}

psx_rc psx_watch_who_is(psx_watch_who *w, pid_t tid, psx_watch_process **out)
{
    pid_t pid, parent, grandparent;
    *out = find(w, tid)->process;
    if (*out || !read_status(tid, &pid, &parent)) return PSX_OK;
    if (find(w, pid)->process) {
        *out = find(w, pid)->process;
        put(w, tid, *out);
        return PSX_OK;
    }
    for (size_t i = 0; i < GENERATIONS && parent > 1; i++) {
        const psx_watch_process *known = find(w, parent)->process;
        if (known) return inherit(w, pid, parent, known, out);
        pid_t of_parent;
        if (!read_status(parent, &of_parent, &grandparent)) break;
        parent = grandparent;
    }
    // Its parents have ended before it was seen: somebody's daemon.
    psx_watch_process orphan = {.role = PSX_WATCH_CHILD, .who = w->main};
    return inherit(w, pid, 0, &orphan, out);
}

// ---- what engines say ---------------------------------------------------------------------------

static psx_rc read_start(psx_watch_who *w, psx_str line)
{
    psx_json_doc *doc;
    psx_str kept;
    if (psx_str_search(line, PSX_STR("\"cap\":\"spawn\"")) == line.n) return PSX_OK;
    TRY(psx_op_copy(w->op, line, &kept)); // what is parsed points into it
    psx_rc rc = psx_json_parse(w->op, kept, PSX_STR("learned"), LINES_MAX, &doc);
    if (psx_failed(rc)) {
        psx_fail_clear(w->op);
        return PSX_OK;
    }
    const psx_json *engine = psx_json_get(&doc->root, PSX_STR("process"));
    psx_box_who *who = PSX_NEW(w->op, psx_box_who);
    if (!who) return psx_fail_nomem(w->op);
    *who = (psx_box_who){.location = psx_json_get_str(&doc->root, PSX_STR("location")),
                         .name = psx_json_get_str(&doc->root, PSX_STR("name")),
                         .version = psx_json_get_str(&doc->root, PSX_STR("version"))};
    TRY(PSX_ROOM(w->op, w->starts, w->n_starts, &w->cap_starts));
    psx_str path = psx_json_get_str(&doc->root, PSX_STR("resolved"));
    if (!path.n) path = psx_json_get_str(&doc->root, PSX_STR("value"));
    w->starts[w->n_starts++] = (start){
        engine && engine->kind == PSX_JSON_NUMBER ? (pid_t)engine->number : 0,
        path,
        who,
    };
    return PSX_OK;
}

// All whole lines that came since the last time.
static psx_rc read_starts(psx_watch_who *w)
{
    for (;;) {
        ssize_t n = pread(w->learn_fd, w->lines, LINES_MAX, w->read);
        psx_str all = {w->lines, n > 0 ? (size_t)n : 0};
        all.n = psx_str_find_last(all, '\n');
        if (n <= 0 || all.n == (size_t)n) return PSX_OK;
        w->read += (off_t)all.n + 1;
        while (all.n) {
            size_t end = psx_str_find(all, '\n');
            TRY(read_start(w, psx_str_slice(all, 0, end)));
            all = psx_str_slice(all, end + 1, all.n);
        }
    }
}

// The last who said so, of this engine; of this program, if somebody did.
static const psx_box_who *who_starts(const psx_watch_who *w, pid_t engine, psx_str path)
{
    const psx_box_who *any = NULL;
    for (size_t i = w->n_starts; i-- > 0;) {
        const start *s = &w->starts[i];
        if (s->engine != engine) continue;
        if (psx_str_eq(s->path, path)) return s->who;
        if (!any) any = s->who;
    }
    return any ? any : w->main;
}

psx_rc psx_watch_who_executes(psx_watch_who *w, psx_watch_process *p, const psx_watch_use *use)
{
    if (p->role == PSX_WATCH_CHILD) return PSX_OK;
    if (p->role == PSX_WATCH_STARTING) {
        if (use->in_place) p->role = PSX_WATCH_ENGINE;
        return PSX_OK;
    }
    TRY(read_starts(w));
    bool is_ours = psx_str_eq(use->value, w->npsx);
    p->who = who_starts(w, p->engine, use->value);
    p->role = is_ours ? PSX_WATCH_STARTING : PSX_WATCH_CHILD;
    return PSX_OK;
}

psx_rc psx_watch_who_asks(psx_watch_who *w, psx_watch_process *p, psx_str name)
{
    for (size_t i = 0; i < p->n_names; i++) {
        if (psx_str_eq(p->names[i], name)) return PSX_OK;
    }
    if (p->n_names >= NAMES_MAX) return PSX_OK;
    TRY(PSX_ROOM(w->op, p->names, p->n_names, &p->cap_names));
    TRY(psx_op_copy(w->op, name, &p->names[p->n_names]));
    p->n_names++;
    return PSX_OK;
}

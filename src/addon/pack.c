#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "addon/pack.h"
#include "addon/prune.h"
#include "base/buf.h"
#include "base/map.h"
#include "os/beneath.h"

// The file: header, rows sorted by key, payloads at multiples of 16. Little endian, as the machines
// are that this runs on; another one sees a wrong magic number.
typedef struct {
    uint64_t magic;
    uint64_t size; // of the whole file
    uint32_t n;    // rows
    uint32_t zero;
    psx_digest stamp;
    uint8_t pad[8];
} pack_head;

typedef struct {
    psx_digest key;
    uint64_t at;  // offset of the payload
    uint64_t sum; // of the payload: a torn file is not handed to V8
    uint32_t len;
    uint8_t kind;
    uint8_t age; // rewrites since it was used last
    uint8_t pad[10];
} pack_row;

_Static_assert(sizeof(pack_head) == 64 && sizeof(pack_row) == 64, "no padding");

enum { FACTS = 1, CODE = 2 };
enum { ROWS_MAX = 1 << 20, AGE_MAX = 8, ALIGN = 16 };
static const uint64_t MAGIC = 0x31304B4341505350; // "PSPACK01"

// An entry of this run.
typedef struct {
    pack_row row;
    psx_str payload;
} fresh_entry;

struct psx_pack {
    psx_op op;
    int dir; // -1: nothing is written
    char name[32];
    psx_digest stamp;
    psx_str map;          // the file, or absent
    const pack_row *rows; // in map
    uint32_t n_rows;
    uint8_t *used;    // per row: a bit each would save nothing worth having
    psx_map fresh;    // key bytes -> fresh_entry
    size_t new_bytes; // of payloads in fresh
    bool changed;
    bool without_code;
};

// ---- payload sums -------------------------------------------------------------------------------

// Catches accidents, not attackers: those who could write here have no need to.
static uint64_t sum_of(psx_str s)
{
    uint64_t a = 0x9E3779B97F4A7C15u ^ s.n, b = 0xC2B2AE3D27D4EB4Fu, w[2];
    size_t i = 0;
    for (; s.n - i >= 16; i += 16) {
        memcpy(w, s.p + i, 16);
        a = (a ^ w[0]) * 0xff51afd7ed558ccdu;
        b = (b ^ w[1]) * 0xc4ceb9fe1a85ec53u;
        a ^= a >> 32;
        b ^= b >> 29;
    }
    w[0] = w[1] = 0;
    if (s.n - i) memcpy(w, s.p + i, s.n - i);
    a = (a ^ w[0]) * 0xff51afd7ed558ccdu;
    b = (b ^ w[1]) * 0xc4ceb9fe1a85ec53u;
    return a ^ (b << 31 | b >> 33);
}

// ---- opening ------------------------------------------------------------------------------------

static bool adopt(psx_pack *p, psx_str bytes)
{
    pack_head h;
    if (bytes.n < sizeof h) return false;
    memcpy(&h, bytes.p, sizeof h);
    bool fits = h.n <= ROWS_MAX && (bytes.n - sizeof h) / sizeof(pack_row) >= h.n;
    if (h.magic != MAGIC || h.size != bytes.n || !fits) return false;
    if (!psx_digest_eq(&h.stamp, &p->stamp)) return false;
    p->used = PSX_ARRAY(&p->op, uint8_t, h.n);
    if (!p->used) return false;
    p->map = bytes;
    p->rows = (const pack_row *)(const void *)(bytes.p + sizeof h);
    p->n_rows = h.n;
    return true;
}

static bool is_private(int fd, mode_t type, mode_t forbidden)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
           !(st.st_mode & forbidden);
}

// Makes the directory, and the ones above it that are missing, for this user only.
static void make_dirs(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    (void)mkdir(path, 0700);
}

static int open_private_dir(psx_op *op, psx_str dir)
{
    psx_str path;
    if (!dir.n || dir.p[0] != '/' || psx_failed(psx_op_copy(op, dir, &path))) return -1;
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    int fd = psx_os_open_any(path.p, flags, 0);
    if (fd == -ENOENT) {
        make_dirs((char *)path.p);
        fd = psx_os_open_any(path.p, flags, 0);
    }
    if (fd >= 0 && is_private(fd, S_IFDIR, 077)) return fd;
    if (fd >= 0) psx_os_close(fd);
    return -1;
}

static void map_file(psx_pack *p)
{
    struct stat st;
    int fd = openat(p->dir, p->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return;
    if (is_private(fd, S_IFREG, 022) && fstat(fd, &st) == 0 && st.st_size <= PSX_PACK_MAX &&
        st.st_size > 0) {
        size_t n = (size_t)st.st_size;
        void *map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED && !adopt(p, (psx_str){map, n})) munmap(map, n);
    }
    psx_os_close(fd);
}

static psx_pack *make(const psx_digest *stamp)
{
    psx_pack *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    psx_op_init(&p->op, 2u * PSX_PACK_MAX);
    psx_map_init(&p->fresh, &p->op);
    p->stamp = *stamp;
    p->dir = -1;
    return p;
}

psx_pack *psx_pack_open(psx_str dir, const psx_digest *name, const psx_digest *stamp)
{
    char hex[17];
    psx_pack *p = make(stamp);
    if (!p) return NULL;
    psx_digest_hex(name, 8, hex);
    snprintf(p->name, sizeof p->name, "%s.pack", hex);
    p->dir = open_private_dir(&p->op, dir);
    if (p->dir >= 0) map_file(p);
    return p;
}

psx_pack *psx_pack_over(psx_str bytes, const psx_digest *stamp)
{
    psx_pack *p = make(stamp);
    if (p) (void)adopt(p, bytes);
    return p;
}

void psx_pack_mark_used(psx_pack *p)
{
    if (p->dir >= 0 && p->map.p) psx_prune_mark_used(p->dir, p->name);
}

void psx_pack_without_code(psx_pack *p)
{
    p->without_code = true;
}

bool psx_pack_keeps_code(const psx_pack *p)
{
    return !p->without_code;
}

void psx_pack_close(psx_pack *p)
{
    if (!p) return;
    if (p->map.p && p->dir >= 0) munmap((void *)(uintptr_t)p->map.p, p->map.n);
    if (p->dir >= 0) psx_os_close(p->dir);
    psx_op_fini(&p->op);
    free(p);
}

// ---- looking up ---------------------------------------------------------------------------------

// The payload of a row; false when it does not lie in the file or is damaged.
static bool payload_of(const psx_pack *p, const pack_row *row, psx_str *out)
{
    if (row->at % ALIGN || row->at > p->map.n || row->len > p->map.n - row->at) return false;
    *out = psx_str_slice(p->map, (size_t)row->at, (size_t)row->at + row->len);
    return sum_of(*out) == row->sum;
}

static const pack_row *find_row(const psx_pack *p, const psx_digest *key)
{
    uint32_t lo = 0, hi = p->n_rows;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(p->rows[mid].key.b, key->b, sizeof key->b);
        if (c == 0) return &p->rows[mid];
        if (c < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return NULL;
}

static bool find(psx_pack *p, const psx_digest *key, uint8_t kind, psx_str *out)
{
    psx_str bytes = {(const char *)key->b, sizeof key->b};
    const fresh_entry *fresh = psx_map_get(&p->fresh, bytes);
    if (fresh) {
        *out = fresh->payload;
        return fresh->row.kind == kind;
    }
    const pack_row *row = find_row(p, key);
    if (!row || row->kind != kind || !payload_of(p, row, out)) return false;
    p->used[row - p->rows] = 1;
    return true;
}

// Facts: six numbers of four bytes (flags, kind, four lengths), then the four texts.
enum { FACTS_HEAD = 24 };

static bool read_facts(psx_str s, psx_pack_facts *out)
{
    uint32_t head[6];
    psx_str *texts[] = {&out->free, &out->assigned, &out->exports, &out->reexports};
    if (s.n < FACTS_HEAD) return false;
    memcpy(head, s.p, FACTS_HEAD);
    out->flags = head[0];
    out->kind = head[1];
    size_t at = FACTS_HEAD;
    for (size_t i = 0; i < 4; i++) {
        if (head[2 + i] > s.n - at) return false;
        *texts[i] = psx_str_slice(s, at, at + head[2 + i]);
        at += head[2 + i];
    }
    return true;
}

bool psx_pack_facts_of(psx_pack *p, const psx_digest *source, psx_pack_facts *out)
{
    psx_str payload;
    return find(p, source, FACTS, &payload) && read_facts(payload, out);
}

// Digest of (source digest, shape).
static bool code_key(psx_op *op, const psx_digest *source, psx_str shape, psx_digest *out)
{
    char small[1024], *text = small;
    size_t n = sizeof source->b + shape.n;
    if (n > sizeof small) text = psx_op_alloc(op, n);
    if (!text) return false;
    memcpy(text, source->b, sizeof source->b);
    if (shape.n) memcpy(text + sizeof source->b, shape.p, shape.n);
    *out = psx_digest_of((psx_str){text, n});
    return true;
}

bool psx_pack_code_of(psx_pack *p, const psx_digest *source, psx_str shape, psx_str *out)
{
    psx_digest key;
    bool found =
        !p->without_code && code_key(&p->op, source, shape, &key) && find(p, &key, CODE, out);
    psx_fail_clear(&p->op);
    return found;
}

// ---- adding -------------------------------------------------------------------------------------

static psx_rc put(psx_pack *p, const psx_digest *key, uint8_t kind, psx_str payload)
{
    if (payload.n > PSX_PACK_MAX - p->new_bytes || payload.n > UINT32_MAX)
        return psx_fail(&p->op, PSX_E_SIZE, "the cache is full");
    fresh_entry *e = PSX_NEW(&p->op, fresh_entry);
    if (!e) return psx_fail_nomem(&p->op);
    e->row = (pack_row){.key = *key, .len = (uint32_t)payload.n, .kind = kind};
    TRY(psx_op_copy(&p->op, payload, &e->payload));
    e->row.sum = sum_of(payload);
    TRY(psx_map_put(&p->fresh, (psx_str){(const char *)e->row.key.b, sizeof key->b}, e));
    p->new_bytes += payload.n;
    p->changed = true;
    return PSX_OK;
}

static psx_rc put_facts(psx_pack *p, const psx_digest *source, const psx_pack_facts *f)
{
    const psx_str texts[] = {f->free, f->assigned, f->exports, f->reexports};
    psx_buf b;
    psx_buf_init(&b, &p->op);
    TRY(psx_buf_u32le(&b, f->flags));
    TRY(psx_buf_u32le(&b, f->kind));
    for (size_t i = 0; i < 4; i++) {
        if (texts[i].n > UINT32_MAX) return psx_fail(&p->op, PSX_E_SIZE, "too long for the cache");
        TRY(psx_buf_u32le(&b, (uint32_t)texts[i].n));
    }
    for (size_t i = 0; i < 4; i++) {
        TRY(psx_buf_add(&b, texts[i]));
    }
    return put(p, source, FACTS, psx_buf_str(&b));
}

void psx_pack_put_facts(psx_pack *p, const psx_digest *source, const psx_pack_facts *facts)
{
    if (psx_failed(put_facts(p, source, facts))) psx_fail_clear(&p->op);
}

void psx_pack_put_code(psx_pack *p, const psx_digest *source, psx_str shape, psx_str code)
{
    psx_digest key;
    if (p->without_code) return;
    if (!code_key(&p->op, source, shape, &key) || psx_failed(put(p, &key, CODE, code)))
        psx_fail_clear(&p->op);
}

// ---- writing ------------------------------------------------------------------------------------

static int by_key(const void *a, const void *b)
{
    const fresh_entry *x = *(const fresh_entry *const *)a, *y = *(const fresh_entry *const *)b;
    return memcmp(x->row.key.b, y->row.key.b, sizeof x->row.key.b);
}

// Old rows that were used, or unused for a few rewrites only: a run that takes another way through
// the program must not empty the cache.
static size_t carry_over(psx_pack *p, fresh_entry *room, fresh_entry **list)
{
    size_t n = 0;
    for (uint32_t i = 0; i < p->n_rows; i++) {
        psx_str key = {(const char *)p->rows[i].key.b, sizeof p->rows[i].key.b};
        fresh_entry e = {p->rows[i], {0}};
        e.row.age = p->used[i] ? 0 : (uint8_t)(e.row.age < AGE_MAX ? e.row.age + 1 : AGE_MAX + 1);
        if (e.row.age > AGE_MAX || psx_map_has(&p->fresh, key)) continue;
        if (!payload_of(p, &p->rows[i], &e.payload)) continue;
        room[n] = e;
        list[n] = &room[n];
        n++;
    }
    return n;
}

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t lay_out(fresh_entry **list, size_t n)
{
    size_t at = sizeof(pack_head) + n * sizeof(pack_row);
    for (size_t i = 0; i < n; i++) {
        list[i]->row.at = at;
        at = aligned(at + list[i]->payload.n);
    }
    return at;
}

static void fill(char *out, size_t size, const psx_pack *p, fresh_entry **list, size_t n)
{
    pack_head h = {.magic = MAGIC, .size = size, .n = (uint32_t)n, .stamp = p->stamp};
    memcpy(out, &h, sizeof h);
    for (size_t i = 0; i < n; i++) {
        memcpy(out + sizeof h + i * sizeof(pack_row), &list[i]->row, sizeof(pack_row));
        if (list[i]->payload.n)
            memcpy(out + list[i]->row.at, list[i]->payload.p, list[i]->payload.n);
    }
}

static int write_file(const psx_pack *p, psx_str bytes)
{
    char temp[64];
    snprintf(temp, sizeof temp, ".%s.%ld", p->name, (long)getpid());
    int fd = openat(p->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST && unlinkat(p->dir, temp, 0) == 0) // left by a crash
        fd = openat(p->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    int e = psx_os_write_whole(fd, bytes.p, bytes.n, 0);
    psx_os_close(fd);
    if (e == 0 && renameat(p->dir, temp, p->dir, p->name) < 0) e = -errno;
    if (e < 0) (void)unlinkat(p->dir, temp, 0);
    return e;
}

int psx_pack_write(psx_pack *p)
{
    if (p->dir < 0 || !p->changed) return 0;
    size_t most = p->n_rows + p->fresh.n;
    fresh_entry *room = PSX_ARRAY(&p->op, fresh_entry, p->n_rows);
    fresh_entry **list = PSX_ARRAY(&p->op, fresh_entry *, most);
    if (!room || !list) return -ENOMEM;
    size_t n = carry_over(p, room, list);
    for (size_t i = 0; i < p->fresh.n; i++) {
        list[n++] = p->fresh.slots[i].value;
    }
    if (n > ROWS_MAX) return -EFBIG;
    qsort(list, n, sizeof *list, by_key);
    size_t size = lay_out(list, n);
    if (size > PSX_PACK_MAX) return -EFBIG;
    char *out = calloc(1, size);
    if (!out) return -ENOMEM;
    fill(out, size, p, list, n);
    int e = write_file(p, (psx_str){out, size});
    free(out);
    if (e == 0 && !p->map.p) psx_prune(p->dir, PSX_PACKS_MAX, PSX_PACKS_BYTES);
    if (e == 0) p->changed = false;
    return e;
}

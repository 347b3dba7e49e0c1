#include "box/world.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

// With a NUL behind; false when it is too long to be a path.
static bool as_text(psx_str path, char text[PATH_MAX])
{
    if (path.n >= PATH_MAX) return false;
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    return true;
}

static psx_box_thing thing_of(mode_t mode)
{
    return S_ISREG(mode)   ? PSX_BOX_FILE
           : S_ISDIR(mode) ? PSX_BOX_DIR
           : S_ISLNK(mode) ? PSX_BOX_LINK
                           : PSX_BOX_OTHER;
}

static psx_box_thing look(const psx_box_world *w, psx_str path)
{
    char text[PATH_MAX];
    struct stat st;
    (void)w;
    return as_text(path, text) && lstat(text, &st) == 0 ? thing_of(st.st_mode) : PSX_BOX_NOTHING;
}

static psx_box_thing thing_in(DIR *d, const struct dirent *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN) return thing_of(DTTOIF(e->d_type));
    bool there = fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    return there ? thing_of(st.st_mode) : PSX_BOX_NOTHING;
}

static psx_rc list_into(psx_op *op, DIR *d, psx_box_entry **v, size_t *n)
{
    size_t cap = 0;
    for (struct dirent *e; (e = readdir(d));) {
        psx_str name = psx_str_from(e->d_name);
        if (psx_str_is(name, ".") || psx_str_is(name, "..")) continue;
        TRY(PSX_ROOM(op, *v, *n, &cap));
        TRY(psx_op_copy(op, name, &name));
        (*v)[(*n)++] = (psx_box_entry){name, thing_in(d, e)};
    }
    return PSX_OK;
}

static psx_rc list(const psx_box_world *w, psx_op *op, psx_str dir, psx_box_entry **v, size_t *n)
{
    char text[PATH_MAX];
    (void)w;
    *v = NULL;
    *n = 0;
    DIR *d = as_text(dir, text) ? opendir(text) : NULL;
    if (!d) return PSX_OK;
    psx_rc rc = list_into(op, d, v, n);
    closedir(d);
    return rc;
}

static psx_rc real(const psx_box_world *w, psx_op *op, psx_str path, psx_str *out)
{
    char text[PATH_MAX], buf[PATH_MAX];
    (void)w;
    *out = (psx_str){0};
    return as_text(path, text) && realpath(text, buf) ? psx_op_copy(op, psx_str_from(buf), out)
                                                      : PSX_OK;
}

// "#! /usr/bin/env -S node" names /usr/bin/env.
static psx_str after_bang(psx_str head)
{
    size_t i = 2;
    head.n = psx_str_find(head, '\n');
    while (i < head.n && (head.p[i] == ' ' || head.p[i] == '\t')) {
        i++;
    }
    psx_str rest = psx_str_slice(head, i, head.n);
    size_t blank = psx_str_find(rest, ' '), tab = psx_str_find(rest, '\t');
    return psx_str_slice(rest, 0, blank < tab ? blank : tab);
}

static psx_str elf_interpreter(int fd, const Elf64_Ehdr *h, char *buf)
{
    Elf64_Phdr p;
    for (size_t i = 0; i < h->e_phnum && h->e_phentsize == sizeof p; i++) {
        off_t at = (off_t)(h->e_phoff + i * sizeof p);
        if (pread(fd, &p, sizeof p, at) != (ssize_t)sizeof p) break;
        if (p.p_type != PT_INTERP) continue;
        if (p.p_filesz < 2 || p.p_filesz > PSX_BOX_INTERPRETER_MAX) break;
        ssize_t n = pread(fd, buf, p.p_filesz, (off_t)p.p_offset);
        if (n != (ssize_t)p.p_filesz || buf[n - 1] != '\0') break;
        return psx_str_from(buf);
    }
    return (psx_str){0};
}

static psx_str interpreter_of(int fd, char *buf)
{
    Elf64_Ehdr h;
    ssize_t n = pread(fd, buf, PSX_BOX_INTERPRETER_MAX, 0);
    psx_str head = {buf, n > 0 ? (size_t)n : 0};
    if (psx_str_starts(head, PSX_STR("#!"))) return after_bang(head);
    if (head.n < sizeof h || memcmp(buf, ELFMAG, SELFMAG) != 0) return (psx_str){0};
    memcpy(&h, buf, sizeof h);
    if (h.e_ident[EI_CLASS] != ELFCLASS64) return (psx_str){0};
    return elf_interpreter(fd, &h, buf);
}

static psx_rc interpreter(const psx_box_world *w, psx_op *op, psx_str path, psx_str *out)
{
    char text[PATH_MAX], buf[PSX_BOX_INTERPRETER_MAX];
    (void)w;
    *out = (psx_str){0};
    if (!as_text(path, text)) return PSX_OK;
    int fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return PSX_OK;
    psx_str found = interpreter_of(fd, buf);
    close(fd);
    bool is_path = found.n && found.p[0] == '/' && !psx_str_has_nul(found);
    return is_path ? psx_op_copy(op, found, out) : PSX_OK;
}

const psx_box_world psx_box_system = {
    .look = look, .list = list, .real = real, .interpreter = interpreter};

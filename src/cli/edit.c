#include "cli/edit.h"

#include "cli/files.h"

#include <fcntl.h>
#include <sys/file.h>

enum { NEW_FILE_MODE = 0644 };

// Two that edit at once: the second waits, and reads what the first wrote. The directory is what is
// locked, as the file is replaced. Held until npsx ends; where nothing can be locked, nothing is.
static psx_rc lock(psx_op *op, const psx_cli_place *place)
{
    psx_str dir;
    TRY(psx_op_copy(op, psx_cli_dirname(place->policy_file), &dir));
    int fd = open(dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) (void)flock(fd, LOCK_EX);
    return PSX_OK;
}

psx_rc psx_cli_edit_read(psx_op *op, psx_cli_edit *edit)
{
    psx_cli_place *place = &edit->place;
    TRY(lock(op, place));
    psx_rc rc =
        psx_cli_read(op, "policy", place->policy_file, PSX_POLICY_MAX_BYTES, &place->policy_text);
    edit->is_new = rc.code == PSX_E_NOT_FOUND;
    if (edit->is_new) {
        psx_fail_clear(op);
        return psx_policy_doc_starter(op, &edit->doc);
    }
    TRY(rc);
    return psx_policy_doc_parse(op, place->policy_text, place->policy_file, &edit->doc);
}

psx_rc psx_cli_edit_open(psx_op *op, psx_str policy, psx_cli_edit *out)
{
    TRY(psx_cli_place_here(op, policy, &out->place));
    return psx_cli_edit_read(op, out);
}

psx_rc psx_cli_edit_save(psx_op *op, psx_cli_edit *edit)
{
    psx_cli_place *place = &edit->place;
    psx_policy *policy;
    psx_str bytes;
    TRY(psx_policy_doc_write(op, edit->doc, &bytes));
    TRY(psx_policy_parse(op, bytes, place->policy_file, &policy));
    TRY(psx_cli_place_resolve(op, place, policy));
    return psx_cli_replace(op, "policy", place->policy_file, NEW_FILE_MODE, bytes);
}

psx_str psx_cli_edit_name(const psx_cli_edit *edit)
{
    psx_str file = edit->place.policy_file, cwd = edit->place.cwd;
    if (cwd.n > 1 && psx_str_starts(file, cwd) && file.p[cwd.n] == '/') {
        return psx_str_slice(file, cwd.n + 1, file.n);
    }
    return file;
}

#include "cli/edit.h"

#include "cli/files.h"

enum { NEW_FILE_MODE = 0644 };

psx_rc psx_cli_edit_open(psx_op *op, psx_str policy, psx_cli_edit *out)
{
    psx_cli_place *place = &out->place;
    out->is_new = false;
    TRY(psx_cli_place_here(op, policy, place));
    psx_rc rc =
        psx_cli_read(op, "policy", place->policy_file, PSX_POLICY_MAX_BYTES, &place->policy_text);
    if (rc.code == PSX_E_NOT_FOUND) {
        psx_fail_clear(op);
        out->is_new = true;
        return psx_policy_doc_starter(op, &out->doc);
    }
    TRY(rc);
    return psx_policy_doc_parse(op, place->policy_text, place->policy_file, &out->doc);
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

// What init, grant, revoke and learn share: the policy file as a document that is written back.
#ifndef PSX_CLI_EDIT_H
#define PSX_CLI_EDIT_H

#include "cli/launch.h"

typedef struct {
    psx_cli_place place;
    psx_policy_doc *doc;
    bool is_new; // there was no file: doc is the starter
} psx_cli_edit;

// policy: --policy FILE or absent.
psx_rc psx_cli_edit_open(psx_op *op, psx_str policy, psx_cli_edit *out);
// Writes the document beside the old file and renames. What is written is parsed first: an edit
// never leaves a file that npsx would refuse.
// Reads the file of edit->place again, and keeps others from writing it.
psx_rc psx_cli_edit_read(psx_op *op, psx_cli_edit *edit);
psx_rc psx_cli_edit_save(psx_op *op, psx_cli_edit *edit);
// The file's name as the user would type it: relative to the current directory where it lies below.
psx_str psx_cli_edit_name(const psx_cli_edit *edit);

#endif

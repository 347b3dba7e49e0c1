// Which file is the script, and which directory is its project?
#ifndef PSX_CLI_PROJECT_H
#define PSX_CLI_PROJECT_H

#include "base/op.h"
#include "pkg/lockfile.h"

// As node finds its main: the file itself, then with .js .json .node, then as a directory with
// package.json "main" or index. *out is its real path. NOT_FOUND, or VALUE when it is there but
// cannot be run.
// *found is the same path with its links.
psx_rc psx_cli_script_find(psx_op *op, psx_str cwd, psx_str typed, psx_str *found, psx_str *out);

// The nearest directory from `from` upwards with a packsec.policy.json; without any the nearest one
// with a package.json, else `from`. For a place inside node_modules the search starts in the
// directory that holds the outermost one, and ends there without a policy. So no package.json
// takes a script away from its policy. A policy further up that others could have laid is refused,
// or passed over when another one was chosen (--policy). A package.json that cannot be understood
// is refused.
psx_rc psx_cli_project_find(psx_op *op, psx_str from, bool chosen, psx_str *root);
// Did what lies in the directories from `from` upwards decide that? Not within node_modules.
bool psx_cli_project_by_files(psx_str from);

// Name and version in the directory's package.json; empty where it says nothing.
psx_rc psx_cli_project_package(psx_op *op, psx_str dir, psx_str *name, psx_str *version);

// npm-shrinkwrap.json or package-lock.json of the project; NULL when there is neither.
psx_rc psx_cli_project_lock(psx_op *op, psx_str root, psx_lockfile **out);

#endif

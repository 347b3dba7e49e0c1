// The audit stream: one JSON line for every decision, in one write. A reader that stops reading
// does not stop the program for long; what could not be told is counted in monitor.lost_audit.
// The same for `npsx learn`: one line for each use that is new, when it happens, because a server
// is ended by a signal that leaves no time for last words.
#ifndef PSX_ADDON_AUDIT_H
#define PSX_ADDON_AUDIT_H

#include "addon/monitor.h"
#include "os/code.h"

void psx_audit_line(psx_monitor *m, const psx_record_key *key, const psx_policy_verdict *verdict);
// What the kernel said of a file that is about to become code.
void psx_audit_file(psx_monitor *m, const char *what, psx_str path,
                    const psx_os_exec_verdict *verdict, bool enforced);
void psx_audit_learnt(psx_monitor *m, const psx_record_entry *entry);

// The policy allows it and the box does not (addon/boxed.h). need: 1 read, 2 write.
void psx_audit_box(psx_monitor *m, uint32_t id, psx_str syscall, unsigned need, psx_str path,
                   const char *why);

#endif

// The audit stream: one JSON line for every decision, in one write. A reader that stops reading
// does not stop the program for long; what could not be told is counted in monitor.lost_audit.
#ifndef PSX_ADDON_AUDIT_H
#define PSX_ADDON_AUDIT_H

#include "addon/monitor.h"

void psx_audit_line(psx_monitor *m, const psx_record_key *key, const psx_policy_verdict *verdict);

#endif

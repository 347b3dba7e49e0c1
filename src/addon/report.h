// What is told at the end of the run.
#ifndef PSX_ADDON_REPORT_H
#define PSX_ADDON_REPORT_H

#include "addon/monitor.h"

// Denials for a person, grouped by package and capability, at most 20 lines; nothing when there was
// none, or in quiet and learn mode. refused: what the supervisor of the box told, JSON lines.
psx_rc psx_report_summary(psx_monitor *m, psx_str refused, bool colours, psx_buf *b);

#endif

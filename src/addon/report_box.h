// What the box refused, at the end of the run: beneath the denials, in the same form.
#ifndef PSX_ADDON_REPORT_BOX_H
#define PSX_ADDON_REPORT_BOX_H

#include "base/buf.h"

typedef struct psx_report_box psx_report_box;

// lines: the supervisor's (box/wire.h). NULL in *out when there is nothing to tell.
psx_rc psx_report_box_read(psx_op *op, psx_str lines, psx_report_box **out);
unsigned long long psx_report_box_calls(const psx_report_box *r);
// off: ends what who, what and fix began.
typedef struct {
    const char *who, *what, *fix, *off;
} psx_report_colours;
psx_rc psx_report_box_add(const psx_report_box *r, const psx_report_colours *c, psx_buf *b);

#endif

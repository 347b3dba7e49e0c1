// Does this signature verify, as npsx would see it? What sign, verify and show share.
#ifndef PSX_CLI_SIGNED_H
#define PSX_CLI_SIGNED_H

#include "cli/launch.h"
#include "trust/signature.h"

typedef struct {
    bool verified; // false: no anchors are known here, and nothing was asked
    psx_signature_facts facts;
} psx_cli_signed;

// place: with the policy's text. trust: --trust FILE or absent: the system's anchors.
psx_rc psx_cli_signed_check(psx_op *op, const psx_cli_place *place, psx_str signature,
                            psx_str trust, psx_cli_signed *out);

// "2027-01-01T00:00:00Z"
enum { PSX_CLI_TIME_SIZE = 40 };
const char *psx_cli_signed_time(int64_t seconds, char text[PSX_CLI_TIME_SIZE]);

#endif

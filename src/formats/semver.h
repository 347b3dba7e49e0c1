// Versions and ranges as npm understands them (node-semver 7, without "loose" and without
// includePrerelease): ^ ~ x-ranges, comparators, "||", hyphen ranges. A prerelease satisfies a
// range only when a comparator of it names a prerelease of the same major.minor.patch. Pure.
#ifndef PSX_FORMATS_SEMVER_H
#define PSX_FORMATS_SEMVER_H

#include "base/op.h"

typedef struct {
    uint64_t major, minor, patch;
    psx_str pre; // "beta.1", or empty; borrowed. Build metadata is dropped.
} psx_semver;

typedef struct psx_semver_range psx_semver_range;

// "1.2.3", "v1.2.3", "=1.2.3-beta.1+build".
bool psx_semver_parse(psx_str text, psx_semver *out);
int psx_semver_cmp(const psx_semver *a, const psx_semver *b);
// PSX_E_VALUE when it is not a range (a dist-tag such as "latest", a URL). Borrows text.
psx_rc psx_semver_range_parse(psx_op *op, psx_str text, psx_semver_range **out);
bool psx_semver_matches(const psx_semver_range *range, const psx_semver *version);

#endif

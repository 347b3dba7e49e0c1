// How a decision is told: as the opening of a JSON object, and as the fix for a person.
#ifndef PSX_ADDON_DESCRIBE_H
#define PSX_ADDON_DESCRIBE_H

#include "addon/monitor.h"
#include "base/text.h"

// {"package":..,"name":..,"version":..,"location":..,"cap":..,"value":..,"port":..   without }
psx_rc psx_describe_json(const psx_monitor *m, const psx_record_key *key, psx_buf *b);

#endif

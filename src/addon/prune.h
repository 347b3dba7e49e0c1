// Keeps the cache directory from growing for ever.
#ifndef PSX_ADDON_PRUNE_H
#define PSX_ADDON_PRUNE_H

#include <stdint.h>
#include <sys/types.h>

// Removes *.pack files, used longest ago first, until at most `most` with `bytes` in total are
// left; and temporary files of runs that died. Whatever fails stays for the next time.
void psx_prune(int dir, uint32_t most, uint64_t bytes);
// Renews the modification time, once a day at most.
void psx_prune_mark_used(int dir, const char *name);

#endif

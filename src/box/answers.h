// Answers of the name servers, kept for their TTL by question. A fixed table: the answer that would
// be good for the shortest time makes room. Times as in box/names.h.
#ifndef PSX_BOX_ANSWERS_H
#define PSX_BOX_ANSWERS_H

#include "formats/dns.h"

enum { PSX_ANSWERS = 64, PSX_ANSWERS_BYTES = 1280 };

typedef struct {
    uint64_t from, until; // until at or before now: free
    psx_dns_question asked;
    size_t n;
    uint8_t bytes[PSX_ANSWERS_BYTES];
} psx_answer;

// All zero bytes is an empty one.
typedef struct {
    psx_answer v[PSX_ANSWERS];
} psx_answers;

// Keeps it, when it may be kept and is not too long.
void psx_answers_put(psx_answers *answers, const psx_dns_question *asked, psx_str message,
                     const psx_dns_answer *answer, uint64_t now);
// Writes the answer to dst (room for PSX_ANSWERS_BYTES), its TTLs lowered by its age, and tells the
// length; 0: there is none. Its id is that of the question that brought it.
size_t psx_answers_get(const psx_answers *answers, const psx_dns_question *asked, uint64_t now,
                       uint8_t *dst, uint16_t *id);

#endif

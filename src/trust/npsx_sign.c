// npsx-sign: asked once by `npsx policy sign`, signs once. Not for the command line: what it is
// asked comes in sealed memory on descriptor 3, and what it answers goes to descriptor 4.
#include "os/ask.h"
#include "os/beneath.h"
#include "os/memfd.h"
#include "trust/sign.h"

enum { MEMORY_CEILING = 256 << 20 };

static psx_rc answer(psx_op *op, psx_sign_result *result)
{
    psx_str question;
    psx_sign_request request = {0};
    TRY(psx_os_memfd_map(op, PSX_OS_ASK_IN, &question));
    TRY(psx_sign_question_read(op, question, &request));
    return psx_sign_here(op, &request, result);
}

int main(void)
{
    psx_op op;
    psx_str bytes;
    psx_sign_result result = {0};
    psx_op_init(&op, MEMORY_CEILING);
    psx_rc rc = answer(&op, &result);
    rc = psx_sign_answer_write(&op, rc, &result, &bytes);
    if (psx_failed(rc) || psx_os_write_whole(PSX_OS_ASK_OUT, bytes.p, bytes.n, -1) < 0) {
        fputs("npsx-sign is a part of npsx: see npsx policy sign -h\n", stderr);
        return 1;
    }
    return 0;
}

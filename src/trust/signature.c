#include <signal.h>
#include <sys/wait.h>

#include "os/query.h"
#include "trust/signature.h"
#include "trust/wire.h"

enum { TIMEOUT_MS = 10000 };

// It was started, so whatever went wrong may be the signature's doing.
static psx_rc refuse_end(psx_op *op, const psx_os_reply *a)
{
    if (a->status == -1)
        return psx_fail(op, PSX_E_SIGNATURE,
                        "the signature could not be verified: npsx-verify did not answer within "
                        "%d seconds",
                        TIMEOUT_MS / 1000);
    if (WIFSIGNALED(a->status))
        return psx_fail(op, PSX_E_SIGNATURE,
                        "the signature could not be verified: npsx-verify was ended by signal %d%s",
                        WTERMSIG(a->status),
                        WTERMSIG(a->status) == SIGKILL
                            ? ", as it is when it asks the system for anything"
                            : "");
    if (WEXITSTATUS(a->status) == 127)
        return psx_fail(op, PSX_E_OS,
                        "npsx-verify cannot be started: may it be executed (chmod +x), or is it on "
                        "a noexec mount? Build or install PackSec again");
    return psx_fail(op, PSX_E_SIGNATURE,
                    "the signature could not be verified: npsx-verify ended with status %d",
                    WEXITSTATUS(a->status));
}

psx_rc psx_signature_verify(psx_op *op, int verifier_fd, const psx_signature_request *request,
                            psx_signature_facts *out)
{
    char bytes[PSX_WIRE_ANSWER_BYTES];
    psx_os_reply answer = {.bytes = bytes, .size = sizeof bytes};
    psx_str question;
    *out = (psx_signature_facts){0};
    TRY(psx_wire_request_write(op, request, &question));
    TRY(psx_os_query(op, verifier_fd, "npsx-verify", question, TIMEOUT_MS, &answer));
    if (answer.status != 0) return refuse_end(op, &answer);
    size_t n = answer.n < sizeof bytes ? answer.n : sizeof bytes;
    if (answer.n > sizeof bytes) n = 0;
    return psx_wire_answer_read(op, (psx_str){bytes, n}, out);
}

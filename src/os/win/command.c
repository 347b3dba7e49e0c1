#include "os/win/command.h"

static psx_rc add_backslashes(psx_buf *line, size_t n)
{
    for (; n; n--)
        TRY(psx_buf_byte(line, '\\'));
    return PSX_OK;
}

// Inside quotes a backslash is itself, except in a run that ends at a quote: there each stands for
// two, and one more makes the quote a letter. A program's own name is read by other rules, in which
// nothing escapes a quote: no path has one.
psx_rc psx_win_command_add(psx_buf *line, psx_str argument)
{
    size_t run = 0;
    if (line->n) TRY(psx_buf_byte(line, ' '));
    TRY(psx_buf_byte(line, '"'));
    for (size_t i = 0; i < argument.n; i++) {
        if (argument.p[i] == '"') TRY(add_backslashes(line, run + 1));
        run = argument.p[i] == '\\' ? run + 1 : 0;
        TRY(psx_buf_byte(line, argument.p[i]));
    }
    TRY(add_backslashes(line, run));
    return psx_buf_byte(line, '"');
}

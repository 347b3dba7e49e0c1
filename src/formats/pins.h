// A list of pins: which bytes each file of an application has. Plain lines, sorted by path, so that
// one file is found by halving without reading the rest. docs/format/pins.txt says what is in it.
//
// Pure: the text is borrowed, and stays where it is as long as the list is used.
#ifndef PSX_FORMATS_PINS_H
#define PSX_FORMATS_PINS_H

#include "base/buf.h"
#include "formats/sri.h"

enum { PSX_PINS_MAX = 256 << 20, PSX_PIN_PATH_MAX = 4096 };

typedef enum {
    PSX_PIN_SHA256, // of the file's bytes
    PSX_PIN_VERITY, // what fs-verity measures
    PSX_PIN_LINK,   // a symbolic link: SHA-256 of the text that it holds
} psx_pin_kind;

typedef struct {
    psx_pin_kind kind;
    psx_sri_algorithm algorithm;
    uint8_t digest[PSX_SRI_MOST];
    psx_str path; // relative to the project, or absolute for what lies outside of it
} psx_pin;

typedef struct {
    psx_str text, body; // body: the lines behind the head
    bool packages_only; // the application's own files are not covered
} psx_pins;

// Strict: every line is looked at. PSX_E_SYNTAX, PSX_E_DUPLICATE, PSX_E_VALUE ... with the line.
psx_rc psx_pins_parse(psx_op *op, psx_str text, psx_str name, psx_pins *out);
// For a list whose bytes are vouched for: that it can be searched, at a tenth of the time. A line
// that would be refused above is one that is not found.
psx_rc psx_pins_skim(psx_op *op, psx_str text, psx_str name, psx_pins *out);
// The same for a text that was read before: only the head is looked at.
bool psx_pins_open(psx_str text, psx_pins *out);

bool psx_pins_find(const psx_pins *pins, psx_str path, psx_pin *out);
// Something lies beneath this directory.
bool psx_pins_has_dir(const psx_pins *pins, psx_str path);
// One line after the other; *at is 0 at first. False at the end.
bool psx_pins_next(const psx_pins *pins, size_t *at, psx_pin *out);

// Writing: the head, then lines in the order of psx_str_cmp of their paths.
psx_rc psx_pins_write_head(psx_buf *b, bool packages_only);
psx_rc psx_pins_write(psx_buf *b, const psx_pin *pin);
// May such a path stand in a list? Not with control characters or a backslash, which other tools
// would read otherwise.
bool psx_pins_path_ok(psx_str path);

#endif

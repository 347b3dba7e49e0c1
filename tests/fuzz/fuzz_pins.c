// Lists of pins: no crash; what was read strictly is found, line by line, and written again gives
// the same text. What was only skimmed never reads beyond the text.
#include "formats/pins.h"
#include "fuzz.h"

static void all_found(psx_op *op, const psx_pins *pins)
{
    psx_buf b;
    psx_pin pin, again;
    psx_buf_init(&b, op);
    PROMISE(!psx_failed(psx_pins_write_head(&b, pins->packages_only)));
    for (size_t at = 0; psx_pins_next(pins, &at, &pin);) {
        PROMISE(psx_pins_find(pins, pin.path, &again));
        PROMISE(again.path.p == pin.path.p);
        size_t slash = psx_str_find_last(pin.path, '/');
        if (slash > 0 && slash < pin.path.n)
            PROMISE(psx_pins_has_dir(pins, psx_str_slice(pin.path, 0, slash)));
        PROMISE(!psx_failed(psx_pins_write(&b, &pin)));
    }
    PROMISE(psx_str_eq(psx_buf_str(&b), pins->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    psx_op op;
    psx_pins pins;
    psx_pin pin;
    char *text = malloc(size ? size : 1); // exactly as long, for the sanitizer
    psx_str s = {text, size};
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    psx_op_init(&op, 64u << 20);
    if (!psx_failed(psx_pins_parse(&op, s, PSX_STR("f"), &pins))) all_found(&op, &pins);
    psx_fail_clear(&op);
    if (psx_pins_open(s, &pins)) {
        (void)psx_pins_find(&pins, PSX_STR("a/b"), &pin);
        (void)psx_pins_has_dir(&pins, PSX_STR("a"));
    }
    psx_op_fini(&op);
    free(text);
    return 0;
}

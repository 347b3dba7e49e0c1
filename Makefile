# The short way in: `make`, `make check`, `make run ARGS="app.js"`.
# meson and ninja do the work; this file only remembers the commands.
BUILD   ?= build
# A folder that gains its meson.build must be picked up: the list is part of the configuration.
LAYERS  := $(sort $(wildcard meson.build src/*/meson.build */meson.build tests/*/meson.build))

.PHONY: all setup check run clean asan fuzz layers

all: layers
	ninja -C $(BUILD)

setup:
	@if [ -x tools/setup ]; then tools/setup; fi

layers: setup
	@if [ ! -f $(BUILD)/build.ninja ]; then meson setup $(BUILD) $(MESON_OPTIONS); \
	elif [ "$$(cat $(BUILD)/layers.list 2>/dev/null)" != "$(LAYERS)" ]; then \
	    meson setup --reconfigure $(BUILD); fi
	@echo "$(LAYERS)" > $(BUILD)/layers.list

check: all
	meson test -C $(BUILD) --print-errorlogs --no-suite bench

run: all
	$(BUILD)/npsx $(ARGS)

# The unit tests again under AddressSanitizer and UndefinedBehaviorSanitizer, in their own directory.
asan:
	$(MAKE) BUILD=build-asan layers \
	    MESON_OPTIONS="-Db_sanitize=address,undefined -Db_lundef=false"
	ninja -C build-asan
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	    meson test -C build-asan --print-errorlogs --suite unit --suite fuzz

# libFuzzer needs clang; each target runs for FUZZ_SECONDS.
FUZZ_SECONDS ?= 30
fuzz:
	CC=clang $(MAKE) BUILD=build-fuzz layers \
	    MESON_OPTIONS="-Db_sanitize=address,undefined -Db_lundef=false"
	ninja -C build-fuzz
	tools/run-fuzzers build-fuzz $(FUZZ_SECONDS)

clean:
	rm -rf build build-asan build-fuzz

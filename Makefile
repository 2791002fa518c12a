# `make demo` and `make test` are all that a newcomer needs; both say what they miss and get it.
PREFIX ?= /usr/local
DESTDIR ?=
SHELL = /bin/bash

# A newer compiler's new warning must not stop a user's build, only ours.
STRICT = $(if $(filter true,$(CI)),-Xswiftc -warnings-as-errors)
DYNAMIC = swift build -c release --static-swift-stdlib --product natctl
# What is installed: release or dynamic.
BUILD ?= release

BASH_SCRIPTS = Scripts/demo Scripts/setup Scripts/test Packaging/static/build .ci/run \
    Tests/LabTests/lab Tests/LabTests/tools/router-daemon

.PHONY: build setup release static dynamic completions demo test lint bench install clean

build:
	@Scripts/setup build
	swift build $(STRICT)

setup:
	@Scripts/setup

# One file without any shared library: .build/natctl.
release static:
	@Scripts/setup release
	Packaging/static/build .build/natctl $(STRICT)

# .build/natctl-dynamic, for a package whose libxml2 gets the distribution's security updates.
dynamic:
	@Scripts/setup build
	$(DYNAMIC) $(STRICT)
	strip --strip-all -o .build/natctl-dynamic "$$($(DYNAMIC) --show-bin-path)/natctl"

# The options have changed: the shells' scripts follow.
completions: build
	mkdir -p completions
	natctl="$$(swift build --show-bin-path)/natctl"; \
	$$natctl --generate-completion-script bash >completions/natctl.bash && \
	$$natctl --generate-completion-script zsh >completions/_natctl && \
	$$natctl --generate-completion-script fish >completions/natctl.fish

demo:
	@Scripts/setup demo
	swift build $(STRICT)
	Scripts/demo

test:
	@Scripts/setup || { Scripts/setup build && test "$(CI)" != true; }
	Scripts/test $(STRICT)

# Silent when all is well.
lint:
	@Scripts/setup lint
	@swift format lint --strict --recursive Package.swift Sources Tests Examples
	@for page in $(wildcard Man/*.[1-9]); do mandoc -T lint -W warning $$page || exit; done
	@for script in $(BASH_SCRIPTS) $(wildcard completions/*.bash); do bash -n $$script || exit; done
	@for script in $(wildcard completions/_*); do zsh -n $$script || exit; done
	@for script in $(wildcard completions/*.fish); do fish -n $$script || exit; done

bench: release dynamic
	@Scripts/setup
	swift build -c release --product gateway-simulator $(STRICT)
	Scripts/bench

install: $(BUILD)
	install -D -m 755 .build/natctl$(if $(filter dynamic,$(BUILD)),-dynamic) \
	    $(DESTDIR)$(PREFIX)/bin/natctl
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 Man/*.1
	install -D -m 644 completions/natctl.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/natctl
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/zsh/site-functions completions/_natctl
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d completions/natctl.fish
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/bin/natctl|$(PREFIX)/bin/natctl|' Packaging/systemd/natctl-map@.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/natctl-map@.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/natctl-map@.service

clean:
	swift package clean
	rm -rf .build/natctl .build/natctl-dynamic .build/examples .build-static

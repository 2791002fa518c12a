# `make demo` and `make test` are all that a newcomer needs; both say what they miss and get it.
PREFIX ?= /usr/local
DESTDIR ?=
SHELL = /bin/bash

# A newer compiler's new warning must not stop a user's build, only ours.
STRICT = $(if $(filter true,$(CI)),-Xswiftc -warnings-as-errors)
RELEASE = swift build -c release --static-swift-stdlib --product natctl

.PHONY: build setup release static demo test lint bench install clean

build:
	@Scripts/setup build
	swift build $(STRICT)

setup:
	@Scripts/setup

release:
	@Scripts/setup build
	$(RELEASE) $(STRICT)
	strip --strip-all -o .build/natctl "$$($(RELEASE) --show-bin-path)/natctl"

# One file without any shared library, for machines that have none of ours: .build/natctl-static.
static:
	@Scripts/setup build
	Packaging/static/build .build/natctl-static

demo:
	@Scripts/setup demo
	swift build $(STRICT)
	Scripts/demo

test:
	@Scripts/setup || { Scripts/setup build && test "$(CI)" != true; }
	Scripts/test $(STRICT)

lint:
	@swift format lint --strict --recursive Package.swift Sources Tests
	@for page in $(wildcard Man/*.[1-9]); do mandoc -T lint -W warning $$page || exit; done
	@for script in Scripts/* .ci/run Tests/LabTests/lab; do bash -n $$script || exit; done

bench: release static
	@Scripts/setup
	Scripts/bench

install: release
	install -D -m 755 .build/natctl $(DESTDIR)$(PREFIX)/bin/natctl

clean:
	swift package clean
	rm -rf .build/natctl .build/natctl-static .build-static

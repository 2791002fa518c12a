# `make demo` and `make test` are all that a newcomer needs; both say what they miss and get it.
PREFIX ?= /usr/local
DESTDIR ?=
SHELL = /bin/bash

# A newer compiler's new warning must not stop a user's build, only ours.
STRICT = $(if $(filter true,$(CI)),-Xswiftc -warnings-as-errors)
# What users get is built from the versions in Package.resolved, and is the same in every folder.
RELEASED = -c release --force-resolved-versions -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. \
    -Xcc -ffile-prefix-map=$(CURDIR)=.
# What is installed: static or dynamic; PROGRAM is its file.
BUILD ?= static
PROGRAM = .build/natctl$(if $(filter dynamic,$(BUILD)),-dynamic)
# `make install` builds nothing, and needs no Swift, once PROGRAM is newer than these.
SOURCES = Package.swift Package.resolved $(shell find Packaging/program \
    $(addprefix Sources/,CLibXML2 CSystemCalls NATTraversal Support natctl))
INSTALL_ROOT = $(DESTDIR)$(PREFIX)
# The sources state the version once, for `natctl --version`; everything else takes it from there.
VERSION = $(shell sed -nE 's/^.*version(:| =) "([^"]* )?([0-9]+[.][0-9]+[.][0-9]+)".*$$/\3/p' \
    Sources/natctl/NATCtl.swift)
RELEASE = .build/release-$(VERSION)

BASH_SCRIPTS = $(addprefix Scripts/,coverage demo docs fuzz setup test test-sanitized) \
    $(addprefix Packaging/program/,build notices) \
    $(addprefix Packaging/deb/,build postinst prerm postrm) \
    $(addprefix Packaging/,release reproduce) .ci/run \
    $(addprefix Tests/LabTests/,lab tools/router-daemon)

.PHONY: build setup static dynamic completions docs demo test test-asan test-tsan soak kills fuzz \
    coverage lint bench install uninstall deb dist release reproduce clean

build:
	@Scripts/setup build
	swift build $(STRICT)

setup:
	@Scripts/setup

# One file without any shared library.
static: .build/natctl

.build/natctl: $(SOURCES)
	@Scripts/setup static
	Packaging/program/build static $@ $(RELEASED) $(STRICT)

# For a package whose libxml2 gets the distribution's security updates.
dynamic: .build/natctl-dynamic

.build/natctl-dynamic: $(SOURCES)
	@Scripts/setup build
	Packaging/program/build dynamic $@ $(RELEASED) $(STRICT)

# The options have changed: the shells' scripts follow.
completions: build
	mkdir -p completions
	natctl="$$(swift build --show-bin-path)/natctl"; \
	$$natctl --generate-completion-script bash >completions/natctl.bash && \
	$$natctl --generate-completion-script zsh >completions/_natctl && \
	$$natctl --generate-completion-script fish >completions/natctl.fish

demo:
	@Scripts/setup demo
	swift build --product natctl $(STRICT)
	swift build --product gateway-simulator $(STRICT)
	Scripts/demo

test:
	@Scripts/setup || { Scripts/setup build && test "$(CI)" != true; }
	Scripts/test $(STRICT)

# Tiers 1 and 2 under a sanitizer; the build takes minutes, and so do the tests.
test-asan test-tsan:
	@Scripts/setup build
	Scripts/test-sanitized $(if $(filter %-asan,$@),address,thread) $(STRICT)

# A thousand mappings held for three weeks of virtual time, once for each of SEEDS seeds, then
# MINUTES in the lab with a router that restarts every 5 s, later every 60 s.
SEEDS ?= 4
MINUTES ?= 20
soak:
	@Scripts/setup
	swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build/soak $(STRICT)
	NATCTL_SOAK_SEEDS=$$(seq -s, $(SEEDS)) swift test -c release --skip-build --disable-xctest \
	    -Xswiftc -enable-testing --scratch-path .build/soak --filter '^NATTraversalTests[.]SoakTests'
	swift build --product natctl $(STRICT)
	Tests/LabTests/lab -- restarts.py $(CURDIR)/.build/debug/natctl $$(($(MINUTES) * 60))

# natctl killed in the lab, KILLS times in each of three commands by each of three techniques.
KILLS ?= 56
kills:
	@Scripts/setup
	swift build --product natctl $(STRICT)
	Tests/LabTests/lab --round-trip 30 -- kills.py $(CURDIR)/.build/debug/natctl $(KILLS)

# How long each property is tried, or on how many inputs; and which, all without a name.
SECONDS ?= 60
RUNS ?=
PROPERTY ?=

# What holds for all bytes and for every order of answers, tried on inputs that libFuzzer invents.
fuzz:
	@Scripts/setup build
	FUZZ_RUNS=$(RUNS) Scripts/fuzz $(SECONDS) $(PROPERTY)

# How many lines the tests run, by folder. UNCOVERED=Session lists those of a folder that none does.
coverage:
	@Scripts/setup
	Scripts/coverage $(UNCOVERED)

# Silent when all is well.
lint:
	@Scripts/setup lint
	@swift format lint --strict --recursive Package.swift Sources Tests Examples Fuzz
	@for page in $(wildcard Man/*.[1-9]); do mandoc -T lint -W warning $$page || exit; done
	@for script in $(BASH_SCRIPTS) $(wildcard completions/*.bash); do bash -n $$script || exit; done
	@for script in $(wildcard completions/_*); do zsh -n $$script || exit; done
	@for script in $(wildcard completions/*.fish); do fish -n $$script || exit; done

# The library's documentation, a DocC archive; a warning is a failure.
docs: build
	Scripts/docs .build/docs

bench: static dynamic
	@Scripts/setup
	swift build -c release --product gateway-simulator $(STRICT)
	Scripts/bench

install: $(PROGRAM)
	install -D -m 755 $(PROGRAM) $(INSTALL_ROOT)/bin/natctl
	for section in 1 5 7; do \
	    install -D -m 644 -t $(INSTALL_ROOT)/share/man/man$$section Man/*.$$section || exit; \
	done
	install -D -m 644 completions/natctl.bash \
	    $(INSTALL_ROOT)/share/bash-completion/completions/natctl
	install -D -m 644 -t $(INSTALL_ROOT)/share/zsh/site-functions completions/_natctl
	install -D -m 644 -t $(INSTALL_ROOT)/share/fish/vendor_completions.d completions/natctl.fish
	install -D -m 644 -t $(INSTALL_ROOT)/share/doc/natctl/examples Packaging/systemd/web.conf
	install -d $(INSTALL_ROOT)/lib/systemd/system
	sed 's|/usr/bin/natctl|$(PREFIX)/bin/natctl|' Packaging/systemd/natctl-map@.service \
	    >$(INSTALL_ROOT)/lib/systemd/system/natctl-map@.service
	chmod 644 $(INSTALL_ROOT)/lib/systemd/system/natctl-map@.service

# With the PREFIX and DESTDIR of the installation.
uninstall:
	rm -f $(INSTALL_ROOT)/bin/natctl \
	    $(foreach section,1 5 7,$(addprefix $(INSTALL_ROOT)/share/man/man$(section)/, \
	        $(notdir $(wildcard Man/*.$(section))))) \
	    $(INSTALL_ROOT)/share/bash-completion/completions/natctl \
	    $(INSTALL_ROOT)/share/zsh/site-functions/_natctl \
	    $(INSTALL_ROOT)/share/fish/vendor_completions.d/natctl.fish \
	    $(INSTALL_ROOT)/lib/systemd/system/natctl-map@.service
	rm -rf $(INSTALL_ROOT)/share/doc/natctl

# A package for this distribution and architecture, in .build/deb.
deb: .build/natctl-dynamic
	@Scripts/setup deb
	Packaging/deb/build $< $(VERSION) .build/deb

# The sources of the last commit, in .build/release-VERSION.
dist:
	@test -z "$$(git status --porcelain)" || { echo "dist: commit all changes first" >&2; exit 65; }
	mkdir -p $(RELEASE)
	git -c tar.umask=0022 archive -9 --output=$(RELEASE)/natctl-$(VERSION).tar.gz \
	    --prefix=natctl-$(VERSION)/ HEAD

# Everything that users download, for this distribution and architecture.
release: dist static deb
	Packaging/release $(VERSION) $(RELEASE)

# Builds the release of the last commit twice, in two folders: every file must be the same.
reproduce:
	Packaging/reproduce

clean:
	swift package clean
	rm -rf .build/natctl .build/natctl-dynamic .build/deb .build/release-* .build/examples \
	    .build/coverage .build/fuzz .build/asan .build/tsan .build/soak .build-static .build-dynamic

# ct: build, install, check, try. Everything built goes to build/ (or $(B)).
#
#	make                  the utilities, in build/
#	make install          PREFIX=/usr/local DESTDIR=; make install-strip: without debug information
#	sudo make try         installs what is needed, leaves you in a container's shell
#	sudo make check       installs what the tests need and runs them all
#	sudo make unit        the unit tests;  sudo make test T='ps -f name'  some command tests
#	sudo make check-vm    the command tests on a kernel with cgroup v2 only, in a virtual machine
#	                      (SUITE=trixie: with Debian 13's kernel and systemd; SUITES: their names;
#	                      LABS=DIR: instead checks the programs of students, DIR/STUDENT/mine;
#	                      ARCH=arm64: some tests, cross-compiled, on an emulated arm64 machine: 15 minutes)
#	sudo make check-attack	attacks from within containers, and on neighbours (NAMES: only these files of
#	                      test/attack); what reaches the whole machine runs in a virtual machine
#	sudo make check-fault	kills and failing calls at every system call that changes something (hours; SAMPLES=N: N each)
#	sudo make check-load  many containers at once, alive and in a row; random kills (LOAD_AT_ONCE=200 LOAD_ALIVE=1000
#	                      LOAD_ROW=3000 LOAD_SECONDS=300; LOAD_SEED repeats the choices of a run)
#	sudo make check-cuts  power cuts at random moments (FAULT_CUTS=50 in all; FAULT_SEED)
#	sudo make check-fuzz  random inputs, by libFuzzer, for all that reads bytes from outside (FUZZ_SECONDS=60 each);
#	                      what it finds is in build/fuzz
#	sudo make check-valgrind	command tests under valgrind 3.24 or later (SUITES)
#	sudo make check-breaks	breaks one protection after the other: does a test notice? (NAMES: only some)
#	sudo make bench       times ct beside crun, runc, podman and other peers; ROWS=start,exec some rows
#	sudo make bench-build times builds only, beside podman build
#	sudo make bench-check compares the ratios with those that were accepted
#	sudo make check-debian13	some of the tests, built and run in a Debian 13; SUITES=all, or their names
#	sudo make check-oci   ct-oci and the validation programs of OCI runtimes (RUNTIME=PATH: another one)
#	make deb              the Debian package, in build/deb (dpkg-buildpackage, debhelper)
#	sudo make check-deb	the package in fresh roots of Debian 12 and 13: lintian, install, upgrade, purge (SUITES)
#	sudo make cross       compiles for arm64 too, with warnings as errors, and runs unit tests that an emulator can run
#	sudo make untry       takes away all that try and check have made and installed
#	make analyze          what the analyzers of gcc and clang find;  sudo make coverage  what the tests reach (SUITES)
#	make lint             compilers' and checkers' warnings, the rules of the house

VERSION := 0.1.0
B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC      := gcc
endif

# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS belong to the user, in the environment as on the command line
# (dpkg-buildflags sets them); they follow the flags that the sources need.
CFLAGS  ?= -O2 -g
# ISA-L inflates gzip twice as fast as zlib. Used where its headers are installed; `make ISAL=` does without.
ISAL    ?= $(if $(wildcard $(addsuffix /isa-l/igzip_lib.h,/usr/local/include /usr/include)),-lisal)
DEFINES := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DCT_VERSION='"$(VERSION)"' -Ilib -Icmd -I$(B) $(if $(ISAL),-DCT_ISAL)
# Warnings are errors for developers and CI (WERROR=1), not for the user of another compiler.
WARN    := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla
# glibc warns about _FORTIFY_SOURCE where the compiler does not optimize, gcc where it is defined twice.
FORTIFY := $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN  := -fstack-protector-strong -fPIE $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(FORTIFY))
COMPILE  = $(CC) $(DEFINES) $(WARN) $(if $(WERROR),-Werror) $(HARDEN) $(CPPFLAGS) $(CFLAGS)
LINK     = $(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)
# The small libraries of each run are linked statically where that can be: a quarter of the time
# that the dynamic loader takes goes into them (asked once, when the first program is linked).
SMALL    = -lbtrfsutil -lcgroup -ljansson -lseccomp
STATIC   = -Wl,-Bstatic $(SMALL) -Wl,-Bdynamic
TRY      = int cgroup_init(), btrfs_util_create_subvolume(), json_loadb(), seccomp_reset(); \
	int main(void) { return cgroup_init() + btrfs_util_create_subvolume() + json_loadb() + seccomp_reset(); }
# The architecture for which $(CC) compiles.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
# Named for all, kept only by the programs that use them.
LIBS     = $(eval LIBS := -Wl,--as-needed \
	$(if $(shell echo '$(TRY)' | $(CC) -w -xc -o /dev/null - $(STATIC) 2>&1 || :),$(SMALL),$(STATIC)) \
	-larchive -lcurl -lcrypto $(ISAL) -lz -lmnl -lnftables)$(LIBS)

LIB     := $(patsubst %.c,$(B)/%.o,$(wildcard lib/*/*.c))
DEFAULT_PATH = $(shell sed -n 's/^\#define COMMAND_PATH "\(.*\)"$$/\1/p' lib/run/command.h)
SCRIPTS := $(patsubst cmd/%,$(B)/%,$(filter-out %.c %.h,$(wildcard cmd/*)))
CMDS    := $(patsubst cmd/%.c,$(B)/%,$(wildcard cmd/ct-*.c)) $(SCRIPTS)
BENCH   := $(B)/bench/stopwatch $(B)/bench/bound
UNITS   := $(patsubst test/unit/%.c,$(B)/unit/%,$(wildcard test/unit/*.c))
# The drivers of these tests trace and make system calls of x86-64.
FAULTS  := $(if $(filter x86_64,$(MACHINE)),$(B)/fault/killat $(B)/fault/failat)
ATTACKS := $(if $(filter x86_64,$(MACHINE)),$(B)/attack/attack $(B)/attack/interp $(B)/attack/open.so $(B)/syscalls/probe)
# What is done, in a word (nothing with -s); V=1 shows the whole commands.
SILENT   = $(findstring s,$(firstword -$(MAKEFLAGS)))
say      = $(if $(V),,@$(if $(SILENT),,echo '  $(1)' $(patsubst $(B)/%,%,$@);))
SHARE   := $(filter-out share/gen-% share/man share/systemd,$(wildcard share/*))
UNITDIR  = $(DESTDIR)$(PREFIX)/lib/systemd/system
MAN     := $(foreach s,1 5 7 8,$(patsubst share/man/%,$(B)/man/man$s/%,$(wildcard share/man/*.$s)))
COMPLETE = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH      = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH     = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
MANUAL   = $(DESTDIR)$(PREFIX)/share/man

all: $(CMDS) $(MAN) $(B)/ct.bash
programs: $(CMDS)
units: $(UNITS) $(FAULTS) $(ATTACKS)

$(B)/libct.a: $(LIB)
	$(call say,AR  )rm -f $@ && $(AR) rcs $@ $^

$(SCRIPTS): $(B)/%: cmd/% lib/run/command.h Makefile
	@mkdir -p $(@D)
	$(call say,GEN )sed 's,@VERSION@,$(VERSION),; s,@PATH@,$(DEFAULT_PATH),' $< >$@.new && chmod 755 $@.new && mv $@.new $@

$(B)/ct-%: $(B)/cmd/ct-%.o $(B)/cmd/cmd.o $(B)/cmd/bar.o $(B)/libct.a
	$(call say,LINK)$(LINK) -o $@ $(filter %.o,$^) $(B)/libct.a $(LIBS) $(LDLIBS)

# A program of several commands has more files than one.
$(B)/ct-run $(B)/ct-create: $(patsubst %.c,$(B)/%.o,$(wildcard cmd/run-*.c)) $(B)/cmd/rm-end.o
$(B)/ct-rm: $(B)/cmd/rm-end.o
$(B)/ct-net: $(patsubst %.c,$(B)/%.o,$(wildcard cmd/net-*.c))
$(B)/ct-volumes: $(patsubst %.c,$(B)/%.o,$(wildcard cmd/volumes-*.c))
$(B)/ct-ps: $(patsubst %.c,$(B)/%.o,$(wildcard cmd/ps-*.c))
$(B)/ct-oci: $(patsubst %.c,$(B)/%.o,$(wildcard cmd/oci-*.c))
$(B)/ct-build: $(patsubst %.c,$(B)/%.o,$(wildcard cmd/build-*.c))

$(B)/unit/%: $(B)/test/unit/%.o $(B)/libct.a
	@mkdir -p $(@D)
	$(call say,LINK)$(LINK) -o $@ $^ -lcmocka $(LIBS) $(LDLIBS)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC  )$(COMPILE) -MMD -MP -c -o $@ $<

# Drivers of the fault tests: they run a command under ptrace(2).
$(B)/fault/%: $(B)/test/fault/%.o $(B)/test/fault/trace.o $(B)/test/fault/kind.o
	@mkdir -p $(@D)
	$(call say,LINK)$(LINK) -o $@ $^ $(LDLIBS)

# What attacks from within containers: static, because an image need not have a C library. Neither
# sanitizers nor the user's flags are for them.
STATICALLY = $(CC) $(filter-out -Ilib -Icmd,$(DEFINES)) $(WARN) $(if $(WERROR),-Werror) -O2
$(B)/attack/interp: test/attack/interp.c
	@mkdir -p $(@D)
	$(call say,CC  )$(STATICALLY) -fno-stack-protector -ffreestanding -nostdlib -static-pie -o $@ $<
$(B)/attack/%.so: test/attack/%.c
	@mkdir -p $(@D)
	$(call say,CC  )$(STATICALLY) -fPIC -shared -o $@ $<
$(B)/attack/%: test/attack/%.c
	@mkdir -p $(@D)
	$(call say,CC  )$(STATICALLY) -static -o $@ $<
$(B)/syscalls/%: test/syscalls/%.c $(B)/syscall-numbers.h
	@mkdir -p $(@D)
	$(call say,CC  )$(STATICALLY) -static -o $@ $<

$(B)/syscall-names.h: $(B)/unistd-64
	$(call say,GEN )sed -n 's/^#define __NR_\([a-z0-9_]*\) \(.*\)/{"\1", \2},/p' $< >$@.new && mv $@.new $@

$(B)/test/fault/kind.o: $(B)/syscall-names.h

# {"x86_64", "NAME", NUMBER, {0}}, ... of every call of the three architectures.
# Without uretprobe(2) and uprobe(2): no filter sees them, and called from elsewhere than a probe they kill.
$(B)/syscall-numbers.h: $(B)/unistd-64 $(B)/unistd-x32 $(B)/unistd-32
	$(call say,GEN )for arch in x86_64:64 x32:x32 i386:32; do \
		sed -n "/__NR_u[ret]*probe /d; s/^#define __NR_\([a-z0-9_]*\) .*[^0-9]\([0-9][0-9]*\))*$$/\1 \2/p; s/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/\1 \2/p" $(B)/unistd-$${arch#*:} | \
		awk -v arch=$${arch%:*} '{ printf "{\"%s\", \"%s\", %d%s, {0}},\n", arch, $$1, $$2, arch == "x32" ? " | 0x40000000" : "" }'; \
	done >$@.new && mv $@.new $@

# The system calls that a container may make: the profile, with the numbers of the kernel's headers.
$(B)/unistd-%: Makefile
	@mkdir -p $(@D)
	$(call say,GEN )echo '#include <asm/unistd_$*.h>' | $(CC) -E -dM - >$@.new && mv $@.new $@

# Headers that number some calls by another name (__NR3264_fcntl) are resolved.
$(B)/unistd-aarch64: Makefile
	@mkdir -p $(@D)
	$(call say,GEN )echo '#include <asm/unistd.h>' | $(CC) -E -dM - | awk '{ is[$$2] = $$3 } \
		END { for (name in is) if (name ~ /^__NR_/) { n = is[name]; while (n in is) n = is[n]; print "#define", name, n } }' | \
		LC_ALL=C sort >$@.new && mv $@.new $@

# The ways in which a process makes system calls, and where the numbers are.
CALLS_x86_64  := arch=x86_64 $(B)/unistd-64 $(B)/unistd-x32 arch=i386 $(B)/unistd-32
CALLS_aarch64 := arch=aarch64 $(B)/unistd-aarch64
$(B)/seccomp-tables.h: share/gen-seccomp share/seccomp $(filter-out arch=%,$(CALLS_$(MACHINE)))
	$(call say,GEN )share/gen-seccomp $(CALLS_$(MACHINE)) arch= share/seccomp >$@.new && mv $@.new $@

$(B)/lib/kernel/seccomp.o: $(B)/seccomp-tables.h

# What jq makes of JSON from outside: {"NAME", "the text of NAME.jq"}, ...
$(B)/jq-filters.h: $(wildcard share/*.jq) Makefile
	@mkdir -p $(@D)
	$(call say,GEN )for file in $(filter %.jq,$^); do \
		echo "{\"$$(basename $$file .jq)\","; sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$file; echo '},'; done >$@.new && mv $@.new $@

$(B)/lib/base/jq.o: $(B)/jq-filters.h

# The manual: the pages of share/man, with what the programs say of themselves. (`man` finds it beside them.)
define page
	@mkdir -p $(@D)
	$(call say,MAN )share/gen-man share/man/$(@F) $(filter $(B)/%,$^) >$@.new && mv $@.new $@
endef
$(MAN): share/gen-man
$(B)/man/man1/ct.1: $(B)/ct $(sort $(filter $(B)/ct-%,$(CMDS)))
$(filter $(B)/man/man1/ct-%,$(MAN)): $(B)/man/man1/%.1: $(B)/%
$(B)/man/man8/ct-oci.8: $(B)/ct-oci
$(B)/man/man7/ct-docker.7: $(filter-out $(B)/ct-create,$(filter $(patsubst cmd/%.c,$(B)/%,$(wildcard cmd/ct-*.c)),$(CMDS)))
$(B)/man/man7/ct-labs.7: $(wildcard share/labs/order share/labs/*/text)
$(B)/man/man1/%: share/man/%
	$(page)
$(B)/man/man5/%: share/man/%
	$(page)
$(B)/man/man7/%: share/man/%
	$(page)
$(B)/man/man8/%: share/man/%
	$(page)

$(B)/ct.bash: completions/ct.bash share/gen-completions lib/kernel/caps.c $(CMDS)
	$(call say,GEN )share/gen-completions $< $(B) >$@.new && mv $@.new $@

# What reads bytes from outside, one program a kind: with clang fed by libFuzzer, otherwise with the files it is given.
FUZZERS := $(patsubst test/fuzz/%.c,$(B)/fuzz-%,$(wildcard test/fuzz/*.c))
$(B)/fuzz-%: $(B)/test/fuzz/%.o $(B)/libct.a
	$(call say,LINK)$(LINK) $(if $(findstring clang,$(CC)),-fsanitize=fuzzer) -o $@ $^ $(LIBS) $(LDLIBS)
fuzzers: $(FUZZERS)
libfuzzer:
	$(MAKE) B=$(B)/fuzz CC=clang WARN=-std=gnu11 HARDEN=-fPIE fuzzers CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all'

# The same under the address and undefined-behaviour sanitizers.
asan:
	$(MAKE) B=$(B)/asan HARDEN=-fPIE all units fuzzers \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'

# The same, without debug information.
install-strip: install
	strip $(patsubst $(B)/%,$(DESTDIR)$(PREFIX)/bin/%,$(filter-out $(SCRIPTS),$(CMDS)))

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install $(CMDS) $(DESTDIR)$(PREFIX)/bin
	[ -z "$(SHARE)" ] || { install -d $(DESTDIR)$(PREFIX)/share/ct && cp -r $(SHARE) $(DESTDIR)$(PREFIX)/share/ct; }
	for page in $(patsubst $(B)/man/%,%,$(MAN)); do \
		install -d $(MANUAL)/$${page%/*} && sed 's,/usr/local/\(bin/ct\|share/ct\),$(PREFIX)/\1,g; s,^.It Pa PREFIX/,.It Pa $(PREFIX)/,' \
			$(B)/man/$$page >$(MANUAL)/$$page && chmod 644 $(MANUAL)/$$page || exit; done
	install -d $(UNITDIR)
	for unit in $(notdir $(wildcard share/systemd/*)); do \
		sed 's,@BIN@,$(PREFIX)/bin,' share/systemd/$$unit >$(UNITDIR)/$$unit && chmod 644 $(UNITDIR)/$$unit || exit; done
	install -d $(COMPLETE)
	install -m 644 $(B)/ct.bash $(COMPLETE)/ct
	for name in $(filter-out ct,$(notdir $(CMDS))); do ln -sf ct $(COMPLETE)/$$name || exit; done
	install -D -m 644 completions/ct.zsh $(ZSH)/_ct
	install -D -m 644 completions/ct.fish $(FISH)/ct.fish
	ln -sf ct.fish $(FISH)/bocker.fish

uninstall:
	rm -f $(patsubst $(B)/%,$(DESTDIR)$(PREFIX)/bin/%,$(CMDS))
	rm -rf $(DESTDIR)$(PREFIX)/share/ct
	rm -f $(patsubst $(B)/man/%,$(MANUAL)/%,$(MAN))
	rm -f $(patsubst share/systemd/%,$(UNITDIR)/%,$(wildcard share/systemd/*))
	rm -f $(patsubst $(B)/%,$(COMPLETE)/%,$(CMDS))
	rm -f $(ZSH)/_ct $(FISH)/ct.fish $(FISH)/bocker.fish

cross:
	@B=$(B) test/cross

# The Debian package, from the files of this tree, in $(B)/deb (a copy: what is built here stays as it is).
deb:
	rm -rf $(B)/deb && mkdir -p $(B)/deb/ct
	tar -c --exclude=./.git --exclude=./build --exclude='./$(B)' . | tar -x -C $(B)/deb/ct
	cd $(B)/deb/ct && env -u B -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -j$$(nproc)
	rm -rf $(B)/deb/ct

# By hand: the package, built and checked by lintian, installed, upgraded, purged in fresh roots of these releases.
check-deb:
	@test/deb $(SUITES)

# A checked file is a stamp, made again when the file or, through its object, a header of it changes.
LINT_C  := $(patsubst %,$(B)/lint/%,$(wildcard lib/*/*.c cmd/*.c))
LINT_SH := $(patsubst %,$(B)/lint/%.sh,$(shell grep -lsE '^(\#!.*sh$$|\# shellcheck shell|@test )' cmd/* .ci/* share/* share/labs/* share/labs/*/* completions/* test/* test/vm/* test/cmd/* test/fault/* test/attack/* test/syscalls/* test/load/* test/breaks/*))
TIDY = clang-tidy --quiet $< -- $(DEFINES) -std=gnu11
# Fewer paths through each function than are the default, in a third of the time; `make analyze` follows them all.
FEWER := -Xclang -analyzer-config -Xclang max-nodes=60000
lint: WERROR := 1
lint: all $(LINT_C) $(LINT_SH)
	test/house

$(B)/lint/%.c: %.c $(B)/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,LINT)$(TIDY) $(FEWER) 2>/dev/null
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--suppress=uninitvar --suppress=legacyUninitvar --suppress=preprocessorErrorDirective \
		--suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE -Ilib -Icmd $<
	@touch $@

$(B)/lint/%.sh: %
	@mkdir -p $(@D)
	$(call say,LINT)shellcheck $<
	@touch $@

try:
	@test/setup try
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@B=$(B) test/try up

untry:
	@B=$(B) test/try down
	@test/setup remove
	@rm -rf $(B)

check:
	@B=$(B) test/check $(SUITES)

# What the targets that do not call test/check do first.
ready = @test/setup $(1) && test/busybox && $(MAKE) --no-print-directory -s -j$$(nproc)

check-attack:
	$(call ready,check) all $(ATTACKS)
	@B=$(B) test/attack/run $(NAMES)

# By hand, for hours: a fault at every system call that changes something. In this build an error that nobody recorded
# is printed as \xfe\xfe... (ct-lab looks for its labs beside the directory of the programs, hence the link.)
check-fault:
	@mkdir -p $(B)/pattern && ln -sfn $(CURDIR)/share $(B)/share
	@B=$(B)/pattern CFLAGS='-O2 -g -ftrivial-auto-var-init=pattern' FAULT_SAMPLES=$(or $(SAMPLES),all) FAULT_SECONDS=86400 test/check $(or $(SUITES),fault/every fault/killed fault/leftovers fault/walks)

# By hand. The environment or the command line has other numbers.
check-load: export LOAD_AT_ONCE ?= 200
check-load: export LOAD_ALIVE ?= 1000
check-load: export LOAD_ROW ?= 3000
check-load: export LOAD_SECONDS ?= 300
check-load:
	@B=$(B) LOAD_LIMIT=7200 test/check load

check-cuts: export FAULT_CUTS ?= 50
check-cuts:
	@B=$(B) FAULT_SECONDS=7200 test/check fault/cuts

# By hand. `make check` reads the seeds only.
check-fuzz: export FUZZ_SECONDS ?= 60
check-fuzz:
	@B=$(B) test/check -s fuzz $(SUITES)

# By hand, an hour.
check-valgrind:
	$(call ready,valgrind) all
	@B=$(B) test/valgrind $(SUITES)

# By hand: a build with each protection broken must make a test fail.
check-breaks:
	$(call ready,check) all
	@B=$(B) test/breaks/run $(NAMES)

# By hand, for minutes. What gcc finds is a warning.
ANALYZED := $(patsubst %.c,$(B)/analyze/%.o,$(wildcard lib/*/*.c cmd/*.c))
$(B)/analyze/%.o: %.c $(B)/seccomp-tables.h $(B)/jq-filters.h Makefile
	@mkdir -p $(@D)
	$(call say,FIND)$(TIDY) 2>/dev/null && CCACHE_DISABLE=1 $(COMPILE) -fanalyzer -O1 -c -o $@ $<
analyze: $(ANALYZED)
.PHONY: analyze coverage

# By hand: the lines that the tests reach. SUITES=... are the suites run (names of test/check; default: the unit tests
# and the command tests of lib/run, lib/store and lib/net). $(B)/coverage/report has each line that was not reached;
# test/coverage says what it cannot see.
COVERED ?= cmd/run cmd/start cmd/create cmd/rm cmd/exec cmd/commit cmd/roots cmd/store cmd/volumes cmd/tag \
	cmd/network cmd/networks cmd/net cmd/rules cmd/options cmd/sharing cmd/disk cmd/send fault/every fault/leftovers \
	$(patsubst test/unit/%.c,unit/%,$(wildcard test/unit/*.c))
coverage:
	@find $(B)/coverage -name '*.gcda' -delete 2>/dev/null || :
	@$(MAKE) --no-print-directory -s B=$(B)/coverage FORTIFY= CFLAGS='-O0 -g --coverage -fprofile-update=atomic' all units
	@B=$(B)/coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic' test/check $(or $(SUITES),$(COVERED)) || :
	@B=$(B)/coverage test/coverage >$(B)/coverage/report
	@sed '/^$$/q' $(B)/coverage/report

# SUITES=all is the whole of `make check` there.
check-debian13:
	@test/root trixie test/check $(if $(SUITES),$(filter-out all,$(SUITES)),-s smoke)

# Some tests, at once: nothing is installed, and no sanitizer is built.
unit: all $(if $(T),$(B)/unit/$(T),$(UNITS))
	@B=$(B) test/some unit $(T)
test: all $(FAULTS)
	@B=$(B) test/some

$(BENCH): $(B)/bench/%: test/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC  )$(filter-out -Ilib,$(COMPILE)) -o $@ $<

# By hand: the same Dockerfiles built with ct and with podman.
compare-builds: all
	@B=$(B) test/builds/compare $(NAMES)

comma := ,
bench bench-check bench-build:
	@test/setup bench
	@$(MAKE) --no-print-directory -s -j$$(nproc) all $(BENCH)
	@B=$(B) test/bench/run $(if $(filter bench-check,$@),--check) $(if $(filter bench-build,$@),--rows build$(comma)build-cached$(comma)build-changed,$(if $(ROWS),--rows $(ROWS))) $(BENCH_ARGS)

# Builds the validation programs from Debian's source package, once.
check-oci:
	$(call ready,check) all
	@B=$(B) RUNTIME='$(RUNTIME)' PROGRAMS='$(PROGRAMS)' test/oci/check

# By hand with ARCH=arm64.
check-vm:
	@B=$(B) CT_VM_SUITE=$(SUITE) CT_VM_ARCH=$(ARCH) $(if $(SYSTEMD),test/vm/systemd,$(if $(LABS),test/vm/labs '$(LABS)',test/vm/check $(SUITES)))

clean:
	rm -rf $(B)

-include $(wildcard $(B)/lib/*/*.d $(B)/cmd/*.d $(B)/test/unit/*.d $(B)/test/fault/*.d $(B)/test/fuzz/*.d)

.PHONY: all programs cross deb check-deb check-load check-cuts check-fuzz check-valgrind check-breaks check-oci units check-fault check-attack fuzzers libfuzzer unit test compare-builds bench bench-check bench-build asan install install-strip uninstall lint try untry check check-debian13 check-vm clean
.SECONDARY:
.DELETE_ON_ERROR:

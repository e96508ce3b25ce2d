# The Makefile and test/run for packagers, users of other compilers and of closed home directories.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	D=$BATS_TEST_TMPDIR
	unset MAKEFLAGS MFLAGS MAKELEVEL CPPFLAGS CFLAGS LDFLAGS LDLIBS WERROR V
}

# TARGET [ARGUMENT...]: the command that makes the target of $D.
command_for() {
	local target=$1
	shift
	make -n V=1 B="$D" "$@" "$D/$target" | grep -F -- " -o $D/$target "
}

# COMMAND: it has the user's flags and those that the sources need.
compiles_with() {
	[[ $1 == *' -D_GNU_SOURCE '*' -Ilib '* && $1 == *' -DMINE '* && $1 == *' -O1 '* && $1 != *' -O2 '* ]]
}

links_with() {
	[[ $1 == *' -pie '*' -lbtrfsutil '* && $1 == *' -Wl,--as-mine '* && $1 == *' -lmine'* ]]
}

@test "the user's flags on make's command line are added to those that the sources need" {
	compiles_with "$(command_for lib/base/err.o CPPFLAGS=-DMINE CFLAGS=-O1)"
	links_with "$(command_for ct-rm LDFLAGS=-Wl,--as-mine LDLIBS=-lmine)"
}

@test "the user's flags in the environment are added to those that the sources need" {
	compiles_with "$(CPPFLAGS=-DMINE CFLAGS=-O1 command_for lib/base/err.o)"
	links_with "$(LDFLAGS=-Wl,--as-mine LDLIBS=-lmine command_for ct-rm)"
}

# _FORTIFY_SOURCE: without -O features.h warns, and a second definition is a warning of gcc's.
@test "the user's optimization level and _FORTIFY_SOURCE cause no warnings" {
	for flags in -g -O0 '-O2 -D_FORTIFY_SOURCE=2' '-O3 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3'; do
		rm -f "$D/lib/base/err.o"
		make WERROR=1 B="$D" CFLAGS="$flags" "$D/lib/base/err.o"
		[ -e "$D/lib/base/err.o" ]
	done
}

@test "a compiler's warning stops the build with WERROR=1, and only then" {
	echo 'static int unused;' >"$D/unused.h"
	make B="$D" CPPFLAGS="-include $D/unused.h" "$D/lib/base/err.o"
	rm "$D/lib/base/err.o"
	run make WERROR=1 B="$D" CPPFLAGS="-include $D/unused.h" "$D/lib/base/err.o"
	[ "$status" = 2 ]
	[[ $output == *'[-Werror=unused-variable]'* ]]
	[ ! -e "$D/lib/base/err.o" ]
}

@test "an ordinary user can read the tests and programs of a clone that is closed to him" {
	mkdir -m 700 "$D/closed"
	mkdir -p "$D/closed/ct/test" "$D/closed/ct/build" "$D/closed/built"
	cp test/run test/facts "$D/closed/ct/test"
	touch "$D/closed/ct/build/mine" "$D/closed/built/theirs"
	cd "$D/closed/ct/test"
	user=(setpriv --reuid 1000 --regid 1000 --clear-groups)
	run -0 env B=build ./run "${user[@]}" sh -c 'ls ../test "$B"'
	[[ $output == *run* && $output == *mine* ]]
	run -0 env B="$D/closed/built" ./run "${user[@]}" sh -c 'ls "$B"/theirs'
}

@test "a mount of another program that vanishes while tests run is no difference" {
	mkdir "$D/theirs"
	mount -t tmpfs none "$D/theirs"
	mkfifo "$D/gone"
	test/run sh -c 'test/facts >"$1/before"; : >"$1/ready"; read -r _ <"$1/gone"; test/facts >"$1/after"' sh "$D" 3>&- &
	until [ -e "$D/ready" ]; do sleep 0.02; done
	umount "$D/theirs"
	rmdir "$D/theirs"
	echo >"$D/gone"
	wait $!
	diff "$D/before" "$D/after"
}

@test "tests begin with the default actions of SIGINT and SIGQUIT" {
	run -0 sh -c 'trap "" INT QUIT; exec test/run grep -x "SigIgn:.*0" /proc/self/status'
}

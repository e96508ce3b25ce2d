bats_require_minimum_version 1.5.0
load helper
load registry
load console

setup_file() {
	sandbox_up
	hub_up
}

teardown_file() {
	registry_down
	sandbox_down
}

setup() {
	pages=("$B"/man/man[1578]/*.[1578])
}

@test "every utility has a manual page, and every page of a utility has one" {
	for file in "$B"/ct "$B"/bocker "$B"/ct-*; do
		[ ! -f "$file" ] || [ ! -x "$file" ] || [ -s "$B/man/man1/${file##*/}.1" ]
	done
	for page in "$B"/man/man1/*.1; do
		page=${page##*/}
		[ -x "$B/${page%.1}" ]
	done
	[ -s "$B/man/man5/ct-store.5" ]
	[ -s "$B/man/man7/ct-labs.7" ]
}

@test "mandoc has no warnings about any page" {
	run -0 mandoc -Tlint -W warning "${pages[@]}"
	[ -z "$output" ]
}

@test "every page has the usual sections" {
	for page in "$B"/man/man1/*.1; do
		for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
			grep -qx ".Sh $section" "$page"
		done
		[[ $page != */man1/ct-* ]] || grep -qx '.Sh OPTIONS' "$page"
	done
}

@test "every page named in a page exists" {
	sed -n 's/^\.\(It \)\{0,1\}Xr \(ct[a-z-]*\|bocker\) \([0-9]\).*/man\3\/\2.\3/p' "${pages[@]}" | sort -u >"$BATS_TEST_TMPDIR/named"
	[ -s "$BATS_TEST_TMPDIR/named" ]
	while read -r page; do
		[ -s "$B/man/$page" ]
	done <"$BATS_TEST_TMPDIR/named"
}

@test "every test that ct-security(7) names exists" {
	page=$CT_TESTS/../share/man/ct-security.7
	sed -n 's/^\.Pa \(test\/[a-z_/]*\.bats\).*/\1/p' "$page" | sort -u >"$BATS_TEST_TMPDIR/named"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/named")" -gt 20 ]
	while read -r file; do
		[ -f "$CT_TESTS/../$file" ]
	done <"$BATS_TEST_TMPDIR/named"
	# And it names every attack.
	for file in "$CT_TESTS"/attack/*.bats; do
		grep -qx "test/attack/${file##*/}" "$BATS_TEST_TMPDIR/named"
	done
}

@test "a page that describes an unknown option stops the build" {
	mkdir "$BATS_TEST_TMPDIR/man"
	page=$BATS_TEST_TMPDIR/man/ct-wait.1
	printf '.Dd January 1, 2026\n.\\" @PROGRAM@\n.\\" @OPTIONS@\n.\\" --help\nMore.\n.\\" --nothing\nNothing.\n' >"$page"
	run -1 "$CT_TESTS/../share/gen-man" "$page" "$B/ct-wait"
	[[ $output == *'--nothing: there is no such option'* ]]
	sed -i '/nothing/d' "$page"
	run -0 "$CT_TESTS/../share/gen-man" "$page" "$B/ct-wait"
	[[ $output == *'More.'* ]]
}

@test "ct help shows the manual page without any configuration" {
	for name in run store inspect; do
		run -0 --separate-stderr ct help "$name"
		[[ ${lines[0]} == "CT-${name^^}(1)"* ]]
		[ -z "$stderr" ]
	done
	# words that are wider than the terminal
	MANWIDTH=60 run -0 --separate-stderr ct help security
	[ -z "$stderr" ]
}

@test "every example of every page works as shown" {
	examples "${pages[@]}"
}

@test "a wrong example is detected" {
	cat >"$BATS_TEST_TMPDIR/lies.1" <<-'END'
		.Sh EXAMPLES
		.Bd -literal
		# ct run --rm busybox echo yes
		no
		# ct run --rm busybox false
		# ct run -d busybox true
		ps_42001
		# ct run -d busybox true
		ps_42001
		# ct images --no-header -o id,name
		img_42001	...
		# true
		.Ed
		.Bd -literal
		nothing to type
		.Ed
	END
	run -1 examples "$BATS_TEST_TMPDIR/lies.1"
	for line in 3 5 8 15; do
		[[ $output == *"lies.1:$line:"* ]]
	done
	[ "$(grep -c '^lies.1:' <<<"$output")" -eq 4 ]
}

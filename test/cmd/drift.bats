load helper
load complete

setup() {
	complete_up
}

# The utilities, and the commands of those that have some: "ct-net", "ct-net up", ...
utilities() {
	local file
	for file in "$B"/ct-*; do
		[ ! -f "$file" ] || [ ! -x "$file" ] || printf '%s\n' "${file##*/}"
	done
}

programs() {
	local name
	for name in $(utilities); do
		echo "$name"
		"$name" --help | sed -n "s/^  \($name [a-z][a-z-]*\).*/\1/p"
	done
}

functions() {
	sed -n 's/^ct_\([a-z]*\)() { #HELP .*/\1/p' "$B/ct"
}

in_order() {
	tr -s ' ' '\n' | grep . | LC_ALL=C sort | paste -sd ' '
}

# Options as each of them has it, all on a line: "--help --name -n ...".
# shellcheck disable=SC2086 # a program and its command
by_table() {
	$1 --help=table | awk -F '\t' '{ print $2 } $1 ~ /-/ { print $1 }' | in_order
}

# A script has no table: those that it takes, by its text.
by_script() {
	sed -nE 's/^\t*((-[a-zA-Z0-9]|--[a-z][a-z-]*)( \| (-[a-zA-Z0-9]|--[a-z][a-z-]*))*)\).*/\1/p' "$B/$1" | tr -d '|' | tr ' ' '\n' | grep -v -e '..--' | sort -u | in_order
}

# shellcheck disable=SC2086
by_help() {
	$1 --help | sed -nE 's/^ {2,6}((-[a-zA-Z0-9]), +)?(--[a-z][a-z-]*).*/\2 \3/p' | in_order
}

# Of a command the options that all have are in the page's own list.
by_manual() {
	mandoc -Tascii "$B/man/man1/${1%% *}.1" | col -b | expand | awk -v command="$1" '
		/^[A-Z]/ { inside = $0 == "OPTIONS" && command !~ / /; all = $0 == "OPTIONS" }
		/^   [a-z]/ { inside = all && command ~ / / && index($0 " ", "   " command " ") == 1 }
		inside && match($0, /^     (-[a-zA-Z0-9], )?--[a-z][a-z-]*/) { print substr($0, 6, RLENGTH - 5) }' | tr -d , |
		{ cat; [[ $1 != *' '* ]] || echo --help --version; } | in_order
}

by_completion() {
	offered "$1 -"
}

@test "table, --help, manual and completion list the same options" {
	programs >"$BATS_TEST_TMPDIR/programs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/programs")" -gt 20 ]
	while read -r program; do
		help=$(by_help "$program")
		echo "$program: $help"
		[[ " $help " == *' --help '* && " $help " == *' --version '* ]]
		if [ "$(head -c 2 "$B/${program%% *}")" = '#!' ]; then
			[ "$(by_script "$program")" = "$help" ]
		else
			[ "$(by_table "$program")" = "$help" ]
		fi
		[ "$(by_manual "$program")" = "$help" ]
		[ "$(by_completion "$program")" = "$help" ]
	done <"$BATS_TEST_TMPDIR/programs"
}

# NAME: a function of ct, its usage and its body.
function_usage() {
	sed -n "s/^ct_$1() { #HELP \([^\t]*\)\t.*/\1/p" "$B/ct"
}

function_body() {
	sed -n "/^$1() {/,/^}/p" "$B/ct" | sed 1d
}

# NAME: the same, with the functions read_... and with_... that read its options.
option_code() {
	local reader
	{
		function_body "ct_$1"
		for reader in $(function_body "ct_$1" | sed -n 's/^\t\(\(read\|with\)_[a-z]*\) .*/\1/p'); do function_body "$reader"; done
	} | sed '/)\trefuse /d'	# options of podman, refused with a hint
}

# The options that it accepts: -x of getopts, --name of a case or of a first argument; of -x | --name the short form.
function_takes() {
	{
		option_code "$1" | sed -nE 's/.*getopts ([a-z:]+) .*/\1/p' | grep -oE '[a-z]' | sed 's/^/-/'
		option_code "$1" | sed -nE 's/^\t*(-[a-z])( \| --[a-z]+)+\).*/\1/p'
		option_code "$1" | sed -nE '/^\t*-[a-z] \|/d; s/^\t*([^()]*--[a-z-]+)\).*/\1/p; s/^.*"\$\{1-\}" !?= (--[a-z-]+).*/\1/p' | grep -oE -e '--[a-z-]+'
	} | sort -u | in_order
}

@test "code, --help, manual and completion list the same options of ct's functions" {
	mandoc -Tascii -O width=200 "$B/man/man1/ct.1" | col -b | expand | sed 's/^ *//' >"$BATS_TEST_TMPDIR/manual"
	for name in $(functions); do
		usage=$(function_usage "$name")
		options=$(grep -oE -e '\[--?[a-z-]+' <<<"$usage" | tr -d '[' | in_order)
		echo "$usage: $options"
		[ "$(function_takes "$name")" = "$options" ]
		[ "$(ct "$name" --help | head -n 1)" = "Usage: ct $usage" ]
		usage=$usage awk '$0 == ENVIRON["usage"] || index($0, ENVIRON["usage"] "  ") == 1 { found = 1 } END { exit !found }' "$BATS_TEST_TMPDIR/manual"
		[ "$(offered "ct $name -")" = "$(echo "$options" --help | in_order)" ]
	done
}

@test "help, manual and completion list the same commands" {
	commands=$({ utilities | sed 's/ct-//'; functions; } | in_order)
	[ "$(ct help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | in_order)" = "$commands" ]
	[ "$(offered 'ct ')" = "$commands" ]
	[ "$({ sed -n 's/^\.It Xr ct-\([a-z-]*\) 1$/\1/p' "$B/man/man1/ct.1"; functions; } | in_order)" = "$commands" ]
	for name in $(functions); do
		echo "$name"
		grep -qF ".It \fB$name\fP" "$B/man/man1/ct.1"
	done
	[ "$(sed -n "s/^_ct_purposes\['ct \([a-z-]*\)'\]=.*/\1/p" "$completion" | in_order)" = "$commands" ]
}

@test "the completion knows the operands of every command" {
	known=$(bash --norc -c '. "$1" && declare -f _ct_operand' bash "$completion" | tr -d "\\\\" | grep -oE '[a-z]+(\*| [a-z]+)?:' | tr -d '*:')
	for name in $(utilities) $(functions); do
		grep -qx "${name#ct-}" <<<"$known"
	done
	while read -r name; do
		[[ $name != *' '* ]] || grep -qx -e "${name%% *}" -e "$name" <<<"$known"
	done < <(programs | sed 's/^ct-//')
}

@test "the commands of ct-store are in its usage and in the completion" {
	[ "$(offered 'ct store ')" = "$(ct-store --help | sed -n '1s/^Usage: ct-store \[OPTION...\] //p' | sed 's/ on|off//' | tr -d '|A-Z' | in_order)" ]
}

@test "bocker's commands are in its help, its manual and the completion" {
	commands=$(bocker help | sed -n 's/^\t[^ ]* \([a-z]*\).*/\1/p' | in_order)
	[ -n "$commands" ]
	[ "$(offered 'bocker ')" = "$commands" ]
	[ "$(sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$B/man/man1/bocker.1" | in_order)" = "$commands" ]
	[ "$(sed -n 's/^\.It Fl -\([A-Z_]*\).*/--\1=/p' "$B/man/man1/bocker.1" | in_order)" = "$(offered 'bocker -' | sed 's/ *-o nospace//')" ]
	for option in $(offered 'bocker -' | sed 's/ *-o nospace//'); do
		grep -qF -e "$option" "$B/bocker"
	done
}

@test "the stages of a run are in the manual, in their order" {
	run -125 ct-run --only nothing --rootfs / true
	[ "${output#*there are }" = "$(sed -n '/^\.Sh STAGES/,/^\.Sh EXIT/s/^\.It Cm //p' "$B/man/man1/ct-run.1" | paste -sd ' ')" ]
}

@test "no text mentions an option that does not exist" {
	{
		while read -r program; do by_help "$program"; done < <(programs)
		sed -n 's/^ct_[a-z]*() { #HELP //p' "$B/ct" | grep -oE -- '--?[a-z-]+'
		echo --CPU_SHARE --MEM_LIMIT --no-dereference	# bocker's, and diff's
		echo --chmod --link --mount --parents --security	# flags of a Dockerfile's instructions
		echo --memory-limit --seccomp --uidmap --with-ns	# of podman and ctr
		grep -rhoE 'OPT_INSTEAD\([^"]*"[a-z-]+' "$CT_TESTS/../cmd" "$CT_TESTS/../lib" | sed 's/.*"/--/'	# refused with a hint
	} | tr -s ' ' '\n' | LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/options"
	{
		grep -hoE '(^|[ (`])--[a-zA-Z][a-zA-Z_-]*' "$CT_TESTS/../README.md" | tr -d ' (`'
		sed -nE 's/^.*Fl (-[a-zA-Z][a-zA-Z_-]*).*/-\1/p' "$CT_TESTS"/../share/man/*
	} | LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/named"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/named")" -gt 5 ]
	LC_ALL=C comm -13 "$BATS_TEST_TMPDIR/options" "$BATS_TEST_TMPDIR/named" >"$BATS_TEST_TMPDIR/left"
	cat "$BATS_TEST_TMPDIR/left"
	[ ! -s "$BATS_TEST_TMPDIR/left" ]
}

load helper

# A directory of its own with the dispatcher and commands made up for the test.
setup() {
	mine=$BATS_TEST_TMPDIR/bin
	other=$BATS_TEST_TMPDIR/other
	mkdir "$mine" "$other"
	cp "$B/ct" "$mine/ct"
}

# command DIR NAME LINE...: a script.
command_in() {
	local file=$1/ct-$2
	shift 2
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}

@test "a command is run with its arguments, its streams and its status" {
	command_in "$mine" foo 'printf "<%s>" "$@"; cat; echo why >&2; exit 42'
	run --separate-stderr "$mine/ct" foo 'a b' '' '*' <<<in
	[ "$status" -eq 42 ]
	[ "$output" = '<a b><><*>in' ]
	[ "$stderr" = why ]
}

@test "the dispatcher executes the command without a fork" {
	command_in "$mine" foo 'echo $$'
	run sh -c 'echo $$; exec "$1" foo' - "$mine/ct"
	[ "${lines[0]}" = "${lines[1]}" ]
}

@test "a command beside the dispatcher comes before one in PATH" {
	command_in "$mine" foo 'echo beside'
	command_in "$other" foo 'echo elsewhere'
	PATH=$other:$PATH run "$mine/ct" foo
	[ "$output" = beside ]
}

@test "a ct- program in PATH is found and listed" {
	command_in "$other" frobnicate '#HELP Turn it inside out' ':'
	PATH=$other:$PATH run "$mine/ct" frobnicate
	[ "$status" -eq 0 ]
	PATH=$other:$PATH run "$mine/ct" help
	[[ $output == *"  frobnicate    Turn it inside out"* ]]
}

@test "called through a link, ct finds the commands beside the link's target" {
	command_in "$mine" foo 'echo beside'
	ln -s ../bin/ct "$other/containers"
	run "$other/containers" foo
	[ "$output" = beside ]
}

@test "an unknown command is a usage error in one line" {
	for name in foo ../ct-foo '' -x 'a b' $'a\nb'; do
		run --separate-stderr "$mine/ct" "$name"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
	done
	run --separate-stderr "$mine/ct" foo
	[ "$stderr" = "ct: foo: no such command (see 'ct help')" ]
	run --separate-stderr "$mine/ct" help foo
	[ "$status" -eq 2 ]
	[ "$stderr" = "ct: foo: no such command (see 'ct help')" ]
}

@test "help lists every command and function" {
	run ct help
	[ "$status" -eq 0 ]
	for file in "$B"/ct-*; do
		[ -x "$file" ] || continue
		grep -qE "^  ${file##*/ct-} +[A-Z]" <<<"$output"
	done
	grep -qE '^  path ID +Print ' <<<"$output"
	grep -qE '^  pid ID +Print ' <<<"$output"
	[ "$(ct)" = "$output" ]
	[ "$(ct --help)" = "$output" ]
}

@test "the help of every utility, command and function fits 80 columns" {
	{
		for file in "$B"/ct-* "$B"/ct "$B"/bocker; do
			[ -f "$file" ] && [ -x "$file" ] || continue
			name=${file##*/}
			echo "$name"
			"$name" --help | sed -n "s/^  \($name [a-z][a-z-]*\).*/\1/p"
		done
		sed -n 's/^\(ct\)_\([a-z]*\)() { #HELP .*/\1 \2/p' "$B/ct"
	} >"$BATS_TEST_TMPDIR/programs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/programs")" -gt 60 ]
	while read -r program; do
		# shellcheck disable=SC2086 # a program and its command
		run -0 $program --help </dev/null
		[ -n "$output" ]
		# The help of bocker begins its lines with its own path.
		wide=$(grep -E '.{81}| $' <<<"${output//"$B/"/}" || :)
		echo "$program: $wide"
		[ -z "$wide" ]
	done <"$BATS_TEST_TMPDIR/programs"
}

@test "output that cannot be written is a failure in one line; a closed pipe is silent" {
	busybox_image
	id=$(ct run -d "$img" sleep 1000)
	for command in help 'help path' --version 'path busybox' "id $id" "pid $id" "inspect $id" df 'df --json' stats 'top '"$id"; do
		# shellcheck disable=SC2016,SC2086
		run -1 --separate-stderr sh -c '"$@" >/dev/full' sh ct $command
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == ct*': standard output: No space left on device' ]]
		# shellcheck disable=SC2016,SC2086
		run --separate-stderr sh -c '{ sleep 0.1; "$@"; } | :' sh ct $command
		[ -z "$stderr" ]
	done
	ct rm -f "$id"
}

@test "help of a command without a manual page shows its --help" {
	command_in "$mine" foo 'echo "help: $1"'
	run "$mine/ct" help foo
	[ "$output" = 'help: --help' ]
	run ct help path
	[ "${lines[0]}" = 'Usage: ct path ID' ]
}

@test "the version equals that of the utilities" {
	[ "$(ct --version | cut -d' ' -f2)" = "$(ct-store --version | cut -d' ' -f2)" ]
}

@test "the dispatcher is plain POSIX shell" {
	command_in "$mine" foo 'echo ran'
	[ "$(dash "$mine/ct" foo)" = ran ]
	busybox_image
	[ "$("$busybox/bin/busybox" sh "$mine/ct" foo)" = ran ]
}

@test "path prints the root directory of an image by id and by name" {
	busybox_image
	[ -x "$(ct path "$img")/bin/busybox" ]
	[ "$(ct path busybox)" = "$(ct path "$img")" ]
}

@test "path prints the root directory of a container by id and by name" {
	busybox_image
	id=$(ct run -d --name web "$img" sh -c 'echo inside >/file; exec sleep 1000')
	wait_until test -s "$(ct path "$id")/file"
	[ "$(cat "$(ct path web)/file")" = inside ]
	ct rm -f "$id"
}

@test "path of an unknown object fails with one line" {
	for id in nothing ps_1 img_1; do
		run --separate-stderr ct path "$id"
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == "ct: path: $id: no such "* ]]
	done
	run --separate-stderr ct path
	[ "$status" -eq 2 ]
	[ "$stderr" = 'ct: usage: ct path ID' ]
}

@test "pid prints the first process's pid on the host" {
	busybox_image
	id=$(ct run -d "$img" sleep 1000)
	pid=$(ct pid "$id")
	[ "$(awk '/^NSpid/ { print $NF }' "/proc/$pid/status")" = 1 ]
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = 'sleep 1000 ' ]
	ct rm -f "$id"
}

@test "pid of an ended container fails with one line" {
	busybox_image
	id=$(ct run -d "$img" true)
	wait_until sh -c "ct ps -o status --no-header '$id' | grep -qv running"
	run --separate-stderr ct pid "$id"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "ct: pid: $id: not running" ]
	ct rm "$id"
}

# Operands with control characters

@test "control characters of an operand are escaped in every message, in one line, as the utilities do it" {
	busybox_image
	evil=$'x\e[31m\n\tct: \u202e\xff\x9by'
	shown='x\x1b[31m\n\tct: \xe2\x80\xae\xff\x9by'
	for command in 'ct id' 'ct path' 'ct pid' 'ct stop' 'ct export' 'ct shell' 'ct top' 'ct stats' 'ct inspect' 'ct help' 'ct lab' \
		ct ct-inspect ct-lab ct-logs ct-kill bocker; do
		# The build under the sanitizers has no labs beside it.
		[[ $B != *asan || $command != *lab ]] || continue
		operand=$evil
		[ "$command" != bocker ] || operand=--$evil=1
		# shellcheck disable=SC2086 # several words
		said=$($command "$operand" 2>&1 | LC_ALL=C grep -avxF "[]"; exit "${PIPESTATUS[0]}") || true
		[ "$(grep -ac . <<<"$said")" -eq 1 ]
		[[ $said == *"$shown"* ]]
		run ! grep -q '[[:cntrl:]]' <<<"$said"
	done
	run -0 ct-echo -- "$evil" -- é ''
	[ "$output" = "$shown -- é " ]
}

@test "with too few descriptors there is one error, and nothing else" {
	busybox_image
	for n in $(seq 3 16); do
		# Where sh is bash, which tries on.
		[ "$(prlimit --nofile="$n" bash --posix "$B/ct" foo 2>&1 >/dev/null 3>&- 9>&- | grep -c .)" -eq 1 ]
		for words in "id $img" "path $img" foo ps help 'help ps' "inspect $img" "export $img" df prune 'id nosuch' 'inspect nosuch' \
			path 'shell nosuch' 'stop nosuch' 'lab nosuch' --version; do
			status=0
			# shellcheck disable=SC2086 # several words
			said=$({ prlimit --nofile="$n" ct $words 2>&1 >/dev/null; } 3>&- 9>&-) || status=$?
			case $(grep -c . <<<"$said")$status in
			00 | 1[!0]*)	;;
			*)	echo "$n: ct $words: $status: $said"
				false ;;
			esac
		done
	done
}

@test "files with names that cannot be commands are not listed" {
	mkdir "$BATS_TEST_TMPDIR/odd"
	for name in 'ct-*' ct- 'ct-a b' $'ct-a\nb' $'ct-\e[31m' ct-odd; do
		printf '#!/bin/sh\n#HELP Odd\n' >"$BATS_TEST_TMPDIR/odd/$name"
		chmod 755 "$BATS_TEST_TMPDIR/odd/$name"
	done
	cd "$B"
	run -0 --separate-stderr env PATH="$PATH:$BATS_TEST_TMPDIR/odd" ct help
	[ -z "$stderr" ]
	[ "$(grep -c 'Odd$' <<<"$output")" -eq 1 ]
	[ "$(grep -c '^  ps ' <<<"$output")" -eq 1 ]
}

@test "- is refused where one object is expected, without reading standard input" {
	for function in id path pid export shell top; do
		run -2 timeout 20 ct "$function" - </dev/zero
		[[ $output == "ct: usage: ct $function "* ]]
	done
}

# shellcheck shell=bash
# Kills a command, or makes one of its system calls fail, at many moments:
#
#	load ../cmd/helper
#	load fault
#	@test "ct-run killed at any call leaves nothing that one ct-rm -f does not remove" {
#		gone() { ct-rm -f x && as_before; }
#		kill_at_calls 0 gone ct-run -d --name x "$img" sleep 1000
#	}
#
# FAULT_SAMPLES: the number of moments (default: 12), or "all" for every one of these calls.

# DIRECTORY: nobody holds its lock. It is opened before, because flock(1) makes a file where a directory is gone.
unlocked() {
	local fd
	{ exec {fd}<"$1"; } 2>/dev/null || return 0
	flock -n "$fd" && exec {fd}<&- && return
	exec {fd}<&-
	return 1
}

# The first process of a killed run dies with it, a moment later: until then it holds the locks of the draft
# and of CT_RUN/ps_N.
no_run_dies() {
	local dir
	for dir in "$CT_ROOT"/tmp/* "$CT_RUN"/ps_*; do
		[ ! -d "$dir" ] || unlocked "$dir" || return 1
	done
}

# A supervisor whose container has been removed, or its child that makes a spare, may be about to end.
none_ends() {
	! facts | grep '^process ' | grep -vqxFf "$D/before"
}

# There is nothing but what $D/before lists.
as_before() {
	[ "$(facts)" != "$(<"$D/before")" ] || return 0
	wait_until none_ends || :
	same_facts "$D/before" <(facts)
}

# PROCESS COMMAND...: prints the number of system calls of a process of the command (0: the command
# itself, 1: its first child) that change something, wait, execute a program or end it.
count_calls() {
	local process=$1 out=$BATS_TEST_TMPDIR/calls
	shift
	"$B/fault/killat" -k step -o "$out" "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || :
	awk -v process="$process" '$1 == process { print $2 }' "$out"
}

# CALLS: prints the numbers of the calls that are tried, including the last one.
fault_moments() {
	local samples=${FAULT_SAMPLES:-12}
	if [ "$samples" = all ] || ((samples > $1)); then
		seq 1 "$1"
	else
		seq "$1" -$(($1 / samples)) 1
	fi
}

# TEXT: what a command has printed contains no error without a reason and no uninitialised memory, shown as \xNN.
says_why() {
	[[ $1 != *'\x'* && ! $1$'\n' =~ (^|$'\n')ct[a-z-]*:\ *$'\n' ]]
}

# PROCESS CHECK COMMAND...: runs the command repeatedly, kills the process at a different one of these calls
# each time, and then calls CHECK with the command's status in $status. CHECK must also undo the work of a
# command that was killed too late.
kill_at_calls() {
	local process=$1 check=$2 calls n said
	shift 2
	calls=$(count_calls "$process" "$@")
	[ "${calls:-0}" -gt 0 ] || { echo "$*: has no process $process" >&2; return 1; }
	status=0
	"$check"
	for n in $(fault_moments "$calls"); do
		status=0
		"$B/fault/killat" -k step -p "$process" -n "$n" "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || status=$?
		said=$(<"$BATS_TEST_TMPDIR/said")
		echo "at call $n of $calls of $*: status $status: $said"
		[ "$status" != 98 ]
		says_why "$said"
		"$check"	# without "||": a command that fails in it fails the test
	done
}

# OPTIONS -- CHECK COMMAND...: the same with failing system calls. OPTIONS are those of failat.
fail_at_calls() {
	local options=() check calls n said out=$BATS_TEST_TMPDIR/calls
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	check=$2
	shift 2
	"$B/fault/failat" "${options[@]}" -o "$out" "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || :
	read -r calls <"$out"
	[ "$calls" -gt 0 ] || { echo "$*: has no such call" >&2; return 1; }
	status=0
	"$check"
	for n in $(fault_moments "$calls"); do
		status=0
		"$B/fault/failat" "${options[@]}" -n "$n" "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || status=$?
		said=$(<"$BATS_TEST_TMPDIR/said")
		echo "at call $n of $calls of $*: status $status: $said"
		[ "$status" != 98 ]
		says_why "$said"
		"$check"	# without "||": a command that fails in it fails the test
	done
}

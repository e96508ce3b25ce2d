# shellcheck shell=bash
# For tests that kill a command, or let a system call of a command fail, at many moments:
#
#	load ../cmd/helper
#	load fault
#	@test "ct-run killed at any call leaves nothing that one ct-rm -f does not remove" {
#		gone() { ct-rm -f x && same_facts "$D/before" <(facts); }
#		kill_at_calls 0 gone ct-run -d --name x "$img" sleep 1000
#	}
#
# FAULT_SAMPLES: how many moments are tried (12); "all" tries every system call.

# PROCESS COMMAND...: how many system calls that process of the command makes (0: the command
# itself, 1: its first child).
count_calls() {
	local process=$1 out=$BATS_TEST_TMPDIR/calls
	shift
	"$B/fault/killat" -o "$out" "$@" >/dev/null 2>&1 3>&- || :
	awk -v process="$process" '$1 == process { print $2 }' "$out"
}

# CALLS: every how many calls one is tried.
fault_step() {
	local samples=${FAULT_SAMPLES:-12}
	if [ "$samples" = all ] || ((samples > $1)); then
		echo 1
	else
		echo $(($1 / samples))
	fi
}

# PROCESS CHECK COMMAND...: runs the command again and again, kills that process of the command
# at one call after the other, and calls CHECK after each; $status is the command's status then.
# CHECK also has to undo what a command that was killed too late has done.
kill_at_calls() {
	local process=$1 check=$2 calls step n
	shift 2
	calls=$(count_calls "$process" "$@")
	"$check"
	step=$(fault_step "$calls")
	for ((n = 1; n <= calls; n += step)); do
		status=0
		"$B/fault/killat" -p "$process" -n "$n" "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || status=$?
		[ "$status" != 98 ] || fault_failed "$n" "$calls" "$@" || return
		"$check" || fault_failed "$n" "$calls" "$@" || return
	done
}

# OPTIONS -- CHECK COMMAND...: the same with system calls that fail. OPTIONS are failat's.
fail_at_calls() {
	local options=() check calls step n out=$BATS_TEST_TMPDIR/calls
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	check=$2
	shift 2
	"$B/fault/failat" "${options[@]}" -o "$out" "$@" >/dev/null 2>&1 3>&- || :
	read -r calls <"$out"
	"$check"
	step=$(fault_step "$calls")
	for ((n = 1; n <= calls; n += step)); do
		status=0
		"$B/fault/failat" "${options[@]}" -n "$n" "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || status=$?
		[ "$status" != 98 ] || fault_failed "$n" "$calls" "$@" || return
		"$check" || fault_failed "$n" "$calls" "$@" || return
	done
}

fault_failed() {
	echo "at call $1 of $2 of ${*:3}: status $status, it said:" >&2
	cat "$BATS_TEST_TMPDIR/said" >&2
	return 1
}

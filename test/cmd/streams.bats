load helper
load runs

# Standard streams and signals.

@test "stdin and stdout carry bytes unchanged" {
	head -c 3000000 /dev/urandom >"$D/data"
	ct-run "$img" cat <"$D/data" | cmp - "$D/data"
	[ "$(echo data | ct-run "$img" sha256sum)" = "$(echo data | sha256sum)" ]
	[ "$(ct-run "$img" tar -cf - /etc 2>/dev/null | tar -t | grep -c passwd)" = 1 ]
}

@test "300 MB pass through stdin and stdout at the same time" {
	openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 300000000 |
		tee >(sha256sum >"$D/in") | ct-run --log-max 1m "$img" cat | sha256sum >"$D/out"
	wait_until test -s "$D/in"
	cmp "$D/in" "$D/out"
}

@test "stderr stays apart from stdout" {
	run --separate-stderr -0 ct-run "$img" sh -c 'echo out; echo err >&2'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "a container that stops reading stdin can end while the writer goes on" {
	[ "$(yes | timeout 20 ct-run "$img" head -1)" = y ]
	mkfifo "$D/open"
	timeout 20 ct-run "$img" true <>"$D/open"
	[ "$(yes | timeout 20 ct-run "$img" sh -c 'read -r a; exec <&-; seq 100000' | tail -1)" = 100000 ]
}

@test "a container ends when the reader of its output closes the pipe" {
	[ "$(timeout 20 ct-run "$img" yes | head -1)" = y ]
	[ "$(timeout 20 ct-run "$img" sh -c 'while echo y; do :; done' 2>/dev/null | head -1)" = y ]
}

@test "the end of stdin reaches the container while its output goes on" {
	[ "$(printf one | ct-run "$img" sh -c 'cat; echo; echo end')" = $'one\nend' ]
}

@test "-n does not read the caller's stdin" {
	[ "$(printf 'a\nb\n' | while read -r line; do ct-run -n "$img" sh -c "cat; echo $line"; done)" = $'a\nb' ]
}

@test "all output is in the log when the run has ended" {
	ct-run --cidfile "$D/cid" "$img" seq 200000 >"$D/out"
	ct-logs "$(cat "$D/cid")" | cmp - "$D/out"
}

@test "the last output of a grandchild is not lost" {
	[ "$(ct-run "$img" sh -c '(seq 50000) & exec seq 50000' | wc -l)" -ge 50000 ]
	[ "$(ct-run --init "$img" sh -c 'seq 50000 & wait' | wc -l)" = 50000 ]
}

@test "/dev/stdout and its like can be opened again, by any user" {
	for user in root www-data 4711; do
		run --separate-stderr -0 ct-run -u $user "$img" sh -c 'cat /dev/stdin >/dev/stdout; echo err >/dev/stderr; echo fd >/dev/fd/1' <<<in
		[ "$output" = $'in\nfd' ]
		[ "$stderr" = err ]
		run -0 ct-run -n -u $user "$img" sh -c 'cat /dev/stdin'
	done
}

# "/dev/stdout" in what follows: as conmon's pipes, which have mode 0777 for this (conmon#112).
@test "a program that becomes another user can open /dev/stdout for writing, and cannot read the output" {
	as_user="su -s /bin/sh www-data -c"
	run --separate-stderr -0 ct-run -i "$img" sh -c \
		"$as_user 'id -u; cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr; timeout 20 cat </dev/stdout'; true" <<<in
	[ "$output" = $'33\nin\nout' ]
	[[ $stderr == err$'\n'*'/dev/stdout: Permission denied' ]]
	c=$(ct-run -d "$img" sh -c "$as_user 'echo log >/dev/stdout'; exec sleep 1000")
	# shellcheck disable=SC2016 # sh is to expand it
	wait_until sh -c '[ "$(ct-logs "$1")" = log ]' sh "$c"
	# shellcheck disable=SC2086 # several words
	[ "$(ct-exec "$c" $as_user 'echo exec >/dev/stdout')" = exec ]
	# If the container's root is the host's root, ordinary users of the host have no access either.
	c=$(ct-run -d --userns host "$img" sleep 1000)
	run ! setpriv --reuid 33 --regid 33 --clear-groups sh -c "echo x >/proc/$(field pid "$c")/fd/1"
	[[ $output == *'Permission denied'* ]]
}

@test "output that cannot be written is a failure with one message" {
	run -125 bash -c 'ct-run --cidfile "$2" "$1" sh -c "echo short" 2>&1 >/dev/full' bash "$img" "$D/cid"
	[ "$output" = 'ct-run: write standard output: No space left on device' ]
	[ "$(field status "$(cat "$D/cid")")" = 'exited 0' ]
	run -3 bash -c 'ct-run "$1" sh -c "seq 100000 2>/dev/null; exit 3" 2>&1 >/dev/full' bash "$img"
	[ "$output" = 'ct-run: write standard output: No space left on device' ]
	run -125 bash -c 'ct-exec "$1" echo short 2>&1 >/dev/full' bash "$(ct-run -d "$img" sleep 1000)"
	[[ $output == *'standard output: No space left on device' ]]
}

@test "closed standard streams are no reason to fail" {
	run -0 bash -c 'ct-run "$1" true <&- >&- 2>&-' bash "$img"
	run -7 bash -c 'ct-run "$1" sh -c "cat; echo x; exit 7" <&- >&-' bash "$img"
	run -0 bash -c 'ct-run "$1" sh -c "echo x >&2" 2>&-' bash "$img"
}

@test "output to a closed stdout is a failure" {
	for command in 'ct-run "$1" echo x' ct-ps; do
		run bash -c "$command 2>&1 >&-" bash "$img"
		[[ $status:$output =~ ^(1|125):ct-[a-z]+:\ (write )?'standard output: Bad file descriptor'$ ]]
	done
}

# Signals

@test "signals are passed on" {
	for sig in TERM INT HUP USR1 QUIT WINCH; do
		start "$img" sh -c "trap 'echo $sig; exit 7' $sig; echo ready; sleep 1000 & wait"
		wait_until grep -q ready "$D/out"
		kill -$sig "$run"
		finish
		[ "$status" -eq 7 ]
		[ "$(tail -1 "$D/out")" = "$sig" ]
	done
}

@test "process 1 ignores the signals it does not handle" {
	mkfifo "$D/in"
	exec 8<>"$D/in"
	start "$img" cat <"$D/in" 8>&-
	exec 9>"$D/in" 8>&-
	wait_until test -s "$D/cid"
	kill -TERM "$run"
	echo alive >&9
	wait_until grep -q alive "$D/out"
	exec 9>&-
	finish
	[ "$status" -eq 0 ]
}

@test "with --init signals end the command, as on any process but the first" {
	start --init "$img" sleep 1000
	wait_until test -s "$D/cid"
	kill -TERM "$run"
	finish
	[ "$status" -eq 143 ]
}

@test "with --init orphans are reaped" {
	run -0 ct-run --init "$img" sh -c '
		(sh -c "sleep 0.05 & echo \$!" >/pid)
		for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "/proc/$(cat /pid)" ] || exit 0; sleep 0.1; done; exit 1'
}

@test "the init shows nothing of the host" {
	run --separate-stderr -0 ct-run --init "$img" sh -c 'tr "\0" " " </proc/1/cmdline; echo; cat /proc/1/comm; cat /proc/1/environ; ls -l /proc/1/fd /proc/1/exe; true'
	[[ ${lines[0]} =~ ^init\ +$ ]]
	[ "${lines[1]}" = init ]
	[[ $output != *ct-run* ]]
	[[ $output != *"$CT_TEST_DIR"* ]]
}

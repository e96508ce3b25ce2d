bats_require_minimum_version 1.5.0
load helper

# COMMAND...: run to its end; $c is the container.
ended() {
	ct-run --cidfile "$D/cid.$BATS_TEST_NUMBER" "$@" >/dev/null || true
	read -r c <"$D/cid.$BATS_TEST_NUMBER"
	rm "$D/cid.$BATS_TEST_NUMBER"
}

# ct-start

@test "a restarted container keeps its files, and its log continues" {
	ended "$img" sh -c 'echo run >>/count; wc -l </count'
	run -0 ct-start "$c"
	[ "$output" = "$c" ]
	[ "$(ct-wait "$c")" = 0 ]
	[ "$(ct-logs "$c")" = $'1\n2' ]
	[ "$(ct-start -a "$c")" = 3 ]
	[ "$(ct-logs "$c")" = $'1\n2\n3' ]
}

@test "a restarted container keeps command, environment, user, host name, limits, mounts and name" {
	mkdir "$D/vol"
	ended --name again -e 'A=x y' -u www-data -h web -w /tmp -m 32m --tmpfs /scratch:size=1m -v "$D/vol:/v:ro" "$img" \
		sh -c 'echo "$A" $(id -un) $(hostname) $(pwd); awk "\$2 == \"/scratch\" || \$2 == \"/v\" { print \$2, substr(\$4, 1, 2) }" /proc/mounts | sort'
	ct-start again >"$D/out"
	[ "$(cat "$D/out")" = "$c" ]
	ct-wait again
	run -0 ct-logs again
	[ "${lines[0]}" = 'x y www-data web /tmp' ]
	[ "${lines[1]}" = '/scratch rw' ]
	[ "${lines[2]}" = '/v ro' ]
	[ "$(printf '%s\n' "${lines[@]:0:3}")" = "$(printf '%s\n' "${lines[@]:3:3}")" ]
}

@test "a restarted container has its limits" {
	c=$(ct-run -d -m 48m --pids-limit 77 "$img" sleep 1000)
	ct-kill "$c"
	ct-wait "$c"
	ct-start "$c"
	memory=$(find /sys/fs/cgroup -path "*$CT_CGROUP/$c/memory.limit_in_bytes" -o -path "*$CT_CGROUP/$c/memory.max" | head -1)
	pids=$(find /sys/fs/cgroup -path "*$CT_CGROUP/$c/pids.max" | head -1)
	[ "$(cat "$memory")" = $((48 << 20)) ]
	[ "$(cat "$pids")" = 77 ]
}

@test "ct-start -a passes streams and status to the user" {
	ended "$img" sh -c 'cat; echo err >&2; exit 7'
	run -7 --separate-stderr ct-start --attach "$c" <<<in
	[ "$output" = in ]
	[ "$stderr" = err ]
	[ "$(field status "$c")" = 'exited 7' ]
}

@test "in the background, and with -n, stdin is empty" {
	ended "$img" sh -c 'cat; echo end'
	echo in | ct-start "$c"
	ct-wait "$c"
	[ "$(ct-logs "$c")" = $'end\nend' ]
	[ "$(echo in | ct-start -a -n "$c")" = end ]
}

@test "a running container is not started again, which is no failure, as in podman; with -a, or paused, it is one" {
	c=$(ct-run -d "$img" sleep 1000)
	pid=$(ct-ps --no-header -o pid "$c")
	run -0 --separate-stderr ct-start "$c"
	[ "$output" = "$c" ]
	[ -z "$stderr" ]
	run ! ct-start -a "$c"
	[ "$output" = "ct-start: $c: is already running" ]
	ct-pause "$c"
	run ! ct-start "$c"
	[ "$output" = "ct-start: $c: is already running" ]
	ct-unpause "$c"
	[ "$(ct-ps --no-header -o pid "$c")" = "$pid" ]
	kill -0 "$pid"
}

@test "of many starts at the same time one starts the container, and all succeed" {
	ended "$img" sh -c '[ -e /again ] && exec sleep 1000; touch /again'
	for i in 1 2 3 4 5 6; do
		ct-start "$c" >"$D/out.$i" 2>"$D/err.$i" 3>&- &
	done
	wait
	[ "$(sort -u "$D"/out.*)" = "$c" ]
	[ "$(cat "$D"/out.* | wc -l)" -eq 6 ]
	[ -z "$(cat "$D"/err.*)" ]
	[ "$(field status "$c")" = running ]
	ct-exec "$c" true
}

@test "several containers are started, by name and from stdin; an unknown one is reported" {
	ended --name one "$img" sleep 0; one=$c
	ended "$img" sleep 0; two=$c
	run -0 ct-start one "$two"
	[ "$output" = "$one"$'\n'"$two" ]
	ct-wait one "$two"
	run -0 ct-start - <<<"$two"$'\n'"$one"
	[ "$output" = "$two"$'\n'"$one" ]
	run -0 ct-start - </dev/null
	[ -z "$output" ]
	run -1 --separate-stderr ct-start nosuch "$two"
	[ "$output" = "$two" ]
	[[ ${stderr_lines[0]} == 'ct-start: nosuch: '* ]]
	run -2 ct-start -a one two
	run -2 ct-start
}

@test "a container that fails to start keeps its log and status" {
	ended "$img" sh -c 'echo once; exit 5'
	rm "$(ct path "$c")/bin/sh"
	run -127 --separate-stderr ct-start -a "$c"
	[[ $stderr == "ct-start: $c: "* ]]
	[ "$(field status "$c")" = 'exited 5' ]
	[ "$(ct-logs "$c")" = once ]
	[ ! -e "$CT_RUN/$c" ]
	run ! --separate-stderr ct-start "$c"
	[ -z "$output" ]
}

@test "a restarted container leaves no more on the machine than a first run" {
	ended "$img" true
	facts >"$D/before"
	ct-start -a "$c"
	same_facts "$D/before" <(facts)
}

# ct-kill

@test "a signal by name or number reaches the first process" {
	c=$(ct-run -d "$img" sh -c 'trap "echo usr1" USR1; trap "echo hup" HUP; trap "exit 3" TERM; echo ready; while :; do sleep 0.02; done')
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$c"
	ct-kill -s USR1 "$c"
	wait_until sh -c 'ct-logs "$1" | grep -q usr1' sh "$c"
	ct-kill --signal SIGHUP "$c"
	wait_until sh -c 'ct-logs "$1" | grep -q hup' sh "$c"
	run -0 ct-kill -s 15 "$c"
	[ -z "$output" ]
	[ "$(ct-wait "$c")" = 3 ]
}

@test "the signal may be given as -NAME, as with kill(1)" {
	c=$(ct-run -d "$img" sh -c 'trap "exit 3" HUP; echo ready; while :; do sleep 0.02; done')
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$c"
	ct-kill -HUP "$c"
	[ "$(ct-wait "$c")" = 3 ]
	c=$(ct-run -d "$img" sleep 1000)
	ct-kill -9 "$c"
	[ "$(ct-wait "$c")" = 137 ]
	run -2 ct-kill -NOSUCH "$c"
}

@test "without a signal ct-kill sends KILL, which ends all processes of the container" {
	c=$(ct-run -d "$img" sh -c 'sleep 1001 & sleep 1002')
	ct-kill "$c"
	[ "$(ct-wait "$c")" = 137 ]
	[ "$(field status "$c")" = 'killed 9' ]
	run ! grep -qsF "$CT_CGROUP/$c" /proc/[0-9]*/cgroup
}

@test "a frozen container dies of KILL all the same" {
	c=$(ct-run -d "$img" sleep 1000)
	freeze "$c"
	ct-kill "$c"
	[ "$(timeout 20 ct-wait "$c")" = 137 ]
}

@test "an unknown signal and an ended container are refused" {
	c=$(ct-run -d "$img" sleep 1000)
	run -2 --separate-stderr ct-kill -s NOSUCH "$c"
	[[ $stderr == *'NOSUCH: no such signal'* ]]
	run -2 ct-kill -s 99 "$c"
	[ "$(field status "$c")" = running ]
	ct-kill "$c"
	ct-wait "$c"
	run -1 --separate-stderr ct-kill "$c"
	[ "$stderr" = "ct-kill: $c: not running" ]
}

@test "several containers are killed, also from stdin" {
	for i in 1 2 3; do
		ct-run -d "$img" sleep 1000
	done >"$D/ids"
	run -0 ct-kill - <"$D/ids"
	[ "$(ct-wait - <"$D/ids")" = $'137\n137\n137' ]
}

# ct-wait

@test "ct-wait prints the status of each container in the given order" {
	a=$(ct-run -d "$img" sh -c 'trap "exit 4" TERM; echo ready; while :; do sleep 0.02; done')
	b=$(ct-run -d "$img" sh -c 'exit 5')
	k=$(ct-run -d --name k "$img" sleep 1000)
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$a"
	ct-wait "$a" "$b" k >"$D/out" 3>&- &
	ct-kill k
	ct-kill -s TERM "$a"
	wait $!
	[ "$(cat "$D/out")" = $'4\n5\n137' ]
	[ "$(printf '%s\n' "$b" "$a" | ct-wait -)" = $'5\n4' ]
}

@test "ct-wait prints the status of a container with --rm" {
	c=$(ct-run -d --rm "$img" sh -c 'trap "exit 6" TERM; echo ready; while :; do sleep 0.02; done')
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$c"
	ct-wait "$c" >"$D/out" 3>&- &
	# Only if ct-wait looked before the removal: a removed container has no status.
	wait_until sh -c 'ls -l /proc/"$1"/fd | grep -qF "$2/exit"' sh $! "$c"
	ct-kill -s TERM "$c"
	wait $!
	[ "$(cat "$D/out")" = 6 ]
	run -1 ct-ps "$c"
}

@test "ct-wait reports a container whose supervisor was killed" {
	c=$(ct-run -d "$img" sleep 1000)
	supervisor=$(sed -n 's/^supervisor=//p' "$CT_RUN/$c/state")
	ct-wait "$c" >"$D/out" 2>"$D/err" 3>&- &
	kill -9 "$supervisor"
	status=0
	wait $! || status=$?
	[ "$status" -eq 1 ]
	[ ! -s "$D/out" ]
	[ "$(cat "$D/err")" = "ct-wait: $c: exit status unknown: the supervisor was killed" ]
	[ "$(field status "$c")" = dead ]
}

@test "ct-wait after a restart waits for the new end" {
	ended "$img" sh -c '[ -e /again ] || { touch /again; exit 1; }; trap "exit 2" TERM; echo ready; while :; do sleep 0.02; done'
	[ "$(ct-wait "$c")" = 1 ]
	ct-start "$c"
	wait_until sh -c 'ct-logs "$1" | grep -q ready' sh "$c"
	ct-wait "$c" >"$D/out" 3>&- &
	ct-kill -s TERM "$c"
	wait $!
	[ "$(cat "$D/out")" = 2 ]
}

@test "ct-wait refuses an unknown container" {
	run -1 --separate-stderr ct-wait nosuch
	[[ $stderr == 'ct-wait: nosuch: '* ]]
	run -1 ct-wait ps_1
	run -2 ct-wait
	run -0 ct-wait - </dev/null
	[ -z "$output" ]
}

@test "a full store still records how a container ended" {
	export CT_ROOT=$CT_TEST_DIR/small CT_RUN=$CT_TEST_DIR/small.run
	truncate -s 128M "$CT_ROOT.btrfs"
	mkfs.btrfs -q "$CT_ROOT.btrfs" 2>/dev/null
	ct-store up 2>/dev/null || skip "a store of this size cannot be made"
	"$CT_TESTS/busybox" "$BATS_TEST_TMPDIR/root"
	image=$(ct-init "$BATS_TEST_TMPDIR/root")
	c=$(ct-run -d --network none --stop-signal KILL "$image" sleep 1000)
	dd if=/dev/zero of="$CT_ROOT/fill" bs=64k 2>/dev/null || true
	ct-kill "$c"
	[ "$(ct-wait "$c")" = 137 ]
	[ "$(ct-ps --no-header -o status "$c")" = 'killed 9' ]
	rm "$CT_ROOT/fill"
	ct-rm "$c" "$image"
	ct-store down
}

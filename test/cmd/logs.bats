bats_require_minimum_version 1.5.0
load helper

setup() {
	busybox_setup
	go=go.$BATS_TEST_NUMBER
}

# A container, $c, that runs the script and stops in it wherever it says `wait_go`.
detached() {
	c=$(ct-run -d "$img" /bin/sh -c "mkfifo /$go; wait_go() { read -r _ </$go; }; $1")
}

go_on() {
	wait_until test -p "$CT_ROOT/$c/rootfs/$go"
	timeout 30 sh -c 'echo >"$1"' sh "$CT_ROOT/$c/rootfs/$go"
}

# Runs the script to its end: $c has ended.
finished() {
	ct-run --cidfile "$D/cid" "$img" /bin/sh -c "$1" >"$D/ran.out" 2>"$D/ran.err" </dev/null || true
	read -r c <"$D/cid"
}

@test "ct-logs prints stdout and stderr byte for byte, separately" {
	finished 'printf "a\n\nb\000\377\r\nno end"; printf "\033[1mx\n\n" >&2; printf " of it" >&2'
	ct-logs "$c" >"$D/out" 2>"$D/err"
	printf 'a\n\nb\000\377\r\nno end' | cmp - "$D/out"
	printf '\033[1mx\n\n of it' | cmp - "$D/err"
}

@test "binary output of any length is unchanged in the log" {
	finished 'head -c 50000000 /dev/urandom'
	[ "$(stat -c %s "$D/ran.out")" -eq 50000000 ]
	ct-logs "$c" 2>"$D/err" | cmp - "$D/ran.out"
	[ ! -s "$D/err" ]
}

@test "-f shows an unterminated prompt at once, continues, and ends with the container" {
	detached 'printf "name: "; wait_go; echo thanks; echo done >&2'
	timeout 60 ct-logs -f "$c" >"$D/out" 2>"$D/err" &
	wait_until grep -q '^name: $' "$D/out"
	[ ! -s "$D/err" ]
	go_on
	wait $!
	[ "$(cat "$D/out")" = "name: thanks" ]
	[ "$(cat "$D/err")" = "done" ]
}

@test "-f keeps up with a container that writes fast" {
	detached 'wait_go; seq 1000000; head -c 50000000 /dev/zero'
	timeout 60 ct-logs -f "$c" >"$D/out" &
	go_on
	wait $!
	{ seq 1000000; head -c 50000000 /dev/zero; } | cmp - "$D/out"
}

@test "-f on an ended container shows its log and ends" {
	finished 'echo one'
	run timeout 20 ct-logs -f "$c"
	[ "$status" -eq 0 ]
	[ "$output" = one ]
}

@test "-f ends when the supervisor is killed" {
	detached 'echo one; wait_go'
	timeout 60 ct-logs -f "$c" >"$D/out" &
	wait_until grep -q one "$D/out"
	supervisor=$(tr '\0' '\n' <"$CT_RUN/$c/state" | sed -n 's/^supervisor=\([0-9]*\).*/\1/p')
	[ -n "$supervisor" ] || skip "the state does not say who the supervisor is"
	kill -9 "$supervisor"
	wait $!
	ct-rm -f "$c"
}

@test "-f ends when its reader closes the pipe, also while nothing is written" {
	detached 'echo one; wait_go'
	[ "$(timeout 20 ct-logs -f "$c" 2>"$D/err" | head -1)" = one ]
	timeout 20 sh -c 'ct-logs -f "$1" 2>"$2"; echo $? >"$2.status"' sh "$c" "$D/err" | head -1
	wait_until test -s "$D/err.status"
	[ "$(cat "$D/err.status")" -eq 141 ]
	[ ! -s "$D/err" ]
	go_on
}

@test "ct-logs ends silently when its reader closes the pipe" {
	finished 'seq 200000'
	[ "$(ct-logs "$c" 2>"$D/err" | head -1)" = 1 ]
	[ ! -s "$D/err" ]
}

@test "only the last lines are shown with --tail" {
	finished 'seq 5; printf "6 without an end"'
	[ "$(ct-logs --tail 2 "$c")" = "$(printf '5\n6 without an end')" ]
	[ -z "$(ct-logs --tail 0 "$c")" ]
	[ "$(ct-logs --tail 100 "$c" | wc -l)" -eq 5 ]
}

@test "-t puts the time before each line, in the form that --since and --until accept" {
	detached 'echo one; wait_go; echo two'
	# shellcheck disable=SC2016 # sh expands it
	wait_until sh -c '[ "$(ct-logs "$1")" = one ]' sh "$c"
	go_on
	ct-wait "$c"
	run ct-logs -t "$c"
	[[ "${lines[0]}" =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z\ one$ ]]
	[ "${lines[1]#* }" = two ]
	second=${lines[1]%% *}
	[ "$(ct-logs --since "$second" "$c")" = two ]
	[ "$(ct-logs --until "${lines[0]%% *}" "$c")" = one ]
	[ -z "$(ct-logs --since 2100-01-01 "$c")" ]
	[ "$(ct-logs --since 1h "$c" | wc -l)" -eq 2 ]
}

@test "--log-max bounds the two files of the log, which keep the newest output" {
	ct-run --log-max 64k --cidfile "$D/cid" "$img" seq 20000 >"$D/ran.out"
	[ "$(tail -1 "$D/ran.out")" = 20000 ]
	read -r c <"$D/cid"
	[ "$(cat "$CT_ROOT/$c/log" "$CT_ROOT/$c/log.1" | wc -c)" -le 65536 ]
	n=$(ct-logs "$c" | wc -l)
	[ "$n" -gt 500 ]
	ct-logs "$c" | cmp - <(tail -n "$n" "$D/ran.out")
}

@test "with --log none a run passes its output on and keeps none, also when it starts again" {
	[ "$(ct-run --log none --cidfile "$D/cid" "$img" echo hello)" = hello ]
	read -r c <"$D/cid"
	ct-start -a "$c" >"$D/again"
	[ "$(cat "$D/again")" = hello ]
	[ ! -e "$CT_ROOT/$c/log" ]
	run ct-logs "$c"
	[ "$status" -eq 1 ]
	[ "$output" = "ct-logs: $c: has no log (--log none)" ]
	run ct-run --log none --log-max 1m "$img" true
	[ "$status" -eq 125 ]
	[ "$output" = "ct-run: --log none and --log-max: cannot be used together" ]
	run ct-run --log syslog "$img" true
	[ "$status" -eq 125 ]
	[[ "$output" = "ct-run: --log: syslog: not file or none"* ]]
}

@test "the log has all bytes of a stream that the kernel passes on by reference" {
	head -c 3000000 /dev/urandom >"$D/random"
	ct-run --cidfile "$D/cid" "$img" cat <"$D/random" | cat | cmp - "$D/random"
	read -r c <"$D/cid"
	ct-logs "$c" | cmp - "$D/random"
	ct-run --log none "$img" cat <"$D/random" >"$D/copy"
	cmp "$D/copy" "$D/random"
	ct-run --log none "$img" cat <"$D/random" >>"$D/copy"
	cmp "$D/copy" <(cat "$D/random" "$D/random")
}

@test "damaged records are reported once, the rest is shown" {
	finished 'echo one; echo two'
	printf 'xx\n2024-05-01T10:00:00.000000000Z stdout F cut' >>"$CT_ROOT/$c/log"
	run --separate-stderr ct-logs "$c"
	[ "$status" -eq 0 ]
	[ "$output" = "$(printf 'one\ntwo\ncut')" ]
	[ "$stderr" = "ct-logs: $c: 2 damaged records in the log" ]
}

@test "the log is in the CRI format" {
	finished 'echo one; printf two >&2'
	[ "$(cut -d' ' -f2- "$CT_ROOT/$c/log" | sort)" = "$(printf 'stderr P two\nstdout F one')" ]
}

@test "output that cannot be written is a failure" {
	finished 'echo one'
	run bash -c 'ct-logs "$1" 2>&1 >/dev/full' bash "$c"
	[ "$status" -eq 1 ]
	[ "$output" = "ct-logs: $c: standard output: No space left on device" ]
}

@test "invalid operands are refused with one line that names them" {
	refused() {
		local status_wanted=$1 start=$2
		shift 2
		run --separate-stderr ct-logs "$@"
		[ "$status" -eq "$status_wanted" ] && [ -z "$output" ] && [[ "${stderr_lines[0]}" == "ct-logs: $start"* ]]
	}
	refused 1 "nosuch: " nosuch
	refused 1 "$img: " "$img"
	refused 1 "ps_99999: " ps_99999
	refused 1 "../x: " ../x
	refused 2 ""
	refused 2 "--tail: x: " --tail x ps_42002
	refused 2 "--since: never: " --since never ps_42002
	refused 2 "--nosuch: " --nosuch ps_42002
}

@test "-f loses no line of a log that is rotated faster than it reads" {
	busybox_image
	c=$(ct-run -d --log-max 20k "$img" sh -c 'sleep 0.3; seq 1 100000')
	ct-logs -f "$c" >"$BATS_TEST_TMPDIR/out"
	seq 1 100000 | cmp - "$BATS_TEST_TMPDIR/out"
	ct-rm "$c"
}

@test "the logs of several containers have their names in front" {
	ct-run --name web "$img" sh -c 'echo one; echo two >&2; printf three' >/dev/null 2>&1
	c=$(ct-run -d "$img" echo four)
	ct-wait "$c"
	run -0 --separate-stderr ct-logs web "$c"
	[ "$output" = "web: one"$'\n'"web: three"$'\n'"$c: four" ]
	[ "$stderr" = 'web: two' ]
	run -1 --separate-stderr ct-logs nosuch web
	[ "${lines[0]}" = 'web: one' ]
	[ "$stderr" = $'ct-logs: nosuch: no such container\nweb: two' ]
	ct-run -d --name both "$img" sh -c 'echo five; echo six'
	ct-wait both
	[ "$(ct-logs -f -n 1 both "$c" | sort)" = "$(printf '%s: four\nboth: six\n' "$c" | sort)" ]
	[[ "$(ct-logs -t web "$c" | head -n 1)" == 'web: 20'*'Z one' ]]
}

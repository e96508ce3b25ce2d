# systemd units for containers, without a running systemd.
load helper

# value KEY: of the unit in $output.
value() {
	sed -n "s/^$1=//p" <<<"$output"
}

# perform KEY [VARIABLE=VALUE...]: runs the command of a line of the unit in the environment that the unit sets.
perform() {
	local words variables
	read -ra words < <(value "$1")
	mapfile -t variables < <(value Environment)
	env -i PATH="$PATH" "${variables[@]}" "${@:2}" "${words[@]}"
}

@test "a unit starts and stops its container, and allows for --stop-timeout" {
	c=$(ct-run --only snapshot --name web --stop-timeout 42 --stop-signal INT "$img" sh -c 'trap "exit 143" INT; echo up; while :; do sleep 0.02; done')
	run -0 ct unit web
	[ "$(value TimeoutStopSec)" = 102 ]
	[ "$(value SuccessExitStatus)" = '129 130 143' ]
	[ "$(value Environment | grep -c "^CT_[A-Z]*=.")" = 5 ]
	[ "$(value RequiresMountsFor)" = "$CT_ROOT" ]
	perform ExecStartPre
	perform ExecStart >"$D/out" &
	p=$!
	wait_until grep -q up "$D/out"
	[ "$(field status web)" = running ]
	perform ExecStop
	await "$p"
	[ "$status" -eq 143 ]
	[ "$(field status web)" = 'exited 143' ]
	if command -v systemd-analyze; then
		printf '%s\n' "$output" >"$D/ct-web.service"
		systemd-analyze verify --man=no "$D/ct-web.service"
	fi
}

# notified ADDRESS: listens as a service manager does, tells that it does so, and prints the first message.
notified() {
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\0"))
s.settimeout(60)
print("listening", flush=True)
print(s.recv(100).decode(), flush=True)' "$1"
}

# sd_notify(3): the address is a path or, with @, an abstract name.
@test "start --attach tells the service manager when the program runs" {
	c=$(ct-create --name web "$img" sh -c 'echo runs; exec sleep 1000')
	run -0 ct unit web
	[ "$(value Type)" = notify ]
	for address in "$D/notify" "@$CT_TEST_DIR"; do
		rm -f "$D/said"
		notified "$address" >"$D/said" &
		manager=$!
		wait_until grep -q listening "$D/said"
		perform ExecStart NOTIFY_SOCKET="$address" >"$D/out" &
		p=$!
		await "$manager"
		[ "$(tail -n 1 "$D/said")" = READY=1 ]
		[ "$(field status web)" = running ]
		ct stop -t 0 web
		await "$p"
	done
	rm -f "$D/said"
	notified "$D/never" >"$D/said" &
	manager=$!
	wait_until grep -q listening "$D/said"
	NOTIFY_SOCKET=$D/never run -1 ct-start -a nosuch
	ct-create --name missing "$img" /no/such/program
	NOTIFY_SOCKET=$D/never run -127 ct-start -a missing
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"first", sys.argv[1])' "$D/never"
	await "$manager"
	[ "$(tail -n 1 "$D/said")" = first ]
}

@test "an address of a service manager that cannot be reached is a note, and the container runs" {
	c=$(ct-create "$img" true)
	NOTIFY_SOCKET=$D/none run -0 --separate-stderr ct-start -a "$c"
	[ "$stderr" = "ct-start: $c: NOTIFY_SOCKET: $D/none: No such file or directory" ]
	NOTIFY_SOCKET=none run -0 --separate-stderr ct-start -a "$c"
	[ "$stderr" = "ct-start: $c: NOTIFY_SOCKET: not the address of a socket: none" ]
}

@test "unit refuses a container that was made with --rm or does not exist" {
	ct-run --only snapshot --rm --name web "$img"
	run -1 ct unit web
	[ "$output" = 'ct: unit: web: made with --rm, so it is removed when it ends' ]
	run -1 ct unit nosuch
	[ "$output" = 'ct: unit: nosuch: no such container' ]
	run -2 ct unit
}

is_dead() {
	[ "$(field status "$1")" = dead ]
}

@test "sweep removes ended containers of --rm, and no others" {
	gone=$(ct-run -d --rm "$img" sleep 1000)
	stays=$(ct-run -d "$img" sleep 1000)
	runs=$(ct-run -d --rm "$img" sleep 1000)
	for c in "$gone" "$stays"; do
		kill -9 "$(sed -n 's/^supervisor=//p' "$CT_RUN/$c/state")"
		wait_until is_dead "$c"
	done
	ct sweep
	[ "$(ct-ps -q | sort)" = "$(printf '%s\n' "$stays" "$runs" | sort)" ]
	[ "$(field status "$runs")" = running ]
	run -2 ct sweep x
}

@test "the installed units name the installed programs" {
	make -s -C "$CT_TESTS/.." B="$B" DESTDIR="$D/root" PREFIX=/opt/ct install >/dev/null
	cd "$D/root/opt/ct/lib/systemd/system"
	[ "$(echo ./*)" = './ct-store.service ./ct@.service' ]
	while read -r program; do
		[ -x "$D/root$program" ]
	done < <(sed -n 's/^Exec[A-Za-z]*=\([^ ]*\).*/\1/p' ./*)
	grep -q '^ExecStart=/opt/ct/bin/ct-start --attach --no-stdin %i$' ct@.service
}

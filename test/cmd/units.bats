# systemd units for containers, without a running systemd.
load helper

# value KEY: of the unit in $output.
value() {
	sed -n "s/^$1=//p" <<<"$output"
}

# Runs the command of a line of the unit in the environment that the unit sets.
perform() {
	local words variables
	read -ra words < <(value "$1")
	mapfile -t variables < <(value Environment)
	env -i PATH="$PATH" "${variables[@]}" "${words[@]}"
}

@test "a unit starts and stops its container, and allows for --stop-timeout" {
	c=$(ct-run --only snapshot --name web --stop-timeout 42 --stop-signal INT "$img" sh -c 'trap "exit 143" INT; echo up; while :; do sleep 0.02; done')
	run -0 ct unit web
	[ "$(value TimeoutStopSec)" = 57 ]
	[ "$(value SuccessExitStatus)" = '143 137' ]
	[ "$(value Environment | grep -c "^CT_[A-Z]*=.")" = 5 ]
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

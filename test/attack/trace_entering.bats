# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A process of the container traces ct-exec while that enters the container, or takes its open files: it
# would act with the rights that ct-exec has not dropped yet.
load attack

# COMMAND...: starts the attack in container $c.
lurk() {
	ct-exec "$c" attack "$@" >"$D/lurk" 2>&1 3>&- &
	lurking=$!
	wait_until grep -q looking "$D/lurk"
}

@test "the container's root does not trace ct-exec on its way in" {
	background --cap-add SYS_PTRACE "$img" sleep 1000
	lurk seize ct-exec
	for _ in $(seq 20); do
		ct-exec "$c" true
	done
	cat "$D/lurk"
	[ -e "/proc/$lurking" ]
	ct-rm -f "$c"
	run -0 cat "$D/lurk"
	[ "$output" = looking ]
}

@test "without protection (a process that can be traced): it is traced" {
	background --cap-add SYS_PTRACE "$img" sleep 1000
	lurk seize ct-exec
	traced() {
		timeout 5 env LD_PRELOAD="$B/attack/open.so" ct-exec "$c" true || :
		grep -q attached "$D/lurk"
	}
	wait_until traced
}

@test "the open files of ct-exec, its directory and its root are no way out" {
	background --cap-add SYS_PTRACE "$img" sleep 1000
	cd "$D/host"
	lurk look secret
	for _ in $(seq 20); do
		ct-exec "$c" true 7<"$D/host"
	done
	ct-rm -f "$c"
	run cat "$D/lurk"
	unharmed
}

@test "without protection (nsenter): the container reads the host by an open file" {
	background --cap-add SYS_PTRACE "$img" sleep 1000
	lurk look secret
	nsenter -t "$(field pid "$c")" -U -m -p -S 0 -G 0 -- sleep 5 7<"$D/host" 3>&- &
	wait_until grep -q "secret of the host" "$D/lurk"
	ct-rm -f "$c"
}

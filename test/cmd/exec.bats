load helper

# One container for all tests of this file.
setup_file() {
	sandbox_up
	busybox_image
	mkdir "$CT_TEST_DIR/work"
	export CT_TEST_C
	CT_TEST_C=$(ct-run -d --name target -h target -e FROM=run -w /var -u www-data --cap-drop NET_RAW --cap-add SYS_TIME "$img" sleep 1000)
}

# The container of setup_file stays for all tests.
teardown() { :; }

setup() {
	busybox_image
	c=$CT_TEST_C
	D=$BATS_TEST_TMPDIR
}

@test "a command is in the container's namespaces and cgroup" {
	pid=$(field pid "$c")
	run -0 ct-exec "$c" sh -c 'for n in user mnt pid net uts ipc cgroup; do readlink /proc/self/ns/$n; done'
	i=0
	for n in user mnt pid net uts ipc cgroup; do
		[ "${lines[$((i++))]}" = "$(readlink "/proc/$pid/ns/$n")" ]
	done
	[ "$(ct-exec "$c" cut -d: -f3 /proc/self/cgroup | sort -u)" = / ]
	ct-exec "$c" sleep 1001 3>&- &
	wait_until ct-exec "$c" pidof sleep
	wait_until pgrep -f '^sleep 1001'
	diff "/proc/$(pgrep -f '^sleep 1001')/cgroup" "/proc/$pid/cgroup"
	kill %1
	await $!
	[ "$status" -eq 143 ]
}

@test "a command has the container's host name, environment, directory and user, unless told otherwise" {
	[ "$(ct-exec "$c" sh -c 'hostname; echo $FROM; pwd; id -u; echo $HOME')" = $'target\nrun\n/var\n33\n/var' ]
	[ "$(ct-exec -e FROM=exec -e A=1 -w /usr/bin -u 0:100 "$c" sh -c 'echo $FROM $A; pwd; id -u; id -g; echo $HOME')" = $'exec 1\n/usr/bin\n0\n100\n/root' ]
	[ "$(ct-exec -u nobody "$c" id -G)" = '65534 100' ]
}

# podman#26600, crun#1823: 127, which Toolbx looks at.
@test "a missing working directory gives 127 and is not made" {
	run -127 ct-exec -w /typo/dir "$c" true
	[ "$output" = "ct-exec: $c: working directory: /typo/dir: No such file or directory" ]
	run -126 ct-exec -w /etc/passwd "$c" true
	[ "$output" = "ct-exec: $c: working directory: /etc/passwd: Not a directory" ]
	[ ! -e "$(ct path "$c")/typo" ]
}

@test "a command has the container's capabilities and seccomp filter, and no more" {
	[ "$(ct-exec -u root "$c" grep -E '^(Cap|Seccomp:)' /proc/self/status)" = \
		$'CapInh:\t0000000000000000\nCapPrm:\t00000000820405fb\nCapEff:\t00000000820405fb\nCapBnd:\t00000000820405fb\nCapAmb:\t0000000000000000\nSeccomp:\t2' ]
	[ "$(ct-exec "$c" sed -n 's/^CapEff:\t//p' /proc/self/status)" = 0000000000000000 ]
}

@test "a container inherits no descriptors" {
	[ "$(ct-exec "$c" ls /proc/self/fd 7</dev/null 9>"$D/nine" | tr '\n' ' ')" = '0 1 2 3 ' ]
}

@test "the exit status is the command's own, 128+N, 126 or 127" {
	for wanted in 0 1 42 255; do
		run -$wanted ct-exec "$c" sh -c "exit $wanted"
	done
	run -143 ct-exec "$c" sh -c 'kill -TERM $$'
	run -137 ct-exec "$c" sh -c 'kill -KILL $$'
	run --separate-stderr -127 ct-exec "$c" nosuch
	[ "$stderr" = 'ct-exec: '"$c"': nosuch: not found in the container' ]
	run --separate-stderr -126 ct-exec "$c" /etc/passwd
	[ "$stderr" = 'ct-exec: '"$c"': /etc/passwd: cannot be executed' ]
}

@test "stdin, stdout and stderr are separate and carry bytes unchanged" {
	head -c 3000000 /dev/urandom >"$D/data"
	ct-exec "$c" cat <"$D/data" | cmp - "$D/data"
	run --separate-stderr -0 ct-exec "$c" sh -c 'cat >/dev/stdout; echo err >/dev/stderr' <<<in
	[ "$output" = in ]
	[ "$stderr" = err ]
	[ "$(printf 'a\nb\n' | while read -r line; do ct-exec -n "$c" sh -c "cat; echo $line"; done)" = $'a\nb' ]
	[ "$(yes | timeout 20 ct-exec "$c" head -1)" = y ]
	[ "$(timeout 20 ct-exec "$c" yes | head -1)" = y ]
}

@test "the output of a command is not in the container's log" {
	run -0 ct-exec "$c" echo said
	[ -z "$(ct-logs "$c")" ]
}

@test "signals are passed on" {
	for sig in TERM INT HUP USR1; do
		rm -f "$D/out"
		ct-exec "$c" sh -c "trap 'echo $sig; exit 7' $sig; echo ready; sleep 1000 & wait" >"$D/out" 3>&- &
		wait_until grep -q ready "$D/out"
		kill -$sig $!
		await $!
		[ "$status" -eq 7 ]
		[ "$(tail -1 "$D/out")" = $sig ]
	done
}

@test "-d returns when the command runs, or with the reason why it does not" {
	d=$(ct-run -d "$img" sleep 1000)
	run -0 ct-exec -d "$d" sh -c 'echo $$ >/pid; exec sleep 1002'
	[ -z "$output" ]
	wait_until test -s "$(ct path "$d")/pid"
	[ "$(ct-exec "$d" sh -c 'tr "\0" " " <"/proc/$(cat /pid)/cmdline"; readlink "/proc/$(cat /pid)/fd/1"')" = 'sleep 1002 /dev/null' ]
	run -127 ct-exec -d "$d" nosuch
	[[ $output == *nosuch* ]]
	ct-rm -f "$d"
}

# COMMAND...: runs it in a PID namespace whose process 1 reaps no other process.
where_nobody_reaps() {
	unshare --pid --fork --kill-child --mount-proc python3 -I -S -c '
import subprocess, sys
sys.exit(subprocess.run(sys.argv[1:]).returncode)' "$@"
}

@test "a container's end ends commands of -d, also if process 1 of the host never reaps" {
	run -0 --separate-stderr where_nobody_reaps timeout -k 1 20 sh -ec '
		d=$(ct-run -d --name unreaped "$1" sleep 1000)
		ct-exec -d "$d" sleep 1000
		ct-exec -d "$d" true
		ct-kill "$d"
		ct-wait "$d"' sh "$img"
	[ "$output" = 137 ]
	ct-rm unreaped
}

@test "the parent of a command of -d is a ct-exec that ends with it and keeps none of the caller's files open" {
	d=$(ct-run -d "$img" sleep 1000)
	mkdir "$D/here"
	(cd "$D/here" && exec 7>"$D/held" && ct-exec -d "$d" sleep 1003)
	child=$(pgrep -fx 'sleep 1003')
	parent=$(ps -o ppid= -p "$child" | tr -d ' ')
	[ "$(readlink "/proc/$parent/exe")" = "$B/ct-exec" ]
	[ "$(readlink "/proc/$parent/cwd")" = / ]
	[ -z "$(find "/proc/$parent/fd" -lname "$D/*")" ]
	[ "$(readlink "/proc/$parent/fd/2")" = /dev/null ]
	kill "$child"
	wait_until test ! -e "/proc/$parent"
	ct-rm -f "$d"
}

@test "-t gives the command a terminal when the caller has none" {
	run -0 ct-exec -t "$c" sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo yes' </dev/null
	[[ $output == *yes* ]]
	[[ $output == /dev/pts/* ]]
}

@test "a command ends with 137 when the container ends" {
	d=$(ct-run -d "$img" sh -c 'read -r x </fifo' 3>&-) || :
	d=$(ct-run -d "$img" sh -c 'mkfifo /fifo; read -r x </fifo')
	wait_until test -p "$(ct path "$d")/fifo"
	ct-exec "$d" sh -c 'echo in; exec sleep 1000' >"$D/out" 3>&- &
	wait_until grep -q in "$D/out"
	echo >"$(ct path "$d")/fifo"
	await $!
	[ "$status" -eq 137 ]
}

@test "a command that ends leaves the container as it was" {
	before=$(ct-exec -u root "$c" sh -c 'echo /proc/[0-9]*')
	for _ in 1 2 3; do
		ct-exec "$c" true
	done
	facts >"$D/before"
	ct-exec "$c" true
	same_facts "$D/before" <(facts)
}

@test "an ended or unknown container, or an image, is an error of one line with status 125" {
	d=$(ct-run --cidfile "$D/cid" "$img" true; cat "$D/cid")
	fails() {
		wanted=$1
		shift
		run --separate-stderr -125 ct-exec "$@"
		[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "ct-exec: $wanted"* ]] ||
			{ echo "$* said: $stderr"; return 1; }
	}
	fails "$d: not running" "$d" true
	fails 'nosuch: no such container' nosuch true
	fails "$img: " "$img" true
	fails 'ps_99999: no such container' ps_99999 true
	fails 'missing operand' "$c"
	fails 'missing operand'
	fails '--nosuch: ' --nosuch "$c" true
	fails "$c: --workdir x" -w x "$c" true
	fails "$c: --env: =x" -e =x "$c" true
	fails "$c: user nosuch" -u nosuch "$c" true
}

@test "a hostile root cannot lead ct-exec out of the container" {
	d=$(ct-run -d "$img" sleep 1000)
	root=$(ct path "$d")
	mkdir -p "$D/outside"
	rm -f "$root/etc/passwd" "$root/etc/group"
	mkfifo "$root/etc/passwd"
	ln -s "$D/outside/group" "$root/etc/group"
	ln -s "../../../../../../$D/outside" "$root/way"
	run -0 timeout -s KILL 20 ct-exec "$d" echo ran
	[ "$output" = ran ]
	run -127 timeout -s KILL 20 ct-exec -w /way/made "$d" true
	run -126 timeout -s KILL 20 ct-exec -w /proc/1/root "$d" true
	[ -z "$(ls "$D/outside")" ]
	ct-exec "$d" sh -c 'umount /dev 2>/dev/null; rm -rf /way'
	ct-rm -f "$d"
}

@test "ct-exec joins a container of any user namespace and network" {
	for how in --userns=host --userns=unmapped --network=host --privileged --userns=0:100000:1000; do
		d=$(ct-run -d "$how" "$img" sleep 1000)
		for n in user net mnt; do
			[ "$(ct-exec "$d" readlink /proc/self/ns/$n)" = "$(readlink "/proc/$(field pid "$d")/ns/$n")" ]
		done
		ct-rm -f "$d"
	done
}

load helper
load runs

# The isolation of a container.

@test "the command is process 1 and sees only its own processes" {
	run -0 ct-run "$img" sh -c 'echo $$; echo /proc/[0-9]*'
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" = /proc/1 ]
}

@test "the host name is the container's id, or the name given with -h" {
	[ "$(ct-run --cidfile "$D/cid" "$img" hostname)" = "$(cat "$D/cid")" ]
	[ "$(ct-run -h web.example "$img" sh -c 'hostname; cat /etc/hostname; grep -c web.example /etc/hosts')" = $'web.example\nweb.example\n1' ]
}

@test "root of a container is not root of the host" {
	c=$(ct-run -d "$img" sh -c 'id -u; exec sleep 1000')
	pid=$(field pid "$c")
	[ "$(stat -c %u "/proc/$pid")" -ge $((0x20000000)) ]
	[ "$(stat -c %g "/proc/$pid")" -ge $((0x20000000)) ]
	[ "$(ct-logs "$c")" = 0 ]
}

@test "two containers that run have different users on the host" {
	a=$(ct-run -d "$img" sleep 1000)
	b=$(ct-run -d "$img" sleep 1000)
	[ "$(stat -c %u "/proc/$(field pid "$a")")" != "$(stat -c %u "/proc/$(field pid "$b")")" ]
}

@test "a container has its own cgroup in every hierarchy" {
	c=$(ct-run -d "$img" sleep 1000)
	cgroup=/proc/$(field pid "$c")/cgroup
	grep -qF ":$CT_CGROUP/$c" "$cgroup"
	run -1 grep -vE ":$CT_CGROUP/$c\$|:(name=|misc|net_|perf_event|hugetlb|rdma|dmem|0::|:)" "$cgroup"
	run -0 lscgroup -g "memory:$CT_CGROUP"	# (a listing of all fails where another group ends meanwhile)
	grep -q ":$CT_CGROUP/$c\$" <<<"$output"
}

@test "a container sees its cgroup as the root of the hierarchy" {
	run -0 ct-run "$img" cut -d: -f3 /proc/self/cgroup
	for line in "${lines[@]}"; do
		[ "$line" = / ]
	done
}

@test "a container has its own namespace of every kind" {
	run -0 ct-run "$img" sh -c 'for n in user mnt pid net uts ipc cgroup; do readlink /proc/self/ns/$n; done'
	[ ${#lines[@]} -eq 7 ]
	for line in "${lines[@]}"; do
		[ "$line" != "$(readlink "/proc/self/ns/${line%%:*}")" ]
	done
}

@test "files made inside belong to 0:0 on disk, and to the user who made them" {
	run -0 ct-run --cidfile "$D/cid" "$img" sh -c 'echo x >/file; mkdir /var/d; chown 33:100 /var/d; su -s /bin/sh www-data -c "touch /tmp/theirs"'
	root=$(ct path "$(cat "$D/cid")")
	[ "$(stat -c %u:%g "$root/file" "$root/var/d" "$root/tmp/theirs")" = $'0:0\n33:100\n33:33' ]
}

@test "a container's writes are not seen by its image or other containers" {
	run -0 ct-run "$img" sh -c 'echo x >/new; rm /etc/group'
	run -0 ct-run "$img" sh -c '[ ! -e /new ] && [ -e /etc/group ]'
	[ ! -e "$(ct path "$img")/new" ]
}

@test "a container inherits no descriptors" {
	[ "$(ct-run "$img" ls /proc/self/fd 7</dev/null 9>"$D/nine" | tr '\n' ' ')" = '0 1 2 3 ' ]
}

@test "a command starts in / with a plain environment and a umask of 022" {
	[ "$(SECRET=1 ct-run -h here "$img" sh -c 'pwd; umask; env | sort' | grep -vE '^(PWD|SHLVL|OLDPWD)=')" = \
		$'/\n0022\nHOME=/root\nHOSTNAME=here\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\ncontainer=ct' ]
}

@test "a container has the devices, terminals and shared memory that programs expect" {
	run -0 ct-run "$img" sh -c '
		cd /dev && [ -c null ] && [ -c zero ] && [ -c full ] && [ -c random ] && [ -c urandom ] && [ -c tty ] &&
		[ -c ptmx ] && [ -d pts ] && [ "$(readlink fd)" = /proc/self/fd ] &&
		echo x >/dev/null && head -c 4 /dev/zero | cmp - /dev/zero -n 4 && echo x >/dev/shm/x && [ "$(stat -c %a shm)" = 1777 ] &&
		[ -z "$(find . -type b)" ] && [ ! -e sda ] && [ ! -e loop0 ] && [ ! -e mem ] && [ ! -e kmsg ]'
}

@test "sensitive files of /proc and /sys are masked or read-only" {
	run -0 ct-run "$img" sh -c '
		[ -z "$(head -c 1 /proc/kcore)" ] && [ -z "$(cat /proc/timer_list)" ] && [ -z "$(ls /sys/firmware)" ] &&
		for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_helper; do
			if [ -e $f ] && (echo x >$f) 2>/dev/null; then echo $f; exit 1; fi
		done'
}

@test "device nodes in a container's root cannot be used" {
	c=$(ct-run -d "$img" sleep 1000)
	mknod -m 666 "$(ct path "$c")/node" c 1 3
	run -1 ct-exec "$c" sh -c 'echo x >/node'
	[[ $output == *"ermission denied"* ]]
}

@test "a container's root has podman's eleven capabilities and NET_RAW, without NET_RAW in the host's network" {
	[ "$(ct-run "$img" sed -n 's/^Cap[BPE].*\t//p' /proc/self/status | sort -u)" = 00000000800425fb ]
	[ "$(ct-run --network host "$img" sed -n 's/^CapBnd.*\t//p' /proc/self/status)" = 00000000800405fb ]
}

@test "the seccomp filter is on, except with --privileged" {
	[ "$(ct-run "$img" sed -n 's/^Seccomp:\t//p' /proc/self/status)" = 2 ]
	[ "$(ct-run --privileged "$img" sed -n 's/^Seccomp:\t//p' /proc/self/status)" = 0 ]
}

# Protections of the host, and the options that turn them off.

@test "capabilities are added and dropped by name" {
	caps() {
		ct-run "$@" "$img" sed -n 's/^CapBnd.*\t//p' /proc/self/status
	}
	[ "$(caps --cap-add SYS_TIME)" = 00000000820425fb ]
	[ "$(caps --cap-add cap_sys_time --cap-drop net_raw)" = 00000000820405fb ]
	[ "$(caps --cap-drop ALL)" = 0000000000000000 ]
	[ "$(caps --cap-drop ALL --cap-add CHOWN)" = 0000000000000001 ]
	[ "$(caps --cap-add ALL --cap-drop CHOWN)" = "$(printf %016x $((0x$(caps --cap-add ALL) & ~1)))" ]
}

@test "--privileged gives the host's devices, capabilities and users" {
	run -0 ct-run --privileged "$img" sh -c 'readlink /proc/self/ns/user; [ -e /dev/kmsg ] || [ -e /dev/loop-control ]; echo $?; sed -n "s/^CapBnd.*\t//p" /proc/self/status'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/user)" ]
	[ "${lines[1]}" = 0 ]
	[ "${lines[2]}" = "$(sed -n 's/^CapBnd.*\t//p' /proc/self/status)" ]
}

@test "--userns host keeps the host's users" {
	c=$(ct-run -d --userns host "$img" sh -c 'touch /x; exec sleep 1000')
	[ "$(stat -c %u "/proc/$(field pid "$c")")" = 0 ]
	[ "$(ct-exec "$c" readlink /proc/self/ns/user)" = "$(readlink /proc/self/ns/user)" ]
	[ "$(stat -c %u "$(ct path "$c")/x")" = 0 ]
}

@test "--userns accepts an ID map" {
	c=$(ct-run -d --userns 0:100000:1000,1000:300000:10 "$img" sh -c 'touch /x; chown 1001 /x; exec sleep 1000')
	[ "$(stat -c %u "/proc/$(field pid "$c")")" = 100000 ]
	wait_until sh -c '[ "$(stat -c %u "$1")" = 1001 ]' sh "$(ct path "$c")/x"
	[ "$(ct-exec -u 1001 "$c" cat /proc/self/uid_map | tr -s ' ')" = $' 0 100000 1000\n 1000 300000 10' ]
}

@test "--userns unmapped runs as nobody in a user namespace without a map" {
	run -0 ct-run --userns unmapped "$img" sh -c 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user; sed -n "s/^CapEff.*\t//p" /proc/self/status; echo x >/dev/null'
	[ "${lines[0]}" = 65534 ]
	[ "${lines[1]}" != "$(readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = 0000000000000000 ]
	c=$(ct-run -d --userns unmapped "$img" sleep 1000)
	[ "$(ct-exec "$c" sh -c 'id -u; cat /proc/1/comm')" = $'65534\nsleep' ]
}

@test "--network none has only a loopback, --network host the host's network, both with a user namespace" {
	[ "$(ct-run --network none "$img" sh -c 'ip -o link | wc -l; ping -c 1 -W 2 127.0.0.1 >/dev/null && echo up')" = $'1\nup' ]
	run -0 ct-run --network host "$img" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/user; ls -d /sys/class'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/net)" ]
	[ "${lines[1]}" != "$(readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = /sys/class ]
}

@test "no path of the host is visible in a container" {
	run -0 ct-run "$img" sh -c 'cat /proc/self/mountinfo | cut -d" " -f5; ls /'
	[[ $output != *"$CT_TEST_DIR"* ]]
}

@test "if the container's root is the host's root, ct runs from a read-only mount of its own" {
	c=$(ct-run -d --init --userns host "$img" sleep 1000)
	pid=$(ct-ps --no-header -o pid "$c")
	[ "$(readlink "/proc/$pid/exe")" = / ]
	run ! dd if=/dev/null of="/proc/$pid/exe"
	[[ $output == *'Read-only file system' ]]
	ct-rm -f "$c"
	c=$(ct-run -d --init "$img" sleep 1000)
	pid=$(ct-ps --no-header -o pid "$c")
	[[ $(readlink "/proc/$pid/exe") == */ct-run ]]
	ct-rm -f "$c"
}

@test "to run from that mount ct executes itself only where the kernel refuses to move a process there" {
	type strace || skip 'strace is not installed'
	[ "$B" = "${B%asan}" ] || skip 'the sanitizers do not work under strace'
	run -0 strace -f -qq -e trace=execve,execveat -o "$D/calls" ct-run --rm --userns host "$img" true
	[ "$(grep -c 'exec.* = 0' "$D/calls")" = 2 ]
	run -0 strace -f -qq -e trace=execve,execveat,mremap -e inject=mremap:error=ENOMEM:when=1 -o "$D/calls" \
		ct-run --rm --userns host "$img" true
	[ "$(grep -c 'exec.* = 0' "$D/calls")" = 3 ]
}

# Whether some process's command line, which every user of the host may read, has this in it.
command_line() {
	local all	# searched by this shell: the command line of grep would have it
	all=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n')
	[[ $'\n'$all$'\n' == *$'\n'"$1"$'\n'* ]]
}

@test "no user of the host reads a run's arguments in ps: the supervisor shows its name and the container's" {
	secret=PASSWORD=$RANDOM-$$
	c=$(ct-run -d -e "$secret" --name web "$img" sleep 1000)
	[ "$(ct-exec web env | grep PASSWORD)" = "$secret" ]
	short=$(ct-run -d "$img" sleep 1000)
	init=$(ct-run -d --init -e "$secret" "$img" sleep 1000)
	host=$(ct-run -d --userns host -e "$secret" "$img" sleep 1000)
	ct-kill "$c" && ct-wait "$c" || true
	ended "$c"
	ct-start "$c"
	for title in 'ct-start: web' "ct-run: $short" "ct-run: $init" "ct-run: $host"; do
		command_line "$title"
	done
	ct-run --name fore -e "$secret" "$img" sleep 1000 3>&- &
	ct-exec -e "$secret" web sleep 1001 3>&- &
	ct-run --rootfs "$busybox" --only 'pid,root,proc,exec,mnt' -e "$secret" sleep 1002 3>&- &
	bare=$!
	for title in 'ct-run: fore' 'ct-exec: web' "ct-run: $busybox" 1000 1001 1002; do
		wait_until command_line "$title"
	done
	run ! command_line "$secret"
	[ "$(tr '\0' '\n' <"/proc/$bare/environ" | grep CT_ROOT)" = "CT_ROOT=$CT_ROOT" ]
	kill -KILL "$bare"
	await "$bare"
	run ! setpriv --reuid 65534 --regid 65534 --clear-groups cat "/proc/$(sed -n 's/^supervisor=//p' "$CT_RUN/$init/state")/environ"
}

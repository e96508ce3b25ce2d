bats_require_minimum_version 1.5.0
load helper
load runs

# Namespaces of the host and of other containers: --pid and --ipc.

# namespace KIND CONTAINER: the identity of its namespace.
namespace() {
	ct-exec "$2" readlink "/proc/self/ns/$1"
}

@test "--pid container:ID shows and reaches that container's processes, also after a restart" {
	web=$(ct-run -d --name web "$img" sh -c 'echo here >/mark; sleep 4242; true')
	wait_until ct-exec web test -s /mark
	c=$(ct-run -d --name beside --pid container:web "$img" sleep 1000)
	[ "$(namespace pid beside)" = "$(namespace pid web)" ]
	[ "$(namespace user beside)" = "$(namespace user web)" ]
	[ "$(namespace net beside)" != "$(namespace net web)" ]
	[ "$(namespace ipc beside)" != "$(namespace ipc web)" ]
	ct-exec beside ps | grep -q 'sleep 4242'
	[ "$(ct-exec beside cat /proc/1/root/mark)" = here ]
	ct-exec beside sh -c 'kill $(ps | sed -n "s/^ *\([0-9]*\) .*[s]leep 4242$/\1/p")'
	ct-wait web
	ct-wait beside	# with process 1 the PID namespace ends
	[ "$(field status beside)" = 'killed 9' ]
	run -1 ct-start beside
	[ "$output" = "ct-start: beside: --pid container:$web: it does not run" ]
	ct-start web
	ct-start beside
	[ "$(namespace pid beside)" = "$(namespace pid web)" ]
	[ "$(ct-inspect -f .HostConfig.PidMode beside)" = container:web ]
	[ "$c" = "$(ct id beside)" ]
}

@test "a container that shares a PID namespace ends alone, and with the container that is killed or removed" {
	ct-run -d --name web "$img" sleep 1000
	for how in kill rm; do
		ct-run -d --name beside --pid container:web "$img" sh -c 'sleep 1001 & sleep 1002'
		ct-kill beside
		ct-wait beside
		ct-exec web ps >"$D/ps"
		grep -q 'sleep 1000' "$D/ps"
		run -1 grep 'sleep 100[12]' "$D/ps"
		ct-start beside
		if [ $how = kill ]; then
			ct-kill web
			ct-wait web
		else
			ct-rm -f web
		fi
		ct-wait beside
		[ "$(field status beside)" = 'killed 9' ]
		ct-rm beside
		[ $how = rm ] || ct-start web
	done
	[ -z "$(find "$CT_RUN" -maxdepth 1 -name 'ps_*')" ]
	run -125 ct-run --pid container:web "$img" true
	[ "$output" = 'ct-run: --pid container: web: no such container' ]
}

@test "a container whose PID or IPC namespace another one uses is neither removed nor renamed" {
	web=$(ct-run -d --name web "$img" sleep 1000)
	for kind in pid ipc; do
		c=$(ct-run -d --name beside --$kind container:web "$img" sleep 1000)
		run -1 ct-rm web
		[ "$output" = "ct-rm: web: its ${kind^^} namespace is used by $c ('ct rm -f' removes it anyway)" ]
		run -1 ct-rename web front
		[ "$output" = "ct-rename: web: $c names its ${kind^^} namespace (--$kind container:web)" ]
		ct-rm -f beside
	done
	# The claim of host ids stays with the container that lives on.
	c=$(ct-run -d --name beside --ipc container:web "$img" sleep 1000)
	slot=$(readlink "$CT_RUN/$c/userns")
	ct-rm -f web
	grep -x ".* $CT_RUN/$c" "/run/ct-userns/$slot"
	[ "$(field status beside)" = running ]
}

@test "--pid host shows the host's processes but not their secrets, and other namespaces stay" {
	export SECRET=of-the-host
	sleep 4343 3>&- &
	run -0 --separate-stderr ct-run --rm --pid host "$img" sh -c "readlink /proc/self/ns/pid; readlink /proc/self/ns/user
		tr '\0' ' ' </proc/$!/cmdline; echo
		cat /proc/$!/environ || echo no; kill $! || echo no; echo x >/proc/sys/kernel/panic || echo no"
	kill $!
	[ "${lines[0]}" = "$(readlink /proc/self/ns/pid)" ]
	[ "${lines[1]}" != "$(readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = 'sleep 4343 ' ]
	[ "$(grep -cx no <<<"$output")" = 3 ]
	[[ $output != *of-the-host* ]]
	run -0 ct-run --rm --pid host --userns host "$img" sh -c 'readlink /proc/self/ns/pid; ls -d /proc/1'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/pid)" ]
}

@test "with --pid host the container's processes end with its first one, also after a restart" {
	ct-run -d --name web --pid host "$img" sh -c 'sleep 4444 & sleep 4545'
	for round in 1 2; do
		wait_until pgrep -fx 'sleep 4444'
		[ "$(readlink "/proc/$(ct pid web)/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
		ct-exec web true
		ct-kill web
		ct-wait web
		ended web
		run -1 pgrep -fx 'sleep 4444'
		[ $round = 2 ] || ct-start web
	done
	[ "$(ct-inspect -f .HostConfig.PidMode web)" = host ]
	ct-create --name made --pid host "$img" sleep 1000
	ct-start made
	[ "$(readlink "/proc/$(ct pid made)/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
}

@test "--ipc container:ID shares shared memory and message queues" {
	ct-run -d --name web --shm-size 3m "$img" sh -c 'echo shared >/dev/shm/x; sleep 1000'
	wait_until ct-exec web test -s /dev/shm/x
	ct-run -d --name beside --ipc container:web "$img" sleep 1000
	[ "$(namespace ipc beside)" = "$(namespace ipc web)" ]
	[ "$(namespace pid beside)" != "$(namespace pid web)" ]
	[ "$(ct-exec beside cat /dev/shm/x)" = shared ]
	ct-exec beside sh -c 'echo back >/dev/shm/y'
	[ "$(ct-exec web sh -c 'cat /dev/shm/y; stat -c %u /dev/shm/y')" = $'back\n0' ]
	[ "$(ct-exec beside df -k /dev/shm | awk 'NR == 2 { print $2 }')" = 3072 ]
	ct-exec beside touch /dev/mqueue/queue
	ct-exec web test -e /dev/mqueue/queue
	ct-kill web
	ct-wait web
	# Memory lives as long as a container that has it.
	[ "$(ct-exec beside cat /dev/shm/x)" = shared ]
	ct-kill beside
	ct-wait beside
	ct-start web
	wait_until ct-exec web test -s /dev/shm/x
	ct-start beside
	[ "$(ct-exec beside ls /dev/shm)" = x ]
	run -1 ct-cp beside:/dev/shm/x -
	[[ $output == *tmpfs* ]]
}

@test "--ipc host has the host's memory, none has no /dev/shm, private is not shared" {
	run -0 ct-run --rm --ipc host "$img" sh -c 'readlink /proc/self/ns/ipc; df -k /dev/shm | awk "NR == 2 { print \$2 }"'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/ipc)" ]
	[ "${lines[1]}" = "$(df -k /dev/shm | awk 'NR == 2 { print $2 }')" ]
	run -0 ct-run --rm --ipc none "$img" sh -c 'readlink /proc/self/ns/ipc; ls -d /dev/shm || :'
	[ "${lines[0]}" != "$(readlink /proc/self/ns/ipc)" ]
	[[ $output == *'No such file'* ]]
	for mode in private none; do
		c=$(ct-run -d --name web --replace --ipc $mode "$img" sleep 1000)
		[ "$(ct-inspect -f .HostConfig.IpcMode web)" = $mode ]
		run -125 ct-run --ipc container:web "$img" true
		[ "$output" = "ct-run: --ipc container:$c: it was made with --ipc $mode" ]
	done
	ct-run --rm --ipc shareable --pid private --shm-size 2m "$img" true
}

@test "network, pid and ipc of one container go together; of two they are refused" {
	web=$(ct-run -d --name web "$img" sleep 1000)
	ct-run -d --name other "$img" sleep 1000
	ct-run -d --name beside --network container:web --pid "container:$web" --ipc container:web "$img" sleep 1000
	for kind in net pid ipc user; do
		[ "$(namespace $kind beside)" = "$(namespace $kind web)" ]
	done
	run -125 ct-run --network container:web --pid container:other "$img" true
	[ "$output" = 'ct-run: --pid container:other: not the container of --network: they have different users' ]
	# What a container shares belongs to another one.
	c=$(ct id beside)
	for option in --pid --ipc --network; do
		run -125 ct-run $option container:beside "$img" true
		[ "$output" = "ct-run: $option container:$c: it is itself on the network of web" ]
	done
	ct-run -d --name host --pid host --ipc host "$img" sleep 1000
	run -125 ct-run --pid container:host "$img" true
	[ "$output" = "ct-run: $(ct id host): is in the host's PID namespace (--pid host)" ]
	run -125 ct-run --ipc container:host "$img" true
	[ "$output" = "ct-run: $(ct id host): is in the host's IPC namespace (--ipc host)" ]
	# Root of the host can join without the other users.
	ct-run --rm --userns host --pid container:web "$img" ps | grep 'sleep 1000'
	ct-run -d --name priv --userns host "$img" sleep 1000
	ct-run --rm --pid container:priv --ipc container:priv "$img" ps | grep 'sleep 1000'
}

@test "--pid and --ipc refuse other values, and options that need a namespace of the container's own" {
	for value in '' x ns:/proc/1/ns/pid container: container:../x 'container:a b'; do
		for option in pid ipc; do
			run -125 ct-run --$option "$value" "$img" true
			[[ $output == "ct-run: --$option "* && $output == *"${value#container:}"* ]]
		done
	done
	run -125 ct-run --pid shareable "$img" true
	[ "$output" = 'ct-run: --pid shareable: not host, container:ID or private' ]
	run -125 ct-run --ipc me "$img" true
	[ "$output" = 'ct-run: --ipc me: not host, container:ID, private, shareable or none' ]
	run -125 ct-run --init --pid host "$img" true
	[ "$output" = 'ct-run: --init: it would not be process 1, with --pid host' ]
	for mode in host none container:x; do
		run -125 ct-run --shm-size 1m --ipc $mode "$img" true
		[ "$output" = "ct-run: --shm-size: needs a /dev/shm of its own, not --ipc $mode" ]
	done
	for mode in host container:x; do
		run -125 ct-run --sysctl kernel.shmmni=77 --ipc $mode "$img" true
		[ "$output" = 'ct-run: --sysctl: kernel.shmmni=77: needs an IPC namespace of its own' ]
	done
	run -125 ct-run --pid host --without pid "$img" true
	[ "$output" = 'ct-run: --pid: needs the stage pid' ]
	run -125 ct-run --ipc host --only uts --rootfs / true
	[ "$output" = 'ct-run: --ipc: needs the stage ipc' ]
	run -125 ct-run --pid host --only pid --rootfs / true
	[ "$output" = 'ct-run: --pid: a run of some stages on a directory (--rootfs) is not recorded' ]
	run -125 ct-run --userns 0:1000:1 --pid container:x "$img" true
	[ "$output" = "ct-run: --userns 0:1000:1: with --pid container:x only auto (that container's users) or host" ]
	[ -z "$(ct-ps -q)" ]
}

@test "a container whose /dev/shm is no tmpfs does not lend it" {
	c=$(ct-run -d --cap-add SYS_ADMIN --security-opt seccomp=unconfined "$img" sh -c 'mount --bind /bin /dev/shm && touch /up; sleep 1000')
	wait_until ct-exec "$c" test -e /up
	run -125 ct-run --ipc "container:$c" "$img" true
	[ "$output" = "ct-run: --ipc container:$c: /dev/shm: not a tmpfs" ]
}

@test "the scripts of runs with --pid and --ipc join the same namespaces" {
	web=$(ct-run -d --name web "$img" sleep 4646)
	show='for n in pid ipc user net; do readlink /proc/self/ns/$n; done; ps'
	for options in '--network none --pid container:web' '--pid container:web --ipc container:web --network container:web' \
		'--network none --pid host' '--network none --ipc host' '--network none --ipc none'; do
		echo "$options"
		# shellcheck disable=SC2086 # words
		ct-run --dry-run $options "$img" sh -c "$show" >"$D/script"
		# shellcheck disable=SC2086 # words
		ct-run --rm $options "$img" sh -c "$show" >"$D/run"
		dash "$D/script" >"$D/by-hand"
		for kind in pid ipc user; do
			for at in run by-hand; do
				found=$(grep "^$kind:" "$D/$at")
				if [[ $options == *"--$kind host"* ]]; then
					[ "$found" = "$(readlink "/proc/self/ns/$kind")" ]
				elif [[ $options == *"--$kind container"* || ($kind == user && $options == *container*) ]]; then
					[ "$found" = "$(namespace $kind web)" ]
				else
					[ "$found" != "$(namespace $kind web)" ]
					[ "$found" != "$(readlink "/proc/self/ns/$kind")" ]
				fi
				[[ $options != *'--pid '* ]] || grep -q 'sleep 4646' "$D/$at"
			done
		done
	done
	ct-run --rm --explain=brief --pid container:web --ipc container:web "$img" true 2>"$D/said"
	grep -q '^ct-run: \[pid\] the process ids of another container' "$D/said"
	grep -q '^ct-run: \[ipc\] the shared memory of another container' "$D/said"
	[ "$(sed -n 's/^ct-run: \[\([a-z]*\)\] .*/\1/p' "$D/said" | xargs)" = \
		'snapshot cgroup user net uts ipc pid cgns mnt root proc caps seccomp exec' ]
	ct-run --rm --explain --pid container:web "$img" true 2>"$D/said"
	grep -A 1 '^# same: nsenter --target' "$D/said" | grep -q -- '--pid$'
}

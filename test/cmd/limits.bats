load helper

setup() {
	busybox_setup
	holders=()
}

teardown() {
	end_holders
	remove_containers
}

# CONTAINER V1-PARAMETER V2-PARAMETER: prints the value that cgget has, of the version that this machine has.
limit() {
	cgget -n -v -r "$2" "${CT_CGROUP#/}/$1" 2>/dev/null | grep . || cgget -n -v -r "$3" "${CT_CGROUP#/}/$1"
}

# ARG...: $c, a container that sleeps.
sleeper() {
	c=$(ct-run -d "$@" "$img" sleep 1000)
}

@test "a container that needs more memory than its limit is killed, and ct-ps shows it" {
	run -137 ct-run --cidfile "$D/cid" -m 16m --memory-swap 16m "$img" dd if=/dev/zero of=/dev/null bs=100M count=1
	[ "$(ct-ps --no-header -o status,exitcode,oomkilled "$(cat "$D/cid")")" = $'killed 9\t137\ttrue' ]
	[ "$(ct-ps --json "$(cat "$D/cid")" | jq -c '[.status, .oomkilled]')" = '["killed 9",true]' ]
	rm "$D/cid"
	run -137 ct-run --cidfile "$D/cid" -m 16m --memory-swap 16m "$img" sh -c 'dd if=/dev/zero of=/dev/null bs=100M count=1; exit $?'
	[ "$(ct-ps --no-header -o status,oomkilled "$(cat "$D/cid")")" = $'exited 137\ttrue' ]
	run -0 ct-run -m 64m "$img" dd if=/dev/zero of=/dev/null bs=16M count=1
}

@test "the status is the program's own, whatever was killed for want of memory beside it" {
	for status in 0 7; do
		rm -f "$D/cid"
		run -$status ct-run --cidfile "$D/cid" -m 16m --memory-swap 16m "$img" \
			sh -c "dd if=/dev/zero of=/dev/null bs=100M count=1; exit $status"
		[ "$(ct-ps --no-header -o status,oomkilled "$(cat "$D/cid")")" = "exited $status"$'\ttrue' ]
	done
	run -7 ct-run --cidfile "$D/other" -m 16m "$img" sh -c 'exit 7'
	[ "$(ct-ps --no-header -o status,oomkilled "$(cat "$D/other")")" = $'exited 7\tfalse' ]
	c=$(ct-run -d -m 16m --memory-swap 16m "$img" sh -c 'dd if=/dev/zero of=/dev/null bs=100M count=1; : >/killed; exec sleep 1000')
	wait_until test -e "$(ct path "$c")/killed"
	[ "$(ct-ps --no-header -o status,oomkilled "$c")" = $'running\ttrue' ]
	ct-kill -TERM "$c"
	ct-kill "$c"
	ct-wait "$c"
	[ "$(ct-ps --no-header -o status,oomkilled "$c")" = $'killed 9\ttrue' ]
	ct inspect "$c" | jq -e '.[0].State | .OOMKilled and .ExitCode == 137'
}

@test "a store of an earlier version, where oom was a status, is read" {
	run -137 ct-run --cidfile "$D/cid" "$img" sh -c 'kill -9 $$; exit 137'
	c=$(cat "$D/cid")
	sed -i 's/^phase=.*/phase=oom/' "$CT_ROOT/$c/exit"
	[ "$(ct-ps --no-header -o status,exitcode,oomkilled "$c")" = $'killed 9\t137\ttrue' ]
}

@test "files in a tmpfs or /dev/shm count as the container's memory" {
	run -137 ct-run -m 16m --memory-swap 16m --shm-size 100m "$img" dd if=/dev/zero of=/dev/shm/x bs=1M count=64
}

@test "a command of ct-exec shares the container's memory limit" {
	sleeper -m 16m --memory-swap 16m
	run -137 ct-exec "$c" dd if=/dev/zero of=/dev/null bs=100M count=1
}

@test "a memory limit too small to run anything fails with one line and leaves nothing" {
	facts >"$D/before"
	run --separate-stderr timeout -k 5 30 ct-run --rm -m 4k "$img" true
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
	[ "${#stderr_lines[@]}" -le 1 ]
	wait_until same_facts "$D/before" <(facts)
}

@test "a container has as many processes as its limit and not one more" {
	run ct-run --pids-limit 8 "$img" sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 10 & done; echo "never"'
	[[ $output == *"can't fork"* ]]
	[[ $output != *never* ]]
	run -0 ct-run --pids-limit 8 "$img" sh -c 'for i in 1 2 3 4 5; do sleep 0.1 & done; wait; echo enough'
	[ "$output" = enough ]
	sleeper --pids-limit 8
	[ "$(limit "$c" pids.max pids.max)" = 8 ]
}

@test "the default limit is 2048 processes, and -1 means no limit" {
	sleeper
	[ "$(limit "$c" pids.max pids.max)" = 2048 ]
	sleeper --pids-limit -1
	[ "$(limit "$c" pids.max pids.max)" = max ]
}

@test "a quota of processor time is enforced" {
	c=$(ct-run -d --cpus 0.1 "$img" sh -c 'while :; do :; done')
	[ "$(limit "$c" cpu.cfs_quota_us cpu.max)" = 10000 ] || [ "$(limit "$c" none cpu.max)" = '10000 100000' ]
	throttled() {
		[ "$(limit "$c" cpu.stat cpu.stat | sed -n 's/.*nr_throttled \([0-9]*\).*/\1/p')" -ge 2 ]
	}
	wait_until throttled
}

@test "CPU shares are set as asked for" {
	sleeper --cpu-shares 512
	[ "$(limit "$c" cpu.shares cpu.weight)" = 512 ] || [ "$(limit "$c" none cpu.weight)" = 20 ]
}

@test "a container runs on the processors of --cpuset-cpus" {
	[ "$(ct-run --cpuset-cpus 0 "$img" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)" = 0 ]
	sleeper --cpuset-cpus 0
	[ "$(ct-exec "$c" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)" = 0 ]
	[ "$(limit "$c" cpuset.cpus cpuset.cpus)" = 0 ]
	run -125 ct-run --cpuset-cpus 4096 "$img" true
	[[ $output =~ ^ct-run:\ --cpuset-cpus\ 4096:\ not\ available\ \(available:\ 0[0-9,-]*\)$ ]]
}

@test "memory and swap limits are set as asked for" {
	sleeper -m 64m --memory-swap 96m
	[ "$(limit "$c" memory.limit_in_bytes memory.max)" = 67108864 ]
	swap=$(limit "$c" memory.memsw.limit_in_bytes memory.swap.max) || skip "this kernel does not count swap"
	[ "$swap" = 100663296 ] || [ "$swap" = 33554432 ]
}

@test "lscgroup lists a container's cgroup while the container runs and not after that" {
	sleeper
	lscgroup -g "memory:$CT_CGROUP" | grep -q ":$CT_CGROUP/$c\$"
	kill -9 "$(ct-ps --no-header -o pid "$c")"
	wait_until test ! -e "$CT_RUN/$c"
	run -1 sh -c 'lscgroup -g "memory:$CT_CGROUP" | grep "$1"' sh "$c"
}

@test "seed row 42: a group of cgcreate, cgset and cgexec does not disturb those of containers" {
	sleeper -m 64m
	grep -q "^memory	" /proc/cgroups
	group=${CT_CGROUP#/}/by-hand
	cgcreate -g "memory:$group"
	cgset -r memory.limit_in_bytes=16M "$group" 2>/dev/null || cgset -r memory.max=16M "$group"
	[ "$(limit by-hand memory.limit_in_bytes memory.max)" = 16777216 ]
	[ "$(limit "$c" memory.limit_in_bytes memory.max)" = 67108864 ]
	cgexec -g "memory:$group" grep -q "[:,]memory[^:]*:/$group\$\|^0::/$group\$" /proc/self/cgroup
	cgset -r memory.memsw.limit_in_bytes=16M "$group" 2>/dev/null || cgset -r memory.swap.max=0 "$group" 2>/dev/null || true
	run -137 cgexec -g "memory:$group" dd if=/dev/zero of=/dev/null bs=100M count=1
	cgdelete "memory:$group"
}

@test "resource limits apply to the command only" {
	[ "$(ct-run --ulimit nofile=64:128 --ulimit core=0 "$img" sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c')" = $'64\n128\n0' ]
	run --separate-stderr -0 ct-run --ulimit fsize=100 "$img" sh -c 'head -c 1000 /dev/zero >/file; stat -c %s /file; seq 2000 | tail -1'
	[ "${lines[-1]}" = 2000 ]
}

@test "a resource limit above the host's is reduced, with a message" {
	run --separate-stderr -0 ct-run --ulimit nofile=999999999999 "$img" sh -c 'ulimit -n'
	[ "$output" = "$(ulimit -Hn)" ]
	[ "$stderr" = "ct-run: --ulimit nofile=999999999999: this host allows no more than $(ulimit -Hn)" ]
}

@test "control groups that are mounted read-only or hidden are named" {
	busybox_image
	mount=$(awk '$3 ~ /^cgroup2?$/ { print $2; exit }' /proc/mounts)
	c=$(ct-run -d "$img" sleep 1000)
	# shellcheck disable=SC2016 # the inner shell expands it
	run -125 unshare --mount sh -c '
		awk '\''$3 ~ /^cgroup2?$/ { print $2 }'\'' /proc/mounts | while read -r at; do mount -o remount,bind,ro "$at"; done
		exec ct-run "$1" true' sh "$img"
	[[ $output =~ ^ct-run:\ control\ group\ [^:]*:\ /sys/fs/cgroup[^:]*\ is\ mounted\ read-only$ ]]
	# A supervisor would still see them, and clean up.
	killed=$(ct-run -d "$img" sleep 1000)
	kill -9 "$(sed -n 's/^supervisor=//p' "$CT_RUN/$killed/state")"
	for command in "ct-run $img true" "ct-exec $c true" "ct-rm -f $killed"; do
		# shellcheck disable=SC2016
		run unshare --mount sh -c 'mount -t tmpfs tmpfs /sys/fs/cgroup; exec $1' sh "$command"
		[[ $output == "ct-"*": control groups: $mount: hidden by another mount" ]]
		((status == 125 || status == 1))
		# shellcheck disable=SC2016
		run unshare --mount sh -c 'mount -t tmpfs tmpfs "$2"; exec $1' sh "$command" "$mount"
		[[ $output == "ct-"*": control groups: $mount: hidden by another mount" ]]
	done
	ct-rm -f "$c" "$killed"
}

# Ends the processes that hold something of the kernel's, and waits until it is free.
end_holders() {
	[ "${#holders[@]}" -gt 0 ] || return 0
	kill "${holders[@]}" 2>/dev/null || true
	wait "${holders[@]}" || true
	holders=()
}

# takes CONTAINER UID FILE: a process in the container's user namespace takes all inotify instances that it gets,
# writes how many to the file, and keeps them.
takes() {
	/usr/bin/nsenter -t "$(ct pid "$1")" -U -S "$2" -G "$2" /usr/bin/python3 -I -S - 3>&- <<-'END' >"$3" &
		import ctypes, signal
		libc = ctypes.CDLL(None)
		got = 0
		while got < 10000 and libc.inotify_init() >= 0:
		    got += 1
		print(got, flush=True)
		signal.pause()
	END
	holders+=("$!")
	wait_until test -s "$3"
}

@test "a container that takes all its inotify instances leaves those of the host and of other containers" {
	limit=$(cat /proc/sys/fs/inotify/max_user_instances)	# 128 as the kernel comes
	a=$(ct-run -d --network none "$img" sleep 1000)
	b=$(ct-run -d --network none "$img" sleep 1000)
	takes "$a" 0 "$BATS_TEST_TMPDIR/a"
	takes "$a" 1000 "$BATS_TEST_TMPDIR/a-user"
	takes "$b" 0 "$BATS_TEST_TMPDIR/b"
	[ "$(cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/a-user" "$BATS_TEST_TMPDIR/b" | xargs)" = "$limit 0 $limit" ]
	/usr/bin/python3 -I -S -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).inotify_init() < 0)'
	end_holders
	ct-rm -f "$a" "$b"
}

@test "a container has 256 terminals at most, and others have theirs all the same" {
	a=$(ct-run -d --network none "$img" sleep 1000)
	b=$(ct-run -d --network none "$img" sleep 1000)
	for c in "$a" "$b"; do
		/usr/bin/python3 -I -S - "/proc/$(ct pid "$c")/root/dev/pts/ptmx" 3>&- <<-'END' >"$BATS_TEST_TMPDIR/$c" &
			import os, signal, sys
			got = []
			try:
			    while len(got) < 5000:
			        got.append(os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY))
			except OSError as e:
			    print(len(got), e.strerror, flush=True)
			signal.pause()
		END
		holders+=("$!")
		wait_until test -s "$BATS_TEST_TMPDIR/$c"
		[ "$(cat "$BATS_TEST_TMPDIR/$c")" = "256 No space left on device" ]
	done
	end_holders
	ct-exec -t "$a" tty
	ct-rm -f "$a" "$b"
}

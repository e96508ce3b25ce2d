# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A container writes to files of /proc and /sys that change the whole machine.
load attack

# The files that open for writing, other than those of the container's own processes. (Writing to
# /proc/pressure, which is open to all users, only asks to be told.)
opened() {
	ct-run --rm "$@" "$img" attack writable /proc /sys | grep -vE '^/proc/([0-9]+|pressure)/' || :
}

@test "no file of /proc and /sys opens for writing in a container, even with all capabilities" {
	[ -z "$(opened)" ]
	[ -z "$(opened --network none --cap-add ALL --without seccomp)" ]
}

# All capabilities in a user namespace open what belongs to the container's own network, IPC, PID and user
# namespaces, and nothing else.
own='^/[ps]/sys/(net|user|fs/mqueue)/|^/proc/sys/(net|user|fs/mqueue)/|^/s/devices/virtual/net/
^/(p|proc)/sys/kernel/(auto_msgmni|msg[a-z_]*|sem|sem_next_id|shm[a-z_]*|ns_last_pid|pid_max|hostname|domainname)$'

@test "under what covers the files of /proc and /sys there is none that opens, either" {
	ct-run --rm --cap-add ALL --without seccomp "$img" sh -c '
		for m in $(cut -d" " -f5 /proc/self/mountinfo); do mount -o remount,rw $m; umount $m; done 2>/dev/null
		mkdir -p /p /s; mount -t proc p /p; mount -t sysfs s /s
		attack writable /proc/sys /proc/irq /proc/bus /proc/fs /sys /p/sys /p/irq /p/bus /p/fs /s' >"$D/opened" 2>"$D/said" || :
	grep -q /p/sys/net/ "$D/opened"	# the attack went as far as that
	run grep -vE "$own" "$D/opened"
	[ -z "$output" ]
}

@test "without protection (--privileged): they open" {
	# Opened only: nothing is written.
	run -0 ct-run --rm --privileged "$img" attack writable /proc/sys/kernel /proc/sys/vm
	[[ $output == *core_pattern* && $output == *drop_caches* ]]
}

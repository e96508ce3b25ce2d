# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# The kernel runs the program of core_pattern on the host, as root, when a process crashes.
load attack

# Writes back what is there: this changes nothing, if it should succeed.
attack='f=/proc/sys/kernel/core_pattern
	try() { cat $f >/x 2>/dev/null && (cat /x >$f) 2>/dev/null && echo "wrote by $1"; }
	try path
	mount -o remount,rw /proc/sys 2>/dev/null; try remount
	umount /proc/sys 2>/dev/null; try umount
	mkdir -p /p; mount -t proc proc /p 2>/dev/null && f=/p/sys/kernel/core_pattern; try "a new proc"
	for f in /proc/*/root/proc/sys/kernel/core_pattern; do try $f; done; :'

@test "a container writes no core_pattern, not even with SYS_ADMIN in its user namespace" {
	for how in '' '--cap-add ALL' '--cap-add ALL --without seccomp'; do
		# shellcheck disable=SC2086 # options
		run -0 ct-run --rm $how "$img" sh -c "$attack"
		[[ $output != *wrote* ]]
	done
}

@test "without protection (--privileged): the host executes the container's program" {
	guest_only
	# On a volume: the kernel does not see the mounts of this test, such as the store.
	background --privileged -v "$D:/volume" "$img" sleep 1000
	was=$(cat /proc/sys/kernel/core_pattern)
	ct-exec "$c" sh -c "printf '#!/bin/sh\necho \"by the host: \$(hostname)\" >$D/owned\n' >/volume/core; chmod 755 /volume/core
		echo '|$D/core' >/proc/sys/kernel/core_pattern; ulimit -c unlimited; sh -c 'kill -SEGV \$\$'" || :
	wait_until grep -qs 'by the host: ct-vm' "$D/owned"
	echo "$was" >/proc/sys/kernel/core_pattern
}

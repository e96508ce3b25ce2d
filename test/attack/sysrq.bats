# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# /proc/sysrq-trigger reboots the machine, kills its processes or shows its memory.
load attack

@test "a container opens no sysrq-trigger for writing" {
	for how in '' '--cap-add ALL' '--cap-add ALL --without seccomp'; do
		# shellcheck disable=SC2086 # options
		run ct-run --rm $how "$img" sh -c 'mount -o remount,rw /proc/sysrq-trigger; umount /proc/sysrq-trigger; : >>/proc/sysrq-trigger && echo opened'
		[[ $output != *opened* ]]
	done
}

@test "without protection (--privileged): a container triggers the host's sysrq" {
	guest_only
	ct-run --rm --privileged "$img" sh -c 'echo h >/proc/sysrq-trigger'
	wait_until sh -c 'dmesg | grep -q "sysrq: HELP"'
}

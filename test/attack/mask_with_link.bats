# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2025-31133: an image's /dev/null is a link to a file of /proc. A runtime that covers secret files
# with "/dev/null" mounts that file there, writable.
load attack

# Sets $copy, an image whose device nodes are links to PATH.
links_to() {
	copy_image
	(cd "$CT_ROOT/$copy/rootfs/dev" && for node in null zero full random urandom tty console ptmx core kcore; do ln -s "$1" $node; done)
}

@test "links in the place of device nodes do not unmask a file nor make it writable" {
	links_to /proc/sys/kernel/core_pattern
	# Writing the pattern that is there changes nothing, if it should succeed.
	attack='for f in /proc/kcore /proc/keys /proc/timer_list /proc/sys/kernel/core_pattern /dev/null /dev/zero; do
			if [ -s $f ] && cat $f >/x && cat /x >$f; then echo "wrote $f"; fi
		done 2>/dev/null
		stat -c %F /dev/null /proc/keys; cat /proc/keys | wc -c'
	for how in '' --read-only -t; do
		# shellcheck disable=SC2086 # an option or none
		run -0 ct-run --rm $how "$copy" sh -c "$attack"
		[ "${output//$'\r'/}" = $'character special file\ncharacter special file\n0' ]
	done
	links_to "$D/host/secret"
	run -0 ct-run --rm "$copy" sh -c 'cat /dev/null /proc/keys; echo x >/dev/null'
	unharmed
}

@test "without protection (bind by path): the link unmasks the file" {
	mkdir -p "$D/root/dev" "$D/root/masked"
	ln -s "$D/host/secret" "$D/root/dev/null"
	touch "$D/root/masked/file"
	mount --bind "$D/root/dev/null" "$D/root/masked/file"
	run -0 cat "$D/root/masked/file"
	umount "$D/root/masked/file"
	[ "$output" = "secret of the host" ]
}

# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2025-52881: a volume or a link below /proc redirects what the runtime itself writes there (sysctls,
# oom_score_adj, attributes of security modules) to another file of /proc.
load attack

@test "a volume at /proc, or below it, is refused or does not redirect writes" {
	mkdir -p "$D/fake/self/attr" "$D/fake/sys/net/ipv4" "$D/fake/1"
	for file in oom_score_adj self/oom_score_adj self/attr/current self/attr/exec sys/net/ipv4/ping_group_range uid_map 1/oom_score_adj; do
		mkdir -p "$D/fake/${file%/*}"
		ln -sf "$D/host/secret" "$D/fake/$file"
	done
	for at in /proc /proc/self /proc/sys /proc/sys/net /proc/sys/net/ipv4 /proc/1; do
		for how in --userns=auto --userns=host; do
			run timeout 20 ct-run --rm "$how" -v "$D/fake:$at" "$img" true
			unharmed
		done
	done
}

@test "an image cannot redirect them with a link at /proc" {
	for to in "$D/host" ../../../../../../.."$D/host" /tmp; do
		copy_image
		rm -rf "$CT_ROOT/$copy/rootfs/proc"
		ln -s "$to" "$CT_ROOT/$copy/rootfs/proc"
		run -125 timeout 20 ct-run --rm "$copy" true
		unharmed
	done
}

@test "without protection (write by path): the write is redirected to a file of the host" {
	mkdir -p "$D/root/proc/self"
	ln -s "$D/host/secret" "$D/root/proc/self/oom_score_adj"
	echo 0 >"$D/root/proc/self/oom_score_adj"
	[ "$(cat "$D/host/secret")" = 0 ]
}

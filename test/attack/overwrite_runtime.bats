# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2019-5736: a container overwrites the program of the host that enters it. Its image has a command
# that is a script of /proc/self/exe, and a dynamic loader of its own that opens that file.
load attack

# PROGRAM...: copies programs of the host and what enters the container with it.
hostile() {
	background "$@" "$img" sleep 1000
	mkdir -p "$root/lib64"
	cp "$B/attack/interp" "$root/lib64/ld-linux-x86-64.so.2"
	printf '#!/proc/self/exe\n' >"$root/entry"
	chmod 755 "$root/entry"
	mkdir -p "$D/bin"
	cp "$B/ct-exec" "$B/ct-run" "$D/bin"
	cp /usr/bin/nsenter "$D/bin"
}

# PROGRAM: whether the host's program is what it was.
same() {
	cmp "$D/bin/$1" "$(type -P "$1")"
}

@test "a container cannot overwrite the ct-exec that enters it" {
	for how in --userns=auto --userns=host --privileged --userns=0:100000:1000; do
		hostile "$how"
		run timeout 20 "$D/bin/ct-exec" "$c" /entry
		[ "$status" -ne 0 ] || wait_until test -e "$root/done"
		same ct-exec
	done
}

@test "a container cannot overwrite the ct-run that starts it" {
	hostile
	copy_image
	cp -a "$root/lib64" "$root/entry" "$CT_ROOT/$copy/rootfs/"
	for how in --userns=auto --userns=host --privileged; do
		timeout 20 "$D/bin/ct-run" "$how" "$copy" /entry || :
		same ct-run
	done
	ct-ps -q | ct-rm -f -
	ct-rm "$copy"
}

@test "a container cannot overwrite the ct-oci that starts it or enters it" {
	hostile
	cp "$B/ct-oci" "$D/bin"
	"$CT_TESTS/busybox" "$D/bundle/rootfs"
	cp -a "$root/lib64" "$root/entry" "$D/bundle/rootfs"
	ct-oci spec -b "$D/bundle"
	for args in '"/entry"' '"/bin/sleep", "1000"'; do
		jq ".process.terminal = false | .root.readonly = false | .linux.cgroupsPath = \"$CT_CGROUP-oci\" |
			.process.args = [$args]" "$D/bundle/config.json" >"$D/config"
		cp "$D/config" "$D/bundle/config.json"
		timeout 20 "$D/bin/ct-oci" --root "$D/state" run -d -b "$D/bundle" c || :
		timeout 20 "$D/bin/ct-oci" --root "$D/state" exec c /entry || :
		ct-oci --root "$D/state" delete --force c
		same ct-oci
	done
}

@test "without protection (nsenter): the container overwrites the host's program" {
	hostile --userns host
	timeout 20 "$D/bin/nsenter" -t "$(field pid "$c")" -m -p -u -i -- /entry || :
	wait_until grep -qs overwritten "$D/bin/nsenter"
}

# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# Another user of the host exchanges a directory for a link while root makes an image of it or mounts it:
# he would get at files of root.
load attack

setup() {
	busybox_setup
	mkdir -p "$D/host" "$D/user/dir"
	echo "secret of the host" >"$D/host/secret"
	echo "of the user" >"$D/user/dir/secret"
	ln -s "$D/host" "$D/user/link"
	printf 'FROM scratch\nCOPY dir /dir\nCOPY . /all\n' >"$D/Dockerfile"
	"$B/attack/attack" swap "$D/user/dir" "$D/user/link" 3>&- &
	swap=$!
}

teardown() {
	kill "$swap" 2>/dev/null || :
	remove_containers
}

@test "ct init and ct build put no file from outside of the directory into the image" {
	for _ in $(seq 12); do
		image=$(timeout 20 ct-init "$D/user" 2>>"$D/said") || continue
		run grep -rs "secret of the host" "$(ct path "$image")"
		[ -z "$output" ]
		ct-rm "$image"
	done
	if [ -x "$B/ct-build" ]; then
		for _ in $(seq 6); do
			image=$(timeout 20 ct-build -f "$D/Dockerfile" "$D/user" 2>>"$D/said") || continue
			run grep -rs "secret of the host" "$(ct path "$image")"
			[ -z "$output" ]
			ct-rm -f "$image"
		done
	fi
}

@test "what a container exchanges on its volume does not become a volume of the next one" {
	background -v "$D/user:/v" "$img" sleep 1000
	for _ in $(seq 10); do
		run timeout 20 ct-run --rm -v "$D/user:/v" "$img" cat /v/dir/secret /v/link/secret
		unharmed
	done
}

@test "without protection (cat by path): it reads the file of root" {
	follow() { grep -qs "secret of the host" "$D/user/dir/secret"; }
	wait_until follow
}

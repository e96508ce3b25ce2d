# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A local user executes a set-user-ID program of root that an accomplice in a container made: in the store
# it belongs to root of the host, because nothing is chowned for an ID map.
load attack

# COMMAND...: as an ordinary user of the host. (setpriv itself still has capabilities when it executes.)
as_user() {
	setpriv --reuid 65533 --regid 65533 --clear-groups sh -c '"$@"' sh "$@"
}

setup() {
	busybox_setup
	chmod 711 "$CT_TEST_DIR"	# only CT_ROOT is in the way
	background "$img" sh -c 'cp /bin/attack /root-shell; chmod 6755 /root-shell; exec sleep 1000'
	wait_until test -u "$root/root-shell"
	[ "$(stat -c %u "$root/root-shell")" = 0 ]
}

@test "a local user does not reach the set-user-ID programs of containers" {
	run ! as_user "$root/root-shell" whoami
	run ! as_user ls "$CT_ROOT"
	# Nor through the mounts of the container's processes.
	run ! as_user "/proc/$(field pid "$c")/root/root-shell" whoami
	run ! as_user ls "$CT_ROOT/$c"
}

@test "without protection (an open CT_ROOT): the local user is root" {
	chmod 755 "$CT_ROOT" "$CT_ROOT/$c"
	# Directories above belong to the test's own mount namespace.
	mkdir -p /run/store
	mount --bind "$CT_ROOT" /run/store
	run as_user "/run/store/$c/rootfs/root-shell" whoami
	umount /run/store
	rmdir /run/store
	chmod 700 "$CT_ROOT"
	[ "$output" = 0 ]
}

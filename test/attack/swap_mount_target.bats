# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2021-30465: while a container is started, another one exchanges the target of its volume for a link
# to the host.
load attack

setup() {
	busybox_setup
	mkdir -p "$D/shared/way/deep" "$D/host/deep" "$D/gift"
	echo gift >"$D/gift/file"
	# The same link leads out of the root, however deep that is.
	ln -s "../../../../../../../../../../..$D/host" "$D/shared/link"
}

@test "a mount point that is exchanged for a link during the start mounts nothing on the host" {
	background -v "$D/shared:/shared" "$img" attack swap /shared/way /shared/link
	cut -d' ' -f5 /proc/self/mountinfo | sort >"$D/before"
	for _ in $(seq 15); do
		timeout 20 ct-run --rm -v "$D/shared:/shared" -v "$D/gift:/shared/way/deep" "$img" \
			cat /shared/way/deep/file >>"$D/out" 2>&1 || :
		[ ! -e "$D/host/deep/file" ]
	done
	cut -d' ' -f5 /proc/self/mountinfo | sort | diff "$D/before" -
	[ -z "$(ls -A "$D/host/deep")" ]
}

# DIRECTORY: unmounts what is mounted below it, where the kernel says that it is.
unmount_below() {
	while read -r where; do
		umount -l "$where"
	done < <(cut -d' ' -f5 /proc/self/mountinfo | grep "^$1/")
}

# What a mount by path does, until it goes wrong.
mount_by_path() {
	mount --bind "$D/gift" "$D/shared/way/deep" || return
	[ -e "$D/host/deep/file" ] && return
	unmount_below "$D/shared"
	return 1
}

@test "without protection (mount by path): the volume is mounted on the host" {
	"$B/attack/attack" swap "$D/shared/way" "$D/shared/link" 3>&- &
	run wait_until mount_by_path
	kill $!
	wait $! || :
	unmount_below "$D"
	[ "$status" -eq 0 ]
}

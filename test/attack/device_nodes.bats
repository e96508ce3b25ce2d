# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# mknod(2): a container makes a node of the disk and reads the host's files from it. Here the disk is a
# loop device of the test.
load attack

setup() {
	busybox_setup
	yes "secret of the host" | head -c 65536 >"$D/disk"
	loop=$(losetup -f --show "$D/disk")
	number=$(stat -c '%Hr %Lr' "$loop")
}

teardown() {
	remove_containers
	losetup -d "$loop"
}

attack='for dir in / /dev /dev/shm /dev/mqueue /tmp /run /volume; do
		mknod $dir/disk b $1 $2 2>/dev/null && head -c 18 $dir/disk 2>/dev/null; rm -f $dir/disk
	done; echo done'

@test "a container reads no disk by a node of its own" {
	mkdir "$D/volume"
	for how in '' '--cap-add MKNOD' '--cap-add ALL --without seccomp' '--userns host' '--userns host --cap-add MKNOD' \
		'--tmpfs /tmp --cap-add MKNOD --userns host'; do
		# shellcheck disable=SC2086 # options and numbers
		run -0 ct-run --rm $how -v "$D/volume:/volume" "$img" sh -c "$attack" sh $number
		[ "$output" = "done" ]
	done
}

@test "a node that an image or the host made is not a way to it either" {
	background "$img" sleep 1000
	# shellcheck disable=SC2086 # two numbers
	mknod -m 666 "$root/disk" b $number
	run ct-exec "$c" cat /disk
	[ "$status" -ne 0 ]
	[[ $output != *secret* ]]
}

@test "/dev has no device of the host but the harmless ones" {
	run -0 ct-run --rm "$img" sh -c 'find /dev -type b; find /dev -type c ! -path "/dev/pts/*" | sort | tr "\n" " "'
	[ "$output" = '/dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero ' ]
}

@test "without protection (--privileged): it reads the disk" {
	# shellcheck disable=SC2086 # two numbers
	run -0 ct-run --rm --privileged "$img" sh -c "$attack" sh $number
	[[ $output == *"secret of the host"* ]]
}

@test "without protection (--device): it reads this disk and no other" {
	run -0 ct-run --rm --userns host --device "$loop" "$img" head -c 18 "$loop"
	[ "$output" = "secret of the host" ]
}

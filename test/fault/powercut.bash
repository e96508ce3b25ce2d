# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# Power cuts. The store's disk is a file on an outer btrfs. A power cut is a snapshot of the outer btrfs:
# its copy of the file has the content of the disk at that moment, written in the order that the store's
# btrfs required. The store of the copy is then brought up as after a boot, with an empty CT_RUN.
#
#	load powercut
#	disk file		# or `disk btrfs`: the store is on a btrfs of the user
#	ct-run -d ...
#	power_cut
#	after_the_cut
# ct-ps			# the state after the cut
#
# The original is unmounted before its copy is mounted: both have the same fsid.
# Each test calls cut_setup first and cut_teardown last.

cut_setup() {
	D=$BATS_TEST_TMPDIR/cut
	OUTER=$D/outer
	cuts=0
	mkdir "$D" "$OUTER"
	truncate -s 4G "$D/outer.img"
	mkfs.btrfs -q -f "$D/outer.img" >/dev/null
	mount -o loop "$D/outer.img" "$OUTER"
	btrfs -q subvolume create "$OUTER/live"
}

cut_teardown() {
	disk_off
	umount "$OUTER"
	rm -rf --one-file-system "$D"
}

# A store in a file is formatted with ct's options, the user's btrfs with the defaults.
disk() { # file | btrfs [MOUNT OPTIONS]
	kind=$1
	options=${2:-defaults}
	truncate -s 1G "$OUTER/live/root.btrfs"
	case $kind in
	file)	mkfs.btrfs -q -f -K -m single -d single "$OUTER/live/root.btrfs" >/dev/null ;;
	btrfs)	mkfs.btrfs -q -f "$OUTER/live/root.btrfs" >/dev/null ;;
	esac
	disk_on "$OUTER/live"
}

# Brings up the store of the disk in a directory, with an empty CT_RUN.
disk_on() { # DIR
	disk_mount "$1"
	ct-store up
}

disk_mount() { # DIR
	now=$1
	export CT_RUN=$D/run.$((cuts++))
	case $kind in
	file)
		export CT_ROOT=$1/root
		;;
	btrfs)
		mkdir -p "$D/disk"
		mount -o "loop,$options" "$1/root.btrfs" "$D/disk"
		export CT_ROOT=$D/disk/root
		;;
	esac
}

disk_off() {
	ct-ps -q | ct-rm -f -
	ct-store down
	! mountpoint -q "$D/disk" || umount "$D/disk"
}

# power_cut [NAME]: keeps the present content of the disk under this name.
power_cut() {
	btrfs -q subvolume snapshot "$now" "$OUTER/${1:-cut}"
}

# after_the_cut [NAME]: sets CT_ROOT to the store after this cut.
after_the_cut() {
	disk_off
	disk_on "$OUTER/${1:-cut}"
}


# Quotas of the store, and --disk, a limit of what a container adds to its image.
load helper

# A store of each test's own, because quotas hold for the whole file system.
sandbox_each_test

setup() {
	empty_setup
	busybox_image
}

# Full quotas, as every kernel has them; ct turns on simple ones where there are any.
full_quotas() {
	btrfs quota enable "$CT_ROOT"
	btrfs quota rescan -w "$CT_ROOT" >/dev/null
}

# N CONTAINER-OPTION...: writes N MiB to a new file in a new container.
write() {
	local n=$1
	shift
	finished "$@" "$img" dd if=/dev/zero of=/made bs=1M count="$n"
}

exceeded() {
	grep -q 'Disk quota exceeded' "$D/out" && [ "$(field exitcode "$c")" -ne 0 ]
}

limit_holds() {
	write 8 --disk 16m
	[ "$(field exitcode "$c")" = 0 ]
	write 40 --disk 16m
	exceeded
	write 40
	[ "$(field exitcode "$c")" = 0 ]
}

quota_of() { # CONTAINER: the exclusive limit of its snapshot, in bytes, or "none"
	btrfs qgroup show -ref --raw "$CT_ROOT/$1/rootfs" | awk '/^0\// { print $5 }'
}

spare_is_there() {
	find "$CT_ROOT/$img/spare" -mindepth 1 -maxdepth 1 -name '*[0-9]' | grep -q .
}

numbers_of_qgroups() {
	btrfs qgroup show "$CT_ROOT" | sed -n 's,^0/\([0-9]*\).*,\1,p' | sort
}

@test "without quotas --disk is refused with the command that turns them on, and nothing is left" {
	run -125 ct-run --disk 8m "$img" true
	[ "$output" = "ct-run: --disk 8388608: the store has no quotas ('ct store quota on' turns them on)" ]
	[ -z "$(ct-ps -q)" ]
	run -0 ct-run "$img" true
	[ "$(ct-store status --no-header -o quota)" = none ]
	ct-store quota on
	run -0 ct-run --disk 8m "$img" true
	[[ "$(ct-store status --no-header -o quota)" =~ ^(simple|full)$ ]]
}

@test "a container with --disk writes so much and no more, and can go on after it has removed files" {
	ct-store quota on
	limit_holds
	run -0 ct-run --disk 16m "$img" sh -c 'dd if=/dev/zero of=/a bs=1M count=40; rm /a; sync; echo b >/b'
}

@test "with full quotas the same limit holds" {
	full_quotas
	[ "$(ct-store status --no-header -o quota)" = full ]
	limit_holds
}

@test "what the image and volumes hold does not count" {
	ct-store quota on
	dd if=/dev/zero of="$busybox/large" bs=1M count=40 2>/dev/null
	large=$(ct-init "$busybox")
	rm "$busybox/large"
	run -0 ct-run --disk 16m -v /data "$large" sh -c 'cat /large >/data/copy && echo small >/small'
}

@test "a spare of a limited run's image has no limit, and one that a limited run claims has" {
	ct-store quota on
	run -0 ct-run "$img" true
	for i in 1 2 3; do
		wait_until spare_is_there
		write 1 --disk 16m
		wait_until spare_is_there
		write 40
		[ "$(field exitcode "$c")" = 0 ]
		write 40 --disk 16m
		exceeded
		remove_containers
	done
}

@test "a limit holds after a restart, is changed by update, and is seen by ps and inspect" {
	ct-store quota on
	c=$(ct-create --disk 16m "$img" dd if=/dev/zero of=/made bs=1M count=40)
	[ "$(quota_of "$c")" = 16777216 ]
	run ct-start -a "$c"
	[[ $status -ne 0 && $output == *'Disk quota exceeded'* ]]
	[ "$(field disklimit "$c")" = 16777216 ]
	[ "$(ct-inspect -f .HostConfig.StorageOpt.size "$c")" = 16777216 ]
	ct-update --disk 64m "$c"
	[ "$(quota_of "$c")" = 67108864 ]
	run -0 ct-start -a "$c"
	ct-update --disk -1 "$c"
	[ "$(quota_of "$c")" = none ]
	[ -z "$(field disklimit "$c")" ]
	c=$(ct-run -d "$img" sh -c 'until [ -e /go ]; do sleep 0.05; done; dd if=/dev/zero of=/made bs=1M count=40; exit 3')
	ct-update --disk 16m "$c"
	: >"$(ct path "$c")/go"
	ct-wait "$c"
	ct-logs "$c" 2>&1 | grep -q 'Disk quota exceeded'
}

@test "an image made of a limited container has no limit, with simple and with full quotas" {
	for quotas in 'ct-store quota on' full_quotas; do
		$quotas
		c=$(ct-create --disk 16m "$img" true)
		made=$(ct-commit "$c")
		[ "$(quota_of "$made")" = none ]
		finished "$made" dd if=/dev/zero of=/made bs=1M count=40
		[ "$(field exitcode "$c")" = 0 ]
		remove_containers
		ct-store quota off
	done
}

@test "reset keeps the limit" {
	ct-store quota on
	c=$(ct-create --disk 16m "$img" true)
	ct-reset "$c"
	[ "$(quota_of "$c")" = 16777216 ]
}

@test "rm leaves no quota of a container behind, even after its supervisor was killed" {
	ct-store quota on
	before=$(numbers_of_qgroups)
	ct-run -d --cidfile "$D/cid" --disk 16m "$img" sleep 1000
	kill -KILL "$(ps -o ppid= -p "$(ct pid "$(cat "$D/cid")")")"
	ct-create --disk 16m "$img" true
	[ "$(numbers_of_qgroups)" != "$before" ]
	remove_containers
	ct-rm -f "$img"
	btrfs subvolume sync "$CT_ROOT"
	wait_until eval '[ -z "$(comm -13 <(echo "$before") <(numbers_of_qgroups))" ]'
}

@test "a limit does not outlive its container in an image, nor its count the image" {
	ct-store quota on
	before=$(numbers_of_qgroups)
	write 8 --disk 16m
	made=$(ct-commit "$c")
	ct-rm -f "$c"
	# an id of a deleted subvolume is given again after a new mount
	btrfs subvolume sync "$CT_ROOT"
	run -1 grep -w 16777216 <(btrfs qgroup show -re --raw "$CT_ROOT")
	ct-rm -f "$made" "$img"
	btrfs subvolume sync "$CT_ROOT"
	sync -f "$CT_ROOT"
	wait_until eval 'ct-rm -f - </dev/null; [ -z "$(comm -13 <(echo "$before") <(numbers_of_qgroups))" ]'
}

@test "quotas are not turned off under a container that has a limit" {
	ct-store quota on
	c=$(ct-create --disk 16m "$img" true)
	run -1 ct-store quota off
	[ "$output" = "ct-store: $CT_ROOT: $c: has a limit (--disk; 'ct update --disk -1' removes it)" ]
	# turned off by hand: the container does not start without its limit
	btrfs quota disable "$CT_ROOT"
	run -1 ct-start -a "$c"
	[[ $output == *'the store has no quotas'* ]]
	ct-update --disk -1 "$c"
	run -0 ct-start -a "$c"
	ct-store quota off
}

@test "--dry-run and --explain show the limit, and the script sets it" {
	ct-store quota on
	ct-run --dry-run --disk 16m "$img" true | grep -qx 'btrfs qgroup limit -e 16777216 "$home/rootfs"'
	run -0 ct-run --explain --disk 16m "$img" true
	[[ $output == *'[snapshot] ioctl('*', BTRFS_IOC_QGROUP_LIMIT, {max_excl=16777216}) = 0'* ]]
	[[ $output == *'# same: btrfs qgroup limit -e 16777216 "$home/rootfs"'* ]]
	ct-run --dry-run --network none --disk 16m "$img" dd if=/dev/zero of=/made bs=1M count=40 >"$D/script"
	run dash "$D/script"
	[[ $status -ne 0 && $output == *'Disk quota exceeded'* ]]
}

@test "a limit that cannot be is refused" {
	for size in 0 4k 1x ''; do
		run -125 ct-run --disk "$size" "$img" true
		[[ $output == "ct-run: --disk"* ]]
	done
	run -125 ct-run --disk 16m --rootfs "$busybox" true
	[[ $output == "ct-run: --disk 16m: needs a snapshot of an image"* ]]
	run -2 ct-store quota
	run -2 ct-store quota maybe
	[ -z "$(ct-ps -q)" ]
}

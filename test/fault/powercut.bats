# After a power cut every container is whole or absent, what was reported as durable there.
load ../cmd/helper
load powercut

setup() {
	busybox_image	# its directory, of which each test makes the image of its own store
	cut_setup
}

teardown() {
	cut_teardown
}

# A store with the image bb.
# shellcheck disable=SC2154 # busybox_image sets $busybox
store_with_image() { # file | btrfs [MOUNT OPTIONS]
	disk "$@"
	ct-init -n bb "$busybox" >/dev/null
}

# A snapshot commits the file system's metadata.
commit() {
	btrfs -q subvolume snapshot "$CT_ROOT/$(ct id bb)/rootfs" "$CT_ROOT/tmp/commit" >/dev/null
	btrfs -q subvolume delete "$CT_ROOT/tmp/commit" >/dev/null
}

# Every listed container has its name, its image and its command, and is not running.
all_are_whole() {
	local id name image status command
	while IFS=$'\t' read -r id name image status command; do
		echo "# $id $name $image $status $command"
		[ "$image" = bb ]
		[[ "$status" =~ ^(exited [0-9]+|killed [0-9]+|dead)$ ]]
		case $command in
		true)	[ -z "$name" ] ;;
		sleep\ *)	[ "$name" = "c${command#sleep }" ] ;;
		*)	return 1 ;;
		esac
		[ "$(ct-inspect "$id" | jq -r '.[0].Path')" = "${command%% *}" ]
		[ -d "$CT_ROOT/$id/rootfs/bin" ]
	done < <(ct-ps --no-header -o id,name,image,status,command)
}

some_are_whole() {
	store_with_image "$@"
	for i in 1 2 3 4 5; do
		ct-run -d --network none --name "c$i" bb sleep "$i" >/dev/null
	done
	commit
	power_cut
	after_the_cut
	run ct-ps --no-header -o name,image,command
	[ "$status" -eq 0 ]
	for i in 1 2 3 4 5; do
		[[ $'\n'"$output"$'\n' == *$'\n'"c$i"$'\tbb\t'"sleep $i"$'\n'* ]]
	done
	all_are_whole
	[ "$(ct-ps --no-header -o status c5)" = dead ]
	[ "$(ct-inspect c5 | jq -r '.[0].State.Status')" = exited ]
	run ct-logs c5
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	ct-start c5
	[ "$(ct-ps --no-header -o name,status c5)" = $'c5\trunning' ]
}

@test "a container is whole after a power cut that followed a commit, and starts again" {
	some_are_whole file
}

@test "a container is whole after a power cut on a btrfs of the user's" {
	some_are_whole btrfs
}

@test "a container is whole after a power cut on a btrfs that compresses and has no inline files" {
	some_are_whole btrfs compress=zstd,max_inline=0
}

# lose_data SIZE: mounts the cut of a `btrfs` disk and truncates the records of containers. A power cut does
# so to files whose data was not yet written, but not in each run of a test.
lose_data() {
	disk_off
	disk_mount "$OUTER/cut"
	truncate -s "$1" "$CT_ROOT"/ps_*/config
}

@test "listings are right after a power cut, also before the store is brought up" {
	store_with_image btrfs
	ct-run -d --network none --name c9 bb sleep 9 >/dev/null
	commit
	power_cut
	lose_data 0
	[ "$(ct-ps --no-header -o name,image,status,command c9)" = $'c9\tbb\tdead\tsleep 9' ]
	[ "$(ct-inspect c9 | jq -r '.[0].Path')" = sleep ]
}

@test "a container whose record is large is whole after a power cut" {
	store_with_image btrfs
	words=$(seq -s ' ' 20000)
	ct-run -d --network none --name large -e "WORDS=$words" bb sleep 9 >/dev/null
	commit
	power_cut
	lose_data 8192
	ct-store up
	[ "$(ct-inspect large | jq -r '.[0].Config.Env[]' | grep ^WORDS=)" = "WORDS=$words" ]
	[ "$(stat -c %s "$CT_ROOT/$(ct-ps -q large)/config")" -gt 100000 ]
}

@test "after power cuts at any moment each container is whole or absent" {
	store_with_image file
	(
		trap 'exit' TERM
		for i in $(seq 1000); do
			ct-run -d --network none --name "c$i" bb sleep "$i" >/dev/null
		done
	) &
	starter=$!
	for n in 1 2 3 4 5 6 7 8; do
		wait_until test -e "$CT_ROOT/ps_$((42001 + 2 * n))"
		power_cut "cut$n"
	done
	kill "$starter"
	await "$starter" || true
	for n in 1 2 3 4 5 6 7 8; do
		after_the_cut "cut$n"
		all_are_whole
		# Drafts are gone, and names of missing containers are free.
		[ -z "$(ls "$CT_ROOT/tmp")" ]
		ct-run --rm --network none --name "c$((2 * n + 2))" bb true ||
			ct-ps -q "c$((2 * n + 2))"
	done
}

@test "the exit status and the written part of the log survive a power cut" {
	store_with_image file
	run ct-run --network none --name ended bb sh -c 'echo said; exit 3'
	[ "$status" -eq 3 ]
	commit
	power_cut
	after_the_cut
	[ "$(ct-ps --no-header -o status,exitcode ended)" = $'exited 3\t3' ]
	run ct-logs ended
	[ "$status" -eq 0 ]
	[ -z "$output" ] || [ "$output" = said ]
	[ "$(ct-inspect ended | jq '.[0].State.ExitCode')" = 3 ]
}

@test "a restarted container that a power cut ended is dead" {
	store_with_image file
	run ct-run --network none --name twice bb sh -c 'if mkdir /once; then exit 3; fi; sleep 60'
	[ "$status" -eq 3 ]
	sync -f "$CT_ROOT"
	ct-start twice
	commit
	power_cut
	after_the_cut
	[ "$(ct-ps --no-header -o status twice)" = dead ]
}

@test "an id is not given again after a power cut right after its run" {
	store_with_image file
	for n in 1 2 3; do
		before=$(ct-run -d --network none bb sleep 60)
		power_cut "cut$n"
		after_the_cut "cut$n"
		after=$(ct-run -d --network none bb sleep 60)
		[ "${after#ps_}" -gt "${before#ps_}" ]
		ct-ps -q | ct-rm -f -
		# Numbers are skipped after the cut alone.
		next=$(ct-run -d --network none bb sleep 60)
		[ "${next#ps_}" -eq $((${after#ps_} + 1)) ]
	done
}

@test "an id of an image or a volume is not given again after a power cut" {
	store_with_image file
	# shellcheck disable=SC2154 # busybox_image sets $busybox
	second=$(ct-init -n second "$busybox")
	ct-rm second
	commit
	power_cut
	after_the_cut
	third=$(ct-init -n third "$busybox")
	[ "${third#img_}" -gt "${second#img_}" ]
	[ "$(ct-run --rm --network none third echo whole)" = whole ]
}

@test "images and commits survive a power cut once they are reported" {
	store_with_image file
	c=$(ct-run -d --network none bb sh -c 'echo kept >/kept; sleep 60')
	wait_until test -s "$CT_ROOT/$c/rootfs/kept"
	new=$(ct-commit "$c" committed)
	power_cut
	after_the_cut
	[ "$(ct-images --no-header -o id,name committed)" = "$new"$'\t'committed:latest ]
	[ "$(ct-run --rm --network none committed cat /kept)" = kept ]
}

@test "a volume and a network are whole after a power cut that followed a commit" {
	store_with_image file
	ct-net create web >/dev/null
	ct-run -d --network none -v data:/bin --name c9 bb sleep 9 >/dev/null
	commit
	power_cut
	after_the_cut
	[ "$(ct-volumes --no-header -o name)" = data ]
	[ -n "$(ct-volumes --json | jq -r 'select(.name == "data").created // empty')" ]
	[ "$(ct-net ls --no-header -o name | grep -cx web)" -eq 1 ]
	ct-net create other >/dev/null
	# shellcheck disable=SC2154 # busybox_image sets it
	cmp "$busybox/bin/busybox" "$(ct-volumes --json | jq -r .root)/busybox"
}

@test "a run makes no system call that waits for the disk" {
	store_with_image file
	ct-run --rm --network none bb true	# reserves a block of ids
	strace -f -qq -o "$D/calls" -e trace=fsync,fdatasync,syncfs,sync,msync,sync_file_range \
		ct-run -d --network none bb true
	run grep -vE 'sync_file_range\(.*SYNC_FILE_RANGE_WRITE\)|\+\+\+|---|resumed|SIG' "$D/calls"
	echo "$output"
	[ "$status" -eq 1 ]
}

# Begins to write a file out, while more may be written to it.
write_out() {
	/usr/bin/python3 -I -S -c 'import os, sys
os.posix_fadvise(os.open(sys.argv[1], os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)' "$1"
}

# shellcheck disable=SC2016 # expanded by the container's shell, and by the one that is waited for
@test "a log cut off by a power cut shows only what the container wrote" {
	store_with_image file
	c=$(ct-run -d --network none --name c9 bb sh -c 'i=0; while :; do i=$((i + 1)); echo $i; done')
	wait_until grep -qx ".* F 10000" "$CT_ROOT/$c/log"
	write_out "$CT_ROOT/$c/log"
	wait_until grep -qx ".* F 12000" "$CT_ROOT/$c/log"
	commit
	power_cut
	after_the_cut
	ct-logs c9 >"$D/shown"
	cmp "$D/shown" <(seq 1 1000000 | head -c "$(stat -c %s "$D/shown")")
	# The output of a second run follows.
	ct-start c9
	wait_until sh -c 'ct-logs c9 | tail -n +"$(($(wc -l <"$0") + 1))" | grep -qx 100' "$D/shown"
}

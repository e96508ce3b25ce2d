# shellcheck shell=bash disable=SC2034,SC2154 # the tests use what is set here; helper.bash sets the rest
# Containers for the tests of ct-run:
#
#	load helper
#	load runs

# Until the container has ended and its supervisor too.
ended() {
	wait_until sh -c '[ "$(ct-ps --no-header -o status "$1")" != running ] && [ ! -e "$CT_RUN/$1" ]' sh "$1"
}

# $copy, an image of busybox to be changed in ways that ct itself refuses to make; made in
# the store by hand, which is quick.
copy_image() {
	copies=$((${copies:-90000} + 1))
	copy=img_$copies
	[ ! -e "$CT_ROOT/$copy" ] || ct-rm -f "$copy"
	mkdir "$CT_ROOT/$copy"
	btrfs -q subvolume snapshot "$CT_ROOT/$img/rootfs" "$CT_ROOT/$copy/rootfs"
	cp "$CT_ROOT/$img/config" "$CT_ROOT/$copy/config"
}

# LINE...: $with, an image of busybox whose config says that too.
image_with() {
	copy_image
	with=$copy
	printf '%s\n' "$@" >>"$CT_ROOT/$with/config"
}

# OPTION... -- COMMAND...: in the background, its output in $D/out and $D/err; $run is its pid.
start() {
	rm -f "$D/cid" "$D/out"
	ct-run --cidfile "$D/cid" "$@" <&0 >"$D/out" 2>"$D/err" 3>&- &
	run=$!
}

# Until it has ended; $status.
finish() {
	wait_until test ! -e "/proc/$run"
	status=0
	wait "$run" || status=$?
}

# Nothing was made: the listing and the machine are as in $D/before.
untouched() {
	same_facts "$D/before" <(facts) && [ "$(ct-ps -q)" = "$(cat "$D/ps")" ]
}

note_all() {
	facts >"$D/before"
	ct-ps -q >"$D/ps"
}

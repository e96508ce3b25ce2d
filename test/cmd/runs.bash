# shellcheck shell=bash disable=SC2034,SC2154 # the tests use what is set here; helper.bash sets the rest
# Containers for the tests of ct-run:
#
#	load helper
#	load runs

# ended CONTAINER: waits until the container and its supervisor have ended.
ended() {
	wait_until sh -c '[ "$(ct-ps --no-header -o status "$1")" != running ] && [ ! -e "$CT_RUN/$1" ]' sh "$1"
}

# Sets $copy, a new image of busybox that a test may change in ways that ct refuses. It is made in the
# store by hand, which is fast.
copy_image() {
	copies=$((${copies:-90000} + 1))
	copy=img_$copies
	[ ! -e "$CT_ROOT/$copy" ] || ct-rm -f "$copy"
	mkdir "$CT_ROOT/$copy"
	btrfs -q subvolume snapshot "$CT_ROOT/$img/rootfs" "$CT_ROOT/$copy/rootfs"
	cp "$CT_ROOT/$img/config" "$CT_ROOT/$copy/config"
}

# image_with LINE...: sets $with, an image of busybox with these lines in its config.
image_with() {
	copy_image
	with=$copy
	printf '%s\n' "$@" >>"$CT_ROOT/$with/config"
}

# start ARGUMENT...: runs ct-run in the background, with its output in $D/out and $D/err; $run is its pid.
start() {
	rm -f "$D/cid" "$D/out"
	ct-run --cidfile "$D/cid" "$@" <&0 >"$D/out" 2>"$D/err" 3>&- &
	run=$!
}

# finish: waits for the run of start and sets $status.
finish() {
	wait_until test ! -e "/proc/$run"
	status=0
	wait "$run" || status=$?
}

# untouched: fails if a container or another object was made since note_all.
untouched() {
	same_facts "$D/before" <(facts) && [ "$(ct-ps -q)" = "$(cat "$D/ps")" ]
}

note_all() {
	facts >"$D/before"
	ct-ps -q >"$D/ps"
}
